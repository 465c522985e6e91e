"""Odd and bad calls of the old functions: the same result, or an error of the same class."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.theano.tensor.signal import downsample, pool
from pytensor_unpool.errors import ShapeError, UnpoolError
from tests.support.cases import Array
from tests.support.golden import Case, every, load_cases

CASES = load_cases("pooling_calls")


class T:
    """The names of `theano.tensor` that the calls use."""

    dscalar, lscalar, ztensor4 = pt.dscalar, pt.lscalar, pt.ztensor4
    grad, hessian, Rop = pytensor.grad, pytensor.gradient.hessian, pytensor.gradient.pushforward


def numbers(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=float).reshape(shape)


OLD_NAMES = {**vars(downsample), **vars(pool), "pool": pool, "downsample": downsample}
OLD_NAMES |= {"np": np, "T": T, "X": numbers}

NONSENSE = "Theano computed something from numbers that mean nothing: here that is an error"
EMPTY = "pooling an empty axis with ignore_border=False: Theano 1.0 read foreign memory"
SHAPE = "the shape alone, of windows that make no sense: there is no result that has it"
PYTENSOR = "about checks of PyTensor itself"
WORKS = "works here"
DEVIATIONS = {
    "1.0.5-e014": NONSENSE,  # a negative pad
    "1.0.5-e035": NONSENSE,  # negative strides
    "1.0.5-e023": NONSENSE,  # a pad as long as the window, in arrays: Theano read foreign memory
    "1.0.5-e089": NONSENSE,
    "0.7.0-e012": NONSENSE,
    "1.0.5-e054": WORKS,  # the gradient of average_exc_pad with padding
    "1.0.5-e057": WORKS,  # forward mode of a gradient
    "0.7.0-e022": WORKS,  # forward mode
    "0.7.0-e023": WORKS,  # second derivatives with padding
    "0.7.0-e015": WORKS,  # later versions had `mode`
    "0.7.0-e026": WORKS,  # a NumPy array
    "1.0.5-e065": "the gradient of integers is zero, as everywhere in PyTensor",
    "1.0.5-e066": "the gradient of integers is zero, as everywhere in PyTensor",
    "0.7.0-e028": "the gradient of integers is zero, as everywhere in PyTensor",
    "1.0.5-e067": PYTENSOR,
    "1.0.5-e056": PYTENSOR,
    "0.7.0-e008": "floats as window lengths are a TypeError, as in Theano 1.0",
    "1.0.5-e071": EMPTY,
    "1.0.5-e072": EMPTY,
    "1.0.5-e079": EMPTY,
    "1.0.5-e080": EMPTY,
    "0.7.0-e030": EMPTY,
    "1.0.5-e084": SHAPE,
    "1.0.5-e086": SHAPE,
    "1.0.5-e088": SHAPE,
    "1.0.5-e092": SHAPE,
}


# Names of symbolic vectors, and what they hold where a case does not say it.
SYMBOLIC = {"wsv": [2, 2], "stv": [1, 1], "pdv": [1, 1]}


def variables_of(case: Case) -> tuple[dict[str, Any], list[Array]]:
    """Return the variables of a call, with the lengths that its data has, and that data."""
    found = re.search(r"\[.*\]", case.get("note", ""))
    symbolic = dict(ast.literal_eval(found[0])) if found else {}
    variables, arrays = {}, []
    dtypes = {"i": "int32", "f": "float32"}
    for name, shape in case["input_shapes"].items():
        if name in SYMBOLIC:
            variables[name] = pt.lvector(name)
            arrays.append(np.array(symbolic.get(name, SYMBOLIC[name])))
        else:
            dtype = "float64" if name == "fv" else dtypes.get(name[0], "float64")
            variables[name] = pt.tensor(name, dtype=dtype, shape=tuple(shape))
            arrays.append(numbers(*shape).astype(dtype))
    return variables, arrays


def evaluate(case: Case) -> Any:
    variables, arrays = variables_of(case)
    result = eval(case["expr"], {**OLD_NAMES, **variables})  # noqa: S307
    if isinstance(result, list):
        return np.array(result)
    function = pytensor.function(
        list(variables.values()), result, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    return function(*arrays)


def of_stage(stage: str) -> Any:
    cases = [
        c for c in CASES if c["id"] not in DEVIATIONS and (c["stage"] == "ok") == (stage == "ok")
    ]
    if stage != "ok":
        cases = [c for c in cases if (c["stage"] == "crash") == (stage == "crash")]
    return every(cases)


@of_stage("ok")
def test_what_worked_works(case: Case) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = evaluate(case)
    if "shape" in case:
        assert list(np.shape(result)) == case["shape"]
    if "dtype" in case:
        assert str(result.dtype) == case["dtype"]
    if "value" in case:
        np.testing.assert_array_equal(
            result, np.array(ast.literal_eval(str(case["value"]))).reshape(np.shape(result))
        )
    assert [w.category.__name__ for w in caught] == case.get("warnings", [])


@pytest.mark.filterwarnings("ignore::UserWarning")
@of_stage("raises")
def test_what_raised_raises_the_same_class(case: Case) -> None:
    # A division by zero and a broken return value were no answers to the user.
    is_accident = case["type"] in ("SystemError", "ZeroDivisionError") or case["stage"] == "compile"
    wanted = UnpoolError if is_accident else getattr(builtins, case["type"])
    with pytest.raises(wanted, match=r"\w{3}"):
        evaluate(case)


@pytest.mark.filterwarnings("ignore::UserWarning")
@of_stage("crash")
def test_what_crashed_is_an_error(case: Case) -> None:
    with pytest.raises(ShapeError, match="stride must be at least 1"):
        evaluate(case)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "identity", [i for i, why in DEVIATIONS.items() if why in (NONSENSE, EMPTY)]
)
def test_nonsense_is_an_error(identity: str) -> None:
    (case,) = (c for c in CASES if c["id"] == identity)
    with pytest.raises(ShapeError, match=r"must (be|have elements)"):
        evaluate(case)


@pytest.mark.parametrize("identity", [i for i, why in DEVIATIONS.items() if why == WORKS])
def test_what_works_here(identity: str) -> None:
    (case,) = (c for c in CASES if c["id"] == identity)
    assert np.isfinite(evaluate(case)).all()
