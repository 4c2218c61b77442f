"""Function pointers as plain integers.

Numba accepts a compiled function as an argument typed ``FunctionType``, but finding its address
costs 100 microseconds a call, as long as a whole epoch on small data. The address does not
change, so it is looked up once and handed over as an integer; inside the kernel it becomes a
first-class function again.
"""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sgdkit.kernels.abi import kernel_types

__all__ = ("as_catch_up_touched", "as_loss", "as_update_all", "as_update_touched", "function_address")


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
as_update_all = _converter("update_all")
as_update_touched = _converter("update_touched")
as_catch_up_touched = _converter("catch_up_touched")
