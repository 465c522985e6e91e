"""What is done to a block of several neighbouring windows at once, as vector code written out.

LLVM makes vectors of the plain loops too, but gathers single elements where windows overlap, and
checks at every row that inputs and outputs do not overlap: twice the time for 3x3 windows.

Each kernel here is called as ``block(plane, begins, begin, numbers, extra, arrays, at)``. Row
number i of the block's windows starts ``begins[i]`` bytes and `begin` elements behind the start of
`plane`; the first tap of that row has the number ``numbers[i]``, which an int32 can hold. Each of
the contiguous `arrays` has the elements of these windows from number `at` on. What `extra` is, each
kernel says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.simd import (
    INT32,
    INT64,
    LANES,
    Vectors,
    WindowRow,
    constant,
    data_of,
)
from pytensor_unpool.kernels.numba.windows import Kernel


class Block:
    """The arguments of a block's code, unpacked."""

    def __init__(self, context: Any, builder: Any, types: Any, arguments: Any) -> None:
        self.context, self.builder = context, builder
        self.plane_type, _, _, _, self.extra_type, self._array_types, _ = types
        self._plane, self._begins, self.begin, self._numbers = arguments[:4]
        self.extra, self._arrays, self._at = arguments[4:]
        self.vectors = Vectors(context, builder, self.plane_type.dtype)

    def rows(self) -> Iterator[tuple[Any, Any]]:
        """Yield where each row of the windows starts, and the number of its first tap."""
        builder = self.builder
        data = data_of(self.context, builder, self.plane_type, self._plane)
        memory = builder.bitcast(data, ir.IntType(8).as_pointer())
        begins, numbers = (cgutils.unpack_tuple(builder, t) for t in (self._begins, self._numbers))
        for begin, number in zip(begins, numbers, strict=True):
            row = builder.bitcast(builder.gep(memory, [begin]), data.type)
            yield builder.gep(row, [self.begin]), builder.trunc(number, INT32)

    def taps(self, start: Any, row: WindowRow) -> Iterator[Any]:
        """Yield the elements of each tap of one row of the windows, first to last."""
        chunks: dict[int, Any] = dict.fromkeys(row.chunks())
        for tap in range(row.window):
            yield self.vectors.load(start, chunks, tap * row.dilation, row.stride)

    def arrays(self) -> list[Any]:
        """Return where in each array the elements of the windows begin."""
        arrays = zip(
            self._array_types, cgutils.unpack_tuple(self.builder, self._arrays), strict=True
        )
        return [
            self.builder.gep(data_of(self.context, self.builder, *array), [self._at])
            for array in arrays
        ]


def block_kernel(generate: Callable[[Block], None]) -> Kernel:
    """Make a kernel of what generates its code."""

    @intrinsic
    def block(typing_context, plane, begins, begin, numbers, extra, arrays, at):  # type: ignore[no-untyped-def]
        def generate_block(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            generate(Block(context, builder, signature.args, arguments))
            return context.get_dummy_value()

        return types.none(plane, begins, begin, numbers, extra, arrays, at), generate_block

    return block  # type: ignore[no-any-return]


def block_maximum(row: WindowRow, *, number_step: int, place_step: int | None) -> Kernel:
    """Make the code that finds the maxima.

    They go to the first of the arrays. If there is another, the numbers of the taps that won go
    there, as they are or, with a `place_step`, counted from element `begin` of a line whose first
    is number `extra`, with `place_step` more for every next window. Along a row, taps are numbered
    in steps of `number_step`.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        best = winner = None
        for start, number in block.rows():
            for tap, elements in enumerate(block.taps(start, row)):
                tap_number = vectors.splat(number, INT32, tap * number_step)
                if best is None:
                    best, winner = elements, tap_number
                    continue
                wins = vectors.beats(elements, best)
                best = builder.select(wins, elements, best)
                winner = builder.select(wins, tap_number, winner)
        values, *positions = block.arrays()
        vectors.store(best, values)
        for target in positions:
            if place_step is not None:
                place = builder.add(block.extra, block.begin)
                winner = vectors.counted(winner, place, place_step)
            elif target.type.pointee.width > INT32.width:
                winner = builder.sext(winner, ir.VectorType(target.type.pointee, LANES))
            vectors.store(winner, target)

    return block_kernel(generate)


def block_unpool(row: WindowRow) -> Kernel:
    """Make the code that writes cotangents at their taps, zeros at the other elements of a block.

    The arrays are the cotangents and the taps. No two windows may overlap. `extra` is not read.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        cotangents, taps = map(vectors.load_vector, block.arrays()[:2])
        taps = builder.zext(taps, ir.VectorType(INT32, LANES))
        spread = []
        for chunk in row.chunks():
            elements = range(chunk, chunk + LANES)
            mask = constant(INT32, [element // row.stride for element in elements])
            offsets = constant(INT32, [row.tap_at(element) for element in elements])
            copies = [builder.shuffle_vector(v, v, mask) for v in (cotangents, taps)]
            spread.append((INT64(chunk), offsets, *copies))
        for start, number in block.rows():
            first = vectors.splat(number, INT32)
            for chunk, offsets, some_cotangents, some_taps in spread:
                wins = builder.icmp_signed("==", some_taps, builder.add(first, offsets))
                written = builder.select(wins, some_cotangents, vectors.zeros)
                vectors.store(written, builder.gep(start, [chunk]))

    return block_kernel(generate)


def block_gather(row: WindowRow) -> Kernel:
    """Make the code that reads the elements at taps. The arrays are the taps and the outputs.

    `extra` is not read.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        taps, target = block.arrays()
        taps = builder.zext(vectors.load_vector(taps), ir.VectorType(INT32, LANES))
        gathered = vectors.zeros
        for start, number in block.rows():
            for tap, elements in enumerate(block.taps(start, row)):
                wins = builder.icmp_signed("==", taps, vectors.splat(number, INT32, tap))
                gathered = builder.select(wins, elements, gathered)
        vectors.store(gathered, target)

    return block_kernel(generate)
