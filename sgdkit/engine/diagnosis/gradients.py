"""Gradients: so small that nothing moves, or growing without end."""

import numpy as np

from sgdkit.engine.diagnosis.finding import Finding
from sgdkit.engine.diagnosis.run import Run

__all__ = ("exploding_gradients", "vanishing_gradients")


def vanishing_gradients(run: Run) -> Finding | None:
    """Columns so small that their gradients are next to nothing, and a model that has not moved."""
    if run.columns is None or run.constant is None or run.n_epochs < 2:
        return None
    place, spread = run.columns.largest
    if spread > 1e-4 or run.objective.min() < 0.98 * run.constant:
        return None
    return Finding(
        "vanishing_gradients",
        "warning",
        f"No column varies more than column {place}, with a standard deviation of {spread:.2g}; gradients "
        f"are in proportion, and the objective stayed at {run.objective.min():.4g}, where a model without "
        f"features has {run.constant:.4g}.",
        "Scale the features, or use learning_rate='auto'.",
    )


def exploding_gradients(run: Run) -> Finding | None:
    """Gradients that have grown a hundredfold and more."""
    norms = run.history["gradient_norm"]
    if len(norms) < 2 or not (norms > 0.0).any():
        return None
    first = int(np.argmax(norms > 0.0))  # a run may start where the gradient is zero
    start, top = float(norms[first]), int(np.argmax(norms))
    if top == first or norms[top] < 100.0 * start or norms[-1] < 0.1 * norms[top]:
        return None
    return Finding(
        "exploding_gradients",
        "warning" if run.converged else "severe",
        f"The gradient's norm grew from {start:.2g} in epoch {run.epoch(first)} to {norms[top]:.2g} in epoch "
        f"{run.epoch(top)}.",
        "Lower the rate, or clip gradients (clip_norm).",
    )
