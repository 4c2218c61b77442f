import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import HingeClassifier, LogisticClassifier
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.optimizers import Adam, UpdateRule


def objective(model, X, y, alpha):
    return log_loss(y, model.predict_proba(X)) + alpha / 2 * np.square(model.coef_).sum()


@pytest.mark.parametrize("data", ["cancer", "wine"])
def test_logistic_comes_close_to_the_converged_optimum(data, request):
    X, y = request.getfixturevalue(data)
    alpha = 1e-2
    exact = LogisticRegression(C=1 / (alpha * len(y)), tol=1e-10, max_iter=10_000).fit(X, y)
    ours = LogisticClassifier(alpha=alpha, random_state=0, tol=1e-6).fit(X, y)
    assert objective(ours, X, y, alpha) == pytest.approx(objective(exact, X, y, alpha), rel=2e-2)
    assert objective(ours, X, y, alpha) >= objective(exact, X, y, alpha) * (1 - 1e-6)


def test_probabilities_agree_with_decision_values(cancer, wine):
    for X, y in (cancer, wine):
        model = LogisticClassifier(random_state=0).fit(X, y)
        probability = model.predict_proba(X)
        np.testing.assert_allclose(probability.sum(axis=1), 1.0)
        np.testing.assert_array_equal(model.classes_[probability.argmax(axis=1)], model.predict(X))
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), probability)


def test_labels_may_be_strings_and_shapes_follow_scikit_learn(wine):
    X, y = wine
    names = np.array(["red", "white", "rosé"])[y]
    model = HingeClassifier(random_state=0).fit(X, names)
    assert model.coef_.shape == (3, 13)
    assert model.intercept_.shape == (3,)
    assert model.decision_function(X).shape == (178, 3)
    assert set(model.predict(X)) == set(names)
    binary = HingeClassifier(random_state=0).fit(X[y < 2], names[y < 2])
    assert binary.coef_.shape == (1, 13)
    assert binary.decision_function(X).shape == (178,)


def test_class_weight_is_a_sample_weight(wine):
    X, y = wine
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    by_class = LogisticClassifier(class_weight=weights, random_state=0).fit(X, y)
    by_row = LogisticClassifier(random_state=0).fit(X, y, sample_weight=np.vectorize(weights.get)(y))
    np.testing.assert_allclose(by_class.coef_, by_row.coef_, rtol=1e-10)


def test_balanced_weights_raise_the_recall_of_a_rare_class(cancer):
    X, y = cancer
    rare = np.flatnonzero(y == 0)[:20]
    rows = np.concatenate([rare, np.flatnonzero(y == 1)])
    X, y = X[rows], y[rows]
    plain = LogisticClassifier(alpha=0.1, random_state=0).fit(X, y)
    balanced = LogisticClassifier(alpha=0.1, class_weight="balanced", random_state=0).fit(X, y)
    assert (balanced.predict(X) == 0).sum() > (plain.predict(X) == 0).sum()


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="only one class"):
        LogisticClassifier().fit(np.eye(4), np.ones(4))


def test_partial_fit_refuses_missing_unseen_and_changed_classes(wine):
    X, y = wine
    with pytest.raises(ValueError, match="first call"):
        LogisticClassifier().partial_fit(X, y)
    model = LogisticClassifier(random_state=0).partial_fit(X[y < 2], y[y < 2], classes=[0, 1])
    before = model.coef_.copy()
    with pytest.raises(ValueError, match=r"\[2\]"):
        model.partial_fit(X, y)
    np.testing.assert_array_equal(model.coef_, before)
    with pytest.raises(ValueError, match="differ"):
        model.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])


def test_a_name_is_resolved_before_what_is_nested_below_it(cancer):
    X, y = cancer
    model = LogisticClassifier().set_params(optimizer="adam", optimizer__beta1=0.8)
    assert isinstance(model.optimizer, Adam)
    assert model.optimizer.beta1 == 0.8
    grid = [
        {"model__optimizer": ["adam"], "model__optimizer__beta1": [0.8, 0.9]},
        {"model__optimizer": ["sgd", Adam(beta1=0.7)]},
        {"model__learning_rate": ["constant"], "model__learning_rate__rate0": [0.1, 0.5]},
    ]
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticClassifier(max_iter=5, tol=None))])
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise", n_jobs=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 6
    assert "beta1" in clone(model)._repr_html_()
    with pytest.raises(InvalidParameterError, match="'auto'"):
        LogisticClassifier().set_params(optimizer__beta1=0.8)


def test_search_gives_the_same_with_one_and_two_workers(cancer):
    X, y = cancer
    grid = {"optimizer": ["adagrad", "adam"], "alpha": [1.0, 0.1]}
    scores = [
        GridSearchCV(LogisticClassifier(random_state=0), grid, cv=3, n_jobs=n)
        .fit(X, y)
        .cv_results_["mean_test_score"]
        for n in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


class SignDescent(UpdateRule):
    """A rule of one's own, without a proximal step."""

    name = "sign_descent"
    auto_rate = 0.05

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * np.sign(g) / np.sqrt(t), slots


def test_a_rule_of_ones_own_trains_and_refuses_l1(cancer):
    X, y = cancer
    model = LogisticClassifier(optimizer=SignDescent(), max_iter=30, tol=None, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.components_["optimizer"]["class"].endswith("SignDescent")
    with pytest.raises(UnsupportedCombinationError, match="'adagrad'"):
        LogisticClassifier(optimizer=SignDescent(), penalty="l1").fit(X, y)


class StopAfterThree:
    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        return (
            context.task_name == "epoch" and fitted_estimator.coef_.shape == (1, 30) and context.task_id >= 2
        )


def test_callbacks_see_each_epoch_and_can_stop_training(cancer):
    X, y = cancer
    monitor = ScoringMonitor(scoring="accuracy")
    model = LogisticClassifier(random_state=0).set_callbacks(monitor, StopAfterThree()).fit(X, y)
    assert (model.stop_reason_, model.n_iter_) == ("callback", 3)
    assert len(monitor.get_logs().data) >= 3
    LogisticClassifier(max_iter=2, tol=None).set_callbacks(ProgressBar()).fit(X, y)


def test_pipelines_column_transformers_and_calibration_work(cancer):
    pd = pytest.importorskip("pandas")
    X, y = cancer
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(30)])
    split = ColumnTransformer([("a", StandardScaler(), ["c0", "c1"]), ("b", "passthrough", ["c2"])])
    scores = cross_validate(make_pipeline(split, LogisticClassifier(random_state=0)), frame, y, cv=3)
    assert scores["test_score"].min() > 0.85
    calibrated = CalibratedClassifierCV(HingeClassifier(random_state=0), cv=3).fit(frame, y)
    assert calibrated.predict_proba(frame).shape == (569, 2)


def test_validation_rows_pass_through_a_pipeline_with_routing(cancer):
    X, y = cancer
    with sklearn.config_context(enable_metadata_routing=True):
        model = make_pipeline(
            StandardScaler(),
            LogisticClassifier(early_stopping=True, random_state=0),
            transform_input=["X_val"],
        )
        model.fit(100 * X[100:], y[100:], X_val=100 * X[:100], y_val=y[:100])
    assert model[-1].history_["validation_score"].max() > 0.95


def test_sorted_labels_train_as_well_as_shuffled_ones():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40_000, 5))
    y = (X @ rng.normal(size=5) + rng.normal(size=40_000) > 0).astype(int)
    order = np.argsort(y, kind="stable")
    shuffled = LogisticClassifier(max_iter=2, tol=None, random_state=0).fit(X, y)
    ordered = LogisticClassifier(max_iter=2, tol=None, random_state=0).fit(X[order], y[order])
    assert ordered.score(X, y) == pytest.approx(shuffled.score(X, y), abs=0.005)
