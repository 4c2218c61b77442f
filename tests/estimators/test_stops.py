"""Ending a fit by the gradient or by the clock."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError


def test_a_small_gradient_is_a_small_gap_to_the_optimum(cancer):
    X, y = cancer
    exact = LogisticRegression(C=1 / (0.1 * len(y)), tol=1e-12, max_iter=10_000).fit(X, y)
    gaps = []
    for share in (0.1, 1e-3):
        model = LogisticClassifier(
            alpha=0.1, grad_tol=share, tol=None, batch_size=569, learning_rate="constant"
        ).fit(X, y)
        assert (model.stop_reason_, model.converged_) == ("gradient", True)
        gaps.append(np.abs(model.coef_ - exact.coef_).max())
    assert gaps[1] < 0.1 * gaps[0] and gaps[1] < 1e-2


def test_the_norm_does_not_depend_on_the_units_of_the_columns():
    rng = np.random.default_rng(0)
    factors = np.array([1e-4, 1.0, 1e4])
    X = rng.normal(size=(200, 3))
    y = X @ np.array([1.0, 2.0, -1.0]) + rng.normal(size=200)
    shares = []
    for rows in (X, (X + 7.0) * factors):
        model = LinearRegressor(grad_tol=1e-9, alpha=0.0, max_iter=3, random_state=0)
        with pytest.warns(ConvergenceWarning, match="grad_tol"):
            model.fit(rows, y)
        shares.append(model.history_["full_gradient_norm"])
    np.testing.assert_allclose(*shares, rtol=1e-3)


def test_a_warm_start_has_the_goal_of_the_first_fit(cancer):
    X, y = cancer
    model = LogisticClassifier(alpha=0.1, grad_tol=0.01, tol=None, warm_start=True, random_state=0).fit(X, y)
    epochs = model.n_iter_
    assert model.fit(X, y).n_iter_ < epochs and model.stop_reason_ == "gradient"


def test_without_grad_tol_nothing_is_measured(cancer):
    model = LogisticClassifier(max_iter=2, tol=None).fit(*cancer)
    assert np.isnan(model.history_["full_gradient_norm"]).all()


def test_streams_and_rankings_take_grad_tol(cancer):
    X, y = cancer
    model = LogisticClassifier(grad_tol=0.5, max_seconds=1e-9).partial_fit(X, y, classes=[0, 1])
    assert model.n_iter_ == 1 and np.isnan(model.history_["full_gradient_norm"]).all()
    ranker = LinearRanker(alpha=0.01, grad_tol=0.05, random_state=0)
    ranker.fit(X, y, qid=np.repeat(np.arange(100), 6)[:569])
    assert ranker.stop_reason_ == "gradient"


def test_a_loss_with_corners_has_no_gradient_to_stop_on(cancer):
    with pytest.raises(UnsupportedCombinationError, match="'hinge' has corners"):
        HingeClassifier(grad_tol=0.1).fit(*cancer)


def test_the_clock_ends_a_fit_and_says_so_with_numbers(cancer):
    X, y = cancer
    with pytest.warns(
        ConvergenceWarning, match=r"after 1 epoch\(s\), when max_seconds=1e-09.*Raise max_seconds"
    ):
        model = LogisticClassifier(max_seconds=1e-9).fit(X, y)
    assert (model.stop_reason_, model.converged_, model.n_iter_) == ("max_seconds", False, 1)
    silent = LogisticClassifier(max_seconds=1e-9, tol=None).fit(X, y)
    assert silent.stop_reason_ == "max_seconds"
    assert (
        LogisticClassifier(max_seconds=1e9, alpha=0.1, random_state=0).fit(X, y).stop_reason_ == "converged"
    )


def test_running_out_of_epochs_says_how_large_the_gradient_still_is(cancer):
    X, y = cancer
    with pytest.warns(ConvergenceWarning, match=r"gradient is at .* of its first size \(grad_tol=1e-09\)"):
        LogisticClassifier(max_iter=3, tol=None, grad_tol=1e-9, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("max_seconds", 0), ("max_seconds", -1.0), ("max_seconds", np.nan), ("max_seconds", "1"),
     ("max_seconds", True), ("grad_tol", 0.0), ("grad_tol", 1.0), ("grad_tol", -1), ("grad_tol", "small")],
)  # fmt: skip
def test_what_is_no_share_or_time_is_refused(cancer, parameter, value):
    with pytest.raises(InvalidParameterError, match=parameter):
        LogisticClassifier(**{parameter: value}).fit(*cancer)
