"""The planted faults: each function makes one run, wrong or right, and names the check meant for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from sgdkit.governance.audit import build_dimensions
from sgdkit.governance.checks import registered_checks
from sgdkit.governance.collect import collect
from sgdkit.governance.context import AuditContext
from sgdkit.governance.gates import evaluate_gates

FAULTS: list["Fault"] = []


@dataclass(frozen=True)
class Fault:
    """One way to do it wrong.

    `make(planted, folder)` gives the case with the fault, or its clean twin. `also` are checks that the gate
    reads beside the one that is meant.
    """

    name: str
    check: str
    gate: str | None
    make: Callable[[bool, Any], "Case"]
    also: tuple[str, ...] = ()


@dataclass
class Case:
    """A fitted model and what an audit is given with it."""

    model: Any
    X_test: Any
    y_test: Any
    given: dict[str, Any] = field(default_factory=dict)


def fault(check, gate=None, also=()):
    def register(make):
        FAULTS.append(Fault(make.__name__, check, gate, make, also))
        return make

    return register


def examine(check_id, case, also=()):
    """The item of one check, and the names of the gates that failed on it."""
    dimensions = _dimensions((check_id, *also), case)
    items = {item.check_id: item for dimension in dimensions for item in dimension.items}
    return items[check_id], {gate.name for gate in evaluate_gates(dimensions) if gate.failed}


def examine_all(check_ids, case):
    """The items of some checks by id."""
    return {item.check_id: item for dimension in _dimensions(check_ids, case) for item in dimension.items}


def _dimensions(check_ids, case):
    context = AuditContext(collect(case.model), case.X_test, case.y_test, **case.given)
    return build_dimensions(context, [check for check in registered_checks() if check.id in check_ids])


def world(n=600, p=6, seed=0, noise=1.0):
    """Rows, and labels that follow them through a logistic model."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, p))
    logit = X @ np.linspace(-2.0, 2.0, p) / noise
    return X, (generator.random(n) < 1.0 / (1.0 + np.exp(-logit))).astype(int)


def numbers(n=600, p=6, seed=0, noise=1.0):
    """Rows, and numbers that follow them linearly."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, p))
    return X, X @ np.linspace(-2.0, 2.0, p) + noise * generator.normal(size=n)


def split(X, y, **options):
    return train_test_split(X, y, random_state=0, **options)


def fitted(model, X_train, X_test, y_train, y_test, **given):
    """The case of a model trained on the training rows."""
    model.fit(X_train, y_train)
    return Case(model, X_test, y_test, {"X_train": X_train, "y_train": y_train, **given})
