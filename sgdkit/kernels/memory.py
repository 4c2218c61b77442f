"""Working memory whose place does not change what is computed in it."""

import numpy as np

__all__ = ("working_memory",)

LINE = 64
# Compiled loops run vectors of numbers side by side only where what they write does not begin shortly
# behind what they read, within 256 bytes at most here. Which of the two ways a sum of small arrays was added
# up would otherwise depend on where the allocator happened to put them.
APART = 512


def working_memory(shape: int | tuple[int, ...], dtype: np.dtype | type) -> np.ndarray:
    """Return zeros that begin at a cache line, with unused memory around them.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    dtype : dtype
        Type of its elements.

    Returns
    -------
    ndarray of that shape
        C-contiguous.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    whole = np.zeros(size + 2 * APART + LINE, np.uint8)
    start = APART + -(whole.ctypes.data + APART) % LINE
    return whole[start : start + size].view(dtype).reshape(shape)
