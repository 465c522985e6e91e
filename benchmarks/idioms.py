"""Old idioms: the graph as people write it, the Op that it becomes, and NumPy's result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor.tensor as pt

import pytensor_unpool as pu
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import MaxGather, PoolInputGrad, TapUnpool, TiedUnpool

SQUARES = Windows((2, 2), (2, 2), (0, 0), (0, 0), (1, 1))


@dataclass(frozen=True)
class Idiom:
    """What is computed from the inputs with these names."""

    names: tuple[str, ...]
    graph: Callable[..., Any]
    direct: Callable[..., Any]
    expected: Callable[..., np.ndarray[Any, Any]]


def _ranges(x: Any) -> tuple[Any, Any]:
    rows = pt.arange(x.shape[0])[:, None, None, None]
    return rows, pt.arange(x.shape[1])[None, :, None, None]


def _arange(positions: Any, values: Any) -> Any:
    lengths = [2 * n for n in values.type.shape[2:]]
    zeros = pt.zeros((*values.shape[:2], *lengths), dtype=values.dtype)
    rows, columns = positions // lengths[1], positions % lengths[1]
    return pt.set_subtensor(zeros[(*_ranges(values), rows, columns)], values)


def _max_unpool(positions: Any, values: Any) -> Any:
    return pu.max_unpool(values, positions, [2 * n for n in values.type.shape[2:]])


def _scattered(positions: Any, values: Any) -> np.ndarray[Any, Any]:
    items, rows, columns = values.shape[:2], 2 * values.shape[2], 2 * values.shape[3]
    flat = np.zeros((*items, rows * columns), values.dtype)
    np.put_along_axis(flat, positions.reshape(*items, -1), values.reshape(*items, -1), axis=-1)
    return flat.reshape(*items, rows, columns)


def _gathered(positions: Any, x: Any) -> Any:
    rows, columns = positions // x.type.shape[3], positions % x.type.shape[3]
    return x[(*_ranges(x), rows, columns)]


def _pairs(x: Any) -> Any:
    n, c, rows, columns = x.shape
    return x.reshape((n, c, rows // 2, 2, columns // 2, 2))


def _twice(x: Any, repeat: Callable[..., Any] = pt.repeat) -> Any:
    return repeat(repeat(x, 2, axis=2), 2, axis=3)


def _corners(values: Any) -> Any:
    n, c, rows, columns = values.shape
    zeros = pt.zeros((n, c, 2 * rows, 2 * columns), dtype=values.dtype)
    return pt.set_subtensor(zeros[:, :, ::2, ::2], values)


def _first_taps(values: Any) -> Any:
    windows = replace(SQUARES, partial_windows=True)
    lengths = pt.as_tensor_variable([2 * values.shape[2], 2 * values.shape[3]])
    return TapUnpool(windows)(values, pt.zeros(values.shape, "uint8"), lengths)


def _cornered(values: Any) -> np.ndarray[Any, Any]:
    y = np.zeros((*values.shape[:2], *(2 * n for n in values.shape[2:])), values.dtype)
    y[:, :, ::2, ::2] = values
    return y


def _upsampled(values: Any) -> Any:
    lengths = pt.as_tensor_variable([2 * values.shape[2], 2 * values.shape[3]])
    return PoolInputGrad(SQUARES, "sum")(values, lengths)


def _tied(x: Any, values: Any, cotangent: Any) -> Any:
    return TiedUnpool(SQUARES)(x, values, cotangent)


def _mask(x: Any, values: Any, cotangent: Any) -> Any:
    return pt.eq(_twice(values), x) * _twice(cotangent)


IDIOMS = {
    "set_subtensor with arange indices": Idiom(
        ("positions", "values"), _arange, _max_unpool, _scattered
    ),
    "its gradient, a gather": Idiom(
        ("positions", "x"),
        _gathered,
        lambda positions, x: MaxGather(2, "sum")(x, positions),
        lambda positions, x: np.take_along_axis(
            x.reshape(*x.shape[:2], -1), positions.reshape(*x.shape[:2], -1), axis=-1
        ).reshape(positions.shape),
    ),
    "set_subtensor of corners": Idiom(("values",), _corners, _first_taps, _cornered),
    "reshape and max": Idiom(
        ("x",),
        lambda x: _pairs(x).max(axis=(3, 5)),
        lambda x: pu.pool(x, (2, 2)),
        lambda x: _pairs(x).max(axis=(3, 5)),
    ),
    "repeat twice": Idiom(
        ("values",), _twice, _upsampled, lambda values: _twice(values, np.repeat)
    ),
    "mask of repeated maxima": Idiom(
        ("x", "values", "cotangent"),
        _mask,
        _tied,
        lambda x, values, cotangent: np.where(
            _twice(values, np.repeat) == x, _twice(cotangent, np.repeat), 0
        ).astype(x.dtype),
    ),
}
