"""Microkernels: tiles of sums of products that are held in registers, as code for LLVM.

The same as in kernels/c/conv/microkernel.h, except that a tile has one of `TILE_ROWS`: with every
number up to `MR`, as there, compilation would take longer.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.conv_tuning import (
    ACCUMULATORS,
    ACCUMULATORS_AVX512,
    DOT_ROWS,
    MAX_TILE_VECTORS,
)
from pytensor_unpool.kernels.numba.device import device_function
from pytensor_unpool.kernels.numba.simd import INT64, data_of
from pytensor_unpool.kernels.numba.simd_wide import HAS_AVX512, VECTOR_BYTES, Wide
from pytensor_unpool.kernels.numba.windows import Kernel

# The vector registers that sums may fill.
MAX_SUMS = ACCUMULATORS_AVX512 if HAS_AVX512 else ACCUMULATORS

# A tile has one of these numbers of rows; with fewer of them, it is wider.
TILE_ROWS = tuple(n for n in (1, 2, 3, 4, 6, 8, 10, 12) if 2 * n <= MAX_SUMS)
MR = TILE_ROWS[-1]

# A tile of dot products has DOT_ROWS rows and one of these numbers of columns.
DOT_COLUMNS = tuple(n for n in (1, 3, 5, 6) if DOT_ROWS * n <= MAX_SUMS)
MAX_DOT_COLUMNS = DOT_COLUMNS[-1]


def tile_vectors(mr: int) -> int:
    """Return how many vectors a tile of `mr` rows is wide."""
    return min(MAX_SUMS // mr, MAX_TILE_VECTORS)


@device_function
def tile_width(mr, itemsize):  # type: ignore[no-untyped-def]
    """Return how many elements a tile of `mr` rows is wide."""
    return min(MAX_SUMS // mr, MAX_TILE_VECTORS) * (VECTOR_BYTES // itemsize)


@device_function
def widest_tile(itemsize):  # type: ignore[no-untyped-def]
    """Return how many elements the widest tile has in a row."""
    return MAX_TILE_VECTORS * (VECTOR_BYTES // itemsize)


@device_function
def panel_rows(m):  # type: ignore[no-untyped-def]
    """Return the fewest rows of a tile that hold `m` rows, or the most that there are."""
    for mr in TILE_ROWS:
        if mr >= m:
            return mr
    return MR


@device_function
def padded_rows(m):  # type: ignore[no-untyped-def]
    """Return how many rows the panels of `m` rows have, with those that pad the last one."""
    rest = m % MR
    return m - rest + (panel_rows(rest) if rest > 0 else 0)


def tile_kernel(mr: int, vectors: int = 0) -> Kernel:
    """Make the code for a tile of `mr` rows, as wide as registers allow or `vectors` wide.

    ``multiply_tile(weights, offsets, k, source, tile, row_step)``, all arrays by pointers:
    ``tile[row * row_step + column]`` becomes the sum over i of
    ``weights[i * mr + row] * source[offsets[i] + column]``. If `row_step` is a pointer too, the
    sum is added to ``tile[row_step[row] + column]``.
    """
    vectors = vectors or tile_vectors(mr)

    @intrinsic
    def multiply_tile(typing_context, weights, offsets, k, source, tile, row_step):  # type: ignore[no-untyped-def]
        signature = types.none(weights, offsets, k, source, tile, row_step)
        adds = isinstance(row_step, types.CPointer)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            weights, offsets, k, source, tile, row_step = arguments

            def body(i: Any, sums: list[Any]) -> list[Any]:
                start = builder.gep(source, [builder.load(builder.gep(offsets, [i]))])
                read = [wide.load(start, v) for v in range(vectors)]
                column = builder.gep(weights, [builder.mul(i, INT64(mr))])
                factors = [
                    wide.splat(builder.load(builder.gep(column, [INT64(row)]))) for row in range(mr)
                ]
                return [
                    wide.multiply_add(factors[n // vectors], read[n % vectors], total)
                    for n, total in enumerate(sums)
                ]

            totals = wide.loop(k, 1, mr * vectors, body)
            for row in range(mr):
                begin = (
                    builder.load(builder.gep(row_step, [INT64(row)]))
                    if adds
                    else builder.mul(row_step, INT64(row))
                )
                start = builder.gep(tile, [begin])
                for v, total in enumerate(totals[row * vectors : (row + 1) * vectors]):
                    wide.store(wide.add(total, wide.load(start, v)) if adds else total, start, v)
            return context.get_dummy_value()

        return signature, generate

    return multiply_tile  # type: ignore[no-any-return]


def dot_kernel(columns: int) -> Kernel:
    """Make the code for a tile of dot products, of `DOT_ROWS` rows with some columns.

    ``multiply_dots(a, rows, b, columns, k, sums)`` writes to `sums` the products of `k` elements
    from each of the indices `rows` of `a` on, with those from each of `columns` of `b` on. The
    number of lanes divides `k`.
    """

    @intrinsic
    def multiply_dots(typing_context, a, rows, b, column_starts, k, sums):  # type: ignore[no-untyped-def]
        signature = types.none(a, rows, b, column_starts, k, sums)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            pairs = list(zip(signature.args, arguments, strict=True))
            a, b, to = (data_of(context, builder, *pairs[i]) for i in (0, 2, 5))
            of_rows, of_columns = (
                [builder.gep(data, [i]) for i in cgutils.unpack_tuple(builder, starts)]
                for data, starts in ((a, arguments[1]), (b, arguments[3]))
            )

            def body(i: Any, sums: list[Any]) -> list[Any]:
                read = [wide.load(builder.gep(start, [i])) for start in of_columns[:columns]]
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

    return multiply_dots  # type: ignore[no-any-return]


def _tile_chooser(numbers: tuple[int, ...] = (MR, *TILE_ROWS[:-1])) -> Kernel:
    """Compile ``(mr, ...) -> None``: the tile of `mr` rows, the usual one first."""
    mr_here, *others = numbers
    multiply = tile_kernel(mr_here)
    if not others:

        @device_function
        def last(mr, weights, offsets, k, source, tile, row_step):  # type: ignore[no-untyped-def]
            multiply(weights, offsets, k, source, tile, row_step)

        return last  # type: ignore[no-any-return]
    otherwise = _tile_chooser(tuple(others))

    @device_function
    def choose(mr, weights, offsets, k, source, tile, row_step):  # type: ignore[no-untyped-def]
        if mr == mr_here:
            multiply(weights, offsets, k, source, tile, row_step)
        else:
            otherwise(mr, weights, offsets, k, source, tile, row_step)

    return choose  # type: ignore[no-any-return]


def _dot_chooser(numbers: tuple[int, ...] = DOT_COLUMNS) -> Kernel:
    """Compile ``(n, ...) -> columns``: the narrowest tile of at least `n` columns."""
    columns_here, *others = numbers
    multiply = dot_kernel(columns_here)
    if not others:

        @device_function
        def last(n, a, rows, b, columns, k, sums):  # type: ignore[no-untyped-def]
            multiply(a, rows, b, columns, k, sums)
            return columns_here

        return last  # type: ignore[no-any-return]
    otherwise = _dot_chooser(tuple(others))

    @device_function
    def choose(n, a, rows, b, columns, k, sums):  # type: ignore[no-untyped-def]
        if n <= columns_here:
            multiply(a, rows, b, columns, k, sums)
            return columns_here
        return otherwise(n, a, rows, b, columns, k, sums)

    return choose  # type: ignore[no-any-return]


multiply_tile = _tile_chooser()
multiply_dots = _dot_chooser()
