"""Decoupled weight decay: a keyword of every rule, applied by the engine and by nobody else."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from sgdkit import LogisticClassifier
from sgdkit.backends.array_api import apply_rule
from sgdkit.backends.moves import move_of
from sgdkit.exceptions import InvalidParameterError
from sgdkit.kernels.csr import Move
from sgdkit.losses import SquaredError
from sgdkit.optimizers import FTRL, SGD, AdaGrad, Adam, AdamW, UpdateRule
from sgdkit.plugin.registry import Registry
from sgdkit.testing.forms import Task, available_forms, follow_gradients, train_task

BUILTIN = Registry().table("optimizer", plugins=False)
RULES = {name: kind for name, kind in BUILTIN.items() if issubclass(kind, UpdateRule)}
FORMS = [available_forms()[name] for name in ("NumPy", "compiled dense", "compiled CSR int32")]


class Plain(UpdateRule):
    """A third party's rule, which says nothing of weight decay."""

    name = "plain"
    slots = ("sum",)
    hyper = ("gain",)

    def __init__(self, gain=1.0):
        self.gain = gain

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * hyper[0] * g, (slots[0] + g,)


class Child(Plain):
    """A subclass with a parameter more, which calls its parent's constructor."""

    name = "child"

    def __init__(self, gain=2.0, extra=0.0):
        super().__init__(gain)
        self.extra = extra


class OwnDecay(UpdateRule):
    """A rule that decays by itself, and the intercept too."""

    name = "own_decay"
    hyper = ("weight_decay",)

    def __init__(self, weight_decay=0.5):
        self.weight_decay = weight_decay

    @staticmethod
    def update(w, g, slots, hyper, lr, t):
        return w - lr * (g + hyper[0] * w), slots


@pytest.mark.parametrize("rule", [*RULES.values(), Plain, Child], ids=lambda rule: rule.name)
def test_every_rule_has_the_keyword_and_keeps_it(rule):
    assert rule().weight_decay == (0.01 if rule is AdamW else 0.0)
    made = rule(weight_decay=0.3)
    assert made.get_params()["weight_decay"] == made.decay() == 0.3
    assert clone(made).get_params() == pickle.loads(pickle.dumps(made)).get_params() == made.get_params()
    assert rule().set_params(weight_decay=0.2).decay() == 0.2
    assert made.hyper_values() == rule().hyper_values()


def test_a_rules_own_parameters_stay_as_they_are():
    assert Plain(3.0).get_params() == {"gain": 3.0, "weight_decay": 0.0}
    assert Child(extra=1.0, weight_decay=0.5).get_params() == {"extra": 1.0, "gain": 2.0, "weight_decay": 0.5}
    assert SGD(weight_decay=0.1).decay() == 0.1
    with pytest.raises(TypeError, match="positional"):
        Plain(3.0, 0.1)


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), "0.1", None, True])
def test_a_decay_that_makes_no_sense_is_refused_before_training(bad):
    with pytest.raises(InvalidParameterError, match=r"Adam\(weight_decay=.*weight_decay must be"):
        LogisticClassifier(optimizer=Adam(weight_decay=bad)).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_weight_shrinks_by_the_common_rate_before_the_step(form):
    w, rates = np.array([2.0, -1.0, 5.0]), np.array([1.0, 2.0, 0.25, 4.0])
    found = follow_gradients(form, SGD(weight_decay=0.5), np.ones((2, 3)), w, lr=0.1, rates=rates).w
    for _ in range(2):
        w = w * (1.0 - 0.1 * rates[3] * 0.5) - 0.1 * rates[:3]
    assert found == pytest.approx(w, rel=1e-14)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_decay_beyond_the_weight_ends_at_zero_instead_of_changing_its_sign(form):
    G = np.zeros((3, 2))
    G[:, 0] = 1e-9
    found = follow_gradients(form, SGD(weight_decay=50.0), G, np.array([2.0, -1.0]), lr=0.1).w
    assert found == pytest.approx([0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_intercept_is_never_decayed(rule):
    # A constant target that the intercept fits at once: no gradient, so only decay could move it.
    task = Task(
        X=np.zeros((6, 2)), y=np.full(6, 3.0), loss=SquaredError(), rule=rule(weight_decay=0.5), lr=0.1
    )
    for form in FORMS:
        w = train_task(form, task, np.array([1.0, -2.0, 3.0])).w
        assert w[2] == 3.0
        assert (np.abs(w[:2]) < [1.0, 2.0]).all()


@pytest.mark.parametrize("rule", [SGD, AdaGrad, FTRL], ids=lambda rule: rule.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_thousand_skipped_steps_of_an_exact_rule_are_made_up_in_closed_form(rule, dtype):
    G = np.zeros((1000, 4), dtype)
    G[::100, 0] = 1.0
    G[0, 1] = 1.0
    G[-1, 2] = 1.0
    start = np.array([1.0, 2.0, 3.0, 4.0])
    dense, sparse = (
        follow_gradients(form, rule(weight_decay=1e-3), G, start, lr=0.1).w for form in (FORMS[0], FORMS[2])
    )
    assert sparse == pytest.approx(dense, abs=3e-6 if dtype == "float32" else 1e-13)
    assert sparse[3] == pytest.approx(4.0 * (1.0 - 1e-4) ** 1000, rel=1e-5)


def test_untouched_coordinates_are_skipped_where_that_is_exact_and_only_there():
    def move(rule, nnz=5, **settings):
        task = Task(X=np.zeros((6, 100)), y=np.zeros(6), loss=SquaredError(), rule=rule, **settings)
        return move_of(FORMS[2].problem(task), nnz)

    assert move(SGD()) is Move.TOUCHED
    assert move(SGD(), nnz=101) is Move.EVERY_COORDINATE
    assert move(SGD(weight_decay=0.1)) is Move.TOUCHED_WITH_MISSED_STEPS
    assert move(SGD(weight_decay=0.1), l2=0.1) is Move.EVERY_COORDINATE
    assert move(SGD(), l2=0.1) is Move.TOUCHED_UNDER_SCALE
    assert move(SGD(), l2=0.1, rates=np.ones(101)) is Move.TOUCHED_WITH_PENALTY_OWED
    assert move(SGD(), l1=0.1) is Move.TOUCHED_WITH_PENALTY_OWED
    assert move(AdaGrad(), l2=0.1) is Move.TOUCHED_WITH_PENALTY_OWED
    assert move(Adam()) is Move.TOUCHED_WITH_MISSED_STEPS
    assert move(Adam(), l2=0.1) is Move.EVERY_COORDINATE
    assert move(Adam(weight_decay=0.1)) is Move.EVERY_COORDINATE
    assert move(OwnDecay()) is Move.EVERY_COORDINATE


def test_a_rule_that_lists_the_decay_in_hyper_does_it_itself():
    rule = OwnDecay()
    assert rule.decay() == 0.0 and rule.hyper_values() == (0.5,)
    found = follow_gradients(FORMS[1], rule, np.zeros((1, 2)), np.array([2.0, 4.0]), lr=0.1).w
    assert found == pytest.approx([1.9, 3.8])


def test_weight_decay_is_tuned_like_any_parameter_and_shrinks_the_model():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    grid = {"optimizer": ["adam"], "optimizer__weight_decay": [0.0, 0.3]}
    model = LogisticClassifier(penalty=None, random_state=0, max_iter=20, tol=None)
    search = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert (search.cv_results_["mean_test_score"] > 0.9).all()
    norms = [
        np.linalg.norm(clone(model).set_params(optimizer=Adam(weight_decay=decay)).fit(X, y).coef_)
        for decay in (0.0, 0.3)
    ]
    assert norms[1] < norms[0]


def settle(rule, l2=0.0):
    """Return where `rule` comes to rest on a quadratic around (1, -2)."""
    w, slots = np.zeros(2), tuple(np.zeros(2) for _ in rule.slots)
    strengths = (np.zeros(2), np.full(2, l2), np.full(2, rule.decay()))
    for t in range(1, 3001):
        w, slots = apply_rule(np, rule, w, w - [1.0, -2.0], slots, np.full(2, 0.01), float(t), *strengths)
    return w


def test_a_small_decay_is_an_l2_penalty_for_plain_descent_and_is_none_for_adagrad():
    assert settle(SGD(weight_decay=0.5)) == pytest.approx(settle(SGD(), l2=0.5), rel=1e-2)
    ratio = settle(AdaGrad(weight_decay=0.5)) / settle(AdaGrad(), l2=0.5)
    assert np.abs(ratio - 1.0).max() > 0.05
