"""Functions that Numba compiles once: called by address, for each dtype, with their errors."""

import numpy as np
import pytest
from numba import njit, types
from pytensor.link.numba.cache import NUMBA_CACHE_PATH

from pytensor_unpool.kernels.numba.by_address import FUNCTIONS, by_address, kernel_by_address
from pytensor_unpool.kernels.numba.device import device_function
from tests.support.cases import assert_same


@device_function
def add_all_of(numbers, total):  # type: ignore[no-untyped-def]
    for i in range(len(numbers)):
        if numbers[i] < 0:
            raise ValueError("a number is negative")
        total[0] += numbers[i]


def argument_types(given):  # type: ignore[no-untyped-def]
    dtype = given[1].dtype
    return types.Array(dtype, 1, "A"), types.Array(dtype, 1, "C")


add = by_address(add_all_of, argument_types)


@njit
def sum_of(numbers):  # type: ignore[no-untyped-def]
    total = np.zeros(1, numbers.dtype)
    add((numbers, total))
    return total[0]


def test_each_dtype_is_compiled_once_and_layouts_are_cast():
    for dtype in ("float64", "int32"):
        numbers = np.arange(6, dtype=dtype)
        assert sum_of(numbers) == 15
        assert sum_of(numbers[::2]) == 6
    assert len(FUNCTIONS["add_all_of"].function.overloads) == 2


def test_errors_come_through_and_the_function_goes_on_to_work():
    for _ in range(3):
        with pytest.raises(ValueError, match="a number is negative"):
            sum_of(np.array([1.0, -1.0]))
        assert sum_of(np.array([1.0, 2.0])) == 3


def test_those_of_the_package_are_kept_on_disk_beside_pytensors():
    import pytensor_unpool.dispatch.numba  # noqa: F401  (says where)

    for name in (
        "col2im",
        "convolve_by_products",
        "dots",
        "gemm",
        "run_conv",
        "run_input_grad",
        "run_kernel_grad",
        "transforms",
        "winograd",
        "winograd_kernel_grad",
    ):
        assert FUNCTIONS[name].function.stats.cache_path == NUMBA_CACHE_PATH


@device_function
def check(numbers, wanted):  # type: ignore[no-untyped-def]
    if len(numbers) < wanted:
        raise ValueError("too few numbers", len(numbers))


@device_function
def total_of(numbers, *others):  # type: ignore[no-untyped-def]
    check(numbers, 1)
    return numbers + len(others), numbers.sum()


def test_a_kernel_is_compiled_once_for_all_that_call_it_and_for_each_type():
    kernel = kernel_by_address(total_of, "total_of")
    one = njit(kernel.py_func)
    two = njit(lambda numbers: kernel(numbers, 2, 3.0)[0])
    other = njit(lambda numbers: kernel(numbers)[1])
    numbers = np.arange(4.0)
    more, total = one(numbers)
    assert_same(more, numbers)
    assert total == other(numbers) == 6
    overloads = FUNCTIONS["total_of"].function.overloads
    assert len(overloads) == 1
    assert_same(two(numbers), numbers + 2)
    assert_same(one(numbers[::2])[0], numbers[::2])
    assert len(overloads) == 3
    with pytest.raises(ValueError, match="too few numbers', 0"):
        one(numbers[:0])


@device_function
def impossible(numbers):  # type: ignore[no-untyped-def]
    numbers.no_such_method()


impossible_by_address = by_address(impossible, lambda given: given)


def test_what_cannot_be_compiled_when_it_is_called_is_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    function = njit(lambda numbers: impossible_by_address((numbers,)))
    with pytest.raises(RuntimeError, match="impossible could not be compiled"):
        function(np.zeros(2))
    assert "no_such_method" in capsys.readouterr().err
