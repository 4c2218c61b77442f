import pytest

from sgdkit.engine.stopping import Patience, StopReason


def stops_at(patience, figures):
    """Return the number of the figure (from 1) at which patience runs out, or None."""
    for i, figure in enumerate(figures, 1):
        if patience.says_stop(figure):
            return i
    return None


def test_steady_progress_never_stops():
    assert stops_at(Patience(0.01, 2, relative=True), [1.0, 0.9, 0.8, 0.7, 0.6]) is None


def test_it_stops_after_as_many_figures_without_progress_as_it_was_told():
    for n in (1, 2, 5):
        assert stops_at(Patience(0.0, n, relative=True), [1.0] * 10) == 1 + n


def test_progress_below_the_relative_tolerance_does_not_count():
    assert stops_at(Patience(0.1, 2, relative=True), [1.0, 0.95, 0.93]) == 3
    assert stops_at(Patience(0.1, 2, relative=True), [1.0, 0.95, 0.85, 0.7]) is None


def test_the_relative_tolerance_is_a_share_of_the_best_figures_size_also_below_zero():
    assert stops_at(Patience(0.1, 1, relative=True), [-1.0, -1.05]) == 2
    assert stops_at(Patience(0.1, 1, relative=True), [-1.0, -1.2]) is None


def test_the_absolute_tolerance_is_in_the_units_of_the_figure():
    assert stops_at(Patience(0.1, 1, relative=False), [10.0, 9.95]) == 2
    assert stops_at(Patience(0.1, 1, relative=False), [10.0, 9.85]) is None


def test_waiting_begins_anew_after_progress():
    assert stops_at(Patience(0.0, 2, relative=True), [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0]) == 7


def test_small_steps_add_up_to_nothing_when_each_is_below_the_tolerance():
    # The best figure moves on, so creeping downhill is not progress.
    assert stops_at(Patience(0.1, 3, relative=False), [1.0, 0.95, 0.9, 0.85]) == 4


def test_with_sign_minus_one_greater_is_better():
    assert stops_at(Patience(0.0, 2, relative=False, sign=-1), [0.5, 0.6, 0.7, 0.7, 0.6]) == 5


def test_a_figure_that_is_no_number_counts_as_no_progress_and_does_not_become_the_best():
    patience = Patience(0.0, 3, relative=True)
    assert not patience.says_stop(float("nan"))
    assert patience.best == float("inf")
    assert not patience.says_stop(1.0)
    assert patience.best == 1.0 and patience.waited == 0


def test_is_best_compares_with_what_came_before():
    patience = Patience(0.0, 9, relative=False, sign=-1)
    assert patience.is_best(0.1)
    patience.says_stop(0.5)
    assert patience.is_best(0.6) and not patience.is_best(0.5) and not patience.is_best(float("nan"))


@pytest.mark.parametrize("reason", StopReason)
def test_a_reason_reads_as_its_own_name_in_lower_case(reason):
    assert str(reason) == reason.value == reason.name.lower()
