"""Benchmarks: what the README and the docs claim, measured. Run with ``make bench``."""
