"""Theano's names for neighbourhoods against arrays and errors that real Theano made."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.theano.tensor.nnet import neighbours
from pytensor_unpool.compat.theano.tensor.nnet.neighbours import (
    NeibsError,
    images2neibs,
    neibs2images,
)
from pytensor_unpool.errors import ShapeError, UnpoolError, WindowError
from tests.support import oracle
from tests.support.cases import Array, assert_same
from tests.support.golden import Case, array, every, load_cases
from tests.support.modes import ALL, C_OR_PYTHON, MODES_OF_MANY, PYTHON

Function = Callable[..., Any]

CASES = load_cases("neibs")
TO_NEIBS = [c for c in CASES if c["fn"] == "images2neibs" and "out" in c["outputs"]]
TO_IMAGES = [c for c in CASES if c["fn"] == "neibs2images" and "out" in c["outputs"]]
RAISING = [c for c in CASES if "out" not in c["outputs"]]

PATCH_MODES = neighbours.MODES


def rows_of(mode: str, shape: list[int], step: list[int] | None) -> list[tuple[int, ...]]:
    """Return the windows on both axes of the images, as the oracle takes them."""
    pads = {"half": lambda n: n // 2, "wrap_centered": lambda n: n // 2, "full": lambda n: n - 1}
    pad = [pads.get(mode, lambda n: 0)(n) for n in shape]
    return [(w, s, p, p, 1) for w, s, p in zip(shape, step or shape, pad, strict=True)]


def gradient_of(case: Case) -> Array:
    """Return Theano's gradient where it had one; else what loops over the patches add up."""
    if "grad_ten4" in case["outputs"]:
        return array(case, "grad_ten4")
    mode, shape, step = (case["kwargs"][name] for name in ("mode", "neib_shape", "neib_step"))
    images = array(case, "ten4")
    rows, border = rows_of(mode, shape, step), "wrap" if mode == "wrap_centered" else "zeros"
    taps = oracle.windows_to_rows(images, rows, False, border).shape
    return oracle.rows_to_windows(
        array(case, "g").reshape(taps), images.shape[2:], rows, False, border
    )


@pytest.fixture
def floatx(request: pytest.FixtureRequest) -> Any:
    """The floatX with which Theano made the arrays."""
    dtype = "float32" if "_f32" in request.getfixturevalue("case")["file"] else "float64"
    with pytensor.config.change_flags(floatX=dtype):
        yield dtype


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@every(TO_NEIBS)
def test_images2neibs_equals_theano(case: Case, floatx: str, mode: str) -> None:
    x = pt.tensor("ten4", dtype=floatx, shape=(None,) * 4)
    out = images2neibs(x, **case["kwargs"])
    g = out.type("g")
    run = pytensor.function([x, g], [out, pt.grad((out * g).sum(), x)], mode=mode)
    got, gradient = run(array(case, "ten4"), array(case, "g"))
    assert_same(got, array(case, "out"))
    assert_same(gradient, gradient_of(case))


@pytest.mark.parametrize("mode", MODES_OF_MANY)
@every(TO_IMAGES)
def test_neibs2images_equals_theano(case: Case, floatx: str, mode: str) -> None:
    """Its gradient is `images2neibs`, where Theano 1.0.5 had none."""
    x = pt.tensor("neibs", dtype=floatx, shape=(None, None))
    out = neibs2images(x, **case["kwargs"])
    g = out.type("g")
    run = pytensor.function([x, g], [out, pt.grad((out * g).sum(), x)], mode=mode)
    got, gradient = run(array(case, "neibs"), array(case, "g"))
    assert_same(got, array(case, "out"))
    if "grad_neibs" in case["outputs"]:
        assert_same(gradient, array(case, "grad_neibs"))
    rows = rows_of("ignore_borders", case["kwargs"]["neib_shape"], None)
    back = oracle.windows_to_rows(array(case, "g"), rows, False, "zeros")
    assert_same(gradient, back.reshape(gradient.shape))


@cache
def symbolic(mode: str, fn: str) -> Function:
    """Compile all patch modes at once, each for images and numbers of its own."""
    inputs, outputs = [], []
    for patch_mode in PATCH_MODES if fn == "images2neibs" else ("valid", "ignore_borders"):
        x = pt.dtensor4("ten4") if fn == "images2neibs" else pt.dmatrix("neibs")
        # Vectors of which not even the length is known, as Theano took them.
        first, second = pt.lvector("first"), pt.lvector("second")
        out = getattr(neighbours, fn)(x, first, second, mode=patch_mode)
        g = out.type("g")
        inputs += [x, first, second, g]
        outputs += [out, pt.grad(None, x, known_grads={out: g})]
    return pytensor.function(inputs, outputs, mode=mode)


@pytest.mark.parametrize(
    ("fn", "mode"),
    [
        *(("images2neibs", mode) for mode in MODES_OF_MANY),
        *(("neibs2images", mode) for mode in C_OR_PYTHON),
    ],
)
def test_symbolic_arguments_equal_theano(mode: str, fn: str) -> None:
    """Every case with one compiled function."""
    cases: dict[str, list[Case]] = {}
    for case in TO_NEIBS if fn == "images2neibs" else TO_IMAGES:
        if "_f32" not in case["file"]:
            cases.setdefault(case["kwargs"]["mode"], []).append(case)
    order = PATCH_MODES if fn == "images2neibs" else ("valid", "ignore_borders")
    assert set(cases) == set(order)
    name = "ten4" if fn == "images2neibs" else "neibs"
    for i in range(max(map(len, cases.values()))):
        picked = [cases[patch_mode][i % len(cases[patch_mode])] for patch_mode in order]
        arguments: list[Any] = []
        for case in picked:
            numbers = case["kwargs"]
            second = numbers.get("original_shape") or numbers.get("neib_step")
            first = numbers["neib_shape"]
            arguments += [array(case, name), first, second or first, array(case, "g")]
        results = symbolic(mode, fn)(*arguments)
        for case, out, gradient in zip(picked, results[::2], results[1::2], strict=True):
            assert_same(out, array(case, "out"))
            if fn == "images2neibs":
                assert_same(gradient, gradient_of(case))


# What Theano refused.


@every(RAISING)
def test_what_theano_refused_is_refused_alike(case: Case) -> None:
    """When the graph is built where lengths are static, else when it runs."""
    (raised,) = case["raises"].values()
    error = {"TypeError": TypeError, "NotImplementedError": NotImplementedError}[raised["type"]]
    message = next(
        words
        for words in ("not consistent", "need patch with odd shapes", "do not support mode=")
        if words in raised["message"]
    )
    build = getattr(neighbours, case["fn"])
    (x,) = (array(case, name) for name in case["inputs"])
    with pytest.raises(error, match=message) as static:
        build(pt.constant(x), **case["kwargs"])
    assert isinstance(static.value, UnpoolError)
    assert static.value.got is not None
    if error is TypeError:
        images = pt.dtensor4("ten4")
        numbers = dict(case["kwargs"])
        numbers["neib_shape"] = pt.as_tensor_variable(numbers["neib_shape"]).copy()
        run = pytensor.function([images], build(images, **numbers), mode=PYTHON)
        with pytest.raises(error, match=message):
            run(x.astype("float64"))


# To compile takes seconds for each.
SOME = [("half", "NUMBA"), ("wrap_centered", "CVM"), ("full", "CVM")]


@pytest.mark.parametrize(
    ("patch_mode", "mode"),
    [
        *((patch_mode, mode) for patch_mode in PATCH_MODES for mode in MODES_OF_MANY),
        *((patch_mode, mode) for patch_mode, mode in SOME if not ALL),
    ],
)
def test_what_does_not_fit_at_run_time(patch_mode: str, mode: str) -> None:
    """The same messages and classes in every mode, and the function goes on to work."""
    bad = {
        "valid": [((3, 3), (2, 2), "not consistent"), ((9, 3), (1, 1), "not consistent")],
        "half": [((3, 3), (2, 2), "not consistent"), ((7, 7), (1, 1), "not consistent")],
        "full": [((3, 3), (3, 3), "not consistent"), ((6, 6), (1, 1), "not consistent")],
        "ignore_borders": [],
        "wrap_centered": [
            ((3, 2), (1, 1), "need patch with odd shapes"),
            ((9, 3), (1, 1), "don't support image shapes smaller"),
        ],
    }
    run, x = anything(patch_mode, mode), np.arange(24.0).reshape(1, 1, 4, 6)
    for shape, step, message in bad[patch_mode]:
        with pytest.raises(NeibsError, match=message):
            run(x, shape, step)
    for shape, step, name in [((1, 1), (0, 1), "step"), ((0, 1), (1, -1), "(shape|step)")]:
        with pytest.raises(ShapeError, match=f"neib_{name} must hold numbers of at least 1"):
            run(x, shape, step)
    if patch_mode == "ignore_borders":
        with pytest.raises(WindowError, match="window=9 is too long for axis -1"):
            run(x, (2, 9), (1, 1))
    with pytest.raises(NeibsError, match="neib_shape wrong shape ; has to contain 2 elements"):
        run(x, (1, 1, 1), (1, 1))
    with pytest.raises(NeibsError, match="neib_step wrong shape ; has to contain 2 elements"):
        run(x, (1, 1), (1,))
    assert_same(run(x, (1, 1), (1, 1)), x.reshape(24, 1))


@cache
def anything(patch_mode: str, mode: str) -> Function:
    x, shape, step = pt.dtensor4("x"), pt.lvector("shape"), pt.lvector("step")
    return pytensor.function([x, shape, step], images2neibs(x, shape, step, patch_mode), mode=mode)


def test_the_data_has_what_these_tests_are_about() -> None:
    assert len(TO_NEIBS) + len(TO_IMAGES) + len(RAISING) == len(CASES) == 220
    assert {case["kwargs"]["mode"] for case in TO_NEIBS} == set(PATCH_MODES)
    without = [case for case in TO_NEIBS if "grad_ten4" not in case["outputs"]]
    assert {case["kwargs"]["mode"] for case in without} == set(PATCH_MODES)
    assert {case["theano"] for case in CASES} == {"0.7.0", "1.0.5"}
