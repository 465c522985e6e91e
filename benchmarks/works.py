"""What `benchmarks.devices` times: our graphs and their inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

SEED = 20260711

UNPOOL, POOL, GRADIENT = "max_unpool", "max_pool with positions", "gradient of max_pool"
CONV, CONV_GRADIENT = "conv", "gradients of conv"


class Row(NamedTuple):
    """One task, with windows or a kernel of this size."""

    work: str
    size: int

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"{self.work}, {self.size}x{self.size}{'/2' if self.is_pooling else ''}"

    @property
    def is_pooling(self) -> bool:
        """Whether it is bound by memory, as a copy is, and not by arithmetic."""
        return self.work not in (CONV, CONV_GRADIENT)


ROWS = [
    Row(UNPOOL, 2),
    *(Row(work, size) for work in (POOL, GRADIENT) for size in (2, 3)),
    *(Row(work, 3) for work in (CONV, CONV_GRADIENT)),
]


def make_arrays(shape: tuple[int, ...]) -> dict[str, Any]:
    """Return NumPy inputs of all rows; no two elements of a window are equal."""
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    import pytensor_unpool as pu

    rng = np.random.default_rng(SEED)
    plane = rng.permuted(np.tile(np.arange(shape[-2] * shape[-1]), (*shape[:-2], 1)), axis=-1)
    images = plane.reshape(shape).astype("float32")
    x = pt.ftensor4("x")
    pool = pytensor.function([x], pu.max_pool(x, (2, 2)), mode="FAST_COMPILE")
    values, positions = pool(images)
    kernel = rng.normal(size=(shape[1], shape[1], 3, 3)).astype("float32")
    return {"x": images, "values": values, "positions": positions.astype("int32"), "kernel": kernel}


def graph(row: Row) -> tuple[list[Any], Any]:
    """Return the inputs and outputs of our graph; inputs have the names of `make_arrays`."""
    import pytensor.tensor as pt

    import pytensor_unpool as pu

    x, values, kernel = (pt.ftensor4(name) for name in ("x", "values", "kernel"))
    if row.work == UNPOOL:
        positions = pt.ltensor4("positions")
        lengths = (2 * values.shape[-2], 2 * values.shape[-1])
        return [values, positions], pu.max_unpool(values, positions, lengths)
    if row.is_pooling:
        pooled = pu.max_pool(x, (row.size, row.size), (2, 2), pad=row.size - 2)
        return [x], list(pooled) if row.work == POOL else pt.grad((pooled[0] ** 2).sum(), x)
    y = pu.conv(x, kernel, pad=row.size // 2)
    return [x, kernel], y if row.work == CONV else pt.grad((y**2).sum(), [x, kernel])
