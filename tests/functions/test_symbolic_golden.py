"""Un-pooling against arrays computed by Theano 0.7 and 1.0.5."""

from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.symbolic import unpool_arange, unpool_flat, unpool_loop
from tests.support.golden import arrays_of, every, load_cases
from tests.support.modes import every_mode

CASES = load_cases("subtensor_unpool")

WRITTEN = [case for case in CASES if case["fn"].endswith("set_subtensor")]
ADDED = [case for case in CASES if case["fn"].endswith("inc_subtensor")]


def without(cases, tag):
    return [case for case in cases if tag not in case["tags"]]


def inputs_and_outputs(case):
    """Return values, positions, cotangent, un-pooled array and gradient of a case."""
    arrays = arrays_of(case["file"])
    names = ("z", "p") if "2d" in case["tags"] else ("encoded", "positions")
    inputs = [arrays[case["inputs"][name]] for name in (*names, "g")]
    outputs = [arrays[case["outputs"][name]] for name in ("out", f"grad_{names[0]}")]
    return *inputs, *outputs


@cache
def compiled(technique, dtype, values_shape, shape, mode, **options):
    values = pt.tensor("values", dtype=dtype, shape=values_shape)
    positions = pt.tensor("positions", dtype="int64", shape=values_shape)
    unpooled = technique(values, positions, shape, **options)
    cotangent = unpooled.type("cotangent")
    gradient = pt.grad((unpooled * cotangent).sum(), values)
    return pytensor.function([values, positions, cotangent], [unpooled, gradient], mode=mode)


def run(technique, case, mode, **options):
    values, positions, cotangent, *_ = inputs_and_outputs(case)
    shape = cotangent.shape[-2:] if "2d" in case["tags"] else cotangent.shape[-1:]
    function = compiled(technique, values.dtype.name, values.shape, shape, mode, **options)
    return function(values, positions, cotangent)


def test_there_are_cases_of_both_versions_and_dtypes():
    assert {case["theano"] for case in CASES} == {"0.7.0", "1.0.5"}
    assert {arrays_of(case["file"])[case["outputs"]["out"]].dtype.name for case in CASES} == {
        "float32",
        "float64",
    }
    assert {tag for case in WRITTEN for tag in case["tags"]} == {
        "unique",
        "duplicate",
        "negative",
        "broadcast",
        "flat",
        "2d",
    }


@pytest.mark.parametrize("technique", [unpool_loop, unpool_flat, unpool_arange])
@every(WRITTEN)
def test_plain_graphs_equal_theano(technique, case):
    """Every case and its gradient, including duplicate and negative positions."""
    *_, expected, expected_gradient = inputs_and_outputs(case)
    unpooled, gradient = run(technique, case, "FAST_COMPILE")
    np.testing.assert_array_equal(unpooled, expected, strict=True)
    np.testing.assert_array_equal(gradient, expected_gradient, strict=True)


@every_mode
@every(without(WRITTEN, "negative"))
def test_max_unpool_equals_theano(case, mode):
    """Except that the gradient of an overwritten value is zero here."""
    *_, expected, expected_gradient = inputs_and_outputs(case)
    unpooled, gradient = run(pu.max_unpool, case, mode)
    np.testing.assert_array_equal(unpooled, expected, strict=True)
    if "duplicate" not in case["tags"]:
        np.testing.assert_array_equal(gradient, expected_gradient, strict=True)


@every_mode
@every(without(ADDED, "negative"))
def test_adding_max_unpool_equals_theano(case, mode):
    *_, expected, expected_gradient = inputs_and_outputs(case)
    unpooled, gradient = run(pu.max_unpool, case, mode, duplicates="sum")
    np.testing.assert_array_equal(unpooled, expected, strict=True)
    np.testing.assert_array_equal(gradient, expected_gradient, strict=True)


@every([case for case in CASES if "negative" in case["tags"]])
def test_max_unpool_refuses_negative_positions(case):
    with pytest.raises(IndexError, match="wanted 0 <= position < 20"):
        run(pu.max_unpool, case, "FAST_COMPILE")
