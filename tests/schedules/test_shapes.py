"""Each shape against hand values, and against the step-by-step formulas that PyTorch's schedulers use."""

import math

import numpy as np
import pytest

from sgdkit.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Step,
)


def chain(first, factor_of_epoch, n):
    """Return n rates, each the one before times a factor of its epoch."""
    rates = [first]
    for epoch in range(1, n):
        rates.append(rates[-1] * factor_of_epoch(epoch))
    return rates


def test_a_constant_rate_never_changes():
    assert Constant(0.3).rates(10).tolist() == ReduceOnPlateau(0.3).rates(10).tolist() == [0.3] * 10


def test_inverse_scaling_falls_by_the_power_law():
    assert InverseScaling(0.4, power=2.0).rates(4).tolist() == pytest.approx([0.4, 0.1, 0.4 / 9, 0.025])
    assert InverseScaling(0.1, power=0.0).rate(99, 100) == 0.1


@pytest.mark.parametrize(("every", "factor"), [(1, 0.5), (3, 0.1), (100, 0.9)])
def test_step_is_pytorchs_step_lr(every, factor):
    expected = chain(0.8, lambda e: factor if e % every == 0 else 1.0, 30)
    np.testing.assert_allclose(Step(0.8, every=every, factor=factor).rates(30), np.maximum(expected, 0.8e-12))


def test_exponential_is_pytorchs_exponential_lr():
    np.testing.assert_allclose(Exponential(0.8, factor=0.9).rates(30), chain(0.8, lambda e: 0.9, 30))


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_polynomial_is_pytorchs_polynomial_lr(power):
    n = 12
    expected = chain(0.8, lambda e: ((1.0 - e / n) / (1.0 - (e - 1.0) / n)) ** power, n)
    np.testing.assert_allclose(Polynomial(0.8, power=power).rates(n), expected)


@pytest.mark.parametrize("floor", [0.0, 0.25])
def test_cosine_is_pytorchs_cosine_annealing_lr(floor):
    n, least = 15, 0.8 * floor
    expected = [0.8]
    for e in range(1, n):
        ratio = (1.0 + math.cos(math.pi * e / n)) / (1.0 + math.cos(math.pi * (e - 1) / n))
        expected.append(ratio * (expected[-1] - least) + least)
    np.testing.assert_allclose(Cosine(0.8, floor=floor).rates(n), expected)


@pytest.mark.parametrize(("cycle", "multiplier"), [(1, 1), (4, 1), (1, 2), (3, 2), (2, 3)])
def test_cosine_restarts_as_pytorchs_cosine_annealing_warm_restarts(cycle, multiplier):
    expected, current, length = [], 0, cycle
    for _ in range(60):
        expected.append(0.1 + 0.5 * (0.8 - 0.1) * (1.0 + math.cos(math.pi * current / length)))
        current += 1
        if current >= length:
            current, length = current - length, length * multiplier
    made = Cosine(0.8, cycle=cycle, multiplier=multiplier, floor=0.125)
    np.testing.assert_allclose(made.rates(60), expected)


@pytest.mark.parametrize(("n", "rise"), [(11, 0.3), (40, 0.5), (7, 0.75)])
def test_one_cycle_is_pytorchs_one_cycle_lr_with_the_peak_at_the_share_that_was_asked_for(n, rise):
    # Its phases end at ``pct_start * n - 1`` and ``n - 1``; here the first ends at ``rise * (n - 1)``.
    phases = [(rise * (n - 1.0), 0.08, 0.8), (n - 1.0, 0.8, 0.0008)]
    expected = []
    for e in range(n):
        begin = 0.0
        for end, low, high in phases:
            if e <= end or end == n - 1.0:
                share = (e - begin) / (end - begin)
                expected.append(high + (low - high) / 2.0 * (math.cos(math.pi * share) + 1.0))
                break
            begin = end
    np.testing.assert_allclose(OneCycle(0.8, rise=rise).rates(n), expected)


def test_one_cycle_that_does_not_rise_begins_at_its_peak():
    assert OneCycle(1.0, rise=0.0).rate(0, 10) == 1.0


@pytest.mark.parametrize(
    "schedule",
    [InverseScaling(), Step(every=3), Exponential(), Polynomial(), Polynomial(floor=0.1), Cosine()],
    ids=repr,
)
def test_a_falling_shape_never_rises(schedule):
    assert (np.diff([schedule.rate(epoch, 40) for epoch in range(60)]) <= 0.0).all()


def test_one_cycle_rises_to_one_peak_and_falls_from_there():
    rates = OneCycle(0.8, rise=0.25).rates(41)
    peak = int(rates.argmax())
    assert peak == 10 and (np.diff(rates[: peak + 1]) > 0.0).all() and (np.diff(rates[peak:]) < 0.0).all()
    assert rates[[0, peak, -1]] == pytest.approx([0.08, 0.8, 0.0008])


@pytest.mark.parametrize("schedule", [Polynomial(0.8), Cosine(0.8), OneCycle(0.8)], ids=lambda s: s.name)
def test_a_stream_that_outlives_the_run_stays_at_the_last_rate(schedule):
    assert schedule.rate(10, 10) == schedule.rate(500, 10) == schedule.rate(9, 10)


@pytest.mark.parametrize("schedule", [Polynomial(), Cosine(), OneCycle()], ids=lambda s: s.name)
def test_standing_still_means_something_only_when_a_falling_rate_is_down(schedule):
    assert [epoch for epoch in range(20) if schedule.settled(epoch, 20)] == [19]


def test_standing_still_means_something_at_the_end_of_every_cosine_cycle():
    made = Cosine(cycle=2, multiplier=2, warmup=3)
    assert [epoch for epoch in range(30) if made.settled(epoch, 30)] == [4, 8, 16]
