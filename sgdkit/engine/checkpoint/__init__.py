"""Training kept in a file, so that it can go on after the process has died."""

from sgdkit.engine.checkpoint.keeper import Keeper
from sgdkit.engine.checkpoint.settings import Checkpoint
from sgdkit.engine.checkpoint.snapshot import Snapshot

__all__ = ("Checkpoint", "Keeper", "Snapshot")
