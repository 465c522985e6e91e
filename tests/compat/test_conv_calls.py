"""Odd and bad calls of the old convolutions: the same result, or an error of the same class."""

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

from pytensor_unpool.compat.theano.tensor import nnet
from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv, conv
from pytensor_unpool.compat.theano.tensor.signal.conv import conv2d as sconv2d
from pytensor_unpool.errors import ShapeError, UnpoolError
from tests.support.cases import Array
from tests.support.golden import Case, every, load_cases

CASES = load_cases("conv_calls")


class T:
    """The names of `theano.tensor` that the calls use."""

    dmatrix, grad = pt.dmatrix, pytensor.grad


def numbers(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=float).reshape(shape)


OLD_NAMES = {"ac": abstract_conv, "nnet": nnet, "sconv2d": sconv2d, "T": T, "X": numbers}

NONSENSE = "Theano computed something from numbers that mean nothing: here that is an error"
IGNORED = "Theano 1.0 ignored a shape that was declared wrongly: here that is an error"
SHAPE = "the shape alone, of a kernel that does not fit: there is no result that has it"
ACCIDENT = "the class of the error came by accident"
WORKS = "works here"
DEVIATIONS = {
    "1.0.5-e139": NONSENSE,  # dilations below 1
    "1.0.5-e140": NONSENSE,
    "1.0.5-e153": IGNORED,
    "1.0.5-e154": IGNORED,
    "1.0.5-e155": IGNORED,
    "1.0.5-e157": IGNORED,
    "1.0.5-e165": SHAPE,
    "1.0.5-e169": WORKS,  # two dtypes
    "1.0.5-e174": WORKS,  # a symbolic length of the batch
    "0.7.0-e053": WORKS,
    "1.0.5-e186": WORKS,  # other pads before than after, in volumes
    "0.7.0-e037": ACCIDENT,  # a tuple as border mode broke the message about it
}


def functions(case: Case) -> dict[str, Any]:
    """Return the names that a call uses: `conv2d` of 0.7 is the older one."""
    older = case["id"].startswith("0.7.0")
    return {**OLD_NAMES, "conv2d": conv.conv2d if older else nnet.conv2d}


def variables_of(case: Case) -> tuple[dict[str, Any], list[Array]]:
    """Return the variables of a call, with the lengths that its data has, and that data.

    Some calls came without data.
    """
    variables, arrays = {}, []
    dtypes = {"i": "int32", "f": "float32"}
    for name in sorted(set(re.findall(r"\b[a-z]{1,2}\d\b", case["expr"]))):
        shape = case["input_shapes"].get(name, [None] * int(name[-1]))
        variables[name] = pt.tensor(name, dtype=dtypes.get(name[0], "float64"), shape=tuple(shape))
        known = [1 if n is None else n for n in shape]
        arrays.append(numbers(*known).astype(variables[name].dtype))
    return variables, arrays


def evaluate(case: Case) -> Any:
    variables, arrays = variables_of(case)
    result = eval(case["expr"], {**functions(case), **variables})  # noqa: S307
    function = pytensor.function(
        list(variables.values()), result, mode="FAST_COMPILE", on_unused_input="ignore"
    )
    return function(*arrays)


def of_stage(stages: str) -> Any:
    return every([c for c in CASES if c["id"] not in DEVIATIONS and c["stage"] in stages.split()])


@of_stage("ok")
def test_what_worked_works(case: Case) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = evaluate(case)
    assert list(np.shape(result)) == case["shape"]
    assert str(result.dtype) == case["dtype"]
    if "value" in case:
        np.testing.assert_array_equal(
            result, np.array(ast.literal_eval(str(case["value"]))).reshape(np.shape(result))
        )
    # 1.0 warned of the older functions of 0.7, as is done here.
    if case["id"].startswith("1.0.5"):
        assert [w.category.__name__ for w in caught] == case.get("warnings", [])


@pytest.mark.filterwarnings("ignore::UserWarning")
@of_stage("build compile run")
def test_what_raised_raises_the_same_class(case: Case) -> None:
    # Whatever could not be compiled, for want of an implementation.
    wanted = UnpoolError if case["stage"] == "compile" else getattr(builtins, case["type"])
    with pytest.raises(wanted, match=r"\w{3}"):
        evaluate(case)


@of_stage("crash")
def test_what_crashed_is_an_error(case: Case) -> None:
    with pytest.raises(ShapeError, match="stride must be at least 1"):
        evaluate(case)


def deviating(*reasons: str) -> Any:
    return every([case for case in CASES if DEVIATIONS.get(case["id"]) in reasons])


@deviating(NONSENSE, SHAPE)
def test_nonsense_is_an_error(case: Case) -> None:
    with pytest.raises(ShapeError, match=r"dilation must be at least 1|spans \d+"):
        evaluate(case)


@deviating(IGNORED)
def test_a_wrong_shape_is_an_error(case: Case) -> None:
    with pytest.raises(ShapeError, match="input_shape must"):
        evaluate(case)


@pytest.mark.filterwarnings("ignore::UserWarning")
@deviating(ACCIDENT)
def test_another_class_of_error(case: Case) -> None:
    with pytest.raises(NotImplementedError, match="not implemented"):
        evaluate(case)


@pytest.mark.filterwarnings("ignore::UserWarning")
@deviating(WORKS)
def test_what_works_here(case: Case) -> None:
    assert np.isfinite(evaluate(case)).all()


def test_all_calls_are_run() -> None:
    assert len(CASES) == 109
    assert {case["stage"] for case in CASES} == {
        "ok", "build", "compile", "run", "crash", "compiled (no values given)",
    }  # fmt: skip


@every([case for case in CASES if case["stage"].startswith("compiled")])
def test_two_matrices_give_a_matrix(case: Case) -> None:
    variables, _ = variables_of(case)
    result = eval(case["expr"], {**functions(case), **variables})  # noqa: S307
    assert result.type.ndim == 2
