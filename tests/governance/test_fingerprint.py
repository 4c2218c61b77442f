import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from sgdkit.governance.evidence.fingerprint import column_fingerprints, fingerprint
from sgdkit.governance.evidence.rows import RowHasher

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(300, 7))


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray(X),
        np.repeat(X, 2, axis=0)[::2],
        np.pad(X, ((0, 0), (3, 2)))[:, 3:-2],
        X.astype(">f8"),
        X[::-1][::-1],
    ],
    ids=["fortran", "strided", "slice", "big-endian", "reversed twice"],
)
def test_fingerprint_ignores_memory_layout(same):
    assert fingerprint(same) == fingerprint(X)


@pytest.mark.parametrize(
    "other",
    [X[::-1], X[:, ::-1], X.T, X[:-1], X + np.eye(300, 7) * 1e-12, X.astype(np.float32), X.reshape(7, 300)],
    ids=["rows reversed", "columns reversed", "transposed", "shorter", "changed", "narrower", "reshaped"],
)
def test_fingerprint_sees_content(other):
    assert fingerprint(other) != fingerprint(X)


def test_zero_has_one_sign_and_nan_one_payload():
    negative_nan = np.array([0xFFF8000000000001], dtype=np.uint64).view(np.float64)[0]
    a = np.array([[0.0, np.nan], [1.0, 2.0]])
    b = np.array([[-0.0, negative_nan], [1.0, 2.0]])
    assert fingerprint(a) == fingerprint(b)
    hasher = RowHasher(b"salt")
    assert np.array_equal(hasher.digests(a), hasher.digests(b))


def test_fingerprint_never_changes_its_input():
    a = np.array([[-0.0, 1.0], [0.0, -0.0]])
    before = a.tobytes()
    fingerprint(a)
    assert a.tobytes() == before
    matrix = sp.csr_array((np.array([1.0, 0.0, 2.0]), np.array([1, 0, 0]), np.array([0, 2, 3])), shape=(2, 2))
    stored = (matrix.data.copy(), matrix.indices.copy(), matrix.indptr.copy())
    fingerprint(matrix)
    assert all(
        np.array_equal(x, y)
        for x, y in zip(stored, (matrix.data, matrix.indices, matrix.indptr), strict=True)
    )


def sparse_forms():
    dense = np.where(GENERATOR.random((50, 20)) < 0.2, GENERATOR.normal(size=(50, 20)), 0.0)
    csr = sp.csr_array(dense)
    unsorted = csr.copy()
    for i in range(50):
        row = slice(*unsorted.indptr[i : i + 2])
        unsorted.indices[row], unsorted.data[row] = unsorted.indices[row][::-1], unsorted.data[row][::-1]
    unsorted.has_sorted_indices = False
    explicit = sp.coo_array(dense)
    explicit = sp.coo_array(
        (np.append(explicit.data, 0.0), (np.append(explicit.row, 0), np.append(explicit.col, 0))),
        shape=dense.shape,
    ).tocsr()
    wide = csr.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    return dense, [
        csr,
        sp.csc_array(dense),
        sp.coo_array(dense),
        sp.csr_matrix(dense),
        unsorted,
        explicit,
        wide,
    ]


def test_fingerprint_ignores_the_sparse_format():
    _, forms = sparse_forms()
    assert len({fingerprint(form) for form in forms}) == 1


def test_row_digests_agree_between_dense_and_sparse():
    dense, forms = sparse_forms()
    hasher = RowHasher(b"salt")
    for form in forms:
        assert np.array_equal(hasher.digests(form), hasher.digests(dense))


def test_frames_are_hashed_by_name_value_and_order():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None], "c": pd.Categorical(["u", "v"])})
    assert fingerprint(frame) == fingerprint(frame.copy())
    assert fingerprint(frame) == fingerprint(frame.set_index(pd.Index([7, 9])))
    assert fingerprint(frame) != fingerprint(frame.rename(columns={"a": "A"}))
    assert fingerprint(frame) != fingerprint(frame[["b", "a", "c"]])
    assert fingerprint(frame) != fingerprint(frame.assign(b=["x", "y"]))


def test_text_cannot_collide_by_concatenation_or_type():
    def of(*values):
        return fingerprint(np.array(values, dtype=object))

    assert of("ab", "c") != of("a", "bc")
    assert len({of(1), of(1.0), of(True), of("1"), of(b"1"), of(None)}) == 6
    assert of(None) == of(float("nan")) == of(pd.NA) == of(pd.NaT)


def test_digests_of_different_rows_differ_even_for_small_integers():
    grid = np.stack(np.meshgrid(np.arange(300.0), np.arange(300.0)), axis=-1).reshape(-1, 2)
    assert np.unique(RowHasher(b"salt").digests(grid)).size == len(grid)


def test_digests_depend_on_the_salt_and_on_the_column():
    a, b = RowHasher(b"one").digests(X), RowHasher(b"two").digests(X)
    assert not np.any(a == b)
    swapped = RowHasher(b"one").digests(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert swapped[0] != swapped[1]


def test_digests_agree_across_number_types_and_containers():
    numbers = GENERATOR.integers(0, 9, size=(40, 3))
    hasher = RowHasher(b"salt")
    expected = hasher.digests(numbers)
    assert np.array_equal(hasher.digests(numbers.astype(np.float32)), expected)
    assert np.array_equal(hasher.digests(pd.DataFrame(numbers)), expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_columns_have_the_fingerprints_that_they_have_alone(order):
    rng = np.random.default_rng(0)
    X = np.asarray(rng.normal(size=(9000, 5)), order=order)
    X[3, 1], X[4, 2] = np.nan, -0.0
    strided = rng.normal(size=(900, 6))[::3, ::2]
    for table in (X, X.astype(np.float32), np.rint(np.nan_to_num(X)).astype(np.int16), strided):
        alone = tuple(fingerprint(table[:, j]) for j in range(table.shape[1]))
        assert column_fingerprints(table) == alone
        assert column_fingerprints(pd.DataFrame(table)) == alone
    rows = sp.csr_array(np.where(X > 1.0, X, 0.0))
    assert column_fingerprints(rows) == column_fingerprints(rows.tocoo())
    assert len(set(column_fingerprints(rows))) == 5
