"""Run all benchmarks: ``python -m benchmarks``, or some of them by name; ``auto`` takes names of sets."""

import sys

from benchmarks import accuracy, auto, epochs, startup

BENCHMARKS = {"epochs": epochs.main, "startup": startup.main, "accuracy": accuracy.main}

if sys.argv[1:2] == ["auto"]:
    auto.main(sys.argv[2:])
else:
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
