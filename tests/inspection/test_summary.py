import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import NotFittedError

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError
from sgdkit.inspection import summary
from sgdkit.losses import Logistic

sm = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True, as_frame=True, scaled=False)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X[["mean texture", "mean smoothness", "mean symmetry"]], y


@pytest.fixture(scope="module")
def weights(diabetes):
    return np.random.default_rng(0).uniform(0.2, 3.0, len(diabetes[1]))


def regression(**params):
    return LinearRegressor(**{"penalty": None, "random_state": 0} | params)


def logistic(**params):
    return LogisticClassifier(**{"penalty": None, "random_state": 0} | params)


def summary_of(model, *data, **options):
    """A summary whose distance to the model is of no interest here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return summary(model, *data, **options)


def assert_equals_statsmodels(table, result, figures=True):
    for ours, theirs in [
        ("coefficient", result.params),
        ("standard_error", result.bse),
        ("statistic", result.tvalues),
        ("p_value", result.pvalues),
    ]:
        np.testing.assert_allclose(getattr(table, ours), np.asarray(theirs), rtol=1e-6, atol=1e-12)
    interval = np.asarray(result.conf_int(0.1))
    np.testing.assert_allclose(np.column_stack([table.low, table.high]), interval, rtol=1e-6)
    np.testing.assert_allclose(table.covariance_matrix, np.asarray(result.cov_params()), rtol=1e-5)
    assert table.n_samples == result.nobs
    assert table.degrees_of_freedom == result.df_resid
    if figures:
        assert table.log_likelihood == pytest.approx(result.llf, rel=1e-9)
        assert table.aic == pytest.approx(result.aic, rel=1e-9)
        assert table.bic == pytest.approx(result.bic, rel=1e-9)


@pytest.mark.parametrize(("covariance", "theirs"), [("model", "nonrobust"), ("HC0", "HC0"), ("HC1", "HC1")])
@pytest.mark.parametrize("weighted", [False, True])
def test_regression_equals_least_squares_of_statsmodels(diabetes, weights, weighted, covariance, theirs):
    X, y = diabetes
    weight = weights if weighted else None
    table = summary_of(regression().fit(X, y, weight), X, y, weight, covariance=covariance, level=0.9)
    prior = np.ones(len(y)) if weight is None else weight
    result = sm.WLS(y, sm.add_constant(X), weights=prior).fit(cov_type=theirs, use_t=True)
    assert_equals_statsmodels(table, result)
    assert table.dispersion == pytest.approx(result.scale, rel=1e-9)
    assert table.deviance == pytest.approx(result.ssr, rel=1e-9)
    assert table.null_deviance == pytest.approx(result.centered_tss, rel=1e-9)
    assert table.names[0] == "(intercept)" and table.names[1:] == tuple(X.columns)


@pytest.mark.parametrize(("covariance", "theirs"), [("model", "nonrobust"), ("HC0", "HC0")])
def test_classification_equals_logit_of_statsmodels(cancer, covariance, theirs):
    X, y = cancer
    table = summary_of(logistic().fit(X, y), X, y, covariance=covariance, level=0.9)
    logit = sm.Logit(y, sm.add_constant(X)).fit(disp=0, cov_type=theirs, tol=1e-12, method="newton")
    assert_equals_statsmodels(table, logit)
    family = sm.families.Binomial()
    glm = sm.GLM(y, sm.add_constant(X), family=family).fit(tol=1e-14, tol_criterion="params")
    assert table.deviance == pytest.approx(glm.deviance, rel=1e-9)
    assert table.null_deviance == pytest.approx(glm.null_deviance, rel=1e-9)


def test_hc1_of_a_classification_is_hc0_times_rows_over_degrees_of_freedom(cancer):
    X, y = cancer  # statsmodels leaves the factor out for models that are not linear
    model = logistic().fit(X, y)
    plain, corrected = (summary_of(model, X, y, covariance=name).covariance_matrix for name in ("HC0", "HC1"))
    np.testing.assert_allclose(corrected, plain * len(y) / (len(y) - 4), rtol=1e-12)


@pytest.mark.parametrize("covariance", ["nonrobust", "HC0"])
def test_weighted_classification_equals_a_model_with_prior_weights(cancer, covariance):
    X, y = cancer
    weight = np.random.default_rng(1).uniform(0.2, 3.0, len(y))
    ours = "model" if covariance == "nonrobust" else covariance
    table = summary_of(logistic().fit(X, y, weight), X, y, weight, covariance=ours, level=0.9)
    family = sm.families.Binomial()
    glm = sm.GLM(y, sm.add_constant(X), family=family, var_weights=weight)
    fitted = glm.fit(tol=1e-14, tol_criterion="params", cov_type=covariance)
    assert_equals_statsmodels(table, fitted, figures=False)
    assert table.deviance == pytest.approx(fitted.deviance, rel=1e-9)


def test_no_intercept_equals_statsmodels(diabetes):
    X, y = diabetes
    table = summary_of(regression(fit_intercept=False).fit(X, y), X, y, level=0.9)
    assert_equals_statsmodels(table, sm.OLS(y, X).fit())
    assert table.null_deviance == pytest.approx(float(y @ y))


def test_columns_of_very_different_size_and_place_lose_no_digits(diabetes):
    X, y = diabetes
    shifted = X.to_numpy() * 10.0 ** np.arange(-5, 5) + 10.0 ** np.arange(-2, 8)
    plain = summary_of(regression().fit(X, y), X, y)
    table = summary_of(regression().fit(shifted, y), shifted, y)
    np.testing.assert_allclose(table.statistic[1:], plain.statistic[1:], rtol=1e-6)


def test_sparse_rows_and_single_precision_give_the_same(cancer):
    X, y = cancer
    dense = summary_of(logistic().fit(X, y), X, y, covariance="HC1")
    rows = sp.csr_matrix(X.to_numpy())
    sparse = summary_of(logistic().fit(rows, y), rows, y, covariance="HC1")
    np.testing.assert_allclose(sparse.standard_error, dense.standard_error, rtol=1e-6)
    single = X.to_numpy().astype(np.float32)
    narrow = summary_of(logistic().fit(single, y), single, y, covariance="HC1")
    np.testing.assert_allclose(narrow.standard_error, dense.standard_error, rtol=1e-4)


def test_rows_beyond_one_block_are_all_counted():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9_000, 3))
    y = X @ [1.0, 2.0, 0.0] + rng.normal(size=9_000)
    table = summary_of(regression().fit(X, y), X, y, level=0.9)
    assert_equals_statsmodels(table, sm.OLS(y, sm.add_constant(X)).fit())


@pytest.mark.parametrize("covariance", ["model", "HC0", "HC1"])
def test_a_ridge_regression_equals_its_closed_form(diabetes, covariance):
    X, y = diabetes
    alpha, n = 3.0, len(y)
    table = summary_of(regression(penalty="l2", alpha=alpha).fit(X, y), X, y, covariance=covariance)
    Z = sm.add_constant(X).to_numpy()
    D = np.diag([0.0] + [1.0] * X.shape[1])
    inverse = np.linalg.inv(Z.T @ Z + n * alpha * D)
    beta = inverse @ Z.T @ y.to_numpy()
    residual = Z @ beta - y.to_numpy()
    freedom = n - np.trace(inverse @ Z.T @ Z)
    scores = Z * residual[:, None] + alpha * D @ beta
    factor = 1.0 if covariance == "HC0" else n / freedom
    meat = residual @ residual / freedom * Z.T @ Z if covariance == "model" else factor * scores.T @ scores
    np.testing.assert_allclose(table.coefficient, beta, rtol=1e-7)
    np.testing.assert_allclose(table.covariance_matrix, inverse @ meat @ inverse, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(table.bias, -n * alpha * inverse @ D @ beta, rtol=1e-6)
    assert table.degrees_of_freedom == pytest.approx(freedom)
    assert np.isnan(table.aic) and np.isnan(table.bic)
    assert "No AIC and BIC: the fit is penalised" in str(table)


def test_ridge_intervals_cover_the_penalised_optimum_of_the_population():
    rng = np.random.default_rng(0)
    alpha, w = 0.5, np.array([1.0, -2.0])
    limit = w / (1.0 + alpha)  # unit variance, independent columns
    covered = []
    for _ in range(120):
        X = rng.normal(size=(100, 2))
        y = X @ w + rng.normal(size=100)
        table = summary_of(regression(penalty="l2", alpha=alpha).fit(X, y), X, y, covariance="HC1")
        covered.append((table.low[1:] < limit) & (limit < table.high[1:]))
    assert 0.9 < np.mean(covered) < 0.99


def test_weights_may_be_scaled_where_that_means_nothing(diabetes, weights):
    X, y = diabetes
    model = regression().fit(X, y, weights)
    once, tenfold = (summary_of(model, X, y, factor * weights) for factor in (1.0, 10.0))
    np.testing.assert_allclose(once.standard_error, tenfold.standard_error, rtol=1e-9)
    assert once.log_likelihood == pytest.approx(tenfold.log_likelihood)


def test_rows_of_weight_zero_do_not_count(diabetes):
    X, y = diabetes
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    model = regression().fit(X, y, weight)
    table, kept = summary_of(model, X, y, weight), weight > 0
    np.testing.assert_allclose(
        table.standard_error, summary_of(model, X[kept], y[kept]).standard_error, rtol=1e-9
    )
    assert table.n_samples == kept.sum()


def test_the_distance_between_model_and_optimum_is_reported(diabetes):
    X, y = diabetes
    model = regression(optimizer="adagrad").fit(X, y)
    with pytest.warns(ConvergenceWarning, match="standard errors from the optimum"):
        table = summary(model, X, y)
    expected = np.abs(np.append(model.intercept_, model.coef_) - table.coefficient) / table.standard_error
    assert table.distance == pytest.approx(expected.max())
    assert np.array_equal(table.fitted[1:], model.coef_)
    with pytest.raises(InvalidParameterError, match=r"polish=False allows 0\.1\. Use a whole-problem solver"):
        summary(model, X, y, polish=False)


def test_without_polish_the_model_itself_is_described():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X @ [1.0, 2.0] + rng.normal(size=300)
    model = regression(tol=1e-8).fit(X, y)
    table = summary(model, X, y, polish=False)
    assert np.allclose(table.coefficient[1:], model.coef_, rtol=1e-12)
    assert table.distance < 0.1 and "the model as it was fitted" in str(table)
    np.testing.assert_allclose(table.standard_error, summary(model, X, y).standard_error, rtol=1e-2)


def test_other_rows_than_those_of_the_fit_show_in_the_distance(cancer):
    X, y = cancer
    model = logistic().fit(X, y)
    with pytest.warns(ConvergenceWarning, match="pass the X, y and sample_weight of the fit"):
        summary(model, X[:300], 1 - y[:300])


def test_class_weights_have_a_sandwich_and_no_likelihood(cancer):
    X, y = cancer
    model = logistic(class_weight="balanced").fit(X, y)
    with pytest.raises(UnsupportedCombinationError, match="Use covariance='HC0'"):
        summary(model, X, y)
    table = summary_of(model, X, y, covariance="HC0", level=0.9)
    weight = np.where(y == 1, len(y) / (2 * y.sum()), len(y) / (2 * (len(y) - y.sum())))
    glm = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial(), var_weights=weight)
    fitted = glm.fit(cov_type="HC0", tol=1e-14, tol_criterion="params")
    assert_equals_statsmodels(table, fitted, figures=False)
    assert np.isnan(table.bic)


def test_the_method_of_the_estimators_is_the_function(cancer):
    X, y = cancer
    model = logistic().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert str(model.summary(X, y, covariance="HC1")) == str(summary(model, X, y, covariance="HC1"))


def test_a_summary_prints_and_becomes_a_frame(cancer):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y = cancer
    table = summary_of(logistic().fit(X, y), X, y)
    lines = str(table).splitlines()
    assert lines[1].split() == ["name", "coefficient", "std.", "error", "z", "p", "value", "0.025", "0.975"]
    assert lines[2].split()[0] == "(intercept)" and "AIC" in str(table) and repr(table) == str(table)
    frame = table.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.loc["mean texture", "p_value"] == table.p_value[1]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (logistic(penalty="l1", alpha=1e-3), "selects features"),
        (logistic(penalty="elasticnet", alpha=1e-3), "selects features"),
        (logistic(early_stopping=True), "early_stopping=True ends training before the optimum"),
        (HingeClassifier(random_state=0), "loss 'hinge' has no summary"),
    ],
)
def test_fits_without_standard_errors_are_refused(cancer, model, reason):
    X, y = cancer[0].to_numpy(), cancer[1]
    with pytest.raises(UnsupportedCombinationError, match=reason):
        summary(model.fit(X, y), X, y)


def test_unfinished_fits_are_refused(cancer):
    X, y = cancer
    model = logistic(max_iter=2, tol=None).fit(X, y)
    with pytest.raises(UnsupportedCombinationError, match="has not converged"):
        summary(model, X, y)
    with pytest.raises(UnsupportedCombinationError, match="has not converged"):
        summary(logistic().partial_fit(X, y, classes=[0, 1]), X, y)
    with pytest.raises(NotFittedError):
        summary(logistic(), X, y)


def test_three_classes_and_rankings_are_refused(cancer):
    X, _ = cancer
    grades = np.arange(len(X)) % 3
    with pytest.raises(UnsupportedCombinationError, match="fitted to 3 classes"):
        summary(logistic().fit(X, grades), X, grades)
    with pytest.raises(UnsupportedCombinationError, match="loss 'pairwise_logistic' has no summary"):
        summary(LinearRanker(random_state=0, max_iter=100).fit(X[:60], grades[:60]), X[:60], grades[:60])


@pytest.mark.parametrize("penalty", [None, "l2"])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix])
def test_dependent_and_constant_columns_are_named(diabetes, penalty, container):
    X, y = diabetes
    X = X.to_numpy()
    rows = container(np.column_stack([X, X[:, 0] - 2.0 * X[:, 2], np.full(len(y), 0.1)]))
    model = regression(penalty=penalty).fit(rows, y)
    with pytest.raises(InvalidParameterError, match=r"'x\d+', 'x11' are constant or follow from"):
        summary(model, rows, y)


def test_separable_classes_are_refused():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    model = logistic(optimizer="adagrad", learning_rate=0.5, tol=0.01)
    with pytest.raises(InvalidParameterError, match="separates some rows"):
        summary(model.fit(X, X[:, 0] > 0), X, X[:, 0] > 0)
    group = np.arange(200) % 4 == 0  # quasi-complete: a column that is 1 in one class alone
    X[:, 1] = group
    y = group | (rng.random(200) < 0.5)
    with pytest.raises(InvalidParameterError, match="separates some rows"):
        summary(model.fit(X, y), X, y)


def test_too_few_rows_and_perfect_fits_are_refused():
    X = np.random.default_rng(0).normal(size=(30, 3))
    y = X @ [1.0, 2.0, 3.0]
    with pytest.raises(InvalidParameterError, match="reproduces y exactly"):
        summary(regression().fit(X, y), X, y)
    y = y + np.random.default_rng(1).normal(size=30)
    few = regression(learning_rate=0.05, tol=0.01).fit(X[:4], y[:4])
    with pytest.raises(InvalidParameterError, match="leave no degrees of freedom"):
        summary(few, X[:4], y[:4])


def test_wrong_input_is_refused(cancer):
    X, y = cancer
    model = logistic().fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        summary(model, X[X.columns[::-1]], y)
    with pytest.raises(ValueError, match="expecting 3 features"):
        summary(logistic().fit(X.to_numpy(), y), X.to_numpy()[:, :2], y)
    with pytest.raises(InvalidParameterError, match="not among the classes"):
        summary(model, X, y + 1)
    for level in (95, 0.0, 1.0, "0.9", True):
        with pytest.raises(InvalidParameterError, match="must be a number in"):
            summary(model, X, y, level=level)
    with pytest.raises(InvalidParameterError, match="use one of 'model', 'HC0', 'HC1'"):
        summary(model, X, y, covariance="HC3")


def test_the_model_is_left_as_it_was(cancer):
    X, y = cancer
    model = logistic().fit(X, y)
    before = {name: repr(value) for name, value in vars(model).items()}
    summary_of(model, X, y)
    assert {name: repr(value) for name, value in vars(model).items()} == before


def test_too_many_columns_are_refused():
    X = sp.random(50, 6_000, density=0.01, format="csr", random_state=0)
    y = np.arange(50) % 2
    with pytest.raises(InvalidParameterError, match="at most 5000"):
        summary_of(logistic(penalty="l2").fit(X, y), X, y)


def test_smoothed_labels_and_several_targets_are_refused():
    X, y = load_breast_cancer(return_X_y=True)
    smoothed = LogisticClassifier(Logistic(smoothing=0.1), alpha=1e-2).fit(X, y)
    with pytest.raises(UnsupportedCombinationError, match="no maximum of a likelihood"):
        smoothed.summary(X, y)
    several = LinearRegressor(alpha=1e-2).fit(X, np.column_stack([y, 1 - y]))
    with pytest.raises(UnsupportedCombinationError, match="2 targets"):
        several.summary(X, np.column_stack([y, 1 - y]))
