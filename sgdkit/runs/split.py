"""Which rows train and which test."""

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from sgdkit.exceptions import InvalidParameterError
from sgdkit.runs.rows import Rows

__all__ = ("split_rows",)


def split_rows(rows: Rows, test_size: float, seed: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Return the training rows, the test rows and how they were chosen.

    Classes keep their shares, queries stay whole, and the rows keep their order.

    Parameters
    ----------
    rows : Rows
        What to split.
    test_size : float
        Share of the rows, or of the queries, that test.
    seed : int
        Seed.

    Returns
    -------
    train, test : ndarray of int
        Row numbers, ascending.
    how : str
        For a reader.

    Raises
    ------
    InvalidParameterError
        Where there is too little of something to split.
    """
    positions = np.arange(len(rows))
    if rows.queries is not None and rows.target.task == "ranking":
        if len(np.unique(rows.queries)) < 2:
            raise InvalidParameterError("All rows belong to one query; a split needs two or more.")
        splitter = GroupShuffleSplit(1, test_size=test_size, random_state=seed)
        train, test = next(splitter.split(positions, groups=rows.queries))
        return np.sort(train), np.sort(test), "whole queries at random"
    classes = None
    if rows.target.task != "regression":
        classes = rows.target.y
        labels, counts = np.unique(classes, return_counts=True)
        if counts.min() < 2:
            raise InvalidParameterError(
                f"Class {str(labels[counts.argmin()])!r} has a single row, but training and test need one "
                "each; add rows, or merge it into another class."
            )
    try:
        train, test = train_test_split(positions, test_size=test_size, stratify=classes, random_state=seed)
    except ValueError as error:
        raise InvalidParameterError(
            f"{len(rows)} rows are too few for --test-size {test_size:g}: {str(error).partition('.')[0]}."
        ) from error
    how = "at random" if classes is None else "at random, each class in proportion"
    return np.sort(train), np.sort(test), how
