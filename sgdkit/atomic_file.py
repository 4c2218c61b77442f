"""A file written in one step: a reader sees the old content or the new, never half of it."""

import os
import tempfile
from pathlib import Path

__all__ = ("replace_file",)


def replace_file(path: Path, content: bytes, *, durable: bool = False) -> Path:
    """Write `content` to `path` through a temporary file beside it.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    content : bytes
        What it holds then.
    durable : bool, default=False
        Whether to wait until it is on the disk, so that it outlives a crash of the machine.

    Returns
    -------
    Path
        `path`.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
