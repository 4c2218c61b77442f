import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import GovernanceReport
from sgdkit.governance.canonical import canonical_json

GENERATOR = np.random.default_rng(0)


@parametrize_with_checks([GovernanceReport()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def tables():
    numbers = GENERATOR.normal(size=(20, 3))
    numbers[0, 0] = np.nan
    yield "float64", numbers
    yield "float32 fortran", np.asfortranarray(numbers.astype(np.float32))
    yield "integers", GENERATOR.integers(0, 5, size=(20, 3))
    yield "objects", np.array([["a", 1.0, None], ["b", 2.0, "x"]] * 10, dtype=object)
    yield "strings", np.array([["a", "b"], ["c", "d"]] * 10)
    yield "csr", sp.csr_array(np.nan_to_num(numbers))
    yield "csc matrix", sp.csc_matrix(np.nan_to_num(numbers))
    yield (
        "frame",
        pd.DataFrame({"n": numbers[:, 0], "s": ["u", None] * 10, "c": pd.Categorical(["p", "q"] * 10)}),
    )
    yield "dates", pd.DataFrame({"d": pd.date_range("2020-01-01", periods=20)})


@pytest.mark.parametrize(("label", "X"), list(tables()), ids=lambda v: v if isinstance(v, str) else "")
def test_tables_pass_through_as_the_same_object(label, X):
    report = GovernanceReport()
    before = pickle.dumps(X)
    assert report.fit_transform(X) is X
    assert report.transform(X) is X
    assert pickle.dumps(X) == before
    assert report.lineage_.n_rows == 20
    canonical_json(report.lineage_)


def test_read_only_and_memory_mapped_arrays_pass(tmp_path):
    X = GENERATOR.normal(size=(10, 2))
    X.flags.writeable = False
    assert GovernanceReport().fit_transform(X) is X
    mapped = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=(10, 2))
    assert GovernanceReport().fit_transform(mapped) is mapped


def test_works_in_any_place_of_a_pipeline_without_changing_it():
    X, y = GENERATOR.normal(size=(60, 4)), GENERATOR.integers(0, 2, 60)
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    for steps in (
        (GovernanceReport(), StandardScaler()),
        (StandardScaler(), GovernanceReport()),
        (GovernanceReport(), StandardScaler(), GovernanceReport("scaled")),
    ):
        model = make_pipeline(*steps, LogisticRegression()).fit(X, y)
        assert np.array_equal(model[-1].coef_, plain[-1].coef_)
    union = make_union(GovernanceReport(), StandardScaler()).fit_transform(X)
    assert np.array_equal(union[:, :4], X)


def test_works_inside_a_column_transformer_with_names():
    frame = pd.DataFrame({"n": [1.0, 2.0, 3.0], "s": ["a", "b", "a"]})
    columns = make_column_transformer(
        (GovernanceReport(), ["n"]), (make_pipeline(GovernanceReport(), OneHotEncoder()), ["s"])
    )
    assert columns.fit_transform(frame).shape == (3, 3)
    assert list(columns.get_feature_names_out()) == ["governancereport__n", "pipeline__s_a", "pipeline__s_b"]


def test_set_output_gives_frames():
    X = GENERATOR.normal(size=(5, 2))
    out = GovernanceReport().set_output(transform="pandas").fit_transform(X)
    assert list(out.columns) == ["x0", "x1"]
    frame = pd.DataFrame(X, columns=["a", "b"])
    assert list(GovernanceReport().set_output(transform="pandas").fit_transform(frame).columns) == ["a", "b"]


def test_lineage_counts_what_it_says():
    X = np.array(
        [[1.0, 5.0, np.nan], [1.0, 5.0, np.nan], [2.0, 5.0, 0.0], [1.0, 5.0, np.nan], [3.0, 5.0, 1.0]]
    )
    lineage = GovernanceReport().fit(X, [0, 1, 0, 0, 1]).lineage_
    assert (lineage.n_rows, lineage.n_columns, lineage.n_missing) == (5, 3, 3)
    assert (lineage.n_duplicate_rows, lineage.n_rows_with_twin, lineage.n_conflicting_rows) == (2, 3, 3)
    assert [column.constant for column in lineage.columns] == [False, True, False]
    assert [column.n_missing for column in lineage.columns] == [0, 0, 3]
    assert lineage.worst_missing_share == 0.6
    assert lineage.target.classes == (("0", 3), ("1", 2))


def test_lineage_is_the_same_for_sparse_and_dense_facts():
    X = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 2.0], [0.0, 1.0, 2.0]])
    dense, sparse = (GovernanceReport().fit(form).lineage_ for form in (X, sp.csc_array(X)))
    for name in (
        "n_rows",
        "n_columns",
        "n_missing",
        "n_constant_columns",
        "n_duplicate_rows",
        "n_rows_with_twin",
    ):
        assert getattr(dense, name) == getattr(sparse, name), name


def test_regression_targets_are_summarised_without_any_value():
    y = np.array([1.25, 7.5, 3.125])
    target = GovernanceReport().fit(np.eye(3), y).lineage_.target
    assert (target.kind, target.n_classes, target.classes) == ("continuous", None, ())
    assert target.mean == pytest.approx(y.mean())


def test_no_row_value_is_kept_anywhere():
    marker = "SECRET-ROW-VALUE"
    number = 123456.78901
    frame = pd.DataFrame({"n": [number, 1.0, 2.0], "s": [marker, "b", "c"]})
    report = GovernanceReport().fit(frame, [0, 1, 0])
    text = canonical_json(report.lineage_)
    assert marker not in text
    assert str(number) not in text
    blob = pickle.dumps(report)
    assert marker.encode() not in blob
    assert np.float64(number).tobytes() not in blob


def test_digests_stay_in_memory():
    X = GENERATOR.normal(size=(10, 2))
    report = GovernanceReport().fit(X)
    assert report.seen_in_training(X).all()
    assert not report.seen_in_training(X + 1.0).any()
    again = pickle.loads(pickle.dumps(report))
    assert again.seen_in_training(X) is None
    assert again.lineage_ == report.lineage_
    assert not hasattr(clone(report), "lineage_")


def test_seen_rows_are_found_across_types_and_among_strings():
    frame = pd.DataFrame({"n": [1, 2, 3], "s": ["a", "b", None]})
    report = GovernanceReport().fit(frame)
    other = pd.DataFrame({"n": [2.0, 3.0, 1.0], "s": ["b", None, "b"]})
    assert report.seen_in_training(other).tolist() == [True, True, False]


class OnDevice:
    """Looks like a CuPy array: refuses implicit conversion, comes to the host by get()."""

    __cuda_array_interface__: dict = {}

    def __init__(self, host):
        self.host, self.shape, self.dtype = host, host.shape, host.dtype

    def get(self):
        return self.host

    def __array__(self, *args, **kwargs):
        raise TypeError("implicit conversion to a NumPy array is not allowed")


def test_arrays_on_a_device_pass_through_and_are_fingerprinted():
    X = GENERATOR.normal(size=(10, 2))
    report = GovernanceReport()
    device = OnDevice(X)
    assert report.fit_transform(device) is device
    assert report.lineage_.fingerprint == GovernanceReport().fit(X).lineage_.fingerprint
    with pytest.raises(ValueError, match="2D array"):
        report.fit(OnDevice(X[:, 0]))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((0, 3)), "0 sample"),
        (np.zeros((3, 0)), "0 feature"),
        (pd.DataFrame(), "0 sample"),
        (np.zeros(3), "Expected 2D array"),
        (np.zeros((2, 2), dtype=complex), "Complex"),
    ],
)
def test_what_is_no_table_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        GovernanceReport().fit(X)


def test_wrong_lengths_columns_and_names_are_refused():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        GovernanceReport().fit(frame, [1, 2, 3])
    report = GovernanceReport().fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        report.transform(frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="3 features"):
        GovernanceReport().fit(np.zeros((2, 2))).transform(np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ({"fairnes_review": "x"}, "Did you mean 'fairness_review'"),
        ({"fairness_review": "  "}, "has no text"),
        ({"fairness_review": {"text": "x", "owner": "y"}}, "unknown fields owner"),
        ({"fairness_review": {"text": "x", "date": "01.02.2026"}}, "YYYY-MM-DD"),
        ("all fine", "give a dict"),
    ],
)
def test_malformed_statements_are_refused_with_a_hint(statements, message):
    with pytest.raises(InvalidParameterError, match=message):
        GovernanceReport(statements=statements).fit(np.eye(3))
