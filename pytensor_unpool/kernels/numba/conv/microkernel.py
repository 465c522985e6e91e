"""Sums of products in registers, as vector code written out: what convolutions spend time in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.conv_tuning import (
    ACCUMULATORS,
    ACCUMULATORS_AVX512,
    DOT_ROWS,
    MAX_TILE_VECTORS,
)
from pytensor_unpool.kernels.numba.simd import INT32, INT64, data_of
from pytensor_unpool.kernels.numba.windows import Kernel

FEATURES = binding.get_host_cpu_features()

# The widest vectors that the machine has, and how many of them sums may fill.
VECTOR_BYTES = 64 if FEATURES.get("avx512f") else 32 if FEATURES.get("avx") else 16
MOST_SUMS = ACCUMULATORS_AVX512 if FEATURES.get("avx512f") else ACCUMULATORS

# A tile has one of these numbers of rows; fewer leave registers for more vectors.
ROW_NUMBERS = tuple(n for n in (1, 2, 3, 4, 6, 8, 10, 12) if 2 * n <= MOST_SUMS)
MOST_ROWS, MOST_VECTORS = ROW_NUMBERS[-1], MAX_TILE_VECTORS

# So many rows and columns have a block of products, or fewer columns.
LANE_COLUMNS = tuple(n for n in (1, 3, 5, 6) if DOT_ROWS * n <= MOST_SUMS)


def vectors_of(rows: int) -> int:
    """Return how many vectors tiles of so many rows are wide."""
    return min(MOST_SUMS // rows, MOST_VECTORS)


def lanes_of(dtype: Any) -> int:
    """Return how many elements of a dtype a vector has."""
    return VECTOR_BYTES // int(dtype.itemsize)


class Wide:
    """Code for vectors of a dtype, and for a loop that keeps some of them in registers."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.context, self.builder = context, builder
        self.element = context.get_data_type(dtype)
        self.lanes = VECTOR_BYTES * 8 // dtype.bitwidth
        self.itemsize = dtype.bitwidth // 8
        self.type = ir.VectorType(self.element, self.lanes)

    def load(self, start: Any, vector: int = 0) -> Any:
        """Read a vector, so many behind `start`."""
        pointer = self.builder.gep(start, [INT64(vector * self.lanes)])
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        return self.builder.load(pointer, align=self.itemsize)

    def store(self, value: Any, start: Any, vector: int) -> None:
        """Write a vector, so many behind `start`."""
        pointer = self.builder.gep(start, [INT64(vector * self.lanes)])
        pointer = self.builder.bitcast(pointer, self.type.as_pointer())
        self.builder.store(value, pointer, align=self.itemsize)

    def splat(self, value: Any) -> Any:
        """Return a vector of one value."""
        undefined = ir.Constant(self.type, ir.Undefined)
        one = self.builder.insert_element(undefined, value, INT32(0))
        mask = ir.Constant(ir.VectorType(INT32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(one, undefined, mask)

    def add(self, a: Any, b: Any) -> Any:
        """Return ``a + b``."""
        is_integer = isinstance(self.element, ir.IntType)
        return self.builder.add(a, b) if is_integer else self.builder.fadd(a, b)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """Return ``a * b + c``."""
        if isinstance(self.element, ir.IntType):
            return self.builder.add(self.builder.mul(a, b), c)
        name = f"llvm.fmuladd.v{self.lanes}f{8 * self.itemsize}"
        kind = ir.FunctionType(self.type, [self.type] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, [a, b, c])

    def sum(self, vector: Any) -> Any:
        """Return the sum of the lanes, added up in pairs."""
        is_integer = isinstance(self.element, ir.IntType)
        kind, letter = ("add", "i") if is_integer else ("fadd", "f")
        name = f"llvm.vector.reduce.{kind}.v{self.lanes}{letter}{8 * self.itemsize}"
        arguments = [vector] if is_integer else [ir.Constant(self.element, -0.0), vector]
        function = ir.FunctionType(self.element, [a.type for a in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, function, name)
        return self.builder.call(function, arguments, fastmath=() if is_integer else ("reassoc",))

    def loop(
        self, number: Any, step: int, count: int, body: Callable[[Any, list[Any]], list[Any]]
    ) -> list[Any]:
        """Return `count` sums after ``sums = body(i, sums)`` for i = 0, step, ... < `number`."""
        builder = self.builder
        before = builder.block
        inside, end = (builder.append_basic_block(name) for name in ("sum", "summed"))
        is_any = builder.icmp_signed(">", number, INT64(0))
        builder.cbranch(is_any, inside, end)
        builder.position_at_end(inside)
        i = builder.phi(INT64)
        sums = [builder.phi(self.type) for _ in range(count)]
        results = body(i, sums)
        following = builder.add(i, INT64(step))
        last = builder.block
        i.add_incoming(INT64(0), before)
        i.add_incoming(following, last)
        zeros = ir.Constant(self.type, None)
        for value, result in zip(sums, results, strict=True):
            value.add_incoming(zeros, before)
            value.add_incoming(result, last)
        builder.cbranch(builder.icmp_signed("<", following, number), inside, end)
        builder.position_at_end(end)
        totals = [builder.phi(self.type) for _ in range(count)]
        for total, result in zip(totals, results, strict=True):
            total.add_incoming(zeros, before)
            total.add_incoming(result, last)
        return totals


def tile_kernel(rows: int, vectors: int = 0) -> Kernel:
    """Make the code for a tile of sums, as wide as registers allow or as so many vectors.

    ``multiply(weights, weight, offsets, offset, terms, source, at, tile, to, places)`` writes to
    element ``to + row * places + column`` of `tile` the sum over k of
    ``weights[weight + k * rows + row]`` times element ``at + offsets[offset + k] + column`` of
    `source`. If `places` is an array, it adds it to element ``to + places[row] + column``.
    """
    vectors = vectors or vectors_of(rows)

    @intrinsic
    def multiply(  # type: ignore[no-untyped-def]
        typing_context, weights, weight, offsets, offset, terms, source, at, tile, to, places
    ):
        signature = types.none(
            weights, weight, offsets, offset, terms, source, at, tile, to, places
        )
        adds = isinstance(places, types.Array)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            pairs = list(zip(signature.args, arguments, strict=True))
            weights, offsets, source, tile = (
                data_of(context, builder, *pairs[i]) for i in (0, 2, 5, 7)
            )
            _, weight, _, offset, terms, _, at, _, to, places = arguments
            if adds:
                places = data_of(context, builder, signature.args[9], places)
            tile = builder.gep(tile, [to])
            weights, offsets = builder.gep(weights, [weight]), builder.gep(offsets, [offset])
            source = builder.gep(source, [at])

            def body(k: Any, sums: list[Any]) -> list[Any]:
                start = builder.gep(source, [builder.load(builder.gep(offsets, [k]))])
                read = [wide.load(start, v) for v in range(vectors)]
                some = builder.gep(weights, [builder.mul(k, INT64(rows))])
                factors = [
                    wide.splat(builder.load(builder.gep(some, [INT64(row)]))) for row in range(rows)
                ]
                return [
                    wide.multiply_add(factors[i // vectors], read[i % vectors], total)
                    for i, total in enumerate(sums)
                ]

            totals = wide.loop(terms, 1, rows * vectors, body)
            for row in range(rows):
                number = INT64(row)
                place = (
                    builder.load(builder.gep(places, [number]))
                    if adds
                    else builder.mul(places, number)
                )
                start = builder.gep(tile, [place])
                for v, total in enumerate(totals[row * vectors : (row + 1) * vectors]):
                    wide.store(wide.add(total, wide.load(start, v)) if adds else total, start, v)
            return context.get_dummy_value()

        return signature, generate

    return multiply  # type: ignore[no-any-return]


def lane_kernel(columns: int) -> Kernel:
    """Make the code for the products of some rows of two arrays.

    ``multiply(outputs, rows, images, begins, length, sums)`` writes to `sums`, for each of the
    `DOT_ROWS` elements at which rows of `outputs` begin and each of the columns at which rows of
    `images` do, the sum of the products of `length` elements, which the number of lanes divides.
    """

    @intrinsic
    def multiply(typing_context, outputs, rows, images, begins, length, sums):  # type: ignore[no-untyped-def]
        signature = types.none(outputs, rows, images, begins, length, sums)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            pairs = list(zip(signature.args, arguments, strict=True))
            outputs, images, to = (data_of(context, builder, *pairs[i]) for i in (0, 2, 5))
            of_rows = [
                builder.gep(outputs, [begin])
                for begin in cgutils.unpack_tuple(builder, arguments[1])
            ]
            of_columns = [
                builder.gep(images, [begin])
                for begin in cgutils.unpack_tuple(builder, arguments[3])[:columns]
            ]

            def body(i: Any, sums: list[Any]) -> list[Any]:
                read = [wide.load(builder.gep(start, [i])) for start in of_columns]
                results = []
                for row, start in enumerate(of_rows):
                    factor = wide.load(builder.gep(start, [i]))
                    results += [
                        wide.multiply_add(factor, read[c], sums[row * columns + c])
                        for c in range(columns)
                    ]
                return results

            totals = wide.loop(arguments[4], wide.lanes, DOT_ROWS * columns, body)
            for i, total in enumerate(totals):
                builder.store(wide.sum(total), builder.gep(to, [INT64(i)]))
            return context.get_dummy_value()

        return signature, generate

    return multiply  # type: ignore[no-any-return]


@intrinsic
def add_elements(typing_context, source, at, number, to, begin):  # type: ignore[no-untyped-def]
    """Add so many elements of `source` from number `at` on to those of `to`, another array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = Wide(context, builder, signature.args[0].dtype)
        pairs = list(zip(signature.args, arguments, strict=True))
        source, to = (data_of(context, builder, *pairs[i]) for i in (0, 3))
        _, at, number, _, begin = arguments
        source, to = builder.gep(source, [at]), builder.gep(to, [begin])
        vectors = builder.sdiv(number, INT64(wide.lanes))
        done = builder.mul(vectors, INT64(wide.lanes))
        with cgutils.for_range(builder, vectors) as loop:
            first = builder.mul(loop.index, INT64(wide.lanes))
            read, written = builder.gep(source, [first]), builder.gep(to, [first])
            wide.store(wide.add(wide.load(read), wide.load(written)), written, 0)
        with cgutils.for_range(builder, builder.sub(number, done)) as loop:
            one = builder.add(done, loop.index)
            read, written = builder.gep(source, [one]), builder.gep(to, [one])
            builder.store(wide.add(builder.load(read), builder.load(written)), written)
        return context.get_dummy_value()

    return types.none(source, at, number, to, begin), generate
