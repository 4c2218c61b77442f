"""What holds for every estimator."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sgdkit import HingeClassifier, LinearRanker, LinearRegressor, LogisticClassifier
from sgdkit.exceptions import ConvergenceWarning, InvalidParameterError, UnsupportedCombinationError
from sgdkit.schedules import InverseScaling

ESTIMATORS = (LogisticClassifier, HingeClassifier, LinearRegressor, LinearRanker)


@pytest.mark.filterwarnings("ignore::sgdkit.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*SCIPY_ARRAY_API.*")
@parametrize_with_checks([estimator() for estimator in ESTIMATORS])
def test_estimator_passes_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(params=ESTIMATORS, ids=lambda e: e.__name__)
def problem(request):
    """An estimator class, and rows it can learn."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 6))
    signal = X @ rng.normal(size=6) + 0.3 * rng.normal(size=300)
    estimator = request.param
    if is_classifier(estimator()):
        return estimator, X, np.digitize(signal, [-1.0, 1.0])
    if estimator is LinearRanker:
        return estimator, X, np.digitize(signal, [-1.0, 1.0]).astype(float)
    return estimator, X, signal


def coefficients(model):
    return np.append(np.ravel(model.coef_), np.ravel(model.intercept_))


def test_same_seed_gives_the_same_bits(problem):
    estimator, X, y = problem
    first, second = (estimator(alpha=0.01, optimizer="adagrad", random_state=5).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(coefficients(first), coefficients(second))
    other = estimator(alpha=0.01, optimizer="adagrad", random_state=6).fit(X, y)
    assert estimator is LinearRanker or not np.array_equal(coefficients(first), coefficients(other))


def test_clone_and_pickle_keep_parameters_and_predictions(problem):
    estimator, X, y = problem
    model = estimator(alpha=1e-3, optimizer="adam", random_state=0)
    assert clone(model).get_params() == model.get_params()
    model.fit(X, y)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    restored.partial_fit(X, y)  # the training state travels too


def test_sparse_and_dense_input_reach_the_same_objective(problem):
    estimator, X, y = problem
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    dense = estimator(alpha=1e-2, random_state=0, tol=1e-6).fit(X, y)
    sparse = estimator(alpha=1e-2, random_state=0, tol=1e-6).fit(sp.csr_matrix(X), y)
    assert dense.history_["objective"][-1] == pytest.approx(sparse.history_["objective"][-1], rel=0.02)


@pytest.mark.parametrize("learning_rate", [0.05, InverseScaling(0.05)])
def test_sparse_layouts_give_the_same_coefficients(problem, learning_rate):
    estimator, X, y = problem
    X = np.where(np.abs(X) < 0.7, 0.0, X)
    fits = [
        estimator(learning_rate=learning_rate, batch_size=64, max_iter=5, tol=None, random_state=0).fit(
            layout(X), y
        )
        for layout in (np.asarray, np.asfortranarray, sp.csr_matrix, sp.csc_matrix, sp.csr_array)
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(coefficients(other), coefficients(fits[0]), rtol=1e-10, atol=1e-12)


def test_float32_is_kept_and_agrees_with_float64(problem):
    estimator, X, y = problem
    single = estimator(random_state=0).fit(X.astype(np.float32), y)
    double = estimator(random_state=0).fit(X, y)
    assert single.coef_.dtype == np.float32
    assert double.coef_.dtype == np.float64
    objectives = [m.history_["objective"][-1] for m in (single, double)]
    assert objectives[0] == pytest.approx(objectives[1], rel=1e-2)


def test_reference_backend_follows_the_compiled_one(problem):
    estimator, X, y = problem
    compiled = estimator(max_iter=3, tol=None, random_state=0).fit(X, y)
    reference = estimator(max_iter=3, tol=None, random_state=0, backend="reference").fit(X, y)
    np.testing.assert_allclose(coefficients(compiled), coefficients(reference), rtol=1e-9, atol=1e-11)
    assert (compiled.backend_, reference.backend_) == ("numba", "reference")
    assert compiled.backend_reason_ and reference.backend_reason_


def test_weight_zero_is_a_removed_row(problem):
    estimator, X, y = problem
    weight = np.ones(300)
    weight[::3] = 0.0
    kept = weight > 0
    weighted = estimator(random_state=0).fit(X, y, sample_weight=weight)
    removed = estimator(random_state=0).fit(X[kept], y[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(coefficients(weighted), coefficients(removed))


def test_no_weights_are_weights_of_one(problem):
    estimator, X, y = problem
    plain = estimator(random_state=0).fit(X, y)
    ones = estimator(random_state=0).fit(X, y, sample_weight=np.ones(300))
    np.testing.assert_allclose(coefficients(plain), coefficients(ones), rtol=1e-12, atol=1e-14)


def test_unscaled_columns_need_no_scaler(problem):
    estimator, X, y = problem
    factors, offsets = 10.0 ** np.linspace(-6, 6, 6), np.array([0, 3, -20, 100, -5, 1.0])
    scaled = estimator(alpha=0.0, random_state=0).fit(X, y)
    raw = estimator(alpha=0.0, random_state=0).fit((X + offsets) * factors, y)
    assert raw.score((X + offsets) * factors, y) == pytest.approx(scaled.score(X, y), abs=1e-6)


def test_read_only_and_memory_mapped_rows_work(problem, tmp_path):
    estimator, X, y = problem
    X.setflags(write=False)
    y.setflags(write=False)
    expected = coefficients(estimator(random_state=0).fit(X, y))
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(coefficients(estimator(random_state=0).fit(mapped, y)), expected)
    sparse = sp.csr_matrix(X)
    for part in (sparse.data, sparse.indices, sparse.indptr):
        part.setflags(write=False)
    estimator(random_state=0).fit(sparse, y)


def test_integers_and_duplicate_sparse_entries_are_taken_as_they_mean(problem):
    estimator, X, y = problem
    whole = np.round(3 * X).astype(int)
    np.testing.assert_array_equal(
        coefficients(estimator(random_state=0).fit(whole, y)),
        coefficients(estimator(random_state=0).fit(whole.astype(float), y)),
    )
    once = sp.csr_matrix(X)
    twice = sp.csr_matrix(
        (np.repeat(once.data / 2, 2), np.repeat(once.indices, 2), 2 * once.indptr), shape=X.shape
    )
    assert not twice.has_canonical_format
    np.testing.assert_allclose(
        coefficients(estimator(random_state=0).fit(twice, y)),
        coefficients(estimator(random_state=0).fit(once, y)),
    )
    assert twice.nnz == 2 * once.nnz  # the caller's matrix is left as it was


def test_history_has_one_row_an_epoch(problem):
    estimator, X, y = problem
    model = estimator(alpha=0.01, optimizer="adagrad", random_state=0).fit(X, y)
    assert {len(column) for column in model.history_.values()} == {model.n_iter_}
    np.testing.assert_array_equal(model.history_["epoch"], np.arange(1, model.n_iter_ + 1))
    assert model.history_["objective"][-1] < model.history_["objective"][0]
    assert (model.history_["gradient_norm"] > 0).all()
    assert np.isnan(model.history_["validation_score"]).all()


def test_stop_reasons_say_what_happened(problem):
    estimator, X, y = problem
    done = estimator(alpha=0.01, optimizer="adagrad", random_state=0).fit(X, y)
    assert (done.stop_reason_, done.converged_) == ("converged", True)
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2 epochs.*Raise max_iter"):
        cut = estimator(alpha=0.01, optimizer="adagrad", max_iter=2, random_state=0).fit(X, y)
    assert (cut.stop_reason_, cut.converged_, cut.n_iter_) == ("max_iter", False, 2)
    asked = estimator(max_iter=2, tol=None, random_state=0).fit(X, y)
    assert asked.stop_reason_ == "max_iter"


def test_divergence_stops_at_once_and_keeps_finite_weights():
    rng = np.random.default_rng(0)
    X = 1e3 * rng.normal(size=(200, 3))
    with pytest.warns(ConvergenceWarning, match=r"not finite in epoch .* kept the weights of epoch"):
        model = LinearRegressor(optimizer="sgd", learning_rate=1e3, random_state=0).fit(X, X[:, 0])
    assert np.isfinite(model.coef_).all()
    assert (model.stop_reason_, model.converged_) == ("not_finite", False)
    assert model.n_iter_ < 100


def test_warm_start_goes_on_where_it_ended(problem):
    estimator, X, y = problem
    model = estimator(max_iter=3, tol=None, warm_start=True, random_state=0).fit(X, y)
    after_three = model.history_["objective"][-1]
    model.fit(X, y)
    assert model.history_["epoch"][0] == 4
    assert model.history_["objective"][-1] < 1.1 * after_three


def test_two_partial_fits_are_two_epochs(problem):
    estimator, X, y = problem
    extra = {"classes": np.unique(y)} if is_classifier(estimator()) else {}
    model = estimator(random_state=0, learning_rate=0.1)
    model.partial_fit(X, y, **extra).partial_fit(X, y)
    whole = estimator(random_state=0, learning_rate=0.1, max_iter=2, tol=None).fit(X, y)
    np.testing.assert_array_equal(coefficients(model), coefficients(whole))


def test_partial_fit_learns_from_a_stream(problem):
    estimator, X, y = problem
    model = estimator(random_state=0)
    for start in range(0, 300, 60):
        chunk = slice(start, start + 60)
        extra = {"classes": np.unique(y)} if is_classifier(model) and start == 0 else {}
        model.partial_fit(X[chunk], y[chunk], **extra)
    assert model.score(X, y) > 0.65


def test_early_stopping_keeps_the_best_epoch(problem):
    estimator, X, y = problem
    X_val, y_val = X[:60], y[:60]
    model = estimator(early_stopping=True, random_state=0, tol=0.0).fit(
        X[60:], y[60:], X_val=X_val, y_val=y_val
    )
    assert model.stop_reason_ in ("early_stopping", "max_iter")
    assert model.score(X_val, y_val) == pytest.approx(np.nanmax(model.history_["validation_score"]))
    own = estimator(early_stopping=True, validation_fraction=0.2, random_state=0)
    if estimator is LinearRanker:
        own.fit(X, y, qid=np.repeat(np.arange(30), 10))
    else:
        own.fit(X, y)
    assert np.isfinite(own.history_["validation_score"]).all()


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
@pytest.mark.parametrize("optimizer", ["auto", "adam", "ftrl", "sgd", "momentum", "prodigy"])
def test_l1_gives_exact_zeros_in_every_optimizer_that_takes_it(problem, penalty, optimizer):
    estimator, X, y = problem
    X = np.hstack([X, np.random.default_rng(0).normal(size=(300, 6))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = estimator(
            penalty=penalty, alpha=0.05, l1_ratio=0.9, optimizer=optimizer, random_state=0, max_iter=300
        ).fit(X, y)
    assert (model.coef_ == 0.0).any()
    assert (model.coef_ != 0.0).any()


def with_entry(X, value):
    X = X.astype(np.result_type(X, type(value))) if not isinstance(value, str) else X.astype(object)
    X[7, 1] = value
    return X


# What is wrong with rows, and what the one sentence about it says.
BAD_ROWS = {
    "nan": (lambda X, y: (with_entry(X, np.nan), y), "NaN or a missing value in row 7, column 1; impute"),
    "infinity": (lambda X, y: (with_entry(X, np.inf), y), "infinity in row 7, column 1; correct it"),
    "sparse nan": (lambda X, y: (sp.csr_matrix(with_entry(X, np.nan)), y), "NaN .* in row 7, column 1"),
    "text": (lambda X, y: (with_entry(X, "red"), y), "X holds text, 'red' in row 7, column 1; encode"),
    "numbers as text": (lambda X, y: (X.astype(str), y), "X holds text"),
    "dates": (lambda X, y: (X.astype("datetime64[D]"), y), "dates or durations"),
    "masked": (lambda X, y: (np.ma.masked_array(X, mask=X > 2), y), "masked value"),
    "complex": (lambda X, y: (with_entry(X, 1j), y), "Complex data not supported: X is complex128"),
    "too large": (lambda X, y: (1e160 * X, y), "overflow in float64; divide X"),
    "too large for its type": (lambda X, y: ((1e19 * X).astype("f4"), y), "float32; .* pass X as float64"),
    "one dimension": (lambda X, y: (X[:, 0], y), "Reshape your data"),
    "three dimensions": (lambda X, y: (X[:, :, None], y), "dim 3"),
    "lengths differ": (lambda X, y: (X[:-1], y), "X has 299 rows but y has 300"),
    "empty": (lambda X, y: (X[:0], y[:0]), "0 sample"),
    "no columns": (lambda X, y: (X[:, :0], y), "0 feature"),
    "no target": (lambda X, y: (X, None), "requires y"),
    "target nan": (lambda X, y: (X, np.where(np.arange(300) == 9, np.nan, y)), "y contains NaN .* row 9"),
    "target infinite": (lambda X, y: (X, np.where(np.arange(300) == 9, np.inf, y)), "y contains infinity"),
    "target complex": (lambda X, y: (X, y + 1j), "Complex data not supported: y"),
    "target missing": (
        lambda X, y: (X, np.where(np.arange(300) == 9, None, y)),
        "y (contains NaN|holds None)",
    ),
}


@pytest.fixture
def no_training(monkeypatch):
    """Makes it an error to begin training."""

    def begun(*args, **kwargs):
        raise AssertionError("training began")

    for name in ("train", "train_whole"):
        monkeypatch.setattr(f"sgdkit.estimators._base.{name}", begun)


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_bad_rows_are_refused_and_leave_the_estimator_as_it_was(problem, fault, request):
    estimator, X, y = problem
    spoil, message = BAD_ROWS[fault]
    X_bad, y_bad = spoil(X, y)
    models = [estimator(), estimator(random_state=0, max_iter=1, tol=None).fit(X, y)]
    request.getfixturevalue("no_training")
    for model in models:
        before = dict(vars(model))
        for fit in (model.fit, model.partial_fit):
            extra = {"classes": [0, 1, 2]} if fit == model.partial_fit and is_classifier(model) else {}
            with pytest.raises(ValueError, match=message) as caught:
                fit(X_bad, y_bad, **extra)
            assert "\n" not in str(caught.value)
            assert vars(model) == before


def test_targets_must_be_numbers_where_the_task_asks_for_them(problem, no_training):
    estimator, X, y = problem
    if is_classifier(estimator()):
        with pytest.raises(InvalidParameterError, match="only one class"):
            estimator().fit(X, np.ones(300))
        return
    for words in (np.full(300, "a"), np.full(300, "a", dtype=object)):
        with pytest.raises(InvalidParameterError, match="y holds text, 'a' in row 0"):
            estimator().fit(X, words)
    with pytest.raises(InvalidParameterError, match="overflow in float64; divide y"):
        estimator().fit(X, 1e200 * (y + 3.0))


def test_missing_values_of_frames_are_named_by_column(problem, no_training):
    pd = pytest.importorskip("pandas")
    estimator, X, y = problem
    frame = pd.DataFrame(X, columns=list("abcdef"))
    for value in (pd.NA, None):
        holes = frame.astype(object)
        holes.iloc[2, 2] = value
        with pytest.raises(InvalidParameterError, match="missing value in row 2, column 'c'; impute"):
            estimator().fit(holes, y)
    with pytest.raises(InvalidParameterError, match="'low' in row 0, column 'g'"):
        estimator().fit(frame.assign(g="low"), y)


@pytest.mark.parametrize(
    ("X_val", "y_val", "message"),
    [
        (slice(5), slice(6), "X_val has 5 rows but y_val has 6"),
        (slice(5), np.full(5, np.nan), "y_val contains NaN"),
        (slice(5), np.full(5, "q"), "y_val holds"),
        (slice(0), slice(0), "0 sample"),
    ],
    ids=["lengths", "nan", "text", "empty"],
)
def test_validation_rows_are_checked_before_training(problem, no_training, X_val, y_val, message):
    estimator, X, y = problem
    y_val = y[y_val] if isinstance(y_val, slice) else y_val
    with pytest.raises(ValueError, match=message):
        estimator().fit(X, y, X_val=X[X_val], y_val=y_val)


def test_flags_and_names_may_come_from_a_numpy_grid(problem):
    estimator, X, y = problem
    model = estimator(penalty=np.array(["l1"])[0], early_stopping=np.bool_(False), max_iter=2, tol=None)
    assert model.fit(X, y).n_iter_ == 2


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (-np.ones(300), "negative|Negative"),
        (np.zeros(300), "zero for every row"),
        (np.full(300, np.nan), "NaN"),
        (np.ones(299), "shape"),
        (np.ones((300, 2)), "1D"),
        (np.full(300, np.inf), "infinite, the first in row 0"),
        (np.full(300, 1e308), "sum overflows"),
        (np.full(300, "1"), "dtype <U1, but must hold real numbers"),
        (np.full(300, "a", dtype=object), "must hold real numbers alone"),
        (np.full(300, 1j), "complex128"),
    ],
    ids=["negative", "all zero", "nan", "short", "matrix", "infinite", "huge", "text", "objects", "complex"],
)
def test_bad_weights_are_refused(problem, no_training, weight, message):
    estimator, X, y = problem
    with pytest.raises(ValueError, match=message):
        estimator().fit(X, y, sample_weight=weight)


BAD_PARAMETERS = [
    ("alpha", -1.0), ("alpha", np.nan), ("alpha", "1"), ("l1_ratio", 1.5), ("max_iter", 0), ("max_iter", 2.5),
    ("tol", -1e-3), ("tol", np.nan), ("n_iter_no_change", 0), ("validation_fraction", 0.0),
    ("validation_fraction", 1.0), ("batch_size", 0), ("batch_size", "big"), ("learning_rate", 0.0),
    ("learning_rate", -0.1), ("learning_rate", np.nan), ("learning_rate", np.inf), ("learning_rate", None),
    ("penalty", "l3"), ("penalty", "none"), ("backend", "gpu"), ("shuffle", 1), ("early_stopping", "yes"),
    ("optimizer", 3), ("loss", None), ("alpha", np.inf), ("alpha", 10**400), ("fit_intercept", "yes"),
    ("random_state", -1), ("random_state", "a"), ("tol", np.inf), ("max_seconds", 0.0), ("clip_norm", 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "value"), BAD_PARAMETERS, ids=lambda v: str(v))
def test_bad_parameters_are_refused_in_a_sentence_that_names_them(problem, no_training, parameter, value):
    estimator, X, y = problem
    if parameter not in estimator().get_params():
        return
    with pytest.raises(InvalidParameterError, match=parameter):
        estimator(**{parameter: value}).fit(X, y)


@pytest.mark.parametrize(
    ("parameter", "name", "near"),
    [
        ("optimizer", "adagard", "adagrad"),
        ("learning_rate", "constnat", "constant"),
        ("optimizer", "ADAM", "adam"),
        ("loss", "hinges", "hinge"),
    ],
)
def test_unknown_names_come_with_the_nearest_spelling(problem, parameter, name, near):
    estimator, X, y = problem
    with pytest.raises(InvalidParameterError, match=f"Did you mean '{near}'"):
        estimator(**{parameter: name}).fit(X, y)


def test_a_loss_of_another_task_is_refused_with_those_that_fit(problem):
    estimator, X, y = problem
    wrong = "squared_error" if estimator is not LinearRegressor else "hinge"
    with pytest.raises(InvalidParameterError, match="needs a loss for"):
        estimator(loss=wrong).fit(X, y)


def test_a_class_in_place_of_an_object_is_refused_with_the_remedy(problem):
    from sgdkit.optimizers import Adam

    estimator, X, y = problem
    with pytest.raises(InvalidParameterError, match=r"Adam\(\)"):
        estimator(optimizer=Adam).fit(X, y)


def test_cupy_backend_is_refused_for_arrays_in_main_memory(problem):
    estimator, X, y = problem
    with pytest.raises(UnsupportedCombinationError, match=r"cupy\.asarray"):
        estimator(backend="cupy").fit(X, y)


def test_other_feature_names_are_refused(problem):
    pd = pytest.importorskip("pandas")
    estimator, X, y = problem
    frame = pd.DataFrame(X, columns=list("abcdef"))
    model = estimator(random_state=0).fit(frame, y)
    assert list(model.feature_names_in_) == list("abcdef")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"a": "z"}))


def test_fitting_needs_little_memory_beside_the_rows(problem):
    import tracemalloc

    estimator, _, _ = problem
    if estimator is LinearRanker:
        pytest.skip("its pairs are within queries; rows are as for the others")
    rng = np.random.default_rng(0)
    n = 200_000
    X = rng.normal(size=(n, 8))
    y = (X[:, 0] > 0).astype(np.int64)
    estimator(max_iter=1, tol=None).fit(X[:1000], y[:1000])  # compile first
    tracemalloc.start()
    estimator(max_iter=2, tol=None, random_state=0).fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / n < 40


def test_early_stopping_also_holds_out_rows_in_a_warm_start(problem):
    estimator, X, y = problem
    qid = {"qid": np.repeat(np.arange(30), 10)} if estimator is LinearRanker else {}
    model = estimator(early_stopping=True, warm_start=True, random_state=0, max_iter=5, tol=None)
    for _ in range(2):
        model.fit(X, y, **qid)
        assert np.isfinite(model.history_["validation_score"]).all()


def test_a_warm_start_on_other_columns_is_refused_before_any_kernel_runs(problem):
    estimator, X, y = problem
    model = estimator(warm_start=True, random_state=0).fit(X[:, :2], y)
    with pytest.raises(InvalidParameterError, match="2 features, but X has 6"):
        model.fit(X, y)


def test_a_warm_start_follows_a_changed_problem(problem):
    estimator, X, y = problem
    model = estimator(penalty="l1", alpha=1e-3, warm_start=True, random_state=0).fit(X, y)
    model.set_params(alpha=100.0).fit(X, y)
    assert (model.coef_ == 0.0).all()


def test_streams_of_single_rows_are_learned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_000, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    model = LogisticClassifier(random_state=0)
    for i in range(1_000):
        model.partial_fit(X[i : i + 1], y[i : i + 1], classes=[0, 1])
    assert model.score(X, y) > 0.95


@pytest.mark.parametrize("n", [64, 65, 193])
def test_a_short_last_batch_does_no_harm(n):
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)[:n]
    exact = Ridge(alpha=0.1 * n).fit(X, y[:n]).score(X, y[:n])
    assert LinearRegressor(alpha=0.1, random_state=0).fit(X, y[:n]).score(X, y[:n]) > exact - 0.03


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_bad_class_weights_are_refused_by_name(weight):
    with pytest.raises(InvalidParameterError, match="class_weight"):
        LogisticClassifier(class_weight={0: weight}).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.filterwarnings("ignore:R.2 score is not well-defined")
def test_a_validation_score_that_is_no_number_is_refused():
    X = np.arange(16.0).reshape(8, 2)
    with pytest.raises(InvalidParameterError, match="validation score is nan"):
        LinearRegressor(early_stopping=True).fit(X, X[:, 0])


def test_huge_weights_are_only_proportions(problem):
    estimator, X, y = problem
    plain = estimator(random_state=0).fit(X.astype(np.float32), y)
    huge = estimator(random_state=0).fit(X.astype(np.float32), y, sample_weight=np.full(300, 1e39))
    np.testing.assert_allclose(coefficients(plain), coefficients(huge), rtol=1e-4, atol=1e-5)


def test_a_rate_that_is_too_large_is_never_called_converged(cancer):
    X, y = cancer
    with pytest.warns(ConvergenceWarning, match="training diverged"):
        model = LogisticClassifier(optimizer="sgd", learning_rate=1e6, random_state=0).fit(X, y)
    assert (model.stop_reason_, model.converged_) == ("diverged", False)


def test_a_stream_that_changes_precision_keeps_its_predictions(problem):
    estimator, X, y = problem
    X = X + 50.0  # far from the origin: the intercept must move with the implicit centre
    extra = {"classes": np.unique(y)} if is_classifier(estimator()) else {}
    model = estimator(random_state=0)
    for _ in range(10):
        model.partial_fit(X, y, **extra)
    before = model.score(X, y)
    model.partial_fit(X.astype(np.float32), y)
    assert model.score(X.astype(np.float32), y) > before - 0.2


@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
def test_sparse_columns_far_from_zero_train_like_dense_ones(problem, optimizer):
    estimator, X, y = problem
    settings = {
        "optimizer": optimizer,
        "alpha": 0.01,
        "tol": None,
        "max_iter": 20,
        "random_state": 0,
        "batch_size": 32,
    }
    dense = estimator(**settings).fit(X + 1e4, y)
    sparse = estimator(**settings).fit(sp.csr_matrix(X + 1e4), y)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=1e-6, atol=1e-7)
