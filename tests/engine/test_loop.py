import pickle

import numpy as np
import pytest

from sgdkit.backends.base import Backend, EpochReport, TrainState
from sgdkit.engine.history import COLUMNS
from sgdkit.engine.loop import Plan, fold_center, initial_state, train
from sgdkit.engine.stopping import StopReason
from sgdkit.losses import Logistic, SquaredError
from sgdkit.optimizers import SGD, AdaGrad
from sgdkit.schedules import Constant, Cosine, InverseScaling, ReduceOnPlateau
from sgdkit.testing.forms import REFERENCE, Task, available_forms

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30, 3))
TASK = Task(X=X, y=X @ np.array([1.0, -2.0, 0.5]) + 0.3, loss=SquaredError(), rule=SGD(), batch_size=5)


class ScriptedBackend(Backend):
    """Reports the given mean losses and adds 1 to every weight in each epoch."""

    name = "scripted"

    def __init__(self, losses, broken_at=None):
        self.losses, self.broken_at = losses, broken_at
        self.orders, self.rates = [], []

    def bind(self, problem, dtype):
        def run(state, order, lr):
            self.orders.append(order.copy())
            self.rates.append(lr)
            epoch = len(self.rates)
            state.w += 1.0
            state.step += 1
            finite = epoch != self.broken_at
            if not finite:
                state.w[:] = 1e9
            return EpochReport(self.losses[min(epoch, len(self.losses)) - 1], 0.5, finite)

        return run


def plan(**settings):
    defaults = {"schedule": Constant(0.1), "max_iter": 6, "tol": None, "n_iter_no_change": 2}
    defaults |= {"shuffle": True, "seed": 3}
    return Plan(**{**defaults, **settings})


def run(backend, **settings):
    return train(
        REFERENCE.problem(TASK), TrainState(np.zeros(4), np.zeros((0, 4))), backend, plan(**settings)
    )


def test_without_a_tolerance_all_epochs_are_made():
    result = run(ScriptedBackend([1.0]))
    assert result.reason is StopReason.MAX_ITER
    assert result.state.epoch == 6 and result.state.w.tolist() == [6.0] * 4


def test_training_converges_when_the_objective_stands_still():
    result = run(ScriptedBackend([5.0, 3.0, 1.0, 1.0]), tol=1e-3)
    assert result.reason is StopReason.CONVERGED
    assert result.history["epoch"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_an_epoch_that_is_not_finite_ends_training_at_the_weights_of_the_one_before():
    result = run(ScriptedBackend([1.0], broken_at=4))
    assert result.reason is StopReason.NOT_FINITE
    assert result.state.w.tolist() == [3.0] * 4
    assert (result.state.epoch, result.state.step) == (3, 3)
    assert result.history["epoch"].tolist() == [1.0, 2.0, 3.0]


def test_a_first_epoch_that_is_not_finite_gives_back_the_start_and_an_empty_history():
    result = run(ScriptedBackend([1.0], broken_at=1))
    assert result.reason is StopReason.NOT_FINITE and result.state.w.tolist() == [0.0] * 4
    assert {len(column) for column in result.history.values()} == {0}


def test_weights_that_overflow_are_noticed_though_the_loss_was_finite():
    class Overflowing(ScriptedBackend):
        def bind(self, problem, dtype):
            inner = super().bind(problem, dtype)

            def run(state, order, lr):
                report = inner(state, order, lr)
                if state.step == 3:
                    state.w[0] = np.inf
                return report

            return run

    result = run(Overflowing([1.0]))
    assert result.reason is StopReason.NOT_FINITE and result.state.w.tolist() == [2.0] * 4


@pytest.mark.parametrize("name", ["NumPy", "compiled dense"])
def test_a_rate_that_is_far_too_large_stops_with_finite_weights(name):
    form = available_forms()[name]
    with np.errstate(all="ignore"):
        result = train(
            form.problem(TASK),
            TrainState(np.zeros(4), np.zeros((0, 4))),
            form.backend,
            plan(schedule=Constant(1e6), max_iter=100),
        )
    assert result.reason is StopReason.NOT_FINITE
    assert np.isfinite(result.state.w).all()


def test_the_given_state_is_not_touched():
    state = TrainState(np.zeros(4), np.zeros((0, 4)))
    train(REFERENCE.problem(TASK), state, ScriptedBackend([1.0]), plan())
    assert state.w.tolist() == [0.0] * 4 and (state.step, state.epoch) == (0, 0)


def test_the_schedule_is_asked_for_the_epochs_of_the_whole_training_also_when_it_goes_on():
    backend = ScriptedBackend([1.0])
    first = run(backend, schedule=InverseScaling(1.0, power=1.0), max_iter=2)
    train(
        REFERENCE.problem(TASK),
        first.state,
        backend,
        plan(schedule=InverseScaling(1.0, power=1.0), max_iter=2),
    )
    assert backend.rates == pytest.approx([1.0, 1 / 2, 1 / 3, 1 / 4])


def test_training_in_two_parts_equals_training_at_once():
    form = available_forms()["compiled dense"]
    problem = form.problem(TASK)
    start = TrainState(np.zeros(4), np.zeros((0, 4)))
    at_once = train(problem, start, form.backend, plan(max_iter=5)).state
    half = train(problem, start, form.backend, plan(max_iter=2)).state
    in_parts = train(problem, half, form.backend, plan(max_iter=3)).state
    assert np.array_equal(in_parts.w, at_once.w) and in_parts.step == at_once.step


def test_each_epoch_has_its_own_order_and_the_seed_decides_it():
    backends = [ScriptedBackend([1.0]) for _ in range(3)]
    for backend, seed in zip(backends, (1, 1, 2), strict=True):
        run(backend, seed=seed)
    first, same, other = ([order.tolist() for order in backend.orders] for backend in backends)
    assert first == same != other
    assert len({tuple(order) for order in first}) > 1


def test_without_shuffling_every_epoch_visits_the_runs_in_order():
    backend = ScriptedBackend([1.0])
    run(backend, shuffle=False)
    assert all(order.tolist() == list(range(len(order))) for order in backend.orders)


def test_early_stopping_keeps_the_weights_of_the_best_score():
    scores = iter([0.1, 0.8, 0.7, 0.75, 0.9])
    result = run(ScriptedBackend([1.0]), validate=lambda state: next(scores), early_stopping=True)
    assert result.reason is StopReason.EARLY_STOPPING
    assert result.state.w.tolist() == [2.0] * 4
    assert result.history["validation_score"].tolist() == [0.1, 0.8, 0.7, 0.75]


def test_a_validation_score_that_does_not_decide_is_only_recorded():
    result = run(ScriptedBackend([3.0, 2.0, 1.0]), validate=lambda state: -float(state.epoch), max_iter=3)
    assert result.reason is StopReason.MAX_ITER and result.state.w.tolist() == [3.0] * 4
    assert result.history["validation_score"].tolist() == [-1.0, -2.0, -3.0]


def test_an_observer_sees_every_epoch_and_may_ask_to_stop():
    seen = []

    def observe(state, done):
        seen.append((done, state.epoch, float(state.w[0])))
        return done == 2

    result = run(ScriptedBackend([1.0]), observe=observe)
    assert result.reason is StopReason.CALLBACK
    assert seen == [(0, 1, 1.0), (1, 2, 2.0), (2, 3, 3.0)]


def test_history_holds_the_objective_with_its_penalty_the_rate_and_the_moves():
    task = Task(
        X=X, y=TASK.y, loss=SquaredError(), rule=SGD(), l1=0.2, l2=0.5, rates=np.array([1.0, 2.0, 3.0, 9.0])
    )
    backend = ScriptedBackend([4.0])
    result = train(
        REFERENCE.problem(task), TrainState(np.zeros(4), np.zeros((0, 4))), backend, plan(max_iter=2)
    )
    assert tuple(result.history) == COLUMNS
    # Three coefficients of size 1, then 2; the intercept is not penalised.
    assert result.history["objective"] == pytest.approx([4.0 + 0.2 * 3 + 0.25 * 3, 4.0 + 0.2 * 6 + 0.25 * 12])
    assert result.history["learning_rate"] == pytest.approx([0.25, 0.25])
    assert result.history["gradient_norm"].tolist() == [0.5, 0.5]
    assert result.history["update_ratio"] == pytest.approx([1.0, 0.5])
    assert np.isnan(result.history["validation_score"]).all()
    assert (result.history["seconds"] >= 0.0).all()


def test_the_objective_in_history_falls_on_a_real_problem_and_ends_near_its_optimum():
    form = available_forms()["compiled dense"]
    result = train(
        form.problem(TASK), TrainState(np.zeros(4), np.zeros((0, 4))), form.backend, plan(max_iter=60)
    )
    objective = result.history["objective"]
    assert (np.diff(objective[:5]) < 0.0).all() and objective[-1] < 1e-4
    assert result.state.w == pytest.approx([1.0, -2.0, 0.5, 0.3], abs=1e-2)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_initial_state_is_zero_except_for_intercepts_that_move(fit_intercept):
    task = Task(X=X, y=TASK.y, loss=Logistic(), rule=AdaGrad(), n_outputs=2, fit_intercept=fit_intercept)
    problem = REFERENCE.problem(task)
    state = initial_state(problem, REFERENCE.backend, np.array([0.5, -1.0]), np.float32, 4)
    assert state.w.dtype == state.slots.dtype == np.float32
    assert state.slots.shape == (1, 8) and not state.slots.any()
    assert state.w.tolist() == [0.0] * 6 + ([0.5, -1.0] if fit_intercept else [0.0, 0.0])


def test_the_automatic_rate_stays_while_the_objective_falls():
    backend = ScriptedBackend([2.0 * 0.9**epoch for epoch in range(12)])
    result = run(backend, schedule=None, max_iter=12)
    assert backend.rates == [1.0] * 12
    assert result.history["learning_rate"].tolist() == backend.rates


def test_the_automatic_rate_halves_again_and_again_while_the_objective_stands_still():
    backend = ScriptedBackend([1.0])
    state = run(backend, schedule=None, max_iter=24).state
    falls = [after / before for before, after in zip(backend.rates, backend.rates[1:], strict=False)]
    assert set(falls) == {0.5, 1.0} and falls.count(0.5) >= 3
    assert state.damping <= backend.rates[-1]
    train(REFERENCE.problem(TASK), state, backend, plan(schedule=None, max_iter=1))
    assert backend.rates[-1] == state.damping


def test_a_fixed_schedule_is_not_halved():
    backend = ScriptedBackend([1.0])
    run(backend, schedule=Constant(0.3))
    assert backend.rates == [0.3] * 6


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_folding_the_centre_gives_the_same_predictions_on_raw_rows(n_outputs):
    center = np.array([0.5, -1.0, 2.0])
    w = RANDOM.normal(size=4 * n_outputs)
    state = TrainState(w.copy(), np.zeros((0, 4 * n_outputs)))
    W, folded = w.reshape(4, n_outputs), fold_center(state, center, n_outputs).w.reshape(4, n_outputs)
    assert X @ folded[:3] + folded[3] == pytest.approx((X - center) @ W[:3] + W[3], rel=1e-12)
    assert np.array_equal(state.w, w)


def pytorchs_plateau(figures, factor, patience, threshold):
    """Return the rate of each epoch as ReduceLROnPlateau gives it, whose patience is one less."""
    rate, best, bad, rates = 1.0, np.inf, 0, []
    for figure in figures:
        rates.append(rate)
        if figure < best * (1.0 - threshold):
            best, bad = figure, 0
        else:
            bad += 1
        if bad > patience - 1:
            rate, bad = rate * factor, 0
    return rates


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_a_rate_falls_on_plateaus_as_pytorchs_does(patience):
    objectives = np.concatenate(
        [np.linspace(3.0, 1.0, 8), np.full(9, 1.0), [0.999, 0.9, 0.95, 0.85], np.ones(9)]
    )
    backend = ScriptedBackend(objectives)
    schedule = ReduceOnPlateau(0.4, factor=0.1, patience=patience, threshold=0.01)
    run(backend, schedule=schedule, max_iter=len(objectives))
    expected = 0.4 * np.array(pytorchs_plateau(objectives, 0.1, patience, 0.01))
    assert backend.rates == pytest.approx(expected.tolist())


def test_a_plateau_is_seen_below_zero_too_and_the_rate_stops_at_its_floor():
    backend = ScriptedBackend([-1.0])
    run(backend, schedule=ReduceOnPlateau(1.0, patience=1, floor=0.3), max_iter=5)
    assert backend.rates == pytest.approx([1.0, 1.0, 0.5, 0.3, 0.3])
    backend = ScriptedBackend([-1.0, -2.0, -3.0, -4.0])
    run(backend, schedule=ReduceOnPlateau(1.0, patience=1), max_iter=4)
    assert backend.rates == [1.0] * 4


def test_the_warm_up_is_no_plateau():
    backend = ScriptedBackend([1.0])
    run(backend, schedule=ReduceOnPlateau(1.0, patience=1, warmup=3), max_iter=7)
    assert backend.rates == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.25])


def test_with_early_stopping_the_rate_follows_the_validation_score():
    scores = [0.5, 0.6, 0.6, 0.6, 0.7, 0.7]
    backend = ScriptedBackend(np.linspace(2.0, 1.0, 6))  # the objective falls all the time
    given = iter(scores)
    result = run(
        backend,
        schedule=ReduceOnPlateau(1.0, patience=1),
        validate=lambda state: next(given),
        early_stopping=True,
        n_iter_no_change=9,
    )
    assert backend.rates == [1.0, 1.0, 1.0, 0.5, 0.25, 0.25]
    assert (result.state.best_objective, result.state.waited) == (np.inf, 0)


def test_a_rate_that_falls_on_plateaus_goes_on_where_it_was():
    objectives = [3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    whole, parts = ScriptedBackend(objectives), ScriptedBackend(objectives)
    schedule = ReduceOnPlateau(1.0, patience=2)
    run(whole, schedule=schedule, max_iter=10)
    state = TrainState(np.zeros(4), np.zeros((0, 4)))
    for epochs in (3, 1, 6):
        state = pickle.loads(pickle.dumps(state))
        state = train(REFERENCE.problem(TASK), state, parts, plan(schedule=schedule, max_iter=epochs)).state
    assert parts.rates == whole.rates == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_a_schedule_over_the_whole_run_is_not_stopped_before_its_rate_is_down():
    result = run(ScriptedBackend([1.0]), schedule=Cosine(1.0), max_iter=12, tol=1e-3)
    assert (result.reason, result.state.epoch) == (StopReason.CONVERGED, 12)
    result = run(ScriptedBackend([1.0]), schedule=Cosine(1.0, cycle=4), max_iter=12, tol=1e-3)
    assert (result.reason, result.state.epoch) == (StopReason.CONVERGED, 4)
    falling = ScriptedBackend(np.linspace(2.0, 1.0, 12))
    assert run(falling, schedule=Cosine(1.0), max_iter=12, tol=1e-3).reason is StopReason.MAX_ITER


def test_validation_scores_may_end_a_run_before_its_rate_is_down():
    result = run(
        ScriptedBackend([1.0]),
        schedule=Cosine(1.0),
        max_iter=12,
        validate=lambda state: 0.5,
        early_stopping=True,
    )
    assert (result.reason, len(result.history["epoch"])) == (StopReason.EARLY_STOPPING, 3)


def test_the_horizon_of_a_stream_is_given_apart_from_its_epochs():
    backend = ScriptedBackend([1.0])
    state = TrainState(np.zeros(4), np.zeros((0, 4)), epoch=7, since=5)
    train(REFERENCE.problem(TASK), state, backend, plan(schedule=Cosine(1.0), max_iter=1, horizon=4))
    assert backend.rates == pytest.approx([0.5])


def test_a_gradient_at_its_goal_is_convergence_also_where_the_rate_is_not_down():
    norms = iter([1.0, 0.5, 0.1, 0.05])
    result = run(
        ScriptedBackend([1.0]), schedule=Cosine(1.0), gradient=lambda state: next(norms), gradient_goal=0.1
    )
    assert result.reason is StopReason.GRADIENT and result.reason.met_a_rule
    assert result.history["full_gradient_norm"].tolist() == [1.0, 0.5, 0.1]


def test_the_clock_ends_training_after_a_whole_epoch_and_is_no_convergence():
    result = run(ScriptedBackend([1.0]), deadline=0.0)
    assert result.reason is StopReason.MAX_SECONDS and not result.reason.met_a_rule
    assert result.state.epoch == 1 and result.state.w.tolist() == [1.0] * 4
    assert run(ScriptedBackend([1.0]), deadline=float("inf")).reason is StopReason.MAX_ITER
    assert run(ScriptedBackend([1.0]), deadline=0.0, max_iter=1).reason is StopReason.MAX_ITER


def test_when_the_clock_ends_it_the_best_weights_are_kept(monkeypatch):
    scores, readings = iter([0.5, 0.9, 0.1, 0.2]), iter(range(100))
    monkeypatch.setattr("sgdkit.engine.loop.time.perf_counter", lambda: float(next(readings)))
    result = run(
        ScriptedBackend([1.0]),
        validate=lambda state: next(scores),
        early_stopping=True,
        n_iter_no_change=9,
        deadline=8.0,  # three readings an epoch
    )
    assert (result.reason, result.state.w.tolist()) == (StopReason.MAX_SECONDS, [2.0] * 4)
    assert len(result.history["epoch"]) == 3
