"""The maxima of several neighbouring windows at once, as vector code written out.

LLVM makes vectors of the plain loop too, but gathers single elements where windows overlap, and
checks at every row that inputs and outputs do not overlap: twice the time for 3x3 windows.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.windows import Kernel

# 8 float32 are a vector of 256 bits; vectors of other dtypes are split or left half empty.
LANES = 8

INT32, INT64 = ir.IntType(32), ir.IntType(64)


def block_maximum(
    taps: int, stride: int, dilation: int, *, place_step: int, with_positions: bool
) -> Kernel:
    """Make the code for a block of `LANES` neighbouring windows, whose elements are `stride` apart.

    ``maxima(x, begins, begin, places, place, values, positions, row)`` reads, for every row of
    the windows, the memory of `x` from element ``begins[i] + begin`` on, where the first window
    has its first tap; the position of that element is ``places[i] + place``, and the next
    window's `place_step` more. The maxima go to ``values[row:]``, their positions to
    ``positions[row:]`` if they are wanted.
    """

    @intrinsic
    def maxima(typing_context, x, begins, begin, places, place, values, positions, row):  # type: ignore[no-untyped-def]
        signature = types.none(x, begins, begin, places, place, values, positions, row)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            block = _Block(context, builder, signature.args[0].dtype)
            pairs = zip(signature.args, arguments, strict=True)
            source, _, _, _, _, values, positions, _ = [
                data_of(context, builder, array_type, array) for array_type, array in pairs
            ]
            _, begins, begin, places, place, _, _, row = arguments
            row_begins = cgutils.unpack_tuple(builder, begins)
            row_places = cgutils.unpack_tuple(builder, places)
            for row_begin, row_place in zip(row_begins, row_places, strict=True):
                start = builder.gep(source, [builder.add(row_begin, begin)])
                position = block.splat(builder.add(row_place, place), INT64)
                block.take_row(start, position, taps, stride, dilation)
            block.store(block.best, builder.gep(values, [row]))
            if with_positions:
                target = builder.gep(positions, [row])
                block.store(block.positions(place_step, target.type.pointee), target)
            return context.get_dummy_value()

        return signature, generate

    return maxima  # type: ignore[no-any-return]


def tuple_of(length: int) -> Kernel:
    """Make the code that turns the first elements of an integer array into a tuple.

    What blocks read are tuples, but setting a tuple's entry in a loop copies all of it.
    """

    @intrinsic
    def as_tuple(typing_context, array):  # type: ignore[no-untyped-def]
        result = types.UniTuple(array.dtype, length)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data = data_of(context, builder, signature.args[0], arguments[0])
            entries = [builder.load(builder.gep(data, [INT64(i)])) for i in range(length)]
            return context.make_tuple(builder, result, entries)

        return result(array), generate

    return as_tuple  # type: ignore[no-any-return]


def data_of(context: Any, builder: Any, array_type: Any, array: Any) -> Any:
    """Return the pointer to an array's first element, None for what is no array."""
    if not isinstance(array_type, types.Array):
        return None
    return context.make_array(array_type)(context, builder, array).data


class Vectors:
    """Loads and stores of `LANES` elements of one dtype at once."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder = builder
        self.dtype = dtype
        self.element = context.get_data_type(dtype)
        self.itemsize = context.get_abi_sizeof(self.element)

    def load(self, start: Any, chunks: dict[int, Any], first: int, stride: int) -> Any:
        """Return every `stride`-th element from number `first` on, counted from `start`.

        `chunks` has the numbers at which whole vectors may be loaded, and keeps those that were.
        """
        if stride == 1:
            return self.load_vector(self.builder.gep(start, [INT64(first)]))
        for begin, vector in chunks.items():
            used = range(first, first + LANES * stride, stride)
            if vector is None and any(begin <= e < begin + LANES for e in used):
                chunks[begin] = self.load_vector(self.builder.gep(start, [INT64(begin)]))
        return self.pick(chunks, first, stride)

    def pick(self, chunks: dict[int, Any], first: int, stride: int) -> Any:
        """Return every `stride`-th element from number `first` on of what the chunks hold."""
        result = None
        missing = {lane: first + lane * stride for lane in range(LANES)}
        for begin, vector in chunks.items():
            held = {lane: e - begin for lane, e in missing.items() if begin <= e < begin + LANES}
            if not held:
                continue
            if result is None:
                result = vector
                mask = [held.get(lane, 0) for lane in range(LANES)]
            else:
                mask = [LANES + held[lane] if lane in held else lane for lane in range(LANES)]
            result = self.builder.shuffle_vector(result, vector, constant(INT32, mask))
            missing = {lane: e for lane, e in missing.items() if lane not in held}
        return result

    def load_vector(self, pointer: Any) -> Any:
        """Load a vector from where a scalar pointer points."""
        vector_type = ir.VectorType(self.element, LANES)
        pointer = self.builder.bitcast(pointer, vector_type.as_pointer())
        return self.builder.load(pointer, align=self.itemsize)

    def store(self, vector: Any, pointer: Any) -> None:
        """Store a vector where a scalar pointer points."""
        itemsize = max(1, _bits(vector.type.element) // 8)
        pointer = self.builder.bitcast(pointer, vector.type.as_pointer())
        self.builder.store(vector, pointer, align=itemsize)

    def splat(self, value: Any, element: Any) -> Any:
        """Return a vector with `value` in every lane."""
        undefined = ir.Constant(ir.VectorType(element, LANES), ir.Undefined)
        one = self.builder.insert_element(undefined, value, INT32(0))
        return self.builder.shuffle_vector(one, undefined, constant(INT32, [0] * LANES))


class _Block(Vectors):
    """The state of a block: its maxima so far, and where they were found.

    A place is kept in two parts, the row's as int64, changed once a row, and the column's as
    int32, in a vector no wider than one of float32.
    """

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        super().__init__(context, builder, dtype)
        self.best: Any = None
        self.place: Any = None
        self.column = constant(INT32, [0] * LANES)

    def take_row(self, start: Any, place: Any, taps: int, stride: int, dilation: int) -> None:
        """Let the taps of one row of the windows compete, first to last."""
        builder = self.builder
        row_wins = None
        chunks = dict.fromkeys(chunk_begins(taps, stride, dilation))
        for tap in range(taps):
            elements = self.load(start, chunks, tap * dilation, stride)
            column = constant(INT32, [tap * dilation] * LANES)
            if self.best is None:
                self.best, self.place = elements, place
                continue
            wins = self.beats(elements)
            self.best = builder.select(wins, elements, self.best)
            self.column = builder.select(wins, column, self.column)
            row_wins = wins if row_wins is None else builder.or_(row_wins, wins)
        if row_wins is not None:
            self.place = builder.select(row_wins, place, self.place)

    def beats(self, elements: Any) -> Any:
        """Return which elements are larger than the best, or the first NaN."""
        builder = self.builder
        if isinstance(self.dtype, types.Float):
            larger_or_nan = builder.fcmp_unordered(">", elements, self.best)
            return builder.and_(larger_or_nan, builder.fcmp_ordered("ord", self.best, self.best))
        if isinstance(self.dtype, types.Integer) and self.dtype.signed:
            return builder.icmp_signed(">", elements, self.best)
        return builder.icmp_unsigned(">", elements, self.best)

    def positions(self, step: int, dtype: Any) -> Any:
        """Return the positions of the maxima as integers of `dtype`."""
        builder = self.builder
        steps = constant(INT64, [lane * step for lane in range(LANES)])
        wide = builder.sext(self.column, ir.VectorType(INT64, LANES))
        positions = builder.add(builder.add(self.place, steps), wide)
        if dtype.width == INT64.width:
            return positions
        return builder.trunc(positions, ir.VectorType(dtype, LANES))


def chunk_begins(taps: int, stride: int, dilation: int) -> list[int]:
    """Return where whole vectors cover a row of a block; the last ends with its last element."""
    end = (LANES - 1) * stride + (taps - 1) * dilation + 1
    return [*range(0, end - LANES, LANES), end - LANES]


def _bits(element: Any) -> int:
    if isinstance(element, ir.IntType):
        return int(element.width)
    return 64 if isinstance(element, ir.DoubleType) else 32


def constant(element: Any, numbers: list[int]) -> Any:
    """Return a vector of integers."""
    return ir.Constant(ir.VectorType(element, len(numbers)), numbers)
