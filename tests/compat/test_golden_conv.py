"""Old code that convolves, run as it stands, gives what real Theano 0.7 and 1.0.5 gave.

The call of each case is evaluated with the old names from `compat`, then value, gradients and
R-operator are compared, exactly: the numbers are sums of powers of two.
"""

from __future__ import annotations

import warnings
from importlib import import_module

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward
from pytensor.graph.basic import Variable

from pytensor_unpool.errors import DTypeError
from tests.support.cases import Array
from tests.support.golden import Case, array, every, inputs, load_cases
from tests.support.modes import ALL, MODES_OF_MANY

CASES = load_cases("conv")

# Theano had no such gradients, or no such mixtures of dtypes.
WORKS = [case for case in CASES if "raises" in case and "int" not in "".join(case["tags"])]

# Random numbers of a normal distribution: their sums depend on the order.
ROUNDED = "normal"
TOLERANCE_IN_EPS = 32

# For modes that compile, where `test_conv` compares kernels of every kind with loops.
IN_NUMBA = ("conv2d-0043",)
IN_C = ("conv2d_groups-0006",)


def call(case: Case, variables: dict[str, Variable]) -> Variable:
    """Evaluate the old call; Theano's own warnings were part of it."""
    module, name = case["fn"].rsplit(".", 1)
    function = getattr(import_module(f"pytensor_unpool.compat.{module}"), name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = eval(case["call"], {name: function, **variables})  # noqa: S307
    # 0.7 called `input_shape` `image_shape`, and warned that two matrices give a matrix.
    if case["theano"] != "0.7.0":
        assert [w.category.__name__ for w in caught] == case.get("warnings", [])
    return result


def derivative(name: str, out: Variable, variables: dict[str, Variable]) -> Variable:
    """Return what Theano's name of an output stands for."""
    kind, _, wrt = name.partition("_")
    if kind == "out":
        return out
    if kind == "rop":
        return pushforward(out, variables[wrt], variables[f"v_{wrt}"])
    return pt.grad((out * variables["g"]).sum(), variables[wrt])


def variables_of(case: Case, *, static: bool = False) -> dict[str, Variable]:
    return {
        name: pt.tensor(name, dtype=a.dtype, shape=a.shape if static else (None,) * a.ndim)
        for name, a in inputs(case).items()
    }


def evaluate(case: Case, names: tuple[str, ...], mode: str, *, static: bool = False) -> list[Array]:
    variables = variables_of(case, static=static)
    out = call(case, variables)
    outputs = [derivative(name, out, variables) for name in names]
    function = pytensor.function(
        list(variables.values()), outputs, mode=mode, on_unused_input="ignore"
    )
    return function(**inputs(case))


def check(case: Case, mode: str, *, static: bool = False) -> None:
    names = tuple(case["outputs"])
    for name, result in zip(names, evaluate(case, names, mode, static=static), strict=True):
        wanted = array(case, name)
        is_rounded = ROUNDED in case["tags"]
        tolerance = TOLERANCE_IN_EPS * np.finfo(wanted.dtype).eps if is_rounded else 0
        assert result.dtype == wanted.dtype
        np.testing.assert_allclose(
            result, wanted, rtol=tolerance, atol=tolerance, err_msg=name, strict=True
        )


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@every([case for case in CASES if case["outputs"]])
def test_the_old_call_gives_what_it_gave(case: Case, mode: str) -> None:
    check(case, mode)


IN_DOUBLES = [case for case in CASES if case["outputs"] and "_f32" not in case["file"]]


@every(IN_DOUBLES)
def test_it_does_with_static_shapes_too(case: Case) -> None:
    check(case, "FAST_COMPILE", static=True)


@pytest.mark.parametrize(
    ("mode", "name"), [*(("NUMBA", n) for n in IN_NUMBA), *(("CVM", n) for n in IN_C)]
)
def test_compiled_code_gives_it_too(mode: str, name: str) -> None:
    (case,) = (case for case in CASES if case["id"] == name)
    check(case, mode)


@every(WORKS)
def test_what_theano_refused_works(case: Case) -> None:
    """Gradients of strides, and of "full" with them; images and kernels of several dtypes."""
    names = tuple(case["raises"])
    if "g" not in case["inputs"]:
        names = ("out",)
    results = evaluate(case, names, "FAST_COMPILE")
    for name, result in zip(names, results, strict=True):
        assert np.isfinite(result).all()
        assert np.count_nonzero(result)
        if name == "out":
            assert result.dtype == np.result_type(*inputs(case).values())


@every([case for case in CASES if "raises" in case and case not in WORKS])
def test_integers_are_an_error(case: Case) -> None:
    with pytest.raises(DTypeError, match="must be float: got dtype int"):
        call(case, variables_of(case))


@every([case for case in WORKS if "grad_input" in case.get("raises", {})])
def test_new_gradients_are_those_of_the_newer_function(case: Case) -> None:
    """`nnet.conv2d` of Theano 1.0.5 had them: `conv2d-0002`, ... say that it has them here."""
    nnet = import_module("pytensor_unpool.compat.theano.tensor.nnet")
    names = ("grad_input", "grad_filters")
    gradients = evaluate(case, names, "FAST_COMPILE")
    variables = variables_of(case)
    images, kernel, g = (variables[name] for name in ("input", "filters", "g"))
    if "signal" in case["fn"]:
        images, kernel = (x[None] if x.type.ndim == 2 else x for x in (images, kernel))
        images, kernel = (x[:, None] for x in (images, kernel))
        shape = [images.shape[0], kernel.shape[0], g.shape[-2], g.shape[-1]]
        g = g.reshape(shape)
    text = case["call"].split("filters, ", 1)[1].removesuffix(")")
    newer = eval(f"conv2d(images, kernel, {text})", {  # noqa: S307
        "conv2d": nnet.conv2d, "images": images, "kernel": kernel,
    })  # fmt: skip
    wanted = [pt.grad((newer * g).sum(), variables[n.removeprefix("grad_")]) for n in names]
    function = pytensor.function(list(variables.values()), wanted, mode="FAST_COMPILE")
    for got, expected in zip(gradients, function(**inputs(case)), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_the_data_has_what_these_tests_are_about() -> None:
    assert len(CASES) == 369
    assert ALL or len(MODES_OF_MANY) == 1
    assert len([case for case in CASES if not case["outputs"]]) == 5
    assert len(WORKS) == 39
    assert sum(len(case["outputs"]) for case in CASES) > 1000
    assert {array(case, "out").dtype.name for case in CASES if case["outputs"]} == {
        "float32",
        "float64",
    }
