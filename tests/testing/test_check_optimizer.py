"""A rule that breaks one clause of the contract is caught, by the check that is there for it."""

import numpy as np
import pytest

from sgdkit.optimizers import FTRL, SGD, AdaGrad, Adam, Momentum, UpdateRule
from sgdkit.testing import OPTIMIZER_CHECKS, check_optimizer
from sgdkit.testing import optimizer as checks

COUNTER = [0.0]


class Ascent(SGD):
    name = "ascent"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w + lr * g, slots

    step_size = None


class BranchesOnAnArray(UpdateRule):
    name = "branches"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        if g > 0.0:
            return w - lr, slots
        return w + lr, slots


class Widens(UpdateRule):
    name = "widens"
    step = "linear"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * np.asarray(g, np.float64), slots


class UsesWhatOnlyNumpyHas(UpdateRule):
    name = "only_numpy"
    step = "linear"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * np.nan_to_num(g), slots


class MixesCoordinates(UpdateRule):
    name = "mixes"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * g / np.sqrt(np.sum(g * g) + 1e-12), slots


class ForgetsASlot(Momentum):
    name = "forgets"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * g, ()


class NotExact(Momentum):
    name = "not_exact"
    sparse = "exact"
    catch_up = None


class RateInTheState(UpdateRule):
    """Recomputes the weight from a state that holds the rate: right until the rate changes."""

    name = "rate_in_the_state"
    slots = ("sum",)
    sparse = "exact"
    step = "linear"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        total = slots[0] + g
        return -lr * total, (total,)


class StepShrinksWithTime(SGD):
    name = "shrinks"

    @staticmethod
    def step_size(slots, hyper, lr, t):
        return lr / t


class CatchesUpOneTooFew(Momentum):
    name = "one_too_few"

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):
        (velocity,) = slots
        (beta,) = hyper
        kept = beta ** (k - 1)
        return w - lr * velocity * beta * (1.0 - kept) / (1.0 - beta), (velocity * kept,)


class WrongStepSize(AdaGrad):
    name = "wrong_step_size"

    @staticmethod
    def step_size(slots, hyper, lr, t):
        return 2.0 * lr / (np.sqrt(slots[0]) + hyper[0])


class DividesByZero(AdaGrad):
    name = "divides"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        total = slots[0] + g * g
        return w - lr * g / np.sqrt(total), (total,)


class WrongScale(SGD):
    name = "wrong_scale"
    step = "normalized"


class HasMemory(UpdateRule):
    """Python code that remembers: the forms that run it as Python differ from run to run."""

    name = "has_memory"
    step = "linear"

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        COUNTER[0] = COUNTER[0] + 1.0
        return w - lr * g * (1.0 + 1e-3 * COUNTER[0]), slots


class WrongCompiledCatchUp(Adam):
    """Right as Python, wrong once compiled: only training on sparse rows shows it."""

    name = "wrong_compiled"

    @staticmethod
    def catch_up(w, slots, hyper, lr, t, k):
        mean, square = slots
        return w, (mean * hyper[0] ** k, square * hyper[1] ** k)


class DecayOutOfReach(FTRL):
    name = "out_of_reach"
    weight_slots = ()


BROKEN = [
    (Ascent, checks.check_descent, "leaves .* of a loss after 500 steps"),
    (BranchesOnAnArray, checks.check_dtype, "does not run on NumPy arrays: ValueError"),
    (Widens, checks.check_dtype, "turns float32 into float64"),
    (
        UsesWhatOnlyNumpyHas,
        checks.check_forms,
        "array-api-strict form at float32: AttributeError|TypingError",
    ),
    (MixesCoordinates, checks.check_forms, "does not run|differs from NumPy"),
    (ForgetsASlot, checks.check_dtype, "returns 0 slots, but declares 1"),
    (NotExact, checks.check_zero_gradient, "'exact', but a zero gradient at step 26.* moves the weights"),
    (RateInTheState, checks.check_zero_gradient, "zero gradient .* moves the weights"),
    (StepShrinksWithTime, checks.check_zero_gradient, "step_size changes with t"),
    (CatchesUpOneTooFew, checks.check_zero_gradient, "catch_up over 1 steps after step 25 differs"),
    (WrongStepSize, checks.check_fixed_point, "no fixed point"),
    (DividesByZero, checks.check_finite, "gradients of 0 at float32 lead to"),
    (WrongScale, checks.check_step_scale, "leaves moves unchanged"),
    (HasMemory, checks.check_determinism, "two runs|does not run"),
    (DecayOutOfReach, checks.check_weight_decay, "name those that hold the weight in weight_slots"),
    (WrongCompiledCatchUp, checks.check_sparse_training, "CSR int32 epochs .* other weights"),
]


@pytest.mark.parametrize(("rule", "check", "sentence"), BROKEN, ids=[rule.name for rule, _, _ in BROKEN])
def test_a_broken_rule_is_caught_by_the_check_for_it_and_by_the_whole(rule, check, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check(rule())
    with pytest.raises(AssertionError, match=rule.__name__):
        check_optimizer(rule())


def declared(base=SGD, **changes):
    return type("Declared", (base,), changes)()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (declared(name="Not Snake"), "lower-case identifier"),
        (declared(name=3), "lower-case identifier"),
        (declared(sparse="sometimes"), "'sometimes', but must be one of"),
        (declared(step="big"), "'big', but must be one of"),
        (declared(auto_rate=0.0), "auto_rate is 0.0"),
        (declared(weight_slots=("z",)), r"weight_slots names \['z'\], but there is no such slot"),
        (declared(hyper=("beta",)), r"\['beta'\], but the constructor"),
        (declared(sparse="catch_up"), "'catch_up' if and only if"),
        (declared(Momentum, sparse="dense"), "'catch_up' if and only if"),
        (declared(reductions=("norm",)), "'reduce' if and only if"),
        (declared(reductions=("norm",), reduce=staticmethod(lambda *a: a)), "must be 'dense'"),
        (declared(update=lambda w, g, slots, hyper, lr, t: (w, slots)), "update must be a static method"),
        (declared(Momentum).set_params(beta="much"), "does not keep its parameters"),
    ],
)
def test_a_wrong_declaration_is_named(rule, sentence):
    with pytest.raises(AssertionError, match=sentence):
        check_optimizer(rule)


def test_a_rule_that_closes_over_a_variable_is_named():
    outer = 2.0

    class Closes(UpdateRule):
        name = "closes"

        @staticmethod
        def update(w, g, slots, hyper, lr, t):
            return w - outer * lr * g, slots

    with pytest.raises(AssertionError, match=r"Closes\.update .* outer"):
        check_optimizer(Closes())


@pytest.mark.parametrize("thing", [SGD, "sgd", None])
def test_only_instances_are_taken(thing):
    with pytest.raises(TypeError, match="instance of an UpdateRule"):
        check_optimizer(thing)


def test_every_check_has_a_broken_rule_that_it_catches():
    assert {check for _, check, _ in BROKEN} | {checks.check_declaration} == set(OPTIMIZER_CHECKS)


def test_a_good_rule_passes_and_nothing_is_returned():
    assert check_optimizer(Momentum(beta=0.5)) is None
