"""The rows that trained a run, from its file, as `fit` was given them."""

from pathlib import Path
from typing import Any

import numpy as np

from sgdkit.runs.config import make_config
from sgdkit.runs.rows import read_rows
from sgdkit.runs.split import split_rows
from sgdkit.runs.train import fit_params

__all__ = ("rows_of_run",)


def rows_of_run(folder: str | Path, data: str | Path) -> tuple[Any, Any, dict[str, Any]]:
    """Return table, target and what else ``fit`` was given, for `sgdkit.governance.replay`.

    Parameters
    ----------
    folder : str or Path
        What ``train_run`` wrote; its ``config.toml`` says how the file is read and split.
    data : str or Path
        The file of the run.

    Raises
    ------
    InvalidParameterError
        For a file that does not fit.
    """
    config = make_config({"data": str(data)}, Path(folder) / "config.toml")
    rows = read_rows(config)
    train, _, _ = split_rows(rows, config.test_size, config.seed)
    rows = rows.take(np.asarray(train))
    return rows.X, rows.target.y, fit_params(rows)
