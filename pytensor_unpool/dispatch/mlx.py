"""MLX, on Apple's GPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.link.mlx.dispatch import mlx_funcify

from pytensor_unpool.dispatch.blocks import register
from pytensor_unpool.dispatch.static import StaticIntegers
from pytensor_unpool.kernels import mlx as arrays


@mlx_funcify.register(StaticIntegers)
def _funcify(op: StaticIntegers, **_: Any) -> Callable[..., Any]:
    return op.evaluate


register(mlx_funcify, arrays)
