"""The forms that a rule or a loss takes, behind one door: train a small task, get host arrays back."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from sgdkit.backends.array_api import ArrayBackend
from sgdkit.backends.base import Backend, EpochReport, Problem, TrainState
from sgdkit.backends.numba_cpu import NumbaBackend
from sgdkit.data.order import epoch_order, run_edges
from sgdkit.losses.base import Loss, PointwiseLoss
from sgdkit.optimizers.base import UpdateRule
from sgdkit.penalties import Penalty

__all__ = (
    "REFERENCE",
    "Form",
    "GivenGradients",
    "Outcome",
    "Record",
    "Task",
    "available_forms",
    "follow_gradients",
    "loss_and_gradient",
    "train_task",
)


@dataclass(frozen=True, slots=True)
class Form:
    """One way of running a rule and a loss.

    Attributes
    ----------
    name : str
        What messages call it.
    backend : Backend
        Who runs it.
    convert : callable(ndarray) -> array or CSR matrix
        Turns the rows of a task into what the backend trains on.
    """

    name: str
    backend: Backend
    convert: Callable[[np.ndarray], Any]

    def problem(self, task: "Task") -> Problem:
        """Return `task` as the problem that this form's backend trains on."""
        weight, edges = task.weight, task.query_edges

        def move(array: np.ndarray) -> Any:
            return self.backend.from_host(np.array(array, task.X.dtype))

        return Problem(
            X=self.convert(task.X),
            y=move(task.y.reshape(task.X.shape[0], -1)),
            weight=None if weight is None else move(weight),
            mean_weight=1.0 if weight is None else float(np.mean(weight, dtype=np.float64)),
            edges=run_edges(task.X.shape[0], task.run_length) if edges is None else edges.astype(np.int64),
            whole_runs=edges is not None,
            batch_size=task.batch_size,
            loss=task.loss,
            rule=task.rule,
            penalty=Penalty(task.l1, task.l2),
            rates=task.rates,
            n_outputs=task.n_outputs,
            fit_intercept=task.fit_intercept,
            center=task.center,
            clip_norm=task.clip_norm,
            clip_value=task.clip_value,
            bounds=task.bounds,
        )


def _csr(index_dtype: type) -> Callable[[np.ndarray], Any]:
    def convert(X: np.ndarray) -> Any:
        matrix = sp.csr_matrix(X)
        matrix.indices = matrix.indices.astype(index_dtype)
        matrix.indptr = matrix.indptr.astype(index_dtype)
        return matrix

    return convert


REFERENCE = Form("NumPy", ArrayBackend(np, "reference"), np.ascontiguousarray)
"""The form that the others are compared with."""


def _array_form(name: str, module: str) -> list[Form]:
    try:
        xp = importlib.import_module(module)
        xp.asarray(np.ones(1))
    except Exception:
        return []  # CuPy imports without a device and fails on the first array
    return [Form(name, ArrayBackend(xp, module), xp.asarray)]


def available_forms() -> dict[str, Form]:
    """Return every form that runs here, by name.

    The compiled loops over dense and CSR rows and NumPy arrays are always there; array-api-strict
    and CuPy where they are installed and, for CuPy, find a device.
    """
    compiled = NumbaBackend()
    forms = [
        Form("compiled dense", compiled, np.ascontiguousarray),
        Form("compiled CSR int32", compiled, _csr(np.int32)),
        Form("compiled CSR int64", compiled, _csr(np.int64)),
        REFERENCE,
        *_array_form("array-api-strict", "array_api_strict"),
        *_array_form("CuPy", "cupy"),
    ]
    return {form.name: form for form in forms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A small training task on the host, the same for every form.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features)
        Rows; their dtype is that of the whole task.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Encoded targets.
    loss, rule : Loss, UpdateRule
        Parts of the model.
    weight : ndarray of shape (n_rows,) or None, default=None
        Row weights.
    query_edges : ndarray of shape (n_queries + 1,) or None, default=None
        Borders of the queries; None for losses of single rows.
    batch_size, n_outputs, n_epochs : int
        Rows a batch, raw predictions a row, passes over the rows.
    l1, l2, lr : float
        Penalty strengths and learning rate.
    rates : ndarray of shape (n_features + 1,) or (n_features + 1, n_outputs) or None, default=None
        Factor on the rate for each feature and the intercept.
    fit_intercept, shuffle : bool
        Whether the intercept moves, and whether runs are shuffled.
    run_length : int, default=1
        Rows of a run, where there are no queries.
    center : ndarray of shape (n_features,) or None, default=None
        What dense rows are centred by.
    clip_norm, clip_value : float, default=inf
        Largest norm and component of a batch gradient.
    bounds : ndarray of shape (2, n_features) or None, default=None
        Lowest and highest coefficient of each feature.
    """

    X: np.ndarray
    y: np.ndarray
    loss: Loss
    rule: UpdateRule
    weight: np.ndarray | None = None
    query_edges: np.ndarray | None = None
    batch_size: int = 1
    n_outputs: int = 1
    n_epochs: int = 1
    l1: float = 0.0
    l2: float = 0.0
    lr: float = 0.1
    rates: np.ndarray | None = None
    fit_intercept: bool = True
    shuffle: bool = False
    run_length: int = 1
    center: np.ndarray | None = None
    clip_norm: float = float("inf")
    clip_value: float = float("inf")
    bounds: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a form made of a task, on the host.

    Attributes
    ----------
    w : ndarray of shape ((n_features + 1) * n_outputs,)
        Final weights.
    slots : ndarray of shape (n_slots, (n_features + 1) * n_outputs)
        Final state of the rule.
    reports : list of EpochReport
        One for each epoch.
    """

    w: np.ndarray
    slots: np.ndarray
    reports: list[EpochReport]


def train_task(form: Form, task: Task, w: np.ndarray | None = None) -> Outcome:
    """Train `task` in one form, from the weights `w` (default zero) and empty slots."""
    backend, dtype = form.backend, task.X.dtype
    size = (task.X.shape[1] + 1) * task.n_outputs
    problem = form.problem(task)
    start = np.zeros(size) if w is None else w
    slots = np.zeros((len(task.rule.slots), size))
    state = TrainState(*(backend.from_host(np.array(array, dtype)) for array in (start, slots)))
    run_epoch = backend.bind(problem, dtype)
    reports = []
    for epoch in range(task.n_epochs):
        order = epoch_order(problem.edges.shape[0] - 1, 0, epoch, task.shuffle)
        reports.append(run_epoch(state, order, task.lr))
    return Outcome(backend.to_host(state.w), backend.to_host(state.slots), reports)


class GivenGradients(PointwiseLoss):
    """The loss ``raw * y``: with batches of one row and ``y = 1`` the rows of X are the gradients."""

    name = "given_gradients"
    tasks = frozenset({"regression"})
    curvature = 0.0

    @staticmethod
    def evaluate(raw: Any, y: Any, hyper: tuple) -> tuple[Any, Any]:  # noqa: D102
        return raw * y, y + 0.0 * raw


class Record(UpdateRule):
    """The rule that never moves and keeps the gradient it saw in its slot."""

    name = "record"
    slots = ("gradient",)

    @staticmethod
    def update(w: Any, g: Any, slots: tuple, hyper: tuple, lr: Any, t: Any) -> tuple[Any, tuple]:  # noqa: D102
        return w, (g,)


def follow_gradients(
    form: Form, rule: UpdateRule, gradients: np.ndarray, w: np.ndarray | None = None, **settings: Any
) -> Outcome:
    """Feed the rows of `gradients` to `rule`, one a step, in one form.

    Parameters
    ----------
    form : Form
        How to run the rule.
    rule : UpdateRule
        The rule.
    gradients : ndarray of shape (n_steps, n_coordinates)
        Gradient of each step.
    w : ndarray of shape (n_coordinates,) or None, default=None
        Weights at the start; None means zero.
    **settings
        Fields of `Task`: ``l1``, ``l2``, ``lr``, ``rates``.

    Returns
    -------
    Outcome
        Without the intercept, which stands still.
    """
    task = Task(
        X=gradients,
        y=np.ones(gradients.shape[0]),
        loss=GivenGradients(),
        rule=rule,
        fit_intercept=False,
        **settings,
    )
    outcome = train_task(form, task, None if w is None else np.append(w, 0.0))
    return replace(outcome, w=outcome.w[:-1], slots=outcome.slots[:, :-1])


def loss_and_gradient(
    form: Form,
    loss: Loss,
    raw: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray,
    query_edges: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Return ``sum(weight * loss)`` and its gradient at `raw`, computed in one form.

    The rows of X are those of the identity, so the weights are the raw predictions and the batch
    gradient, which a recording rule keeps, is theirs.

    Parameters
    ----------
    form : Form
        How to run the loss.
    loss : Loss
        The loss.
    raw : ndarray of shape (n_rows, n_outputs)
        Raw predictions; their dtype is that of the computation.
    y, weight : ndarray of shape (n_rows,)
        Encoded targets and weights.
    query_edges : ndarray of shape (n_queries + 1,) or None, default=None
        Where each query starts; None for losses of single rows.
    """
    n, k = raw.shape
    task = Task(
        X=np.eye(n, dtype=raw.dtype),
        y=y,
        loss=loss,
        rule=Record(),
        weight=weight,
        query_edges=query_edges,
        batch_size=n,
        n_outputs=k,
        fit_intercept=False,
    )
    outcome = train_task(form, task, np.append(raw.ravel(), np.zeros(k)))
    (report,) = outcome.reports
    total = float(np.mean(weight, dtype=np.float64)) * n
    if not report.finite:
        return float("nan"), np.full_like(raw, np.nan)
    return report.mean_loss * total, outcome.slots[0, : n * k].reshape(n, k) * total
