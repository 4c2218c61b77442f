"""Function pointers as plain integers, and arrays without reference counts.

Numba accepts a compiled function as an argument typed ``FunctionType``, but finding its address
costs 100 microseconds a call, as long as a whole epoch on small data. The address does not
change, so it is looked up once and handed over as an integer; inside the kernel it becomes a
first-class function again.

Numba counts references to arrays with atomic operations, several for each call that takes one.
With batches of one row that was half of the time, so kernels work on borrowed views of their
arguments, working memory included, which the caller keeps alive.
"""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sgdkit.kernels.abi import kernel_types

__all__ = ("as_catch_up", "as_loss", "as_update", "borrow", "function_address")


def function_address(function: Any) -> int:
    """Return the address of an eagerly compiled function with a single signature."""
    (result,) = function.overloads.values()
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def _converter(role: str) -> Any:
    @intrinsic
    def convert(typingctx, address, like):
        """Return the function at `address`; the array `like` tells the dtype it works on."""
        function_type = getattr(kernel_types(np.dtype(like.dtype.name)), role)

        def codegen(context, builder, signature, args):
            function = cgutils.create_struct_proxy(function_type)(context, builder)
            pointer = builder.inttoptr(args[0], cgutils.voidptr_t)
            function.c_addr = pointer
            function.py_addr = cgutils.get_null_value(cgutils.voidptr_t)
            function.jit_addr = pointer
            return function._getvalue()

        return function_type(types.int64, like), codegen

    return convert


as_loss = _converter("loss")
as_update = _converter("update")
as_catch_up = _converter("catch_up")


@intrinsic
def borrow(typingctx, array):
    """Return a view of an argument that owns nothing; the caller keeps the array alive."""

    def codegen(context, builder, signature, args):
        view = context.make_array(signature.args[0])(context, builder, args[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()

    return array(array), codegen
