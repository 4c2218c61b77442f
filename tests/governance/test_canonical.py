import dataclasses
from enum import Enum

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sgdkit.governance.canonical import canonical_json, content_hash, to_jsonable
from sgdkit.governance.collect import learned_arrays, parameters_hash
from sgdkit.governance.evidence.components import plain_params


class Grade(Enum):
    GOOD = "good"


@dataclasses.dataclass
class Finding:
    grade: Grade
    value: float


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Finding(Grade.GOOD, np.float64(0.5)), {"grade": "good", "value": 0.5}),
        ({1: (np.int64(2), np.bool_(True))}, {"1": [2, True]}),
        (np.array([[1.0, np.nan]]), [[1.0, None]]),
        ({"b", "a"}, ["a", "b"]),
        (float("inf"), None),
    ],
)
def test_values_take_their_plain_form(value, expected):
    assert to_jsonable(value) == expected


def test_an_object_without_a_plain_form_is_refused_instead_of_hashing_its_address():
    with pytest.raises(TypeError, match="A object has no canonical JSON form"):
        content_hash({"part": object()})


def test_the_order_of_keys_and_members_does_not_matter():
    assert canonical_json({"b": {2, 1}, "a": 1}) == canonical_json({"a": 1, "b": {1, 2}})


def test_parameters_are_plain_and_hold_no_rows():
    steps = FunctionTransformer(
        kw_args={"by": np.float64(np.nan), "rows": np.zeros((3, 2)), "n": np.int64(3)}
    )
    assert plain_params(steps)["kw_args"] == {"by": "nan", "rows": "array of shape (3, 2)", "n": 3}
    assert plain_params(object()) == {}


class Keeps(BaseEstimator):
    """Has learned whatever it is given."""

    def __init__(self, learned=None):
        self.learned_ = learned


@pytest.mark.parametrize(
    "change",
    [
        lambda v: {"a": np.array([1.0, 2.0 + v])},
        lambda v: [np.array([1.0]), np.array([2.0 + v])],
        lambda v: sp.csr_matrix(np.array([[0.0, 2.0 + v]])),
        lambda v: np.array([np.array([1.0, 2.0]), np.array([2.0 + v])], dtype=object),
        lambda v: Keeps(np.array([2.0 + v])),
        lambda v: make_pipeline(Keeps(np.array([1.0])), Keeps(np.array([2.0 + v]))),
    ],
    ids=["mapping", "list", "sparse", "objects", "nested", "pipeline"],
)
def test_whatever_holds_a_learned_number_a_change_of_it_changes_the_hash(change):
    before, again, after = (parameters_hash(Keeps(change(v))) for v in (0.0, 0.0, 1e-15))
    assert before == again and before[0] != after[0] and before[1] == after[1] > 0


def test_learned_arrays_of_a_pipeline_are_named_by_step():
    X = np.random.default_rng(0).normal(size=(20, 2))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, X[:, 0] > 0)
    paths = [path for path, _ in learned_arrays(model)]
    assert "/standardscaler.mean_" in paths and "/logisticregression.coef_" in paths
