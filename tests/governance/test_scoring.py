import json
from pathlib import Path

import pytest

from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import reference
from sgdkit.governance.scoring import DIAGNOSES, DIMENSIONS, WEIGHTS, diagnosis, risk, score

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "governance" / "reference_cases.json"

GOLDEN = {
    "Document classifier training": (79.24, 21.0, DIAGNOSES[1]),
    "Recommendation embedding model": (72.16, 28.0, DIAGNOSES[1]),
    "High-impact risk model": (73.38, 26.667, DIAGNOSES[1]),
    "Opaque deep-learning workflow": (26.36, 74.0, DIAGNOSES[3]),
}


def test_weights_sum_to_one_over_thirteen_dimensions():
    assert len(DIMENSIONS) == 13
    assert sum(WEIGHTS.values()) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize("case", reference.REFERENCE_CASES, ids=lambda case: case.case_name)
def test_reference_cases_reproduce_the_printed_digits(case):
    row = case.as_row()
    found = (row["governance_score"], row["governance_risk"], row["diagnostic"])
    assert found == GOLDEN[case.case_name]


@pytest.mark.skipif(
    not SHARED.exists(), reason="the source's reference_cases.json lies outside this checkout"
)
def test_embedded_reference_equals_the_source_file():
    source = json.loads(SHARED.read_text())
    assert tuple(source["dimensions"]) == DIMENSIONS
    assert source["weights"] == list(WEIGHTS.values())
    for given, case in zip(source["cases"], reference.REFERENCE_CASES, strict=True):
        assert (given["case_name"], given["model_context"], given["training_goal"]) == (
            case.case_name,
            case.model_context,
            case.training_goal,
        )
        assert tuple(given["values"]) == case.values
        assert (given["score"], given["risk"]) == (round(case.score, 3), round(case.risk, 3))
        assert given["diagnostic"] == case.diagnostic
    trace = reference.training_trace()
    for step, *expected in source["training_trace"]["rows_rounded_to_6"]:
        row = trace[step]
        assert [round(v, 6) for v in (row.weight, row.bias, row.loss)] == expected
    end = source["worked_example"]["after_500_steps"]
    row = reference.worked_example()[-1]
    assert (round(row.weight, 6), round(row.bias, 6)) == (end["slope"], end["intercept"])


def test_training_trace_reproduces_the_printed_rows():
    trace = reference.training_trace()
    assert len(trace) == 81
    rows = {0: (0.0, 0.0, 9.429086), 1: (0.507022, 0.238808, 5.920193)}
    rows |= {10: (2.082356, 1.231504, 0.150112), 80: (2.260731, 1.492552, 0.037366)}
    for step, expected in rows.items():
        row = trace[step]
        assert tuple(round(v, 6) for v in (row.weight, row.bias, row.loss)) == expected


def test_worked_example_is_not_converged_after_500_steps():
    row = reference.worked_example()[-1]
    assert (round(row.weight, 6), round(row.bias, 6)) == (0.819946, 1.647344)
    assert abs(row.weight - 0.7) > 0.1
    last = reference.worked_example(n_steps=200_00)[-1]
    assert (last.weight, last.bias) == (pytest.approx(0.7, abs=1e-6), pytest.approx(2.0, abs=1e-6))


def test_divergence_example():
    assert reference.divergence_example(1.5, 2) == (5.0, -10.0, 20.0)
    assert reference.divergence_example(0.5, 1)[-1] == 0.0
    thetas = reference.divergence_example(0.01, 300)
    assert next(i for i, theta in enumerate(thetas) if theta < 0.05) == 228


@pytest.mark.parametrize(
    ("score_", "risk_", "expected"),
    [
        (84.0, 20.0, 0),
        (83.999, 20.0, 1),
        (84.0, 20.001, 1),
        (70.0, 35.0, 1),
        (69.999, 35.0, 2),
        (70.0, 35.001, 2),
        (69.0, 55.0, 3),
        (100.0, 55.0, 3),
        (69.0, 54.999, 2),
    ],
)
def test_diagnosis_follows_the_order_of_the_rules(score_, risk_, expected):
    assert diagnosis(score_, risk_) == DIAGNOSES[expected]


def test_rounding_noise_does_not_decide_a_threshold():
    assert score([0.84] * 13) == 84.0
    assert score([0.7] * 13) == 70.0
    assert risk([0.8] * 13) == 20.0
    assert diagnosis(score([0.84] * 13), risk([0.84] * 13)) == DIAGNOSES[0]


def test_risk_leaves_communication_out():
    values = dict.fromkeys(DIMENSIONS, 1.0)
    assert risk(values | {"communication_clarity": 0.0}) == 0.0
    assert score(values | {"communication_clarity": 0.0}) == 98.0


def test_a_dimension_that_does_not_apply_leaves_both_denominators():
    values = dict.fromkeys(DIMENSIONS, 0.5) | {"fairness_review": None}
    assert score(values) == 50.0
    assert risk(values) == 50.0
    assert score([None] * 13) == 0.0
    assert risk([None] * 13) == 100.0


def test_values_are_taken_by_name_whatever_their_order():
    values = dict(zip(DIMENSIONS, reference.REFERENCE_CASES[0].values, strict=True))
    shuffled = dict(reversed(values.items()))
    assert score(shuffled) == pytest.approx(79.24)


@pytest.mark.parametrize("bad", [-0.01, 1.01, float("nan"), float("inf")])
def test_values_outside_zero_to_one_are_refused(bad):
    with pytest.raises(InvalidParameterError, match="lies in"):
        score([bad] + [0.5] * 12)


def test_incomplete_values_are_refused():
    with pytest.raises(InvalidParameterError, match="Got 12 values"):
        score([0.5] * 12)
    with pytest.raises(InvalidParameterError, match="objectiv_documentation"):
        score({"objectiv_documentation": 0.5})
