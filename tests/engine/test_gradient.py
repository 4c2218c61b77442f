import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.backends.base import TrainState
from sgdkit.engine import passes as module
from sgdkit.engine.gradient import FullGradient
from sgdkit.losses import Logistic, PairwiseLogistic, Softmax, SquaredError
from sgdkit.optimizers import SGD
from sgdkit.testing.forms import Task, available_forms

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(50, 4)) * (RANDOM.random((50, 4)) < 0.7)
WEIGHT = RANDOM.uniform(0.5, 2.0, 50)
FORMS = available_forms()
ONES = np.ones(4)


def measure(form, w, scale=ONES, **settings):
    task = Task(X=X, rule=SGD(), **settings)
    state = TrainState(form.backend.from_host(w), form.backend.from_host(np.zeros((0, w.size))))
    return FullGradient(form.problem(task), form.backend, scale).norm(state)


def numerical(objective, w, step=1e-6):
    return np.array(
        [(objective(w + step * e) - objective(w - step * e)) / (2 * step) for e in np.eye(w.size)]
    )


@pytest.mark.parametrize("chunk", [7, 4096])
@pytest.mark.parametrize("name", ["compiled dense", "compiled CSR int32", "array-api-strict"])
@pytest.mark.parametrize(
    "loss", [SquaredError(), Logistic(), Softmax(), PairwiseLogistic()], ids=lambda o: o.name
)
def test_the_norm_is_that_of_the_gradient_of_the_objective(loss, name, chunk, monkeypatch):
    monkeypatch.setattr(module, "ROWS", chunk)
    k = 3 if loss.multi_output else 1
    y = (np.arange(50.0) % 3) if k == 3 or "ranking" in loss.tasks else (np.arange(50.0) % 2)
    edges = np.array([0, 9, 12, 30, 50]) if "ranking" in loss.tasks else None
    w = RANDOM.normal(size=5 * k)
    scale = np.array([1.0, 2.0, 0.5, 1.0])

    def objective(w):
        W = w.reshape(5, k)
        offsets = np.zeros(1, np.int64) if edges is None else edges
        total, _ = loss.evaluate_batch(np, X @ W[:4] + W[4], y, WEIGHT / WEIGHT.sum(), offsets)
        return total + 0.05 * np.abs(W[:4]).sum() + 0.1 * np.square(W[:4]).sum()

    expected = numerical(objective, w) / np.repeat(np.append(scale, 1.0), k)
    settings = {"y": y, "loss": loss, "weight": WEIGHT, "n_outputs": k, "query_edges": edges}
    found = measure(FORMS[name], w, scale, l1=0.05, l2=0.2, **settings)
    assert found == pytest.approx(np.linalg.norm(expected), rel=1e-6)


def test_centred_rows_are_those_without_their_centre():
    center, w = np.array([0.5, -1.0, 2.0, 0.0]), RANDOM.normal(size=5)
    settings = {"y": X[:, 0], "loss": SquaredError()}
    found = measure(FORMS["compiled dense"], w, center=center, **settings)
    slope = (X - center) @ w[:4] + w[4] - X[:, 0]
    expected = np.append((X - center).T @ slope, slope.sum()) / 50
    assert found == pytest.approx(np.linalg.norm(expected), rel=1e-12)


def test_at_a_corner_and_at_a_bound_only_feasible_descent_counts():
    form = FORMS["compiled dense"]
    y, w = X @ np.array([1.0, -1.0, 0.0, 0.0]), np.zeros(5)
    slope = -X.T @ y / 50
    settings = {"y": y, "loss": SquaredError(), "fit_intercept": False}
    assert measure(form, w, **settings) == pytest.approx(np.linalg.norm(slope))
    soft = np.maximum(np.abs(slope) - 0.1, 0.0)
    assert measure(form, w, l1=0.1, **settings) == pytest.approx(np.linalg.norm(soft))
    assert measure(form, w, l1=10.0, **settings) == 0.0
    positive = np.array([[0.0] * 4, [np.inf] * 4])
    assert measure(form, w, bounds=positive, **settings) == pytest.approx(np.linalg.norm(slope[slope < 0]))
    pinned = np.zeros((2, 4))
    assert measure(form, w, bounds=pinned, **settings) == 0.0


def test_it_is_zero_at_the_optimum_of_a_penalised_and_bounded_objective():
    from scipy.optimize import lsq_linear

    y = X @ np.array([1.0, -1.0, 0.3, 0.0])
    exact = lsq_linear(
        np.vstack([X, np.eye(4) * 50**0.5 * 0.3]), np.append(y, np.zeros(4)), (-0.5, 0.5), tol=1e-14
    )
    w = np.append(np.clip(np.where(np.abs(exact.x) > 0.5 - 1e-9, np.sign(exact.x), exact.x), -0.5, 0.5), 0.0)
    bounds = np.array([[-0.5] * 4, [0.5] * 4])
    settings = {"y": y, "loss": SquaredError(), "fit_intercept": False, "bounds": bounds, "l2": 0.09}
    for layout in ("compiled dense", "compiled CSR int64"):
        assert measure(FORMS[layout], w, **settings) < 1e-6
    assert sp.issparse(FORMS["compiled CSR int64"].convert(X))
