import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.engine.rates import automatic_rates, column_centers
from sgdkit.engine.steepness import column_spreads
from sgdkit.losses import Hinge, Logistic, SquaredError
from sgdkit.optimizers import LAMB, SGD, AdaGrad, Momentum, Nesterov, UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.testing.forms import REFERENCE, Task, train_task

BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)}
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 4)) * np.array([1.0, 10.0, 0.01, 3.0])


def rates(rows=X, weight=None, loss=None, rule=None, scale=1.0, **settings):
    return automatic_rates(rows, weight, loss or Logistic(), rule or AdaGrad(), scale, True, **settings)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("loss", [Logistic(), SquaredError(), Hinge()], ids=lambda loss: loss.name)
def test_every_rate_is_positive_and_finite_also_for_empty_columns(rule, loss):
    rows = X.copy()
    rows[:, 1] = 0.0
    for data in (rows, sp.csr_matrix(rows), np.zeros((5, 4)), 1e6 * rows, 1e-6 * rows):
        found = rates(data, loss=loss, rule=rule())
        assert found.shape == (5,) and (found > 0.0).all() and np.isfinite(found).all()


@pytest.mark.parametrize(("rule", "power"), [(AdaGrad(), 1), (SGD(), 2)], ids=["normalized", "linear"])
def test_a_column_in_smaller_units_gets_a_larger_rate_in_the_units_of_its_weight(rule, power):
    scaled = X * np.array([1.0, 1.0, 100.0, 1.0])
    ratio = rates(X, rule=rule) / rates(scaled, rule=rule)
    assert ratio == pytest.approx([1.0, 1.0, 100.0**power, 1.0, 1.0])


def test_a_relative_rule_gets_its_own_rate_and_moves_each_column_in_its_units():
    found = rates(rule=LAMB())
    assert found[-1] == LAMB.auto_rate  # of the intercept, whose unit is 1
    assert rates(1e6 * X, rule=LAMB())[:4] == pytest.approx(1e-6 * found[:4])
    assert found[0] / found[1] == pytest.approx(rates()[0] / rates()[1])


def test_the_rate_of_a_normalised_rule_grows_with_the_targets_scale():
    assert rates(scale=7.0) == pytest.approx(7.0 * rates())


def test_rows_of_weight_zero_do_not_count_and_equal_weights_do_not_matter():
    weight = np.repeat([1.0, 0.0], 100)
    assert rates(X, weight) == pytest.approx(rates(X[:100]))
    assert rates(X, np.full(200, 3.0)) == pytest.approx(rates(X))


def test_sparse_and_dense_rows_get_the_same_rates():
    rows = X * (RANDOM.random(X.shape) < 0.3)
    assert rates(sp.csr_matrix(rows)) == pytest.approx(rates(rows))


def test_centred_rates_are_those_of_the_centred_rows():
    shifted = X + np.array([100.0, -3.0, 0.5, 0.0])
    center = column_centers(shifted, None)
    assert center == pytest.approx(shifted.mean(axis=0))
    assert rates(shifted, center=center) == pytest.approx(rates(shifted - center))


def test_sparse_columns_are_centred_where_the_mean_exceeds_the_spread():
    assert column_centers(sp.csr_matrix(X), None) is None
    weight = RANDOM.uniform(0.5, 2.0, len(X))
    rows = X * (RANDOM.random(X.shape) < 0.9)
    rows[:, 1] += 100.0
    center = column_centers(sp.csr_matrix(rows), weight)
    assert center == pytest.approx([0.0, np.average(rows[:, 1], weights=weight), 0.0, 0.0])


@pytest.mark.parametrize("rule", [AdaGrad(), SGD()])
def test_sparse_rows_get_the_rates_of_the_centred_rows(rule):
    rows = X + np.array([100.0, -3.0, 0.5, 0.0])
    center = np.array([100.0, -3.0, 0.0, 0.0])
    assert rates(sp.csr_matrix(rows), rule=rule, center=center) == pytest.approx(
        rates(rows, rule=rule, center=center), rel=1e-6
    )


def test_a_rule_with_a_gain_of_its_own_gets_a_smaller_rate():
    assert rates(rule=Momentum(beta=0.75)) == pytest.approx(rates(rule=SGD()) / 4.0)


@pytest.mark.parametrize("rule", [SGD(), Momentum(), Nesterov()], ids=lambda rule: rule.name)
def test_a_linear_rule_at_its_automatic_rate_never_diverges(rule):
    y = RANDOM.normal(size=200)
    own = rates(loss=SquaredError(), rule=rule)
    task = Task(X=X, y=y, loss=SquaredError(), rule=rule, rates=own, lr=1.0, n_epochs=20, batch_size=1)
    found = train_task(REFERENCE, task)
    assert all(report.finite and report.mean_loss < 2.0 * np.mean(y**2) for report in found.reports)


def test_only_a_sample_of_very_many_rows_is_looked_at_and_it_covers_the_whole():
    rows = np.ones((40_000, 1))
    rows[20_000:] = 3.0
    found = automatic_rates(rows, None, SquaredError(), SGD(), 1.0, False)
    # Half of one over the curvature of all rows, 5, and as much again for batches of one row.
    assert found[0] == pytest.approx(0.5 / (5.0 + 5.0), rel=0.05)


def test_a_rare_column_is_met_by_batches_as_if_one_row_of_each_had_it():
    rows = np.zeros((10_000, 2))
    rows[::2, 0] = 1.0
    rows[0, 1] = 1.0
    for data in (rows, sp.csr_matrix(rows)):
        weight = np.full(10_000, 1e-4)
        assert column_spreads(data, weight, None) ** 2 == pytest.approx([0.5, 1e-4])
        assert column_spreads(data, weight, None, 100) ** 2 == pytest.approx([0.51, 0.0101])
