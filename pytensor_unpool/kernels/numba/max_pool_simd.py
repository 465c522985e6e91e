"""Max-pooling of a block of several neighbouring windows at once, as explicit vector code.

LLVM vectorises the plain loops too, but gathers single elements where windows overlap, and checks
at every line that inputs and outputs do not overlap: twice the time for 3x3 windows.

Each kernel here is called as ``block(plane, line_offsets, start, tap_numbers, extra, arrays,
index)``. The windows of the block have their taps in several lines of a plane. Line number i begins
``line_offsets[i]`` bytes and `start` elements after the start of `plane`; its first tap has the
number ``tap_numbers[i]``, which an int32 can hold. Each of the contiguous `arrays` has the elements
of these windows from number `index` on. Each kernel documents `extra`.
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
    BlockWindows,
    Vectors,
    constant,
    data_of,
)
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES


class Block:
    """The arguments of a block's code, unpacked."""

    def __init__(self, context: Any, builder: Any, types: Any, arguments: Any) -> None:
        self.context, self.builder = context, builder
        self.plane_type, _, _, _, self.extra_type, self._array_types, _ = types
        self._plane, self._line_offsets, self.start, self._tap_numbers = arguments[:4]
        self.extra, self._arrays, self._index = arguments[4:]
        self.vectors = Vectors(context, builder, self.plane_type.dtype)

    def lines(self) -> Iterator[tuple[Any, Any]]:
        """Yield where the taps in each line start, and the number of the first of them."""
        builder = self.builder
        data = data_of(self.context, builder, self.plane_type, self._plane)
        memory = builder.bitcast(data, ir.IntType(8).as_pointer())
        offsets, numbers = (
            cgutils.unpack_tuple(builder, entries)
            for entries in (self._line_offsets, self._tap_numbers)
        )
        for offset, number in zip(offsets, numbers, strict=True):
            line = builder.bitcast(builder.gep(memory, [offset]), data.type)
            yield builder.gep(line, [self.start]), builder.trunc(number, INT32)

    def taps(self, start: Any, windows: BlockWindows) -> Iterator[Any]:
        """Yield the elements of each tap that the windows have in one line, first to last."""
        chunks: dict[int, Any] = dict.fromkeys(windows.chunks())
        for tap in range(windows.window):
            yield self.vectors.load(start, chunks, tap * windows.dilation, windows.stride)

    def arrays(self) -> list[Any]:
        """Return where in each array the elements of the windows begin."""
        arrays = zip(
            self._array_types, cgutils.unpack_tuple(self.builder, self._arrays), strict=True
        )
        return [
            self.builder.gep(data_of(self.context, self.builder, *array), [self._index])
            for array in arrays
        ]


def block_kernel(generate: Callable[[Block], None]) -> Kernel:
    """Make a kernel of what generates its code."""

    @intrinsic
    def block(typing_context, plane, line_offsets, start, tap_numbers, extra, arrays, index):  # type: ignore[no-untyped-def]
        def generate_block(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            generate(Block(context, builder, signature.args, arguments))
            return context.get_dummy_value()

        arguments = plane, line_offsets, start, tap_numbers, extra, arrays, index
        return types.none(*arguments), generate_block

    return block  # type: ignore[no-any-return]


def block_maximum(windows: BlockWindows, *, tap_step: int, position_step: int | None) -> Kernel:
    """Make the code that finds the maxima.

    They go to the first of the arrays. If there is another, the numbers of the taps that won go
    there: as they are or, with a `position_step`, counted from element `start` of a line whose
    first element is number `extra`, with `position_step` more for every next window. Along a line,
    taps are numbered in steps of `tap_step`.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        best = winner = None
        for start, number in block.lines():
            for tap, elements in enumerate(block.taps(start, windows)):
                tap_number = vectors.splat(number, INT32, tap * tap_step)
                if best is None:
                    best, winner = elements, tap_number
                    continue
                wins = vectors.beats(elements, best)
                best = builder.select(wins, elements, best)
                winner = builder.select(wins, tap_number, winner)
        values, *positions = block.arrays()
        vectors.store(best, values)
        for target in positions:
            if position_step is not None:
                position = builder.add(block.extra, block.start)
                winner = vectors.counted(winner, position, position_step)
            elif target.type.pointee.width > INT32.width:
                winner = builder.sext(winner, ir.VectorType(target.type.pointee, LANES))
            vectors.store(winner, target)

    return block_kernel(generate)


def block_unpool(windows: BlockWindows) -> Kernel:
    """Make the code that writes cotangents at their taps, zeros at the other elements of a block.

    The arrays are the cotangents and the taps. No two windows may overlap. `extra` is not read.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        cotangents, taps = map(vectors.load_vector, block.arrays()[:2])
        taps = builder.zext(taps, ir.VectorType(INT32, LANES))
        # For each chunk of a line: those of the window that each of its elements lies in.
        repeated = []
        for chunk in windows.chunks():
            elements = range(chunk, chunk + LANES)
            mask = constant(INT32, [element // windows.stride for element in elements])
            offsets = constant(INT32, [windows.tap_at(element) for element in elements])
            copies = [builder.shuffle_vector(v, v, mask) for v in (cotangents, taps)]
            repeated.append((INT64(chunk), offsets, *copies))
        for start, number in block.lines():
            first = vectors.splat(number, INT32)
            for chunk, offsets, chunk_cotangents, chunk_taps in repeated:
                wins = builder.icmp_signed("==", chunk_taps, builder.add(first, offsets))
                written = builder.select(wins, chunk_cotangents, vectors.zeros)
                vectors.store(written, builder.gep(start, [chunk]))

    return block_kernel(generate)


def block_gather(windows: BlockWindows) -> Kernel:
    """Make the code that reads the elements at taps. The arrays are the taps and the outputs.

    `extra` is not read.
    """

    def generate(block: Block) -> None:
        builder, vectors = block.builder, block.vectors
        taps, target = block.arrays()
        taps = builder.zext(vectors.load_vector(taps), ir.VectorType(INT32, LANES))
        gathered = vectors.zeros
        for start, number in block.lines():
            for tap, elements in enumerate(block.taps(start, windows)):
                wins = builder.icmp_signed("==", taps, vectors.splat(number, INT32, tap))
                gathered = builder.select(wins, elements, gathered)
        vectors.store(gathered, target)

    return block_kernel(generate)
