"""One step of an update rule on the variables, at a fixed rate or at one found on the way."""

from abc import ABC, abstractmethod

import numpy as np

from sgdkit.backends.array_api import apply_rule
from sgdkit.backends.base import TrainState
from sgdkit.optimizers.base import UpdateRule
from sgdkit.schedules.base import Schedule
from sgdkit.schedules.reduce_on_plateau import ReduceOnPlateau

__all__ = ("DistanceRate", "GivenRate", "Rate", "Stepper")


class Stepper:
    """An update rule with its state.

    Parameters
    ----------
    rule : UpdateRule
        How a variable moves.
    n : int
        Number of variables.
    """

    def __init__(self, rule: UpdateRule, n: int):
        self.rule = rule
        self.n = n
        self.restart()

    def restart(self) -> None:
        """Forget all gradients seen so far."""
        self.slots: tuple = tuple(np.zeros(self.n) for _ in self.rule.slots)
        self.count = 0

    def try_step(self, x: np.ndarray, gradient: np.ndarray, rate: float) -> tuple[np.ndarray, tuple]:
        """Return where the next step would lead, and the slots after it."""
        with np.errstate(all="ignore"):  # what overflows is seen in the function's value
            t = float(self.count + 1)
            return apply_rule(np, self.rule, x, gradient, self.slots, np.full(self.n, rate), t)

    def state_depends_on_rate(self, x: np.ndarray, gradient: np.ndarray) -> bool:
        """Tell whether the slots after the next step are others at another rate."""
        one, half = (self.try_step(x, gradient, rate)[1] for rate in (1.0, 0.5))
        return any(not np.array_equal(a, b) for a, b in zip(one, half, strict=True))

    def step(self, x: np.ndarray, gradient: np.ndarray, rate: float) -> np.ndarray:
        """Make the next step."""
        moved, self.slots = self.try_step(x, gradient, rate)
        self.count += 1
        return moved


class Rate(ABC):
    """Where the rate of each step comes from."""

    adaptive: bool

    @abstractmethod
    def next(self, stepper: Stepper, x: np.ndarray, gradient: np.ndarray, step: int) -> float:
        """Return the rate of step number `step`, counted from 0, from `x`."""

    @abstractmethod
    def learn(self, value: float, went_well: bool | None) -> None:
        """Take the value after a step: a new least one (True), to be taken back (False), or neither."""


class GivenRate(Rate):
    """The rate of a schedule over the steps.

    Parameters
    ----------
    schedule : Schedule
        With a rate of its own; its epochs are steps.
    max_iter : int
        Steps that it stretches over.
    """

    adaptive = False

    def __init__(self, schedule: Schedule, max_iter: int):
        self.schedule = schedule
        self.max_iter = max_iter
        self.state = TrainState(None, None)

    def next(self, stepper: Stepper, x: np.ndarray, gradient: np.ndarray, step: int) -> float:  # noqa: D102
        self.state.epoch = step
        return self.state.damping * self.schedule.rate(step, self.max_iter)

    def learn(self, value: float, went_well: bool | None) -> None:  # noqa: D102
        settled = self.schedule.settled(self.state.epoch, self.max_iter)
        if settled and isinstance(self.schedule, ReduceOnPlateau):
            self.state.adapt_rate(value, self.schedule)


class DistanceRate(Rate):
    r"""DoWG on the rule's own step, with a factor that follows success.

    With :math:`d_t` the step of the rule at rate 1, :math:`\bar r_t` the largest distance from the start so
    far (at least :math:`10^{-4} (1 + \lVert x_0 \rVert)`), the rate is
    :math:`\lambda\, \bar r_t^2 / \sqrt{\sum_s \bar r_s^2 \lVert d_s \rVert^2}`. The factor
    :math:`\lambda` starts at 1, grows by 5 % with every new least value and is halved where steps fail.

    Parameters
    ----------
    start : ndarray of shape (n,)
        Where the run starts.
    free : bool
        Whether the rule finds its own scale; the rate is then the factor alone.
    shape : Schedule or None
        Multiplies the rate.
    max_iter : int
        Steps that it stretches over.

    References
    ----------
    Khaled, Mishchenko and Jin, "DoWG unleashed", NeurIPS 2023, algorithm 1.
    """

    adaptive = True
    GROWTH, SHRINKAGE = 1.05, 0.5

    def __init__(self, start: np.ndarray, free: bool, shape: Schedule | None, max_iter: int):
        self.start = start.copy()
        self.free = free
        self.shape = shape
        self.max_iter = max_iter
        self.factor = 1.0
        self.reach = 1e-4 * (1.0 + float(np.linalg.norm(start)))
        self.weighted = 0.0
        self.rate_at_restart = 0.0
        self.accumulates: bool | None = False if free else None

    def next(self, stepper: Stepper, x: np.ndarray, gradient: np.ndarray, step: int) -> float:  # noqa: D102
        rate = self.factor * (1.0 if self.shape is None else self.shape.rate(step, self.max_iter))
        if not self.free:
            unit, _ = stepper.try_step(x, gradient, 1.0)
            self.reach = max(self.reach, float(np.linalg.norm(x - self.start)))
            self.weighted += self.reach**2 * float(np.sum((unit - x) ** 2))
            rate *= self.reach**2 / self.weighted**0.5 if self.weighted > 0.0 else 0.0
        if self.accumulates is None:
            self.accumulates = stepper.rule.anneals or stepper.state_depends_on_rate(x, gradient)
        # What they have summed up keeps the stiffness of the first, tiny steps.
        if stepper.count == 0:
            self.rate_at_restart = rate
        elif self.accumulates and rate > 2.0 * self.rate_at_restart:
            stepper.restart()
            self.rate_at_restart = rate
        return rate

    def learn(self, value: float, went_well: bool | None) -> None:  # noqa: D102
        if went_well is not None:
            self.factor *= self.GROWTH if went_well else self.SHRINKAGE
