"""The contract of a loss, as checks that each name what is wrong and by how much."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from sgdkit.exceptions import InvalidParameterError
from sgdkit.interval import Interval
from sgdkit.losses.base import BatchLoss, Loss, PointwiseLoss
from sgdkit.namespaces import code_fingerprint, rebind
from sgdkit.optimizers import SGD
from sgdkit.testing.claims import claim, claim_close, failures_as_claims
from sgdkit.testing.forms import REFERENCE, Task, available_forms, loss_and_gradient, train_task

__all__ = ("LOSS_CHECKS", "LossCase", "check_loss", "default_largest_raw", "loss_case")

TASKS = frozenset({"regression", "classification", "ranking"})
FORM_TOLERANCE = {"float32": 2e-6, "float64": 1e-13}


@dataclass(frozen=True, slots=True)
class LossCase:
    """Raw predictions, targets and weights that suit a loss.

    Attributes
    ----------
    raw : ndarray of shape (n_rows, n_outputs)
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
    weight : ndarray of shape (n_rows,)
    query_edges : ndarray of shape (n_queries + 1,) or None
    """

    raw: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    query_edges: np.ndarray | None

    @property
    def offsets(self) -> np.ndarray:
        """What `evaluate_batch` is given as its offsets."""
        return np.zeros(1, np.int64) if self.query_edges is None else self.query_edges


def loss_case(loss: Loss, *, seed: int = 0) -> LossCase:
    """Return a random case for the tasks that `loss` declares.

    Parameters
    ----------
    loss : Loss
        The loss.
    seed : int, default=0
        Of the random numbers.
    """
    random = np.random.default_rng(seed)
    n, k, edges = 12, 1, None
    if "ranking" in loss.tasks:
        y = random.integers(0, 4, n).astype(float)
        edges = np.array([0, 1, 4, 6, n])
        y[4:6] = 2.0  # a query of one row, and one without pairs
    elif loss.multi_output:
        k = 4
        y = random.integers(0, k, n).astype(float)
    elif "classification" in loss.tasks:
        y = random.integers(0, 2, n).astype(float)
    else:
        y = _inside(loss.target_interval, random.normal(size=n))
    return LossCase(2.0 * random.normal(size=(n, k)), y, random.uniform(0.5, 2.0, n), edges)


def _inside(interval: Interval, numbers: np.ndarray) -> np.ndarray:
    """Return numbers of the interval, some of them at its closed ends."""
    low, high = interval.low, interval.high
    if np.isfinite(low) and np.isfinite(high):
        y = low + (high - low) / (1.0 + np.exp(-numbers))
    elif np.isfinite(low):
        y = low + np.exp(numbers)
    elif np.isfinite(high):
        y = high - np.exp(numbers)
    else:
        return numbers
    if interval.holds(low):
        y[::5] = low
    if interval.holds(high):
        y[1::5] = high
    return y


def _evaluate(loss: Loss, case: LossCase) -> tuple[float, np.ndarray]:
    total, gradient = loss.evaluate_batch(np, case.raw, case.y, case.weight, case.offsets)
    return float(total), np.asarray(gradient)


def _with_targets(loss: Loss, y: np.ndarray | None, seed: int = 0) -> LossCase:
    case = loss_case(loss, seed=seed)
    return case if y is None else replace(case, y=np.resize(np.asarray(y, float), case.y.shape))


def _several_outputs(loss: Loss, y: np.ndarray | None) -> list[tuple[Loss, LossCase]]:
    """Return cases of three outputs, with the loss and with other hyperparameters in each output."""
    if not isinstance(loss, PointwiseLoss) or loss.n_outputs > 1:
        return []
    random = np.random.default_rng(9)
    case = _with_targets(loss, y)
    n = len(case.y)
    raw = 2.0 * random.normal(size=(n, 3))
    if "classification" in loss.tasks:
        cases = [replace(case, raw=raw, y=random.integers(0, 3, n).astype(float))]
    else:
        columns = np.column_stack([random.permutation(case.y) for _ in range(3)])
        cases = [replace(case, raw=raw), replace(case, raw=raw, y=columns)]
    given = dict(zip(loss.hyper, loss.hyper_values(), strict=True))
    varied = clone(loss).set_params(**{p: [v, 0.9 * v, 0.8 * v] for p, v in given.items()})
    try:
        varied.hyper_values()
    except InvalidParameterError:
        varied.set_params(**{p: [v] * 3 for p, v in given.items()})
    return [(each, case) for each in ((loss, varied) if given else (loss,)) for case in cases]


def check_declaration(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """The class says what it needs, and its functions can be taken out of it."""
    kind = type(loss)
    label = kind.__name__
    name = getattr(kind, "name", None)
    claim(
        isinstance(name, str) and name.isidentifier() and name == name.lower(),
        f"{label}.name is {name!r}, but must be a lower-case identifier.",
    )
    tasks: frozenset[str] = getattr(kind, "tasks", frozenset())
    claim(bool(tasks) and tasks <= TASKS, f"{label}.tasks is {tasks!r}, but must be some of {sorted(TASKS)}.")
    curvature = getattr(kind, "curvature", None)
    claim(
        isinstance(curvature, int | float) and curvature >= 0.0,
        f"{label}.curvature is {curvature!r}, but must be a number from 0 to inf.",
    )
    claim(
        isinstance(loss, PointwiseLoss | BatchLoss),
        f"{label} must subclass PointwiseLoss or BatchLoss, so that there is something to compile.",
    )
    role = "evaluate" if isinstance(loss, PointwiseLoss) else "loops"
    function = kind.function(role)
    claim(function is not None, f"{label} has no static method {role!r}.")
    with failures_as_claims(f"{label}.{role} cannot be taken out of its class"):
        code_fingerprint(function)  # type: ignore[arg-type]
    claim(
        isinstance(loss, BatchLoss) or len(tasks) == 1,
        f"{label}.tasks is {sorted(tasks)}, but a pointwise loss has one task: with several outputs, "
        "classification sets each class against the rest and regression gives each its own target.",
    )
    claim(
        isinstance(loss.target_interval, Interval),
        f"{label}.target_interval is {loss.target_interval!r}, but must be an Interval.",
    )
    unknown = sorted(set(kind.hyper) - set(inspect.signature(kind).parameters))
    claim(not unknown, f"{label}.hyper names {unknown}, but the constructor has no such parameter.")
    with failures_as_claims(f"{label} does not keep its parameters"):
        claim(
            clone(loss).hyper_values() == loss.hyper_values(),
            f"A clone of {label} has other hyperparameters.",
        )


def check_gradient(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """The gradient is the derivative of the value."""
    label = type(loss).__name__
    for seed in range(3):
        case = _with_targets(loss, y, seed)
        with failures_as_claims(f"{label} does not run on NumPy arrays"):
            _, gradient = _evaluate(loss, case)
        slope = np.empty_like(case.raw)
        for place in np.ndindex(case.raw.shape):
            step = np.zeros_like(case.raw)
            step[place] = 1e-5
            up, down = (_evaluate(loss, replace(case, raw=case.raw + s * step))[0] for s in (1.0, -1.0))
            slope[place] = (up - down) / 2e-5
        claim_close(
            gradient, slope, 1e-7, f"{label}: the gradient differs from central differences of the value"
        )


def check_curvature(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """No second derivative exceeds `curvature`."""
    curvature = type(loss).curvature
    if not np.isfinite(curvature):
        return
    random = np.random.default_rng(5)
    worst = 0.0
    for seed in range(20):
        case = _with_targets(loss, y, seed)
        for scale in (0.0, 1.0):
            u = random.normal(size=case.raw.shape)
            u /= np.linalg.norm(u, axis=1, keepdims=True)
            raw = scale * case.raw
            up, down = (_evaluate(loss, replace(case, raw=raw + s * 1e-4 * u))[1] for s in (1.0, -1.0))
            second = float(np.sum(u * (up - down))) / 2e-4
            worst = max(worst, second / float(case.weight.sum()))
    claim(
        worst <= curvature * (1.0 + 1e-6) + 1e-9,
        f"{type(loss).__name__}.curvature is {curvature:g}, but the mean loss has a second derivative of "
        f"{worst:.3g} along raw predictions that move by 1 in each row; automatic rates would be too large.",
    )


def check_forms(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """The compiled loops, NumPy and every other namespace agree, and keep the dtype."""
    label = type(loss).__name__
    for each, case in ((loss, _with_targets(loss, y)), *_several_outputs(loss, y)):
        arguments = (case.y, case.weight, case.query_edges)
        for dtype in ("float32", "float64"):
            raw = case.raw.astype(dtype)
            with failures_as_claims(f"{label} does not run on NumPy arrays of {dtype}"):
                y_typed, weight = case.y.astype(dtype), case.weight.astype(dtype)
                total, gradient = each.evaluate_batch(np, raw, y_typed, weight, case.offsets)
            claim(
                np.asarray(total).dtype == gradient.dtype == np.dtype(dtype),
                f"{label} turns {dtype} into {np.asarray(total).dtype} (value) and {gradient.dtype} "
                "(gradient); write 1.0, not 1.",
            )
            claim(
                gradient.shape == raw.shape,
                f"{label}: the gradient has shape {gradient.shape}, not {raw.shape}.",
            )
            expected, slope = _evaluate(each, case)
            for form in available_forms().values():
                with failures_as_claims(f"{label} does not run in the {form.name} form at {dtype}"):
                    found, found_slope = loss_and_gradient(form, each, raw, *arguments)
                sentence = f"{label}: the {form.name} form at {dtype} ({raw.shape[1]} outputs) has another "
                claim_close(found, expected, FORM_TOLERANCE[dtype], sentence + "value than NumPy")
                claim_close(found_slope, slope, FORM_TOLERANCE[dtype], sentence + "gradient than NumPy")


def check_weights(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """Weights act linearly, and a row of weight zero counts like no row."""
    label = type(loss).__name__
    case = _with_targets(loss, y)
    total, gradient = _evaluate(loss, case)
    tripled = _evaluate(loss, replace(case, weight=3.0 * case.weight))
    claim_close(
        tripled[0], 3.0 * total, 1e-13, f"{label}: three times the weights is not three times the loss"
    )
    claim_close(
        tripled[1], 3.0 * gradient, 1e-13, f"{label}: three times the weights is not three times the gradient"
    )
    weight = case.weight.copy()
    weight[-1] = 0.0
    zero = _evaluate(loss, replace(case, weight=weight))
    edges = None if case.query_edges is None else np.minimum(case.query_edges, len(weight) - 1)
    removed = _evaluate(loss, LossCase(case.raw[:-1], case.y[:-1], weight[:-1], edges))
    claim_close(zero[0], removed[0], 1e-13, f"{label}: a row of weight 0 changes the value")
    claim_close(
        zero[1],
        np.append(removed[1], np.zeros_like(case.raw[:1]), axis=0),
        1e-13,
        f"{label}: a row of weight 0 changes the gradient",
    )


def check_extremes(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """Far from the target the value and the gradient stay finite in every form."""
    label = type(loss).__name__
    case = _with_targets(loss, y)
    signs = np.where(np.random.default_rng(2).random(case.raw.shape) < 0.5, -1.0, 1.0)
    for dtype in ("float32", "float64"):
        raw = (largest_raw * signs).astype(dtype)
        for form in available_forms().values():
            with np.errstate(all="ignore"), failures_as_claims(f"{label} fails at ±{largest_raw:g}"):
                total, gradient = loss_and_gradient(form, loss, raw, case.y, case.weight, case.query_edges)
            claim(
                bool(np.isfinite(total) and np.isfinite(gradient).all()),
                f"{label}: the {form.name} form at {dtype} is not finite at raw = ±{largest_raw:g}.",
            )


def check_best_constant(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """If the loss names a best constant, no other constant is better; the target's scale is positive."""
    label = type(loss).__name__
    plain = [(loss, _with_targets(loss, y, seed)) for seed in range(3)]
    for each, case in (*plain, *_several_outputs(loss, y)):
        n, k = case.raw.shape
        scale = np.asarray(each.target_scale(case.y, case.weight))
        claim(
            bool((np.isfinite(scale) & (scale > 0.0)).all()),
            f"{label}.target_scale is {scale}, not positive.",
        )
        best = np.asarray(each.best_constant(case.y, case.weight, k), float)
        claim(best.shape == (k,), f"{label}.best_constant has shape {best.shape}, but must have ({k},).")
        if type(loss).best_constant is Loss.best_constant:
            continue
        at_best = _evaluate(each, replace(case, raw=np.tile(best, (n, 1))))[0]
        for shift in np.vstack([np.eye(k), -np.eye(k)]):
            for size in (1e-3, 0.3):
                other = _evaluate(each, replace(case, raw=np.tile(best + size * shift, (n, 1))))[0]
                claim(
                    other >= at_best - 1e-12 * abs(at_best),
                    f"{label}.best_constant gives {best.tolist()} with a loss of {at_best:.8g}, but "
                    f"moving it by {(size * shift).tolist()} gives {other:.8g}.",
                )


def check_training(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """A model trained by compiled epochs ends where the NumPy reference ends."""
    for each, case in ((loss, _with_targets(loss, y)), *_several_outputs(loss, y)[-1:]):
        _check_training_of(each, case)


def _check_training_of(loss: Loss, case: LossCase) -> None:
    n, k = case.raw.shape
    X = np.random.default_rng(1).normal(size=(n, 5))
    X[X < -0.5] = 0.0
    for batch_size in (1, 5):
        task = Task(
            X=X, y=case.y, loss=loss, rule=SGD(), weight=case.weight, query_edges=case.query_edges,
            batch_size=batch_size, n_outputs=k, n_epochs=2, lr=0.02, l2=0.1, shuffle=True,
        )  # fmt: skip
        expected = train_task(REFERENCE, task)
        for name in ("compiled dense", "compiled CSR int32"):
            found = train_task(available_forms()[name], task)
            sentence = f"{type(loss).__name__}: two {name} epochs with batches of {batch_size} end at other "
            claim_close(found.w, expected.w, 1e-12, sentence + "weights than on NumPy arrays")
            losses, wanted = ([r.mean_loss for r in outcome.reports] for outcome in (found, expected))
            claim_close(losses, wanted, 1e-12, sentence + "running losses than on NumPy arrays")


def check_outputs(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """With several outputs a pointwise loss is the sum over them, each with its own hyperparameters."""
    label = type(loss).__name__
    for varied, case in _several_outputs(loss, y):
        total, gradient = _evaluate(varied, case)
        hyper = varied.hyper_of_outputs(3)
        apart = []
        for k in range(3):
            if "classification" in loss.tasks:
                target = (case.y == k) * 1.0
            else:
                target = case.y if case.y.ndim == 1 else case.y[:, k]
            single = clone(loss).set_params(**dict(zip(loss.hyper, hyper[:, k].tolist(), strict=True)))
            apart.append(_evaluate(single, replace(case, raw=case.raw[:, [k]], y=target)))
        sentence = f"{label} with three outputs has another "
        claim_close(
            total, sum(value for value, _ in apart), 1e-13, sentence + "value than the sum of one each"
        )
        slopes = np.hstack([slope for _, slope in apart])
        claim_close(gradient, slopes, 1e-13, sentence + "gradient than one each")


def check_link(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """The inverse link runs on every namespace, keeps the dtype and never falls; a deviance is zero there."""
    label = type(loss).__name__
    raw = np.linspace(-2.0, 2.0, 9)[:, None]
    function = type(loss).function("inverse_link")
    claim(function is not None, f"{label}.inverse_link must be a static method.")
    expected = rebind(function, np)(raw)
    claim(
        expected.shape == raw.shape and bool((np.diff(expected[:, 0]) > 0.0).all()),
        f"{label}.inverse_link must rise with the raw prediction.",
    )
    for form in available_forms().values():
        for dtype in ("float32", "float64"):
            with failures_as_claims(f"{label}.inverse_link does not run in the {form.name} form"):
                found = rebind(function, form.backend.xp)(form.backend.from_host(raw.astype(dtype)))
            found = form.backend.to_host(found)
            claim(found.dtype == np.dtype(dtype), f"{label}.inverse_link turns {dtype} into {found.dtype}.")
            claim_close(
                found,
                expected,
                FORM_TOLERANCE[dtype],
                f"{label}.inverse_link differs in the {form.name} form",
            )
    if loss.deviance:
        for value in _evaluate(loss, LossCase(raw, expected[:, 0], np.ones(len(raw)), None)):
            claim(
                bool(np.max(np.abs(value)) < 1e-12),
                f"{label} is declared a deviance, but a perfect prediction has a value or gradient that is "
                "not zero.",
            )


def check_offset(loss: Loss, y: np.ndarray | None, largest_raw: float) -> None:
    """If the loss absorbs offsets, it has the loss and gradient of the shifted raw predictions."""
    if type(loss).absorb_offset is Loss.absorb_offset:
        return
    label = type(loss).__name__
    plain = _with_targets(loss, y)
    for case in (plain, *(case for varied, case in _several_outputs(loss, y) if varied is loss)):
        n = len(case.y)
        offset = np.random.default_rng(3).normal(size=n)
        absorbed, factor = loss.absorb_offset(case.y, case.weight.copy(), offset)
        shifted = _evaluate(loss, replace(case, raw=case.raw + offset[:, None]))
        found = _evaluate(loss, replace(case, y=absorbed, weight=factor))
        for what, ours, theirs in zip(("value", "gradient"), found, shifted, strict=True):
            claim_close(ours, theirs, 1e-12, f"{label}.absorb_offset gives another {what} than raw + offset")


LOSS_CHECKS: tuple[Callable[[Loss, np.ndarray | None, float], None], ...] = (
    check_declaration,
    check_gradient,
    check_curvature,
    check_weights,
    check_best_constant,
    check_outputs,
    check_link,
    check_offset,
    check_forms,
    check_extremes,
    check_training,
)
"""The checks that `check_loss` runs, cheap ones first."""


def default_largest_raw(loss: Loss) -> float:
    """Return 1e4, or 50 for a loss that grows like an exponential: no bound on its curvature, and a link."""
    linked = type(loss).function("inverse_link") is not Loss.function("inverse_link")
    return 50.0 if linked and not np.isfinite(type(loss).curvature) else 1e4


def check_loss(loss: Loss, *, y: Any = None, largest_raw: float | None = None) -> None:
    """Check that a loss keeps its contract.

    Compares the gradient with finite differences of the value, the compiled loops with NumPy arrays
    and, where they are installed, with array-api-strict and CuPy arrays, and tries weights, several
    outputs, hyperparameters that differ between them, offsets, the link, extreme predictions and the
    constants the class declares.

    Parameters
    ----------
    loss : Loss
        An instance; its hyperparameters are the ones that are checked.
    y : array-like of shape (n_targets,), default=None
        Encoded targets to use, repeated as needed, for a loss that takes only some (counts, say).
        None draws them to suit the tasks and the target interval that the loss declares.
    largest_raw : float or None, default=None
        Size of the raw predictions at which the loss must still be finite. None means 1e4, or 50 for
        a loss with an inverse link and no bound on its curvature, which grows like an exponential.

    Raises
    ------
    AssertionError
        At the first check that fails, with a sentence that names what is wrong and by how much.
    TypeError
        If `loss` is not a `Loss`.

    Examples
    --------
    >>> from sgdkit.losses import Logistic
    >>> from sgdkit.testing import check_loss
    >>> check_loss(Logistic())
    """
    if not isinstance(loss, Loss):
        raise TypeError(f"check_loss takes an instance of a Loss, not {loss!r}.")
    targets = None if y is None else np.asarray(y, float)
    for check in LOSS_CHECKS:
        check(loss, targets, default_largest_raw(loss) if largest_raw is None else largest_raw)
