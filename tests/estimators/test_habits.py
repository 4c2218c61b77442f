"""What scikit-learn users do with any estimator: one small test a habit."""

import pickle

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectFromModel
from sklearn.metrics import make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sgdkit import (
    GovernanceReport,
    HingeClassifier,
    LinearRanker,
    LinearRegressor,
    LogisticClassifier,
    governance_scoring,
)
from sgdkit.optimizers import Adam
from sgdkit.ranking.metrics import grouped_ndcg_score
from sgdkit.schedules import Cosine, ReduceOnPlateau

ESTIMATORS = (HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier)


def short(estimator=LogisticClassifier, **settings):
    return estimator(**{"max_iter": 4, "tol": None, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def frame():
    pytest.importorskip("pandas")
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:200, :8], y.iloc[:200]


@pytest.fixture(scope="module")
def rows(frame):
    X, y = frame
    return StandardScaler().fit_transform(X), y.to_numpy()


@pytest.fixture(scope="module")
def queries():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    return X, np.digitize(X[:, 0] - 0.5 * X[:, 1], [-1, 0, 1]), np.repeat(np.arange(12), 10)


def pipeline(**settings):
    return Pipeline([("scale", StandardScaler()), ("model", short(**settings))])


# Composition.


def test_a_column_transformer_and_a_feature_union_feed_a_model_by_names(frame):
    X, y = frame
    X = X.assign(kind=np.where(X["mean radius"] > 15, "large", "small"))
    numbers = FeatureUnion([("all", StandardScaler()), ("few", PCA(2))])
    columns = ColumnTransformer(
        [("numbers", numbers, list(X.columns[:8])), ("kinds", OneHotEncoder(), ["kind"])]
    )
    model = make_pipeline(columns, short()).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model[-1].coef_.shape == (1, 12) == (1, len(model[:-1].get_feature_names_out()))


def test_pandas_output_keeps_names_through_a_governance_report(frame):
    X, y = frame
    steps = [
        GovernanceReport(),
        StandardScaler(),
        SelectFromModel(short(penalty="l1", alpha=0.1), threshold=1e-9),
    ]
    model = make_pipeline(*steps, short()).set_output(transform="pandas").fit(X, y)
    kept = list(model[:-1].transform(X).columns)
    assert 0 < len(kept) < 8 and set(kept) < set(X.columns)
    assert list(model[-1].feature_names_in_) == kept
    assert list(model[0].get_feature_names_out()) == list(X.columns)


def test_classifiers_work_inside_classifiers(rows):
    X, _ = rows
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    assert OneVsRestClassifier(short()).fit(X, y).score(X, y) > 0.8


def test_frames_train_silently_with_validation_and_with_weights(frame):
    X, y = frame
    weight = np.where(np.arange(200) % 5 == 0, 0.0, 1.0)
    for settings in ({}, {"X_val": X[:50], "y_val": y[:50]}, {"sample_weight": weight}):
        model = short(early_stopping=True, n_iter_no_change=9).fit(X, y, **settings)
        assert np.isfinite(model.history_["validation_score"]).all()


# Searches.


def test_a_grid_may_name_parts_before_what_is_nested_below_them(rows):
    grid = [
        {"model__optimizer__beta1": [0.8, 0.9], "model__optimizer": ["adam"]},
        {"model__optimizer": ["sgd", Adam()], "model__learning_rate": ["cosine"]},
        {"model__learning_rate__warmup": [1, 2], "model__learning_rate": ["one_cycle"]},
        {"model__loss": ["log_loss"], "model__penalty": [None]},
    ]
    search = GridSearchCV(pipeline(), grid, cv=2, error_score="raise").fit(*rows)
    assert len(search.cv_results_["params"]) == 7
    assert search.best_score_ > 0.9 and search.best_estimator_.score(*rows) > 0.9


def test_a_randomised_search_draws_nested_parameters(rows):
    space = {
        "model__optimizer": ["adam"],
        "model__optimizer__beta1": [0.5, 0.7, 0.9],
        "model__alpha": [0.0, 0.1],
    }
    search = RandomizedSearchCV(pipeline(), space, n_iter=4, cv=2, random_state=0, error_score="raise").fit(
        *rows
    )
    assert len(search.cv_results_["params"]) == 4


def test_a_halving_search_grows_rows_or_epochs(rows):
    grid = {"model__optimizer": ["adam", "adagrad"], "model__alpha": [1e-4, 1e-1]}
    for resource, most in (("n_samples", 200), ("model__max_iter", 16)):
        search = HalvingGridSearchCV(
            pipeline(learning_rate="cosine"), grid, cv=2, factor=2, resource=resource, max_resources=most,
            min_resources=most // 4, random_state=0, error_score="raise",
        ).fit(*rows)  # fmt: skip
        assert search.n_resources_[-1] == most and search.best_score_ > 0.85


def test_several_metrics_and_the_trained_models_come_from_cross_validation(rows):
    scoring = {"accuracy": "accuracy", "log_loss": "neg_log_loss", "auc": "roc_auc"}
    found = cross_validate(
        pipeline(), *rows, cv=2, scoring=scoring, return_train_score=True, return_estimator=True
    )
    assert {f"{part}_{name}" for part in ("test", "train") for name in scoring} < set(found)
    assert found["test_auc"].min() > 0.9 and found["estimator"][0][-1].n_iter_ == 4
    audited = cross_validate(pipeline(), *rows, cv=2, scoring=governance_scoring("accuracy"))
    assert {"test_accuracy", "test_governance_score"} < set(audited)
    probability = cross_val_predict(pipeline(), *rows, cv=2, method="predict_proba")
    np.testing.assert_allclose(probability.sum(axis=1), 1.0)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_change_nothing(rows, backend):
    grid = {"model__optimizer": ["adagrad", "adam"], "model__learning_rate": ["auto", "cosine"]}
    alone = GridSearchCV(pipeline(), grid, cv=2).fit(*rows)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        helped = GridSearchCV(pipeline(), grid, cv=2).fit(*rows)
    for split in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(alone.cv_results_[split], helped.cv_results_[split])
    np.testing.assert_array_equal(alone.best_estimator_[-1].coef_, helped.best_estimator_[-1].coef_)


# Copies and files.


def test_a_clone_keeps_parts_and_trains_the_same(rows):
    model = pipeline(optimizer=Adam(beta1=0.8), learning_rate=Cosine(warmup=2))
    twin = clone(model.fit(*rows))
    assert twin["model"].optimizer is not model["model"].optimizer
    assert not hasattr(twin["model"], "coef_")
    np.testing.assert_array_equal(twin.fit(*rows)["model"].coef_, model["model"].coef_)


def from_pickle(model, path):
    return pickle.loads(pickle.dumps(model))


def from_joblib(model, path):
    joblib.dump(model, path / "model.joblib", compress=3)
    return joblib.load(path / "model.joblib")


def from_skops(model, path):
    io = pytest.importorskip("skops.io")
    io.dump(model, path / "model.skops")
    return io.load(path / "model.skops", trusted=io.get_untrusted_types(file=path / "model.skops"))


@pytest.mark.parametrize("through", [from_pickle, from_joblib, from_skops])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: e.__name__)
def test_a_kept_model_predicts_and_goes_on_training_the_same(rows, tmp_path, through, estimator):
    X, y = rows
    model = short(estimator, learning_rate=ReduceOnPlateau(0.1, patience=1), optimizer="adam").fit(X, y)
    kept = through(model, tmp_path)
    np.testing.assert_array_equal(kept.predict(X), model.predict(X))
    assert kept.components_ == model.components_ and kept.stop_reason_ == model.stop_reason_
    np.testing.assert_array_equal(kept.partial_fit(X, y).coef_, model.partial_fit(X, y).coef_)


def test_skops_is_asked_to_trust_what_the_model_holds_and_no_more(frame):
    io = pytest.importorskip("skops.io")
    X, y = frame
    model = make_pipeline(GovernanceReport(), StandardScaler(), short(learning_rate=Cosine())).fit(X, y)
    assert set(io.get_untrusted_types(data=io.dumps(model))) == {
        "sgdkit.backends.base.TrainState",
        "sgdkit.estimators.logistic.LogisticClassifier",
        "sgdkit.governance.evidence.conditioning.Conditioning",
        "sgdkit.governance.evidence.data.Column",
        "sgdkit.governance.evidence.data.Lineage",
        "sgdkit.governance.evidence.target.TargetSummary",
        "sgdkit.governance.report.GovernanceReport",
        "sgdkit.losses.log_loss.Logistic",
        "sgdkit.optimizers.adagrad.AdaGrad",
        "sgdkit.schedules.cosine.Cosine",
    }


# Metadata routing.


def test_weights_are_routed_to_fit_and_score(rows):
    X, y = rows
    weight = np.where(y == 0, 5.0, 1.0)
    plain = cross_validate(short(), X, y, cv=2, params={"sample_weight": weight})  # routing off: to fit alone
    with sklearn.config_context(enable_metadata_routing=True):
        model = short().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        np.testing.assert_array_equal(
            cross_validate(model, X, y, cv=2, params={"sample_weight": weight})["test_score"],
            plain["test_score"],
        )
        model = make_pipeline(StandardScaler(), model.set_score_request(sample_weight=True))
        model[0].set_fit_request(sample_weight=False)
        grid = GridSearchCV(model, {"logisticclassifier__alpha": [0.1, 1.0]}, cv=2)
        grid.fit(X, y, sample_weight=weight)
        own = grid.best_estimator_.score(X, y, sample_weight=weight)
        assert grid.best_estimator_.score(X, y) != own


def test_a_ranker_is_cross_validated_by_query(queries):
    X, y, qid = queries
    folds = GroupKFold(3)
    off = cross_validate(short(LinearRanker), X, y, cv=folds, groups=qid, params={"qid": qid})
    with sklearn.config_context(enable_metadata_routing=True):
        on = cross_validate(short(LinearRanker), X, y, cv=folds, params={"qid": qid, "groups": qid})
        search = GridSearchCV(
            make_pipeline(StandardScaler(), short(LinearRanker)),
            {"linearranker__alpha": [1e-4, 1.0]},
            cv=folds,
        ).fit(X, y, qid=qid, groups=qid)
    assert min(off["test_score"].min(), on["test_score"].min(), search.best_score_) > 0.9
    assert off["test_score"].tolist() != on["test_score"].tolist()  # without routing each fold is one query


# Callbacks.


def epochs(monitor):
    return [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]


@pytest.mark.parametrize("estimator", [HingeClassifier, LinearRegressor, LogisticClassifier])
def test_a_monitor_scores_every_epoch_of_a_frame(frame, estimator):
    monitor = ScoringMonitor(scoring={"score": make_scorer(lambda y, p: -np.mean(np.abs(y - p)))})
    model = short(estimator, average=False).set_callbacks(monitor).fit(*frame)
    X, y = frame
    scores = [row["score"] for row in epochs(monitor)]
    assert len(scores) == 4 and scores[-1] == pytest.approx(-np.mean(np.abs(y - model.predict(X))))
    assert not hasattr(model, "_own_rows")


def test_a_monitor_weighs_rows_as_training_does(rows):
    X, y = rows
    monitor, weight = ScoringMonitor(scoring="accuracy"), np.where(y == 0, 3.0, 0.0)
    weight[np.flatnonzero(y)[:5]] = 100.0
    model = short().set_callbacks(monitor).fit(X, y, sample_weight=weight)
    assert epochs(monitor)[-1]["accuracy"] == pytest.approx(model.score(X, y, sample_weight=weight))


def test_a_monitor_ranks_within_queries_where_metadata_is_routed(queries):
    X, y, qid = queries
    shuffled = np.random.default_rng(0).permutation(120)
    X, y, qid = X[shuffled], y[shuffled], qid[shuffled]
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = make_scorer(grouped_ndcg_score, k=10).set_score_request(qid=True)
        monitor = ScoringMonitor(scoring={"ndcg": scorer})
        model = short(LinearRanker).set_callbacks(monitor).fit(X, y, qid=qid)
    assert epochs(monitor)[-1]["ndcg"] == pytest.approx(model.score(X, y, qid=qid))
    monitor = ScoringMonitor(scoring="r2")
    short(LinearRanker).set_callbacks(monitor).fit(X, y, qid=qid)
    assert len(epochs(monitor)) == 4


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_monitor_on_the_model_reports_every_fit_of_a_search(rows, n_jobs):
    monitor = ScoringMonitor(scoring="accuracy")
    model = pipeline()
    model[-1].set_callbacks(monitor)
    with joblib.parallel_config(backend="threading"):
        GridSearchCV(model, {"model__alpha": [1e-4, 1e-2]}, cv=2, n_jobs=n_jobs).fit(*rows)
    assert len(epochs(monitor)) == 4 * (2 * 2 + 1)


def test_progress_bars_on_model_pipeline_and_search_reach_the_epochs(rows, capsys):
    pytest.importorskip("rich")
    for model in (short(), pipeline(), GridSearchCV(pipeline(), {"model__alpha": [1e-4, 1e-2]}, cv=2)):
        model.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*rows)
        shown = capsys.readouterr().out
        assert "LogisticClassifier - fit" in shown and "100%" in shown
