"""Bilinear upsampling and `repeat` against arrays and errors of real Theano 0.7 and 1.0.5.

Python runs every case. C and Numba, which take seconds for each function, run a few: the graphs are
the same, but for their constants.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode

from pytensor_unpool.compat.theano.tensor.extra_ops import repeat
from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv
from tests.support.cases import Array
from tests.support.golden import Case, array, every, load_cases
from tests.support.modes import ALL, MODES

Function = Callable[..., Any]

CASES = load_cases("upsampling")
ERRORS = load_cases("upsampling", "errors")

REPEATS = [case for case in CASES if case["fn"].endswith(".repeat")]
KERNELS = [case for case in CASES if "_kernel_" in case["fn"]]
REFUSED = [case for case in CASES if "build" in case.get("raises", {})]
UPSAMPLINGS = [
    case for case in CASES if "_upsampling" in case["fn"] and case not in REFUSED + KERNELS
]

# Theano had no gradient for a vector of repeats; here there is one.
NEW_GRADIENTS = [case for case in REPEATS if "grad_x" in case.get("raises", {})]

COMPILED = ("bilinear-0031", "repeat-0001")

# Weights that are no dyadic fractions are rounded in another order than Theano's.
TOLERANCE_IN_EPS = 4


def runs(mode: str, case: Case) -> bool:
    if ALL or mode == "FAST_COMPILE":
        return True
    return case["id"].endswith(COMPILED)


def in_modes(cases: list[Case]) -> Any:
    both = [(case, mode) for mode in MODES for case in cases if runs(mode, case)]
    return pytest.mark.parametrize(
        ("case", "mode"), both, ids=[f"{case['id']}-{mode}" for case, mode in both]
    )


def as_tuples(value: Any) -> Any:
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def keywords(case: Case) -> dict[str, Any]:
    """Return the arguments of bilinear upsampling, where a list in JSON was a tuple."""
    return {name: as_tuples(value) for name, value in case["kwargs"].items()}


def call(case: Case, x: Any, r: Any) -> Any:
    if case in REPEATS and case["call"].startswith("repeat(repeat"):
        return repeat(repeat(x, 2, axis=2), 3, axis=3)
    if case in REPEATS and "lscalar" in case["call"]:
        return repeat(x, r, 3)
    if case in REPEATS:
        return repeat(x, **case["kwargs"])
    return getattr(abstract_conv, case["fn"].rpartition(".")[2])(x, **keywords(case))


@cache
def compiled(name: str, dtype: str, mode: str) -> Function:
    """Compile value and gradient; cases of one call share it, so that lengths are unknown."""
    case = next(case for case in CASES if case["call"] == name)
    x, r = pt.tensor("x", dtype=dtype, shape=(None,) * 4), pt.lscalar("r")
    y = call(case, x, r)
    g = y.type("g")
    gradient = pt.grad(None, wrt=x, known_grads={y: g})
    # Not fused, Ops with other constants are the same C code.
    compiler = get_mode(mode).excluding("fusion") if mode == "CVM" else mode
    return pytensor.function([x, r, g], [y, gradient], mode=compiler, on_unused_input="ignore")


def run(case: Case, mode: str) -> list[Array]:
    x = array(case, "x" if case in REPEATS else "input")
    r = array(case, "r") if "r" in case["inputs"] else 0
    return compiled(case["call"], str(x.dtype), mode)(x, r, array(case, "g"))


def assert_as_in_theano(got: Array, wanted: Array, scale: float = TOLERANCE_IN_EPS) -> None:
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    atol = scale * np.finfo(wanted.dtype).eps * np.abs(wanted).max(initial=0)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=atol)


@in_modes(UPSAMPLINGS)
def test_bilinear_upsampling_equals_theano(case: Case, mode: str) -> None:
    """And its gradient; to the bit where all weights are dyadic."""
    value, gradient = run(case, mode)
    dyadic = case["kwargs"].get("ratio") in (1, 2, 4) or case["kwargs"].get("frac_ratio") == [2, 1]
    scale = 0 if dyadic else TOLERANCE_IN_EPS
    assert_as_in_theano(value, array(case, "out"), scale)
    assert_as_in_theano(gradient, array(case, "grad_input"), scale)


@every(KERNELS)
def test_kernels_equal_theano(case: Case) -> None:
    wanted = array(case, "out")
    with pytensor.config.change_flags(floatX=str(wanted.dtype)):
        kernel = getattr(abstract_conv, case["fn"].rpartition(".")[2])(**keywords(case))
    assert_as_in_theano(kernel.eval(mode="FAST_COMPILE"), wanted)


@in_modes(REPEATS)
def test_repeat_equals_theano(case: Case, mode: str) -> None:
    value, gradient = run(case, mode)
    np.testing.assert_array_equal(value, array(case, "out"), strict=True)
    if case not in NEW_GRADIENTS:
        np.testing.assert_array_equal(gradient, array(case, "grad_x"), strict=True)
        return
    axis, repeats = case["kwargs"]["axis"], case["kwargs"]["repeats"]
    starts = np.cumsum([0, *repeats[:-1]]) if len(repeats) > 1 else np.arange(0, 4, 2)
    wanted = np.add.reduceat(array(case, "g"), starts, axis=axis)
    np.testing.assert_array_equal(gradient, wanted, strict=True)


@every(REFUSED)
def test_what_theano_refused(case: Case) -> None:
    """An exception of the same class, or of one below it."""
    error = getattr(builtins, case["raises"]["build"]["type"])
    with pytest.raises(error, match="use_1D_kernel=False"):
        call(case, pt.dtensor4("x"), None)


# How our message begins for each call that ended badly; the exceptions' classes are Theano's.
MESSAGES = {
    "ac.bilinear_upsampling(x4)": "No ratio .or frac_ratio. provided: got ratio=None",
    "ac.bilinear_upsampling(x4, ratio=2, frac_ratio=(3, 2))": "can't use ratio and frac_ratio",
    "ac.bilinear_upsampling(x4, frac_ratio=(3, 2))": "got use_1D_kernel=True",
    "ac.bilinear_upsampling(x4, ratio=0)": "No ratio .or frac_ratio. provided: got ratio=0",
    "ac.bilinear_upsampling(x4, ratio=-1)": "ratio must be at least 1: got -1",
    "ac.bilinear_upsampling(x4, ratio=1.5)": "ratio must be an int, known .*: got 1.5",
    "ac.bilinear_upsampling(x4, ratio=(2, 3))": r"ratio must be an int: got \(2, 3\)",
    "ac.frac_bilinear_upsampling(x4, 2)": "frac_ratio must be a tuple .*got 2",
    "ac.frac_bilinear_upsampling(x4, [3, 2])": r"frac_ratio must be a tuple .*got \[3, 2\]",
    "ac.frac_bilinear_upsampling(x4, (1.5, 2))": "ratio must be integer, .*: got 1.5",
    "ac.bilinear_upsampling(x3, ratio=2)": "needs images of shape .*: got 3 axes",
    "repeat(x4, 2, 9)": "axis 9 is out of bounds",
    "repeat(x4, -1, 2)": "repeats must be from 0 to 2147483647: got -1",
    "repeat(x4, 1.5, 2)": "repeats must be integer: got dtype float",
    "repeat(x4, [[1]], 2)": "repeats must be a number or a vector: got 2 axes",
    "repeat(x4, [1, 2], 2)": "repeats must have one number for each element along the axis",
}
# Memory ran out, there, for a negative length.
OTHER_CLASSES = {"1.0.5-e237": "ValueError"}
NO_ERROR_ANY_MORE = {
    "1.0.5-e241": "the gradient for a vector of repeats",
    "0.7.0-e090": "the gradient for a vector of repeats",
}


@every(ERRORS)
def test_odd_calls_end_as_in_theano(case: Case) -> None:
    """What could be known when the graph is built is said then."""
    names: dict[str, Any] = {"ac": abstract_conv, "repeat": repeat, "T": pt}
    for name, shape in case["input_shapes"].items():
        dtype = "int64" if name.startswith("i") else "float64"
        names[name] = pt.tensor(name, dtype=dtype, shape=shape)
    build = compile(case["expr"], "errors", "eval")
    if case["stage"] != "ok" and case["id"] not in NO_ERROR_ANY_MORE:
        error = getattr(builtins, OTHER_CLASSES.get(case["id"], case["type"]))
        with pytest.raises(error, match=MESSAGES[case["expr"]]):
            eval(build, names)  # noqa: S307
        return
    y = eval(build, names)  # noqa: S307
    (name, shape) = next(iter(case["input_shapes"].items()))
    x = names[name]
    result = y.eval({x: np.arange(np.prod(shape)).reshape(shape)}, mode="FAST_COMPILE")
    if case["id"] in NO_ERROR_ANY_MORE:
        wanted = np.broadcast_to(np.array([[1], [2], [1], [2], [1]]), shape)
        np.testing.assert_array_equal(result, wanted)
        return
    assert list(result.shape) == case["shape"]
    assert result.dtype == case["dtype"]
    if "value" in case:
        np.testing.assert_array_equal(result, json.loads(case["value"]))


def test_the_data_has_what_these_tests_are_about() -> None:
    assert len(UPSAMPLINGS) + len(KERNELS) + len(REPEATS) + len(REFUSED) == len(CASES) == 146
    assert len(UPSAMPLINGS) == 68
    assert len(ERRORS) == 26
    assert {case["theano"] for case in REPEATS} == {"0.7.0", "1.0.5"}
    assert {case["id"] for case in ERRORS} >= NO_ERROR_ANY_MORE.keys() | OTHER_CLASSES.keys()
    for mode in MODES:
        assert any(runs(mode, case) for case in UPSAMPLINGS)
        assert any(runs(mode, case) for case in REPEATS)
