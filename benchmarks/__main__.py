"""Run all benchmarks: ``python -m benchmarks``, or some of them by name; ``auto`` takes one of its tables."""

import sys

from benchmarks import accuracy, epochs, startup
from benchmarks.auto import choice, gaps, rules, tuning_free

BENCHMARKS = {"epochs": epochs.main, "startup": startup.main, "accuracy": accuracy.main}

AUTO = {"tuning-free": tuning_free.main, "rules": rules.main, "choice": choice.main, "gaps": gaps.main}

if sys.argv[1:2] == ["auto"]:
    for name in [sys.argv[2]] if sys.argv[2:3] and sys.argv[2] in AUTO else AUTO:
        AUTO[name](sys.argv[3:])
else:
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
