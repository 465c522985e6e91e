"""Max-pooling and its derivatives against arrays that real Theano 1.0.5 made."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward
from pytensor.graph.basic import Variable

import pytensor_unpool as pu
from pytensor_unpool.errors import ShapeError
from tests.cases import Array
from tests.modes import MODES

Case = dict[str, Any]
Function = Callable[..., Any]

DATA = Path(__file__).parent / "data"
CASES: list[Case] = json.loads((DATA / "pool2d_max.json").read_text())["cases"]

# Where these results are not Theano's, and why.
NO_WINDOW = "no window fits: Theano returns an empty array, here that is an error"
DEVIATIONS = {
    "pool2d_max-0036": NO_WINDOW,
    "pool2d_max-0037": NO_WINDOW,
    "pool2d_max-0104": NO_WINDOW,
    "pool2d_max-0105": NO_WINDOW,
    "pool2d_max-0108": NO_WINDOW,
    "pool2d_max-0109": NO_WINDOW,
    "pool2d_max-0120": NO_WINDOW,
    "pool2d_max-0121": NO_WINDOW,
    "pool2d_max_f32-0012": NO_WINDOW,
    "pool2d_max_f32-0013": NO_WINDOW,
    "pool2d_max_f32-0036": NO_WINDOW,
    "pool2d_max_f32-0037": NO_WINDOW,
    "pool2d_max_f32-0040": NO_WINDOW,
    "pool2d_max_f32-0041": NO_WINDOW,
}
AGREEING = [case for case in CASES if case["id"] not in DEVIATIONS]


def every(cases: list[Case]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case["id"])


@cache
def load(file: str) -> dict[str, Array]:
    with np.load(DATA / file) as arrays:
        return dict(arrays)


def array(case: Case, name: str) -> Array:
    key = {**case["inputs"], **case["outputs"]}[name]
    return load(case["file"])[key]


def dtype_of(case: Case) -> str:
    return str(array(case, "x").dtype)


def numbers_of(case: Case) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return window, stride and pad."""
    kwargs = case["kwargs"]
    return tuple(kwargs["ws"]), tuple(kwargs["stride"] or kwargs["ws"]), tuple(kwargs["pad"])


def outputs(x: Variable, numbers: Any, ignore_border: bool) -> tuple[list[Variable], list[Any]]:
    """Return the inputs of a function, and the results that Theano's names stand for."""
    window, stride, pad = numbers
    out, positions = pu.max_pool(
        x, window, stride, pad, partial_windows=not ignore_border, ties="all"
    )
    g, v = out.type("g"), x.type("v")
    grad_x = pt.grad((out * g).sum(), x)
    rop_x = pushforward(out, x, v)
    gg_g, gg_x = pt.grad((grad_x * v).sum(), [g, x])
    return [x, g, v], [out, grad_x, rop_x, gg_g, gg_x, positions]


@cache
def compiled(dtype: str, ignore_border: bool, numbers: Any) -> Function:
    x = pt.tensor("x", dtype=dtype, shape=(None,) * 4)
    return pytensor.function(*outputs(x, numbers, ignore_border), mode="FAST_COMPILE")


def assert_as_in_theano(case: Case, results: list[Array]) -> None:
    names = ("out", "grad_x", "rop_x", "gg_g")
    *derivatives, gg_x, positions = results
    for name, result in zip(names, derivatives, strict=True):
        np.testing.assert_array_equal(result, array(case, name), strict=True, err_msg=name)
    x, out = array(case, "x"), array(case, "out")
    np.testing.assert_array_equal(gg_x, np.zeros_like(x), strict=True)
    read = np.take_along_axis(
        x.reshape(*x.shape[:2], -1), positions.reshape(*x.shape[:2], -1), axis=-1
    )
    np.testing.assert_array_equal(read.reshape(out.shape), out)


@every(AGREEING)
def test_max_pool_equals_theano(case: Case) -> None:
    """Value, gradient, R-operator and both second derivatives; ties in half of the cases."""
    function = compiled(dtype_of(case), case["kwargs"]["ignore_border"], numbers_of(case))
    assert_as_in_theano(case, function(*(array(case, name) for name in ("x", "g", "v_x"))))


@pytest.mark.parametrize("ignore_border", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_symbolic_windows_equal_theano(mode: str, ignore_border: bool) -> None:
    """Theano took them too. One function is compiled for all cases, of the first derivative."""
    x = pt.tensor("x", dtype="float64", shape=(None,) * 4)
    numbers = [pt.tensor(dtype="int64", shape=(2,)) for _ in range(3)]
    (_, g, _), (out, grad_x, *_) = outputs(x, numbers, ignore_border)
    function = pytensor.function([x, g, *numbers], [out, grad_x], mode=mode)
    for case in AGREEING:
        if dtype_of(case) == "float64" and case["kwargs"]["ignore_border"] == ignore_border:
            inputs = [array(case, "x"), array(case, "g")]
            results = function(*inputs, *(np.array(n) for n in numbers_of(case)))
            for name, result in zip(("out", "grad_x"), results, strict=True):
                np.testing.assert_array_equal(
                    result, array(case, name), strict=True, err_msg=f"{case['id']} {name}"
                )


@every([case for case in CASES if case["id"] in DEVIATIONS])
def test_deviations(case: Case) -> None:
    assert 0 in array(case, "out").shape
    x = pt.constant(array(case, "x"))
    with pytest.raises(ShapeError, match="is too long for axis"):
        outputs(x, numbers_of(case), case["kwargs"]["ignore_border"])


def test_the_data_has_what_these_tests_are_about() -> None:
    assert {dtype_of(case) for case in AGREEING} == {"float32", "float64"}
    assert {tag for case in AGREEING for tag in case["tags"]} == {"uniq", "ties"}
    assert {case["kwargs"]["ignore_border"] for case in AGREEING} == {True, False}
    assert len(AGREEING) + len(DEVIATIONS) == len(CASES) == 224
    ties = [case for case in AGREEING if case["tags"] == ["ties"]]
    assert any(array(case, "grad_x").sum() > array(case, "g").sum() for case in ties)
