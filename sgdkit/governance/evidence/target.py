"""What a target looks like, without keeping it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from sgdkit.governance.evidence.fingerprint import fingerprint
from sgdkit.governance.tabular import factorize, is_missing, on_host

__all__ = ("TargetSummary", "class_codes", "summarize_target")

MAX_CLASSES = 64


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """Summary of a target.

    Attributes
    ----------
    kind : str
        scikit-learn's target type, such as ``"binary"`` or ``"continuous"``, or ``"whole numbers"`` for
        more than 64 distinct ones.
    fingerprint : str
        Content hash of the values.
    n_missing : int
        Missing values.
    classes : tuple of (str, int)
        Label and count of each class, most frequent first; empty for a regression target or beyond 64.
    n_classes : int or None
        Number of classes; None for a regression target.
    mean, std : float or None
        For numeric targets. No quantiles or extremes: those are values of single rows.
    """

    kind: str
    fingerprint: str
    n_missing: int
    classes: tuple[tuple[str, int], ...] = ()
    n_classes: int | None = None
    mean: float | None = None
    std: float | None = None


def summarize_target(y: Any) -> TargetSummary:
    """Summarise a target of shape (n_samples,) or (n_samples, n_outputs)."""
    values = np.asarray(on_host(y))
    missing = int(is_missing(values).sum())
    kind = "unknown" if missing else str(type_of_target(values))
    codes = class_codes(values)
    if kind == "multiclass" and codes is None:
        kind = "whole numbers"
    mean = std = None
    if values.dtype.kind in "biuf" and values.size:
        finite = values[np.isfinite(values)].astype(np.float64)
        if finite.size:
            mean, std = float(finite.mean()), float(finite.std())
    classes: tuple[tuple[str, int], ...] = ()
    n_classes = None
    if codes is not None:
        flat = values.ravel() if values.dtype.kind in "biuf" else values.ravel().astype(str)
        labels, counts = np.unique(flat, return_counts=True)
        n_classes = int(labels.size)
        # Labels that are nearly unique would list the rows' own values.
        if n_classes <= MAX_CLASSES:
            pairs = zip(labels.astype(str).tolist(), counts.tolist(), strict=True)
            classes = tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
    return TargetSummary(kind, fingerprint(values), missing, classes, n_classes, mean, std)


def class_codes(y: Any) -> np.ndarray | None:
    """Integer code of each label, or None when the target is not a single column of classes."""
    values = np.asarray(on_host(y))
    if values.ndim != 1 or not values.size or is_missing(values).any():
        return None
    if type_of_target(values) not in ("binary", "multiclass"):
        return None
    plain = values.dtype.kind in "biuf"  # numbers of one type need no name each
    codes = np.unique(values, return_inverse=True)[1] if plain else factorize(values)[0]
    # scikit-learn calls any whole numbers classes; so many of them are a quantity.
    if values.dtype.kind in "iuf" and codes.max() >= MAX_CLASSES:
        return None
    return codes
