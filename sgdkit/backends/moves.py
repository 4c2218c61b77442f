"""Which weights a sparse batch moves."""

from sgdkit.backends.base import Problem
from sgdkit.kernels.csr import Move
from sgdkit.optimizers.base import UpdateRule

__all__ = ("common_step", "move_of")


def move_of(problem: Problem, batch_nnz: int) -> Move:
    """Return how batches must move the weights so that the result equals the dense one.

    Where a batch has more non-zeros than there are features, listing them would gain nothing.
    """
    rule = problem.rule
    penalised, decays = problem.l1 > 0 or problem.l2 > 0, rule.decay() > 0.0
    bounded = problem.bounds is not None
    # Such a rule finds the weight anew from its sums, also where a bound had stopped it.
    anew = bounded and rule.function("regularized") is not None
    if batch_nnz > problem.X.shape[1] or (decays and (penalised or anew or rule.sparse != "exact")):
        return Move.EVERY_COORDINATE
    if decays:
        return Move.TOUCHED_WITH_MISSED_STEPS
    if rule.sparse == "exact" and not penalised and not anew:
        return Move.TOUCHED
    uniform = problem.l1 == 0 and problem.rates is None and not bounded
    if rule.sparse == "exact" and uniform and common_step(rule) > 0:
        return Move.TOUCHED_UNDER_SCALE
    if rule.sparse == "exact" and rule.has_proximal_step:
        return Move.TOUCHED_WITH_PENALTY_OWED
    if rule.sparse == "catch_up" and not penalised and not bounded:
        return Move.TOUCHED_WITH_MISSED_STEPS
    return Move.EVERY_COORDINATE


def common_step(rule: UpdateRule) -> float:
    """Return the step, per unit of the rate, if it is the same for every coordinate at all times; else 0.

    Such a rule, like sgd, has no slots and moves a weight by minus step times gradient.
    """
    step_size = rule.function("step_size")
    if step_size is None or rule.slots or rule.step != "linear":
        return 0.0
    hyper = rule.hyper_values()
    step, later = float(step_size((), hyper, 1.0, 1.0)), float(step_size((), hyper, 0.5, 9.0))
    return step if later == 0.5 * step else 0.0
