"""Max-pooling of arrays whose neighbours in memory are neighbours on a leading axis.

Channels-last images, seen through ``dimshuffle``, have their channels side by side: the vectors run
along these, one window after the other, and the outputs are laid out in the same way.
"""

from __future__ import annotations

from numba.cpython.unsafe.tuple import tuple_setitem

from pytensor_unpool.geometry import Windows
from pytensor_unpool.kernels.numba.lanes import LANES, block_maximum
from pytensor_unpool.kernels.numba.unrolled_pool import three_axes, three_lengths_of
from pytensor_unpool.kernels.numba.windows import Kernel, inner


def channel_pool(windows: Windows, with_positions: bool) -> Kernel:
    """Compile ``(counts, item, values, positions, row) -> None``.

    `item` has the channels first and the pooled axes behind them; its channels are neighbours in
    memory, `LANES` of them or more. They are so in the flat outputs too, which are written from
    element `row` on.
    """
    (wa, sa, ba, _, da), (wb, sb, bb, _, db), (wc, sc, bc, _, dc) = three_axes(windows)
    three_lengths = three_lengths_of(windows.ndim)
    taps = wa * wb * wc
    no_places = (0,) * taps
    block_maxima = block_maximum(1, 1, 1, place_step=0, with_positions=with_positions)

    @inner
    def pool_item(counts, item, values, positions, row):  # type: ignore[no-untyped-def]
        channels = item.shape[0]
        length_a, length_b, length_c = three_lengths(item.shape[1:])
        stride_a, stride_b, stride_c = three_lengths(item.strides[1:])
        count_a, count_b, count_c = three_lengths(counts)
        begins = places = no_places
        # The last block begins early where they do not divide: its first channels are done twice.
        blocks = -(-channels // LANES)
        for window in range(count_a * count_b * count_c):
            a = window // (count_b * count_c) * sa - ba
            b = window // count_c % count_b * sb - bb
            c = window % count_c * sc - bc
            # A tap outside is replaced by the nearest inside.
            first_a, last_a = max(0, -(a // da)), min(wa - 1, (length_a - 1 - a) // da)
            first_b, last_b = max(0, -(b // db)), min(wb - 1, (length_b - 1 - b) // db)
            first_c, last_c = max(0, -(c // dc)), min(wc - 1, (length_c - 1 - c) // dc)
            for tap in range(taps):
                at_a = a + min(max(tap // (wb * wc), first_a), last_a) * da
                at_b = b + min(max(tap // wc % wb, first_b), last_b) * db
                at_c = c + min(max(tap % wc, first_c), last_c) * dc
                begin = (at_a * stride_a + at_b * stride_b + at_c * stride_c) // item.itemsize
                begins = tuple_setitem(begins, tap, begin)
                places = tuple_setitem(places, tap, (at_a * length_b + at_b) * length_c + at_c)
            for block in range(blocks):
                channel = min(block * LANES, channels - LANES)
                block_maxima(item, begins, channel, places, 0, values, positions, row + channel)
            row += channels

    return pool_item  # type: ignore[no-any-return]
