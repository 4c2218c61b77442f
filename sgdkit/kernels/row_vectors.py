"""Four rows at a time through vector registers, the last columns under a mask.

The loops that LLVM makes of ``z += x[j] * w[j]`` treat the columns that do not fill a vector one by
one, and with 50 columns that was as long as all the others. Here they are one masked step, and a weight
is loaded once for four rows.
"""

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ("ROWS", "add_rows", "dot_rows")

ROWS = 4


def _vector_bytes() -> int:
    features = llvm.get_host_cpu_features()
    return 64 if features.get("avx512f") else 32 if features.get("avx2") else 16


_VECTOR_BYTES = _vector_bytes()
_INT64 = ir.IntType(64)
_INT32 = ir.IntType(32)


class _Lanes:
    """Emits vector instructions for one float type."""

    def __init__(self, builder: ir.IRBuilder, scalar: ir.Type):
        self.builder = builder
        self.scalar = scalar
        self.bytes = 4 if isinstance(scalar, ir.FloatType) else 8
        self.count = _VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(scalar, self.count)
        self.flags = ir.VectorType(ir.IntType(1), self.count)
        self.suffix = f"v{self.count}f{8 * self.bytes}"
        self.zero = ir.Constant(self.vector, [0.0] * self.count)

    def _call(self, name: str, result: ir.Type, arguments: list, **settings: Any) -> ir.Value:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.{name}.{self.suffix}")
        return self.builder.call(function, arguments, **settings)

    def _at(self, pointer: ir.Value, index: ir.Value) -> ir.Value:
        return self.builder.bitcast(self.builder.gep(pointer, [index]), self.vector.as_pointer())

    def load(self, pointer: ir.Value, index: ir.Value, mask: ir.Value | None) -> ir.Value:
        if mask is None:
            value = self.builder.load(self._at(pointer, index))
            value.align = self.bytes
            return value
        arguments = [self._at(pointer, index), _INT32(self.bytes), mask, self.zero]
        return self._masked("load", self.vector, arguments)

    def store(self, value: ir.Value, pointer: ir.Value, index: ir.Value, mask: ir.Value | None) -> None:
        if mask is None:
            self.builder.store(value, self._at(pointer, index)).align = self.bytes
        else:
            arguments = [value, self._at(pointer, index), _INT32(self.bytes), mask]
            self._masked("store", ir.VoidType(), arguments)

    def _masked(self, kind: str, result: ir.Type, arguments: list) -> ir.Value:
        types_ = [argument.type for argument in arguments]
        name = f"llvm.masked.{kind}.{self.suffix}.p0"
        function = cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(result, types_), name)
        return self.builder.call(function, arguments)

    def fma(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        return self._call("fma", self.vector, [a, b, c])

    def sum(self, value: ir.Value) -> ir.Value:
        arguments = [ir.Constant(self.scalar, -0.0), value]
        return self._call("vector.reduce.fadd", self.scalar, arguments, fastmath=("reassoc",))

    def spread(self, value: ir.Value) -> ir.Value:
        kind = ir.VectorType(value.type, self.count)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INT32(0))
        places = ir.Constant(ir.VectorType(_INT32, self.count), [0] * self.count)
        return self.builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), places)

    def first(self, n: ir.Value) -> ir.Value:
        """Return the mask of the first `n` lanes."""
        numbers = ir.Constant(ir.VectorType(_INT64, self.count), list(range(self.count)))
        return self.builder.icmp_unsigned("<", numbers, self.spread(n))

    def each_block(self, n: ir.Value, emit: Any) -> None:
        """Emit a loop over full vectors of `n` columns, then one masked step for the rest."""
        rest = self.builder.and_(n, _INT64(self.count - 1))
        full = self.builder.sub(n, rest)
        with cgutils.for_range_slice(self.builder, _INT64(0), full, _INT64(self.count)) as (j, _):
            emit(j, None)
        with self.builder.if_then(self.builder.icmp_unsigned("!=", rest, _INT64(0))):
            emit(full, self.first(rest))


def _row_pointers(
    builder: ir.IRBuilder, matrix: Any, scalar: ir.Type, rows: list[ir.Value]
) -> list[ir.Value]:
    stride = cgutils.unpack_tuple(builder, matrix.strides)[0]
    base = builder.ptrtoint(matrix.data, _INT64)
    addresses = [builder.add(base, builder.mul(row, stride)) for row in rows]
    return [builder.inttoptr(address, scalar.as_pointer()) for address in addresses]


@intrinsic
def dot_rows(typingctx, X, a, b, c, e, w):
    """Return the products of four rows of a C-contiguous `X` with the vector `w`, columns of X only."""
    result = types.UniTuple(X.dtype, ROWS)

    def codegen(context, builder, signature, args):
        matrix = context.make_array(signature.args[0])(context, builder, args[0])
        weights = context.make_array(signature.args[5])(context, builder, args[5])
        scalar = context.get_value_type(X.dtype)
        lanes = _Lanes(builder, scalar)
        rows = _row_pointers(builder, matrix, scalar, list(args[1:5]))
        totals = [cgutils.alloca_once_value(builder, lanes.zero) for _ in rows]

        def block(j, mask):
            weight = lanes.load(weights.data, j, mask)
            for row, total in zip(rows, totals, strict=True):
                product = lanes.fma(lanes.load(row, j, mask), weight, builder.load(total))
                builder.store(product, total)

        lanes.each_block(cgutils.unpack_tuple(builder, matrix.shape)[1], block)
        return context.make_tuple(builder, result, [lanes.sum(builder.load(total)) for total in totals])

    return result(X, *(types.int64,) * ROWS, w), codegen


@intrinsic
def add_rows(typingctx, X, a, b, c, e, sa, sb, sc, se, g):
    """Add four rows of a C-contiguous `X`, each times a number, to the vector `g`."""

    def codegen(context, builder, signature, args):
        matrix = context.make_array(signature.args[0])(context, builder, args[0])
        target = context.make_array(signature.args[9])(context, builder, args[9])
        scalar = context.get_value_type(X.dtype)
        lanes = _Lanes(builder, scalar)
        rows = _row_pointers(builder, matrix, scalar, list(args[1:5]))
        factors = [lanes.spread(factor) for factor in args[5:9]]

        def block(j, mask):
            total = lanes.load(target.data, j, mask)
            for row, factor in zip(rows, factors, strict=True):
                total = lanes.fma(factor, lanes.load(row, j, mask), total)
            lanes.store(total, target.data, j, mask)

        lanes.each_block(cgutils.unpack_tuple(builder, matrix.shape)[1], block)
        return context.get_dummy_value()

    return types.void(X, *(types.int64,) * ROWS, *(X.dtype,) * ROWS, g), codegen
