"""Twelve problems that are hard in one way each."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from benchmarks.auto.raw_sets import Rows


def _gauss(seed: int, n: int = 3_000, d: int = 20) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return rng, X, X @ rng.standard_normal(d)


def _split(X: object, figure: np.ndarray, share: float = 0.5) -> Rows:
    return Rows("classification", X, (figure > np.quantile(figure, 1.0 - share)).astype(int))


def _ill(regression: bool) -> Rows:
    """Columns of size 1e-6 to 1e6, off centre by up to ten sizes."""
    rng, X, signal = _gauss(1)
    size = 10.0 ** np.linspace(-6, 6, 20)
    noisy, Z = signal + 2.0 * rng.standard_normal(3_000), (X + rng.uniform(-10, 10, 20)) * size
    return Rows("regression", Z, noisy / noisy.std()) if regression else _split(Z, noisy)


def _heavy(regression: bool) -> Rows:
    """Student t with 1.5 degrees of freedom."""
    rng = np.random.default_rng(2)
    X = rng.standard_t(1.5, (3_000, 20))
    y = X @ rng.standard_normal(20) + 5.0 * rng.standard_t(1.5, 3_000)
    return Rows("regression", X, y / y.std()) if regression else _split(X, y)


def _rare() -> Rows:
    """0.5 % positives."""
    rng, X, signal = _gauss(3, 4_000)
    return _split(X, signal + 2.0 * rng.standard_normal(4_000), 0.005)


def _rare_of_three() -> Rows:
    """Three classes, one of 0.5 %."""
    rng, X, signal = _gauss(4, 4_000)
    figure = signal + 2.0 * rng.standard_normal(4_000)
    return Rows("classification", X, np.digitize(figure, np.quantile(figure, [0.6, 0.995])))


def _separable() -> Rows:
    """A plane between the classes."""
    _, X, signal = _gauss(5)
    return _split(X, signal)


def _wide(regression: bool) -> Rows:
    """200 rows of 2,000 columns."""
    rng, X, signal = _gauss(6, 200, 2_000)
    figure = signal + 20.0 * rng.standard_normal(200)
    return Rows("regression", X, figure / figure.std()) if regression else _split(X, figure)


def _sparse() -> Rows:
    """4,000 rows, 3,000 columns, 0.5 % filled."""
    rng = np.random.default_rng(7)
    X = sp.random(4_000, 3_000, density=0.005, format="csr", random_state=0)
    return _split(X, X @ rng.standard_normal(3_000))


def _zipf() -> Rows:
    """6,000 rows of 40 counts in 5,000 columns by Zipf's law, labels with noise."""
    rng = np.random.default_rng(8)
    share = 1.0 / np.arange(1, 5_001)
    columns = rng.choice(5_000, size=6_000 * 40, p=share / share.sum())
    X = sp.csr_matrix((np.ones(6_000 * 40), columns, np.arange(0, 6_000 * 40 + 1, 40)), shape=(6_000, 5_000))
    X.sum_duplicates()
    figure = X @ rng.standard_normal(5_000)
    return _split(X, figure + figure.std() * rng.standard_normal(6_000))


def _duplicated(regression: bool) -> Rows:
    """Every column three times, once a thousandfold."""
    rng, X, signal = _gauss(9)
    Z, noisy = np.hstack([X, X, 1000.0 * X]), signal + 2.0 * rng.standard_normal(3_000)
    return Rows("regression", Z, noisy / noisy.std()) if regression else _split(Z, noisy)


SYNTHETIC: dict[str, Callable[[], Rows]] = {
    "ill-scaled": lambda: _ill(False),
    "ill-scaled, regression": lambda: _ill(True),
    "heavy tails": lambda: _heavy(False),
    "heavy tails, regression": lambda: _heavy(True),
    "rare class": _rare,
    "rare class of three": _rare_of_three,
    "separable": _separable,
    "n << p": lambda: _wide(False),
    "n << p, regression": lambda: _wide(True),
    "duplicated columns": lambda: _duplicated(False),
    "sparse": _sparse,
    "sparse, Zipf": _zipf,
}
