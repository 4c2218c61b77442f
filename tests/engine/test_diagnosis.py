"""Faults planted in runs: each is found where it is, and a clean run has none."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.data.order import RUN_LENGTH, batches, epoch_order, run_edges
from sgdkit.engine.diagnosis import CHECKS, Run, diagnose
from sgdkit.engine.diagnosis.gradients import exploding_gradients
from sgdkit.exceptions import ConvergenceWarning
from sgdkit.inspection import Finding, suspect_rows
from sgdkit.optimizers import UpdateRule
from sgdkit.schedules import Schedule

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 5))
SIGNAL = X @ np.array([1.0, -2.0, 0.5, 0.0, 1.5]) + 0.5 * RANDOM.normal(size=400)
LABEL = (SIGNAL > 0.0).astype(int)
SGD = {"optimizer": "sgd", "random_state": 0}


def fit(estimator, X, y, extra=None, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator(**{"random_state": 0, **settings}).fit(X, y, **(extra or {}))


def names(model):
    return [finding.name for finding in model.diagnosis_]


class LateRate(Schedule):
    """Next to nothing for fifteen epochs."""

    name = "late"

    def __init__(self, rate0=0.05, *, warmup=0):
        self.rate0 = rate0
        self.warmup = warmup

    def shape(self, epoch, max_iter):
        return 1e-9 if epoch < 15 else 1.0


class Jumping(UpdateRule):
    """SGD that throws its weights away once, in step 100."""

    name = "jumping"
    step = "linear"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * g + np.where(t + 0.0 * w == 100.0, 5.0 + 0.0 * w, 0.0 * w), slots


def overfitted():
    random = np.random.default_rng(1)
    rows, more = random.normal(size=(60, 40)), random.normal(size=(300, 40))
    target, check = rows[:, 0] + 2.0 * random.normal(size=60), more[:, 0] + 2.0 * random.normal(size=300)
    return fit(
        LinearRegressor, rows, target, {"X_val": more, "y_val": check},
        alpha=0.0, max_iter=300, tol=None, optimizer="sgd", learning_rate=0.005,
    )  # fmt: skip


FAULTS = {
    "badly_scaled_columns": lambda: fit(
        LogisticClassifier, X * [1.0, 1e-4, 1.0, 1.0, 1.0], LABEL, learning_rate=0.1, max_iter=20
    ),
    "ill_conditioned": lambda: fit(
        LinearRegressor, np.column_stack([X, X[:, 0] + 1e-4 * X[:, 1]]), SIGNAL, learning_rate=0.1, **SGD
    ),
    "diverging": lambda: fit(LinearRegressor, X, SIGNAL, learning_rate=3.0, **SGD),
    "oscillating": lambda: fit(
        LogisticClassifier, X, LABEL, learning_rate=30.0, max_iter=30, tol=None, **SGD
    ),
    "rate_too_small": lambda: fit(LinearRegressor, X, SIGNAL, learning_rate=1e-6, **SGD),
    "spikes": lambda: fit(
        LinearRegressor, X, SIGNAL, optimizer=Jumping(), learning_rate=0.1, max_iter=30, tol=None
    ),
    "vanishing_gradients": lambda: fit(LogisticClassifier, 1e-9 * X, LABEL, learning_rate=0.1, **SGD),
    "exploding_gradients": lambda: fit(
        LinearRegressor, X, SIGNAL, learning_rate=2.2, batch_size=400, max_iter=40, tol=None, **SGD
    ),
    "plateau": lambda: fit(
        LinearRegressor, X, SIGNAL, learning_rate=LateRate(), max_iter=40, tol=None, **SGD
    ),
    "unfinished": lambda: fit(LinearRegressor, X, SIGNAL, max_iter=12, learning_rate=1e-3, **SGD),
    "overfitting": overfitted,
    "underfitting": lambda: fit(LinearRegressor, X, SIGNAL, alpha=1e4),
}


def test_every_check_has_a_planted_fault():
    assert set(FAULTS) == {check.__name__ for check in CHECKS}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_with_figures_and_advice(name):
    findings = {finding.name: finding for finding in FAULTS[name]().diagnosis_}
    assert name in findings, list(findings)
    finding = findings[name]
    assert any(letter.isdigit() for letter in finding.evidence) and finding.evidence.endswith(".")
    assert finding.advice.endswith(".") and finding.severity in ("info", "warning", "severe")
    assert str(finding).startswith(f"{name} ({finding.severity}): ")


@pytest.mark.parametrize("average", [False, True])
def test_a_spike_names_the_batch_that_caused_it(average):
    """Step 100 is the second of seven batches in epoch 15."""
    settings = {"optimizer": Jumping(), "learning_rate": 0.1, "max_iter": 30, "tol": None, "average": average}
    model = fit(LinearRegressor, X, SIGNAL, **settings)
    (finding,) = [each for each in model.diagnosis_ if each.name == "spikes"]
    assert "most in epoch 15" in finding.evidence
    assert "that of batch 2 of 7 in epoch 15" in finding.evidence
    plan_order = epoch_order(400, model._training["seed"], 14, True)
    assert f"on the training rows {', '.join(map(str, plan_order[58:66]))}, ..." in finding.evidence


def test_a_spike_in_runs_of_neighbours_names_the_rows_of_its_batch(monkeypatch):
    """As large data are visited, whose runs are longer than a batch and read side by side."""
    monkeypatch.setattr("sgdkit.estimators._batches.SHUFFLE_ROWS_BELOW", 100)
    model = fit(LinearRegressor, X, SIGNAL, optimizer=Jumping(), learning_rate=0.1, max_iter=30, tol=None)
    (finding,) = [each for each in model.diagnosis_ if each.name == "spikes"]
    edges = run_edges(400, RUN_LENGTH)
    order = epoch_order(len(edges) - 1, model._training["seed"], 14, True)
    _, (rows, _), *_ = batches(order, edges, False, 58)
    assert "that of batch 2 of 7 in epoch 15" in finding.evidence
    assert f"on the training rows {', '.join(map(str, rows[:8]))}, ..." in finding.evidence


@pytest.mark.parametrize("estimator", [LogisticClassifier, HingeClassifier, LinearRegressor, LinearRanker])
@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_clean_run_has_no_findings(estimator, layout, seed):
    y = SIGNAL if estimator is LinearRegressor else np.digitize(SIGNAL, [-1.0, 1.0])
    assert estimator(random_state=seed).fit(layout(X), y).diagnosis_ == []
    scored = estimator(random_state=seed).fit(layout(X[:300]), y[:300], X_val=layout(X[300:]), y_val=y[300:])
    assert scored.diagnosis_ == []


@pytest.mark.parametrize("learning_rate", [0.01, 0.1, "cosine"])
def test_a_clean_run_with_a_rate_of_ones_own_has_none_either(learning_rate):
    model = LinearRegressor(learning_rate=learning_rate, max_iter=200, **SGD).fit(X, SIGNAL)
    assert model.diagnosis_ == []


def test_a_model_that_was_not_fitted_has_no_diagnosis():
    with pytest.raises(NotFittedError):
        LinearRegressor().diagnosis_  # noqa: B018
    assert not hasattr(LinearRegressor(), "diagnosis_")


def test_the_diagnosis_survives_pickling_and_copies_and_stays_behind_in_clones():
    model = FAULTS["rate_too_small"]()
    found = model.diagnosis_
    assert found == pickle.loads(pickle.dumps(model)).diagnosis_ == copy.deepcopy(model).diagnosis_
    assert not hasattr(clone(model), "diagnosis_")
    before = dict(vars(model))
    model.diagnosis_  # noqa: B018
    assert vars(model).keys() == before.keys()


def test_a_stream_has_a_diagnosis_too():
    model = LinearRegressor(random_state=0)
    for _ in range(3):
        model.partial_fit(X, SIGNAL)
    assert model.diagnosis_ == []


def test_severe_findings_are_in_the_one_warning():
    for learning_rate in (3.0, 30.0):
        with pytest.warns(ConvergenceWarning) as caught:
            LinearRegressor(learning_rate=learning_rate, **SGD).fit(X, SIGNAL)
        assert len(caught) == 1 and "gradient's norm grew" in str(caught[0].message)
    with pytest.warns(
        ConvergenceWarning, match="The objective rose from .* Lower learning_rate=2.2"
    ) as caught:
        LinearRegressor(learning_rate=2.2, batch_size=400, max_iter=40, tol=None, **SGD).fit(X, SIGNAL)
    assert len(caught) == 1


def test_findings_are_ordered_as_one_should_look():
    order = [check.__name__ for check in CHECKS]
    model = fit(LinearRegressor, X * [1e4, 1.0, 1.0, 1.0, 1.0], SIGNAL, learning_rate=1e-13, **SGD)
    found = names(model)
    assert found == sorted(found, key=order.index) and len(found) >= 3


def test_empty_and_short_histories_are_diagnosed_without_an_error():
    columns = ("epoch", "objective", "validation_score", "gradient_norm", "learning_rate", "update_ratio")
    for n in range(12):
        history = {name: np.arange(1.0, n + 1.0) for name in columns}
        for reason in ("converged", "max_iter", "not_finite", "diverged"):
            if n or reason == "not_finite":
                diagnose(Run(history, reason, 0.1, False, 0.0, 1e-4, False, 1.0))


# Rows to look at.


@pytest.mark.parametrize("estimator", [LogisticClassifier, HingeClassifier])
@pytest.mark.parametrize("borders", [[0.0], [-1.0, 1.0]], ids=["two classes", "three classes"])
def test_wrong_labels_are_among_the_suspects(estimator, borders):
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0] * 3.0, borders)]
    wrong = np.argsort(X[:, 0])[:5]
    y[wrong] = "b"
    model = estimator(alpha=1e-2, random_state=0).fit(X, y)
    suspects = suspect_rows(model, X, y, top=8)
    assert set(wrong) <= set(suspects) and suspects.dtype == np.int64
    assert (model.predict(X[suspects]) != y[suspects]).all()


def test_outlying_targets_are_the_suspects_and_clean_ones_are_not():
    y = SIGNAL.copy()
    model = LinearRegressor(random_state=0).fit(X, y)
    assert len(suspect_rows(model, X, y)) == 0
    y[[3, 50]] += [40.0, -90.0]
    assert suspect_rows(model, X, y).tolist() == [50, 3]
    assert suspect_rows(model, sp.csr_matrix(X), y, top=1).tolist() == [50]


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"top": 0}, "top=0"), ({"y": LABEL[:3]}, "y has shape"), ({"y": LABEL + 5}, "not among")],
)
def test_bad_arguments_are_refused(settings, match):
    model = LogisticClassifier(random_state=0).fit(X, LABEL)
    with pytest.raises(ValueError, match=match):
        suspect_rows(**{"model": model, "X": X, "y": LABEL, **settings})


def test_findings_are_plain_records():
    assert Finding("name", "info", "e.", "a.") == Finding("name", "info", "e.", "a.")
    X, y = load_diabetes(return_X_y=True)
    assert LinearRegressor(random_state=0).fit(X, y).diagnosis_ == []


@pytest.mark.parametrize(
    ("norms", "explodes"), [([0.0, 0.27, 0.2], False), ([1e-3, 0.5, 2.0], True), ([0.0, 0.0], False)]
)
def test_a_gradient_that_starts_at_zero_has_not_exploded(norms, explodes):
    history = {"gradient_norm": np.array(norms), "epoch": np.arange(1, len(norms) + 1)}
    run = Run(history, "max_iter", "auto", True, 1e-4, 1e-4, False)
    assert (exploding_gradients(run) is not None) is explodes
