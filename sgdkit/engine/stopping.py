"""When training stops, and how that is called."""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ("Patience", "StopReason")


class StopReason(StrEnum):
    """Why training ended; the value is what `stop_reason_` shows."""

    CONVERGED = "converged"
    GRADIENT = "gradient"
    EARLY_STOPPING = "early_stopping"
    MAX_ITER = "max_iter"
    MAX_SECONDS = "max_seconds"
    CALLBACK = "callback"
    NOT_FINITE = "not_finite"
    DIVERGED = "diverged"
    STALLED = "stalled"

    @property
    def met_a_rule(self) -> bool:
        """Whether training ended because a rule for convergence was met."""
        return self in (StopReason.CONVERGED, StopReason.GRADIENT, StopReason.EARLY_STOPPING)


@dataclass(slots=True)
class Patience:
    """Says stop when a figure has not improved enough for some epochs.

    Attributes
    ----------
    tol : float
        Smallest improvement that counts, as a share of the best figure's size (`relative`) or in
        its own units. The size is at least a hundredth of the first figure's: an objective that
        goes to zero would never stop otherwise.
    n_iter_no_change : int
        Epochs without one before it says stop.
    relative : bool
        How `tol` is meant.
    sign : {1, -1}
        1 when smaller is better.
    """

    tol: float
    n_iter_no_change: int
    relative: bool
    sign: int = 1
    best: float = field(default=float("inf"), init=False)
    first: float = field(default=0.0, init=False)
    waited: int = field(default=0, init=False)

    def memory(self) -> tuple[float, float, int]:
        """Return what it has seen, for `recall`."""
        return self.best, self.first, self.waited

    def recall(self, memory: tuple[float, ...]) -> None:
        """Go on as if it had seen what another one has."""
        best, first, waited = memory
        self.best, self.first, self.waited = best, first, int(waited)

    def is_best(self, figure: float) -> bool:
        """Tell whether `figure` beats all that `says_stop` was given so far."""
        return self.sign * figure < self.best

    def says_stop(self, figure: float) -> bool:
        """Take the figure of one epoch; return True once patience has run out."""
        figure = self.sign * figure
        if self.best == float("inf"):
            self.first = abs(figure)
            needed = 0.0
        else:
            needed = self.tol * max(abs(self.best), 0.01 * self.first) if self.relative else self.tol
        self.waited = 0 if figure < self.best - needed else self.waited + 1
        self.best = min(self.best, figure)
        return self.waited >= self.n_iter_no_change
