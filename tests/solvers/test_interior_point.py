"""The interior-point method where outputs, rows and columns differ."""

import numpy as np

from sgdkit import HingeClassifier


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
