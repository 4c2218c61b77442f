import numpy as np
import pytest

from sgdkit.testing.claims import claim_close, failures_as_claims, largest_difference


def test_differences_are_shares_of_the_largest_expected_size():
    assert largest_difference([1.0, 3.0], [1.0, 4.0]) == 0.25
    assert largest_difference([0.0], [0.0]) == 0.0
    assert largest_difference([1e-30], [0.0]) == np.inf
    assert largest_difference([], []) == 0.0


def test_values_that_are_not_finite_must_be_the_same_ones():
    assert largest_difference([np.nan, np.inf], [np.nan, np.inf]) == 0.0
    assert largest_difference([np.nan], [1.0]) == largest_difference([np.inf], [-np.inf]) == np.inf


def test_a_claim_says_by_how_much_it_fails():
    claim_close([1.0], [1.0], 0.0, "Equal")
    with pytest.raises(AssertionError, match=r"Half: the largest relative difference is 0.5; 1e-03 is"):
        claim_close([1.0], [2.0], 1e-3, "Half")


def test_failures_become_claims_and_claims_stay_what_they_are():
    with pytest.raises(AssertionError, match=r"^It runs: ValueError: no$"), failures_as_claims("It runs"):
        raise ValueError("no\nmore")
    with pytest.raises(AssertionError, match=r"^as it was$"), failures_as_claims("It runs"):
        raise AssertionError("as it was")
