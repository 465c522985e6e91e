"""The C code of the Ops: calls of C kernels, which PyTensor's C backend compiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zlib import crc32

from pytensor.graph.basic import Apply
from pytensor.link.c.op import COp
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.geometry import Windows
from pytensor_unpool.geometry.windows import AxisWindows
from pytensor_unpool.kernels import c


class CKernelOp(COp):
    """An Op whose C implementation is a template in files of `kernels/c`."""

    # The headers of the kernel in order of inclusion, after those that all kernels need.
    c_files: ClassVar[tuple[str, ...]] = ()

    def c_support_code(self, **kwargs: Any) -> str:
        shared = ("errors.h", "tuning.h", "common.h", "windows.h")
        return c.source(*shared, *self.c_files, "arrays.h")

    def c_compile_args(self, **kwargs: Any) -> list[str]:
        # Debug information for the templates makes compilation 50 % slower.
        return [*super().c_compile_args(**kwargs), "-g0"]

    def c_code_cache_version(self) -> tuple[int, ...]:
        # PyTensor hashes the text of the call, but not the files with the kernels that it calls.
        return (1, crc32(self.c_support_code().encode()))

    def c_code(
        self,
        node: Apply,
        name: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        sub: Mapping[str, str],
    ) -> str:
        if any(variable.type.dtype == "float16" for variable in (*node.inputs, *node.outputs)):
            # PyTensor runs `perform` instead.
            raise NotImplementedError("The C kernels do not take float16.")
        call = self.c_call(node, inputs, outputs).replace("FAIL", sub["fail"])
        return f"{{ using namespace pytensor_unpool;\n{call}\n}}"

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        """Return statements that check the inputs, allocate outputs and call the kernel.

        They use ``FAIL`` to leave after setting an exception.
        """
        raise NotImplementedError


def c_type(variable: TensorVariable) -> str:
    """Return the C type of an element."""
    return str(variable.type.dtype_specs()[1])


def type_number(variable: TensorVariable) -> str:
    """Return NumPy's constant for the type of an element."""
    return str(variable.type.dtype_specs()[2])


def last_lengths(x: str, ndim: int) -> str:
    """Return a C expression for a pointer to the lengths of the last axes of an array."""
    return f"(PyArray_DIMS({x}) + PyArray_NDIM({x}) - {ndim})"


def placed_windows(
    windows: Windows,
    lengths: str,
    runtime_parameters: Sequence[str] = (),
    *,
    may_be_empty: bool = False,
) -> str:
    """Return statements that define `windows`, check them on axes of `lengths` and count them."""
    axes = ", ".join(f"{{{', '.join(str(n or 0) for n in axis)}}}" for axis in windows.axes())
    partial, empty = ("true" if b else "false" for b in (windows.partial_windows, may_be_empty))
    matrix = runtime_parameters[0] if runtime_parameters else "NULL"
    return f"""
    Windows windows = {{{windows.ndim}, {partial}, {{{axes}}}, {{0}}}};
    if (!read_windows(&windows, {matrix})) {{FAIL}}
    if (!is_fine(place_windows(&windows, {lengths}, {empty}))) {{FAIL}}
    """


def found_channels(ndim: int, arrays: Mapping[str, TensorVariable]) -> str:
    """Return statements that define `channel`: the channel axis of all arrays, or -1.

    `arrays` maps the C names of arrays with the same leading axes to their variables.
    """
    first, *others = (
        f"channel_axis(view_of({name}), {ndim}, sizeof({c_type(variable)}))"
        for name, variable in arrays.items()
    )
    return f"int channel = {first};\n" + "".join(
        f"    if ({axis} != channel) channel = -1;\n" for axis in others
    )


def allocated_like(y: str, x: str, output: TensorVariable) -> str:
    """Return statements that allocate `y` with `shape`, with channels laid out as in `x`."""
    arguments = f"&{y}, PyArray_NDIM({x}), shape, {type_number(output)}"
    return f"""if (channel >= 0 ? !allocate_channels_last({arguments}, channel)
                     : !allocate({arguments})) {{FAIL}}"""


def planes_type(windows: Windows) -> str:
    """Return the C++ type that pools one leading item."""
    return f"Unrolled<{axis_types(windows)}>" if windows.can_unroll else "TapByTap"


def axis_types(windows: Windows) -> str:
    """Return the C++ types of three axes; missing ones have one window with one tap."""
    axes = [AxisWindows(1, 1, 0, 0, 1)] * (3 - windows.ndim) + windows.axes()
    return ", ".join(f"Axis<{', '.join(map(str, axis))}>" for axis in axes)
