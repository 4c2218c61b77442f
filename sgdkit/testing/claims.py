"""Assertions that say in one sentence what is wrong, and by how much."""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ("claim", "claim_close", "failures_as_claims", "largest_difference")


def claim(holds: bool, sentence: str) -> None:
    """Raise AssertionError with `sentence` unless it `holds`."""
    if not holds:
        raise AssertionError(sentence)


def largest_difference(found: Any, expected: Any) -> float:
    """Return the largest absolute difference as a share of the largest expected size; 0 for no elements."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    if found.size == 0:
        return 0.0
    if not np.isfinite(found).all() or not np.isfinite(expected).all():
        return 0.0 if np.array_equal(found, expected, equal_nan=True) else float("inf")
    gap = float(np.max(np.abs(found - expected)))
    size = float(np.max(np.abs(expected)))
    return gap if gap == 0.0 else gap / size if size > 0.0 else float("inf")


def claim_close(found: Any, expected: Any, allowed: float, sentence: str) -> None:
    """Raise AssertionError unless the largest relative difference is at most `allowed`."""
    gap = largest_difference(found, expected)
    claim(
        gap <= allowed, f"{sentence}: the largest relative difference is {gap:.2g}; {allowed:.0e} is allowed."
    )


@contextlib.contextmanager
def failures_as_claims(sentence: str) -> Iterator[None]:
    """Turn any other exception inside the block into an AssertionError that begins with `sentence`."""
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise AssertionError(f"{sentence}: {type(error).__name__}: {reason[0] if reason else ''}") from error
