"""Results that outlive the process: one line of JSON for each, so that a table can be made in pieces."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FOLDER = Path("out") / "auto"


class OutOfTimeError(Exception):
    """The time given for this piece of a table is over."""


def seconds_of(arguments: list[str]) -> float:
    """Return what ``--seconds=N`` among the arguments says."""
    given = [float(each.removeprefix("--seconds=")) for each in arguments if each.startswith("--seconds=")]
    return min(given, default=float("inf"))


class Kept:
    """Results by key, kept in ``out/auto/<name>.jsonl``.

    Parameters
    ----------
    name : str
        Of the file. A key that comes twice has the later result.
    seconds : float
        After so many no further result is made: `get` raises `OutOfTimeError`.
    """

    def __init__(self, name: str, seconds: float = float("inf")):
        self._until = time.perf_counter() + seconds
        self._path = FOLDER / f"{name}.jsonl"
        self._found: dict[str, Any] = {}
        if self._path.exists():
            for line in self._path.read_text().splitlines():
                key, value = json.loads(line)
                self._found[key] = value

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """Return the result for a key; made, printed and kept if it is missing."""
        if key not in self._found:
            if time.perf_counter() > self._until:
                raise OutOfTimeError("Not all results are there yet: run it again.")
            value = make()
            FOLDER.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps([key, value]) + "\n")
            self._found[key] = value
            print(key, json.dumps(value), flush=True)
        return self._found[key]

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def items(self) -> Iterator[tuple[str, Any]]:
        """Return pairs of key and result."""
        return iter(self._found.items())
