"""TOML text of settings: strings, numbers, booleans, lists and tables of them."""

import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ("to_toml",)


def to_toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML; nested mappings become tables after the plain keys.

    Parameters
    ----------
    settings : mapping
        Strings, integers, floats, booleans, lists or tuples of them, and mappings. None is left out,
        for TOML has no such value.

    Returns
    -------
    str
        Text that ``tomllib.loads`` turns back into equal settings.

    Examples
    --------
    >>> from sgdkit.runs.toml import to_toml
    >>> print(to_toml({"alpha": 0.01, "drop": ["id"], "set": {"max_iter": 50}}), end="")
    alpha = 0.01
    drop = ["id"]
    <BLANKLINE>
    [set]
    max_iter = 50
    """
    plain = {k: v for k, v in settings.items() if v is not None and not isinstance(v, Mapping)}
    tables = {k: v for k, v in settings.items() if isinstance(v, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, table in tables.items():
        lines += ["", f"[{_key(key)}]"]
        lines += [f"{_key(name)} = {_value(value)}" for name, value in table.items() if value is not None]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _text(text: str) -> str:
    # A JSON string is a TOML string, but for one control character that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
