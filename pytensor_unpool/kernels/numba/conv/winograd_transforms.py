"""Lines of tiles in Winograd's way, as vector code written out: see kernels/c/conv/winograd.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.conv.microkernel import Wide
from pytensor_unpool.kernels.numba.simd import INT64, data_of
from pytensor_unpool.kernels.numba.windows import Kernel

REACH, PLACES = 4, 16


def _spread_elements(b: Any, x: list[Any]) -> list[Any]:
    return [b.fsub(x[0], x[2]), b.fadd(x[1], x[2]), b.fsub(x[2], x[1]), b.fsub(x[1], x[3])]


def _spread_outputs(b: Any, x: list[Any]) -> list[Any]:
    return [x[0], b.fadd(x[0], x[1]), b.fsub(x[0], x[1]), b.fsub(x[1].type(None), x[1])]


def _gather_outputs(b: Any, x: list[Any]) -> list[Any]:
    return [b.fadd(b.fadd(x[0], x[1]), x[2]), b.fsub(b.fsub(x[1], x[2]), x[3])]


def _both_axes(b: Any, x: list[list[Any]], one: Callable[..., list[Any]]) -> list[Any]:
    """Apply what is done to one axis to the columns of each row, then to the rows."""
    rows = [one(b, row) for row in x]
    columns = [one(b, list(column)) for column in zip(*rows, strict=True)]
    return [value for row in zip(*columns, strict=True) for value in row]


def _spread_line(rows: int, reads: int, one: Callable[..., list[Any]]) -> Kernel:
    """Make the code that spreads lines of tiles, which read so many rows and columns.

    ``spread(split, at, span, count, to, put, step)``: the rows begin at element `at` of `split`,
    ``2 * span`` apart; `span` elements behind each are its odd columns. Place p of tile i goes to
    element ``put + p * step + i``.
    """

    @intrinsic
    def spread(typing_context, split, at, span, count, to, put, step):  # type: ignore[no-untyped-def]
        signature = types.none(split, at, span, count, to, put, step)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            wide = Wide(context, builder, signature.args[0].dtype)
            split = data_of(context, builder, signature.args[0], arguments[0])
            to = data_of(context, builder, signature.args[4], arguments[4])
            _, at, span, count, _, put, step = arguments
            lanes = INT64(wide.lanes)
            with cgutils.for_range_slice(builder, INT64(0), count, lanes) as (i, _):
                tile = []
                for row in range(rows):
                    begin = builder.add(at, builder.mul(span, INT64(2 * row)))
                    begin = builder.add(begin, i)
                    read = []
                    for column in range(reads):
                        shift = builder.mul(span, INT64(column % 2))
                        place = builder.add(builder.add(begin, shift), INT64(column // 2))
                        read.append(wide.load(builder.gep(split, [place])))
                    tile.append(read)
                begin = builder.add(put, i)
                for number, value in enumerate(_both_axes(builder, tile, one)):
                    place = builder.add(begin, builder.mul(step, INT64(number)))
                    wide.store(value, builder.gep(to, [place]), 0)
            return context.get_dummy_value()

        return signature, generate

    return spread  # type: ignore[no-any-return]


spread_line = _spread_line(REACH, REACH, _spread_elements)
spread_outputs_line = _spread_line(2, 2, _spread_outputs)


@intrinsic
def gather_line(typing_context, places, at, step, count, split, span):  # type: ignore[no-untyped-def]
    """Gather a line of tiles: even and odd columns of two rows, `span` elements apart in `split`.

    Place p of tile i is element ``at + p * step + i``.
    """
    signature = types.none(places, at, step, count, split, span)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = Wide(context, builder, signature.args[0].dtype)
        places = data_of(context, builder, signature.args[0], arguments[0])
        split = data_of(context, builder, signature.args[4], arguments[4])
        _, at, step, count, _, span = arguments
        with cgutils.for_range_slice(builder, INT64(0), count, INT64(wide.lanes)) as (i, _):
            begin = builder.add(at, i)
            read = []
            for number in range(PLACES):
                place = builder.add(begin, builder.mul(step, INT64(number)))
                read.append(wide.load(builder.gep(places, [place])))
            rows = [read[REACH * r : REACH * (r + 1)] for r in range(REACH)]
            for number, value in enumerate(_both_axes(builder, rows, _gather_outputs)):
                place = builder.add(i, builder.mul(span, INT64(number)))
                wide.store(value, builder.gep(split, [place]), 0)
        return context.get_dummy_value()

    return signature, generate
