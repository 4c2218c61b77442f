"""Which optimizer ``optimizer="auto"`` is, and the sentence that says why."""

from dataclasses import dataclass

from sgdkit.losses.base import Loss
from sgdkit.optimizers.adagrad import AdaGrad
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import Penalty
from sgdkit.solvers.base import Solver
from sgdkit.solvers.newton import Newton
from sgdkit.solvers.terms import has_certificate, has_curvature

__all__ = ("Facts", "choose_optimizer")


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
    epochs_because : str or None
        What in the call is about epochs of an update rule, as the start of a sentence; None if nothing is.
    """

    n_rows: int
    n_features: int
    n_outputs: int
    loss: Loss
    penalty: Penalty
    epochs_because: str | None


def choose_optimizer(facts: Facts) -> tuple[UpdateRule | Solver, str]:
    """Return the optimizer for a problem, and one sentence that says why.

    Parameters
    ----------
    facts : Facts
        The problem.
    """
    loss = facts.loss
    if facts.epochs_because is not None:
        return (
            AdaGrad(),
            f"{facts.epochs_because}, which update rules do, and Adagrad needs the least tuning.",
        )
    size = f"{facts.n_rows:,} rows and {facts.n_features:,} features"
    if not (has_curvature(loss) and has_certificate(loss)):
        return AdaGrad(), f"No solver can bound the distance to the optimum for the loss {loss.name!r}."
    if facts.penalty.l1 > 0.0:
        return AdaGrad(), "The l1 penalty is applied as a proximal step of an update rule."
    return Newton(), f"The loss {loss.name!r} is smooth and the penalty has no l1 part; {size}."
