"""The sums of several neighbouring windows at once, as vector code written out.

The rows of the windows are added up first, whole vectors of them, and then the taps of each row.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.lanes import (
    INT32,
    INT64,
    LANES,
    Vectors,
    chunk_begins,
    constant,
    data_of,
)
from pytensor_unpool.kernels.numba.windows import Kernel


def block_sum(
    taps: int, stride: int, dilation: int, *, divides: bool, may_be_outside: bool
) -> Kernel:
    """Make the code for a block of `LANES` neighbouring windows, whose elements are `stride` apart.

    ``sums(x, begins, insides, begin, divisor, out, row)`` reads, for every row of the windows that
    is inside, the memory of `x` from element ``begins[i] + begin`` on, where the first window has
    its first tap. Memory of a row outside is read too, but not added. The sums, divided by
    `divisor` if that is wanted, go to ``out[row:]``.
    """

    @intrinsic
    def sums(typing_context, x, begins, insides, begin, divisor, out, row):  # type: ignore[no-untyped-def]
        signature = types.none(x, begins, insides, begin, x.dtype, out, row)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            block = _Sums(context, builder, signature.args[0].dtype)
            x, begins, insides, begin, divisor, out, row = arguments
            source = data_of(context, builder, signature.args[0], x)
            target = data_of(context, builder, signature.args[5], out)
            begins = cgutils.unpack_tuple(builder, begins)
            bits = [
                builder.icmp_unsigned("!=", inside, inside.type(0)) if may_be_outside else None
                for inside in cgutils.unpack_tuple(builder, insides)
            ]
            rows = [builder.gep(source, [builder.add(one, begin)]) for one in begins]
            result = block.sum(rows, bits, taps, stride, dilation)
            if divides:
                result = block.divide(result, block.splat(divisor, block.element))
            block.store(result, builder.gep(target, [row]))
            return context.get_dummy_value()

        return signature, generate

    return sums  # type: ignore[no-any-return]


def block_spread(taps: int, stride: int, dilation: int) -> Kernel:
    """Make the code that gives the shares of windows to their taps.

    ``spread(shares, begin, line, column)`` writes `LANES` times `stride` columns of the line, from
    the first tap of the window with the share ``shares[begin]`` on. Shares before that are read
    where taps of their windows reach in.
    """
    # Tap k of window w lies in column w * stride + k * dilation. So columns that are `stride` apart
    # take neighbouring shares: those of windows k * dilation // stride before.
    behind: dict[int, list[int]] = {}
    for tap in range(taps):
        behind.setdefault(tap * dilation % stride, []).append(tap * dilation // stride)

    @intrinsic
    def spread(typing_context, shares, begin, line, column):  # type: ignore[no-untyped-def]
        signature = types.none(shares, begin, line, column)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            block = _Sums(context, builder, signature.args[0].dtype)
            shares, begin, line, column = arguments
            start = builder.gep(data_of(context, builder, signature.args[0], shares), [begin])
            target = builder.gep(data_of(context, builder, signature.args[2], line), [column])
            columns = [block.shifted_sum(start, behind.get(c, [])) for c in range(stride)]
            block.store_interleaved(columns, target)
            return context.get_dummy_value()

        return signature, generate

    return spread  # type: ignore[no-any-return]


class _Sums(Vectors):
    def sum(self, rows: Any, bits: Any, taps: int, stride: int, dilation: int) -> Any:
        """Return the sums over all rows that are inside, and over their taps."""
        builder = self.builder
        zeros = ir.Constant(ir.VectorType(self.element, LANES), None)
        chunks: dict[int, Any] = {}
        used = {tap * dilation + lane * stride for tap in range(taps) for lane in range(LANES)}
        for begin in chunk_begins(taps, stride, dilation):
            if used.isdisjoint(range(begin, begin + LANES)):
                continue
            total = None
            for row, inside in zip(rows, bits, strict=True):
                vector = self.load_vector(builder.gep(row, [INT64(begin)]))
                if inside is not None:
                    vector = builder.select(inside, vector, zeros)
                total = vector if total is None else self.add(total, vector)
            chunks[begin] = total
        total = None
        for tap in range(taps):
            vector = self.pick(chunks, tap * dilation, stride)
            total = vector if total is None else self.add(total, vector)
        return total

    def add(self, a: Any, b: Any) -> Any:
        """Return the sums, lane by lane."""
        if isinstance(self.dtype, types.Float):
            return self.builder.fadd(a, b)
        return self.builder.add(a, b)

    def divide(self, a: Any, b: Any) -> Any:
        """Return the quotients, lane by lane; integers are cut towards zero."""
        if isinstance(self.dtype, types.Float):
            return self.builder.fdiv(a, b)
        return self.builder.sdiv(a, b) if self.dtype.signed else self.builder.udiv(a, b)

    def shifted_sum(self, start: Any, behind: list[int]) -> Any:
        """Return the sum of the vectors that begin so many elements before `start`."""
        total = ir.Constant(ir.VectorType(self.element, LANES), None)
        for i, steps in enumerate(behind):
            vector = self.load_vector(self.builder.gep(start, [INT64(-steps)]))
            total = vector if i == 0 else self.add(total, vector)
        return total

    def store_interleaved(self, vectors: list[Any], target: Any) -> None:
        """Store the first elements of all vectors, then their second ones, and so on."""
        for part in range(len(vectors)):
            result = vectors[0]
            wanted = [divmod(part * LANES + lane, len(vectors)) for lane in range(LANES)]
            for number, vector in enumerate(vectors):
                if not any(source == number for _, source in wanted):
                    continue
                # Lanes from this vector are numbered behind those of the result so far.
                mask = [
                    LANES + lane_from if source == number else lane
                    for lane, (lane_from, source) in enumerate(wanted)
                ]
                result = self.builder.shuffle_vector(result, vector, constant(INT32, mask))
            self.store(result, self.builder.gep(target, [INT64(part * LANES)]))
