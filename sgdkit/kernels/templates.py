"""The text of generated loops: what surrounds a rule's or a loss's own functions.

A rule's functions see each weight in its unit ``u``: ``w / u``, the gradient ``u g`` and the penalty
strengths ``u l1`` and ``u² l2``. Arrays hold the weights themselves; `units` holds, for each, `u` and then
``1 / u``, because a division for every weight took as long as the rest of a step.
"""

from sgdkit.losses.base import BatchLoss, Loss
from sgdkit.optimizers.base import UpdateRule

__all__ = (
    "catch_up_source",
    "kernel_trailer",
    "loss_source",
    "update_source",
)

_DECORATOR = 'cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH'

_HEADER = """\
import numpy as np
from numba import njit
from sgdkit.kernels.abi import FASTMATH, kernel_types
from sgdkit.kernels.generate import INGREDIENTS

T = kernel_types("{dtype}")
globals().update(INGREDIENTS["{key}"])

"""

_UPDATE = (
    _HEADER
    + f"""
@njit([T.update.signature], {_DECORATOR})
def run(w, g, n, slots, hyper, units, lr, t, l1, l2, n_penalised, bounds):
    norm = 0.0
    for j in range(np.uintp(n)):
        norm += g[j] * g[j]
    {{decay}}
    {{sums}}
    first_free = n_penalised if l1 > 0 or l2 > 0 or bounds.shape[1] > 0 else 0
    for j in range(np.uintp(first_free)):
        {{move_penalised}}
    for j in range(np.uintp(first_free), np.uintp(n)):
        {{move}}
    for j in range(np.uintp(bounds.shape[1])):
        w[j] = within(w[j], bounds[0, j], bounds[1, j])
    return norm
"""
)

_CATCH_UP = (
    _HEADER
    + f"""
@njit([T.catch_up.signature], {_DECORATOR})
def run(missed, n, w, slots, hyper, units, lr, t, l1, l2, work):
    {{body}}
"""
)

# One coordinate after the other.
_REPLAY = """\
for j in range(np.uintp(n)):
    if missed[j] > 0:
        {units}
        {move}"""

# The closed form of many proximal steps takes logarithms and exponentials; where every shrinkage of a
# stretch is slight, a series does.
STRETCH = 256
_SHRINK = f"""\
constants = {{hyper}}
for first in range(0, n, {STRETCH}):
    start, stop = np.uintp(first), np.uintp(min(first + {STRETCH}, n))
    beyond = 0
    for j in range(start, stop):
        u = units[np.uintp(2) * j]
        work[j] = u * u * step_size({{slots}}, constants, lr, t)
        beyond += fits_series(work[j], T.scalar(missed[j]), l2) >= 1.0
    if beyond == 0:
        for j in range(start, stop):
            w[j] = proximal_steps_series(w[j], work[j], T.scalar(missed[j]), l1, l2)
    else:
        for j in range(start, stop):
            w[j] = proximal_steps(w[j], work[j], T.scalar(missed[j]), l1, l2)"""

_POINTWISE = (
    _HEADER
    + f"""
@njit([T.loss.signature], {_DECORATOR})
def run(raw, y, weight, n_rows, hyper, offsets, n_groups, out):
    n_outputs = raw.shape[1]
    if n_outputs == 1:
        one = {{hyper_of_one}}
        narrow = T.scalar(0)  # in float64 it would halve the lanes of the whole loop
        for i in range(n_rows):
            value, gradient = evaluate(raw[i, 0], y[i], one)
            narrow += weight[i] * value
            out[i, 0] = weight[i] * gradient
        return float(narrow)
    total = 0.0
    n_targets = y.shape[0] // raw.shape[0]
    for i in range(n_rows):
        for k in range(n_outputs):
            value, gradient = evaluate(raw[i, k], {{target}}, {{hyper_of_each}})
            total += weight[i] * value
            out[i, k] = weight[i] * gradient
    return total
"""
)

_BATCH = (
    _HEADER
    + f"""
@njit([T.loss.signature], {_DECORATOR})
def run(raw, y, weight, n_rows, hyper, offsets, n_groups, out):
    return loops(raw[:n_rows], y[:n_rows], weight[:n_rows], {{hyper}}, offsets[: n_groups + 1], out[:n_rows])
"""
)


# Everything that indexes is unsigned, as in the kernels.
_UNITS = "u, v = units[np.uintp(2) * j], units[np.uintp(2) * j + np.uintp(1)]"


def _tuple(items: list[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


_ONE_AGAINST_THE_REST = "T.scalar(1 if y[i] == k else 0)"
_OWN_TARGET = "y[i * n_targets + min(k, n_targets - 1)]"


def _hyper(part: type[UpdateRule] | type[Loss]) -> str:
    return _tuple([f"hyper[{i}]" for i in range(len(part.hyper))])


def _slots(rule: type[UpdateRule]) -> str:
    return _tuple([f"slots[{i}, j]" for i in range(len(rule.slots))])


def _store(rule: type[UpdateRule]) -> str:
    return "\n".join(f"slots[{i}, j] = s[{i}]" for i in range(len(rule.slots))) or "pass"


def _indent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _each(body: str, n: str = "n") -> str:
    return f"for j in range(np.uintp({n})):\n    {_indent(body, 4)}"


def _decay(rule: type[UpdateRule], function: str, *missed: str) -> str:
    """Return the lines that shrink weight j and the slots that follow it."""
    arguments = ", ".join([f"lr * hyper[{len(rule.hyper)}]", *missed])
    shrunk = ["w[j]", *(f"slots[{rule.slots.index(slot)}, j]" for slot in rule.weight_slots)]
    return "\n".join(f"{x} = T.scalar({function}({x}, {arguments}))" for x in shrunk)


def update_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that makes one step of `rule`, penalty and bounds on every coordinate.

    If the rule `decays`, its weight decay follows the hyperparameters in ``hyper``.
    """
    hyper = _hyper(rule)
    if rule.function("regularized") is not None:
        penalty = f"x = regularized(x, s, {hyper}, lr, t, u * l1, u * u * l2)"
    elif rule.has_proximal_step:
        penalty = f"x = proximal_step(x, step_size(s, {hyper}, lr, t), u * l1, u * u * l2)"
    else:
        penalty = "pass"
    sums, given = "pass", ""
    if rule.reductions:
        terms = range(len(rule.reductions))
        add = "\n".join(f"sum{i} += terms[{i}]" for i in terms)
        sums = "\n".join(f"sum{i} = 0.0" for i in terms)
        gradient = "g[j]" if rule.has_proximal_step else "(g[j] + l2 * w[j] * (j < np.uintp(n_penalised)))"
        place = f"w[j] * v, u * {gradient}, {_slots(rule)}, {hyper}, lr, t"
        sums += "\n" + _each(f"{_UNITS}\nterms = reduce({place})\n{add}")
        sums += "\nsums = " + _tuple([f"T.scalar(sum{i})" for i in terms])
        given = ", sums"

    def move(gradient: str, penalty: str) -> str:
        step = f"x, s = update(w[j] * v, u * {gradient}, {_slots(rule)}, {hyper}, lr, t{given})"
        lines = [
            _UNITS,
            step,
            penalty,
            "w[j] = u * x",
            _store(rule),
        ]
        return _indent("\n".join(lines), 8)

    decay = _each(_decay(rule, "decay_step"), "n_penalised") if decays else "pass"
    return _UPDATE.format(
        key=key,
        dtype=dtype,
        decay=_indent(decay, 4),
        sums=_indent(sums, 4),
        move=move("g[j]", "pass"),
        move_penalised=move("g[j]" if rule.has_proximal_step else "(g[j] + l2 * w[j])", penalty),
    )


def catch_up_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that replays the steps which coordinates missed.

    A rule that itself moves without a gradient is replayed without a penalty, and weight decay without
    either: with more than one of the three, the engine updates every coordinate in every batch.
    """
    place = f"w[j] * v, {_slots(rule)}, {_hyper(rule)}, lr"
    body = "pass"
    if decays:
        body = _REPLAY.format(units=_UNITS, move=_indent(_decay(rule, "decay_steps", "missed[j]"), 8))
    elif rule.sparse == "catch_up":
        move = f"x, s = catch_up({place}, t - missed[j], int(missed[j]))\nw[j] = u * x\n{_store(rule)}"
        body = _REPLAY.format(units=_UNITS, move=_indent(move, 8))
    elif rule.function("regularized") is not None:
        body = _REPLAY.format(units=_UNITS, move=f"w[j] = u * regularized({place}, t, u * l1, u * u * l2)")
    elif rule.has_proximal_step:
        body = _SHRINK.format(hyper=_hyper(rule), slots=_slots(rule))
    return _CATCH_UP.format(key=key, dtype=dtype, body=_indent(body, 4))


def loss_source(loss: type[Loss], key: str, dtype: str) -> str:
    """Return the loop over the rows of a batch that writes gradients and sums up values."""
    if issubclass(loss, BatchLoss):
        return _BATCH.format(key=key, dtype=dtype, hyper=_hyper(loss))
    # Each output has its own hyperparameters, in the precision of the data so that loops stay narrow.
    each = range(len(loss.hyper))
    return _POINTWISE.format(
        key=key,
        dtype=dtype,
        target=_ONE_AGAINST_THE_REST if "classification" in loss.tasks else _OWN_TARGET,
        hyper_of_one=_tuple([f"T.scalar(hyper[{i}])" for i in each]),
        hyper_of_each=_tuple([f"T.scalar(hyper[{i} * n_outputs + k])" for i in each]),
    )


def kernel_trailer(key: str, function: str) -> str:
    """Return the lines that compile a function at the end of a copied kernel module."""
    return f"""

from numba import njit
from sgdkit.kernels.abi import FASTMATH
from sgdkit.kernels.generate import INGREDIENTS

globals().update(INGREDIENTS["{key}"]["parts"])
run = njit([INGREDIENTS["{key}"]["signature"]], {_DECORATOR})({function})
"""
