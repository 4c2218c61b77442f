"""What a fitted model's training curve says: the attribute `diagnosis_`."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sgdkit.backends.select import is_cupy
from sgdkit.engine.diagnosis import Finding, Run, diagnose
from sgdkit.engine.diagnosis.columns import Columns, look_at_columns
from sgdkit.engine.rates import constant_loss
from sgdkit.estimators._rows import TrainingRows
from sgdkit.losses.base import Loss

__all__ = ("DiagnosisMixin", "facts_of")


def facts_of(loss: Loss, start: np.ndarray, rows: TrainingRows, automatic: bool) -> dict[str, Any]:
    """Return what a diagnosis needs of the rows, which are not kept: at most 16,384 are looked at.

    Parameters
    ----------
    loss : Loss
        The loss.
    start : ndarray of shape (n_outputs,)
        Best constant raw prediction.
    rows : TrainingRows
        What was trained on.
    automatic : bool
        Whether the rate came from the data.
    """
    facts: dict[str, Any] = {"automatic": automatic}
    if rows.edges is None:
        facts["constant"] = constant_loss(loss, start, rows.y, rows.relative_weight())
    if not is_cupy(rows.X) and (columns := look_at_columns(rows.X)) is not None:
        facts["columns"] = vars(columns)  # as plain values: they are kept with the model
    return facts


class DiagnosisMixin:
    """Gives a model the fitted attribute `diagnosis_`."""

    _facts: dict[str, Any]

    @property
    def diagnosis_(self) -> list[Finding]:
        """What the last run shows, worked out when it is asked for."""
        check_is_fitted(self, "history_")
        model: Any = self
        facts = {"automatic": True} | self._facts
        if "columns" in facts:
            facts["columns"] = Columns(**facts["columns"])
        return diagnose(
            Run(
                history=model.history_,
                stop_reason=model.stop_reason_,
                learning_rate=model.learning_rate,
                alpha=float(model.alpha),
                tol=model.tol,
                early_stopping=bool(model.early_stopping),
                **facts,
            )
        )
