"""The order in which rows are visited."""
