import numpy as np
import pytest
import scipy.optimize
from scipy.optimize import Bounds, approx_fprime, rosen, rosen_der

from sgdkit import minimize, scipy_method
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.optimizers import SGD, Adam, UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.schedules import Cosine, ReduceOnPlateau

from .functions import LANDSCAPES, beale, himmelblau, monkey_saddle, plateau, rosenbrock

RULES = {
    name: kind
    for name, kind in Registry().table("optimizer", plugins=False).items()
    if issubclass(kind, UpdateRule)
}


@pytest.mark.parametrize("landscape", LANDSCAPES.values(), ids=LANDSCAPES)
def test_the_landscapes_have_the_gradients_they_claim(landscape):
    fun, start, _ = landscape
    x = np.asarray(start) + 0.3
    np.testing.assert_allclose(fun(x)[1], approx_fprime(x, lambda z: fun(z)[0]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("landscape", ["beale", "himmelblau", "monkey saddle", "plateau"])
def test_every_rule_finds_a_minimum_without_a_rate(name, landscape):
    fun, start, least = LANDSCAPES[landscape]
    result = minimize(fun, start, jac=True, method=name)
    assert result.fun - least < 1e-3 * (fun(np.asarray(start))[0] - least), result.message


@pytest.mark.parametrize("name", ["adagrad", "adam", "ftrl", "momentum", "prodigy"])
def test_rosenbrocks_valley_is_followed_to_its_end(name):
    result = minimize(rosenbrock, [-1.2, 1.0], jac=True, method=name)
    assert result.success and result.x == pytest.approx([1.0, 1.0], abs=1e-4)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("learning_rate", ["auto", 0.01, 10.0])
def test_the_result_is_the_best_point_that_was_visited(name, learning_rate):
    result = minimize(
        rosenbrock, [-1.2, 1.0], jac=True, method=name, learning_rate=learning_rate, max_iter=60,
        keep_path=True,
    )  # fmt: skip
    trace = result.trace
    assert result.fun == np.nanmin(trace["fun"]) == rosen(result.x) <= rosen([-1.2, 1.0])
    assert any(np.array_equal(result.x, point) for point in trace["path"])
    np.testing.assert_array_equal(result.jac, rosen_der(result.x))
    assert {len(column) for column in trace.values()} == {result.nit + 1}
    assert np.isnan(trace["rate"][0]) and trace["step_norm"][0] == 0.0


def test_a_fixed_rate_gives_the_steps_of_the_rule_and_nothing_else():
    result = minimize(
        himmelblau, [1.0, 2.0], jac=True, method="sgd", learning_rate=0.01, max_iter=5, keep_path=True
    )
    x = np.array([1.0, 2.0])
    for point in result.trace["path"][1:]:
        x = x - 0.01 * himmelblau(x)[1]
        np.testing.assert_allclose(point, x, rtol=1e-14)
    assert result.trace["rate"][1:].tolist() == [0.01] * 5


def test_a_schedule_gives_the_rate_of_each_step():
    schedule = Cosine(0.01, warmup=3)
    result = minimize(himmelblau, [1.0, 2.0], jac=True, method="sgd", learning_rate=schedule, max_iter=20)
    np.testing.assert_allclose(result.trace["rate"][1:], schedule.rates(20))
    falling = minimize(
        himmelblau, [1.0, 2.0], jac=True, method="sgd", learning_rate=ReduceOnPlateau(0.03, patience=3)
    )
    assert falling.trace["rate"][-1] < 0.03 == falling.trace["rate"][1]
    shaped = minimize(himmelblau, [1.0, 2.0], jac=True, learning_rate="cosine", max_iter=400)
    assert shaped.fun < 1e-3


def test_differences_come_near_the_gradient_and_are_counted():
    exact = minimize(beale, [1.0, 1.0], jac=True)
    for jac, calls in (("2-point", 4), (None, 4), ("3-point", 5)):
        found = minimize(lambda z: beale(z)[0], [1.0, 1.0], jac=jac)
        assert found.x == pytest.approx(exact.x, abs=1e-3)
        assert found.nfev == calls * found.njev
    assert exact.nfev == exact.njev == exact.nit + 1


def test_differences_stay_inside_the_bounds():
    seen = []

    def fun(x):
        seen.append(x[0])
        return float(np.sqrt(1.0 - x[0]) + x[0] ** 2)

    for jac in ("2-point", "3-point"):
        minimize(fun, [1.0], jac=jac, bounds=[(-1.0, 1.0)], max_iter=50)
    assert min(seen) >= -1.0 and max(seen) <= 1.0


@pytest.mark.parametrize("bounds", [[(None, 0.5), (-np.inf, 3.0)], Bounds([-np.inf, -5.0], [0.5, 3.0])])
def test_bounds_hold_at_every_step_and_their_minimum_is_found(bounds):
    result = minimize(rosenbrock, [-1.2, 1.0], jac=True, bounds=bounds, method="momentum", keep_path=True)
    assert (result.trace["path"][:, 0] <= 0.5).all()
    expected = scipy.optimize.minimize(rosen, [-1.2, 1.0], jac=rosen_der, bounds=bounds, method="L-BFGS-B")
    assert result.success and result.x == pytest.approx(expected.x, abs=1e-4)


def saddle(z):
    x, y = z
    return x**2 - y**2 + y**4 / 4.0, np.array([2.0 * x, -2.0 * y + y**3])


def test_a_saddle_is_left_when_asked_for():
    rests = minimize(saddle, [1.0, 0.0], jac=True)
    assert rests.success and rests.x == pytest.approx([0.0, 0.0], abs=1e-4)
    leaves = minimize(saddle, [1.0, 0.0], jac=True, escape_saddles=True, random_state=0)
    assert leaves.success and leaves.fun == pytest.approx(-1.0, abs=1e-6)
    monkey = minimize(monkey_saddle, [0.0, 0.0], jac=True, escape_saddles=True, random_state=0)
    assert monkey.success and monkey.fun == pytest.approx(-6.75, abs=1e-6)
    bowl = minimize(himmelblau, [3.1, 2.1], jac=True, escape_saddles=True, random_state=0)
    assert bowl.success and bowl.x == pytest.approx([3.0, 2.0], abs=1e-4)
    held = minimize(
        lambda z: (z[0] ** 2 - z[1] ** 2, np.array([2 * z[0], -2 * z[1]])), [0.5, 0.1], jac=True,
        bounds=[(-1, 1), (-1, 2)],
    )  # fmt: skip
    assert held.success and held.x == pytest.approx([0.0, 2.0], abs=1e-4)


def test_a_plateau_takes_the_automatic_rate_few_steps():
    fixed = minimize(plateau, [5.0, 5.0], jac=True, method="sgd", learning_rate=0.1, max_iter=200)
    found = minimize(plateau, [5.0, 5.0], jac=True, method="sgd", max_iter=200)
    assert not fixed.success and fixed.fun > 0.9
    assert found.success and found.fun < 1e-8


def undefined_below_zero(x):
    value = x[0] * np.log(x[0]) if x[0] > 0.0 else np.nan
    return value, np.array([np.log(x[0]) + 1.0 if x[0] > 0.0 else np.nan])


def test_a_value_that_is_not_finite_ends_a_run_at_the_last_good_point():
    result = minimize(undefined_below_zero, [3.0], jac=True, method="sgd", learning_rate=2.0)
    assert (result.success, result.status, result.x.tolist()) == (False, 3, [3.0])
    assert "ended in step 1; x is the best point before" in result.message
    start = minimize(undefined_below_zero, [-1.0], jac=True)
    assert (start.success, start.status, start.nit) == (False, 3, 0) and "start elsewhere" in start.message


def test_the_automatic_rate_steps_back_from_where_the_function_is_not_defined():
    result = minimize(undefined_below_zero, [3.0], jac=True)
    assert result.success and result.x == pytest.approx([np.exp(-1.0)], abs=1e-4)


def test_everything_undefined_around_the_start_is_said_so():
    def fun(x):
        return (1.0, np.ones(1)) if x[0] == 1.0 else (np.inf, np.ones(1))

    assert minimize(fun, [1.0], jac=True).status == 3


def test_a_wrong_gradient_is_not_called_a_success():
    result = minimize(lambda x: (float(x @ x), -2.0 * x), [1.0, 1.0], jac=True)
    assert (result.success, result.status) == (False, 4)
    assert "a gradient that is not the function's" in result.message


def test_tol_ends_a_run_that_no_longer_gains():
    result = minimize(rosenbrock, [-1.2, 1.0], jac=True, method="sgd", tol=0.5, gtol=0.0)
    assert result.success and result.status == 2 and result.nit < 5000


def test_callbacks_see_points_in_either_form_and_may_stop():
    points, results = [], []
    minimize(beale, [1.0, 1.0], jac=True, max_iter=3, callback=points.append)

    def named(intermediate_result):
        results.append(intermediate_result.fun)
        if len(results) == 2:
            raise StopIteration

    stopped = minimize(beale, [1.0, 1.0], jac=True, callback=named)
    assert (stopped.status, stopped.nit, stopped.success) == (99, 2, False)
    assert [beale(x)[0] for x in points[:2]] == results


def test_arguments_and_plugins_are_taken():
    class Signs(UpdateRule):
        name = "signs"

        @staticmethod
        def update(w, g, slots, hyper, lr, t):
            return w - lr * np.sign(g), slots

    result = minimize(
        lambda x, c: float(np.sum((x - c) ** 2)), [0.0], 2.0, jac=lambda x, c: 2.0 * (x - c), method=Signs()
    )
    assert result.success and result.x == pytest.approx([2.0], abs=1e-4)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"x0": [[1.0]]}, "x0 has shape"),
        ({"x0": [np.nan]}, "x0 has shape"),
        ({"jac": "5-point"}, "jac='5-point'"),
        ({"max_iter": 0}, "max_iter=0"),
        ({"gtol": -1.0}, "gtol=-1.0"),
        ({"tol": "small"}, "tol='small'"),
        ({"bounds": [(0, 1), (0, 1)]}, "2 entries for 1 variable"),
        ({"bounds": [(1, 0)]}, "must not exceed"),
        ({"learning_rate": -1.0}, "rate0"),
        ({"method": "adma"}, "Did you mean 'adam'"),
        ({"method": Adam(beta1=2.0)}, "beta1"),
        ({"fun": lambda x: x @ x * np.ones(2)}, "must return one number"),
        ({"fun": lambda x: (1.0, np.ones(3)), "jac": True}, "one derivative"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(settings, match):
    with pytest.raises(InvalidParameterError, match=match):
        minimize(**{"fun": lambda x: float(x @ x), "x0": [1.0], **settings})


# Inside SciPy.


@pytest.mark.parametrize("jac", [True, None, rosen_der])
def test_rules_are_methods_of_scipys_minimize(jac):
    fun = rosenbrock if jac is True else rosen
    options = {"maxiter": 3000, "keep_path": True}
    result = scipy.optimize.minimize(fun, [-1.2, 1.0], method=scipy_method("adam"), jac=jac, options=options)
    assert result.x == pytest.approx([1.0, 1.0], abs=1e-3) and result.nit <= 3000
    assert result.trace["path"].shape == (result.nit + 1, 2)


def test_scipys_tolerance_bounds_and_callback_arrive():
    seen = []
    result = scipy.optimize.minimize(
        lambda x, c: float(np.sum((x - c) ** 2)), [0.0], args=(3.0,), method=scipy_method(SGD()),
        bounds=Bounds(-1.0, 1.0), tol=1e-3, callback=seen.append,
    )  # fmt: skip
    assert result.success and result.x.tolist() == [1.0] and len(seen) == result.nit


def test_what_an_update_rule_cannot_use_is_refused():
    with pytest.raises(UnsupportedCombinationError, match="constraints"):
        scipy.optimize.minimize(
            rosen, [0.0, 0.0], method=scipy_method(), constraints={"type": "eq", "fun": lambda x: x[0]}
        )
    with pytest.raises(UnsupportedCombinationError, match="hess"):
        scipy.optimize.minimize(rosen, [0.0, 0.0], method=scipy_method(), hess=scipy.optimize.rosen_hess)


def rastrigin(x):
    return float(10 * x.size + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)))


def rastrigin_gradient(x):
    return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)


def test_rules_polish_behind_global_searches():
    bounds = [(-5.0, 5.0)] * 2
    rough = scipy.optimize.differential_evolution(rastrigin, bounds, polish=False, rng=0, maxiter=30)
    fine = minimize(rastrigin, rough.x, jac=rastrigin_gradient, bounds=bounds)
    assert rough.fun > 1e-12 and fine.fun < 1e-9
    annealed = scipy.optimize.dual_annealing(
        rastrigin, bounds, rng=0, maxiter=30,
        minimizer_kwargs={"method": scipy_method("adam", max_iter=300), "bounds": bounds},
    )  # fmt: skip
    assert annealed.fun < 1e-6
