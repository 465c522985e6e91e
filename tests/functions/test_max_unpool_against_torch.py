"""`max_unpool` and its gradient against PyTorch, over random settings; skipped without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt

import pytensor_unpool as pu
from pytensor_unpool.kernels import reference
from tests.support.cases import Array, PoolCase, assert_same, distinct
from tests.support.torch_cases import CASES, every_case, every_mode_and_rank, one_thread, torch

__all__ = ["one_thread"]

UNPOOL = {1: "max_unpool1d", 2: "max_unpool2d", 3: "max_unpool3d"}


def torch_max_unpool(values: Any, positions: Array, lengths: tuple[int, ...]) -> Any:
    """Un-pool to any lengths: PyTorch wants a kernel that fits, but does not use it."""
    kernel = [n - pooled + 1 for n, pooled in zip(lengths, values.shape[2:], strict=True)]
    function = getattr(torch.nn.functional, UNPOOL[len(lengths)])
    return function(values, torch.tensor(positions), kernel, stride=1, output_size=lengths)


@every_case
def test_un_pooling_equals_torch(case: PoolCase, rng: np.random.Generator) -> None:
    """Values also where positions repeat; gradients where they do not, for torch is wrong there."""
    x = distinct(rng, case.shape)
    _, repeated = reference.max_pool(x, case.rows, case.partial_windows)
    pooled = [min(n, count) for n, count in zip(case.lengths, repeated.shape[2:], strict=True)]
    unique = np.argsort(rng.random(case.shape).reshape(*case.leading, -1), axis=-1)
    unique = unique[..., : int(np.prod(pooled))].reshape(*case.leading, *pooled)
    for positions in (repeated, unique):
        leaf = torch.tensor(distinct(rng, positions.shape), requires_grad=True)
        unpooled = torch_max_unpool(leaf, positions, case.lengths)
        got = reference.max_unpool(leaf.detach().numpy(), positions, case.lengths)
        assert_same(got, unpooled.detach().numpy())
    g = distinct(rng, case.shape)
    unpooled.backward(torch.tensor(g))
    gathered = reference.max_gather(g, unique, case.ndim, "last")
    assert_same(gathered, leaf.grad.numpy())


@every_mode_and_rank
def test_compiled_un_pooling_equals_torch(ndim: int, mode: str, rng: np.random.Generator) -> None:
    """Overlapping windows repeat positions; the values here differ."""
    axes = (None,) * (ndim + 2)
    values = pt.tensor("values", dtype="float32", shape=axes)
    positions = pt.tensor("positions", dtype="int64", shape=axes)
    lengths = [pt.lscalar() for _ in range(ndim)]
    unpooled = pu.max_unpool(values, positions, lengths)
    function = pytensor.function([values, positions, *lengths], unpooled, mode=mode)
    for case in CASES[ndim]:
        x = distinct(rng, case.shape)
        _, places = reference.max_pool(x, case.rows, case.partial_windows)
        numbers = distinct(rng, places.shape)
        wanted = torch_max_unpool(torch.tensor(numbers), places, case.lengths).numpy()
        assert_same(function(numbers, places, *case.lengths), wanted, case)
