"""What runs an epoch: compiled loops, plain NumPy, CuPy."""
