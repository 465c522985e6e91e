"""Two batched inputs broadcast as in NumPy: every Op against a loop over items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph

import pytensor_unpool as pu
from tests.support.batches import CASES, output_of
from tests.support.modes import MODES_OF_MANY, every_mode
from tests.support.whole import whole

PAIRS = {name: case for name, case in CASES.items() if len(case.arguments) > 1}
BATCHES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "equal": ((3,), (3,)),
    "first of length 1": ((1,), (3,)),
    "second of length 1": ((3,), (1,)),
    "one and two axes": ((3,), (2, 3)),
    "two and one axes": ((2, 3), (3,)),
    "all pairs": ((3, 1), (1, 2)),
}


def batch_of(array: Any, batch: tuple[int, ...]) -> Any:
    """Return items of a batch, cut from the rows of a case."""
    rows = np.resize(np.arange(len(array)), batch)
    return array[rows]


def known(array: Any, batch: tuple[int, ...]) -> Any:
    """Return a variable of which only the batch axes of length 1 are known."""
    shape = [1 if n == 1 else None for n in batch] + [None] * (array.ndim - len(batch))
    return pt.tensor(dtype=array.dtype, shape=tuple(shape))


def assert_equals_loop(item: Any, inputs: list[Any], arrays: list[Any], mode: str) -> None:
    """Compare a batch of graphs with each of its items, the axes of `arrays` broadcast."""
    batches = [a.shape[: a.ndim - v.type.ndim] for a, v in zip(arrays, inputs, strict=True)]
    variables = [known(a, batch) for a, batch in zip(arrays, batches, strict=True)]
    replaced = dict(zip(inputs, variables, strict=True))
    run = pytensor.function(variables, vectorize_graph(item, replaced), mode=mode)
    one = pytensor.function(inputs, item, mode="FAST_COMPILE")
    batch = np.broadcast_shapes(*batches)
    wide = [
        np.broadcast_to(a, (*batch, *a.shape[len(own) :]))
        for a, own in zip(arrays, batches, strict=True)
    ]
    got = run(*arrays)
    wanted = [one(*(a[place] for a in wide)) for place in np.ndindex(*batch)]
    assert got.shape == (*batch, *wanted[0].shape)
    np.testing.assert_allclose(got.reshape((-1, *wanted[0].shape)), wanted, rtol=1e-12)


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@pytest.mark.parametrize("batches", BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize("name", PAIRS)
def test_two_batches_of_every_op_equal_a_loop(name: str, batches: Any, mode: str) -> None:
    case = PAIRS[name]
    items = [pt.tensor(dtype=a.dtype, shape=(None,) * (a.ndim - 1)) for a in case.arguments]
    # A third input comes with the batch of the second.
    wanted = [*batches, batches[1]][: len(items)]
    arrays = [batch_of(a, b) for a, b in zip(case.arguments, wanted, strict=True)]
    assert_equals_loop(output_of(case.op, items), items, arrays, mode)


# RuntimeBroadcast reads of its other inputs only the lengths along its own axes.
@pytest.mark.parametrize("name", [name for name in PAIRS if name != "RuntimeBroadcast"])
def test_batches_of_unequal_lengths_are_refused(name: str) -> None:
    """Catches items that are paired up to the shorter batch, or read beyond it."""
    case = PAIRS[name]
    items = [pt.tensor(dtype=a.dtype, shape=(None,) * (a.ndim - 1)) for a in case.arguments]
    batches = [pt.tensor(dtype=a.dtype, shape=(None,) * a.ndim) for a in case.arguments]
    arrays = [a[: 3 - (i > 0)] for i, a in enumerate(case.arguments)]
    batch = vectorize_graph(output_of(case.op, items), dict(zip(items, batches, strict=True)))
    run = pytensor.function(batches, batch, mode="FAST_COMPILE")
    with pytest.raises((ValueError, AssertionError), match=r"axis|must have|[Ss]hape|lengths"):
        run(*arrays)


# The leading axes of x that the kernel does not have, and those of a kernel with one for each item.
HELIX = {
    "a kernel for all items": ((4, 7), (3,)),
    "a kernel for each item": ((4, 7), (4, 3)),
    "two leading axes": ((2, 3, 7), (3,)),
    "two convolved axes": ((2, 5, 6), (2, 3)),
}
HELIX_BATCHES = {
    "only x": ((4,), ()),
    "only the kernel": ((), (4,)),
    "only the kernel, one": ((), (1,)),
    **BATCHES,
}


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@pytest.mark.parametrize("batches", HELIX_BATCHES.values(), ids=HELIX_BATCHES)
@pytest.mark.parametrize("shapes", HELIX.values(), ids=HELIX)
def test_leading_axes_of_helix_convolutions_are_no_batch(
    shapes: Any, batches: Any, mode: str, rng: np.random.Generator
) -> None:
    """Every kernel of a batch is applied to every leading item of x, with the right gradients."""
    x, kernel = (pt.tensor(dtype="float64", shape=(None,) * len(shape)) for shape in shapes)
    ndim = 2 if shapes[0] == (2, 5, 6) else 1
    arrays = [whole(rng, (*batch, *shape)) for batch, shape in zip(batches, shapes, strict=True)]
    y = pu.ops.HelixConvolve(ndim, "full", "direct")(x, kernel)
    dx, dk = pt.grad((y**2).sum(), [x, kernel])
    for graph in (y, dx, dk):
        assert_equals_loop(graph, [x, kernel], arrays, mode)


@pytest.mark.parametrize("batches", HELIX_BATCHES.values(), ids=HELIX_BATCHES)
@pytest.mark.parametrize("which", ["conv", "conv_input_grad", "conv_kernel_grad"])
def test_two_batches_of_convolutions_equal_a_loop(
    which: str, batches: Any, rng: np.random.Generator
) -> None:
    shapes = {
        "conv": ((2, 4, 7), (6, 2, 3)),
        "conv_input_grad": ((6, 2, 3), (2, 6, 3)),
        "conv_kernel_grad": ((2, 4, 7), (2, 6, 3)),
    }[which]
    more = {"conv": [], "conv_input_grad": [(2, 4, 7)], "conv_kernel_grad": [(6, 2, 3)]}[which]
    items = [pt.tensor(dtype="float64", shape=(None,) * 3) for _ in shapes]
    arrays = [whole(rng, (*batch, *shape)) for batch, shape in zip(batches, shapes, strict=True)]
    graph = getattr(pu, which)(*items, *more, stride=2, groups=2)
    assert_equals_loop(graph, items, arrays, "FAST_COMPILE")


@every_mode
def test_kernels_of_a_batch_by_hand(mode: str) -> None:
    """Four kernels and four items are sixteen convolutions; four kernels and one item are four."""
    x, kernel = pt.matrix("x", dtype="float64"), pt.vector("kernel", dtype="float64")
    kernels = pt.matrix("kernels", dtype="float64")
    batch = vectorize_graph(pu.helix_convolve(x, kernel), {kernel: kernels})
    run = pytensor.function([x, kernels], batch, mode=mode)
    eye = np.eye(4, 3)
    four, one = np.arange(28.0).reshape(4, 7), np.arange(7.0).reshape(1, 7)
    wanted = [[np.convolve(row, taps) for row in four] for taps in eye]
    np.testing.assert_array_equal(run(four, eye), wanted)
    np.testing.assert_array_equal(
        run(one, eye), [[np.convolve(row, taps) for row in one] for taps in eye]
    )
