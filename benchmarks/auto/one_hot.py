"""Three problems of categories, a column for each level, most of which are rare."""

from collections.abc import Callable

import numpy as np

from benchmarks.auto.raw_sets import Rows

LEVELS = 6, 12, 30, 80, 80


def _columns(seed: int, n: int = 4_000) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    """Return levels by Zipf's law beside four skewed numbers, and what they say together."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = [rng.lognormal(size=(n, 4))]
    for levels in LEVELS:
        share = 1.0 / np.arange(1, levels + 1) ** 1.5
        drawn = rng.choice(levels, size=n, p=share / share.sum())
        parts.append((drawn[:, None] == np.unique(drawn)[None, :]).astype(float))
    X = np.hstack(parts)
    return rng, X, X @ np.concatenate([0.3 * rng.standard_normal(4), rng.standard_normal(X.shape[1] - 4)])


def _classes(seed: int, noise: float) -> Rows:
    rng, X, signal = _columns(seed)
    figure = signal + noise * signal.std() * rng.standard_normal(len(signal))
    return Rows("classification", X, (figure > np.median(figure)).astype(int))


def _regression() -> Rows:
    rng, X, signal = _columns(21)
    y = signal + signal.std() * rng.standard_normal(len(signal))
    return Rows("regression", X, y / y.std())


ONE_HOT: dict[str, Callable[[], Rows]] = {
    "categories": lambda: _classes(22, 1.0),
    "categories, separable": lambda: _classes(23, 0.0),
    "categories, regression": _regression,
}
