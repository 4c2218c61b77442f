"""sgdkit: gradient-descent linear models for scikit-learn."""
__version__ = "0.1.0"
