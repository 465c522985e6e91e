"""The sums of several neighbouring windows at once, and their transpose, as explicit vector code.

The lines of the windows are added up first, in whole vectors, and then the taps of the sum.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.max_pool_simd import Block, block_kernel
from pytensor_unpool.kernels.numba.simd import (
    INT32,
    INT64,
    BlockWindows,
    Vectors,
    constant,
    data_of,
)
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES


def block_sum(windows: BlockWindows, *, divides: bool, may_be_outside: bool) -> Kernel:
    """Make the code for the sums of a block, see `max_pool_simd`. They go to the only array.

    If they are divided, the divisor is `extra`. Taps are numbered by the taps of a window, so a
    line that replaces one outside keeps its own number: it is read too, but not added.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        lines = []
        for i, (start, number) in enumerate(block.lines()):
            own = number.type(i * windows.window)
            inside = builder.icmp_signed("==", number, own) if may_be_outside else None
            lines.append((start, inside))
        result = _sum(vectors, lines, windows)
        if divides:
            divisor = block.context.cast(builder, block.extra, block.extra_type, vectors.dtype)
            result = vectors.divide(result, vectors.splat(divisor, vectors.element))
        vectors.store(result, block.arrays()[0])

    return block_kernel(generate)


def _sum(vectors: Vectors, lines: list[tuple[Any, Any]], windows: BlockWindows) -> Any:
    """Return the sums over all lines that are inside, and over their taps."""
    builder = vectors.builder
    starts = [lane * windows.stride for lane in range(LANES)]
    used = {tap * windows.dilation + start for tap in range(windows.window) for start in starts}
    chunks: dict[int, Any] = {}
    for begin in windows.chunks():
        if used.isdisjoint(range(begin, begin + LANES)):
            continue
        total = None
        for start, inside in lines:
            vector = vectors.load_vector(builder.gep(start, [INT64(begin)]))
            if inside is not None:
                vector = builder.select(inside, vector, vectors.zeros)
            total = vector if total is None else vectors.add(total, vector)
        chunks[begin] = total
    total = None
    for tap in range(windows.window):
        vector = vectors.pick(chunks, tap * windows.dilation, windows.stride)
        total = vector if total is None else vectors.add(total, vector)
    return total


def windows_of_columns(windows: BlockWindows) -> list[list[int]]:
    """Return how many windows before the last one each column's windows are, first to last.

    Tap k of window w lies in column w * stride + k * dilation. So columns that are `stride` apart
    take neighbouring shares: those of windows k * dilation // stride before.
    """
    behind: list[list[int]] = [[] for _ in range(windows.stride)]
    for tap in reversed(range(windows.window)):
        steps, column = divmod(tap * windows.dilation, windows.stride)
        behind[column].append(steps)
    return behind


def block_shares(windows: BlockWindows) -> Kernel:
    """Make the code that gives the shares of windows to their taps.

    ``write(shares, begin, scratch, column, layer_size)`` writes `LANES` times `stride` columns of
    scratch memory, from the first tap of the window with the share ``shares[begin]`` on: the share
    of the first window that each column lies in, `layer_size` after it that of the next one, and
    so on. Shares before that are read where taps of their windows reach in.
    """
    behind = windows_of_columns(windows)

    @intrinsic
    def write(typing_context, shares, begin, scratch, column, layer_size):  # type: ignore[no-untyped-def]
        signature = types.none(shares, begin, scratch, column, layer_size)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            vectors = Vectors(context, builder, signature.args[0].dtype)
            shares, begin, scratch, column, layer_size = arguments
            start = builder.gep(data_of(context, builder, signature.args[0], shares), [begin])
            target = builder.gep(data_of(context, builder, signature.args[2], scratch), [column])
            for layer in range(max(map(len, behind))):
                columns = [
                    vectors.load_vector(builder.gep(start, [INT64(-steps[layer])]))
                    if layer < len(steps)
                    else vectors.zeros
                    for steps in behind
                ]
                _store_interleaved(vectors, columns, target)
                target = builder.gep(target, [layer_size])
            return context.get_dummy_value()

        return signature, generate

    return write  # type: ignore[no-any-return]


def layer_sum(layers: int) -> Kernel:
    """Make the code that adds up a column's layers: ``add(total, scratch, column, layer_size)``."""

    @intrinsic
    def add(typing_context, total, scratch, column, layer_size):  # type: ignore[no-untyped-def]
        signature = scratch.dtype(scratch.dtype, scratch, column, layer_size)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            total, scratch, column, layer_size = arguments
            scratch_type = signature.args[1]
            source = builder.gep(data_of(context, builder, scratch_type, scratch), [column])
            vectors = Vectors(context, builder, scratch_type.dtype)
            for layer in range(layers):
                if layer > 0:
                    source = builder.gep(source, [layer_size])
                total = vectors.add(total, builder.load(source))
            return total

        return signature, generate

    return add  # type: ignore[no-any-return]


def _store_interleaved(vectors: Vectors, columns: list[Any], target: Any) -> None:
    """Store the first elements of all columns, then their second ones, and so on."""
    builder = vectors.builder
    for part in range(len(columns)):
        result = columns[0]
        wanted = [divmod(part * LANES + lane, len(columns)) for lane in range(LANES)]
        for number, column in enumerate(columns):
            if not any(source == number for _, source in wanted):
                continue
            # Lanes from this column are numbered after those of the result so far.
            mask = [
                LANES + lane_from if source == number else lane
                for lane, (lane_from, source) in enumerate(wanted)
            ]
            result = builder.shuffle_vector(result, column, constant(INT32, mask))
        vectors.store(result, builder.gep(target, [INT64(part * LANES)]))
