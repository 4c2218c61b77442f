"""Values known in closed form, and agreement with scikit-learn, SciPy and LightGBM."""

import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax
from sklearn.metrics import (
    hinge_loss,
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.losses import (
    AbsoluteError,
    EpsilonInsensitive,
    Gamma,
    Hinge,
    Huber,
    Logistic,
    ModifiedHuber,
    PairwiseLogistic,
    Perceptron,
    Poisson,
    Quantile,
    SmoothHinge,
    Softmax,
    SquaredEpsilonInsensitive,
    SquaredError,
    SquaredHinge,
)
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
        (AbsoluteError(), 3.0, 1.0, 2.0, 1.0),
        (AbsoluteError(), 1.0, 1.0, 0.0, 0.0),
        (Huber(2.0), 2.0, 1.0, 0.5, 1.0),
        (Huber(2.0), -4.0, 1.0, 8.0, -2.0),
        (Quantile(0.75), 1.0, 3.0, 1.5, -0.75),
        (Quantile(0.75), 3.0, 1.0, 0.5, 0.25),
        (EpsilonInsensitive(0.5), 1.25, 1.0, 0.0, 0.0),
        (EpsilonInsensitive(0.5), -1.0, 1.0, 1.5, -1.0),
        (SquaredEpsilonInsensitive(0.5), -1.0, 1.0, 2.25, -3.0),
        (Poisson(), 0.0, 0.0, 1.0, 1.0),
        (Poisson(), 1.0, 0.0, math.e, math.e),
        (Gamma(), 0.0, 2.0, 1.0 - math.log(2.0), -1.0),
        (SquaredHinge(), 0.5, 1.0, 0.25, -1.0),
        (SquaredHinge(), -2.0, 0.0, 0.0, 0.0),
        (SmoothHinge(), 0.5, 1.0, 0.125, -0.5),
        (SmoothHinge(), 1.0, 0.0, 1.5, 1.0),
        (ModifiedHuber(), 0.5, 1.0, 0.25, -1.0),
        (ModifiedHuber(), 2.0, 0.0, 8.0, 4.0),
        (Perceptron(), 0.0, 1.0, 0.0, -1.0),
        (Perceptron(), 2.0, 0.0, 2.0, 1.0),
        (Perceptron(), 2.0, 1.0, 0.0, 0.0),
        (Logistic(0.2), 2.0, 1.0, math.log1p(math.exp(2.0)) - 1.8, 1.0 / (1.0 + math.exp(-2.0)) - 0.9),
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


MEAN = np.exp(RAW / 3.0)
AMOUNT = RANDOM.gamma(2.0, size=N)


@pytest.mark.parametrize(
    ("loss", "raw", "y", "expected"),
    [
        (AbsoluteError(), RAW, AMOUNT, mean_absolute_error(AMOUNT, RAW, sample_weight=WEIGHT)),
        (Quantile(0.8), RAW, AMOUNT, mean_pinball_loss(AMOUNT, RAW, alpha=0.8, sample_weight=WEIGHT)),
        (Poisson(), RAW / 3.0, LABEL, 0.5 * mean_poisson_deviance(LABEL, MEAN, sample_weight=WEIGHT)),
        (Gamma(), RAW / 3.0, AMOUNT, 0.5 * mean_gamma_deviance(AMOUNT, MEAN, sample_weight=WEIGHT)),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_regression_losses_agree_with_scikit_learns_metrics(loss, raw, y, expected):
    value, _ = value_and_slope(loss, raw, y, WEIGHT)
    assert value / WEIGHT.sum() == pytest.approx(expected, rel=1e-12)


def test_half_the_absolute_error_is_the_pinball_loss_of_the_median():
    half, slope = value_and_slope(Quantile(0.5), RAW, AMOUNT, WEIGHT)
    whole, slopes = value_and_slope(AbsoluteError(), RAW, AMOUNT, WEIGHT)
    assert 2.0 * half == pytest.approx(whole, rel=1e-13)
    assert 2.0 * slope == pytest.approx(slopes, rel=1e-13)


def test_label_smoothing_is_the_log_loss_of_softer_targets():
    smooth, slope = value_and_slope(Logistic(0.3), RAW, LABEL, WEIGHT)
    soft, slopes = value_and_slope(Logistic(), RAW, 0.7 * LABEL + 0.15, WEIGHT)
    assert smooth == pytest.approx(soft, rel=1e-13)
    assert slope == pytest.approx(slopes, rel=1e-12)
    two = np.column_stack([np.zeros(N), RAW])
    value, both = value_and_slope(Softmax(0.3), two, LABEL, WEIGHT)
    assert value == pytest.approx(smooth, rel=1e-13)
    assert both[:, 1] == pytest.approx(slope[:, 0], rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("loss", [Logistic(0.2), Softmax(0.2)], ids=repr)
def test_smoothed_probabilities_of_a_constant_are_the_smoothed_shares(loss):
    y = np.array([0.0, 1.0, 1.0, 2.0])
    found = loss.best_constant(y, None, 3)
    share = np.array([0.25, 0.5, 0.25])
    if loss.name == "softmax":
        assert np.exp(log_softmax(found)) == pytest.approx(0.8 * share + 0.2 / 3.0)
    else:
        assert expit(found) == pytest.approx(0.8 * share + 0.1)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (AbsoluteError(), [2.0]),
        (Quantile([0.1, 0.5, 0.99]), [1.0, 2.0, 100.0]),
        (Poisson(), [math.log(11.6)]),
        (Gamma(), [math.log(11.6)]),
        (SquaredEpsilonInsensitive(0.0), [11.6]),
        (Huber(1e-6), [2.0]),
        (Huber(1e6), [11.6]),
    ],
    ids=repr,
)
def test_best_constants_in_closed_form(loss, expected):
    y, weight = np.array([100.0, 1.0, 2.0, 3.0]), np.array([1.0, 4.0, 3.0, 2.0])
    assert loss.best_constant(y, weight, loss.n_outputs) == pytest.approx(expected, rel=1e-4)


def test_the_scale_of_a_robust_loss_is_not_moved_by_an_outlier():
    y = np.random.default_rng(0).normal(0.0, 5.0, 2_001)
    assert AbsoluteError().target_scale(y, None) == pytest.approx(5.0, rel=0.1)
    y[0] = 1e9
    assert Huber().target_scale(y, None) == pytest.approx(5.0, rel=0.1)
    assert AbsoluteError().target_scale(np.zeros(3), None) == 1.0
    assert AbsoluteError().target_scale(np.array([0.0, 0.0, 0.0, 4.0]), None) == 1.0
    assert SquaredError().target_scale(np.column_stack([y[1:], 0 * y[1:]]), None)[1] == 1.0


@pytest.mark.parametrize("loss", [Poisson(), Gamma()], ids=repr)
@pytest.mark.parametrize("largest", [1.0, 1e6])
def test_losses_with_a_log_link_take_first_steps_of_a_tenth_whatever_the_targets(loss, largest):
    assert loss.target_scale(np.array([0.1, largest]), None) == 0.1


def test_counts_of_zero_alone_have_a_finite_constant():
    assert np.isfinite(Poisson().best_constant(np.zeros(4), None, 1)).all()


def test_rearranged_quantiles_follow_their_levels():
    raw = np.array([[3.0, 1.0, 2.0]])
    assert Quantile([0.1, 0.5, 0.9]).rearrange(np, raw).tolist() == [[1.0, 2.0, 3.0]]
    assert Quantile([0.9, 0.1, 0.5]).rearrange(np, raw).tolist() == [[3.0, 1.0, 2.0]]


@pytest.mark.parametrize(
    "loss",
    [
        Quantile(0.0), Quantile(1.0), Quantile([0.5, 1.5]), Quantile([]), Quantile([[0.5]]), Quantile("high"),
        Quantile(None), Quantile([0.5, None]), Huber(0.0), Huber(-1.0), EpsilonInsensitive(-0.1),
        Logistic(1.0), Softmax([0.1, 0.2]), Huber(np.nan), Quantile(True),
    ],
)  # fmt: skip
def test_hyperparameters_outside_their_range_are_refused_by_name(loss):
    with pytest.raises(InvalidParameterError, match=loss.hyper[0]):
        loss.hyper_values()


def test_hyperparameters_for_another_number_of_outputs_are_refused():
    with pytest.raises(InvalidParameterError, match="values for 3 outputs, but the model has 2"):
        Quantile([0.1, 0.5, 0.9]).hyper_of_outputs(2)


def test_hyperparameters_for_each_output_have_one_length():
    class Slanted(Quantile):
        """A pinball loss with a dead zone."""

        name, hyper = "slanted", ("quantile", "width")

        def __init__(self, quantile=0.5, width=0.0):
            super().__init__(quantile)
            self.width = width

        def checked(self, parameter, value):
            return super().checked(parameter, value) if parameter == "quantile" else float(value)

    assert Slanted([0.1, 0.9], [1.0, 2.0]).hyper_values() == ((0.1, 0.9), (1.0, 2.0))
    with pytest.raises(InvalidParameterError, match="the same length, but these have 2 and 3"):
        Slanted([0.1, 0.9], [1.0, 2.0, 3.0]).hyper_values()


def test_a_classification_loss_takes_no_offset():
    with pytest.raises(UnsupportedCombinationError, match="Hinge cannot take an offset"):
        Hinge().absorb_offset(LABEL, WEIGHT, RAW)
