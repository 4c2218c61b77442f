import numpy as np
import pytest

from sgdkit.data.sampling import ByClass, ByImportance, WithReplacement

Y = np.repeat([0, 1, 2], [150, 40, 10])[np.random.default_rng(0).permutation(200)]
IMPORTANCE = np.random.default_rng(1).exponential(size=200) ** 2
SAMPLERS = {
    "with replacement": WithReplacement(200),
    "stratified": ByClass(Y, equal=False),
    "balanced": ByClass(Y, equal=True),
    "importance": ByImportance(IMPORTANCE),
    "importance with heavy rows": ByImportance(np.append(np.zeros(198), [1.0, 1e9])),
}


@pytest.fixture(params=SAMPLERS.values(), ids=SAMPLERS)
def sampler(request):
    return request.param


def test_an_epoch_has_as_many_rows_as_there_are_and_depends_on_seed_and_epoch_only(sampler):
    order = sampler.order(3, 5)
    assert order.dtype == np.int64 and order.shape == (200,)
    assert order.min() >= 0 and order.max() < 200
    np.random.default_rng(0).normal()
    assert np.array_equal(order, sampler.order(3, 5))
    assert not np.array_equal(order, sampler.order(3, 6)) and not np.array_equal(order, sampler.order(4, 5))


def test_the_weighted_sum_of_an_epoch_is_right_on_average(sampler):
    correction = np.ones(200) if sampler.correction is None else sampler.correction
    visits = np.mean([np.bincount(sampler.order(0, epoch), minlength=200) for epoch in range(2000)], axis=0)
    # Of 2000 epochs with a variance of at most the mean each: five standard errors.
    assert np.abs(visits - 1.0 / correction).max() <= 5.0 * np.sqrt((1.0 / correction).max() / 2000)
    figures = np.random.default_rng(2).normal(size=200) + 1.0
    sums = [np.sum((correction * figures)[sampler.order(1, epoch)]) for epoch in range(2000)]
    assert np.mean(sums) == pytest.approx(figures.sum(), abs=5 * np.std(sums) / 2000**0.5 + 1e-9)


def test_with_replacement_some_rows_come_twice_and_some_not():
    visits = np.bincount(WithReplacement(10_000).order(0, 0), minlength=10_000)
    assert np.mean(visits == 0) == pytest.approx(np.exp(-1), abs=0.02)


@pytest.mark.parametrize("batch", [10, 20, 50])
def test_every_stratified_batch_has_the_shares_of_the_classes(batch):
    sampler = SAMPLERS["stratified"]
    for epoch in range(5):
        order = sampler.order(0, epoch)
        assert np.array_equal(np.sort(order), np.arange(200))
        for start in range(0, 200, batch):
            counts = np.bincount(Y[order[start : start + batch]], minlength=3)
            assert np.abs(counts - batch * np.array([0.75, 0.2, 0.05])).max() <= 2.0


def test_every_balanced_batch_has_equal_shares_and_rows_of_a_class_come_equally_often():
    sampler = SAMPLERS["balanced"]
    order = sampler.order(0, 0)
    assert np.bincount(Y[order]).tolist() == [67, 67, 66]
    for start in range(0, 200, 20):
        assert np.abs(np.bincount(Y[order[start : start + 20]], minlength=3) - 20 / 3).max() <= 2.0
    for label in range(3):
        visits = np.bincount(order, minlength=200)[label == Y]
        assert visits.max() - visits.min() <= 1


def test_importance_visits_rows_as_often_as_announced_rounded_up_or_down():
    sampler = SAMPLERS["importance"]
    assert sampler.expected.sum() == pytest.approx(200) and sampler.correction.max() <= 2.0
    visits = np.bincount(sampler.order(0, 0), minlength=200)
    assert (np.abs(visits - sampler.expected) < 1.0 + 1e-9).all()
    assert np.corrcoef(visits, IMPORTANCE)[0, 1] > 0.9


@pytest.mark.parametrize("importance", [np.zeros(5), np.ones(5), np.full(5, 1e-300)])
def test_rows_of_equal_importance_come_once_each(importance):
    sampler = ByImportance(importance)
    assert sampler.correction == pytest.approx(np.ones(5))
    assert np.array_equal(np.sort(sampler.order(0, 0)), np.arange(5))


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("y", [np.zeros(1), np.zeros(7), np.array([1, 0]), np.array([3, 3, 9])])
def test_few_rows_and_classes_are_spread_without_fail(y, equal):
    sampler = ByClass(y, equal)
    assert len(sampler.order(0, 0)) == len(y)
