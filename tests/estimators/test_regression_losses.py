"""Every regression loss ends where an exact solver ends, with offsets, several targets and quantiles."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.linear_model import GammaRegressor, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.metrics import d2_pinball_score, d2_tweedie_score, make_scorer, r2_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR

from sgdkit import HingeClassifier, LinearRegressor
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError
from sgdkit.losses import (
    AbsoluteError,
    EpsilonInsensitive,
    Gamma,
    Huber,
    Poisson,
    Quantile,
    SquaredEpsilonInsensitive,
    SquaredError,
)
from sgdkit.plugin.registry import Registry

LOSSES = Registry().table("loss", plugins=False)
REGRESSION = sorted(name for name, loss in LOSSES.items() if "regression" in loss.tasks)
RANDOM = np.random.default_rng(0)
N, D, ALPHA = 1_500, 5, 1e-3
X = RANDOM.normal(size=(N, D)) * np.array([1.0, 3.0, 0.2, 1.0, 5.0]) + np.array([0, 2, 0, -5, 1.0])
W = RANDOM.normal(size=D) / np.array([1.0, 3.0, 0.2, 1.0, 5.0]) / 3.0
SIGNAL = X @ W - np.mean(X @ W)
LINE = SIGNAL + 0.5 * RANDOM.standard_t(3, size=N) + 10.0
COUNTS = RANDOM.poisson(np.exp(SIGNAL + 0.5)).astype(float)
AMOUNTS = RANDOM.gamma(2.0, np.exp(SIGNAL + 5.0) / 2.0)
WEIGHT = RANDOM.uniform(0.5, 3.0, N)
OFFSET = np.log(RANDOM.uniform(0.1, 4.0, N))
EXPOSED = RANDOM.poisson(np.exp(SIGNAL + OFFSET)).astype(float)


def target_of(loss):
    return {"poisson": COUNTS, "gamma": AMOUNTS}.get(loss.name, LINE)


def objective(loss, coef, intercept, X, y, weight=None, offset=0.0, alpha=ALPHA):
    weight = np.ones(len(y)) if weight is None else weight
    raw = (X @ np.asarray(coef, float) + intercept + offset)[:, None]
    value, slope = loss.evaluate_batch(np, raw, y, weight / weight.sum(), np.zeros(1, int))
    gradient = np.append(X.T @ slope[:, 0] + alpha * np.asarray(coef), slope.sum())
    return float(value) + 0.5 * alpha * float(np.dot(coef, coef)), gradient


def optimum(loss, X, y, weight=None, offset=0.0, alpha=ALPHA):
    """Return the least objective, by L-BFGS on standardised columns."""
    mean, scale = X.mean(axis=0), X.std(axis=0)

    def standardised(p):
        coef = p[:-1] / scale
        value, gradient = objective(loss, coef, p[-1] - mean @ coef, X, y, weight, offset, alpha)
        return value, np.append((gradient[:-1] - mean * gradient[-1]) / scale, gradient[-1])

    start = np.append(np.zeros(X.shape[1]), loss.best_constant(y, weight, 1))
    options = {"maxiter": 5_000, "maxfun": 10_000, "ftol": 1e-15, "gtol": 1e-10}
    return minimize(standardised, start, jac=True, method="L-BFGS-B", options=options).fun


def gap(model, loss, X, y, weight=None, offset=0.0, alpha=ALPHA):
    best = optimum(loss, X, y, weight, offset, alpha)
    found, _ = objective(loss, model.coef_, model.intercept_, X, y, weight, offset, alpha)
    return (found - best) / abs(best)


SMOOTH = [SquaredError(), Huber(0.5), SquaredEpsilonInsensitive(0.3), Poisson(), Gamma()]


@pytest.mark.parametrize("optimizer", ["auto", "adam"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", SMOOTH, ids=lambda loss: loss.name)
def test_smooth_losses_end_at_the_optimum(loss, weight, optimizer):
    model = LinearRegressor(loss, alpha=ALPHA, optimizer=optimizer, tol=1e-5, random_state=0)
    y = target_of(loss)
    assert gap(model.fit(X, y, sample_weight=weight), loss, X, y, weight) < 1e-4


@pytest.mark.parametrize("loss", ["huber", "poisson", "gamma", "absolute_error"])
@pytest.mark.parametrize("optimizer", ["sgd", "ftrl"])
def test_other_rules_come_near(loss, optimizer):
    loss = LOSSES[loss]()
    model = LinearRegressor(loss, alpha=ALPHA, optimizer=optimizer, random_state=0).fit(X, target_of(loss))
    assert gap(model, loss, X, target_of(loss)) < 0.01


@pytest.mark.parametrize("factor", [1e-4, 1e4])
@pytest.mark.parametrize("loss", REGRESSION)
@pytest.mark.parametrize("optimizer", ["auto", "sgd"])
def test_the_units_of_the_target_do_not_matter(loss, factor, optimizer):
    loss = clone(LOSSES[loss]())
    for parameter in loss.hyper:
        if parameter != "quantile":
            loss.set_params(**{parameter: getattr(loss, parameter) * factor})
    y = target_of(loss) * factor
    model = LinearRegressor(loss, alpha=0.0, optimizer=optimizer, random_state=0)
    plain = clone(model).set_params(loss=LOSSES[loss.name]()).fit(X, target_of(loss))
    assert model.fit(X, y).score(X, y) == pytest.approx(plain.score(X, target_of(loss)), abs=0.01)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_quantiles_come_within_one_per_cent_of_the_linear_programme(level):
    exact = QuantileRegressor(quantile=level, alpha=1e-3).fit(X, LINE)
    model = LinearRegressor(Quantile(level), penalty="l1", alpha=1e-3, random_state=0).fit(X, LINE)

    def pinball(fitted):
        value, _ = objective(Quantile(level), fitted.coef_, fitted.intercept_, X, LINE, alpha=0.0)
        return value + 1e-3 * np.abs(fitted.coef_).sum()

    assert pinball(model) < 1.01 * pinball(exact)
    assert np.mean(model.predict(X) > LINE) == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize(("loss", "exact"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)])
def test_log_link_models_agree_with_scikit_learn(loss, exact):
    y = target_of(LOSSES[loss])
    theirs = exact(alpha=ALPHA, max_iter=10_000, tol=1e-8).fit(X, y, sample_weight=WEIGHT)
    ours = LinearRegressor(loss, alpha=ALPHA, tol=1e-6, random_state=0).fit(X, y, sample_weight=WEIGHT)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=0.02)
    assert ours.score(X, y, sample_weight=WEIGHT) == pytest.approx(theirs.score(X, y, WEIGHT), abs=1e-4)
    ours.coef_, ours.intercept_ = theirs.coef_, theirs.intercept_  # the same model has the same score
    assert ours.score(X, y, sample_weight=WEIGHT) == pytest.approx(theirs.score(X, y, WEIGHT), rel=1e-12)
    power = {"poisson": 1, "gamma": 2}[loss]
    assert ours.score(X, y) == pytest.approx(d2_tweedie_score(y, ours.predict(X), power=power), rel=1e-10)


@pytest.mark.parametrize("squared", [False, True])
def test_tubes_have_the_objective_of_linear_svr(squared):
    name = "squared_epsilon_insensitive" if squared else "epsilon_insensitive"
    loss = LOSSES[name](0.2)
    rows = X - X.mean(axis=0)
    model = LinearRegressor(loss, alpha=0.01, fit_intercept=False, random_state=0).fit(rows, LINE - 10.0)
    svr = LinearSVR(
        epsilon=0.2, C=1.0 / (0.01 * N), loss=name, fit_intercept=False, tol=1e-6, max_iter=100_000,
        dual=True, random_state=0,
    )  # fmt: skip
    svr.fit(rows, LINE - 10.0)
    ours, _ = objective(loss, model.coef_, 0.0, rows, LINE - 10.0, alpha=0.01)
    theirs, _ = objective(loss, svr.coef_, 0.0, rows, LINE - 10.0, alpha=0.01)
    assert ours == pytest.approx(theirs, rel=2e-3)


# Offsets


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", [SquaredError(), Huber(0.5), Poisson(), Gamma()], ids=lambda loss: loss.name)
def test_with_an_offset_the_stated_objective_is_minimised(loss, weight):
    y = {"poisson": EXPOSED, "gamma": AMOUNTS * np.exp(OFFSET)}.get(loss.name, LINE + OFFSET)
    model = LinearRegressor(loss, alpha=ALPHA, tol=1e-5, random_state=0)
    model.fit(X, y, sample_weight=weight, offset=OFFSET)
    assert gap(model, loss, X, y, weight, OFFSET) < 1e-4
    value, _ = objective(loss, model.coef_, model.intercept_, X, y, weight, OFFSET)
    assert model.history_["objective"][-1] == pytest.approx(value, rel=0.01)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_exposures_agree_with_scikit_learns_rates_and_weights(weight):
    exposure = np.exp(OFFSET)
    both = exposure if weight is None else exposure * weight
    total = N if weight is None else weight.sum()
    # scikit-learn divides by the sum of weights times exposures, sgdkit by that of the weights.
    exact = PoissonRegressor(alpha=ALPHA * total / both.sum(), tol=1e-8, max_iter=10_000)
    exact.fit(X, EXPOSED / exposure, sample_weight=both)
    model = LinearRegressor("poisson", alpha=ALPHA, tol=1e-6, random_state=0)
    model.fit(X, EXPOSED, sample_weight=weight, offset=OFFSET)
    np.testing.assert_allclose(model.predict(X, offset=OFFSET), exposure * exact.predict(X), rtol=0.02)


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_exposures_agree_with_statsmodels(loss):
    sm = pytest.importorskip("statsmodels.api")
    family = {
        "poisson": sm.families.Poisson(), "gamma": sm.families.Gamma(sm.families.links.Log())
    }[loss]  # fmt: skip
    y = EXPOSED if loss == "poisson" else AMOUNTS * np.exp(OFFSET)
    exact = sm.GLM(y, sm.add_constant(X), family=family, offset=OFFSET).fit()
    model = LinearRegressor(loss, alpha=0.0, tol=1e-7, random_state=0).fit(X, y, offset=OFFSET)
    ours = model.predict(X, offset=OFFSET)
    np.testing.assert_allclose(ours, exact.mu, rtol=0.02)
    share = 1.0 - exact.deviance / exact.null_deviance
    assert model.score(X, y, offset=OFFSET) == pytest.approx(share, abs=1e-4)


def test_an_offset_of_zero_is_no_offset_and_a_constant_one_moves_the_intercept():
    plain = LinearRegressor("poisson", random_state=0).fit(X, COUNTS)
    zero = LinearRegressor("poisson", random_state=0).fit(X, COUNTS, offset=np.zeros(N))
    np.testing.assert_allclose(zero.coef_, plain.coef_, rtol=1e-10)
    moved = LinearRegressor("squared_error", random_state=0).fit(X, LINE, offset=np.full(N, 3.0))
    unmoved = LinearRegressor("squared_error", random_state=0).fit(X, LINE)
    assert moved.intercept_ + 3.0 == pytest.approx(unmoved.intercept_, rel=1e-8)


def test_rows_of_weight_zero_take_their_offset_with_them():
    weight = np.where(np.arange(N) % 3 == 0, 0.0, 1.0)
    kept = weight > 0.0
    weighted = LinearRegressor("poisson", random_state=0).fit(X, EXPOSED, weight, OFFSET)
    removed = LinearRegressor("poisson", random_state=0).fit(X[kept], EXPOSED[kept], offset=OFFSET[kept])
    np.testing.assert_allclose(weighted.coef_, removed.coef_, rtol=1e-10)


def test_streams_take_offsets():
    model = LinearRegressor("poisson", random_state=0)
    for _ in range(30):
        model.partial_fit(X, EXPOSED, offset=OFFSET)
    whole = LinearRegressor("poisson", random_state=0).fit(X, EXPOSED, offset=OFFSET)
    assert model.score(X, EXPOSED, offset=OFFSET) == pytest.approx(
        whole.score(X, EXPOSED, offset=OFFSET), abs=0.01
    )


def test_early_stopping_holds_out_offsets_too():
    model = LinearRegressor("poisson", early_stopping=True, random_state=0).fit(X, EXPOSED, offset=OFFSET)
    assert model.stop_reason_ == "early_stopping"
    assert np.nanmax(model.history_["validation_score"]) > 0.1
    given = LinearRegressor("poisson", early_stopping=True, random_state=0)
    given.fit(X, EXPOSED, offset=OFFSET, X_val=X, y_val=EXPOSED, offset_val=OFFSET)
    best = np.nanmax(given.history_["validation_score"])
    assert given.score(X, EXPOSED, offset=OFFSET) == pytest.approx(best)
    with pytest.raises(InvalidParameterError, match="offset and offset_val must be given together"):
        given.fit(X, EXPOSED, offset=OFFSET, X_val=X, y_val=EXPOSED)


@pytest.mark.parametrize(
    ("offset", "message"),
    [
        (np.full(N, np.nan), "finite"),
        (np.log(np.zeros(N) + 1e-320) * np.inf, "finite"),
        (np.zeros(N - 1), r"one number for each row: \(1500,\)"),
        (np.zeros((N, 1)), "one number for each row"),
        (np.full(N, "a"), "real numbers"),
        (np.full(N, 1e4), "not the exposure"),
        (3.0, "one number for each row"),
    ],
    ids=["nan", "infinite", "short", "matrix", "strings", "exposure", "scalar"],
)
def test_bad_offsets_are_refused(offset, message):
    with pytest.raises(InvalidParameterError, match=message):
        LinearRegressor("poisson").fit(X, COUNTS, offset=offset)


def test_bad_offsets_are_refused_in_prediction():
    model = LinearRegressor("poisson", max_iter=1, tol=None).fit(X, COUNTS)
    with pytest.raises(InvalidParameterError, match="one number for each row"):
        model.predict(X[:3], offset=[0.0])


def test_classifiers_take_no_offset():
    with pytest.raises(TypeError, match="offset"):
        HingeClassifier().fit(X, COUNTS > 1, offset=OFFSET)


def test_a_loss_without_absorb_offset_says_so():
    from sgdkit.losses import PointwiseLoss

    class Bare(PointwiseLoss):
        name, tasks, curvature = "bare", frozenset({"regression"}), 1.0
        evaluate = staticmethod(SquaredError.evaluate)

    with pytest.raises(UnsupportedCombinationError, match="Bare cannot take an offset"):
        LinearRegressor(Bare()).fit(X, LINE, offset=OFFSET)


def test_offsets_are_routed_through_cross_validation_and_pipelines():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        model = LinearRegressor("poisson", random_state=0)
        model.set_fit_request(offset=True).set_predict_request(offset=True).set_score_request(offset=True)
        pipeline = make_pipeline(StandardScaler(), model)
        found = cross_validate(pipeline, X, EXPOSED, params={"offset": OFFSET}, cv=3)["test_score"]
        alone = cross_validate(make_pipeline(StandardScaler(), LinearRegressor("poisson")), X, EXPOSED, cv=3)
        assert found.mean() > alone["test_score"].mean() + 0.05
        fitted = pipeline.fit(X, EXPOSED, offset=OFFSET)
        assert fitted.predict(X, offset=OFFSET).mean() == pytest.approx(EXPOSED.mean(), rel=0.02)


# Targets


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (
            "poisson",
            np.where(np.arange(N) == 7, -1.0, COUNTS),
            r"targets in \[0, inf\).* 1 value.* -1 in row 7",
        ),
        ("gamma", np.where(np.arange(N) == 3, 0.0, AMOUNTS), r"targets in \(0, inf\).* 0 in row 3"),
        ("gamma", np.column_stack([AMOUNTS, -AMOUNTS]), r"1500 value\(s\) outside"),
    ],
)
def test_targets_outside_the_interval_of_the_loss_are_refused(loss, y, message):
    with pytest.raises(InvalidParameterError, match=message):
        LinearRegressor(loss).fit(X, y)


@pytest.mark.parametrize("loss", REGRESSION)
def test_several_targets_are_as_many_models(loss):
    loss = LOSSES[loss]()
    y = np.column_stack([target_of(loss), 100.0 * target_of(loss)[::-1]])
    model = LinearRegressor(loss, alpha=ALPHA, random_state=0).fit(X, y)
    assert model.coef_.shape == (2, D) and model.intercept_.shape == (2,)
    assert model.predict(X).shape == (N, 2)
    total = sum(objective(loss, model.coef_[k], model.intercept_[k], X, y[:, k])[0] for k in range(2))
    apart = 0.0
    for k in range(2):
        single = LinearRegressor(loss, alpha=ALPHA, random_state=0).fit(X, y[:, k])
        apart += objective(loss, single.coef_, single.intercept_, X, y[:, k])[0]
    assert total == pytest.approx(apart, rel=2e-3)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_several_targets_equal_ridge(layout, backend):
    centred = X - X.mean(axis=0)  # sparse rows are not centred in training
    y = np.column_stack([LINE, SIGNAL, -3.0 * LINE])
    exact = Ridge(alpha=ALPHA * N).fit(centred, y)
    settings = {"alpha": ALPHA, "tol": 1e-7, "random_state": 0, "backend": backend}
    if backend == "reference":
        settings |= {"batch_size": 256, "tol": 1e-6}
    model = LinearRegressor(**settings).fit(layout(centred), y)
    np.testing.assert_allclose(model.predict(centred), exact.predict(centred), atol=0.05)


def test_one_column_keeps_two_dimensions_as_in_scikit_learn():
    model = LinearRegressor(random_state=0).fit(X, LINE[:, None])
    assert model.coef_.shape == (1, D) and model.intercept_.shape == (1,)
    assert model.predict(X).shape == (N, 1)
    flat = LinearRegressor(random_state=0).fit(X, LINE)
    np.testing.assert_array_equal(model.coef_[0], flat.coef_)
    assert model.score(X, LINE) == flat.score(X, LINE)


def test_several_targets_in_searches_streams_and_warm_starts():
    y = np.column_stack([LINE, SIGNAL])
    found = cross_validate(LinearRegressor(random_state=0), X, y, cv=3)["test_score"]
    assert (found > 0.4).all()
    search = GridSearchCV(LinearRegressor(random_state=0), {"alpha": [1e-4, 1.0]}, cv=3).fit(X, y)
    assert search.best_params_ == {"alpha": 1e-4}
    model = LinearRegressor(random_state=0)
    for _ in range(10):
        model.partial_fit(X, y)
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))
    with pytest.raises(InvalidParameterError, match=r"has 2 output\(s\).* ask for 1"):
        model.partial_fit(X, LINE)
    stopped = LinearRegressor(early_stopping=True, random_state=0).fit(X, y)
    assert stopped.stop_reason_ == "early_stopping"


@pytest.mark.parametrize(
    "y", [np.ones((N, 0)), np.ones((N, 2, 2)), np.full((N, 2), np.nan), sp.csr_matrix(np.ones((N, 2)))]
)
def test_targets_of_other_shapes_are_refused(y):
    with pytest.raises(ValueError):
        LinearRegressor().fit(X, y)


# Several quantiles


@pytest.fixture(scope="module")
def quantiles():
    return LinearRegressor(Quantile([0.05, 0.5, 0.95]), alpha=1e-4, random_state=0).fit(X, LINE)


def test_several_quantiles_are_one_fit(quantiles):
    assert quantiles.coef_.shape == (3, D)
    assert quantiles.predict(X).shape == (N, 3)
    for k, level in enumerate((0.05, 0.5, 0.95)):
        single = LinearRegressor(Quantile(level), alpha=1e-4, random_state=0).fit(X, LINE)
        ours, theirs = (
            objective(Quantile(level), coef, intercept, X, LINE, alpha=1e-4)[0]
            for coef, intercept in (
                (quantiles.coef_[k], quantiles.intercept_[k]), (single.coef_, single.intercept_)
            )
        )  # fmt: skip
        assert ours == pytest.approx(theirs, rel=2e-3)
        assert np.mean(quantiles.predict(X)[:, k] >= LINE) == pytest.approx(level, abs=0.02)


def test_predicted_quantiles_never_cross(quantiles):
    far = np.random.default_rng(1).normal(size=(500, D)) * 1e3
    assert (np.diff(far @ quantiles.coef_.T + quantiles.intercept_, axis=1) < 0.0).any()  # the lines do
    assert (np.diff(quantiles.predict(far), axis=1) >= 0.0).all()
    turned = LinearRegressor(Quantile([0.95, 0.05]), random_state=0).fit(X, LINE)
    assert (np.diff(turned.predict(far), axis=1) <= 0.0).all()


def test_rearranged_quantiles_are_no_worse(quantiles):
    raw = X @ quantiles.coef_.T + quantiles.intercept_
    crossed, sorted_ = (
        Quantile([0.05, 0.5, 0.95]).evaluate_outputs(np, z, LINE)[0].sum()
        for z in (raw, np.sort(raw, axis=1))
    )
    assert sorted_ <= crossed


def test_the_score_of_several_quantiles_is_the_mean_d2_pinball_score(quantiles):
    predicted = quantiles.predict(X)
    scores = [d2_pinball_score(LINE, predicted[:, k], alpha=q) for k, q in enumerate((0.05, 0.5, 0.95))]
    assert quantiles.score(X, LINE) == pytest.approx(np.mean(scores), rel=1e-6)
    assert quantiles.score(X, LINE, sample_weight=WEIGHT) != quantiles.score(X, LINE)
    assert np.isfinite(cross_validate(quantiles, X, LINE, cv=3)["test_score"]).all()


def test_a_quantile_for_each_target_is_not_sorted():
    y = np.column_stack([LINE, LINE - 100.0])
    model = LinearRegressor(Quantile([0.1, 0.9]), random_state=0).fit(X, y)
    assert (model.predict(X)[:, 0] > model.predict(X)[:, 1]).all()
    assert model.score(X, y) == pytest.approx(r2_score(y, model.predict(X)))


def test_quantiles_for_another_number_of_targets_are_refused():
    with pytest.raises(InvalidParameterError, match="values for 3 outputs, but the model has 2"):
        LinearRegressor(Quantile([0.1, 0.5, 0.9])).fit(X, np.column_stack([LINE, LINE]))


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, [0.5, 2.0], [], "median"])
def test_bad_quantiles_are_refused(level):
    with pytest.raises(InvalidParameterError, match="quantile"):
        LinearRegressor(Quantile(level)).fit(X, LINE)


# What users do with it


@pytest.mark.parametrize("loss", REGRESSION)
def test_every_regression_loss_by_name_in_float32_sparse_and_pickled(loss):
    y = target_of(LOSSES[loss])
    model = LinearRegressor(loss, random_state=0).fit(X.astype(np.float32), y.astype(np.float32))
    assert model.coef_.dtype == model.predict(X.astype(np.float32)).dtype == np.float32
    sparse = LinearRegressor(loss, random_state=0).fit(sp.csr_matrix(X - X.mean(axis=0)), y)
    assert sparse.score(X - X.mean(axis=0), y) == pytest.approx(model.score(X, y), abs=0.02)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_predictions_of_a_log_link_are_means(loss):
    y = target_of(LOSSES[loss])
    model = LinearRegressor(loss, alpha=0.0, tol=1e-6, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.predict(X), np.exp(X @ model.coef_ + model.intercept_), rtol=1e-12)
    if loss == "poisson":  # the canonical link balances the sums
        assert model.predict(X).mean() == pytest.approx(y.mean(), rel=1e-2)


def test_a_parameter_changed_after_the_fit_does_not_change_predictions():
    model = LinearRegressor(Poisson(), random_state=0).fit(X, COUNTS)
    before = model.predict(X)
    model.set_params(loss="squared_error")
    np.testing.assert_array_equal(model.predict(X), before)
    held = Huber(0.5)
    model = LinearRegressor(held, random_state=0).fit(X, LINE)
    held.delta = 7.0
    assert model.loss_.delta == 0.5


def test_a_search_over_losses_scored_by_one_deviance():
    scorer = make_scorer(d2_tweedie_score, power=1)
    grid = [{"loss": ["poisson"], "alpha": [1e-3]}, {"loss": ["poisson"], "alpha": [10.0]}]
    search = GridSearchCV(LinearRegressor(random_state=0), grid, scoring=scorer, cv=3).fit(X, COUNTS)
    assert search.best_params_["alpha"] == 1e-3


def test_sparse_coefficients_predict_alike_and_come_back():
    y = np.column_stack([LINE, SIGNAL])
    for target in (LINE, y):
        model = LinearRegressor(penalty="l1", alpha=0.3, random_state=0).fit(X, target)
        dense, before = model.coef_.copy(), model.predict(X)
        model.sparsify()
        assert sp.issparse(model.coef_)
        np.testing.assert_allclose(model.predict(X), before, rtol=1e-12)
        np.testing.assert_allclose(model.predict(sp.csr_matrix(X)), before, rtol=1e-12)
        assert isinstance(model.predict(sp.csr_matrix(X)), np.ndarray)
        np.testing.assert_array_equal(model.sparsify().densify().coef_, dense)
    model.sparsify().partial_fit(X, y)
    assert not sp.issparse(model.coef_)


def test_divergence_of_an_exponential_is_never_called_converged():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = LinearRegressor("poisson", optimizer="sgd", learning_rate=1.0, random_state=0).fit(X, COUNTS)
    assert model.converged_ is False
    assert any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    assert np.isfinite(model.coef_).all()


def test_robust_losses_are_not_moved_by_outliers():
    y = LINE.copy()
    y[::50] = 1e5
    robust = [AbsoluteError(), Huber(1.0), Quantile(0.5), EpsilonInsensitive(0.1)]
    for loss in robust:
        model = LinearRegressor(loss, alpha=0.0, random_state=0).fit(X, y)
        assert r2_score(SIGNAL + 10.0, model.predict(X)) > 0.9, loss
