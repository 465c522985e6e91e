"""JAX, on its CPU, GPU or TPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.jax.dispatch.shape import JAXShapeTuple

from pytensor_unpool.dispatch import static
from pytensor_unpool.dispatch.arrays import register
from pytensor_unpool.kernels.arrays import jax as arrays
from pytensor_unpool.ops.check import Check


class StaticNumbers(static.StaticNumbers, JAXShapeTuple):
    """PyTensor turns integer inputs used for nothing else into static arguments of JAX."""

    def evaluate(self, *leaves: Any) -> Any:
        """Return the numbers; an input that is also used for something else is an error."""
        known = [
            leaf if root.owner else arrays.concrete_integers(leaf)[0]
            for root, leaf in zip(self.roots, leaves, strict=True)
        ]
        return super().evaluate(*known)


@jax_funcify.register(StaticNumbers)
def _funcify(op: StaticNumbers, **_: Any) -> Callable[..., Any]:
    return op.evaluate


jax_funcify.register(Check)(static.check_static)
register(jax_funcify, arrays)
