"""One BLAS thread, so that sums are added up in the same order on every machine load and thread count."""

import contextlib
import functools
from collections.abc import Iterator

from sgdkit._compat import ThreadpoolController

__all__ = ("one_blas_thread",)


@functools.cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Run a block with single-threaded BLAS."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
