"""Files that appear whole or not at all."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sgdkit.exceptions import InvalidParameterError

__all__ = ("staged_file", "staged_folder")


@contextmanager
def staged_folder(out: str | Path) -> Iterator[Path]:
    """Yield an empty folder; what is in it moves to `out` at the end, and vanishes on any failure.

    Parameters
    ----------
    out : str or Path
        Made when missing. Files of the same names are replaced, each in one step and all of them
        without being interrupted; other files there stay.

    Raises
    ------
    InvalidParameterError
        If `out` is a file.
        Or if nothing can be written there.
    """
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise InvalidParameterError(f"--out is {str(out)!r}, which is a file; give a folder.")
    home = next(parent for parent in (out, *out.absolute().parents) if parent.is_dir())
    try:
        stage = Path(tempfile.mkdtemp(prefix=".sgdkit-", dir=home))
    except OSError as error:
        raise InvalidParameterError(f"--out: nothing can be written to {home}: {error.strerror}.") from error
    try:
        yield stage
        with _uninterrupted():
            out.mkdir(parents=True, exist_ok=True)
            for path in sorted(stage.iterdir()):
                os.replace(path, out / path.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def staged_file(path: str | Path) -> Iterator[Path]:
    """Yield the path of a file to write, which takes its final name at the end.

    Raises
    ------
    InvalidParameterError
        If its folder does not exist or cannot be written to, or it is a folder itself.
    """
    path = Path(path)
    if path.is_dir():
        raise InvalidParameterError(f"--out is {str(path)!r}, which is a folder; give a file.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InvalidParameterError(
            f"--out: nothing can be written to {path.parent}: {error.strerror}."
        ) from error
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interrupt back until the block is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt
