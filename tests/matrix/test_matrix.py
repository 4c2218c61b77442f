"""Any choice of parts trains like the reference, or is refused in a sentence that says why."""

import itertools

import pytest

from .cells import (
    FACTORS,
    LOSSES,
    OPTIMIZERS,
    Cell,
    allowed_gap,
    cells_of,
    covering_cells,
    pairs_of,
    try_cell,
)

COVERING = covering_cells()


def check(cell):
    gap, refusal = try_cell(cell)
    if refusal is None:
        assert gap <= allowed_gap(cell), f"{cell} differs by {gap:.2g}"
    else:
        assert "\n" not in refusal and refusal.endswith("."), refusal
        assert any(f"{part}=" in refusal for part in ("optimizer", "penalty", "loss", "backend")), refusal


def test_the_covering_cells_hold_every_pair_of_values():
    met = set().union(*map(pairs_of, COVERING))
    for (i, first), (j, second) in itertools.combinations(enumerate(FACTORS), 2):
        assert {((i, a), (j, b)) for a in first for b in second} <= met
    assert len(COVERING) == len(LOSSES) * len(OPTIMIZERS)


@pytest.mark.parametrize("loss", LOSSES)
def test_any_two_choices_together_agree_with_the_reference_or_are_refused(loss):
    for cell in COVERING:
        if cell.loss == loss:
            check(cell)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_combination_agrees_with_the_reference_or_is_refused(loss, optimizer):
    for cell in cells_of(loss, optimizer):
        check(cell)


def test_only_reasonable_combinations_are_refused():
    def offered(**choice):
        cell = Cell(**{"layout": "CSR int64", "dtype": "float32", "backend": "auto"} | choice)
        return try_cell(cell).refusal is None

    assert offered(loss="hinge", optimizer="ftrl", penalty="elasticnet")
    assert offered(loss="softmax", optimizer="newton", penalty="l2")
    assert offered(loss="pairwise_logistic", optimizer="lamb", penalty=None)
    assert not offered(loss="softmax", optimizer="newton", penalty="l1")
    assert not offered(loss="hinge", optimizer="lbfgs", penalty="l2")
    assert not offered(loss="log_loss", optimizer="newton", penalty="l2", backend="reference")
