"""Functions that are compiled once, and called by their address.

Numba links a compiled function into each function that calls it, and optimizes it again: from a
kernel to PyTensor's function this happens four times, and anew for each function. For convolution
this takes ten seconds. Here a function is compiled, or read from disk, once per process for each
tuple of argument types, and its callers only hold a way to ask for its address.
"""

from __future__ import annotations

import ctypes
from base64 import b64decode, b64encode
from collections.abc import Callable
from inspect import Parameter, signature
from pickle import dumps, loads
from traceback import print_exc
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.device import OPTIONS
from pytensor_unpool.kernels.numba.windows import Kernel

# Types of arguments, and the step from those that a call has to those of the function.
Types = tuple[Any, ...]
Wanted = Callable[[Types], Types]

FUNCTIONS: dict[str, FunctionByAddress] = {}

ADDRESS_OF = "pytensor_unpool_address_of"


class FunctionByAddress:
    """A function, and where its machine code lies for the types of its arguments."""

    def __init__(self, function: Any) -> None:
        self.function = njit(function.py_func, **OPTIONS)
        self._addresses: dict[Types, int] = {}

    def compiled(self, arguments: Types) -> Any:
        """Return what Numba knows of the function when it is compiled for these types."""
        overloads = self.function.overloads
        if arguments not in overloads:
            self.function.compile(arguments)
            # The inner functions raise with these. Numba sets them when it reads from disk.
            for environment in overloads[arguments]._find_referenced_environments():
                overloads[arguments].codegen.set_env(environment.env_name, environment)
        return overloads[arguments]

    def result(self, arguments: Types) -> Any:
        """Return the type of the function's result."""
        return self.compiled(arguments).signature.return_type

    def address(self, arguments: Types) -> int:
        """Return the address of the function for these types; compile it if need be."""
        if arguments not in self._addresses:
            compiled = self.compiled(arguments)
            symbol = compiled.fndesc.llvm_func_name
            self._addresses[arguments] = compiled.library.get_pointer_to_function(symbol)
        return self._addresses[arguments]


@ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_char_p)
def address_of(text: bytes) -> int:
    """Return an address to machine code, which asks by this function's own name.

    No exception can go that way: it is printed, and the address is null.
    """
    try:
        name, arguments = text.split()
        return FUNCTIONS[name.decode()].address(loads(b64decode(arguments)))
    except BaseException:  # noqa: BLE001  with Ctrl-C too, the caller raises
        print_exc()
        return 0


llvmlite.binding.add_symbol(ADDRESS_OF, ctypes.cast(address_of, ctypes.c_void_p).value)


def by_address(function: Any, wanted: Callable[[Types], Types]) -> Any:
    """Return a function of a tuple for compiled code to call in place of one without a result.

    Arguments are cast to the types that are `wanted` for those that are given: to few, so that few
    versions are compiled. A function that is never called is not compiled.
    """
    name = function.__name__
    FUNCTIONS[name] = FunctionByAddress(function)
    return _caller(name, wanted, lambda _: types.none)


def kernel_by_address(kernel: Any, name: str) -> Kernel:
    """Return a function for compiled code to call in place of a kernel.

    The `name`, without blanks, is the same in every process for kernels that are the same.
    """
    FUNCTIONS[name] = FunctionByAddress(kernel)
    fixed = [
        parameter
        for parameter in signature(kernel.py_func).parameters.values()
        if parameter.kind is not Parameter.VAR_POSITIONAL
    ]
    has_rest = len(fixed) < len(signature(kernel.py_func).parameters)

    def wanted(given: Types) -> Types:
        rest = (types.StarArgTuple(given[len(fixed) :]),) if has_rest else ()
        return (*given[: len(fixed)], *rest)

    call = _caller(name, wanted, FUNCTIONS[name].result)

    def call_kernel(*arguments):  # type: ignore[no-untyped-def]
        return call(arguments)

    call_kernel.__name__ = kernel.__name__
    return njit(call_kernel, **OPTIONS)  # type: ignore[no-any-return]


def _caller(name: str, wanted_of: Wanted, result_of: Callable[[Types], Any]) -> Any:
    """Make the code of a call, which gets the arguments as a tuple."""

    @intrinsic
    def call(typing_context, arguments):  # type: ignore[no-untyped-def]
        given = tuple(arguments)
        wanted = wanted_of(given)
        result = result_of(wanted)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            values = cgutils.unpack_tuple(builder, values[0])
            pointer = _cached(context, builder, name, wanted)
            kind = context.call_conv.get_function_type(result, wanted)
            status, value = context.call_conv.call_function(
                builder,
                builder.bitcast(pointer, kind.as_pointer()),
                result,
                wanted,
                _cast(context, builder, values, given, wanted),
            )
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return context.get_dummy_value() if result == types.none else value

        return result(arguments), generate

    return call


def _cast(context: Any, builder: Any, values: list[Any], given: Types, wanted: Types) -> list[Any]:
    """Return the values cast to the wanted types; the last one may stand for all others."""
    if wanted and isinstance(wanted[-1], types.StarArgTuple | types.StarArgUniTuple):
        fixed = len(wanted) - 1
        rest = context.make_tuple(builder, wanted[-1], values[fixed:])
        return [*_cast(context, builder, values[:fixed], given[:fixed], wanted[:fixed]), rest]
    return [
        context.cast(builder, value, one, other)
        for value, one, other in zip(values, given, wanted, strict=True)
    ]


def _cached(context: Any, builder: Any, name: str, arguments: Types) -> Any:
    """Return the address, looked up at the first call in a process."""
    byte = ir.IntType(8).as_pointer()
    word = context.get_value_type(types.uintp)
    variable = cgutils.add_global_variable(builder.module, byte, f"address_of_{name}")
    variable.linkage, variable.initializer = "internal", byte(None)
    found = cgutils.alloca_once_value(builder, builder.load(variable))
    with builder.if_then(cgutils.is_null(builder, builder.load(found)), likely=False):
        text = f"{name} {b64encode(dumps(arguments)).decode()}"
        ask = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(word, [byte]), ADDRESS_OF
        )
        address = builder.call(ask, [context.insert_const_string(builder.module, text)])
        with cgutils.if_unlikely(builder, builder.icmp_unsigned("==", address, word(0))):
            message = f"{name} could not be compiled: the error is above."
            context.call_conv.return_user_exc(builder, RuntimeError, (message,))
        builder.store(builder.inttoptr(address, byte), variable)
        builder.store(builder.load(variable), found)
    return builder.load(found)
