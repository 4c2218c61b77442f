import math

import numpy as np
import pytest

from sgdkit.losses import PairwiseLogistic
from sgdkit.testing.forms import available_forms, loss_and_gradient

FORMS = {name: form for name, form in available_forms().items() if name != "compiled CSR int64"}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def evaluate(request):
    def call(raw, y, edges, weight=None):
        raw = np.asarray(raw, float).reshape(-1, 1)
        weight = np.ones(len(raw)) if weight is None else np.asarray(weight, float)
        value, slope = loss_and_gradient(
            request.param, PairwiseLogistic(), raw, np.asarray(y, float), weight, np.asarray(edges)
        )
        return value, slope[:, 0]

    return call


def test_one_pair_at_equal_predictions_costs_log_two_a_row(evaluate):
    value, slope = evaluate([0.0, 0.0], [1.0, 0.0], [0, 2])
    assert value == pytest.approx(2.0 * math.log(2.0), rel=1e-14)
    assert slope == pytest.approx([-1.0, 1.0], rel=1e-14)


def test_queries_without_pairs_add_nothing(evaluate):
    value, slope = evaluate([3.0, -1.0, 2.0], [1.0, 1.0, 1.0], [0, 3])
    assert value == 0.0 and slope.tolist() == [0.0, 0.0, 0.0]


def test_a_query_of_one_row_adds_nothing(evaluate):
    alone, slope = evaluate([3.0, 0.2, -0.1], [2.0, 1.0, 0.0], [0, 1, 3])
    pair, pair_slope = evaluate([0.2, -0.1], [1.0, 0.0], [0, 2])
    assert alone == pytest.approx(pair, rel=1e-14)
    assert slope.tolist() == pytest.approx([0.0, *pair_slope], rel=1e-14)


def test_rows_of_equal_grade_form_no_pair(evaluate):
    value, slope = evaluate([0.5, 0.1, -0.2], [1.0, 0.0, 0.0], [0, 3])
    margins = np.array([0.4, 0.7])
    assert value == pytest.approx(3.0 * np.mean(np.log1p(np.exp(-margins))), rel=1e-13)
    assert slope[1] == pytest.approx(1.5 / (1.0 + math.exp(0.4)), rel=1e-13)


def test_the_gradient_of_a_query_sums_to_zero(evaluate):
    random = np.random.default_rng(0)
    _, slope = evaluate(random.normal(size=9), random.integers(0, 3, 9), [0, 4, 9], random.uniform(0.5, 2, 9))
    assert slope[:4].sum() == pytest.approx(0.0, abs=1e-13)
    assert slope[4:].sum() == pytest.approx(0.0, abs=1e-13)


def test_queries_do_not_see_each_other(evaluate):
    random = np.random.default_rng(1)
    raw, y, weight = random.normal(size=7), np.array([0, 1, 2, 0, 1, 1, 0.0]), random.uniform(0.5, 2, 7)
    together, slope = evaluate(raw, y, [0, 3, 7], weight)
    first, first_slope = evaluate(raw[:3], y[:3], [0, 3], weight[:3])
    second, second_slope = evaluate(raw[3:], y[3:], [0, 4], weight[3:])
    assert together == pytest.approx(first + second, rel=1e-13)
    assert slope == pytest.approx(np.append(first_slope, second_slope), rel=1e-12)


def test_a_row_of_weight_two_counts_like_two_rows(evaluate):
    value, slope = evaluate([0.3, -0.4, 1.0], [1.0, 0.0, 2.0], [0, 3], [1.0, 2.0, 1.0])
    twice, twice_slope = evaluate([0.3, -0.4, -0.4, 1.0], [1.0, 0.0, 0.0, 2.0], [0, 4])
    assert value == pytest.approx(twice, rel=1e-13)
    assert slope[1] == pytest.approx(twice_slope[1] + twice_slope[2], rel=1e-13)


def test_the_order_of_rows_inside_a_query_does_not_matter(evaluate):
    raw, y = np.array([0.3, -0.4, 1.0, 0.1]), np.array([1.0, 0.0, 2.0, 1.0])
    value, slope = evaluate(raw, y, [0, 4])
    turned, turned_slope = evaluate(raw[::-1], y[::-1], [0, 4])
    assert turned == pytest.approx(value, rel=1e-13)
    assert turned_slope[::-1] == pytest.approx(slope, rel=1e-13)


def test_far_apart_predictions_cost_their_distance_and_nothing_overflows(evaluate):
    value, slope = evaluate([-1e4, 1e4], [1.0, 0.0], [0, 2])
    assert value == pytest.approx(4e4) and slope == pytest.approx([-2.0, 2.0])
    value, slope = evaluate([1e4, -1e4], [1.0, 0.0], [0, 2])
    assert value == pytest.approx(0.0, abs=1e-30) and slope == pytest.approx([0.0, 0.0], abs=1e-30)
