"""The experiment that replaces held-out rows: sparse tables, and procedures that cannot be repeated."""

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import Ridge

from sgdkit.governance import GovernanceReport, Procedure, audit

RANDOM = np.random.default_rng(0)
X = sp.random_array((90, 4), density=0.5, rng=RANDOM, format="csr")
Y = X @ np.array([1.0, -1.0, 0.5, 0.0]) + 0.1 * RANDOM.normal(size=90)


def verdict(train):
    model = GovernanceReport().fit(X[:60]) and Ridge().fit(X[:60], Y[:60])
    procedure = Procedure(train, X, Y, np.arange(60))
    record = audit(model, X[60:], Y[60:], X_train=X[:60], y_train=Y[:60], procedure=procedure)
    return record.items["validation.held_out_intervention"]


def test_a_clean_procedure_on_sparse_rows_passes():
    assert verdict(lambda X, y, rows: Ridge().fit(X[rows], y[rows])).passed is True


def test_a_scale_of_all_sparse_rows_is_found():
    def train(X, y, rows):
        most = np.abs(X).max(axis=0).toarray().ravel()
        return Ridge().fit((X @ sp.diags_array(1.0 / most))[rows], y[rows])

    assert verdict(train).passed is False


def test_a_procedure_of_chance_proves_nothing():
    random = np.random.default_rng(1)
    found = verdict(lambda X, y, rows: Ridge(alpha=random.random()).fit(X[rows], y[rows]))
    assert (found.grade, found.passed) == ("absent", None)
    assert "another model each time" in found.summary
