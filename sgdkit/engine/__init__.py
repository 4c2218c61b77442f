"""The training loop, its stopping rules, its record and the automatic rate."""
