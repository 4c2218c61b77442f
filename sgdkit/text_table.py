"""Tables for a terminal: aligned columns, no frames, never wrapped."""

from collections.abc import Sequence

__all__ = ("format_table",)


def format_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, indent: str = "  ", floats: str = ".3f"
) -> str:
    """Return rows under named columns as aligned text.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence
        Cells. Numbers stand to the right.
    indent : str, default="  "
        Put before every line.
    floats : str, default=".3f"
        How floats are written; three decimals by default.

    Returns
    -------
    str
        One line for the headings and one a row.

    Examples
    --------
    >>> print(format_table(["optimizer", "r2"], [["adagrad", 0.5], ["adam", 0.25]], indent=""))
    optimizer     r2
    adagrad    0.500
    adam       0.250
    """
    cells = [[_cell(value, floats) for value in row] for row in rows]
    numeric = [
        bool(rows) and all(isinstance(row[j], int | float) for row in rows) for j in range(len(columns))
    ]
    widths = [max(len(line[j]) for line in [list(columns), *cells]) for j in range(len(columns))]
    lines = []
    for line in [list(columns), *cells]:
        padded = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ]
        lines.append((indent + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def _cell(value: object, floats: str) -> str:
    if isinstance(value, float):
        return format(value, floats)
    return str(value)
