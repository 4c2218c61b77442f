"""Compiled loops: the only package that imports Numba."""
