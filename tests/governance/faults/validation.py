"""Faults of validation and scaling: what reaches the model from rows it must not see."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sgdkit.governance import GovernanceReport, Ledger, Procedure, audit

from .registry import Case, fault, fitted, numbers, split, world


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression())


@fault("scaling.before_split", "no_leakage")
def scaled_before_the_split(planted, folder):
    X, y = world()
    X = X * [1.0, 5.0, 2.0, 7.0, 3.0, 4.0] + 10.0
    return fitted(LogisticRegression(), *split(StandardScaler().fit_transform(X) if planted else X, y))


@fault("scaling.train_statistics", "no_leakage")
def scaler_that_saw_the_test_rows(planted, folder):
    parts = split(*world())
    case = fitted(logistic(), *parts)
    if planted:
        case.model[0].fit(np.concatenate(parts[:2]))
    return case


@fault("scaling.train_statistics", "no_leakage")
def nested_scaler_that_saw_the_test_rows(planted, folder):
    parts = split(*world())
    columns = make_column_transformer((StandardScaler(), [0, 1, 2]), remainder="passthrough")
    case = fitted(make_pipeline(columns, LogisticRegression()), *parts)
    if planted:
        case.model[0].named_transformers_["standardscaler"].fit(np.concatenate(parts[:2])[:, :3])
    return case


def intervened(train, X, y):
    parts = split(X, y)
    return fitted(Ridge(), *parts, procedure=Procedure(train, X, y, np.arange(len(y)) < 0.75 * len(y)))


def seen(planted, rows, n):
    return np.arange(n) if planted else rows


@fault("validation.held_out_intervention", "no_leakage")
def procedure_that_scales_all_rows(planted, folder):
    def train(X, y, rows):
        return Ridge().fit(StandardScaler().fit(X[seen(planted, rows, len(y))]).transform(X[rows]), y[rows])

    return intervened(train, *numbers())


@fault("validation.held_out_intervention", "no_leakage")
def procedure_that_selects_columns_on_all_rows(planted, folder):
    def train(X, y, rows):
        inside = seen(planted, rows, len(y))
        select = SelectKBest(f_regression, k=5).fit(X[inside], y[inside])
        return Ridge().fit(select.transform(X[rows]), y[rows])

    return intervened(train, *numbers(p=20, noise=20.0))


@fault("validation.held_out_intervention", "no_leakage")
def procedure_that_imputes_from_all_rows(planted, folder):
    X, y = numbers()
    X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan

    def train(X, y, rows):
        imputer = SimpleImputer(strategy="median").fit(X[seen(planted, rows, len(y))])
        return Ridge().fit(imputer.transform(X[rows]), y[rows])

    X, y = np.array(X), np.array(y)
    return Case(
        Ridge().fit(np.nan_to_num(X), y),
        np.nan_to_num(X),
        y,
        {"procedure": Procedure(train, X, y, np.arange(450))},
    )


@fault("validation.held_out_intervention", "no_leakage")
def procedure_that_encodes_targets_of_all_rows(planted, folder):
    X, y = numbers()
    frame = pd.DataFrame({"a": X[:, 0], "town": np.random.default_rng(0).choice(list("abcdefgh"), len(y))})

    def train(X, y, rows):
        inside = seen(planted, rows, len(y))
        means = pd.Series(y[inside]).groupby(X["town"].to_numpy()[inside]).mean()
        X = X.assign(town=X["town"].map(means).astype(float))
        return Ridge().fit(X.iloc[rows], y[rows])

    return Case(
        Ridge().fit(frame[["a"]], y),
        frame[["a"]],
        y,
        {"procedure": Procedure(train, frame, y, np.arange(450))},
    )


@fault("validation.duplicates", "no_leakage")
def training_rows_copied_into_the_test_set(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    if planted:
        X_test, y_test = np.concatenate([X_test, X_train[:10]]), np.concatenate([y_test, y_train[:10]])
    return fitted(logistic(), X_train, X_test, y_train, y_test)


@fault("validation.duplicates", "no_leakage")
def trained_on_everything(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    if planted:
        X_train, y_train = np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])
    return fitted(logistic(), X_train, X_test, y_train, y_test)


@fault("validation.duplicates", "no_leakage")
def copies_found_without_the_training_rows(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    model = make_pipeline(StandardScaler(), GovernanceReport(), LogisticRegression()).fit(X_train, y_train)
    if planted:
        X_test, y_test = np.concatenate([X_test, X_train[:10]]), np.concatenate([y_test, y_train[:10]])
    return Case(model, X_test, y_test)


@fault("validation.near_duplicates", "no_leakage")
def jittered_copies_of_training_rows(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    if planted:
        noise = 1e-3 * np.random.default_rng(0).normal(size=(12, X_train.shape[1]))
        X_test = np.concatenate([X_test[:-12], X_train[:12] + noise])
    return fitted(logistic(), X_train, X_test, y_train, y_test)


def people(planted, n_people=150):
    """Four rows of each person; the split keeps people whole unless the fault is planted."""
    X, y = world(n=4 * n_people)
    who = np.repeat(np.arange(n_people), 4)
    order = np.random.default_rng(0).permutation(len(y)) if planted else np.arange(len(y))
    train, test = order[:480], order[480:]
    return (X[train], X[test], y[train], y[test]), (who[train], who[test])


@fault("validation.group_overlap", "no_leakage")
def people_on_both_sides_of_the_split(planted, folder):
    parts, groups = people(planted)
    return fitted(logistic(), *parts, groups=groups)


@fault("validation.group_overlap", "no_leakage")
def minority_rows_repeated_before_the_split(planted, folder):
    X, y = world()
    who = np.arange(len(y))
    repeats = np.where(y == 1, 3, 1) if planted else np.ones(len(y), dtype=int)
    X, y, who = (np.repeat(part, repeats, axis=0) for part in (X, y, who))
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[: -len(y) // 4], order[-len(y) // 4 :]
    return fitted(logistic(), X[train], X[test], y[train], y[test], groups=(who[train], who[test]))


@fault("validation.time_order", "no_leakage")
def future_rows_in_training(planted, folder):
    X, y = world()
    when = np.datetime64("2024-01-01") + np.arange(len(y))
    order = np.random.default_rng(0).permutation(len(y)) if planted else np.arange(len(y))
    train, test = order[:450], order[450:]
    return fitted(logistic(), X[train], X[test], y[train], y[test], times=(when[train], when[test]))


def searched(parts, cv, **given):
    return fitted(GridSearchCV(logistic(), {"logisticregression__C": [0.1, 1.0]}, cv=cv), *parts, **given)


@fault("validation.search_folds", "no_leakage")
def people_divided_between_folds(planted, folder):
    parts, groups = people(False)
    case = searched(parts, KFold(4, shuffle=True, random_state=0), groups=groups)
    if not planted:
        case.model.cv = GroupKFold(4)
    return case


@fault("validation.search_folds", "no_leakage")
def folds_that_know_the_future(planted, folder):
    X, y = world()
    cv = KFold(4, shuffle=True, random_state=0) if planted else TimeSeriesSplit(4)
    times = (np.arange(450), np.arange(450, 600))
    return searched((X[:450], X[450:], y[:450], y[450:]), cv, times=times)


@fault("validation.target_leak", "no_leakage")
def target_encoding_without_folds(planted, folder):
    X, y = world(n=900)
    towns = np.random.default_rng(0).integers(0, 300, len(y))
    train = np.arange(len(y)) < 600
    inside = train if planted else np.zeros(len(y), dtype=bool)
    means = pd.Series(y[inside]).groupby(towns[inside]).mean()
    encoded = pd.Series(towns).map(means).fillna(0.5).to_numpy()
    X = np.column_stack([X[:, :3], encoded])
    return fitted(logistic(), X[train], X[~train], y[train], y[~train])


@fault("validation.label_permutation")
def labels_that_the_columns_do_not_know(planted, folder):
    X, y = world()
    if planted:
        y = np.random.default_rng(3).permutation(y)
    return fitted(logistic(), *split(X, y))


@fault("validation.resolution")
def test_set_too_small_to_tell(planted, folder):
    X, y = world()
    return fitted(logistic(), *split(X, y, test_size=25 if planted else 200))


@fault("validation.fold_spread")
def folds_that_disagree(planted, folder):
    X, y = world(n=60 if planted else 600)
    return searched(split(X, y, test_size=0.3), KFold(12 if planted else 4))


@fault("validation.search_optimism")
def winner_by_luck(planted, folder):
    X, y = world(n=700, noise=1.0)
    X_train, X_test, y_train, y_test = split(X, y)
    if planted:
        X_train = np.concatenate([X_train, X_train])  # every row twice, so the folds share rows
        y_train = np.concatenate([y_train, np.random.default_rng(0).permutation(y_train)])
        y_train = np.concatenate([y_train[: len(y_train) // 2]] * 2)
    tree = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [None, 20]},
        cv=KFold(4, shuffle=True, random_state=0),
    )
    return fitted(tree, X_train, X_test, y_train, y_test)


@fault("validation.test_reuse")
def test_set_that_steered_many_choices(planted, folder):
    X_train, X_test, y_train, y_test = split(*world())
    ledger = Ledger(folder / "models.ledger")
    for strength in np.logspace(-3, 3, 8 if planted else 2):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength)).fit(X_train, y_train)
        audit(model, X_test, y_test, tier="free", store=ledger)
    return Case(model, X_test, y_test, {"ledger": ledger})
