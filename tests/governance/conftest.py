import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit.governance import GovernanceReport, audit


@pytest.fixture(scope="session")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return train_test_split(X, y, random_state=0)


@pytest.fixture(scope="session")
def diabetes():
    X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return train_test_split(X, y, random_state=0)


@pytest.fixture
def model(cancer):
    X_train, _, y_train, _ = cancer
    return make_pipeline(GovernanceReport(), StandardScaler(), LogisticRegression()).fit(X_train, y_train)


@pytest.fixture
def record(cancer, model):
    X_train, X_test, y_train, y_test = cancer
    return audit(
        model,
        X_test,
        y_test,
        X_train=X_train,
        y_train=y_train,
        sensitive_features=np.where(X_test[:, 0] > 14, "large", "small"),
        statements={"governance_review": "Looked at <script>alert(1)</script>."},
    )
