"""The contract of an update rule, as checks that each name what is wrong and by how much."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone

from sgdkit.backends.array_api import apply_rule
from sgdkit.losses import Logistic
from sgdkit.namespaces import code_fingerprint
from sgdkit.optimizers.base import UpdateRule
from sgdkit.testing.claims import claim, claim_close, failures_as_claims
from sgdkit.testing.forms import REFERENCE, Task, available_forms, follow_gradients, train_task

__all__ = ("OPTIMIZER_CHECKS", "check_optimizer")

FORM_TOLERANCE = {"float32": 1e-6, "float64": 1e-14}
# Slots may be sums of both signs that nearly cancel; the weights are what counts.
SLOT_TOLERANCE = {"float32": 1e-3, "float64": 1e-11}
FUNCTIONS = ("update", "step_size", "regularized", "catch_up", "reduce")


def _gradients(n_steps: int, n_coordinates: int, *, seed: int = 0, share: float = 1.0) -> np.ndarray:
    """Return random gradients of which about `share` are not zero; the last coordinate gets none."""
    random = np.random.default_rng(seed)
    G = random.normal(size=(n_steps, n_coordinates)) * random.uniform(0.1, 10.0, n_coordinates)
    G[random.random(G.shape) >= share] = 0.0
    G[:, -1] = 0.0
    return G


def _start(n_coordinates: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=n_coordinates)


def _walk(
    rule: UpdateRule, n_steps: int, n_coordinates: int = 8
) -> tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray]:
    """Return weights, slots and rates after some random steps on NumPy arrays."""
    w, rates = _start(n_coordinates), np.linspace(0.02, 0.1, n_coordinates)
    slots = tuple(np.zeros(n_coordinates) for _ in rule.slots)
    for t, g in enumerate(_gradients(n_steps, n_coordinates), 1):
        w, slots = apply_rule(np, rule, w, g, slots, rates, float(t))
    return w, slots, rates


def check_declaration(rule: UpdateRule) -> None:
    """The class says what it needs: name, slots, hyperparameters, and functions that fit `sparse`."""
    kind = type(rule)
    label = kind.__name__
    name = getattr(kind, "name", None)
    claim(
        isinstance(name, str) and name.isidentifier() and name == name.lower(),
        f"{label}.name is {name!r}, but must be a lower-case identifier.",
    )
    for field, allowed in {
        "sparse": ("exact", "catch_up", "dense"),
        "step": ("linear", "normalized", "relative", "free"),
    }.items():
        value = getattr(kind, field)
        claim(value in allowed, f"{label}.{field} is {value!r}, but must be one of {allowed}.")
    claim(kind.auto_rate > 0.0, f"{label}.auto_rate is {kind.auto_rate!r}, but must be positive.")
    strangers = sorted(set(kind.weight_slots) - set(kind.slots))
    claim(not strangers, f"{label}.weight_slots names {strangers}, but there is no such slot.")
    parameters = set(inspect.signature(kind).parameters)
    unknown = sorted(set(kind.hyper) - parameters)
    claim(not unknown, f"{label}.hyper names {unknown}, but the constructor has no such parameter.")
    for role in FUNCTIONS:
        claim(
            kind.function(role) is not None or not callable(getattr(kind, role, None)),
            f"{label}.{role} must be a static method, so that it can be compiled without the object.",
        )
    claim(kind.function("update") is not None, f"{label} has no static method 'update'.")
    for role, needed, reason in (
        ("catch_up", kind.sparse == "catch_up", "sparse = 'catch_up'"),
        ("reduce", bool(kind.reductions), "reductions"),
    ):
        claim(
            (kind.function(role) is not None) == needed,
            f"{label} must have the static method {role!r} if and only if it declares {reason}.",
        )
    claim(
        not kind.reductions or kind.sparse == "dense",
        f"{label} has reductions over every coordinate, so sparse must be 'dense', not {kind.sparse!r}.",
    )
    for role in FUNCTIONS:
        if (function := kind.function(role)) is not None:
            with failures_as_claims(f"{label}.{role} cannot be taken out of its class"):
                code_fingerprint(function)
    with failures_as_claims(f"{label} does not keep its parameters"):
        values = rule.hyper_values()
        claim(clone(rule).hyper_values() == values, f"A clone of {label} has other hyperparameters.")
        decay = clone(rule).set_params(weight_decay=0.25).get_params()["weight_decay"]
        claim(decay == 0.25, f"{label} takes weight_decay=0.25, but keeps {decay!r}.")


def check_forms(rule: UpdateRule) -> None:
    """The compiled loops, NumPy and every other namespace give the same weights, and keep the dtype."""
    label = type(rule).__name__
    for dtype in ("float32", "float64"):
        G = _gradients(120, 12, share=0.4).astype(dtype)
        with failures_as_claims(f"{label} does not run on NumPy arrays of {dtype}"):
            expected = follow_gradients(REFERENCE, rule, G, _start(12), lr=0.05)
        for form in available_forms().values():
            with failures_as_claims(f"{label} does not run in the {form.name} form at {dtype}"):
                found = follow_gradients(form, rule, G, _start(12), lr=0.05)
            claim(
                found.w.dtype == found.slots.dtype == np.dtype(dtype),
                f"{label}: the {form.name} form turned {dtype} into {found.w.dtype}; write 1.0, not 1.",
            )
            sentence = f"{label}: the {form.name} form differs from NumPy at {dtype} after {len(G)} steps in "
            claim_close(found.w, expected.w, FORM_TOLERANCE[dtype], sentence + "the weights")
            for name, slot, wanted in zip(rule.slots, found.slots, expected.slots, strict=True):
                claim_close(slot, wanted, SLOT_TOLERANCE[dtype], sentence + f"the slot {name!r}")


def check_dtype(rule: UpdateRule) -> None:
    """One step on float32 arrays gives float32 arrays, and one slot for each that was declared."""
    label = type(rule).__name__
    for dtype in (np.float32, np.float64):
        w = _start(5).astype(dtype)
        slots = tuple(np.zeros(5, dtype) for _ in rule.slots)
        with failures_as_claims(f"{label}.update does not run on NumPy arrays"):
            moved, after = apply_rule(np, rule, w, w[::-1].copy(), slots, np.full(5, 0.1, dtype), 1.0)
        claim(
            len(after) == len(slots), f"{label}.update returns {len(after)} slots, but declares {len(slots)}."
        )
        kinds = {np.asarray(a).dtype for a in (moved, *after)}
        claim(
            kinds == {np.dtype(dtype)},
            f"{label}.update turns {np.dtype(dtype)} into {', '.join(sorted(map(str, kinds)))}.",
        )
        shapes = {np.asarray(a).shape for a in (moved, *after)}
        claim(shapes == {(5,)}, f"{label}.update returns shapes {shapes} for arrays of shape (5,).")


def check_determinism(rule: UpdateRule) -> None:
    """The same gradients twice give the same bits."""
    label = type(rule).__name__
    G = _gradients(40, 6)
    for form in available_forms().values():
        with failures_as_claims(f"{label} does not run in the {form.name} form"):
            first, second = (follow_gradients(form, rule, G, _start(6)) for _ in range(2))
        claim(
            np.array_equal(first.w, second.w) and np.array_equal(first.slots, second.slots),
            f"{label}: two runs of the {form.name} form on the same gradients differ.",
        )


def check_finite(rule: UpdateRule) -> None:
    """No gradient, and gradients from 1e-12 to 1e4, leave every number finite."""
    label = type(rule).__name__
    for dtype in ("float32", "float64"):
        for size in (0.0, 1e-12, 1e-4, 1e4):
            G = np.full((4, 2), size, dtype)
            for w in (None, np.array([1.0, -1.0])):
                with (
                    np.errstate(all="ignore"),
                    failures_as_claims(f"{label} fails on gradients of {size:g}"),
                ):
                    outcome = follow_gradients(REFERENCE, rule, G, w)
                claim(
                    bool(np.isfinite(outcome.w).all() and np.isfinite(outcome.slots).all()),
                    f"{label}: gradients of {size:g} at {dtype} lead to weights {outcome.w} and "
                    f"slots {outcome.slots.tolist()}.",
                )


def check_zero_gradient(rule: UpdateRule) -> None:
    """What `sparse` says of a zero gradient is so, also on a fresh state and after the rate changed."""
    label, none = type(rule).__name__, np.zeros(8)
    for n_steps in (0, 25):
        w, slots, rates = _walk(rule, n_steps)
        t = float(n_steps)
        if rule.sparse == "exact":
            for factor in (1.0, 0.5):
                moved, after = apply_rule(np, rule, w, none, slots, factor * rates, t + 1.0)
                sentence = (
                    f"{label} is declared sparse = 'exact', but a zero gradient at step {n_steps + 1}, "
                    f"with {factor:g} times the rate before, moves "
                )
                claim_close(moved, w, 1e-15, sentence + "the weights")
                for name, found, wanted in zip(rule.slots, after, slots, strict=True):
                    claim_close(found, wanted, 0.0, sentence + f"the slot {name!r}")
            step_size = rule.function("step_size")
            if step_size is not None and n_steps:
                now, later = (step_size(slots, rule.hyper_values(), rates, t + k) for k in (0.0, 9.0))
                claim_close(
                    later,
                    now,
                    0.0,
                    f"{label} is declared sparse = 'exact', but step_size changes with t, and sparse kernels "
                    "make all missed penalty steps with one size",
                )
        if rule.sparse == "catch_up":
            _check_catch_up(rule, w, slots, rates, t)


def _check_catch_up(rule: UpdateRule, w: Any, slots: Any, rates: Any, t: float) -> None:
    label, catch_up, none = type(rule).__name__, rule.function("catch_up"), np.zeros(8)
    assert catch_up is not None
    dense, dense_slots = w, slots
    made = 0
    for k in (1, 2, 5, 50, 400):
        while made < k:
            made += 1
            dense, dense_slots = apply_rule(np, rule, dense, none, dense_slots, rates, t + made)
        with failures_as_claims(f"{label}.catch_up fails on scalars"):
            caught = [
                catch_up(w[j], tuple(s[j] for s in slots), rule.hyper_values(), rates[j], t, k)
                for j in range(w.shape[0])
            ]
        sentence = f"{label}.catch_up over {k} steps after step {t:g} differs from {k} dense ones in "
        claim_close([c[0] for c in caught], dense, 1e-11, sentence + "the weights")
        for i, name in enumerate(rule.slots):
            claim_close([c[1][i] for c in caught], dense_slots[i], 1e-11, sentence + f"the slot {name!r}")


def check_fixed_point(rule: UpdateRule) -> None:
    """At the optimum of loss plus penalty, a rule with a proximal step stands still."""
    if not rule.has_proximal_step:
        return
    w = np.array([0.5, -2.0, 3.0, 0.0, 0.0])
    for l1, l2 in ((0.0, 0.3), (0.2, 0.0), (0.1, 0.2)):
        # Minus the penalty's slope; where the weight is 0, any slope up to l1.
        g = -(l1 * np.sign(w) + l2 * w) + np.array([0.0, 0.0, 0.0, 0.9 * l1, -0.4 * l1])
        strengths = np.full((2, 5), [[l1], [l2]])
        slots = tuple(np.zeros(5) for _ in rule.slots)
        moved = w
        for t in range(1, 1001):
            moved, slots = apply_rule(np, rule, w, g, slots, np.full(5, 0.1), float(t), *strengths)
        claim_close(
            moved,
            w,
            1e-9,
            f"{type(rule).__name__}: the optimum under l1={l1:g}, l2={l2:g} is no fixed point, so the step "
            "of the penalty does not match that of the gradient",
        )


def check_step_scale(rule: UpdateRule) -> None:
    """`step` tells how moves answer to the gradient's scale."""
    if rule.step == "free":
        return
    G = 1e6 * np.random.default_rng(3).normal(size=(10, 6))  # large against any epsilon
    once = follow_gradients(REFERENCE, rule, G, lr=0.01).w
    scaled = follow_gradients(REFERENCE, rule, 100.0 * G, lr=0.01).w
    expected = 100.0 * once if rule.step == "linear" else once
    change = "makes moves 100 times as large" if rule.step == "linear" else "leaves moves unchanged"
    claim_close(
        scaled,
        expected,
        1e-3,
        f"{type(rule).__name__} is declared step = {rule.step!r}, so a gradient 100 times as large {change}",
    )


def check_descent(rule: UpdateRule) -> None:
    """On a small quadratic, 500 steps at least halve the loss."""
    target = np.array([1.0, -0.5, 0.25, 2.0])
    w, slots = np.zeros(4), tuple(np.zeros(4) for _ in rule.slots)
    rate = np.full(
        4, rule.auto_rate if rule.step in ("relative", "free") else 0.02 * max(1.0, rule.auto_rate)
    )
    for t in range(1, 501):
        w, slots = apply_rule(np, rule, w, w - target, slots, rate, float(t))
    left = float(np.sum((w - target) ** 2) / np.sum(target**2))
    claim(left < 0.5, f"{type(rule).__name__} leaves {left:.2g} of a loss after 500 steps; 0.5 is allowed.")


def check_sparse_training(rule: UpdateRule) -> None:
    """A logistic model trained on CSR rows ends where the NumPy reference on dense rows ends."""
    label = type(rule).__name__
    random = np.random.default_rng(11)
    X = random.normal(size=(40, 9)) * (random.random((40, 9)) < 0.25)
    y = (random.random(40) < 0.5).astype(float)
    strengths = [(0.0, 0.0), (0.0, 0.05)] + ([(0.01, 0.0), (0.01, 0.05)] if rule.has_proximal_step else [])
    for l1, l2 in strengths:
        for batch_size in (1, 7):
            task = Task(
                X=X, y=y, loss=Logistic(), rule=rule, l1=l1, l2=l2,
                batch_size=batch_size, n_epochs=2, shuffle=True,
            )  # fmt: skip
            expected = train_task(REFERENCE, task)
            for name in ("compiled dense", "compiled CSR int32"):
                with failures_as_claims(f"{label} does not train in the {name} form"):
                    found = train_task(available_forms()[name], task)
                claim_close(
                    found.w,
                    expected.w,
                    1e-11,
                    f"{label}: two {name} epochs (l1={l1:g}, l2={l2:g}, batches of {batch_size}) end at "
                    "other weights than on NumPy arrays",
                )


def check_weight_decay(rule: UpdateRule) -> None:
    """Weight decay shrinks the weights before each step, in every form and whatever the penalty."""
    label = type(rule).__name__
    if "weight_decay" in rule.hyper:
        return
    rule = clone(rule).set_params(weight_decay=0.5)
    w, slots, rates = _walk(rule, 3)
    g = np.linspace(-1.0, 1.0, 8)
    if not rule.reductions and not rule.weight_slots:
        found, _ = apply_rule(np, rule, w, g, slots, rates, 4.0, weight_decay=np.full(8, 0.5))
        expected, _ = apply_rule(np, rule, w * (1.0 - 0.5 * rates), g, slots, rates, 4.0)
        claim_close(found, expected, 1e-13, f"{label}: weight decay is not a shrinkage before the step")
    if rule.function("regularized") is not None:
        none = np.zeros(8)
        free, free_slots, held, held_slots = w, slots, w, slots
        for t in range(4, 24):  # a penalty next to nothing changes nothing
            free, free_slots = apply_rule(
                np, rule, free, none, free_slots, rates, float(t), weight_decay=none + 0.5
            )
            held, held_slots = apply_rule(
                np, rule, held, none, held_slots, rates, float(t), none, none + 1e-12, none + 0.5
            )
        claim_close(
            held,
            free,
            1e-8,
            f"{label} computes the weight from its slots, where weight decay does not reach it; name those "
            "that hold the weight in weight_slots",
        )
    G = _gradients(60, 12, share=0.3)
    for l2 in (0.0, 0.1):
        expected = follow_gradients(REFERENCE, rule, G, _start(12), lr=0.05, l2=l2)
        for form in available_forms().values():
            with failures_as_claims(f"{label} with weight decay does not run in the {form.name} form"):
                decayed = follow_gradients(form, rule, G, _start(12), lr=0.05, l2=l2)
            sentence = f"{label} with weight decay differs in the {form.name} form (l2={l2:g}) from NumPy"
            claim_close(decayed.w, expected.w, 1e-11, sentence)


OPTIMIZER_CHECKS: tuple[Callable[[UpdateRule], None], ...] = (
    check_declaration,
    check_dtype,
    check_finite,
    check_zero_gradient,
    check_fixed_point,
    check_step_scale,
    check_descent,
    check_forms,
    check_determinism,
    check_sparse_training,
    check_weight_decay,
)
"""The checks that `check_optimizer` runs, cheap ones first."""


def check_optimizer(rule: UpdateRule) -> None:
    """Check that an update rule keeps its contract.

    Runs the rule compiled over dense and sparse rows, on NumPy arrays, and on array-api-strict and
    CuPy arrays where they are installed, and holds the results against each other and against what
    the class declares. Takes a few seconds the first time, for compiling.

    Parameters
    ----------
    rule : UpdateRule
        An instance; its hyperparameters are the ones that are checked.

    Raises
    ------
    AssertionError
        At the first check that fails, with a sentence that names what is wrong and by how much.
    TypeError
        If `rule` is not an `UpdateRule`.

    Examples
    --------
    >>> from sgdkit.optimizers import Momentum
    >>> from sgdkit.testing import check_optimizer
    >>> check_optimizer(Momentum(beta=0.8))
    """
    if not isinstance(rule, UpdateRule):
        raise TypeError(f"check_optimizer takes an instance of an UpdateRule, not {rule!r}.")
    for check in OPTIMIZER_CHECKS:
        check(rule)
