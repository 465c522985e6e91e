"""Vectorization: a batch of convolutions becomes one convolution instead of a loop over items.

A batch of images with a single kernel is merged into the batch axis of the images. A batch of
kernels becomes groups, so its length must be static, like the number of groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.replace import _vectorize_node
from pytensor.tensor.blockwise import vectorize_node_fallback
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.ops.common import broadcast_leading, same_for_all_items
from pytensor_unpool.ops.conv import Conv, ConvInputGrad, ConvKernelGrad


def _vectorize_conv(
    op: Conv, node: Apply, x: Any, kernel: Any, *runtime_parameters: Variable
) -> Any:
    if any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, x, kernel, *runtime_parameters)
    ndim = node.inputs[0].type.ndim
    if kernel.type.ndim == ndim:
        y = op(_joined(x, ndim), kernel, *runtime_parameters)
        return _split(y, _lengths(x)[: x.type.ndim - ndim]).owner
    x, kernel = broadcast_leading([x, kernel], [ndim, ndim])
    batch = kernel.type.shape[:-ndim]
    if None in batch:
        return vectorize_node_fallback(op, node, x, kernel, *runtime_parameters)
    grouped = Conv(_with_groups(op, batch))
    y = grouped(_as_channels(x, ndim), _joined(kernel, ndim), *runtime_parameters)
    return _from_channels(y, batch).owner


def _vectorize_input_grad(
    op: ConvInputGrad, node: Apply, kernel: Any, dy: Any, shape: Any, *runtime_parameters: Variable
) -> Any:
    if any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, kernel, dy, shape, *runtime_parameters)
    ndim = node.inputs[0].type.ndim
    if kernel.type.ndim == ndim:
        dy, shape = broadcast_leading([dy, shape], [ndim, 1])
        batch = _lengths(dy)[: dy.type.ndim - ndim]
        joined = _times(same_for_all_items(shape), ndim, 0, prod(batch))
        return _split(op(kernel, _joined(dy, ndim), joined, *runtime_parameters), batch).owner
    kernel, dy, shape = broadcast_leading([kernel, dy, shape], [ndim, ndim, 1])
    batch = kernel.type.shape[:-ndim]
    if None in batch:
        return vectorize_node_fallback(op, node, kernel, dy, shape, *runtime_parameters)
    grouped = ConvInputGrad(_with_groups(op, batch))
    joined = _times(same_for_all_items(shape), ndim, 1, prod(batch))
    dx = grouped(_joined(kernel, ndim), _as_channels(dy, ndim), joined, *runtime_parameters)
    return _from_channels(dx, batch).owner


def _vectorize_kernel_grad(
    op: ConvKernelGrad, node: Apply, x: Any, dy: Any, shape: Any, *runtime_parameters: Variable
) -> Any:
    ndim = node.inputs[0].type.ndim
    moved, cotangent, lengths = broadcast_leading([x, dy, shape], [ndim, ndim, 1])
    batch = moved.type.shape[:-ndim]
    if None in batch or any(matrix.type.ndim > 2 for matrix in runtime_parameters):
        return vectorize_node_fallback(op, node, x, dy, shape, *runtime_parameters)
    grouped = ConvKernelGrad(_with_groups(op, batch))
    joined = _times(same_for_all_items(lengths), ndim, 0, prod(batch))
    channels = (_as_channels(moved, ndim), _as_channels(cotangent, ndim))
    return _split(grouped(*channels, joined, *runtime_parameters), batch).owner


def _with_groups(op: Any, batch: Sequence[int]) -> Any:
    """Return the convolution with its groups repeated for every item of a batch."""
    return replace(op.convolution, groups=op.convolution.groups * prod(batch))


def _joined(x: TensorVariable, ndim: int) -> TensorVariable:
    """Return (*batch, n, ...) as (batch * n, ...), with `ndim` axes."""
    return x.reshape((-1, *_lengths(x)[x.type.ndim - ndim + 1 :]))


def _split(y: TensorVariable, batch: Sequence[Any]) -> TensorVariable:
    """Return (batch * n, ...) as (*batch, n, ...)."""
    return y.reshape((*batch, -1, *_lengths(y)[1:]), ndim=y.type.ndim + len(batch))


def _as_channels(x: TensorVariable, ndim: int) -> TensorVariable:
    """Return (*batch, n, channels, ...) as (n, batch * channels, ...)."""
    batches = x.type.ndim - ndim
    moved = pt.moveaxis(x, batches, 0)
    lengths = _lengths(moved)
    return moved.reshape((lengths[0], -1, *lengths[batches + 2 :]))


def _from_channels(y: TensorVariable, batch: Sequence[int]) -> TensorVariable:
    """Return (n, batch * channels, ...) as (*batch, n, channels, ...)."""
    lengths = _lengths(y)
    split = y.reshape((lengths[0], *batch, -1, *lengths[2:]), ndim=y.type.ndim + len(batch))
    return pt.moveaxis(split, 0, len(batch))


def _lengths(x: TensorVariable) -> list[Any]:
    return [x.shape[i] if n is None else np.int64(n) for i, n in enumerate(x.type.shape)]


def _times(shape: TensorVariable, ndim: int, axis: int, factor: Any) -> TensorVariable:
    """Return a shape of `ndim` lengths with one of them multiplied."""
    return pt.stack([shape[i] * factor if i == axis else shape[i] for i in range(ndim)])


_vectorize_node.register(Conv)(_vectorize_conv)
_vectorize_node.register(ConvInputGrad)(_vectorize_input_grad)
_vectorize_node.register(ConvKernelGrad)(_vectorize_kernel_grad)
