"""The nearest spelling of a name that is not known, as the end of an error."""

import difflib
from collections.abc import Iterable

__all__ = ("did_you_mean", "listed")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?", or nothing where nothing is near.

    Examples
    --------
    >>> from sgdkit.runs.spelling import did_you_mean
    >>> did_you_mean("incme", ["age", "income"])
    " Did you mean 'income'?"
    """
    by_lower = {option.lower(): option for option in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def listed(names: Iterable[object], limit: int = 8) -> str:
    """Return names separated by commas, cut after `limit`.

    Examples
    --------
    >>> from sgdkit.runs.spelling import listed
    >>> listed(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    words = [str(name) for name in names]
    if len(words) <= limit:
        return ", ".join(words)
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"
