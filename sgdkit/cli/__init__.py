"""The command line: ``sgdkit demo``, ``sgdkit plugins``, ``sgdkit warmup``. Needs the extra ``cli``."""
