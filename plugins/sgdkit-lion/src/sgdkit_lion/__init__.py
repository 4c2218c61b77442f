"""The Lion optimizer for sgdkit."""

from sgdkit_lion.lion import Lion

__all__ = ("Lion",)
