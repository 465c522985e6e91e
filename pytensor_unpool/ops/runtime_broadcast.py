"""Broadcasting at run time, as in NumPy's indexing.

PyTensor's own Ops only broadcast axes that are known to have length 1 when the graph is built. The
exception is indexing, which broadcasts its indices and the values assigned to them at run time.
Rewrites that replace indexing by Ops with inputs of one shape insert this Op.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.type import TensorType

from pytensor_unpool.errors import LENGTH_MESSAGES, POSITIONS_DISAGREE, ShapeError
from pytensor_unpool.kernels import reference
from pytensor_unpool.ops.c_code import type_number
from pytensor_unpool.ops.common import broadcast_leading
from pytensor_unpool.ops.linear import LinearOp


class RuntimeBroadcast(LinearOp):
    """Broadcast the first input, along some axes, to the shape that the others broadcast to.

    All have the same number of axes. If the input already has that shape, it is the output.
    """

    __props__ = ("axes",)
    view_map = {0: [0]}  # noqa: RUF012  so PyTensor declares it

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes

    def make_node(self, x: Any, *likes: Any) -> Apply:
        x, *others = (pt.as_tensor_variable(v) for v in (x, *likes))
        lengths = []
        for axis, known in enumerate(zip(*(v.type.shape for v in others), strict=True)):
            if axis not in self.axes:
                lengths.append(x.type.shape[axis])
                continue
            long = {n for n in known if n != 1}
            length = next((n for n in long if n is not None), None) if long else 1
            if len(long - {None}) > 1 or not _fits(x.type.shape[axis], length):
                got = x.type.shape[axis]
                message = LENGTH_MESSAGES[POSITIONS_DISAGREE].format(
                    axis=axis - x.type.ndim, got=got, wanted=length
                )
                raise ShapeError(message, got=got, wanted=length)
            lengths.append(length)
        return Apply(self, [x, *others], [TensorType(x.type.dtype, lengths)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: list[list[Any]]) -> None:
        output_storage[0][0] = reference.runtime_broadcast(self.axes, *inputs)

    def c_call(self, node: Apply, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        x, *likes = inputs
        (y,) = outputs
        ndim = node.outputs[0].type.ndim
        flags = ", ".join("true" if axis in self.axes else "false" for axis in range(ndim))
        return f"""
    PyArrayObject* likes[] = {{{", ".join(likes)}}};
    const bool stretches[] = {{{flags}}};
    npy_intp shape[MOST_AXES];
    if (!is_fine(broadcast_shape({x}, likes, {len(likes)}, stretches, shape))) {{FAIL}}
    Py_XDECREF({y});
    if (PyArray_CompareLists(PyArray_DIMS({x}), shape, {ndim})) {{
        {y} = {x};
        Py_INCREF({y});
    }} else {{
        {y} = (PyArrayObject*)PyArray_EMPTY({ndim}, shape, {type_number(node.outputs[0])}, 0);
        if (!{y} || PyArray_CopyInto({y}, {x})) {{FAIL}}
    }}
        """

    def infer_shape(self, *arguments: Any) -> list[tuple[Any, ...]]:
        node, shapes = arguments[-2:]
        lengths = []
        for axis, known in enumerate(node.outputs[0].type.shape):
            if known is not None or axis not in self.axes:
                lengths.append(shapes[0][axis] if known is None else known)
                continue
            length = shapes[1][axis]
            for shape in shapes[2:]:
                length = pt.switch(pt.eq(length, 1), shape[axis], length)
            lengths.append(length)
        return [tuple(lengths)]

    def transpose(self, cotangent: Variable, inputs: Sequence[Variable]) -> Variable:
        """Sum the cotangents over the copies of each element of x.

        An axis of x is as long as that of y, or has length 1. Each axis of y is split in two, one
        as long as that of x and one for the copies, and the second is summed over.
        """
        x = inputs[0]
        cells: list[Any] = []
        for axis in range(x.type.ndim):
            cells += [x.shape[axis], cotangent.shape[axis] // pt.maximum(x.shape[axis], 1)]
        copies = tuple(range(1, 2 * x.type.ndim, 2))
        gradient = cotangent.reshape(cells, ndim=len(cells)).sum(axis=copies)
        return pt.specify_shape(gradient, x.type.shape)


def _fits(got: int | None, wanted: int | None) -> bool:
    return got in (None, 1) or wanted is None or got == wanted


@_vectorize_node.register(RuntimeBroadcast)
def _vectorize(op: RuntimeBroadcast, node: Apply, *inputs: Variable) -> Any:
    core = node.outputs[0].type.ndim
    batched = broadcast_leading(inputs, [core for _ in inputs])
    axes = tuple(axis + batched[0].type.ndim - core for axis in op.axes)
    return RuntimeBroadcast(axes).make_node(*batched)
