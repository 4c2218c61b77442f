"""Where compiled code is kept, and one compiler at a time.

Generated loops are small source files named by the hash of what they do, so a changed rule gets a
new file and never meets stale machine code; Numba's own cache files lie beside them. A file lock
makes parallel workers wait for the first one instead of compiling the same thing.
"""

import contextlib
import hashlib
import importlib.util
import os
import platform
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import IO

import llvmlite
import numba
import numpy as np

from sgdkit.exceptions import CacheWarning
from sgdkit.optimizers.base import ABI_VERSION

__all__ = ("cache_directory", "compiler_lock", "load_generated")

_warned = False


def _versions_key() -> str:
    parts = (numba.__version__, llvmlite.__version__, np.__version__, platform.python_version())
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(repr(parts).encode() + b"".join(sources)).hexdigest()[:12]


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("SGDKIT_CACHE_DIR"):
        yield Path(chosen)
        return
    if sys.platform == "win32":
        yield Path(os.environ.get("LOCALAPPDATA", Path.home())) / "sgdkit"
    else:
        yield Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sgdkit"


def cache_directory() -> Path | None:
    """Return the folder for compiled code, or None with one warning where none can be written.

    ``SGDKIT_CACHE_DIR`` chooses it; otherwise it is the user's cache folder.
    """
    global _warned
    tried = []
    for base in _candidates():
        path = base / f"kernels-abi{ABI_VERSION}-{_versions_key()}"
        tried.append(str(path))
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                return path
        except OSError:
            continue
    if not _warned:
        _warned = True
        warnings.warn(
            f"Cannot write to {' or '.join(tried)}, so compiled kernels are not kept and every new process "
            "compiles again (a few seconds). Set SGDKIT_CACHE_DIR to a folder that can be written.",
            CacheWarning,
            stacklevel=2,
        )
    return None


def _lock(handle: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


@contextlib.contextmanager
def compiler_lock() -> Iterator[None]:
    """Hold the cache's lock, so that only one process compiles and the others then load."""
    directory = cache_directory()
    if directory is None:
        yield
        return
    with open(directory / "lock", "ab") as handle:
        _lock(handle)
        yield  # closing the file releases the lock


def load_generated(name: str, source: str) -> ModuleType:
    """Return the module made from `source`, kept in the cache as ``<name>.py``.

    Without a cache folder the module is made in memory and compiled anew.
    """
    directory = cache_directory()
    full_name = f"_sgdkit_generated_{name}"
    if directory is None:
        module = ModuleType(full_name)
        sys.modules[full_name] = module
        exec(compile(source.replace("cache=True", "cache=False"), f"<{full_name}>", "exec"), vars(module))
        return module
    path = directory / f"{name}.py"
    if not path.exists() or path.read_text() != source:
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.write_text(source)
        os.replace(scratch, path)
    spec = importlib.util.spec_from_file_location(full_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[full_name] = module
    spec.loader.exec_module(module)
    return module
