"""Interleaved medians: machines are noisy, so only ratios within one run mean anything."""

import time
from collections.abc import Callable

import numpy as np


def interleaved_medians(tasks: dict[str, Callable[[], object]], repeats: int = 9) -> dict[str, float]:
    """Return the median seconds of each task, after one warm-up, run in turn `repeats` times."""
    for task in tasks.values():
        task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            seconds[name].append(time.perf_counter() - started)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def epoch_seconds(fit: Callable[[int], object], epochs: int = 6) -> dict[str, Callable[[], object]]:
    """Return two tasks whose difference is `epochs` epochs, everything inside ``fit`` included."""
    return {"one": lambda: fit(1), "more": lambda: fit(1 + epochs)}
