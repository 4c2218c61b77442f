import numpy as np
import pytest

from sgdkit.engine.history import COLUMNS, History


def row(**changes):
    return {column: float(i) for i, column in enumerate(COLUMNS)} | changes


def test_columns_come_in_the_documented_order_as_arrays_of_one_length():
    history = History()
    history.append(**row())
    history.append(**row(objective=9.0))
    columns = history.columns()
    assert tuple(columns) == COLUMNS
    assert all(column.shape == (2,) and column.dtype == np.float64 for column in columns.values())
    assert columns["objective"].tolist() == [1.0, 9.0]


def test_no_epochs_give_empty_columns():
    assert {column.shape for column in History().columns().values()} == {(0,)}


def test_a_missing_column_is_noticed():
    incomplete = row()
    del incomplete["seconds"]
    with pytest.raises(KeyError, match="seconds"):
        History().append(**incomplete)


def test_columns_are_copies():
    history = History()
    history.append(**row())
    history.columns()["epoch"][0] = 77.0
    assert history.columns()["epoch"][0] == 0.0
