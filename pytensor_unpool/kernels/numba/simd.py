"""Explicit vector code: operations on one element of each of several windows."""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.windows import Kernel
from pytensor_unpool.kernels.tuning import LANES, NO_TAP

INT32, INT64 = ir.IntType(32), ir.IntType(64)


class BlockWindows(NamedTuple):
    """A block of `LANES` neighbouring windows on the last axis: vectors have one in each lane."""

    window: int
    stride: int
    dilation: int

    @classmethod
    def of(cls, windows: Windows) -> BlockWindows:
        """Return those of `windows`."""
        last = windows.axes()[-1]
        return cls(last.window, last.stride, last.dilation)

    def chunks(self) -> list[int]:
        """Return where vectors begin that cover the elements of a block; the last ends with it."""
        end = (LANES - 1) * self.stride + (self.window - 1) * self.dilation + 1
        return [*range(0, end - LANES, LANES), end - LANES]

    def tap_at(self, element: int) -> int:
        """Return which tap of its window an element of a block is, if no two windows overlap."""
        steps, rest = divmod(element % self.stride, self.dilation)
        return steps if rest == 0 and steps < self.window else NO_TAP


class Vectors:
    """Code for vectors of `LANES` elements of a dtype, one for each window of a block."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder = builder
        self.dtype = dtype
        self.element = context.get_data_type(dtype)
        self.zeros = ir.Constant(ir.VectorType(self.element, LANES), None)

    def beats(self, elements: Any, best: Any) -> Any:
        """Return which elements are larger than the best, or the first NaN."""
        builder = self.builder
        if isinstance(self.dtype, types.Float):
            larger_or_nan = builder.fcmp_unordered(">", elements, best)
            return builder.and_(larger_or_nan, builder.fcmp_ordered("ord", best, best))
        if isinstance(self.dtype, types.Integer) and self.dtype.signed:
            return builder.icmp_signed(">", elements, best)
        return builder.icmp_unsigned(">", elements, best)

    def add(self, a: Any, b: Any) -> Any:
        """Return the sums, lane by lane."""
        if isinstance(self.dtype, types.Float):
            return self.builder.fadd(a, b)
        return self.builder.add(a, b)

    def divide(self, a: Any, b: Any) -> Any:
        """Return the quotients, lane by lane; integers are truncated towards zero."""
        if isinstance(self.dtype, types.Float):
            return self.builder.fdiv(a, b)
        return self.builder.sdiv(a, b) if self.dtype.signed else self.builder.udiv(a, b)

    def counted(self, numbers: Any, start: Any, step: int) -> Any:
        """Return numbers counted from `start`, for every lane `step` farther."""
        steps = constant(INT64, [lane * step for lane in range(LANES)])
        wide = self.builder.sext(numbers, ir.VectorType(INT64, LANES))
        return self.builder.add(self.builder.add(self.splat(start, INT64), steps), wide)

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
        """Return every `stride`-th element from number `first` on, out of the chunks."""
        result = None
        missing = {lane: first + lane * stride for lane in range(LANES)}
        for begin, vector in chunks.items():
            sources = {lane: e - begin for lane, e in missing.items() if begin <= e < begin + LANES}
            if not sources:
                continue
            if result is None:
                result = vector
                mask = [sources.get(lane, 0) for lane in range(LANES)]
            else:
                mask = [LANES + sources[lane] if lane in sources else lane for lane in range(LANES)]
            result = self.builder.shuffle_vector(result, vector, constant(INT32, mask))
            missing = {lane: e for lane, e in missing.items() if lane not in sources}
        return result

    def load_vector(self, pointer: Any) -> Any:
        """Load a vector from where a scalar pointer points."""
        element = pointer.type.pointee
        pointer = self.builder.bitcast(pointer, ir.VectorType(element, LANES).as_pointer())
        return self.builder.load(pointer, align=_itemsize(element))

    def store(self, vector: Any, pointer: Any) -> None:
        """Store a vector where a scalar pointer points; integers are cut to what it points to."""
        target = pointer.type.pointee
        if isinstance(target, ir.IntType) and target.width < vector.type.element.width:
            vector = self.builder.trunc(vector, ir.VectorType(target, LANES))
        pointer = self.builder.bitcast(pointer, vector.type.as_pointer())
        self.builder.store(vector, pointer, align=_itemsize(target))

    def splat(self, value: Any, element: Any, more: int = 0) -> Any:
        """Return a vector with `value` in every lane, or `more` than that."""
        undefined = ir.Constant(ir.VectorType(element, LANES), ir.Undefined)
        first_lane = self.builder.insert_element(undefined, value, INT32(0))
        vector = self.builder.shuffle_vector(first_lane, undefined, constant(INT32, [0] * LANES))
        return self.builder.add(vector, constant(element, [more] * LANES)) if more else vector


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
    """Return the pointer to an array's first element."""
    return context.make_array(array_type)(context, builder, array).data


def constant(element: Any, numbers: list[int]) -> Any:
    """Return a vector of integers."""
    return ir.Constant(ir.VectorType(element, len(numbers)), numbers)


def _itemsize(element: Any) -> int:
    if isinstance(element, ir.IntType):
        return max(1, int(element.width) // 8)
    return 8 if isinstance(element, ir.DoubleType) else 4
