import pytest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.plugin.registry import Registry
from sgdkit.schedules import Constant, InverseScaling

SCHEDULES = list(Registry().table("learning_rate", plugins=False).values())


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
class TestEverySchedule:
    def test_gives_a_positive_float_for_every_epoch(self, schedule):
        rates = [schedule().rate(epoch) for epoch in (0, 1, 2, 10, 1000)]
        assert all(type(rate) is float and rate > 0.0 for rate in rates)

    def test_depends_on_nothing_but_the_epoch(self, schedule):
        made = schedule()
        forward = [made.rate(epoch) for epoch in range(5)]
        assert [made.rate(epoch) for epoch in reversed(range(5))] == forward[::-1]

    def test_refuses_a_first_rate_that_is_not_positive(self, schedule):
        for bad in (0.0, -0.1, float("nan")):
            with pytest.raises(InvalidParameterError, match=r"rate0=.*must be"):
                schedule(rate0=bad).check()

    def test_accepts_its_defaults(self, schedule):
        schedule().check()


def test_the_constant_schedule_never_changes():
    assert {Constant(0.3).rate(epoch) for epoch in range(10)} == {0.3}


def test_inverse_scaling_falls_by_the_power_law():
    assert [InverseScaling(0.4, power=2.0).rate(e) for e in (0, 1, 3)] == pytest.approx([0.4, 0.1, 0.025])


def test_inverse_scaling_with_power_zero_is_constant_and_a_negative_power_is_refused():
    InverseScaling(0.1, power=0.0).check()
    assert InverseScaling(0.1, power=0.0).rate(99) == 0.1
    with pytest.raises(InvalidParameterError, match=r"power=-1.0.*zero or positive"):
        InverseScaling(power=-1.0).check()
