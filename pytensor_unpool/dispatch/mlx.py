"""MLX, on Apple's GPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.link.mlx.dispatch import mlx_funcify

from pytensor_unpool.dispatch.arrays import register
from pytensor_unpool.dispatch.static import StaticNumbers, check_static
from pytensor_unpool.kernels.arrays import mlx as arrays
from pytensor_unpool.ops.check import Check


@mlx_funcify.register(StaticNumbers)
def _funcify(op: StaticNumbers, **_: Any) -> Callable[..., Any]:
    return op.evaluate


mlx_funcify.register(Check)(check_static)
register(mlx_funcify, arrays)
