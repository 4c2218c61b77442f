"""What textbooks say about gradient descent, to the digit."""

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

from sgdkit import LinearRegressor, minimize
from sgdkit.exceptions import ConvergenceWarning


def parabola(theta):
    return float(theta @ theta), 2.0 * theta


def descend(fun, start, rate, steps):
    return minimize(
        fun, start, jac=True, method="sgd", learning_rate=rate, max_iter=steps, gtol=0.0, keep_path=True
    )


def test_a_parabola_is_left_at_a_rate_above_two_over_its_curvature():
    result = descend(parabola, [5.0], 1.5, 2)
    assert result.trace["path"].ravel().tolist() == [5.0, -10.0, 20.0]
    assert result.fun == 25.0 and not result.success and "learning_rate is too large" in result.message


@pytest.mark.parametrize(("rate", "falls"), [(0.999, True), (1.0, False), (1.001, False)])
def test_the_rate_of_two_over_the_curvature_is_the_border(rate, falls):
    path = np.abs(descend(parabola, [1.0], rate, 2000).trace["path"].ravel())
    assert bool(path[-1] < 0.05) is falls
    if rate == 1.0:
        assert np.all(path == 1.0)


def test_a_parabola_needs_one_step_at_the_inverse_of_its_curvature():
    result = descend(parabola, [7.0], 0.5, 10)
    assert (result.nit, result.x.tolist(), result.success) == (1, [0.0], True)


def test_a_parabola_needs_228_steps_at_a_hundredth():
    path = np.abs(descend(parabola, [1.0], 0.01, 300).trace["path"].ravel())
    assert np.argmax(path <= 0.01) == 228


def quadratic(seed, n=6):
    random = np.random.default_rng(seed)
    A = random.normal(size=(n + 4, n)) * np.logspace(0.0, 1.0, n)
    H, c = A.T @ A / (n + 4), random.normal(size=n)
    return (
        (lambda x: (float(0.5 * x @ H @ x - c @ x), H @ x - c)),
        np.linalg.solve(H, c),
        np.linalg.eigvalsh(H),
    )


def logistic(seed, ridge=0.05):
    random = np.random.default_rng(seed)
    X = random.normal(size=(60, 5))
    y = np.sign(X @ random.normal(size=5) + random.normal(size=60))

    def fun(w):
        margin = y * (X @ w)
        slope = -y / (1.0 + np.exp(margin))
        return float(np.logaddexp(0.0, -margin).mean() + 0.5 * ridge * w @ w), X.T @ slope / 60 + ridge * w

    best = scipy_minimize(fun, np.zeros(5), jac=True, method="BFGS", options={"gtol": 1e-12}).x
    largest = np.linalg.eigvalsh(X.T @ X / 60)[-1]
    return fun, best, np.array([ridge, 0.25 * largest + ridge])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("problem", [quadratic, logistic])
def test_full_batches_keep_the_bounds_of_convex_theory(problem, seed):
    fun, best, curvature = problem(seed)
    mu, L = curvature[0], curvature[-1]
    start = np.full(best.size, 2.0)
    gap = descend(fun, start, 1.0 / L, 300).trace["fun"] - fun(best)[0]
    t = np.arange(gap.size)
    rounding = 1e-12
    assert (gap[1:] <= L * np.sum((start - best) ** 2) / (2.0 * t[1:]) + rounding).all()
    assert (gap <= (1.0 - mu / L) ** t * gap[0] + rounding).all()
    assert (np.diff(gap) <= rounding).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_bounds_hold_for_an_estimator_with_full_batches(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(80, 4)) * [1.0, 2.0, 0.5, 1.5]
    y = X @ random.normal(size=4) + random.normal(size=80)
    curvature = np.linalg.eigvalsh(X.T @ X / 80)
    mu, L = curvature[0], curvature[-1]
    model = LinearRegressor(
        optimizer="sgd", learning_rate=1.0 / L, batch_size=80, alpha=0.0, fit_intercept=False, tol=None,
        max_iter=60,
    ).fit(X, y)  # fmt: skip
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    gap = model.history_["objective"] - 0.5 * np.mean((X @ best - y) ** 2)  # before each step
    t = np.arange(60)
    assert (gap[1:] <= L * best @ best / (2.0 * t[1:]) + 1e-12).all()
    assert (gap <= (1.0 - mu / L) ** t * gap[0] + 1e-12).all()


def test_an_estimator_says_too_that_four_points_were_not_fitted():
    X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([2.0, 4.0, 5.0, 4.0])
    model = LinearRegressor(
        optimizer="sgd", learning_rate=0.02, batch_size=4, alpha=0.0, max_iter=500, random_state=0
    )
    with pytest.warns(ConvergenceWarning, match="max_iter=500"):
        model.fit(X, y)
    assert not model.converged_ and abs(model.coef_[0] - 0.7) > 0.1
    assert [finding.name for finding in model.diagnosis_] == ["unfinished"]


def four_points(theta):
    X, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 5.0, 4.0])
    error = theta[0] * X + theta[1] - y
    return float(np.mean(error**2)), np.array([2.0 * np.mean(error * X), 2.0 * np.mean(error)])


def test_the_regression_of_four_points_is_reported_as_not_converged_with_its_distance():
    result = descend(four_points, [0.0, 0.0], 0.01, 500)
    assert result.x == pytest.approx([0.819946, 1.647344], abs=5e-7)
    assert not result.success and result.status == 1
    distance = np.hypot(result.x[0] - 0.7, result.x[1] - 2.0)
    assert result.distance_left == pytest.approx(distance, rel=1e-6)
    assert result.fun_left == pytest.approx(result.fun - four_points(np.array([0.7, 2.0]))[0], rel=1e-6)
    assert f"the minimum is {distance:.3g} away" in result.message
