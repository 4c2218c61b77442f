"""Schedules inside the estimators: untuned, searched, streamed, recorded."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sgdkit import LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError
from sgdkit.plugin.registry import Registry
from sgdkit.schedules import Constant, Cosine, InverseScaling, OneCycle, ReduceOnPlateau, Step

NAMES = list(Registry().table("learning_rate", plugins=False))


def rates(model):
    return model.history_["learning_rate"]


@pytest.mark.parametrize("name", NAMES)
def test_every_schedule_works_by_name_and_untuned(cancer, diabetes, name):
    X, y = cancer
    assert (
        LogisticClassifier(learning_rate=name, max_iter=50, tol=None, random_state=0).fit(X, y).score(X, y)
        > 0.97
    )
    X, y = diabetes
    raw = X * 10.0 ** np.linspace(-4, 4, X.shape[1]) + 100.0
    model = LinearRegressor(learning_rate=name, alpha=0.0, max_iter=50, tol=None, random_state=0)
    assert model.fit(raw, y).score(raw, y) > 0.5


def test_reduce_on_plateau_by_name_is_the_automatic_rate(cancer):
    X, y = cancer
    for optimizer in ("adagrad", "adam"):
        one, other = (
            LogisticClassifier(alpha=0.1, optimizer=optimizer, learning_rate=rate, random_state=0).fit(X, y)
            for rate in ("auto", "reduce_on_plateau")
        )
        np.testing.assert_array_equal(one.coef_, other.coef_)
        assert rates(one)[-1] < rates(one)[0]


def test_a_schedule_shapes_the_automatic_rate_or_its_own(cancer):
    X, y = cancer
    shape = Cosine(warmup=2)
    for rate0 in ("auto", 0.1):
        model = LogisticClassifier(
            optimizer="sgd", learning_rate=clone(shape).set_params(rate0=rate0), max_iter=8, tol=None
        ).fit(X, y)
        expected = shape.rates(8)
        np.testing.assert_allclose(rates(model) / rates(model)[2], expected / expected[2])
        assert rate0 == "auto" or rates(model)[2] == pytest.approx(0.1)


def test_own_rates_of_one_give_what_a_number_gives(cancer):
    X, y = cancer
    one, other = (
        LogisticClassifier(learning_rate=rate, max_iter=5, tol=None, random_state=0).fit(X, y)
        for rate in (0.05, Constant(0.05))
    )
    np.testing.assert_array_equal(one.coef_, other.coef_)


def test_a_search_reaches_into_schedules(cancer):
    X, y = cancer
    grid = [
        {"learning_rate": ["cosine", "one_cycle"], "learning_rate__warmup": [0, 3]},
        {
            "learning_rate": [Step(0.1)],
            "learning_rate__every": [2, 4],
            "learning_rate__rate0": ["auto", 0.01],
        },
    ]
    model = LogisticClassifier(max_iter=8, tol=None, random_state=0)
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_a_warm_up_as_long_as_training_is_refused_before_training(cancer):
    X, y = cancer
    with pytest.raises(InvalidParameterError, match=r"Cosine\(warmup=8\).*shorter than max_iter=8"):
        LogisticClassifier(learning_rate=Cosine(warmup=8), max_iter=8).fit(X, y)
    with pytest.raises(InvalidParameterError, match="set learning_rate as well"):
        LogisticClassifier().set_params(learning_rate__warmup=5)


def test_every_fit_begins_its_schedule_anew_also_in_a_warm_start(cancer):
    X, y = cancer
    for schedule in (Cosine(0.1, warmup=1), InverseScaling(0.1), ReduceOnPlateau(0.1, patience=1)):
        model = LogisticClassifier(
            learning_rate=schedule, max_iter=6, tol=None, warm_start=True, random_state=0
        ).fit(X, y)
        first, coef = rates(model), model.coef_.copy()
        model.fit(X, y)
        np.testing.assert_array_equal(rates(model)[:2], first[:2])
        assert model.history_["epoch"].tolist() == [7, 8, 9, 10, 11, 12]
        assert model.history_["objective"][0] < 0.2 and not np.array_equal(model.coef_, coef)


@pytest.mark.parametrize("name", NAMES)
def test_partial_fits_are_the_epochs_of_one_fit_of_max_iter(cancer, name):
    X, y = cancer
    schedule = Registry().get("learning_rate", name)(0.05, warmup=2)
    whole = LogisticClassifier(learning_rate=schedule, max_iter=7, tol=None, random_state=0).fit(X, y)
    parts, seen = clone(whole), []
    for _ in range(7):
        parts = pickle.loads(pickle.dumps(parts)).partial_fit(X, y, classes=[0, 1])
        seen.append(rates(parts)[0])
    np.testing.assert_array_equal(parts.coef_, whole.coef_)
    np.testing.assert_array_equal(seen, rates(whole))


def test_a_stream_goes_on_after_a_fit_and_after_max_iter(cancer):
    X, y = cancer
    model = LogisticClassifier(learning_rate=Cosine(0.1), max_iter=4, tol=None, random_state=0).fit(X, y)
    last = rates(model)[-1]
    for _ in range(3):
        assert rates(model.partial_fit(X, y)) == [last]


def test_a_rate_reduced_on_plateaus_stays_reduced_in_a_stream_until_the_schedule_changes(cancer):
    X, y = cancer
    noisy = np.where(np.arange(len(y)) % 2 == 0, y, 1 - y)  # nothing to learn: plateaus from the start
    model = LogisticClassifier(
        optimizer="sgd", learning_rate=ReduceOnPlateau(0.5, patience=1), max_iter=9, tol=None, random_state=0
    ).fit(X, noisy)
    assert rates(model)[-1] < 0.5
    after = model._training["state"].damping
    for _ in range(2):
        assert rates(model.partial_fit(X, noisy))[0] == pytest.approx(0.5 * after)
        after = model._training["state"].damping
    model.set_params(learning_rate=Constant(0.5)).partial_fit(X, noisy)
    assert rates(model) == [0.5]
    assert model._training["state"].best_objective == np.inf


def test_cosine_reaches_a_lower_objective_than_its_peak_rate_held_on_to(diabetes):
    X, y = diabetes
    ends = {}
    for schedule in (Constant(), Cosine(), OneCycle()):
        model = LinearRegressor(
            optimizer="adam", learning_rate=schedule, alpha=0.0, max_iter=60, tol=None, random_state=0
        ).fit(X, y)
        ends[schedule.name] = np.mean((model.predict(X) - y) ** 2)
    assert max(ends["cosine"], ends["one_cycle"]) < 0.999 * ends["constant"]


def test_a_run_that_is_over_before_its_objective_stands_still_says_so(cancer):
    X, y = cancer
    with pytest.warns(ConvergenceWarning, match="max_iter=5"):
        LogisticClassifier(learning_rate="cosine", max_iter=5, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticClassifier(learning_rate="cosine", max_iter=300, alpha=1e-2, random_state=0).fit(X, y)
    assert (model.stop_reason_, model.n_iter_) == ("converged", 300)


def test_early_stopping_keeps_the_best_epoch_of_a_cycle(cancer):
    X, y = cancer
    model = LogisticClassifier(
        learning_rate=Cosine(cycle=4), early_stopping=True, max_iter=40, n_iter_no_change=5, random_state=0
    ).fit(X[100:], y[100:], X_val=X[:100], y_val=y[:100])
    assert model.stop_reason_ == "early_stopping"
    assert model.score(X[:100], y[:100]) == np.max(model.history_["validation_score"])


def test_the_schedule_and_the_rates_it_gave_are_on_record(cancer):
    X, y = cancer
    model = LogisticClassifier(learning_rate=OneCycle(0.1, warmup=2), max_iter=20, tol=None).fit(X, y)
    part = model.components_["learning_rate"]
    assert (part["name"], part["params"]["warmup"], part["max_iter"]) == ("one_cycle", 2, 20)
    used = rates(model)
    assert part["rates"] == {"first": used[0], "highest": used.max(), "last": used[-1]}
    assert (
        LogisticClassifier(max_iter=3, tol=None).fit(X, y).components_["learning_rate"]["rates"]["first"]
        > 0.0
    )


def test_rankers_take_schedules():
    rng = np.random.default_rng(0)
    X, qid = rng.normal(size=(200, 3)), np.repeat(np.arange(20), 10)
    y = np.digitize(X[:, 0], [-1, 0, 1])
    model = LinearRanker(learning_rate="one_cycle", max_iter=15, tol=None, random_state=0).fit(X, y, qid=qid)
    assert model.score(X, y, qid=qid) > 0.95


@pytest.mark.parametrize("optimizer", ["adagrad", "adam", "ftrl", "prodigy", "sgd"])
@pytest.mark.parametrize(
    "schedule", [ReduceOnPlateau(patience=1, factor=1e-6), Step(every=1, factor=1e-6)], ids=lambda s: s.name
)
def test_a_rate_that_falls_for_ever_stays_above_zero(cancer, optimizer, schedule):
    X, y = cancer
    noise = np.random.default_rng(0).integers(0, 2, len(y))  # nothing to learn, so plateaus from the start
    model = LogisticClassifier(
        optimizer=optimizer, learning_rate=schedule, penalty="l1", max_iter=40, tol=None, random_state=0
    ).fit(X.astype(np.float32), noise)
    assert model.stop_reason_ == "max_iter" and rates(model)[-1] < 1e-9 * rates(model)[0]
    assert np.isfinite(model.coef_).all()
