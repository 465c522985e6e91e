"""JAX, PyTorch and MLX through PyTensor: every Op, and what is declared to be different."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.dispatch import deviations
from pytensor_unpool.dispatch.backends import BACKENDS
from pytensor_unpool.errors import LengthError
from pytensor_unpool.kernels import arrays
from tests.support.backends import Backend, at_its_precision, concerned, every_backend, marks
from tests.support.cases import distinct
from tests.support.whole import whole

__all__ = ["at_its_precision"]
pytestmark = marks

ROOT = Path(pu.__file__).parents[1]


def graphs(x: Any, kernel: Any) -> list[Any]:
    """Return what uses every Op, with lengths that are known when it runs."""
    values, positions = pu.max_pool(x, (2, 2))
    lengths = (2 * values.shape[-2] + 1, pt.maximum(x.shape[-1], 4))
    tied_values = pu.max_pool(x, (3, 2), (2, 2), ties="all")[0]
    overlapping = pu.max_pool(x, (3, 3), (2, 2), pad=1)[0]
    average = pu.pool(x, 2, [x.shape[-2] // 3], mode="average_exc_pad")
    rows = pu.windows_to_rows(x, (2, 2), (1, 2))
    convolved = pu.conv(x, kernel, stride=(2, 1), pad=1, groups=3)
    wound = [pu.helix_convolve(x, kernel[:, 0], "same", method=m) for m in ("direct", "fft")]
    longer = pu.upsample_linear(x, (2, (5, 3)))
    smooth = [values, tied_values, overlapping, average, rows, longer, convolved, *wound]
    return [
        values, positions, pu.max_unpool(values, positions, lengths),
        *(pytensor.grad((y**2).sum(), x) for y in smooth),
        *(pytensor.grad((y**2).sum(), kernel) for y in (convolved, *wound)),
        pytensor.grad((pu.max_unpool(values, positions, lengths) ** 3).sum(), x),
    ]  # fmt: skip


@every_backend
def test_every_op_in_a_graph(backend: Backend, rng: np.random.Generator) -> None:
    x, kernel = pt.tensor4("x"), pt.tensor4("kernel")
    outputs = graphs(x, kernel)
    arrays = (
        distinct(rng, (2, 3, 7, 8), backend.precision) / 16,
        whole(rng, (6, 1, 3, 2), backend.precision),
    )
    wanted = pytensor.function([x, kernel], outputs, mode="FAST_COMPILE")(*arrays)
    got = pytensor.function([x, kernel], outputs, mode=backend.mode)(*arrays)
    eps = np.finfo(backend.precision).eps
    for i, (one, other) in enumerate(zip(got, wanted, strict=True)):
        one = np.asarray(one)
        assert one.dtype == other.dtype, i
        # A transform rounds every element by as much as the largest one.
        room = 4 * eps * np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=100 * eps, atol=room, err_msg=str(i))


@concerned(deviations.POSITIONS_OUTSIDE)
def test_positions_outside_are_not_written(backend: Backend) -> None:
    """Nothing can be raised there; see the table of deviations."""
    values, positions = pt.vector("v"), pt.lvector("p")
    outputs = [pu.max_unpool(values, positions, 4, duplicates=d) for d in ("last", "sum")]
    run = pytensor.function([values, positions], outputs, mode=backend.mode)
    array = np.array([1, 2, 3], backend.precision)
    for result in run(array, np.array([-1, 2, 4])):
        np.testing.assert_array_equal(np.asarray(result), [0, 0, 2, 0])


@concerned(deviations.INTEGER_INPUTS, is_concerned=False)
def test_lengths_and_windows_as_integer_inputs(backend: Backend) -> None:
    x, n, window = pt.vector("x"), pt.lscalar("n"), pt.lscalar("window")
    values, positions = pu.max_pool(x, [window], stride=2)
    unpooled = pu.max_unpool(values, positions, n)
    run = pytensor.function([x, n, window], [values, unpooled], mode=backend.mode)
    for length, taps, wanted in ((6, 2, [0, 7, 0, 5, 0, 0]), (5, 3, [0, 7, 0, 0, 0])):
        _, result = run(np.array([2.0, 7, 1, 5]), length, taps)
        np.testing.assert_array_equal(result, wanted)


@concerned(deviations.INTEGER_INPUTS)
def test_integer_inputs_are_an_error_that_says_so(backend: Backend) -> None:
    values, positions, n = pt.vector("v"), pt.lvector("p"), pt.lscalar("n")
    run = pytensor.function(
        [values, positions, n], pu.max_unpool(values, positions, n), mode=backend.mode
    )
    with pytest.raises(NotImplementedError, match="given to the function"):
        run(np.array([1.0], backend.precision), np.array([0]), 3)


@concerned(deviations.DATA_LENGTHS)
def test_lengths_from_data_are_an_error_that_says_so(backend: Backend) -> None:
    values, positions, lengths = pt.vector("v"), pt.lvector("p"), pt.lvector("lengths")
    y = pu.max_unpool(values, positions, lengths[0])
    run = pytensor.function([values, positions, lengths], y, mode=backend.mode)
    array = np.array([1.0], backend.precision)
    with pytest.raises(NotImplementedError, match="computed from data"):
        run(array, np.array([0]), np.array([3]))


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_inputs_that_are_lengths_and_data_are_an_error_that_says_so() -> None:
    values, positions, length = pt.vector("v"), pt.lvector("p"), pt.lscalar("length")
    y = pu.max_unpool(values, positions, length) * length
    run = pytensor.function([values, positions, length], y, mode="JAX")
    with pytest.raises(NotImplementedError, match="inputs of the function that are used for"):
        run(np.array([1.0]), np.array([0]), 3)


@concerned(deviations.NARROW_INTEGERS)
def test_positions_are_narrow_in_single_precision(backend: Backend) -> None:
    import jax
    import pytensor.link.jax.dispatch  # sets what follows, the first time

    jax.config.update("jax_enable_x64", False)
    x = pt.vector("x", dtype="float32")
    run = pytensor.function([x], pu.max_pool(x, 2), mode=backend.mode)
    values, positions = run(np.array([1, 3, 5, 2], "float32"))
    assert (values.dtype, positions.dtype) == ("float32", "int32")
    assert positions.tolist() == [1, 2]


@concerned(deviations.NO_DOUBLES)
def test_doubles_are_single(backend: Backend) -> None:
    x = backend.array(np.ones((2, 4)))
    assert backend.xp.dtype_name(x) == "float32"


@concerned(deviations.LONG_PLANES)
def test_long_planes_are_an_error(backend: Backend) -> None:
    class Long:
        """What is asked of an array before anything is computed."""

        shape, dtype = (2**16, 2**16), np.dtype("float32")

    with pytest.raises(LengthError, match="2147483647"):
        arrays.max_pool(backend.xp, Long(), [(2, 2, 0, 0, 1)] * 2, False)


def test_deviations_are_those_of_backends_that_exist_and_are_printed() -> None:
    for deviation in deviations.DEVIATIONS:
        assert 0 < len(deviation.backends) < len(BACKENDS)
    assert (ROOT / "docs" / "backends.md").read_text().endswith("\n\n" + deviations.table())
    declared = {d for d in vars(deviations).values() if isinstance(d, deviations.Deviation)}
    assert declared == set(deviations.DEVIATIONS)


@every_backend
def test_sums_of_single_precision_are_convolved(backend):
    """PyTensor's sums on JAX are float64 where their type says float32: all dtypes must agree."""
    x = pt.tensor("x", dtype="float32", shape=(2, 1, 2, 4, 4))
    kernel = pt.tensor("kernel", dtype="float32", shape=(1, 2, 3, 3))
    total = x.sum(axis=0)
    y = pu.conv(total, kernel, pad=1)
    outputs = [y, *pt.grad((y * total[0, 0, 0, 0]).sum(), [x, kernel])]
    arrays = [np.ones((2, 1, 2, 4, 4), "float32"), np.ones((1, 2, 3, 3), "float32")]
    got, wanted = (
        pytensor.function([x, kernel], outputs, mode=mode)(*arrays)
        for mode in (backend.mode, "FAST_COMPILE")
    )
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
