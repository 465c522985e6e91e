"""Old code that pools, run as it stands, gives what real Theano 0.7 and 1.0.5 gave.

The call of each case is evaluated with the old names from `compat`, then value, gradient,
R-operator and second derivatives are compared, exactly: most numbers are sums of powers of two.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward
from pytensor.graph.basic import Variable

from pytensor_unpool.compat.theano.tensor.signal import downsample, pool
from pytensor_unpool.errors import ShapeError
from tests.support.cases import Array
from tests.support.golden import Case, array, every, inputs, load_cases
from tests.support.modes import ALL, MODES_OF_MANY, every_mode

Function = Callable[..., Any]

CASES = load_cases("pooling")

OLD_NAMES = {**vars(downsample), **vars(pool), "np": np}

# Where results are not Theano's on purpose, and why.
NAN = "Theano's C code kept a NaN only where it came first in its window; here it always is kept"
LAST_TIE = "Theano 0.7 took the last maximum alone in second derivatives, though not in first ones"


def deviation(case: Case, name: str) -> str | None:
    """Return why an output of a case differs, or None."""
    if "nan" in case["tags"]:
        return NAN
    if case["fn"].endswith("max_pool_2d") and "ties" in case["tags"] and name == "gg_g":
        return LAST_TIE
    return None


def call(case: Case, variables: dict[str, Variable]) -> Variable:
    """Evaluate the old call; Theano's own warnings were part of it."""
    text = case["call"].removesuffix(" with symbolic lvectors")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return eval(text, {**OLD_NAMES, **variables})  # noqa: S307


def derivatives(out: Variable, variables: dict[str, Variable], names: Any) -> list[Variable]:
    """Return what Theano's names of outputs stand for."""
    graphs = {"out": lambda: out}
    if "g" in variables:
        g = variables["g"]

        def gradient(wrt: str) -> Variable:
            return pt.grad((out * g).sum(), variables[wrt])

        for wrt in variables:
            graphs[f"grad_{wrt}"] = lambda wrt=wrt: gradient(wrt)
        if "v_x" in variables:
            x, v = variables["x"], variables["v_x"]
            graphs["rop_x"] = lambda: pushforward(out, x, v)
            graphs["gg_g"] = lambda: pt.grad((gradient("x") * v).sum(), g)
            graphs["gg_x"] = lambda: pt.grad(
                (gradient("x") * v).sum(), x, disconnected_inputs="ignore"
            )
    return [graphs[name]() for name in names]


@cache
def compiled(
    text: str, types: tuple[tuple[str, Any], ...], names: tuple[str, ...], mode: str
) -> Function:
    variables = {name: type_(name) for name, type_ in types}
    out = call({"call": text}, variables)
    outputs = derivatives(out, variables, names)
    return pytensor.function(list(variables.values()), outputs, mode=mode, on_unused_input="ignore")


def types_of(case: Case) -> tuple[tuple[str, Any], ...]:
    """Return types that leave open what lengths there are, but where no window may fit."""
    is_known = 0 in array(case, "out").shape or "same_size" in case["fn"]
    return tuple(
        (name, pt.TensorType(a.dtype, a.shape if is_known else (None,) * a.ndim))
        for name, a in inputs(case).items()
    )


def outputs_of(case: Case) -> tuple[str, ...]:
    return (*case["outputs"], *case.get("zero_outputs", ()))


CALLS = [case for case in CASES if case["call"].split("(")[0] in OLD_NAMES]


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@every(CALLS)
def test_the_old_call_gives_what_it_gave(case: Case, mode: str) -> None:
    names = outputs_of(case)
    results = compiled(case["call"], types_of(case), names, mode)(**inputs(case))
    for name, result in zip(names, results, strict=True):
        if deviation(case, name) is not None:
            continue
        is_zero = name not in case["outputs"]
        wanted = np.zeros_like(result) if is_zero else array(case, name)
        np.testing.assert_array_equal(result, wanted, strict=True, err_msg=name)


@every([case for case in CASES if case not in CALLS])
def test_the_gradient_of_pooling_un_pools(case: Case) -> None:
    """As Lasagne's InverseLayer does."""
    (x,) = (type_(name) for name, type_ in types_of(case))
    pooled = pool.pool_2d(x, ws=(2, 2), ignore_border=True)
    out = pt.grad(None, wrt=x, known_grads={pooled: 2 * pooled})
    result = out.eval({x: array(case, "x")}, mode="FAST_COMPILE")
    np.testing.assert_array_equal(result, array(case, "out"), strict=True)


@every([case for case in CASES if "nan" in case["tags"]])
def test_nan_goes_through_windows_with_one(case: Case) -> None:
    x, wanted = array(case, "x"), array(case, "out")
    (result,) = compiled(case["call"], types_of(case), ("out",), "FAST_COMPILE")(**inputs(case))
    text = re.sub(r"(, mode='\w+')?\)$", ", mode='sum')", case["call"])
    (nans,) = compiled(text, types_of(case), ("out",), "FAST_COMPILE")(
        **{**inputs(case), "x": np.isnan(x).astype(x.dtype)}
    )
    np.testing.assert_array_equal(np.isnan(result), nans > 0)
    # Theano 0.7 padded with the smallest element less one: with NaN, if there is one.
    if case["kwargs"].get("padding", [0, 0]) == [0, 0]:
        np.testing.assert_array_equal(result[nans == 0], wanted[nans == 0])


# Functions of windows that are known at run time only: one of them serves many cases.
SYMBOLIC = [
    case
    for case in CALLS
    if case["fn"].endswith(("pool_2d", "pool_3d", "max_pool_2d"))
    and array(case, "x").dtype.kind == "f"
    and (case["kwargs"].get("ws") or case["kwargs"].get("ds"))
    and 0 not in array(case, "out").shape
]


def kind_of(case: Case) -> tuple[int, str, bool, str]:
    """Return what differs between functions: pooled axes, mode, ignore_border and dtype."""
    kwargs = case["kwargs"]
    ndim = 3 if case["fn"].endswith("pool_3d") else 2
    mode = kwargs.get("mode", "max").removesuffix("_deterministic")
    return ndim, mode, bool(kwargs.get("ignore_border", False)), str(array(case, "x").dtype)


KINDS = sorted({kind_of(case) for case in SYMBOLIC})


def numbers_of(case: Case, ndim: int) -> list[Array]:
    """Return window, stride and pad."""
    kwargs = case["kwargs"]
    window = kwargs.get("ws") or kwargs.get("ds")
    stride = kwargs.get("stride") or kwargs.get("st") or window
    pad = kwargs.get("pad") or kwargs.get("padding") or (0,) * ndim
    return [np.array(numbers) for numbers in (window, stride, pad)]


# Compiling one takes up to half a minute: each mode and each rule for borders comes once.
COMPILED = {
    "NUMBA": [(2, "max", False, "float64"), (2, "average_exc_pad", True, "float64")],
    "CVM": [(2, "average_inc_pad", False, "float64"), (3, "sum", True, "float64")],
}


@pytest.mark.parametrize(
    ("mode", "kind"),
    [(mode, kind) for mode, kinds in COMPILED.items() for kind in (KINDS if ALL else kinds)],
    ids=str,
)
def test_compiled_code_gives_it_too(mode: str, kind: tuple[int, str, bool, str]) -> None:
    ndim, pooling, ignore_border, dtype = kind
    names = ("out", "grad_x", "rop_x", "gg_g")
    variables = {
        name: pt.tensor(name, dtype=dtype, shape=(None,) * 5) for name in ("x", "g", "v_x")
    }
    numbers = [pt.lvector(name) for name in ("ws", "stride", "pad")]
    old = pool.pool_2d if ndim == 2 else pool.pool_3d
    out = old(variables["x"], numbers[0], ignore_border, *numbers[1:], pooling)
    function = pytensor.function(
        [*variables.values(), *numbers], derivatives(out, variables, names), mode=mode
    )
    for case in (case for case in SYMBOLIC if kind_of(case) == kind):
        x, wanted = array(case, "x"), array(case, "out")
        given = [
            five_axes(array(case, name) if name in case["inputs"] else a)
            for name, a in (("x", x), ("g", np.zeros_like(wanted)), ("v_x", np.zeros_like(x)))
        ]
        results = function(*given, *numbers_of(case, ndim))
        for name, result in zip(names, results, strict=True):
            if name not in case["outputs"] or deviation(case, name) is not None:
                continue
            expected = array(case, name)
            # A ninth is rounded, so its sums depend on their order. All else is exact.
            is_rounded = name == "grad_x" and pooling.startswith("average")
            np.testing.assert_allclose(
                result.reshape(expected.shape),
                expected,
                rtol=8 * np.finfo(dtype).eps if is_rounded else 0,
                atol=8 * np.finfo(dtype).eps if is_rounded else 0,
                err_msg=f"{case['id']} {name}",
            )


def five_axes(a: Array) -> Array:
    """Return the array with leading axes of length 1, or with some made one."""
    if a.ndim > 5:
        return a.reshape(-1, *a.shape[-4:])
    return a.reshape((1,) * (5 - a.ndim) + a.shape)


@every_mode
def test_no_window_where_lengths_are_known_at_run_time_only(mode: str) -> None:
    """The one result of Theano's that is an error: where it is known beforehand, it is empty."""
    x = pt.dmatrix("x")
    function = pytensor.function([x], pool.pool_2d(x, (2, 2), ignore_border=True), mode=mode)
    with pytest.raises(ShapeError, match="is too long for axis"):
        function(np.ones((1, 4)))


def test_the_data_has_what_these_tests_are_about() -> None:
    assert len(CASES) == 1172
    assert len(CASES) - len(CALLS) == 1
    left_out = [c for c in CALLS if any(deviation(c, name) for name in outputs_of(c))]
    assert len(left_out) == 60
    assert {str(array(case, "x").dtype) for case in CASES} >= {"float32", "float64", "int8"}
    assert len(SYMBOLIC) > 1000
    compiled_kinds = [kind for kinds in COMPILED.values() for kind in kinds]
    assert set(compiled_kinds) <= set(KINDS)
    assert {kind[1] for kind in compiled_kinds} == {kind[1] for kind in KINDS}
