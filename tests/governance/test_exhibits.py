import json
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier

from sgdkit.governance import audit
from sgdkit.governance.collect import collect
from sgdkit.governance.context import AuditContext
from sgdkit.governance.exhibits import measure_exhibits


def exhibits(model, X, y, **given):
    return measure_exhibits(AuditContext(collect(model), X, y, **given))


@pytest.fixture
def binary():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(400, 6))
    y = (X[:, 0] + generator.normal(size=400) > 0).astype(int)
    return LogisticRegression().fit(X, y), X, y


def test_bins_hold_every_row_and_their_intervals_hold_the_share(binary):
    model, X, y = binary
    found = exhibits(model, X, y)
    assert found.event == "class 1"
    assert sum(one.n for one in found.reliability) == len(y)
    assert all(0.0 <= one.low <= one.observed <= one.high <= 1.0 for one in found.reliability)
    assert sum(one.n * one.observed for one in found.reliability) == pytest.approx(y.sum())
    predicted = [one.predicted for one in found.reliability]
    assert predicted == sorted(predicted)


def test_group_figures_are_the_means_of_their_rows(binary):
    model, X, y = binary
    groups = np.where(np.arange(400) < 5, "few", np.where(X[:, 1] > 0, "b", "a"))
    figures = {(f.group, f.metric): f for f in exhibits(model, X, y, sensitive_features=groups).groups}
    of_a = groups == "a"
    predicted = model.predict(X)
    assert figures["a", "accuracy"].value == pytest.approx(np.mean(predicted[of_a] == y[of_a]))
    rate = figures["a", "true positive rate"]
    assert (rate.n, rate.value) == ((of_a & (y == 1)).sum(), pytest.approx(predicted[of_a & (y == 1)].mean()))
    assert all(f.value is None and f.n < 10 for f in figures.values() if f.group == "few")


def test_an_interval_of_a_mean_covers_as_often_as_it_says():
    generator = np.random.default_rng(1)
    X = np.zeros((200, 1))
    model = LinearRegression().fit(X, np.zeros(200))
    covered = 0
    for _ in range(200):
        found = exhibits(model, X, generator.normal(size=200), sensitive_features=np.full(200, "g"))
        error = next(figure for figure in found.groups if figure.metric == "mean error")
        covered += error.low <= 0.0 <= error.high
    assert 180 <= covered <= 199  # 95 % of 200, within three standard deviations


def test_curves_start_at_the_quality_and_fall(binary):
    model, X, y = binary
    found = exhibits(model, X, y)
    assert {curve.name for curve in found.curves} == {"Noise in the features", "Features lost"}
    for curve in found.curves:
        assert curve.quality[0] == pytest.approx(model.score(X, y))
        assert curve.quality[-1] < curve.quality[0] - 0.05
        assert len(curve.amounts) == len(curve.quality) == len(curve.spread)


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csr_array, pd.DataFrame])
def test_every_container_gives_the_same_bins_and_curves(binary, form):
    model, X, y = binary
    dense, other = exhibits(model, X, y), exhibits(model, form(X), y)
    if form is pd.DataFrame:
        X = pd.DataFrame(X, columns=list("abcdef"))
        dense, other = (exhibits(LogisticRegression().fit(X, y), X, y) for _ in range(2))
    bins, wanted = ([astuple(each) for each in found.reliability] for found in (other, dense))
    np.testing.assert_allclose(bins, wanted)
    assert len(other.curves) == 2


def test_what_cannot_be_drawn_is_said(binary):
    _, X, y = binary
    found = exhibits(RidgeClassifier().fit(X, y), X, y)
    assert found.notes == (
        "Reliability diagram: the classifier gives no probabilities.",
        "Group metrics: no sensitive attribute was supplied.",
    )
    assert "only classifiers" in exhibits(LinearRegression().fit(X, y), X, y).notes[0]


def test_a_model_that_fails_on_disturbed_rows_leaves_a_note_not_an_error(binary):
    _, X, y = binary

    class Fragile(DummyClassifier):
        def predict(self, rows):
            if np.abs(rows).max() > np.abs(X).max():
                raise RuntimeError("a row: 17")
            return super().predict(rows)

    assert exhibits(Fragile().fit(X, y), X, y).notes[-1] == (
        "Robustness curves: it could not be measured here (RuntimeError)."
    )


def test_the_record_keeps_them_and_no_row(binary):
    model, X, y = binary
    record = audit(model, X, y, tier="free")
    assert len(record.exhibits["reliability"]) == 10
    assert str(float(X[0, 0])) not in json.dumps(record.exhibits)
