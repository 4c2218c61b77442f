"""What holds for every schedule."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sgdkit.exceptions import InvalidParameterError
from sgdkit.plugin.registry import Registry
from sgdkit.schedules import Cosine, Step
from sgdkit.schedules.base import LEAST_SHARE

SCHEDULES = list(Registry().table("learning_rate", plugins=False).values())
HORIZONS = (1, 2, 3, 10, 47)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
class TestEverySchedule:
    def test_gives_positive_floats_within_the_run_and_beyond_it(self, schedule):
        for max_iter in HORIZONS:
            rates = [
                schedule(0.7).rate(epoch, max_iter) for epoch in (*range(max_iter), 2 * max_iter, 10_000)
            ]
            assert all(type(rate) is float and 0.0 < rate <= 0.7 for rate in rates)

    def test_reaches_its_rate_and_never_falls_below_it_by_more_than_twelve_decades(self, schedule):
        for max_iter in (1, 11):
            assert schedule(0.5).rates(max_iter).max() == pytest.approx(0.5)
        assert schedule(0.5).rates(30_000).min() >= 0.5 * LEAST_SHARE

    def test_depends_on_nothing_but_the_epoch(self, schedule):
        made = schedule()
        before = vars(made).copy()
        assert [made.rate(epoch, 9) for epoch in reversed(range(9))] == made.rates(9).tolist()[::-1]
        assert vars(made) == before

    def test_needs_no_rate_of_its_own_and_then_gives_shares_of_the_automatic_one(self, schedule):
        assert schedule().automatic and not schedule(0.1).automatic
        np.testing.assert_allclose(schedule().rates(12), schedule(0.25).rates(12) / 0.25)

    def test_warms_up_linearly_to_its_first_rate_and_then_takes_its_own_course(self, schedule):
        cold, warm = schedule(0.8).rates(10), schedule(0.8, warmup=4).rates(14)
        np.testing.assert_allclose(warm[:4], cold[0] * np.array([0.2, 0.4, 0.6, 0.8]))
        np.testing.assert_allclose(warm[4:], cold)

    def test_says_nothing_about_standing_still_before_the_warm_up_is_over(self, schedule):
        made = schedule(warmup=5)
        assert not any(made.settled(epoch, 20) for epoch in range(5))
        assert made.settled(19, 20) or made.cycle

    def test_refuses_a_rate_that_is_neither_positive_nor_automatic(self, schedule):
        for bad in (0.0, -0.1, float("nan"), float("inf"), "automatic", None, True):
            with pytest.raises(InvalidParameterError, match=r"rate0=.*must be a positive number, or 'auto'"):
                schedule(rate0=bad).check(10)

    @pytest.mark.parametrize("bad", [-1, 1.5, float("nan"), "2", None])
    def test_refuses_a_warm_up_that_is_no_number_of_epochs(self, schedule, bad):
        with pytest.raises(InvalidParameterError, match=r"warmup=.*whole number of epochs, zero or more"):
            schedule(warmup=bad).check(10)

    def test_refuses_a_warm_up_that_leaves_nothing_of_the_run(self, schedule):
        schedule(warmup=9).check(10)
        for warmup in (10, 11):
            with pytest.raises(InvalidParameterError, match="shorter than max_iter=10 epochs; lower warmup"):
                schedule(warmup=warmup).check(10)

    def test_refuses_what_is_outside_a_range_in_a_sentence(self, schedule):
        for parameter, (low, high) in schedule.ranges.items():
            for bad in (low - 1.0, high, float("nan"), "much", None):
                if (parameter, bad) == ("cycle", None):
                    continue
                with pytest.raises(InvalidParameterError, match=rf"{parameter}=.*: {parameter} must be"):
                    schedule(**{parameter: bad}).check(10)
            schedule(**{parameter: low}).check(10)

    def test_every_parameter_of_a_shape_has_a_range(self, schedule):
        assert set(schedule.ranges) == set(schedule().get_params()) - {"rate0", "warmup"}

    def test_can_be_cloned_pickled_and_printed(self, schedule):
        made = schedule(0.3, warmup=2)
        for copy in (clone(made), pickle.loads(pickle.dumps(made))):
            np.testing.assert_array_equal(copy.rates(8), made.rates(8))
        assert "rate0=0.3" in repr(made) and "warmup=2" in repr(made)

    def test_accepts_its_defaults(self, schedule):
        schedule().check(1)


@pytest.mark.parametrize(
    ("schedule", "parameter"), [(Step, "every"), (Cosine, "cycle"), (Cosine, "multiplier")]
)
def test_epochs_are_counted_in_whole_numbers(schedule, parameter):
    with pytest.raises(InvalidParameterError, match=f"{parameter} must be a whole number"):
        schedule(**{parameter: 2.5}).check(10)
    schedule(**{parameter: np.int64(3)}).check(10)
