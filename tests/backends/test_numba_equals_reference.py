"""The compiled epochs end where the plain NumPy reference ends, for every loss and every rule."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sgdkit.backends.base import TrainState
from sgdkit.losses import Huber, Poisson, Quantile, SquaredError
from sgdkit.optimizers import FTRL, LAMB, SGD, AdaGrad, Adam, DualAveraging, UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.testing.claims import largest_difference
from sgdkit.testing.forms import REFERENCE, GivenGradients, Task, available_forms, train_task
from sgdkit.testing.loss import loss_case


def lion():
    path = Path(__file__).parents[2] / "plugins" / "sgdkit-lion" / "src" / "sgdkit_lion" / "lion.py"
    spec = importlib.util.spec_from_file_location("lion_of_the_plugin", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Lion


LOSSES = Registry().table("loss", plugins=False)
BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)} | {"lion": lion()}
FORMS = available_forms()
COMPILED = ["compiled dense", "compiled CSR int32", "compiled CSR int64"]
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
PENALTIES = {"none": (0.0, 0.0), "l2": (0.0, 0.1), "l1": (0.02, 0.0), "elasticnet": (0.02, 0.1)}
RATE = {"linear": 0.03, "normalized": 0.05, "relative": 0.05, "free": 1.0}


def small_task(loss, rule, dtype="float64", seed=0, **settings):
    """Return 48 rows of 9 features, a third of the values zero, one column empty and one full."""
    random = np.random.default_rng(seed)
    cases = [loss_case(loss, seed=seed + i) for i in range(4)]
    y = np.concatenate([case.y for case in cases])
    n = len(y)
    X = random.normal(size=(n, 9)) * (random.random((n, 9)) < 0.4)
    X[:, 3] = 0.0
    X[:, 4] = 1.0 + random.random(n)
    edges = None
    if cases[0].query_edges is not None:
        edges = np.concatenate([[0], *(case.query_edges[1:] + 12 * i for i, case in enumerate(cases))])
    task = Task(
        run_length=4,
        X=X.astype(dtype), y=y, loss=loss, rule=rule, weight=random.uniform(0.2, 3.0, n), query_edges=edges,
        n_outputs=cases[0].raw.shape[1], n_epochs=2, lr=RATE[rule.step], shuffle=True,
        # An intercept cancels in every pair: its gradient would be rounding and nothing else.
        fit_intercept=edges is None,
    )  # fmt: skip
    return replace(task, **settings)


def assert_same(form, task, expected, context=""):
    found, dtype = train_task(FORMS[form], task), task.X.dtype.name
    context = f"{form}{context}"
    # A rule with reductions feeds the rounding of a sum back into every coordinate.
    allowed = TOLERANCE[dtype] * (10.0 if task.rule.reductions else 1.0)
    assert found.w.dtype == found.slots.dtype == np.dtype(dtype)
    gap = largest_difference(found.w, expected.w)
    assert gap <= allowed, f"weights differ by {gap:.2g} ({context})"
    moving = slice(None) if task.fit_intercept else slice(-task.n_outputs)
    for i, (slot, wanted) in enumerate(zip(found.slots[:, moving], expected.slots[:, moving], strict=True)):
        gap = largest_difference(slot, wanted)
        # A slot may be a sum that nearly cancels, which leaves few digits.
        assert gap <= 100.0 * allowed, f"slot {i} differs by {gap:.2g} ({context})"
    for report, wanted in zip(found.reports, expected.reports, strict=True):
        assert report.finite and wanted.finite
        assert report.mean_loss == pytest.approx(wanted.mean_loss, rel=10 * allowed), context
        assert report.gradient_norm == pytest.approx(wanted.gradient_norm, rel=10 * allowed), context


# A few losses with every rule, and every loss with one rule: nothing is compiled for pairs of them.
PAIRS = [
    (loss, rule)
    for loss in LOSSES
    for rule in RULES
    if loss in ("squared_error", "log_loss", "softmax", "hinge", "pairwise_logistic") or rule == "adagrad"
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("loss", "rule"), PAIRS)
def test_every_layout_penalty_and_batch_size_ends_at_the_same_weights(loss, rule, dtype):
    loss, rule = LOSSES[loss], RULES[rule]()
    for penalty, (l1, l2) in PENALTIES.items():
        if l1 > 0.0 and not rule.has_proximal_step:
            continue
        for batch_size in (1, 7, 64):
            task = small_task(loss(), rule, dtype, l1=l1, l2=l2, batch_size=batch_size)
            expected = train_task(REFERENCE, task)
            for name in COMPILED:
                assert_same(name, task, expected, f", penalty {penalty}, batches of {batch_size}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_weight_decay_ends_at_the_same_weights(rule, dtype):
    rule = rule(weight_decay=0.3)
    variants = ({}, {"fit_intercept": False}, {"rates": np.linspace(0.2, 2.0, 10), "n_outputs": 3})
    for l1, l2 in ((0.0, 0.0), (0.02 if rule.has_proximal_step else 0.0, 0.1)):
        for batch_size, variant in ((1, variants[0]), (3, variants[1]), (2, variants[2]), (64, variants[0])):
            settings = {"l1": l1, "l2": l2, "batch_size": batch_size, **variant}
            task = small_task(LOSSES["log_loss"](), rule, dtype, **settings)
            start = np.linspace(-1.0, 1.0, 10 * task.n_outputs)
            if not task.fit_intercept:
                start[-1] = 0.0
            expected = train_task(REFERENCE, task, start)
            for name in COMPILED:
                found = train_task(FORMS[name], task, start)
                gap = largest_difference(found.w, expected.w)
                assert gap <= 10.0 * TOLERANCE[dtype], f"{name}, {settings}: {gap:.2g}"


VARIANTS = {
    "without an intercept": {"fit_intercept": False},
    "without weights": {"weight": None},
    "with a rate for each feature": {"rates": np.linspace(0.2, 2.0, 10)},
    "without shuffling": {"shuffle": False},
    "one against the rest": {"n_outputs": 3},
    "everything at once": {"fit_intercept": False, "rates": np.linspace(0.2, 2.0, 10), "n_outputs": 3},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize(
    "rule", [SGD(), AdaGrad(), Adam(), FTRL(), DualAveraging(), LAMB(), RULES["prodigy"](), RULES["lion"]()]
)
@pytest.mark.parametrize("loss", ["log_loss", "softmax", "hinge"])
def test_every_setting_ends_at_the_same_weights(loss, rule, variant):
    if "n_outputs" in variant:
        y = np.arange(48.0) % 3.0
        variant = {**variant, "y": y}
    for l1, l2 in ((0.0, 0.0), (0.02 if rule.has_proximal_step else 0.0, 0.1)):
        for batch_size in (1, 7):
            task = small_task(LOSSES[loss](), rule, batch_size=batch_size, l1=l1, l2=l2, **variant)
            expected = train_task(REFERENCE, task)
            for name in COMPILED:
                assert_same(name, task, expected, f", l1={l1}, l2={l2}, batches of {batch_size}")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*COMPILED, "array-api-strict"])
@pytest.mark.parametrize(
    "loss",
    [SquaredError(), Huber([0.5, 1.0, 2.0]), Quantile([0.05, 0.5, 0.95]), Poisson()],
    ids=lambda loss: loss.name,
)
def test_several_targets_and_hyperparameters_end_at_the_same_weights(loss, name, dtype):
    columns = np.abs(np.random.default_rng(6).normal(size=(48, 3)))
    for n_targets in (1, 3):
        for batch_size in (1, 7, 64):
            task = small_task(
                loss, AdaGrad(), dtype, n_outputs=3, y=columns[:, :n_targets], batch_size=batch_size, l2=0.1
            )
            assert_same(name, task, train_task(REFERENCE, task), f", {n_targets} targets")


@pytest.mark.parametrize("name", [*COMPILED, "NumPy"])
def test_several_targets_are_as_many_models(name):
    columns = np.random.default_rng(6).normal(size=(48, 2))
    task = small_task(Huber([0.5, 2.0]), AdaGrad(), n_outputs=2, y=columns, batch_size=7)
    together = train_task(FORMS[name], task).w.reshape(-1, 2)
    for k, delta in enumerate((0.5, 2.0)):
        single = train_task(FORMS[name], replace(task, loss=Huber(delta), y=columns[:, k], n_outputs=1))
        assert largest_difference(together[:, k], single.w) <= 1e-12


@pytest.mark.parametrize("name", [*COMPILED, "NumPy"])
def test_each_output_may_have_its_own_rates(name):
    columns, rates = np.random.default_rng(6).normal(size=(48, 2)), np.random.default_rng(7).random((10, 2))
    task = small_task(SquaredError(), AdaGrad(eps=1e-30), n_outputs=2, y=columns, batch_size=7, rates=rates)
    together = train_task(FORMS[name], task).w.reshape(-1, 2)
    for k in range(2):
        single = train_task(FORMS[name], replace(task, y=columns[:, k], n_outputs=1, rates=rates[:, k]))
        assert largest_difference(together[:, k], single.w) <= 1e-12


def test_an_intercept_that_is_not_fitted_stays_zero():
    task = small_task(LOSSES["log_loss"](), AdaGrad(), fit_intercept=False)
    assert all(train_task(FORMS[name], task).w[-1] == 0.0 for name in [*COMPILED, "NumPy"])


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("name", ["compiled dense", "NumPy", "array-api-strict"])
def test_centring_without_forming_it_equals_training_on_centred_rows(name, fit_intercept, n_outputs):
    y = np.arange(48.0) % max(n_outputs, 2)
    settings = {"fit_intercept": fit_intercept, "n_outputs": n_outputs, "y": y, "batch_size": 5, "l2": 0.1}
    task = small_task(LOSSES["log_loss"](), AdaGrad(), **settings)
    center = task.X.mean(axis=0) + 0.5
    formed = train_task(REFERENCE, replace(task, X=task.X - center))
    found = train_task(FORMS[name], replace(task, center=center))
    assert largest_difference(found.w, formed.w) <= 1e-11


@pytest.mark.parametrize("rule", ["sgd", "adagrad", "adam", "ftrl", "lars"])
@pytest.mark.parametrize("name", ["compiled CSR int32", "compiled CSR int64"])
def test_centring_some_sparse_columns_equals_training_on_centred_rows(name, rule):
    center = np.zeros(9)
    center[[0, 4]] = 0.3, 1.5
    cases = (1, 1, 0.0, 0.0), (1, 1, 0.0, 0.1), (2, 3, 0.0, 0.1), (64, 1, 0.0, 0.0)
    for batch_size, n_outputs, l1, l2 in cases:
        y = np.arange(48.0) % max(n_outputs, 2)
        settings = {"n_outputs": n_outputs, "y": y, "batch_size": batch_size, "l1": l1, "l2": l2}
        task = small_task(LOSSES["log_loss"](), RULES[rule](), **settings)
        formed = train_task(REFERENCE, replace(task, X=task.X - center))
        found = train_task(FORMS[name], replace(task, center=center))
        assert largest_difference(found.w, formed.w) <= 1e-11, settings


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_weights_a_warm_start_brings_are_kept_alike(rule):
    start = np.random.default_rng(3).normal(size=10)
    for l1, l2 in ((0.0, 0.0), (0.02 if rule.has_proximal_step else 0.0, 0.1)):
        task = small_task(LOSSES["log_loss"](), rule(), l1=l1, l2=l2, batch_size=5)
        expected = train_task(REFERENCE, task, start)
        for name in COMPILED:
            found = train_task(FORMS[name], task, start)
            assert largest_difference(found.w, expected.w) <= 1e-11, f"{name}, l1={l1}, l2={l2}"


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rate_that_changes_between_epochs_gives_the_same_weights_on_sparse_rows(rule):
    rule = rule()
    for l1, l2 in ((0.0, 0.0), (0.02 if rule.has_proximal_step else 0.0, 0.1)):
        task = small_task(LOSSES["log_loss"](), rule, l1=l1, l2=l2, batch_size=3)
        ends = {}
        for name in ("NumPy", "compiled dense", "compiled CSR int32"):
            problem, backend = FORMS[name].problem(task), FORMS[name].backend
            state = TrainState(np.zeros(10), np.zeros((len(rule.slots), 10)))
            run = backend.bind(problem, np.dtype(float))
            for epoch in range(3):
                run(state, np.arange(problem.edges.shape[0] - 1), task.lr * 0.3**epoch)
            ends[name] = state.w
        for name, w in ends.items():
            assert largest_difference(w, ends["NumPy"]) <= 1e-12, f"{name}, l1={l1}"


class GradientNormDescent(UpdateRule):
    """Steps of length `lr` along the gradient of loss and penalty: a reduction, and no proximal step."""

    name = "gradient_norm_descent"
    reductions = ("square",)

    @staticmethod
    def reduce(w, g, slots, hyper, lr, t):
        return (g * g,)

    @staticmethod
    def update(w, g, slots, hyper, lr, t, sums):
        return w - lr * g / np.sqrt(sums[0] + 1e-12), slots


@pytest.mark.parametrize("l2", [0.0, 0.5])
@pytest.mark.parametrize("name", COMPILED)
def test_reductions_see_the_same_gradient_as_the_update(name, l2):
    task = small_task(LOSSES["log_loss"](), GradientNormDescent(), l2=l2, batch_size=7)
    assert_same(name, task, train_task(REFERENCE, task))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("name", [*COMPILED, "NumPy", "array-api-strict"])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_a_value_that_breaks_the_loss_stops_the_epoch_and_leaves_finite_weights(name, bad, l2):
    task = small_task(LOSSES["squared_error"](), SGD(), batch_size=4, n_epochs=1, l2=l2, shuffle=False)
    X = task.X.copy()
    X[30, 4] = bad
    with np.errstate(all="ignore"):
        broken = train_task(FORMS[name], replace(task, X=X), np.ones(10))
    assert not broken.reports[0].finite
    assert np.isfinite(broken.w).all()


@pytest.mark.parametrize("rule", [SGD(), AdaGrad(), FTRL(), Adam()], ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", [*COMPILED, "NumPy"])
def test_the_weights_after_a_broken_batch_are_those_before_it(name, rule):
    for l1, l2 in ((0.0, 0.0), (0.02, 0.3)):
        settings = {"batch_size": 4, "n_epochs": 1, "l1": l1, "l2": l2, "shuffle": False, "weight": None}
        task = small_task(LOSSES["squared_error"](), rule, **settings)
        X = task.X.copy()
        X[28, 4] = np.nan  # the first batch of the second four runs, which are rows 16 to 31
        broken = train_task(FORMS[name], replace(task, X=X))
        good = train_task(FORMS[name], replace(task, X=task.X[:16], y=task.y[:16]))
        assert largest_difference(broken.w, good.w) <= 1e-14, f"l1={l1}, l2={l2}"


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_read_only_rows_train_like_writable_ones(name, n_outputs):
    task = small_task(LOSSES["hinge"](), AdaGrad(), n_outputs=n_outputs, batch_size=5)
    form = FORMS[name]

    def frozen(X):
        rows = form.convert(X)
        for array in (rows,) if isinstance(rows, np.ndarray) else (rows.data, rows.indices, rows.indptr):
            array.flags.writeable = False
        return rows

    expected = train_task(form, task)
    found = train_task(replace(form, convert=frozen), task)
    assert np.array_equal(found.w, expected.w)


def test_memory_mapped_rows_train_like_those_in_memory(tmp_path):
    task = small_task(LOSSES["log_loss"](), AdaGrad(), batch_size=5)
    np.save(tmp_path / "X.npy", task.X)
    form = FORMS["compiled dense"]
    mapped = replace(form, convert=lambda X: np.load(tmp_path / "X.npy", mmap_mode="r"))
    assert np.array_equal(train_task(mapped, task).w, train_task(form, task).w)


@pytest.mark.parametrize("name", COMPILED)
def test_two_runs_give_the_same_bits(name):
    task = small_task(LOSSES["softmax"](), Adam(), "float32", batch_size=7)
    first, second = (train_task(FORMS[name], task) for _ in range(2))
    assert np.array_equal(first.w, second.w) and np.array_equal(first.slots, second.slots)
    assert first.reports == second.reports


@pytest.mark.parametrize("rule", [AdaGrad(), Adam()], ids=lambda rule: rule.name)
@pytest.mark.parametrize("name", COMPILED)
def test_rows_of_equal_weight_train_as_if_without_weights(name, rule):
    task = small_task(LOSSES["log_loss"](), rule, batch_size=7)
    with_weights = train_task(FORMS[name], replace(task, weight=np.full(48, 2.5)))
    without = train_task(FORMS[name], replace(task, weight=None))
    assert largest_difference(with_weights.w, without.w) <= 1e-12


CLIPS = {
    "norm": {"clip_norm": 0.05},
    "value": {"clip_value": 0.01},
    "both": {"clip_norm": 0.05, "clip_value": 0.03},
}


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_clipped_gradients_give_the_same_weights(rule, clip):
    rule = rule()
    for l1, l2 in ((0.0, 0.0), (0.02 if rule.has_proximal_step else 0.0, 0.1)):
        for loss, fit_intercept in (("log_loss", True), ("softmax", False)):
            for batch_size in (1, 7):
                task = small_task(
                    LOSSES[loss](),
                    rule,
                    l1=l1,
                    l2=l2,
                    batch_size=batch_size,
                    fit_intercept=fit_intercept,
                    **clip,
                )
                expected = train_task(REFERENCE, task)
                for name in COMPILED:
                    assert_same(name, task, expected, f", l1={l1}, l2={l2}, {loss}, batches of {batch_size}")


@pytest.mark.parametrize("name", FORMS)
def test_a_clipped_step_of_sgd_has_the_clipped_length_and_the_norm_is_reported_unclipped(name):
    gradients = np.array([[3.0, 4.0], [0.03, 0.04]])
    task = Task(X=gradients, y=np.ones(2), loss=GivenGradients(), rule=SGD(), fit_intercept=False, lr=1.0)
    found = train_task(FORMS[name], replace(task, clip_norm=1.0))
    np.testing.assert_allclose(found.w, [-0.63, -0.84, 0.0], rtol=1e-14)
    assert found.reports[0].gradient_norm == pytest.approx(np.sqrt((25.0 + 0.0025) / 2.0))
    found = train_task(FORMS[name], replace(task, clip_value=3.5, clip_norm=1e9))
    np.testing.assert_allclose(found.w, [-3.03, -3.54, 0.0], rtol=1e-14)


BOUNDS = {
    "positive": np.array([[0.0] * 9, [np.inf] * 9]),
    "away from zero": np.array([[0.02] * 5 + [-np.inf] * 4, [np.inf] * 5 + [-0.01] * 4]),
    "a narrow band": np.array([[-0.03] * 9, [0.02] * 9]),
}


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_bounded_steps_end_at_the_same_weights_and_never_outside(rule, bounds):
    rule = rule()
    start = np.append(np.clip(0.0, *bounds), 0.0)
    for l1, l2 in ((0.0, 0.0), (0.0, 0.5), (0.02, 0.5)):
        if l1 > 0.0 and not rule.has_proximal_step:
            continue
        for batch_size, rates in ((1, None), (3, np.linspace(0.2, 2.0, 10)), (64, None)):
            settings = {"l1": l1, "l2": l2, "batch_size": batch_size, "rates": rates, "bounds": bounds}
            task = small_task(LOSSES["log_loss"](), rule, **settings)
            expected = train_task(REFERENCE, task, start)
            for name in [*COMPILED, "NumPy", *(["array-api-strict"] if batch_size == 64 else [])]:
                found = train_task(FORMS[name], task, start)
                gap = largest_difference(found.w, expected.w)
                context = f"{name}, l1={l1}, l2={l2}, batches of {batch_size}"
                assert gap <= 1e-12 * (10.0 if rule.reductions else 1.0), f"{gap:.2g}, {context}"
                assert ((found.w[:-1] >= bounds[0]) & (found.w[:-1] <= bounds[1])).all(), context


@pytest.mark.parametrize("name", [*COMPILED, "NumPy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounds_hold_for_every_output_and_leave_intercepts_free(name, dtype):
    bounds = np.array([[0.1] * 9, [0.1, 0.2, *[0.3] * 7]])
    settings = {"n_outputs": 3, "y": np.arange(48.0) % 3.0, "batch_size": 5, "bounds": bounds, "l2": 0.1}
    task = small_task(LOSSES["softmax"](), AdaGrad(), dtype, **settings)
    start = np.append(np.full(27, 0.1, dtype), [0.0, 0.0, 0.0])
    W = train_task(FORMS[name], task, start).w.reshape(10, 3).astype(np.float64)
    assert (W[1:9] >= 0.1).all() and (W[:9] <= bounds[1][:, None] + 1e-8).all()
    assert (np.abs(W[9]) > 0.0).all() and (W[9] < 0.1).any()


@pytest.mark.parametrize("name", [*COMPILED, "NumPy"])
def test_bounds_do_not_hide_a_weight_that_is_no_number(name):
    task = small_task(LOSSES["squared_error"](), SGD(), batch_size=4, n_epochs=1, lr=np.nan, l2=0.1)
    task = replace(task, bounds=BOUNDS["a narrow band"])
    broken = train_task(FORMS[name], task)
    assert np.isnan(broken.w).any() or not broken.reports[0].finite
