import numpy as np
import pytest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.penalties import PENALTIES, Penalty, resolve_penalty


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, (0.0, 0.0)),
        ("l1", (0.4, 0.0)),
        ("l2", (0.0, 0.4)),
        ("elasticnet", (0.1, 0.3)),
    ],
)
def test_each_name_gives_its_two_strengths(name, expected):
    assert resolve_penalty(name, 0.4, 0.25) == pytest.approx(expected)


@pytest.mark.parametrize("name", PENALTIES)
def test_alpha_zero_is_no_penalty(name):
    assert resolve_penalty(name, 0.0, 0.5) == (0.0, 0.0)


@pytest.mark.parametrize("name", ["ridge", "L2", 3, ("l2",)])
def test_an_unknown_penalty_is_refused_with_the_known_ones(name):
    with pytest.raises(InvalidParameterError, match=r"'l2', 'l1', 'elasticnet', None"):
        resolve_penalty(name, 0.1, 0.5)


def test_value_is_l1_times_the_sum_of_sizes_plus_half_l2_times_the_sum_of_squares():
    coef = np.array([[3.0, -4.0], [0.0, 1.0]], np.float32)
    assert Penalty(0.5, 0.1).value(coef) == pytest.approx(0.5 * 8.0 + 0.05 * 26.0)
