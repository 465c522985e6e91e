"""Max-pooling in NumPy."""

from __future__ import annotations

import numpy as np

from pytensor_unpool.geometry import TAPS_DTYPE
from pytensor_unpool.kernels.checks import check_positions_dtype
from pytensor_unpool.kernels.reference.planes import lowest, planes
from pytensor_unpool.kernels.window_taps import Array, Axes, window_taps


def max_pool(
    x: Array, axes: Axes, partial_windows: bool, output: str = "positions", dtype: str = "int64"
) -> tuple[Array, Array]:
    """Return the maximum of every window, and where it lies in the unpadded pooled axes.

    With the output "taps", which of the window's taps it is.
    """
    flat, inside = window_taps(x.shape[-len(axes) :], axes, partial_windows)
    if output == "positions":
        check_positions_dtype(x.shape[-len(axes) :], dtype)
    taps = planes(x, len(axes))[..., flat]
    winner = np.where(inside, taps, lowest(x.dtype)).argmax(-1)[..., None]
    # Where padding won, all elements are as low as padding: the first one is the maximum.
    padding_won = ~np.take_along_axis(np.broadcast_to(inside, taps.shape), winner, -1)
    winner = np.where(padding_won, inside.argmax(-1)[..., None], winner)
    values = np.take_along_axis(taps, winner, -1)[..., 0]
    if output == "taps":
        return values, winner[..., 0].astype(TAPS_DTYPE)
    positions = np.take_along_axis(np.broadcast_to(flat, taps.shape), winner, -1)[..., 0]
    return values, positions.astype(dtype)
