"""A receipt: which entry of which store holds a record."""

from dataclasses import dataclass

__all__ = ("Receipt",)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a record is kept, and the hash that proves it.

    Attributes
    ----------
    store : str
        Name of the file, without its folder.
    number : int
        Number of the entry, from 1.
    entry_hash : str
        Hash of the entry, which depends on every entry before it. Kept outside the store, it shows when
        the store was cut short or written anew.
    """

    store: str
    number: int
    entry_hash: str

    def __str__(self) -> str:
        return f"entry {self.number} of {self.store}, {self.entry_hash}"
