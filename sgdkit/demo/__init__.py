"""The demonstration: train, tune and audit linear models on real data, and write a report."""

from sgdkit.demo.run import run_demo

__all__ = ("run_demo",)
