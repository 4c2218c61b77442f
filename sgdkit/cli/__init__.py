"""The command line: one module for each command of ``sgdkit``. Needs the extra ``cli``."""
