"""Large functions that are compiled once for a dtype, and called through a pointer.

What Numba compiles, it links into each function that calls it, and optimizes again: four times on
the way from a kernel to PyTensor's function, and anew in each of those. With convolution that takes
ten seconds. Here a function is compiled, or read from disk, when it is first called in a process,
and its callers hold no more than its address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.windows import Kernel

# The functions by name, and how to find their address for a dtype.
LINKED: dict[str, Any] = {}
ADDRESSES: dict[str, Callable[[str], int]] = {}


def linked(function: Any, argument_types: Callable[[Any], tuple[Any, ...]], dtype_of: int) -> Any:
    """Return what compiled code may call in place of a compiled function that returns nothing.

    `argument_types` are those for a dtype, which is that of the array that is argument number
    `dtype_of`.
    """
    name = function.__name__
    addresses: dict[str, int] = {}

    def address(dtype: str) -> int:
        if dtype not in addresses:
            signature = types.none(*argument_types(numba.from_dtype(np.dtype(dtype))))
            function.compile(signature.args)
            compiled = function.overloads[signature.args]
            symbol = compiled.fndesc.llvm_func_name
            addresses[dtype] = compiled.library.get_pointer_to_function(symbol)
        return addresses[dtype]

    LINKED[name], ADDRESSES[name] = function, address

    @intrinsic
    def call(typing_context, arguments):  # type: ignore[no-untyped-def]
        dtype = arguments[dtype_of].dtype
        wanted = argument_types(dtype)
        lookup = _lookup(name, str(dtype))

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            (values,) = values
            values = cgutils.unpack_tuple(builder, values)
            values = [
                context.cast(builder, value, given, expected)
                for value, given, expected in zip(values, arguments, wanted, strict=True)
            ]
            pointer = _cached(context, builder, typing_context, lookup, f"{name}_{dtype}")
            kind = context.call_conv.get_function_type(types.none, wanted)
            function = builder.bitcast(pointer, kind.as_pointer())
            status, _ = context.call_conv.call_function(
                builder, function, types.none, wanted, values
            )
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return context.get_dummy_value()

        return types.none(arguments), generate

    return call


def _lookup(name: str, dtype: str) -> Kernel:
    @numba.njit
    def lookup():  # type: ignore[no-untyped-def]
        with numba.objmode(address="intp"):
            address = address_of(name, dtype)
        return address  # noqa: RET504  Numba returns nothing from within

    return lookup  # type: ignore[no-any-return]


def address_of(name: str, dtype: str) -> int:
    """Return the address of a function for a dtype; compile it if need be."""
    return ADDRESSES[name](dtype)


def _cached(context: Any, builder: Any, typing_context: Any, lookup: Any, name: str) -> Any:
    """Return the address, which is looked up at the first call in a process."""
    byte = ir.IntType(8).as_pointer()
    variable = cgutils.add_global_variable(builder.module, byte, f"address_of_{name}")
    variable.linkage, variable.initializer = "internal", byte(None)
    found = cgutils.alloca_once_value(builder, builder.load(variable))
    with builder.if_then(cgutils.is_null(builder, builder.load(found)), likely=False):
        kind = typing_context.resolve_value_type(lookup)
        signature = typing_context.resolve_function_type(kind, (), {})
        address = context.get_function(kind, signature)(builder, ())
        builder.store(builder.inttoptr(address, byte), variable)
        builder.store(builder.load(variable), found)
    return builder.load(found)
