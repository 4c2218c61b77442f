"""Run all benchmarks: ``python -m benchmarks``, or some of them by name."""

import sys

from benchmarks import accuracy, epochs, startup

BENCHMARKS = {"epochs": epochs.main, "startup": startup.main, "accuracy": accuracy.main}

for name in sys.argv[1:] or BENCHMARKS:
    BENCHMARKS[name]()
