"""Products with the centred and scaled rows, against the rows formed."""

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.solvers import design as module
from sgdkit.solvers import rows as rows_module
from sgdkit.solvers.design import design_of

RANDOM = np.random.default_rng(0)
X = np.where(RANDOM.random((50, 7)) < 0.6, RANDOM.normal(size=(50, 7)) + 3.0, 0.0)
WEIGHT = RANDOM.random(50)
WEIGHT /= WEIGHT.sum()


@pytest.fixture(params=["one chunk", "many chunks"])
def chunks(request, monkeypatch):
    if request.param == "many chunks":
        monkeypatch.setattr(rows_module, "CHUNK", 16)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("dense_share", [0.0, 2.0])
def test_every_product_is_that_of_the_rows_formed(chunks, monkeypatch, layout, dtype, centred, dense_share):
    monkeypatch.setattr(module, "DENSE_SHARE", dense_share)
    rows = X.astype(dtype)
    A = design_of(layout(rows), WEIGHT, 0.25, 0.1, centred)
    rows = rows.astype(np.float64)
    center = WEIGHT @ rows if centred else np.zeros(7)
    scale = np.sqrt(0.25 * WEIGHT @ (rows - center) ** 2 + 0.1)
    formed = (rows - center) / scale
    np.testing.assert_allclose(A.center, center, rtol=1e-12)
    np.testing.assert_allclose(A.scale, scale, rtol=1e-12)
    v, r, q = RANDOM.normal(size=(7, 2)), RANDOM.normal(size=(50, 2)), RANDOM.random(50)
    np.testing.assert_allclose(A.forward(v), formed @ v, atol=1e-12)
    np.testing.assert_allclose(A.backward(r), formed.T @ r, atol=1e-12)
    np.testing.assert_allclose(A.square_sums(np.square(r)), (formed**2).T @ np.square(r), atol=1e-11)
    np.testing.assert_allclose(A.kernel(), (rows - center) @ (rows - center).T, atol=1e-11)
    for chosen in (slice(None), np.array([1, 4, 5])):
        chosen = rows_module.ALL if isinstance(chosen, slice) else chosen
        gram, sums = A.gram(q, r, chosen)
        part = formed[:, chosen]
        np.testing.assert_allclose(gram, part.T @ (q[:, None] * part), atol=1e-11)
        np.testing.assert_allclose(sums, part.T @ r, atol=1e-12)
        np.testing.assert_allclose(np.vstack([b.copy() for _, b in A.blocks(chosen)]), part, atol=1e-12)


def test_columns_far_from_zero_lose_no_digits():
    narrow = RANDOM.normal(size=(200, 3))
    A = design_of(narrow + 1e7, np.full(200, 1 / 200), 1.0, 0.0, True)
    v = RANDOM.normal(size=(3, 1))
    exact = (narrow - narrow.mean(axis=0)) / narrow.std(axis=0) @ v
    np.testing.assert_allclose(A.forward(v), exact, atol=1e-6)


def test_constant_and_empty_columns_have_a_harmless_scale():
    rows = np.column_stack([np.full(20, 0.1), np.zeros(20), np.arange(20.0)])
    for layout in (np.asarray, sp.csr_matrix):
        A = design_of(layout(rows), np.full(20, 0.05), 1.0, 0.0, True)
        assert A.scale[:2].tolist() == [1.0, 1.0] and A.scale[2] > 1.0


def test_rows_are_never_copied_whole():
    import tracemalloc

    rows = RANDOM.normal(size=(100_000, 20))
    A = design_of(rows, np.full(len(rows), 1e-5), 1.0, 0.1, True)
    v, r = np.ones((20, 1)), np.ones((len(rows), 1))
    tracemalloc.start()
    A.forward(v), A.backward(r), A.gram(r[:, 0], r)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows.nbytes / 4
