"""Writes snapshots of a run to its file when they are due, and hands over the one it goes on from."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sgdkit.atomic_file import replace_file
from sgdkit.engine.checkpoint.settings import Checkpoint
from sgdkit.engine.checkpoint.snapshot import Snapshot, write_snapshot

__all__ = ("Keeper",)


class Keeper:
    """Keeps one run.

    Parameters
    ----------
    settings : Checkpoint or None
        Where and how often to write; None writes nothing.
    resumed : Snapshot or None
        What the run goes on from; None where it begins.
    identity : dict
        Which problem the run is about.
    seed : int
        Of its order.
    held_out : ndarray or None
        Rows that were held out for validation.
    """

    def __init__(
        self,
        settings: Checkpoint | None,
        resumed: Snapshot | None,
        identity: dict[str, Any],
        seed: int,
        held_out: np.ndarray | None,
    ):
        self.resumed = resumed
        self.settings = settings
        self._facts: dict[str, Any] = {"identity": identity, "seed": seed, "held_out": held_out}
        self._last: Snapshot | None = None
        self._epochs = 0 if resumed is None else resumed.done
        self._time = time.perf_counter()

    def is_due(self, done: int, *, is_last: bool = False) -> bool:
        """Tell whether the end of this epoch, counted from 1, is to be written."""
        settings = self.settings
        if settings is None or is_last:
            return settings is not None
        epochs, seconds = done - self._epochs, time.perf_counter() - self._time
        return epochs >= settings.every_epochs and seconds >= (settings.every_seconds or 0.0)

    def write(self, snapshot: Snapshot) -> None:
        """Replace the file's content by a snapshot of this run."""
        assert self.settings is not None  # otherwise nothing is due
        self._last = replace(snapshot, **self._facts)
        replace_file(Path(self.settings.path), write_snapshot(self._last), durable=True)
        self._epochs, self._time = snapshot.done, time.perf_counter()

    def evidence(self) -> dict[str, Any]:
        """Return what a record says: the last checkpoint written, and the one the run went on from."""
        ends = {"written": self._last, "resumed_from": self.resumed}
        return {key: {"epoch": each.done, "sha256": each.digest()} for key, each in ends.items() if each}
