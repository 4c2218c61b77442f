"""The training curve: one row an epoch."""

import numpy as np

__all__ = ("COLUMNS", "History")

COLUMNS = (
    "epoch",
    "objective",
    "validation_score",
    "gradient_norm",
    "full_gradient_norm",
    "learning_rate",
    "update_ratio",
    "seconds",  # the last: all before it are the same in every run
)


class History:
    """Collects one row an epoch and gives them as columns.

    Columns: `epoch` (from 1), `objective` (running mean loss of the epoch plus the penalty at its
    end), `validation_score` (NaN where there is none), `gradient_norm` (root mean square over the
    batches), `full_gradient_norm` (that of the whole objective, see `FullGradient`; NaN where it is
    not measured), `learning_rate` (NaN-free; the median over coordinates where each has its own),
    `update_ratio` (norm of the epoch's change over norm of the weights), `seconds`.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []

    def append(self, **row: float) -> None:
        """Add the row of one epoch; every column must be given."""
        self._rows.append(tuple(float(row[column]) for column in COLUMNS))

    def extend(self, rows: np.ndarray) -> None:
        """Add rows as `rows` gave them."""
        self._rows += [tuple(row) for row in rows.tolist()]

    def latest(self, n: int) -> np.ndarray:
        """Return the last `n` rows, or all if there are fewer."""
        return np.array(self._rows[-n:], dtype=np.float64).reshape(-1, len(COLUMNS))

    def rows(self) -> np.ndarray:
        """Return all rows, of shape (n_epochs, n_columns)."""
        return np.array(self._rows, dtype=np.float64).reshape(-1, len(COLUMNS))

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns by name, each of shape (n_epochs,)."""
        table = self.rows()
        return {column: table[:, i].copy() for i, column in enumerate(COLUMNS)}
