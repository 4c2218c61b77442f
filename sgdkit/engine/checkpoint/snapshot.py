"""Everything that training has become after some epochs, as plain arrays and back."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from sgdkit.backends.base import Backend, TrainState
from sgdkit.engine.history import COLUMNS
from sgdkit.exceptions import InvalidParameterError

__all__ = ("Snapshot", "host_state", "read_snapshot", "write_snapshot")

MAGIC = b"sgdkit checkpoint 1\n"
_SECONDS = COLUMNS.index("seconds")
_ARRAYS = ("w", "slots", "average")
_NUMBERS = tuple(each.name for each in fields(TrainState) if each.name not in _ARRAYS)


@dataclass(slots=True)
class Snapshot:
    """A training run between two epochs.

    Attributes
    ----------
    state : TrainState
        Its arrays are on the host.
    done : int
        Epochs or iterations made.
    seed : int
        Of the order.
    rows : ndarray of shape (done, n_columns)
        The history so far.
    patience : tuple of float
        What the stopping rule remembers: best figure, first figure, epochs waited. Empty where there is none.
    best : TrainState or None
        State of the best validation score.
    reason : str
        The rule that ended training; empty while none has.
    held_out : ndarray of shape (n_held,) or None
        Rows that were held out for validation.
    culprits : dict of int to dict
        Batches behind jumps of the objective so far.
    identity : dict
        Which problem this is about: texts, nested.
    """

    state: TrainState
    done: int
    seed: int
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    patience: tuple[float, ...] = ()
    best: TrainState | None = None
    reason: str = ""
    held_out: np.ndarray | None = None
    culprits: dict[int, dict[str, Any]] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)

    def digest(self) -> str:
        """Return the SHA-256 of everything but the seconds that epochs took."""
        whole = hashlib.sha256(json.dumps(self._header(), sort_keys=True).encode())
        for name, array in self._arrays():
            array = array[:, :_SECONDS] if name == "rows" else array
            whole.update(f"{name} {array.dtype.str} {array.shape}".encode())
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()

    def _header(self) -> dict[str, Any]:
        return {
            "state": _numbers(self.state),
            "best": None if self.best is None else _numbers(self.best),
            "done": self.done,
            "seed": self.seed,
            "patience": list(self.patience),
            "reason": self.reason,
            "culprits": list(self.culprits.items()),
            "identity": self.identity,
        }

    def _arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        yield "rows", self.rows
        if self.held_out is not None:
            yield "held_out", self.held_out
        for owner in ("state", "best"):
            state = getattr(self, owner)
            for name in _ARRAYS:
                if state is not None and getattr(state, name) is not None:
                    yield f"{owner}.{name}", getattr(state, name)

    def on(self, backend: Backend) -> tuple[TrainState, TrainState | None]:
        """Return copies of `state` and `best` whose arrays are those of a backend."""
        return _moved(self.state, backend.from_host), _moved(self.best, backend.from_host)


def _numbers(state: TrainState) -> dict[str, float]:
    return {name: np.asarray(getattr(state, name)).item() for name in _NUMBERS}


def host_state(state: TrainState, backend: Backend) -> TrainState:
    """Return a copy of a state whose arrays are on the host."""
    return _moved(state, backend.to_host)


def _moved(state: Any, move: Any) -> Any:
    if state is None:
        return None
    twin = state.copy()
    for name in _ARRAYS:
        if getattr(twin, name) is not None:
            setattr(twin, name, move(getattr(twin, name)))
    return twin


def write_snapshot(snapshot: Snapshot) -> bytes:
    """Return the snapshot as the content of a file."""
    body = io.BytesIO()
    header = np.frombuffer(json.dumps(snapshot._header()).encode(), np.uint8)
    np.savez(body, allow_pickle=False, header=header, **dict(snapshot._arrays()))
    content = body.getvalue()
    return MAGIC + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot from a file; nothing is unpickled.

    Raises
    ------
    InvalidParameterError
        If there is no such file, it is no checkpoint, or not as it was written.
    """
    given = f"resume_from={str(path)!r}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidParameterError(
            f"{given} cannot be read: {error.strerror}. Where nothing was kept yet, leave resume_from=None."
        ) from error
    if not content.startswith(MAGIC):
        raise InvalidParameterError(f"{given} is no checkpoint that this sgdkit can read.")
    digest, _, body = content[len(MAGIC) :].partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise InvalidParameterError(
            f"{given} is damaged: it is not as it was written. Resume from another one, or train anew."
        )
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            arrays = dict(archive)
        header = json.loads(arrays.pop("header").tobytes())
        states: dict[str, Any] = {"best": None}
        for owner in ("state", "best"):
            if header[owner] is not None:
                own: dict[str, Any] = {name: arrays.get(f"{owner}.{name}") for name in _ARRAYS}
                states[owner] = TrainState(**own, **header[owner])
        return Snapshot(
            **states, rows=arrays["rows"],
            held_out=arrays.get("held_out"), done=header["done"], seed=header["seed"],
            patience=tuple(header["patience"]), reason=header["reason"],
            culprits=dict(header["culprits"]), identity=header["identity"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidParameterError(f"{given} is no checkpoint that this sgdkit can read.") from error
