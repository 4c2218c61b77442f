"""The interior-point method where outputs, rows and columns differ."""

import numpy as np
import scipy.sparse as sp

from sgdkit import HingeClassifier
from sgdkit.engine.stopping import StopReason
from sgdkit.losses import Hinge
from sgdkit.solvers import InteriorPoint, interior_point, products, systems
from sgdkit.solvers.products import ProductSystem


def three_classes(share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of three classes on a line with noise, one of them of this share."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((1_000, 8))
    figure = X @ rng.standard_normal(8) + 2.0 * rng.standard_normal(1_000)
    return X, np.digitize(figure, np.quantile(figure, [0.6, 1.0 - share]))


def test_an_output_that_is_done_does_not_wait_for_the_others():
    # The iterates of the rare class are at its optimum long before those of the class in the middle.
    X, y = three_classes(0.02)
    model = HingeClassifier(penalty="l1", alpha=1e-6, tol=1e-9).fit(X, y)
    assert model.converged_
    alone = 0.0
    for k in range(3):
        binary = HingeClassifier(penalty="l1", alpha=1e-6, tol=1e-9).fit(X, y == k)
        alone += binary.history_["objective"][-1]
    np.testing.assert_allclose(model.history_["objective"][-1], alone, rtol=1e-8)


def test_rows_that_outweigh_the_coefficients_by_far_are_enough(make_problem, run_solver, monkeypatch):
    # With an l1 penalty they are about as many as there are coefficients, not all rows near a corner.
    rng = np.random.default_rng(0)
    X = sp.random(600, 500, density=0.02, format="csr", random_state=0)
    figure = X @ rng.standard_normal(500)
    y = (figure + figure.std() * rng.standard_normal(600) > 0.0).astype(float)
    for module, name in ((interior_point, "MAX_FEATURES_ALONE"), (systems, "MAX_ROWS")):
        monkeypatch.setattr(module, name, 0)
    monkeypatch.setattr(products, "MOST_ROWS", 480)
    counted, product = [0], ProductSystem._product

    def count(self, q, qb):
        counted[0] += 1
        return product(self, q, qb)

    monkeypatch.setattr(ProductSystem, "_product", count)
    found = run_solver(InteriorPoint(), make_problem(X, y, Hinge(), l1=1e-6), tol=1e-4)
    assert found.reason is StopReason.CONVERGED
    assert counted[0] < 5_000
