"""JAX, on its CPU, GPU or TPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.jax.dispatch.shape import JAXShapeTuple

from pytensor_unpool.dispatch import static
from pytensor_unpool.dispatch.blocks import register
from pytensor_unpool.kernels import jax as arrays


class StaticIntegers(static.StaticIntegers, JAXShapeTuple):
    """PyTensor makes integer inputs that serve nothing but this static arguments of JAX."""

    takes_inputs = True


@jax_funcify.register(StaticIntegers)
def _funcify(op: StaticIntegers, **_: Any) -> Callable[..., Any]:
    return op.evaluate


register(jax_funcify, arrays)
