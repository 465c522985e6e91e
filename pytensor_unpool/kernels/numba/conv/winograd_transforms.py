"""Winograd's transforms of rows of tiles, as code for LLVM: see kernels/c/conv/winograd.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.simd import INT64, data_of
from pytensor_unpool.kernels.numba.simd_wide import Wide
from pytensor_unpool.kernels.numba.windows import Kernel

# A tile of 2 by 2 outputs reads ALPHA by ALPHA elements, and has as many points when transformed.
ALPHA = 4
POINTS = ALPHA * ALPHA


def _input_1d(b: Any, x: list[Any]) -> list[Any]:
    return [b.fsub(x[0], x[2]), b.fadd(x[1], x[2]), b.fsub(x[2], x[1]), b.fsub(x[1], x[3])]


def _dy_1d(b: Any, x: list[Any]) -> list[Any]:
    return [x[0], b.fadd(x[0], x[1]), b.fsub(x[0], x[1]), b.fsub(x[1].type(None), x[1])]


def _output_1d(b: Any, x: list[Any]) -> list[Any]:
    return [b.fadd(b.fadd(x[0], x[1]), x[2]), b.fsub(b.fsub(x[1], x[2]), x[3])]


def _both_axes(b: Any, x: list[list[Any]], transform: Callable[..., list[Any]]) -> list[Any]:
    """Transform the columns of each row, then the rows."""
    rows = [transform(b, row) for row in x]
    columns = [transform(b, list(column)) for column in zip(*rows, strict=True)]
    return [value for row in zip(*columns, strict=True) for value in row]


def _tiles_kernel(reach: int, transform: Callable[..., list[Any]]) -> Kernel:
    """Make the code that transforms a row of tiles of `reach` by `reach` elements.

    ``transform_tiles(split, at, span, count, to, put, step)``: the rows of the image begin at
    element `at` of `split`, ``2 * span`` apart; `span` elements after each are its odd columns.
    Point p of tile i goes to element ``put + p * step + i``.
    """

    @intrinsic
    def transform_tiles(typing_context, split, at, span, count, to, put, step):  # type: ignore[no-untyped-def]
        signature = types.none(split, at, span, count, to, put, step)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            split = data_of(context, builder, signature.args[0], arguments[0])
            to = data_of(context, builder, signature.args[4], arguments[4])
            _, at, span, count, _, put, step = arguments
            lanes = INT64(wide.lanes)
            with cgutils.for_range_slice(builder, INT64(0), count, lanes) as (i, _):
                tile = []
                for row in range(reach):
                    begin = builder.add(at, builder.mul(span, INT64(2 * row)))
                    begin = builder.add(begin, i)
                    read = []
                    for column in range(reach):
                        shift = builder.mul(span, INT64(column % 2))
                        element = builder.add(builder.add(begin, shift), INT64(column // 2))
                        read.append(wide.load(builder.gep(split, [element])))
                    tile.append(read)
                begin = builder.add(put, i)
                for point, value in enumerate(_both_axes(builder, tile, transform)):
                    element = builder.add(begin, builder.mul(step, INT64(point)))
                    wide.store(value, builder.gep(to, [element]), 0)
            return context.get_dummy_value()

        return signature, generate

    return transform_tiles  # type: ignore[no-any-return]


transform_input_tiles = _tiles_kernel(ALPHA, _input_1d)
transform_dy_tiles = _tiles_kernel(2, _dy_1d)


@intrinsic
def transform_output_tiles(typing_context, points, at, step, count, split, span):  # type: ignore[no-untyped-def]
    """Transform a row of tiles to two rows of outputs, split into even and odd columns.

    Point p of tile i is element ``at + p * step + i``; the four halves are `span` elements apart.
    """
    signature = types.none(points, at, step, count, split, span)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = Wide(context, builder, signature.args[0].dtype)
        points = data_of(context, builder, signature.args[0], arguments[0])
        split = data_of(context, builder, signature.args[4], arguments[4])
        _, at, step, count, _, span = arguments
        with cgutils.for_range_slice(builder, INT64(0), count, INT64(wide.lanes)) as (i, _):
            begin = builder.add(at, i)
            read = []
            for point in range(POINTS):
                element = builder.add(begin, builder.mul(step, INT64(point)))
                read.append(wide.load(builder.gep(points, [element])))
            rows = [read[ALPHA * r : ALPHA * (r + 1)] for r in range(ALPHA)]
            for number, value in enumerate(_both_axes(builder, rows, _output_1d)):
                element = builder.add(i, builder.mul(span, INT64(number)))
                wide.store(value, builder.gep(split, [element]), 0)
        return context.get_dummy_value()

    return signature, generate
