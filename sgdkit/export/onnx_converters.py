"""Converters that let skl2onnx turn sgdkit's estimators into ONNX."""

from typing import Any

import numpy as np

from sgdkit.estimators.hinge import HingeClassifier
from sgdkit.estimators.linear import LinearRegressor
from sgdkit.estimators.logistic import LogisticClassifier
from sgdkit.estimators.ranking import LinearRanker
from sgdkit.exceptions import UnsupportedCombinationError
from sgdkit.export.link import link_of
from sgdkit.extras import import_extra
from sgdkit.governance.report import GovernanceReport
from sgdkit.inspection.fitted import coefficients

__all__ = ("register_onnx",)


def register_onnx() -> None:
    """Teach skl2onnx the four estimators and `GovernanceReport`; call it once before converting.

    Classifiers give `label` and `probabilities`, regressors and rankers `variable`, all in the precision of
    the input. For the hinge `probabilities` holds decision values, one a class; with two classes the first is
    the negative of the second. `GovernanceReport` passes its one input through.

    Raises
    ------
    ImportError
        Without skl2onnx.

    Notes
    -----
    Convert classifiers with ``options={"zipmap": False}``: a list of dicts, skl2onnx's default, exists in
    ONNX for single precision only.

    Examples
    --------
    >>> from sgdkit.export import register_onnx
    >>> register_onnx()  # doctest: +SKIP
    >>> from skl2onnx import to_onnx  # doctest: +SKIP
    >>> onnx_model = to_onnx(pipeline, X[:1], options={"zipmap": False})  # doctest: +SKIP
    """
    register = import_extra("skl2onnx", "onnx", "ONNX export").update_registered_converter
    for kind in (LinearRegressor, LinearRanker):
        register(kind, f"Sgdkit{kind.__name__}", _regression_shapes, _convert_regression)
    for kind, convert in ((LogisticClassifier, _convert_logistic), (HingeClassifier, _convert_hinge)):
        options = {
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [True, False],
        }
        register(kind, f"Sgdkit{kind.__name__}", _class_shapes, convert, options=options)
    register(GovernanceReport, "SgdkitGovernanceReport", _same_shapes, _convert_identity)


def _float_type(operator: Any) -> type:
    """Precision of the computation: that of the input, or single."""
    common = import_extra("skl2onnx.common.data_types", "onnx", "ONNX export")
    return np.float64 if isinstance(operator.inputs[0].type, common.DoubleTensorType) else np.float32


def _regression_shapes(operator: Any) -> None:
    types = import_extra("skl2onnx.common.data_types", "onnx", "ONNX export")
    tensor = types.DoubleTensorType if _float_type(operator) is np.float64 else types.FloatTensorType
    n_outputs = len(coefficients(operator.raw_operator)[0])
    operator.outputs[0].type = tensor([operator.inputs[0].get_first_dimension(), n_outputs])


def _class_shapes(operator: Any) -> None:
    shapes = import_extra("skl2onnx.common.shape_calculator", "onnx", "ONNX export")
    shapes.calculate_linear_classifier_output_shapes(operator)


def _same_shapes(operator: Any) -> None:
    if len(operator.inputs) > 1:
        raise UnsupportedCombinationError(
            f"GovernanceReport has {len(operator.inputs)} inputs here, and ONNX passes one through; it "
            "changes nothing, so convert the pipeline without it: pipeline[1:]."
        )
    operator.outputs[0].type = operator.inputs[0].type


def _raw(operator: Any, container: Any, ops: Any) -> Any:
    """Nodes of ``X @ coef + intercept``, of shape (n_rows, n_outputs)."""
    dtype, version = _float_type(operator), container.target_opset
    coef, intercept = coefficients(operator.raw_operator)
    X = ops.OnnxCast(operator.inputs[0], to=_element_type(dtype), op_version=version)
    product = ops.OnnxMatMul(X, np.ascontiguousarray(coef.T, dtype=dtype), op_version=version)
    return ops.OnnxAdd(product, intercept.astype(dtype), op_version=version)


def _element_type(dtype: type) -> int:
    return int(import_extra("onnx", "onnx", "ONNX export").helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def _onnx_ops() -> Any:
    return import_extra("skl2onnx.algebra.onnx_ops", "onnx", "ONNX export")


def _convert_regression(scope: Any, operator: Any, container: Any) -> None:
    ops, version = _onnx_ops(), container.target_opset
    raw = _raw(operator, container, ops)
    node = ops.OnnxExp if link_of(operator.raw_operator) == "log" else ops.OnnxIdentity
    node(raw, op_version=version, output_names=operator.outputs[:1]).add_to(scope, container)


def _sides(operator: Any, container: Any, ops: Any) -> Any:
    """Nodes of one raw prediction a class; two classes have opposite ones."""
    raw, version = _raw(operator, container, ops), container.target_opset
    if len(operator.raw_operator.classes_) > 2:
        return raw
    return ops.OnnxConcat(ops.OnnxNeg(raw, op_version=version), raw, axis=1, op_version=version)


def _convert_logistic(scope: Any, operator: Any, container: Any) -> None:
    ops, version = _onnx_ops(), container.target_opset
    sides = _sides(operator, container, ops)
    if len(operator.raw_operator.classes_) > 2:
        scores = ops.OnnxSoftmax(sides, axis=1, op_version=version, output_names=operator.outputs[1:])
    else:
        scores = ops.OnnxSigmoid(sides, op_version=version, output_names=operator.outputs[1:])
    _add_labels(scope, operator, container, sides, scores)


def _convert_hinge(scope: Any, operator: Any, container: Any) -> None:
    ops, version = _onnx_ops(), container.target_opset
    sides = _sides(operator, container, ops)
    scores = ops.OnnxIdentity(sides, op_version=version, output_names=operator.outputs[1:])
    _add_labels(scope, operator, container, sides, scores)


def _add_labels(scope: Any, operator: Any, container: Any, sides: Any, scores: Any) -> None:
    """Add the scores, and the class with the largest one."""
    ops, version = _onnx_ops(), container.target_opset
    classes = operator.raw_operator.classes_
    labels = classes.astype(np.int64) if classes.dtype.kind in "biuf" else classes.astype(str)
    best = ops.OnnxArgMax(sides, axis=1, keepdims=0, op_version=version)
    chosen = ops.OnnxArrayFeatureExtractor(labels, best, op_version=version)
    flat = ops.OnnxReshape(
        chosen, np.array([-1], dtype=np.int64), op_version=version, output_names=operator.outputs[:1]
    )
    scores.add_to(scope, container)
    flat.add_to(scope, container)


def _convert_identity(scope: Any, operator: Any, container: Any) -> None:
    ops = _onnx_ops()
    same = ops.OnnxIdentity(
        operator.inputs[0], op_version=container.target_opset, output_names=operator.outputs[:1]
    )
    same.add_to(scope, container)
