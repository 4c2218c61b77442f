"""Values known in closed form, and agreement with scikit-learn, SciPy and LightGBM."""

import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from sklearn.metrics import hinge_loss, log_loss, mean_squared_error

from sgdkit.losses import Hinge, Logistic, PairwiseLogistic, Softmax, SquaredError
from sgdkit.testing.forms import available_forms, loss_and_gradient

FORMS = [available_forms()[name] for name in ("NumPy", "compiled dense")]
RANDOM = np.random.default_rng(8)
N = 40
RAW = 3.0 * RANDOM.normal(size=N)
LABEL = RANDOM.integers(0, 2, N).astype(float)
WEIGHT = RANDOM.uniform(0.1, 3.0, N)


def value_and_slope(loss, raw, y, weight=None, edges=None):
    """Return what NumPy and the compiled form agree on."""
    raw = np.asarray(raw, float).reshape(len(y), -1)
    weight = np.ones(len(y)) if weight is None else weight
    results = [loss_and_gradient(form, loss, raw, np.asarray(y, float), weight, edges) for form in FORMS]
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-13, abs=1e-300)
    return results[0]


@pytest.mark.parametrize(
    ("loss", "raw", "y", "value", "slope"),
    [
        (SquaredError(), 3.0, 1.0, 2.0, 2.0),
        (Logistic(), 0.0, 1.0, math.log(2.0), -0.5),
        (Logistic(), 0.0, 0.0, math.log(2.0), 0.5),
        (Logistic(), math.log(3.0), 1.0, math.log(4.0 / 3.0), -0.25),
        (Logistic(), 1e4, 1.0, 0.0, 0.0),
        (Logistic(), 1e4, 0.0, 1e4, 1.0),
        (Logistic(), -1e4, 0.0, 0.0, 0.0),
        (Logistic(), -1e4, 1.0, 1e4, -1.0),
        (Logistic(), 0.0, 0.25, math.log(2.0), 0.25),
        (Hinge(), 0.25, 1.0, 0.75, -1.0),
        (Hinge(), 0.25, 0.0, 1.25, 1.0),
        (Hinge(), 1.0, 1.0, 0.0, 0.0),
        (Hinge(), -5.0, 0.0, 0.0, 0.0),
    ],
)
def test_known_values_of_pointwise_losses(loss, raw, y, value, slope):
    found, gradient = value_and_slope(loss, [raw], [y])
    assert (found, gradient[0, 0]) == pytest.approx((value, slope), rel=1e-14, abs=1e-30)


def test_softmax_of_equal_predictions_is_the_logarithm_of_the_number_of_classes():
    value, slope = value_and_slope(Softmax(), np.full((1, 4), 7.0), [2.0])
    assert value == pytest.approx(math.log(4.0), rel=1e-14)
    assert slope[0] == pytest.approx([0.25, 0.25, -0.75, 0.25], rel=1e-14)


def test_softmax_does_not_change_when_all_predictions_of_a_row_move_together():
    raw, y = RANDOM.normal(size=(6, 3)), np.arange(6.0) % 3.0
    here, slope = value_and_slope(Softmax(), raw, y)
    there, moved = value_and_slope(Softmax(), raw + 100.0, y)
    assert there == pytest.approx(here, rel=1e-12)
    assert moved == pytest.approx(slope, abs=1e-12)


def test_softmax_over_two_classes_is_the_log_loss_of_the_difference():
    two = np.column_stack([np.zeros(N), RAW])
    value, slope = value_and_slope(Softmax(), two, LABEL, WEIGHT)
    binary, binary_slope = value_and_slope(Logistic(), RAW, LABEL, WEIGHT)
    assert value == pytest.approx(binary, rel=1e-13)
    assert slope[:, 1] == pytest.approx(binary_slope[:, 0], rel=1e-11, abs=1e-15)


def test_log_loss_agrees_with_scikit_learn():
    value, slope = value_and_slope(Logistic(), RAW, LABEL, WEIGHT)
    assert value == pytest.approx(
        log_loss(LABEL, expit(RAW), sample_weight=WEIGHT, normalize=False), rel=1e-12
    )
    assert slope[:, 0] == pytest.approx(WEIGHT * (expit(RAW) - LABEL), rel=1e-12)


def test_softmax_agrees_with_scikit_learn_and_scipy():
    raw, y = RANDOM.normal(size=(N, 3)) * 4.0, np.arange(float(N)) % 3.0
    value, slope = value_and_slope(Softmax(), raw, y, WEIGHT)
    share = np.exp(log_softmax(raw, axis=1))
    assert value == pytest.approx(log_loss(y, share, sample_weight=WEIGHT, normalize=False), rel=1e-12)
    assert slope == pytest.approx(WEIGHT[:, None] * (share - np.eye(3)[y.astype(int)]), rel=1e-11, abs=1e-13)


def test_hinge_agrees_with_scikit_learn():
    value, _ = value_and_slope(Hinge(), RAW, LABEL, WEIGHT)
    assert value / WEIGHT.sum() == pytest.approx(hinge_loss(LABEL, RAW, sample_weight=WEIGHT), rel=1e-12)


def test_squared_error_is_half_scikit_learns():
    value, _ = value_and_slope(SquaredError(), RAW, LABEL, WEIGHT)
    expected = 0.5 * mean_squared_error(LABEL, RAW, sample_weight=WEIGHT)
    assert value / WEIGHT.sum() == pytest.approx(expected, rel=1e-12)


def pairs_of(z, y):
    return [(z[i] - z[j]) for i in range(len(y)) for j in range(len(y)) if y[i] > y[j]]


def test_pairwise_logistic_is_scikit_learns_log_loss_over_all_ordered_pairs():
    y = np.array([0.0, 2.0, 1.0, 1.0, 0.0])
    margins = np.array(pairs_of(RAW[:5], y))
    value, _ = value_and_slope(PairwiseLogistic(), RAW[:5], y, edges=np.array([0, 5]))
    won = np.ones(len(margins))
    assert value == pytest.approx(5.0 * log_loss(won, expit(margins), labels=[0, 1]), rel=1e-12)


def test_pairwise_logistic_has_the_gradient_of_lightgbms_unweighted_pairs():
    lightgbm = pytest.importorskip("lightgbm")
    # Two documents make one pair: then the discount factors of lambdarank are only a factor.
    X = np.arange(2.0).reshape(-1, 1)
    settings = {
        "objective": "lambdarank", "lambdarank_norm": False, "num_leaves": 2, "min_data_in_leaf": 1,
        "min_data_in_bin": 1, "min_sum_hessian_in_leaf": 0.0, "verbose": -1, "learning_rate": 1.0,
        "sigmoid": 1.0, "boost_from_average": False,
    }  # fmt: skip
    data = lightgbm.Dataset(X, np.array([1.0, 0.0]), group=[2], init_score=np.array([0.4, -0.3]))
    step = lightgbm.train(settings, data, num_boost_round=1).predict(X, raw_score=True)
    _, slope = value_and_slope(PairwiseLogistic(), [0.4, -0.3], [1.0, 0.0], edges=np.array([0, 2]))
    # LightGBM's leaf is -gradient / hessian, and the hessian of a pair is p (1 - p): the factors cancel.
    p = float(expit(0.7))
    assert step == pytest.approx(-(slope[:, 0] / 2.0) / (p * (1.0 - p)), rel=1e-3)


def test_logistic_best_constant_is_the_log_odds_of_the_weighted_share():
    share = np.average(LABEL, weights=WEIGHT)
    assert Logistic().best_constant(LABEL, WEIGHT, 1) == pytest.approx([math.log(share / (1.0 - share))])


def test_logistic_best_constant_of_one_class_is_finite_and_of_several_is_one_for_each():
    assert np.isfinite(Logistic().best_constant(np.ones(3), np.ones(3), 1)).all()
    shares = np.array([0.5, 0.25, 0.25])
    found = Logistic().best_constant(np.array([0.0, 0.0, 1.0, 2.0]), np.ones(4), 3)
    assert found == pytest.approx(np.log(shares / (1.0 - shares)))


def test_softmax_best_constant_gives_the_shares_of_the_classes():
    y, weight = np.array([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0, 4.0])
    found = Softmax().best_constant(y, weight, 3)
    assert np.exp(log_softmax(found)) == pytest.approx([1 / 8, 3 / 8, 4 / 8])
    assert found.sum() == pytest.approx(0.0, abs=1e-12)


def test_squared_errors_best_constant_and_scale_are_the_weighted_mean_and_spread():
    y, weight = np.array([1.0, 5.0]), np.array([3.0, 1.0])
    assert SquaredError().best_constant(y, weight, 1).tolist() == [2.0]
    assert SquaredError().target_scale(y, weight) == pytest.approx(math.sqrt(3.0))
    assert SquaredError().target_scale(np.full(4, 7.0), None) == 1.0
