"""The text of generated loops: what surrounds a rule's or a loss's own functions.

A rule's functions see each weight in its unit ``u``: ``w / u``, the gradient ``u g`` and the penalty
strengths ``u l1`` and ``u² l2``. Arrays hold the weights themselves; `units` holds, for each, `u` and then
``1 / u``, because a division for every weight took as long as the rest of a step.
"""

from sgdkit.kernels.abi import TILE, TILE_ROWS
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


def _row(number: int) -> str:
    """Return where the tile has a number of coordinate i: see `sgdkit.kernels.abi.TILE_ROWS`."""
    return f"tile[np.uintp({number * TILE}) + i]"


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
def run(touched, start, size, cells, pitch, hyper, units, stride, lr, t, n_penalised, tile):
    listed = np.uintp(start)
    constants = {{hyper}}
    for i in range(np.uintp(size)):
        c = np.uintp(touched[listed + i]) * pitch
        {{fetch}}
    if stride == 0:
        for i in range(np.uintp(size)):
            {_row(2)}, {_row(3)} = units[0], units[1]
    else:
        for i in range(np.uintp(size)):
            at = np.uintp(touched[listed + i]) * stride
            {_row(2)}, {_row(3)} = units[at], units[at + np.uintp(1)]
    norm = 0.0
    for i in range(np.uintp(size)):
        g = {_row(0)}
        norm += g * g
        {{decay}}
        # Named, as `constants` are: what is computed from a value that is read twice is computed twice.
        u, v = {_row(2)}, {_row(3)}
        x, s = update({_row(1)} * v, u * g, {{slots}}, constants, lr, t)
        {_row(1)} = u * x
        {{store}}
    for i in range(np.uintp(size)):
        c = np.uintp(touched[listed + i]) * pitch
        {{put_back}}
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
# side. Where every shrinkage of a tile is slight, a series does.
_SHRINK = f"""\
start = np.uintp(0)
while start < np.uintp(n):
    size = min(np.uintp({TILE}), np.uintp(n) - start)
    for i in range(size):
        c = np.uintp(touched[start + i]) * pitch
        {_row(0)} = cells[c + {{step}}]
        {_row(1)} = cells[c]
        {_row(2)} = missed[start + i]
    beyond = 0
    for i in range(size):
        beyond += fits_series({_row(0)}, {_row(2)}, l2) >= 1.0
    if beyond == 0:
        for i in range(size):
            {_row(1)} = proximal_steps_series({_row(1)}, {_row(0)}, {_row(2)}, l1, l2)
    else:
        for i in range(size):
            {_row(1)} = proximal_steps({_row(1)}, {_row(0)}, {_row(2)}, l1, l2)
    for i in range(size):
        cells[np.uintp(touched[start + i]) * pitch] = {_row(1)}
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


# Where a loop finds the weight it is at, and its slots: in arrays of all, in its cell, or in the tile.
_WEIGHT = {"array": "w[j]", "cell": "cells[c]", "tile": _row(1)}
_SLOT = {"array": "slots[{0}, j]", "cell": "cells[c + np.uintp(2 + {0})]"}


def _slot(number: int, place: str) -> str:
    return _row(TILE_ROWS + number) if place == "tile" else _SLOT[place].format(number)


def _slots(rule: type[UpdateRule], place: str) -> str:
    return _tuple([_slot(i, place) for i in range(len(rule.slots))])


def _store(rule: type[UpdateRule], place: str) -> str:
    return "\n".join(f"{_slot(i, place)} = s[{i}]" for i in range(len(rule.slots))) or "pass"


def _indent(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _each(body: str, n: str = "n") -> str:
    return f"for j in range({n}):\n    {_indent(body, 4)}"


def _decay(rule: type[UpdateRule], function: str, *missed: str, place: str) -> str:
    """Return the lines that shrink a weight and the slots that follow it."""
    arguments = ", ".join([f"lr * hyper[{len(rule.hyper)}]", *missed])
    shrunk = [_WEIGHT[place], *(_slot(rule.slots.index(slot), place) for slot in rule.weight_slots)]
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
        place = f"w[j] * v, u * {gradient}, {_slots(rule, 'array')}, {hyper}, lr, t"
        sums += "\n" + _each(f"u, v = units[2 * j], units[2 * j + 1]\nterms = reduce({place})\n{add}")
        sums += "\nsums = " + _tuple([f"T.scalar(sum{i})" for i in terms])
        given = ", sums"

    def move(gradient: str, penalty: str) -> str:
        step = f"x, s = update(w[j] * v, u * {gradient}, {_slots(rule, 'array')}, {hyper}, lr, t{given})"
        lines = [
            "u, v = units[2 * j], units[2 * j + 1]",
            step,
            penalty,
            "w[j] = u * x",
            _store(rule, "array"),
        ]
        return _indent("\n".join(lines), 8)

    decay = _each(_decay(rule, "decay_step", place="array"), "n_penalised") if decays else "pass"
    return _UPDATE.format(
        key=key,
        dtype=dtype,
        decay=_indent(decay, 4),
        sums=_indent(sums, 4),
        move=move("g[j]", "pass"),
        move_penalised=move("g[j]" if rule.has_proximal_step else "(g[j] + l2 * w[j])", penalty),
    )


def update_touched_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that makes one step of `rule` on the coordinates of a list.

    Their gradients are in the tile. The penalty's part of the step is left to the loop of
    `catch_up_source`, which runs before the weight is next read; its size is noted in the cell, where that
    has room for it.
    """
    n_slots = len(rule.slots)
    cell = {1: _WEIGHT["cell"]} | {TILE_ROWS + i: _slot(i, "cell") for i in range(n_slots)}
    fetch = [f"{_row(row)} = {number}" for row, number in cell.items()]
    put_back = [f"{number} = {_row(row)}" for row, number in cell.items()]
    store, decay = [_store(rule, "tile")], "pass"
    if rule.function("step_size") is not None:
        store.append(f"{_row(0)} = u * u * step_size(s, constants, lr, t)")
        put_back.append(f"if pitch > {2 + n_slots}:\n    {_slot(n_slots, 'cell')} = {_row(0)}")
    if decays:
        shrink = _indent(_decay(rule, "decay_step", place="tile"), 4)
        decay = f"if np.uintp(touched[listed + i]) < np.uintp(n_penalised):\n    {shrink}"
    return _UPDATE_TOUCHED.format(
        key=key,
        dtype=dtype,
        fetch=_indent("\n".join(fetch), 8),
        decay=_indent(decay, 8),
        slots=_slots(rule, "tile"),
        hyper=_hyper(rule),
        store=_indent("\n".join(store), 8),
        put_back=_indent("\n".join(put_back), 8),
    )


def catch_up_source(rule: type[UpdateRule], key: str, dtype: str, decays: bool) -> str:
    """Return the loop that replays the steps which the coordinates of a list missed.

    A rule that itself moves without a gradient is replayed without a penalty, and weight decay without
    either: with more than one of the three, the engine updates every coordinate in every batch.
    """
    place = f"cells[c] * v, {_slots(rule, 'cell')}, {_hyper(rule)}, lr"
    body = "pass"
    if decays:
        body = _REPLAY.format(move=_indent(_decay(rule, "decay_steps", "missed[i]", place="cell"), 8))
    elif rule.sparse == "catch_up":
        move = f"x, s = catch_up({place}, t - missed[i], int(missed[i]))"
        move += f"\ncells[c] = u * x\n{_store(rule, 'cell')}"
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
