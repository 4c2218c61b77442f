"""Write docs/matrix.md from a run of every combination: ``python -m docs.make_matrix`` (some minutes)."""

import itertools
import re
from collections import defaultdict
from pathlib import Path

import sgdkit
from tests.matrix.cells import (
    BACKENDS,
    LOSSES,
    OPTIMIZERS,
    PENALTIES,
    TASKS,
    allowed_gap,
    cells_of,
    task_of,
    try_cell,
)

PAGE = Path(__file__).with_name("matrix.md")
INTRODUCTION = """# What goes with what

Every loss with every optimizer, penalty (`l2`, `l1`, `elasticnet`, `None`), layout of X (dense, CSR with
32-bit and with 64-bit indices), precision (float32, float64) and backend (`auto`, `reference`):
{n_cells:,} fits of a small problem with sgdkit {version}. `make matrix` measures them and writes this
page; `make test-all` tests them.

An update rule **agrees** where three epochs over rows in a fixed order end at the weights of the plain
NumPy reference on dense rows of the same precision, to 1e-5 in float32 and 1e-12 in float64, relative to
the largest weight (ten times that for rules that need a norm of all weights). A solver agrees where the
objective is that on dense float64 rows, to the 1e-4 that it is asked to prove. Anything else is to be
**refused** before training, in a sentence that says why; a warning, or any other error, counts as
neither.

Of the fits, {n_agree:,} agree, {n_refused:,} are refused, and {n_wrong} do neither. The largest
differences seen: {gaps}.

✓ agrees with every penalty, layout, precision and backend; ✓ with numbers agrees but for what these
reasons exclude; – with numbers is never offered. Optimizers whose columns are equal share one.
"""


def reason_of(refusal: str) -> str:
    """Return the first sentence of a refusal without the names of the parts."""
    sentence = re.match(r".*?(?=\. [A-Z]|\.$)", refusal)[0]
    for name in sorted((*LOSSES, *OPTIMIZERS), key=len, reverse=True):
        sentence = sentence.replace(f"'{name}'", "'…'")
    return re.sub("penalty='[a-z0-9]+'", "penalty='…'", sentence)


def kind_of(optimizer: str, is_rule: bool) -> str:
    """Return what differences of an optimizer are listed under."""
    if not is_rule:
        return "solvers' objectives"
    return "rules with a norm" if OPTIMIZERS[optimizer].reductions else "rules"


class Tally:
    """What the cells of all losses and optimizers came to."""

    def __init__(self) -> None:
        self.n_cells = self.n_agree = self.n_refused = 0
        self.wrong: list[str] = []
        self.gaps: dict[str, float] = defaultdict(float)
        self.offered: set[tuple[str, str]] = set()
        self.reasons: dict[str, set] = {}
        self.of_pair: dict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, cell) -> None:
        """Try a cell."""
        self.n_cells += 1
        try:
            gap, refusal = try_cell(cell)
        except Exception as error:
            self.wrong.append(f"{cell}: {type(error).__name__}: {error}")
            return
        pair = (cell.loss, cell.optimizer)
        if refusal is not None:
            self.n_refused += 1
            reason = reason_of(refusal)
            self.of_pair[pair].add(reason)
            self.reasons.setdefault(reason, set()).add((cell.penalty, cell.backend))
        elif gap > allowed_gap(cell):
            self.wrong.append(f"{cell}: differs by {gap:.2g}")
        else:
            self.n_agree += 1
            self.offered.add(pair)
            kind = f"{kind_of(cell.optimizer, cell.is_rule)} in {cell.dtype}"
            self.gaps[kind] = max(self.gaps[kind], gap)


def scope_of(seen: set) -> str:
    """Return with which penalties and backends a reason was met, if not with all."""
    parts = []
    for values, column, name in ((PENALTIES, 0, "penalty"), (BACKENDS, 1, "backend")):
        met = [value for value in values if value in {choice[column] for choice in seen}]
        if len(met) < len(values):
            parts.append(f"{name} {' or '.join(f'`{value}`' for value in met)}")
    return f" (with {', '.join(parts)})" if parts else ""


def table_of(task: str, tally: Tally, numbers: dict[str, int]) -> list[str]:
    """Return the lines of a task's table; optimizers with equal columns share one."""

    def symbol(loss: str, optimizer: str) -> str:
        met = sorted(numbers[reason] for reason in tally.of_pair[loss, optimizer])
        mark = "✓" if (loss, optimizer) in tally.offered else "–"
        return f"{mark} {', '.join(map(str, met))}".strip()

    losses = [loss for loss in LOSSES if task_of(loss) == task]
    columns = defaultdict(list)
    for optimizer in OPTIMIZERS:
        columns[tuple(symbol(loss, optimizer) for loss in losses)].append(f"`{optimizer}`")
    heads = " | ".join(", ".join(names) for names in columns.values())
    lines = [f"| loss | {heads} |", "|---" * (len(columns) + 1) + "|"]
    rows = zip(losses, zip(*columns, strict=True), strict=True)
    return lines + [f"| `{loss}` | {' | '.join(row)} |" for loss, row in rows]


def main() -> None:
    """Try every cell and write the page."""
    tally = Tally()
    for loss, optimizer in itertools.product(LOSSES, OPTIMIZERS):
        for cell in cells_of(loss, optimizer):
            tally.add(cell)
    numbers = {reason: i for i, reason in enumerate(tally.reasons, 1)}
    gaps = ", ".join(f"{gap:.2g} ({kind})" for kind, gap in sorted(tally.gaps.items()))
    text = INTRODUCTION.format(
        n_cells=tally.n_cells, version=sgdkit.__version__, n_agree=tally.n_agree, n_refused=tally.n_refused,
        n_wrong=len(tally.wrong), gaps=gaps,
    )  # fmt: skip
    for task in TASKS:
        text += "\n".join(["", f"## {task.capitalize()}", "", *table_of(task, tally, numbers), ""])
    text += "\n## Reasons\n\n"
    for reason, i in numbers.items():
        text += f"{i}. {reason}{scope_of(tally.reasons[reason])}.\n"
    if tally.wrong:
        text += "\n## Neither\n\n" + "".join(f"- {wrong}\n" for wrong in tally.wrong)
    PAGE.write_text(text)
    print(f"{PAGE}: {tally.n_agree} agree, {tally.n_refused} refused, {len(tally.wrong)} neither")


if __name__ == "__main__":
    main()
