"""Which optimizer ``optimizer="auto"`` is, and the sentence that says why."""

from collections.abc import Callable
from dataclasses import dataclass

from sgdkit.losses.base import BatchLoss, Loss
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Solver
from sgdkit.solvers.coordinate_descent import CoordinateDescent
from sgdkit.solvers.interior_point import InteriorPoint
from sgdkit.solvers.newton import Newton
from sgdkit.solvers.sdca import SDCA
from sgdkit.solvers.systems import MAX_FEATURES, MAX_FEATURES_ALONE, can_factor
from sgdkit.solvers.terms import has_certificate, has_curvature, has_ramps

__all__ = ("LEFT", "Facts", "choose_optimizer")

# How the reason begins where an update rule runs for want of a solver.
LEFT = "No solver can bound the distance to the optimum for"
# Mean squared norm of a row over alpha times the number of rows, up to which dual ascent is faster. Of wide
# hinges up to 1.4e6 it was, by up to ten times; at 4e6 it took over 60 s, and the interior-point method 25.
LONG_ROWS = 2e6


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice depends on.

    Attributes
    ----------
    n_rows, n_features, n_outputs : int
        Size of the problem.
    loss : Loss
        Its loss.
    penalty : Penalty
        Its penalty.
    mean_square_norm : callable
        Returns the mean squared norm of a row; it reads all rows, so it is called only where it matters.
    epochs_because : str or None
        What in the call is about epochs of an update rule, as the start of a sentence; None if nothing is.
    """

    n_rows: int
    n_features: int
    n_outputs: int
    loss: Loss
    penalty: Penalty
    mean_square_norm: Callable[[], float]
    epochs_because: str | None


def choose_optimizer(facts: Facts) -> tuple[UpdateRule | Solver, str]:
    """Return the optimizer for a problem, and one sentence that says why.

    Parameters
    ----------
    facts : Facts
        The problem.
    """
    loss, penalty, d = facts.loss, facts.penalty, facts.n_features
    if facts.epochs_because is not None:
        return AdaGrad(), f"{facts.epochs_because}, so an update rule is needed; Adagrad is the default."
    penalised = penalty.l1 > 0.0 or penalty.l2 > 0.0
    if has_ramps(loss) and penalised and (penalty.l1 == 0.0 or not has_curvature(loss)):
        shape = f"The loss {loss.name!r} is made of lines and bounded parabolas"
        if can_factor(facts.n_rows, d, MAX_FEATURES if has_curvature(loss) else MAX_FEATURES_ALONE):
            return InteriorPoint(), f"{shape}, and the problem is small enough to factor."
        if not has_curvature(loss):
            can_ascend = SDCA().refusal(loss, penalty) is None
            if can_ascend and facts.mean_square_norm() <= LONG_ROWS * penalty.l2 * facts.n_rows:
                return SDCA(), f"{shape} that meet in corners, and the problem is too large to factor."
            return (
                InteriorPoint(),
                f"{shape} that meet in corners; the problem is too large to factor, so products are used.",
            )
    if not (has_curvature(loss) and has_certificate(loss)):
        return AdaGrad(), f"{LEFT} the loss {loss.name!r} with this penalty at this size."
    if penalty.l1 > 0.0:
        return CoordinateDescent(), f"The loss {loss.name!r} is smooth and the penalty has an l1 part."
    couples = isinstance(loss, BatchLoss)
    if (d + 1) * facts.n_outputs <= MAX_FEATURES if couples else can_factor(facts.n_rows, d):
        return Newton(), f"The loss {loss.name!r} is smooth and the problem is small enough to factor."
    return (
        Newton(),
        f"The loss {loss.name!r} is smooth; the problem is too large to factor, so products are used.",
    )
