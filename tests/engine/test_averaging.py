import numpy as np
import pytest

from sgdkit.backends.base import TrainState
from sgdkit.engine.averaging import PARTS, Averaging, averaging_epochs
from sgdkit.engine.objective import objective_at
from sgdkit.losses import Logistic, PairwiseLogistic, SquaredError
from sgdkit.optimizers import SGD, AdaGrad
from sgdkit.testing.forms import REFERENCE, Task, available_forms

FORMS = available_forms()
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3
QUERIES = np.array([0, 3, 10, 11, 24, 30, 40])


def states(form, task, averaging, epochs=3):
    """Weights after each batch, and the averaged state."""
    problem = form.problem(task)
    run = averaging_epochs(form.backend.bind(problem, X.dtype), problem, averaging)
    xp = form.backend.xp
    state = TrainState(xp.zeros(4), xp.zeros((len(task.rule.slots), 4)))
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(len(problem.edges) - 1)
        report = run(state, order, 0.05)
    return state, report


def path(task, epochs=3):
    """Weights after every batch of the reference, one epoch of one batch at a time."""
    problem = REFERENCE.problem(task)
    run = REFERENCE.backend.bind(problem, X.dtype)
    state, points = TrainState(np.zeros(4), np.zeros((len(task.rule.slots), 4))), []
    runs_in_a_batch = task.batch_size // task.run_length
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(len(problem.edges) - 1)
        for start in range(0, len(order), runs_in_a_batch):
            run(state, order[start : start + runs_in_a_batch], 0.05)
            points.append(state.w.copy())
    return np.array(points)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("rule", [SGD(), AdaGrad()], ids=["sgd", "adagrad"])
def test_averages_of_few_batches_are_those_of_every_batch(form, rule):
    task = Task(X=X, y=Y, loss=SquaredError(), rule=rule, batch_size=8, l2=0.1)
    points = path(task)
    t = np.arange(1.0, len(points) + 1)
    expected = {
        "uniform": points.mean(axis=0),
        "polynomial": points[0],
        "exponential": points[0],
    }
    for weight, point in zip(9.0 / (t + 8.0), points, strict=True):
        expected["polynomial"] = expected["polynomial"] + weight * (point - expected["polynomial"])
        expected["exponential"] = expected["exponential"] + (1 - 0.5**0.2) * (point - expected["exponential"])
    for kind, average in expected.items():
        state, _ = states(form, task, Averaging(kind))
        np.testing.assert_allclose(form.backend.to_host(state.average), average, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(form.backend.to_host(state.w), points[-1], rtol=1e-12, atol=1e-14)
        assert state.averaged == 15


@pytest.mark.parametrize("batch_size", [1, 3, 7, 16, 64])
@pytest.mark.parametrize("edges", [None, QUERIES], ids=["rows", "queries"])
def test_averaging_moves_the_weights_as_without_and_reports_the_same(batch_size, edges):
    loss = SquaredError() if edges is None else PairwiseLogistic()
    task = Task(X=X, y=Y, loss=loss, rule=AdaGrad(), batch_size=batch_size, run_length=4, query_edges=edges)
    form = FORMS["compiled dense"]
    plain, report = states(form, task, None)
    state, found = states(form, task, Averaging("uniform"))
    np.testing.assert_array_equal(state.w, plain.w)
    assert state.step == plain.step and 0 < state.averaged <= 3 * PARTS
    assert found.mean_loss == pytest.approx(report.mean_loss, rel=1e-12)
    assert found.gradient_norm == pytest.approx(report.gradient_norm, rel=1e-12)


def test_a_late_start_leaves_out_the_first_points():
    task = Task(X=X, y=Y, loss=SquaredError(), rule=SGD(), batch_size=8)
    state, _ = states(REFERENCE, task, Averaging("uniform", start=81))
    np.testing.assert_allclose(state.average, path(task)[10:].mean(axis=0), rtol=1e-12)
    assert states(REFERENCE, task, Averaging("uniform", start=1000))[0].average is None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_objective_is_the_mean_loss_plus_the_penalty(form):
    weight = RANDOM.uniform(0.5, 2.0, 40)
    w = RANDOM.normal(size=4)
    task = Task(X=X, y=(Y > 0).astype(float), loss=Logistic(), rule=SGD(), l1=0.2, l2=0.3, weight=weight)
    raw = X @ w[:3] + w[3]
    loss = np.logaddexp(0.0, np.where(Y > 0, -raw, raw))
    expected = weight @ loss / weight.sum() + 0.2 * np.abs(w[:3]).sum() + 0.15 * w[:3] @ w[:3]
    found = objective_at(form.problem(task), form.backend, form.backend.from_host(w))
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_objective_of_queries_does_not_depend_on_how_they_are_cut(monkeypatch):
    task = Task(X=X, y=Y.round(), loss=PairwiseLogistic(), rule=SGD(), query_edges=QUERIES)
    problem, w = REFERENCE.problem(task), RANDOM.normal(size=4)
    at_once = objective_at(problem, REFERENCE.backend, w)
    monkeypatch.setattr("sgdkit.engine.passes.ROWS", 5)
    assert objective_at(problem, REFERENCE.backend, w) == pytest.approx(at_once, rel=1e-12)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_schedule_free_steps_are_those_of_the_paper(form):
    """Defazio et al. 2024, algorithm 1 without warm-up, with the rate of each epoch."""
    task = Task(X=X, y=Y, loss=SquaredError(), rule=SGD(), batch_size=8)
    rates = (0.05, 0.2, 0.1)
    z = x = np.zeros(4)
    total = 0.0
    A = np.column_stack([X, np.ones(40)])
    edges = form.problem(task).edges
    for epoch, rate in enumerate(rates):
        order = np.random.default_rng(epoch).permutation(len(edges) - 1)
        rows = np.concatenate([np.arange(edges[run], edges[run + 1]) for run in order])
        for start in range(0, 40, 8):
            batch = rows[start : start + 8]
            y = 0.1 * z + 0.9 * x
            z = z - rate * A[batch].T @ (A[batch] @ y - Y[batch]) / 8
            total += rate**2
            x = (1.0 - rate**2 / total) * x + rate**2 / total * z
    problem = form.problem(task)
    run = averaging_epochs(form.backend.bind(problem, X.dtype), problem, Averaging("schedule_free"))
    state = TrainState(form.backend.xp.zeros(4), form.backend.xp.zeros((0, 4)))
    for epoch, rate in enumerate(rates):
        run(state, np.random.default_rng(epoch).permutation(len(edges) - 1), rate)
    np.testing.assert_allclose(form.backend.to_host(state.average), x, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(form.backend.to_host(state.w), 0.1 * z + 0.9 * x, rtol=1e-9, atol=1e-12)
    assert state.averaged == 15


def test_the_optimum_is_a_fixed_point_of_schedule_free_steps():
    task = Task(X=X, y=Y, loss=SquaredError(), rule=AdaGrad(), batch_size=40, l2=0.1, l1=0.05)
    problem = REFERENCE.problem(task)
    run = averaging_epochs(REFERENCE.backend.bind(problem, X.dtype), problem, Averaging("schedule_free"))
    state = TrainState(np.zeros(4), np.zeros((1, 4)))
    for _ in range(3000):
        run(state, np.arange(len(problem.edges) - 1), 0.5)
    A, w = X, state.average
    slope = A.T @ (A @ w[:3] + w[3] - Y) / 40 + 0.1 * w[:3]
    np.testing.assert_allclose(slope, -0.05 * np.sign(w[:3]), atol=1e-3)
