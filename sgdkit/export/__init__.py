"""Fitted models in forms that other programs score: plain JSON and ONNX."""

from sgdkit.export.json_model import to_json
from sgdkit.export.onnx_converters import register_onnx

__all__ = ("register_onnx", "to_json")
