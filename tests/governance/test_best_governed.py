import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.exceptions import GovernanceWarning, InvalidParameterError
from sgdkit.governance import GovernanceReport, audit, best_governed, governance_scoring
from sgdkit.governance.scoring import DIMENSIONS


def results(accuracy, **columns):
    found = {"params": [{"C": number} for number in range(len(accuracy))]}
    for name, values in {"accuracy": accuracy, **columns}.items():
        found[f"mean_test_{name}"] = np.array(values, dtype=float)
    return found


def test_the_best_by_the_metric_above_the_floor_is_taken():
    found = results([0.9, 0.8, 0.7], governance_score=[60, 71, 90])
    assert best_governed("accuracy", 50)(found) == 0
    assert best_governed("accuracy", 71)(found) == 1
    assert best_governed("accuracy", 80)(found) == 2


def test_every_named_floor_must_be_reached():
    found = results([0.9, 0.8], governance_score=[80, 80], governance_reproducibility=[0.2, 0.6])
    floors = {"governance_score": 70, "governance_reproducibility": 0.5}
    assert best_governed("accuracy", floors)(found) == 1


def test_a_failed_fold_is_below_every_floor_and_never_best():
    found = results([0.9, np.nan, 0.7], governance_score=[np.nan, 90, 80])
    assert best_governed("accuracy", 0)(found) == 2


def test_where_none_reaches_the_floor_it_says_how_far_the_nearest_got():
    found = results([0.9, 0.8], governance_score=[40, 55])
    with pytest.raises(InvalidParameterError, match=r"None of 2 .*'C': 1.* 55 \(floor 70\)"):
        best_governed("accuracy", 70)(found)
    with pytest.warns(GovernanceWarning, match="nearest candidate is taken"):
        assert best_governed("accuracy", 70, otherwise="warn")(found) == 1


@pytest.mark.parametrize("floor", ["70", {}, np.nan, True, {"governance_score": None}])
def test_a_floor_that_is_none_is_refused(floor):
    with pytest.raises(InvalidParameterError, match="floor is"):
        best_governed("accuracy", floor)


def test_other_wrong_words_are_refused():
    with pytest.raises(InvalidParameterError, match="otherwise is 'ignore'"):
        best_governed("accuracy", 70, otherwise="ignore")
    with pytest.raises(InvalidParameterError, match="no column 'acuracy'; it has accuracy, governance_score"):
        best_governed("acuracy", 70)(results([0.9], governance_score=[80]))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # few epochs, on purpose
def test_a_search_chooses_alike_for_one_and_two_jobs(cancer):
    X, X_test, y, y_test = cancer
    pipeline = make_pipeline(
        GovernanceReport(), StandardScaler(), SGDClassifier(loss="log_loss", random_state=0)
    )
    grid = {"sgdclassifier__max_iter": [3, 1000], "sgdclassifier__alpha": [1e-4, 1e-2]}
    refit = pickle.loads(pickle.dumps(best_governed("accuracy", {"governance_optimizer_documentation": 0.2})))
    searches = []
    for n_jobs in (1, 2):
        search = GridSearchCV(
            pipeline, grid, scoring=governance_scoring("accuracy"), refit=refit, cv=3, n_jobs=n_jobs
        )
        searches.append(clone(search).fit(X, y))
    one, two = searches
    assert one.best_params_ == two.best_params_
    for name in DIMENSIONS:
        column = f"mean_test_governance_{name}"
        assert np.array_equal(one.cv_results_[column], two.cv_results_[column]), name
    record = audit(one, X_test, y_test, tier="free")
    assert record.items["validation.fold_spread"].grade.value == "measured"  # the folds of the chosen metric


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # few epochs, on purpose
def test_a_floor_changes_what_a_search_takes(cancer):
    X, _, y, _ = cancer
    model = make_pipeline(StandardScaler(), LogisticRegression())
    grid = {"logisticregression__C": [0.01, 1.0], "logisticregression__max_iter": [2, 1000]}

    def search(refit):
        found = GridSearchCV(model, grid, scoring=governance_scoring("accuracy"), refit=refit, cv=3)
        return found.fit(X, y)

    by_metric = search("accuracy")
    scores = by_metric.cv_results_["mean_test_governance_score"]
    floor = float(scores.max()) - 1e-9
    chosen = search(best_governed("accuracy", floor))
    assert scores[chosen.best_index_] >= floor
    reaching = scores >= floor
    accuracy = by_metric.cv_results_["mean_test_accuracy"]
    assert accuracy[chosen.best_index_] == accuracy[reaching].max()
