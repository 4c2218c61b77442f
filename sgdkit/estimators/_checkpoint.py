"""From `checkpoint` and `resume_from` to a kept run, which is refused for any other data or parameters."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

import sgdkit
from sgdkit.backends.select import is_cupy
from sgdkit.engine.checkpoint import Checkpoint, Keeper, Snapshot
from sgdkit.engine.checkpoint.snapshot import read_snapshot
from sgdkit.estimators._rows import TrainingRows
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError

__all__ = ("KeptRun", "checkpoint_of", "refuse_in_stream")

_ANEW = "Fit with the data and parameters of that run, or train anew with resume_from=None."
# They decide how long a run takes and where it is kept, not what it gives.
_FREE = frozenset({"checkpoint", "resume_from", "max_seconds"})


def checkpoint_of(model: Any) -> Checkpoint | None:
    """Return the checked settings of a model's checkpoint, or None."""
    given = model.checkpoint
    if given is not None and not isinstance(given, Checkpoint):
        if not isinstance(given, str | os.PathLike):
            raise InvalidParameterError(
                f"{type(model).__name__}(checkpoint={given!r}): checkpoint must be a path, a Checkpoint or "
                "None."
            )
        given = Checkpoint(given)
    if given is not None:
        given.check()
    return given


def refuse_in_stream(model: Any) -> None:
    """Refuse checkpoints in ``partial_fit``.

    Raises
    ------
    UnsupportedCombinationError
        Saying what keeps a stream.
    """
    for name in ("checkpoint", "resume_from"):
        if (given := getattr(model, name)) is not None:
            raise UnsupportedCombinationError(
                f"{type(model).__name__}({name}={given!r}): a checkpoint keeps a run of fit. What "
                f"partial_fit goes on from is in the model itself: pickle the model, and leave {name}=None."
            )


@dataclass(slots=True)
class KeptRun:
    """What a call of ``fit`` keeps, and what it goes on from.

    Attributes
    ----------
    settings : Checkpoint or None
        Where to keep it.
    resumed : Snapshot or None
        What to go on from.
    held_out : ndarray of shape (n_held,) or None
        Rows held out for validation.
    """

    settings: Checkpoint | None
    resumed: Snapshot | None
    held_out: np.ndarray | None = None

    @classmethod
    def of(cls, model: Any) -> Self:
        """Return the run that a model's parameters ask for; reads `resume_from`."""
        path = model.resume_from
        if path is not None and not isinstance(path, str | os.PathLike):
            raise InvalidParameterError(
                f"{type(model).__name__}(resume_from={path!r}): resume_from must be a path or None."
            )
        return cls(checkpoint_of(model), None if path is None else read_snapshot(Path(path)))

    def split(
        self, n_rows: int, draw: Callable[[], tuple[np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows to train on and those held out: as `draw` says, or as in the run gone on from."""
        if self.resumed is None:
            kept, held = draw()
            self.held_out = np.sort(held)
            return kept, self.held_out
        held_out = self.resumed.held_out
        if held_out is None or (len(held_out) and held_out[-1] >= n_rows):
            raise InvalidParameterError(
                f"resume_from is of another run: it did not hold out rows of these {n_rows}. {_ANEW}"
            )
        self.held_out = held_out
        return np.setdiff1d(np.arange(n_rows), held_out), held_out

    def keeper(self, model: Any, rows: TrainingRows, optimizer: str, seed: int) -> Keeper | None:
        """Return what keeps the run, or None if nothing was asked for.

        Raises
        ------
        InvalidParameterError
            If the run to go on from had other data or parameters.
        """
        if self.settings is None and self.resumed is None:
            return None
        identity = {
            "sgdkit": sgdkit.__version__,
            "estimator": type(model).__qualname__,
            "parameters": {
                name: _spelled(value)
                for name, value in model.get_params(deep=False).items()
                if name not in _FREE
            },
            "optimizer": optimizer,
            "data": _data(rows),
        }
        if self.resumed is not None:
            _refuse_others(identity, self.resumed.identity)
        return Keeper(self.settings, self.resumed, identity, seed, self.held_out)


def _refuse_others(here: dict[str, Any], there: dict[str, Any]) -> None:
    """Refuse a run of other data or parameters, naming what differs."""
    wrong = [
        f"its {what} was {there[what]}, and is {here[what]} now"
        for what in ("sgdkit", "estimator")
        if there[what] != here[what]
    ]
    ours, theirs = here["parameters"], there["parameters"]
    wrong += [
        f"{name} was {theirs.get(name, 'not there')}, and is {ours.get(name, 'not there')} now"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
    if changed := [name for name in here["data"] if here["data"][name] != there["data"].get(name)]:
        wrong.append(f"the data differ ({', '.join(changed)})")
    if not wrong and here["optimizer"] != there["optimizer"]:
        wrong.append(f"its optimizer was {there['optimizer']}, and is {here['optimizer']} now")
    if wrong:
        raise InvalidParameterError(f"resume_from is of another run: {'; '.join(wrong)}. {_ANEW}")


def _data(rows: TrainingRows) -> dict[str, str]:
    arrays = {"X": rows.X, "y": rows.y, "sample_weight": rows.weight, "offset": rows.factor}
    arrays |= {f"{name} of validation": value for name, value in (rows.validation or {}).items()}
    arrays["qid"] = rows.edges
    return {name: _digest(array) for name, array in arrays.items() if array is not None}


def _digest(array: Any) -> str:
    whole = hashlib.blake2b(digest_size=16)
    array = array.get() if is_cupy(array) else array
    parts = (array.data, array.indices, array.indptr) if sp.issparse(array) else (np.asarray(array),)
    whole.update(str(np.shape(array)).encode())
    for part in parts:
        part = part.astype(str) if part.dtype == object else part
        whole.update(part.dtype.str.encode())
        whole.update(np.ascontiguousarray(part).data.cast("B") if part.size else b"")
    return whole.hexdigest()


def _spelled(value: Any) -> str:
    """Return a text that is equal for equal parameters, in every process."""
    if isinstance(value, np.ndarray):
        return f"an array {_digest(value)}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_spelled(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_spelled, value))}]"
    if hasattr(value, "get_params") and not isinstance(value, type):
        params = value.get_params(deep=False)
        return f"{type(value).__qualname__}({', '.join(f'{k}={_spelled(v)}' for k, v in params.items())})"
    if isinstance(value, np.generic):
        return repr(value.item())
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    return getattr(value, "__qualname__", type(value).__qualname__)
