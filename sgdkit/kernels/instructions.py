"""Instructions that the compiler knows and Numba has no name for."""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ("either", "prefetch")


@intrinsic
def _prefetch(typingctx, array, at):
    """Ask for the cache line that holds byte `at` of a C-contiguous array."""

    def codegen(context, builder, signature, args):
        view = context.make_array(signature.args[0])(context, builder, args[0])
        address = builder.add(builder.ptrtoint(view.data, ir.IntType(64)), args[1])
        pointer = builder.inttoptr(address, ir.IntType(8).as_pointer())
        flag = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), flag, flag, flag]),
            "llvm.prefetch.p0i8",
        )
        builder.call(function, [pointer, flag(0), flag(2), flag(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


@njit(error_model="numpy", forceinline=True)
def prefetch(array, start, stop):
    """Start loading the numbers `start` to `stop` into the second-level cache without waiting for them."""
    for at in range(np.int64(start) * array.itemsize, np.int64(stop) * array.itemsize, 64):
        _prefetch(array, at)


@intrinsic
def either(typingctx, condition, one, other):
    """Return `one` where the condition holds, else `other`, without a branch.

    The compiler makes a branch of a choice that hangs on something just read; where the condition is a coin
    toss, half of them are guessed wrong.
    """

    def codegen(context, builder, signature, args):
        chosen = builder.select(*args)
        chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
        return chosen

    return one(types.boolean, one, one), codegen
