"""The array backend gives the same on every namespace; what runs on a GPU is what runs here."""

import array_api_strict as strict
import numpy as np
import pytest

from sgdkit.backends.array_api import ArrayBackend
from sgdkit.optimizers import SGD, UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.testing.claims import largest_difference
from sgdkit.testing.forms import REFERENCE, Form, Task, train_task
from sgdkit.testing.loss import loss_case

LOSSES = Registry().table("loss", plugins=False)
BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)}
# Losses and rules do not know of each other: every rule with two losses, and every loss with some rules.
PAIRS = [
    (loss, rule)
    for loss in LOSSES
    for rule in RULES
    if loss in ("log_loss", "softmax") or rule in ("sgd", "adagrad", "adam", "ftrl", "lamb", "prodigy")
]
STRICT = Form("array-api-strict", ArrayBackend(strict, "strict"), strict.asarray)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("loss", "rule"), PAIRS)
def test_every_loss_and_rule_trains_alike_on_strict_arrays(loss, rule, dtype):
    loss, made = LOSSES[loss], RULES[rule](weight_decay=0.1)
    case = loss_case(loss())
    X = np.random.default_rng(0).normal(size=(12, 4)).astype(dtype)
    for l1, l2 in ((0.0, 0.0), (0.01 if made.has_proximal_step else 0.0, 0.1)):
        task = Task(
            X=X, y=case.y, loss=loss(), rule=made, weight=case.weight, query_edges=case.query_edges,
            n_outputs=case.raw.shape[1], batch_size=5, n_epochs=2, l1=l1, l2=l2, shuffle=True,
            fit_intercept=case.query_edges is None,
        )  # fmt: skip
        expected, found = train_task(REFERENCE, task), train_task(STRICT, task)
        assert found.w.dtype == np.dtype(dtype)
        assert largest_difference(found.w, expected.w) <= (1e-5 if dtype == "float32" else 1e-12)
        assert [r.mean_loss for r in found.reports] == pytest.approx([r.mean_loss for r in expected.reports])


def test_one_epoch_of_the_reference_is_gradient_descent_written_by_hand():
    random = np.random.default_rng(1)
    X, y, weight = random.normal(size=(6, 2)), random.normal(size=6), random.uniform(0.5, 2.0, 6)
    task = Task(
        X=X, y=y, loss=LOSSES["squared_error"](), rule=SGD(), weight=weight, batch_size=4, lr=0.1, l2=0.3
    )
    w, losses, norms = np.zeros(3), 0.0, []
    A = np.column_stack([X, np.ones(6)])
    for rows in (np.arange(4), np.arange(4, 6)):
        share = weight[rows] / (len(rows) * weight.mean())
        residual = A[rows] @ w - y[rows]
        losses += len(rows) * float(share @ (0.5 * residual**2))
        g = A[rows].T @ (share * residual)
        norms.append(float(g @ g))
        w = w - 0.1 * g
        w[:2] /= 1.0 + 0.1 * 0.3
    found = train_task(REFERENCE, task)
    (report,) = found.reports
    assert found.w == pytest.approx(w, rel=1e-13)
    assert report.mean_loss == pytest.approx(losses / 6.0, rel=1e-13)
    assert report.gradient_norm == pytest.approx(np.sqrt(np.mean(norms)), rel=1e-13)


def test_sparse_rows_train_on_the_reference_like_dense_ones():
    import scipy.sparse as sp

    random = np.random.default_rng(1)
    X = random.normal(size=(20, 5)) * (random.random((20, 5)) < 0.4)
    task = Task(
        X=X,
        y=(random.random(20) < 0.5) * 1.0,
        loss=LOSSES["log_loss"](),
        rule=RULES["adagrad"](),
        batch_size=3,
    )
    rows = Form("NumPy on CSR", REFERENCE.backend, sp.csr_matrix)
    assert largest_difference(train_task(rows, task).w, train_task(REFERENCE, task).w) <= 1e-13
