"""A loss that breaks one clause of the contract is caught, by the check that is there for it."""

import numpy as np
import pytest

from sgdkit.losses import BatchLoss, Hinge, Logistic, Loss, PointwiseLoss, Softmax
from sgdkit.losses import SquaredError as Half
from sgdkit.testing import LOSS_CHECKS, check_loss
from sgdkit.testing import loss as checks


class SteepSquares(Half):
    name = "wrong_slope"

    @staticmethod
    def evaluate(raw, y, hyper):
        residual = raw - y
        return 0.5 * residual * residual, 1.001 * residual


class FlatSquares(Half):
    name = "too_flat"
    curvature = 0.5


class WideSquares(Half):
    name = "widens"

    @staticmethod
    def evaluate(raw, y, hyper):
        residual = np.asarray(raw - y, np.float64)
        return 0.5 * residual * residual, residual


class FormsDiffer(Softmax):
    name = "forms_differ"

    @staticmethod
    def loops(raw, y, weight, hyper, offsets, out):
        for i in range(raw.shape[0]):
            for k in range(raw.shape[1]):
                out[i, k] = 0.0 * raw[i, k]
        return 1.0


class Overflows(Logistic):
    name = "overflows"

    @staticmethod
    def evaluate(raw, y, hyper):
        grown = np.exp(raw)
        return np.log(1.0 + grown) - y * raw, grown / (1.0 + grown) - y


class IgnoresWeights(Softmax):
    name = "ignores_weights"

    def evaluate_batch(self, xp, raw, y, weight, offsets):
        return super().evaluate_batch(xp, raw, y, xp.ones_like(weight), offsets)


class PlainMean(Half):
    name = "wrong_constant"

    def best_constant(self, y, weight, n_outputs):
        return np.array([np.mean(y)])


class NegativeSpread(Half):
    name = "negative_scale"

    def target_scale(self, y, weight):
        return -1.0


class NotCompiledInEpochs(BatchLoss):
    """Right on whole queries of one batch, wrong when a batch holds fewer rows: training shows it."""

    name = "counts_rows"
    tasks = frozenset({"regression"})
    curvature = 1.0

    def evaluate_batch(self, xp, raw, y, weight, offsets):
        residual = raw[:, 0] - y
        return 0.5 * xp.sum(weight * residual * residual), (weight * residual)[:, None]

    @staticmethod
    def loops(raw, y, weight, hyper, offsets, out):
        value = 0.0
        wrong = 1.0 if raw.shape[0] == 12 else 1.1
        for i in range(raw.shape[0]):
            residual = raw[i, 0] - y[i]
            value += 0.5 * weight[i] * residual * residual
            out[i, 0] = wrong * weight[i] * residual
        return value


class SameTarget(Half):
    """Gives every output the first target."""

    name = "same_target"

    def evaluate_outputs(self, xp, raw, y):
        return super().evaluate_outputs(xp, raw, y if y.ndim == 1 else y[:, :1])


class FallingLink(Half):
    name = "falling_link"

    @staticmethod
    def inverse_link(raw):
        return -raw


class AddsOffset(Half):
    name = "adds_offset"

    def absorb_offset(self, y, weight_factor, offset):
        return y + offset, weight_factor


BROKEN = [
    (SteepSquares, checks.check_gradient, "central differences .* 0.001"),
    (FlatSquares, checks.check_curvature, "curvature is 0.5, but .* second derivative of 1"),
    (WideSquares, checks.check_forms, "turns float32 into float64"),
    (FormsDiffer, checks.check_forms, "compiled dense form at float32 .* another value than NumPy"),
    (Overflows, checks.check_extremes, r"not finite at raw = ±10000"),
    (IgnoresWeights, checks.check_weights, "three times the weights"),
    (PlainMean, checks.check_best_constant, r"best_constant gives \[.*\] with a loss of"),
    (NegativeSpread, checks.check_best_constant, "target_scale is -1.0"),
    (NotCompiledInEpochs, checks.check_training, "end at other weights"),
    (SameTarget, checks.check_outputs, "three outputs has another value than the sum of one each"),
    (FallingLink, checks.check_link, "inverse_link must rise"),
    (AddsOffset, checks.check_offset, r"absorb_offset gives another value than raw \+ offset"),
]


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid:RuntimeWarning")
@pytest.mark.parametrize(("loss", "check", "sentence"), BROKEN, ids=[loss.name for loss, _, _ in BROKEN])
def test_a_broken_loss_is_caught_by_the_check_for_it_and_by_the_whole(loss, check, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check(loss(), None, 1e4)
    with pytest.raises(AssertionError, match=loss.__name__):
        check_loss(loss())


def declared(base=Half, **changes):
    return type("Declared", (base,), changes)()


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (declared(name="Log Loss"), "lower-case identifier"),
        (declared(tasks=frozenset()), "tasks is frozenset"),
        (declared(tasks=frozenset({"clustering"})), "must be some of"),
        (declared(tasks=frozenset({"regression", "classification"})), "a pointwise loss has one task"),
        (declared(target_interval=(0.0, 1.0)), "must be an Interval"),
        (declared(curvature=-1.0), "curvature is -1.0"),
        (declared(hyper=("delta",)), r"\['delta'\], but the constructor"),
        (
            declared(Loss, name="bare", tasks=frozenset({"ranking"}), curvature=1.0, evaluate_batch=None),
            "subclass",
        ),
        (declared(evaluate=lambda raw, y, hyper: (raw, raw)), "no static method 'evaluate'"),
    ],
)
def test_a_wrong_declaration_is_named(loss, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check_loss(loss)


@pytest.mark.parametrize("thing", [Hinge, "hinge", None])
def test_only_instances_are_taken(thing):
    with pytest.raises(TypeError, match="instance of a Loss"):
        check_loss(thing)


def test_every_check_has_a_broken_loss_that_it_catches():
    assert {check for _, check, _ in BROKEN} | {checks.check_declaration} == set(LOSS_CHECKS)


class Counts(PointwiseLoss):
    """A loss that grows like an exponential and takes counts."""

    name = "counts"
    tasks = frozenset({"regression"})
    curvature = float("inf")

    @staticmethod
    def evaluate(raw, y, hyper):
        mean = np.exp(raw)
        return mean - y * raw, mean - y

    def best_constant(self, y, weight, n_outputs):
        return np.broadcast_to(np.log(np.average(y, axis=0, weights=weight)), n_outputs)


def test_a_loss_of_counts_passes_with_its_own_targets_and_range():
    assert check_loss(Counts(), y=[0.0, 3.0, 1.0, 2.0], largest_raw=50.0) is None
