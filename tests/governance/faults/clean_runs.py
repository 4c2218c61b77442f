"""Fully declared runs on real data that do everything right, audited in full."""

import zlib

import numpy as np
import scipy.sparse as sp
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from sgdkit import LinearRegressor, LogisticClassifier
from sgdkit.governance import GovernanceReport, audit
from sgdkit.governance.collect import parameters_hash

from .clean_sets import SETS

ESTIMATORS = ("sgdkit", "adagrad", "scikit-learn", "other")

DECLARATION = {
    "task": "Predicts the target of a public set, to see what an audit says of a run without faults",
    "intended_use": "Tests of this package; decides about nobody",
    "cost_of_errors": "None, as nothing is decided",
    "metric": "Accuracy or R2, since every error costs the same here",
    "data_source": "A public research set",
    "consent": "Published for research",
    "groups": "Compared where the set names them",
    "harms": "None, as nothing is decided",
    "limits": "Not for use on people",
    "owner": "A. Owner",
    "reviewer": "R. Reviewer",
    "date": "2026-01-01",
    "materiality": "low",
}


def estimator(kind, task, seed, small):
    regression = task == "regression"
    if kind == "sgdkit":
        return (LinearRegressor if regression else LogisticClassifier)(alpha=1e-3, random_state=seed)
    if kind == "adagrad":
        own = LinearRegressor if regression else LogisticClassifier
        return own(alpha=1e-3, optimizer="adagrad", tol=1e-5, max_iter=2000, random_state=seed)
    if kind == "other" and small:  # trees take no sparse rows, and many classes make many of them
        return LinearSVC(C=0.1, random_state=seed)
    if kind == "other":
        own = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
        return own(max_iter=30, max_leaf_nodes=8, early_stopping=False, random_state=seed)
    return Ridge(1.0) if regression else LogisticRegression(C=1.0, max_iter=2000)


def prepared(X):
    """What stands before the estimator: scaled numbers and indicator columns."""
    if sp.issparse(X):
        return ()
    if not hasattr(X, "columns"):
        return (StandardScaler(),)
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    text = OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist", sparse_output=False)
    return (
        make_column_transformer(
            (numeric, make_column_selector(dtype_include="number")),
            (text, make_column_selector(dtype_exclude="number")),
        ),
    )


def clean_run(name, kind, seed, tier="slow"):
    """The audit of one run."""
    rows = SETS[name]()
    seed = zlib.crc32(f"{name} {kind} {seed}".encode()) % 1000
    places = np.arange(len(rows.y))
    if rows.times is not None:
        cut = int(0.7 * len(places))
        train, test = places[:cut], places[cut:]
    elif rows.entities is not None:
        folds = GroupShuffleSplit(1, test_size=0.3, random_state=seed)
        train, test = next(folds.split(places, groups=rows.entities))
    else:
        stratify = rows.y if rows.task == "classification" else None
        train, test = train_test_split(places, test_size=0.3, random_state=seed, stratify=stratify)
    take = rows.X.iloc if hasattr(rows.X, "iloc") else rows.X
    X_train, X_test = take[train], take[test]
    small = sp.issparse(rows.X) or (rows.task == "classification" and np.unique(rows.y).size > 10)
    final = estimator(kind, rows.task, seed, small)
    model = make_pipeline(GovernanceReport(), *prepared(rows.X), final).fit(X_train, rows.y[train])
    given = {}
    if rows.people is not None:
        given["sensitive_features"] = {rows.people: X_test[rows.people].to_numpy()}
    if rows.times is not None:
        given["times"] = (rows.times[train], rows.times[test])
    if rows.entities is not None:
        given["groups"] = (rows.entities[train], rows.entities[test])
    digest, count = parameters_hash(model)
    declaration = {
        **DECLARATION,
        "statements": {
            "governance_review": "Approved for tests.",
            "learning_rate_rationale": "Every estimator keeps the steps that it derives from the data.",
            "feature_scaling_review": "Numbers are standardised on the training rows.",
            "fairness_review": "The groups named by the set were compared.",
        },
        **({"model_hash": digest} if count else {}),
    }
    return audit(
        model,
        X_test,
        rows.y[test],
        X_train=X_train,
        y_train=rows.y[train],
        declaration=declaration,
        tier=tier,
        random_state=seed,
        name=f"{name} {kind}",
        **given,
    )
