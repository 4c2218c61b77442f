"""What an update rule is: the contract, version 1, that plugins and kernels share."""

import functools
import inspect
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from sgdkit.interval import Interval
from sgdkit.parameter_object import ParameterObject

__all__ = ("ABI_VERSION", "UpdateRule")

ABI_VERSION = 1


def _with_weight_decay(init: Callable[..., None]) -> Callable[..., None]:
    """Return the constructor of a rule with the keyword `weight_decay` besides its own parameters."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, weight_decay: float = 0.0, **kwargs: Any) -> None:  # noqa: N807
        init(self, *args, **kwargs)
        self.weight_decay = weight_decay

    decay = inspect.Parameter("weight_decay", inspect.Parameter.KEYWORD_ONLY, default=0.0, annotation=float)
    parameters = sorted([*signature.parameters.values(), decay], key=lambda parameter: parameter.kind)
    __init__.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return __init__


class UpdateRule(ParameterObject):
    """How one coordinate moves when it sees its gradient.

    Subclass it, name the state and the hyperparameters, and write `update` as a static method.
    The function is written once and runs four ways: compiled inside the epoch kernels, on NumPy
    arrays, on CuPy arrays and on any array-API namespace. The object itself holds parameters
    only; state lives in the training state, so clones, pickles, warm starts and ``partial_fit``
    need nothing from the rule.

    Rules for the functions: arithmetic and ``np`` functions that the array-API standard also has;
    ``np.where`` instead of ``if``; float literals (``1.0``, not ``1``, which would widen float32);
    no variables of an enclosing function. Every value is a scalar in the compiled form and an
    array in the others.

    Attributes
    ----------
    name : str
        Registry name, snake case.
    slots : tuple of str, default=()
        Names of the per-coordinate state arrays; all start at zero.
    hyper : tuple of str, default=()
        Constructor parameters handed to the functions, in this order.
    sparse : {"exact", "catch_up", "dense"}, default="dense"
        What a zero gradient does. ``"exact"``: nothing moves, so sparse kernels skip untouched
        coordinates. ``"catch_up"``: state or weight moves, and the method ``catch_up`` replays
        many such steps at once. ``"dense"``: every coordinate is updated in every batch.
    step : {"linear", "normalized", "relative", "free"}, default="normalized"
        How the step answers to the gradient's scale, which is what the automatic rate needs to
        know. ``"linear"``: proportional to it (SGD). ``"normalized"``: unchanged when all
        gradients are multiplied by a constant (Adagrad). ``"relative"``: the same, and the rate is the
        share of the norm of the weights that a step moves (LAMB). ``"free"``: the rule finds its own scale
        and wants a rate near 1 (Prodigy).
    auto_rate : float, default=1.0
        Factor on the automatic rate, dimensionless; the rate itself if steps are relative or free.
    rate_is_known : bool
        Whether a class declares `step` or `auto_rate`; else the automatic rate measures both. Set for
        every subclass.
    anneals : bool, default=False
        Whether steps shrink by themselves as gradients add up (Adagrad). A long automatic run then
        starts at a higher rate.
    halves : bool, default=True
        Whether an automatic rate is halved while the objective stands still; not for a rule that computes the
        weight from the sum of all gradients and the rate, so that a falling rate shrinks the weight.
    stiffness : str, default=""
        Name of the slot whose inverse is the size of a step, if the weight follows from the sum of all
        gradients and this slot. The automatic rate starts it at the inverse of a linear rule's step, and
        starts such a rule anew, at the present weights, whenever it rises or an epoch is taken back.
    accumulator : str, default=""
        Name of the slot that sums squared gradients, if any. An intercept starts at its optimum,
        where the gradient is noise; the engine starts its accumulator as if one row had been seen,
        so that noise is not taken for a direction.
    weight_slots : tuple of str, default=()
        Slots that hold the weight on another scale, such as a sum of gradients of which the weight is a
        multiple: weight decay shrinks them with the weight.
    reductions : tuple of str, default=()
        Names of sums over all coordinates that `update` needs; the method ``reduce`` gives each
        coordinate's terms and `update` receives the sums as a seventh argument.
    has_proximal_step : bool
        Whether the penalty can be applied as a proximal step, which ``l1`` needs. Set for every
        subclass: it has ``step_size`` or ``regularized``.

    Notes
    -----
    Optional static methods, found by name:

    ``step_size(slots, hyper, lr, t) -> step``
        The distance a coordinate moves, per unit of a constant gradient, at this point. With it
        the engine applies the penalty as a proximal step, so ``l1`` gives exact zeros and the
        optimum of the stated objective is a fixed point. Without it an ``l2`` penalty enters
        through the gradient and ``l1`` is refused.
    ``regularized(w, slots, hyper, lr, t, l1, l2) -> w``
        For rules that hold the sum of all gradients (follow-the-regularised-leader): the weight
        under the penalty of `t` steps. Takes the place of ``step_size``.
    ``catch_up(w, slots, hyper, lr, t, k) -> (w, slots)``
        The result of `k` steps with a zero gradient after step `t`; `k` is a whole number, and
        loops over it are allowed.
    ``reduce(w, g, slots, hyper, lr, t) -> tuple``
        One term for each name in `reductions`.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    sparse: ClassVar[Literal["exact", "catch_up", "dense"]] = "dense"
    step: ClassVar[Literal["linear", "normalized", "relative", "free"]] = "normalized"
    auto_rate: ClassVar[float] = 1.0
    anneals: ClassVar[bool] = False
    halves: ClassVar[bool] = True
    stiffness: ClassVar[str] = ""
    accumulator: ClassVar[str] = ""
    weight_slots: ClassVar[tuple[str, ...]] = ()
    reductions: ClassVar[tuple[str, ...]] = ()
    rate_is_known: ClassVar[bool] = False
    has_proximal_step: ClassVar[bool] = False

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.rate_is_known = cls.rate_is_known or any(name in vars(cls) for name in ("step", "auto_rate"))
        cls.has_proximal_step = any(cls.function(role) is not None for role in ("step_size", "regularized"))
        own = vars(cls).get("__init__")
        if own is not None and "weight_decay" not in inspect.signature(own).parameters:
            cls.__init__ = _with_weight_decay(own)  # type: ignore[method-assign]

    def __init__(self, weight_decay: float = 0.0):
        self.weight_decay = weight_decay

    def decay(self) -> float:
        """Return the decoupled weight decay that the engine applies; 0 if the rule does it itself.

        Raises
        ------
        InvalidParameterError
            If `weight_decay` is not a finite number of at least 0.
        """
        if "weight_decay" in self.hyper:
            return 0.0
        return self.checked("weight_decay", self.weight_decay, Interval(0.0))

    @staticmethod
    @abstractmethod
    def update(w: Any, g: Any, slots: tuple, hyper: tuple, lr: Any, t: Any, *sums: Any) -> tuple[Any, tuple]:
        """Return the moved weight and the new slots.

        Parameters
        ----------
        w, g : scalar or array
            Weight and gradient of the mean loss of the batch.
        slots, hyper : tuple
            State of the coordinate and hyperparameters, in declared order.
        lr : scalar or array
            The coordinate's learning rate at this step.
        t : float
            Number of this step, counted from 1.
        *sums : tuple
            Only for rules with `reductions`: the sums, as one tuple.
        """
