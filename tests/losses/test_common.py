"""Every registered loss keeps the contract that `sgdkit.testing` states."""

import numpy as np
import pytest

from sgdkit.losses import (
    EpsilonInsensitive,
    Huber,
    Logistic,
    PointwiseLoss,
    Quantile,
    Softmax,
    SquaredEpsilonInsensitive,
)
from sgdkit.plugin.registry import Registry
from sgdkit.testing import LOSS_CHECKS, check_loss
from sgdkit.testing.forms import available_forms, loss_and_gradient
from sgdkit.testing.loss import default_largest_raw, loss_case

LOSSES = Registry().table("loss", plugins=False)
POINTWISE = {name: loss for name, loss in LOSSES.items() if issubclass(loss, PointwiseLoss)}
BATCH = {name: loss for name, loss in LOSSES.items() if name not in POINTWISE}
MARGIN = {name: loss for name, loss in POINTWISE.items() if "classification" in loss.tasks}
# Other hyperparameters than the defaults, and one for each output.
VARIANTS = [
    Quantile(0.9), Huber(0.3), EpsilonInsensitive(0.0), SquaredEpsilonInsensitive(2.0), Logistic(0.2),
    Softmax(0.2),
]  # fmt: skip


@pytest.mark.parametrize("check", LOSS_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_every_loss_keeps_the_contract(loss, check):
    check(loss(), None, default_largest_raw(loss()))


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_other_hyperparameters_keep_the_contract(loss):
    check_loss(loss)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_every_loss_is_convex_in_the_raw_predictions(loss):
    made, random = loss(), np.random.default_rng(4)
    for seed in range(20):
        case = loss_case(made, seed=seed)
        step = random.normal(size=case.raw.shape)
        slopes = [
            np.sum(step * made.evaluate_batch(np, case.raw + t * step, case.y, case.weight, case.offsets)[1])
            for t in np.linspace(-3.0, 3.0, 25)
        ]
        assert (np.diff(slopes) >= -1e-12 * np.abs(slopes).max()).all()


@pytest.mark.skipif("CuPy" not in available_forms(), reason="needs CuPy and a CUDA device")
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_cupy_arrays_give_the_same_value_and_gradient(loss):
    case = loss_case(loss())
    arguments = (loss(), case.raw, case.y, case.weight, case.query_edges)
    value, gradient = loss_and_gradient(available_forms()["CuPy"], *arguments)
    expected, slope = loss_and_gradient(available_forms()["NumPy"], *arguments)
    assert value == pytest.approx(expected, rel=1e-12)
    assert gradient == pytest.approx(slope, rel=1e-12)


@pytest.mark.parametrize("loss", POINTWISE.values(), ids=POINTWISE)
def test_the_scalar_form_on_python_floats_equals_the_array_form(loss):
    made = loss()
    case = loss_case(made)
    numbers = zip(case.raw[:, 0].tolist(), case.y.tolist(), strict=True)
    pairs = [loss.evaluate(z, target, made.hyper_values()) for z, target in numbers]
    total, gradient = made.evaluate_batch(np, case.raw, case.y, np.ones(len(case.y)), case.offsets)
    assert float(total) == pytest.approx(sum(float(value) for value, _ in pairs), rel=1e-14)
    assert gradient[:, 0] == pytest.approx([float(g) for _, g in pairs], rel=1e-14)


@pytest.mark.parametrize("loss", MARGIN.values(), ids=MARGIN)
@pytest.mark.parametrize("form", ["NumPy", "compiled dense"])
def test_with_several_outputs_a_margin_loss_is_summed_one_class_against_the_rest(loss, form):
    random = np.random.default_rng(0)
    raw, weight = random.normal(size=(9, 3)), random.uniform(0.5, 2.0, 9)
    y = np.arange(9.0) % 3.0
    form = available_forms()[form]
    total, gradient = loss_and_gradient(form, loss(), raw, y, weight)
    apart = [loss_and_gradient(form, loss(), raw[:, [k]], (y == k) * 1.0, weight) for k in range(3)]
    assert total == pytest.approx(sum(value for value, _ in apart), rel=1e-13)
    assert gradient == pytest.approx(np.hstack([slope for _, slope in apart]), rel=1e-13)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_an_integer_weight_counts_like_repeated_rows(loss):
    made = loss()
    case = loss_case(made)
    times = np.random.default_rng(0).integers(1, 4, len(case.y))
    order = np.repeat(np.arange(len(case.y)), times)
    edges = None if case.query_edges is None else np.append(0, np.cumsum(times))[case.query_edges]
    offsets = case.offsets if edges is None else edges
    weighted, slope = made.evaluate_batch(np, case.raw, case.y, times.astype(float), case.offsets)
    repeated, slopes = made.evaluate_batch(np, case.raw[order], case.y[order], np.ones(len(order)), offsets)
    assert float(repeated) == pytest.approx(float(weighted), rel=1e-13)
    summed = np.zeros_like(slope)
    np.add.at(summed, order, slopes)
    assert summed == pytest.approx(slope, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_raw_prediction_that_is_not_finite_is_never_hidden(loss, bad):
    case = loss_case(loss())
    raw = case.raw.copy()
    raw[-1, 0] = bad
    for form in available_forms().values():
        with np.errstate(all="ignore"):
            value, _ = loss_and_gradient(form, loss(), raw, case.y, case.weight, case.query_edges)
        beyond_the_margin = value == value and loss.name in MARGIN and bad == np.inf
        assert not np.isfinite(value) or beyond_the_margin, form.name


@pytest.mark.parametrize("loss", [*(loss() for loss in BATCH.values()), Softmax(0.2)], ids=repr)
def test_the_loops_as_plain_python_equal_the_array_form(loss):
    case = loss_case(loss)
    gradient = np.full_like(case.raw, np.nan)
    arguments = (case.raw, case.y, case.weight, np.array(loss.hyper_values()), case.offsets, gradient)
    value = type(loss).function("loops")(*arguments)
    expected, slope = loss.evaluate_batch(np, case.raw, case.y, case.weight, case.offsets)
    assert value == pytest.approx(float(expected), rel=1e-13)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-15)
