"""Shard a batch over devices, in one process or in several, with JAX.

Each function is compiled by PyTensor for JAX, called with images on one device, and with the same
images sharded by batch over all devices. Results are equal and stay sharded, and the compiled
programs are searched for collective operations. Run it with ``python examples/sharded_unpool.py``,
which simulates eight devices on one CPU. For several processes, on one or more machines, start
``python examples/sharded_unpool.py NUMBER COUNT ADDRESS`` in each, with the same free address, such
as ``localhost:7777``. It needs the extra ``jax``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")

import jax
import numpy as np
import pytensor
import pytensor.tensor as pt
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import pytensor_unpool as pu

Array = np.ndarray[Any, Any]

IMAGES, KERNELS = (16, 3, 12, 12), (5, 3, 3, 3)
COLLECTIVES = r"\b(all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter)(?:-start)?\("

images, kernels = pt.ftensor4("images"), pt.ftensor4("kernels")
values, positions = pt.ftensor4("values"), pt.ltensor4("positions")


def pooled(**windows: Any) -> Any:
    """Return the maxima of overlapping 3 by 3 windows."""
    return pu.max_pool(images, (3, 3), (2, 2), pad=1, **windows)[0]


def unpooled() -> Any:
    """Return the maxima of 2 by 2 windows, un-pooled."""
    return pu.max_unpool(*pu.max_pool(images, (2, 2)), images.shape[-2:])


def convolved() -> Any:
    """Return a convolution."""
    return pu.conv(images, kernels, pad="same")


def slope(y: Any, x: Any) -> Any:
    """Return the gradient of the sum of squares."""
    return pt.grad((y**2).sum(), x)


GRAPHS: dict[str, Callable[[], Any]] = {
    "max_pool": pooled,
    "max_pool, positions": lambda: pu.max_pool(images, (2, 2))[1],
    "max_pool, gradient": lambda: slope(pooled(), images),
    "max_pool, gradient of all ties": lambda: slope(pooled(ties="all"), images),
    "average": lambda: pu.pool(images, (2, 3), mode="average_exc_pad"),
    "average, gradient": lambda: slope(pu.pool(images, (2, 3), mode="average_exc_pad"), images),
    "un-pooling of pooled values": unpooled,
    "the same, gradient": lambda: slope(unpooled(), images),
    "un-pooling of given positions": lambda: pu.max_unpool(values, positions, IMAGES[-2:]),
    "convolution": convolved,
    "convolution, gradient of the images": lambda: slope(convolved(), images),
    "convolution, gradient of the kernels": lambda: slope(convolved(), kernels),
}


def make_arrays() -> dict[Any, Array]:
    """Return inputs of the graphs, as whole numbers, whose sums are exact."""
    rng = np.random.default_rng(20260711)
    arrays = {
        images: rng.integers(-50, 50, IMAGES).astype("float32"),
        kernels: rng.integers(-3, 4, KERNELS).astype("float32"),
    }
    pool = pytensor.function([images], pu.max_pool(images, (2, 2)), mode="FAST_COMPILE")
    arrays[values], arrays[positions] = pool(arrays[images])
    arrays[positions] = arrays[positions].astype("int32")
    return arrays


def compare(graph: Any, arrays: dict[Any, Array], mesh: Mesh) -> tuple[bool, bool, list[str]]:
    """Return whether results are equal and sharded, and the collective operations."""
    inputs = [x for x in arrays if x in pytensor.graph.traversal.explicit_graph_inputs([graph])]
    run = pytensor.function(inputs, graph, mode="JAX", trust_input=True)
    alone = np.asarray(run(*[arrays[x] for x in inputs]))
    by_batch = NamedSharding(mesh, PartitionSpec("batch"))
    everywhere = NamedSharding(mesh, PartitionSpec())
    places = [everywhere if x is kernels else by_batch for x in inputs]
    sharded = [spread(arrays[x], place) for x, place in zip(inputs, places, strict=True)]
    result = run(*sharded)
    equal = all(np.array_equal(s.data, alone[s.index]) for s in result.addressable_shards)
    text = run.vm.jit_fn.lower(*sharded).compile().as_text()
    return equal, result.sharding == by_batch, re.findall(COLLECTIVES, text)


def spread(array: Array, place: NamedSharding) -> Any:
    """Return a JAX array; each process makes the shards of its own devices."""
    return jax.make_array_from_callback(array.shape, place, lambda index: array[index])


def main(number: str = "0", count: str = "1", address: str = "localhost:7777") -> None:
    """Call every function on one device and on all, and compare."""
    if int(count) > 1:
        jax.distributed.initialize(address, int(count), int(number))
    mesh = Mesh(np.array(jax.devices()), ("batch",))
    print(f"{jax.device_count()} devices, {jax.local_device_count()} of them in this process\n")
    print(f"{'':<38}{'equal':>6}{'sharded':>9}  exchanged")
    with pytensor.config.change_flags(floatX="float32"):
        arrays = make_arrays()
        for name, build in GRAPHS.items():
            equal, is_sharded, exchanged = compare(build(), arrays, mesh)
            print(f"{name:<38}{equal!s:>6}{is_sharded!s:>9}  {', '.join(exchanged) or 'nothing'}")
            if not equal:
                raise SystemExit("One device and many disagree.")


if __name__ == "__main__":
    main(*sys.argv[1:4])
