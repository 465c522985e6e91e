"""Un-pooling to the first element of every window, as an assignment to a strided slice.

``set_subtensor(zeros[..., ::2, ::3], y)`` writes each element of y to the first tap of a window of
2x3 elements. The last windows may extend beyond the end. This is `TapUnpool` with all taps zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import node_rewriter
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize
from pytensor.tensor.subtensor import IncSubtensor, indices_from_subtensor

from pytensor_unpool.geometry import TAPS_DTYPE, Windows
from pytensor_unpool.ops import TapUnpool
from pytensor_unpool.rewrites.graph_facts import Length, is_multiple, is_zero, length, plain
from pytensor_unpool.rewrites.indexing import lengths_vector
from pytensor_unpool.rewrites.record import Unproven, rewritten


@register_specialize("fast_compile", "pytensor_unpool")
@register_canonicalize("fast_compile", "pytensor_unpool")
@node_rewriter([IncSubtensor])
def local_strided_set_subtensor_to_tap_unpool(
    fgraph: FunctionGraph, node: Apply
) -> list[Variable] | None:
    """Un-pool where values are written, or added, to every n-th element of zeros."""
    return rewritten("local_strided_set_subtensor_to_tap_unpool", corner_unpooling, fgraph, node)


def corner_unpooling(fgraph: FunctionGraph, node: Apply) -> Variable | None:
    """Return the un-pooling that replaces an assignment to a slice.

    Return None if it is not an un-pooling, and raise `Unproven` for a near miss.
    """
    zeros, values, *indices = node.inputs
    steps = [_step(entry) for entry in indices_from_subtensor(indices, node.op.idx_list)]
    first = next((axis for axis, step in enumerate(steps) if step != 1), None)
    if first is None or None in steps or zeros.type.numpy_dtype.kind not in "biuf":
        return None
    steps += [1] * (zeros.type.ndim - len(steps))
    last = tuple(int(step or 1) for step in steps[first:])
    zero, one = (0,) * len(last), (1,) * len(last)
    windows = Windows(last, last, zero, zero, one, partial_windows=True)
    if not windows.has_taps:
        return None
    if not is_zero(zeros):
        raise Unproven("what is written to is not known to be zeros")
    lengths = [length(fgraph, zeros, axis) for axis in range(zeros.type.ndim)]
    if values.type.ndim != zeros.type.ndim or not all(
        _fits(fgraph, n, int(step or 1), values, axis)
        for axis, (n, step) in enumerate(zip(lengths, steps, strict=True))
    ):
        raise Unproven("the values may be broadcast")
    counts = [length(fgraph, values, axis) for axis in range(values.type.ndim)]
    taps = pt.alloc(np.zeros((), TAPS_DTYPE), *counts)
    shape = lengths_vector(lengths[first:])
    return TapUnpool(windows)(values.astype(zeros.type.dtype), taps, shape)


def _step(entry: Any) -> int | None:
    """Return the step of a slice over a whole axis, None for any other index."""
    if not isinstance(entry, slice) or _known(entry.start) not in (None, 0):
        return None
    if entry.stop is not None:
        return None
    step = 1 if entry.step is None else _known(entry.step)
    return step if step is not None and step > 0 else None


def _known(number: Any) -> int | None:
    if number is None or isinstance(number, int):
        return number
    if isinstance(number, Constant):
        return int(number.data)
    known = plain(number)
    # Any number other than 0 makes the caller reject the slice.
    return known if isinstance(known, int) else -1


def _fits(fgraph: FunctionGraph, n: Length, step: int, values: Variable, axis: int) -> bool:
    """Return whether the values cannot be broadcast along an axis at run time.

    A length other than 1 is that of the slice, or an error with and without the rewrite.
    """
    known = values.type.shape[axis]
    if isinstance(n, int) and known is not None:
        return known == -(-n // step)
    if known is not None and known != 1:
        return True
    return is_multiple(fgraph, n, step, length(fgraph, values, axis))
