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
    "update_touched_source",
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
    for j in range(n):
        norm += g[j] * g[j]
    {{decay}}
    {{sums}}
    first_free = n_penalised if l1 > 0 or l2 > 0 or bounds.shape[1] > 0 else 0
    for j in range(first_free):
        {{move_penalised}}
    for j in range(first_free, n):
        {{move}}
    for j in range(bounds.shape[1]):
        w[j] = within(w[j], bounds[0, j], bounds[1, j])
    return norm
"""
)

_UPDATE_TOUCHED = (
    _HEADER
    + f"""
@njit([T.update_touched.signature], {_DECORATOR})
def run(touched, n, cells, pitch, hyper, units, stride, lr, t, n_penalised):
    norm = 0.0
    constants = {{hyper}}
    for i in range(np.uintp(n)):
        j = np.uintp(touched[i])
        c = j * pitch
        g = cells[c + np.uintp(1)]
        norm += g * g
        {{decay}}
        # Named, as `constants` are: what is computed from a value that is read twice is computed twice.
        u, v = units[j * stride], units[j * stride + np.uintp(1)]
        x, s = update(cells[c] * v, u * g, {{slots}}, constants, lr, t)
        cells[c] = u * x
        cells[c + np.uintp(1)] = 0
        {{store}}
    return norm
"""
)

_CATCH_UP = (
    _HEADER
    + f"""
@njit([T.catch_up.signature], {_DECORATOR})
def run(touched, missed, n, cells, pitch, hyper, units, stride, lr, t, l1, l2, tile):
    {{body}}
"""
)

# One coordinate after the other.
_REPLAY = """\
for i in range(np.uintp(n)):
    j = np.uintp(touched[i])
    c = j * pitch
    if missed[i] > 0:
        u, v = units[j * stride], units[j * stride + np.uintp(1)]
        {move}"""

# The closed form of many proximal steps takes logarithms and exponentials, which are fast only side by
# side: coordinates are gathered in tiles. Where every shrinkage of a tile is slight, a series does.
_SHRINK = """\
start = np.uintp(0)
while start < np.uintp(n):
    size = min(np.uintp(tile.shape[1]), np.uintp(n) - start)
    for i in range(size):
        c = np.uintp(touched[start + i]) * pitch
        tile[0, i] = cells[c]
        tile[2, i] = cells[c + {step}]
    beyond = 0
    for i in range(size):
        tile[1, i] = missed[start + i]
        beyond += fits_series(tile[2, i], tile[1, i], l2) >= 1.0
    if beyond == 0:
        for i in range(size):
            tile[0, i] = proximal_steps_series(tile[0, i], tile[2, i], tile[1, i], l1, l2)
    else:
        for i in range(size):
            tile[0, i] = proximal_steps(tile[0, i], tile[2, i], tile[1, i], l1, l2)
    for i in range(size):
        cells[np.uintp(touched[start + i]) * pitch] = tile[0, i]
    start += size"""

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


def _tuple(items: list[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


_ONE_AGAINST_THE_REST = "T.scalar(1 if y[i] == k else 0)"
_OWN_TARGET = "y[i * n_targets + min(k, n_targets - 1)]"


def _hyper(part: type[UpdateRule] | type[Loss]) -> str:
    return _tuple([f"hyper[{i}]" for i in range(len(part.hyper))])


def _slot(number: int, cells: bool) -> str:
    """Return where a slot of coordinate j is: in a row of all, or in the coordinate's own cell."""
    return f"cells[c + np.uintp({2 + number})]" if cells else f"slots[{number}, j]"


def _slots(rule: type[UpdateRule], cells: bool = False) -> str:
    return _tuple([_slot(i, cells) for i in range(len(rule.slots))])


def _store(rule: type[UpdateRule], cells: bool = False) -> str:
    return "\n".join(f"{_slot(i, cells)} = s[{i}]" for i in range(len(rule.slots))) or "pass"


def _indent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _each(body: str, n: str = "n") -> str:
    return f"for j in range({n}):\n    {_indent(body, 4)}"


def _decay(rule: type[UpdateRule], function: str, *missed: str, cells: bool) -> str:
    """Return the lines that shrink weight j and the slots that follow the weight."""
    arguments = ", ".join([f"lr * hyper[{len(rule.hyper)}]", *missed])
    followers = [_slot(rule.slots.index(slot), cells) for slot in rule.weight_slots]
    shrunk = ["cells[c]" if cells else "w[j]", *followers]
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
        gradient = "g[j]" if rule.has_proximal_step else "(g[j] + l2 * w[j] * (j < n_penalised))"
        place = f"w[j] * v, u * {gradient}, {_slots(rule)}, {hyper}, lr, t"
        sums += "\n" + _each(f"u, v = units[2 * j], units[2 * j + 1]\nterms = reduce({place})\n{add}")
        sums += "\nsums = " + _tuple([f"T.scalar(sum{i})" for i in terms])
        given = ", sums"

    def move(gradient: str, penalty: str) -> str:
        step = f"x, s = update(w[j] * v, u * {gradient}, {_slots(rule)}, {hyper}, lr, t{given})"
        return _indent(
            f"u, v = units[2 * j], units[2 * j + 1]\n{step}\n{penalty}\nw[j] = u * x\n{_store(rule)}", 8
        )

    return _UPDATE.format(
        key=key,
        dtype=dtype,
        decay=_indent(_each(_decay(rule, "decay_step", cells=False), "n_penalised"), 4) if decays else "pass",
        sums=_indent(sums, 4),
        move=move("g[j]", "pass"),
        move_penalised=move("g[j]" if rule.has_proximal_step else "(g[j] + l2 * w[j])", penalty),
    )


def update_touched_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that makes one step of `rule` on the coordinates of a list, and clears their gradient.

    The penalty's part of the step is left to the loop of `catch_up_source`, which runs before the
    weight is next read; its size is noted in the cell, where that has room for it.
    """
    decay = "pass"
    if decays:
        decay = f"if j < np.uintp(n_penalised):\n    {_indent(_decay(rule, 'decay_step', cells=True), 4)}"
    store, step = _store(rule, cells=True), 2 + len(rule.slots)
    if rule.function("step_size") is not None:
        store += (
            f"\nif pitch > {step}:\n    cells[c + np.uintp({step})] = u * u * step_size(s, constants, lr, t)"
        )
    return _UPDATE_TOUCHED.format(
        key=key,
        dtype=dtype,
        decay=_indent(decay, 8),
        slots=_slots(rule, cells=True),
        hyper=_hyper(rule),
        store=_indent(store, 8),
    )


def catch_up_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that replays the steps which the coordinates of a list missed.

    A rule that itself moves without a gradient is replayed without a penalty, and weight decay without
    either: with more than one of the three, the engine updates every coordinate in every batch.
    """
    place = f"cells[c] * v, {_slots(rule, cells=True)}, {_hyper(rule)}, lr"
    body = "pass"
    if decays:
        body = _REPLAY.format(move=_indent(_decay(rule, "decay_steps", "missed[i]", cells=True), 8))
    elif rule.sparse == "catch_up":
        move = f"x, s = catch_up({place}, t - missed[i], int(missed[i]))"
        move += f"\ncells[c] = u * x\n{_store(rule, cells=True)}"
        body = _REPLAY.format(move=_indent(move, 8))
    elif rule.function("regularized") is not None:
        body = _REPLAY.format(move=f"cells[c] = u * regularized({place}, t, u * l1, u * u * l2)")
    elif rule.has_proximal_step:
        body = _SHRINK.format(step=f"np.uintp({2 + len(rule.slots)})")
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
