"""Theano's names for neighbourhoods: odd calls, arguments of every kind, gradients."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward, verify_grad

from pytensor_unpool.compat.theano.sandbox import neighbours as sandbox
from pytensor_unpool.compat.theano.tensor.nnet import neighbours
from pytensor_unpool.compat.theano.tensor.nnet.neighbours import (
    MODES,
    Images2Neibs,
    NeibsDTypeError,
    NeibsError,
    NeibsRankError,
    images2neibs,
    neibs2images,
)
from pytensor_unpool.errors import ShapeError, UnpoolError
from tests.support.cases import Array, assert_same
from tests.support.golden import Case, every, load_cases
from tests.support.modes import PYTHON

ERRORS = load_cases("neibs", "errors")


# What Theano did with odd calls.


def odd_calls() -> dict[str, Callable[[Any], Any]]:
    """Return the calls of the errors in the data; x is an image, or a matrix, or three axes."""

    def to(*arguments: Any, **options: Any) -> Callable[[Any], Any]:
        return lambda x: images2neibs(x, *arguments, **options)

    def back(*arguments: Any, **options: Any) -> Callable[[Any], Any]:
        return lambda x: neibs2images(x, *arguments, **options)

    def gradient(*arguments: Any, **options: Any) -> Callable[[Any], Any]:
        return lambda x: pt.grad(images2neibs(x, *arguments, **options).sum(), x)

    return {
        "images2neibs(x4, (2, 2))": to((2, 2)),
        "images2neibs(x4, (2, 2), mode='same')": to((2, 2), mode="same"),
        "images2neibs(x4, (2, 2), (0, 1))": to((2, 2), (0, 1)),
        "images2neibs(x4, (2, 2), (-1, 1))": to((2, 2), (-1, 1)),
        "images2neibs(x4, (0, 2))": to((0, 2)),
        "images2neibs(x4, (2, 2), mode='wrap_centered')": to((2, 2), mode="wrap_centered"),
        "images2neibs(x4, (9, 9), (1, 1), mode='wrap_centered')": to(
            (9, 9), (1, 1), mode="wrap_centered"
        ),
        "images2neibs(x4, (9, 9))": to((9, 9)),
        "images2neibs(x4, (9, 9), mode='ignore_borders')": to((9, 9), mode="ignore_borders"),
        "images2neibs(x3, (2, 2))": to((2, 2)),
        "images2neibs(x4, 2)": to(2),
        "images2neibs(x4, (2, 2, 2))": to((2, 2, 2)),
        "images2neibs(x4, (2., 2.))": to((2.0, 2.0)),
        "T.grad(images2neibs(x4, (3, 3), (1, 1), mode='wrap_centered').sum(), x4)": gradient(
            (3, 3), (1, 1), mode="wrap_centered"
        ),
        "T.grad(images2neibs(x4, (3, 3), (1, 1), mode='ignore_borders').sum(), x4)": gradient(
            (3, 3), (1, 1), mode="ignore_borders"
        ),
        "T.grad(images2neibs(x4, (3, 3), (1, 1)).sum(), x4)": gradient((3, 3), (1, 1)),
        "T.grad(images2neibs(x4, (3, 3), (1, 1), mode='half').sum(), x4)": gradient(
            (3, 3), (1, 1), mode="half"
        ),
        "T.Rop(images2neibs(x4, (1, 1)), x4, x4)": lambda x: pushforward(
            images2neibs(x, (1, 1)), x, x
        ),
        "neibs2images(x2, (2, 2), (1, 1, 4, 4), mode='full')": back(
            (2, 2), (1, 1, 4, 4), mode="full"
        ),
        "neibs2images(x2, (2, 2), (1, 1, 5, 4))": back((2, 2), (1, 1, 5, 4)),
        "neibs2images(x2, (2, 2), (1, 1, 4, 4))": back((2, 2), (1, 1, 4, 4)),
        "images2neibs(x4, (2, 2), mode='half')": to((2, 2), mode="half"),
        "images2neibs(x4, (3, 3), mode='full')": to((3, 3), mode="full"),
    }


CALLS = odd_calls()
OLD = {c.__name__: c for c in (AssertionError, NotImplementedError, TypeError, ValueError)}


def ending(case: Case) -> type[Exception] | None:
    """Return the exception that a call ends with here; None if it works."""
    if case["stage"] == "crash" or case.get("type") == "MemoryError":
        return ShapeError  # a step or a shape of 0, a negative step in 0.7
    if "(9, 9), mode='ignore_borders'" in case["expr"]:
        return ShapeError  # Theano returned what lay behind the image
    if case["stage"] == "ok" or case["type"] == "NullTypeGradError" or "Rop" in case["expr"]:
        return None
    return OLD[case["type"]]


@pytest.mark.parametrize("is_static", [True, False], ids=["static", "unknown"])
@every(ERRORS)
def test_odd_calls_end_as_in_theano_or_work(case: Case, is_static: bool) -> None:
    """With lengths that are known, when the graph is built."""
    ((_, shape),) = case["input_shapes"].items()
    x = pt.tensor("x", dtype="float64", shape=shape if is_static else (None,) * len(shape))
    value = np.arange(float(np.prod(shape))).reshape(shape)
    error = ending(case)
    if error is None:
        result = pytensor.function([x], CALLS[case["expr"]](x), mode=PYTHON)(value)
        if "value" in case:
            assert_same(result, np.array(json.loads(case["value"])))
        return
    with pytest.raises((error, UnpoolError)) as raised:  # noqa: PT012
        out = CALLS[case["expr"]](x)
        assert not is_static
        pytensor.function([x], out, mode=PYTHON)(value)
    assert isinstance(raised.value, error)


def test_the_data_has_these_calls() -> None:
    assert {case["expr"] for case in ERRORS} == set(CALLS)
    assert len(ERRORS) == 43


# By hand.

IMAGE = np.arange(12.0).reshape(1, 1, 3, 4)


def test_patches_go_from_left_to_right_and_then_down() -> None:
    patches = images2neibs(np.arange(16).reshape(1, 1, 4, 4), (2, 2)).eval(mode=PYTHON)
    assert patches.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    wrapped = images2neibs(IMAGE, (3, 1), (2, 3), mode="wrap_centered").eval(mode=PYTHON)
    assert wrapped.tolist() == [[8, 0, 4], [11, 3, 7], [4, 8, 0], [7, 11, 3]]


def test_arguments_of_every_kind() -> None:
    """As people wrote them: tuples, lists, arrays, shared variables, symbolic vectors."""
    x, pair = pt.dtensor4("x"), pt.lvector("pair")
    ours = pytensor.shared(np.array([2, 2], "int32"))
    several = [(2, 2), [2, 2], np.array([2, 2], "int8"), ours, pair, (pair[0], 2), x.shape[2:] // 2]
    outputs = [images2neibs(x, shape, mode="ignore_borders") for shape in several]
    outputs += [neibs2images(outputs[0], shape, x.shape) for shape in several]
    run = pytensor.function([x, pair], outputs, mode=PYTHON, on_unused_input="ignore")
    image = np.arange(16.0).reshape(1, 1, 4, 4)
    results = run(image, [2, 2])
    for result in results[: len(several)]:
        assert_same(result, results[0])
    for result in results[len(several) :]:
        assert_same(result, image)


def test_static_shapes_are_known() -> None:
    """But old code does not see those of the patches: Theano did not tell them."""
    x = pt.tensor("x", dtype="float32", shape=(3, 2, 4, 6))
    for patches, shape in (
        (images2neibs(x, (2, 3)), (24, 6)),
        (images2neibs(x, (3, 3), (1, 1), mode="half"), (144, 9)),
    ):
        assert patches.type.shape == (None, None)
        assert patches.owner.inputs[0].type.shape == shape
    neibs = pt.tensor("neibs", dtype="float32", shape=(None, 6))
    assert neibs2images(neibs, (2, 3), (3, 2, 4, 6)).type.shape == (3, 2, 4, 6)
    assert neibs2images(neibs, (2, 3), (-1, 2, 4, 6)).type.shape[1:] == (2, 4, 6)


def test_the_old_op_is_a_callable() -> None:
    x = pt.dtensor4("x")
    op = Images2Neibs("full")
    assert str(op) == "Images2Neibs{full}"
    assert op.mode == "full"
    assert op == Images2Neibs("full") != Images2Neibs()
    assert len({op, Images2Neibs("full"), Images2Neibs()}) == 2
    called, made = op(x, (2, 2), (1, 1)), op.make_node(x, (2, 2), (1, 1)).outputs[0]
    for out in (called, made):
        assert_same(
            out.eval({x: IMAGE}, mode=PYTHON),
            images2neibs(IMAGE, (2, 2), (1, 1), "full").eval(mode=PYTHON),
        )


def test_the_sandbox_has_the_same_names() -> None:
    for name in ("images2neibs", "neibs2images", "Images2Neibs"):
        assert getattr(sandbox, name) is getattr(neighbours, name)


def test_the_zeros_of_neibs2images_are_floatx() -> None:
    neibs = np.ones((1, 4), "int8")
    shape = (1, 1, 3, 3)
    with pytensor.config.change_flags(floatX="float32"):
        out = neibs2images(neibs, (2, 2), shape, mode="ignore_borders").eval(mode=PYTHON)
        assert_same(out, np.array([[[[1, 1, 0], [1, 1, 0], [0, 0, 0]]]], "float32"))
        assert neibs2images(neibs, (2, 2), (1, 1, 2, 2)).type.dtype == "int8"


@pytest.mark.parametrize("patch_mode", MODES)
def test_gradients_equal_finite_differences_to_second_order(
    patch_mode: str, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(1, 2, 4, 5))

    def cubed(v: Any) -> Any:
        return (images2neibs(v, (3, 3), (1, 1), patch_mode) ** 3).sum()

    random = np.random.default_rng(0)
    verify_grad(cubed, [x], rng=random, mode=PYTHON)
    verify_grad(lambda v: pt.grad(cubed(v), v), [x], rng=random, mode=PYTHON)


def test_neibs2images_has_gradients_of_any_order(rng: np.random.Generator) -> None:
    neibs = rng.normal(size=(2, 6))
    random = np.random.default_rng(0)

    def cubed(v: Any) -> Any:
        return (neibs2images(v, (2, 3), (1, 1, 3, 7), "ignore_borders") ** 3).sum()

    verify_grad(cubed, [neibs], rng=random, mode=PYTHON)
    verify_grad(lambda v: pt.grad(cubed(v), v), [neibs], rng=random, mode=PYTHON)


@pytest.mark.parametrize(
    ("neibs", "arguments", "error", "message"),
    [
        (np.ones((4, 4)), ((2, 2), (1, 1, 5, 4)), NeibsError, r"neib_shape\[0\]=2 and original_"),
        (np.ones((4, 6)), ((2, 2), (1, 1, 4, 4)), NeibsError, r"and neibs.shape\[1\]=6. Pass"),
        (np.ones((3, 4)), ((2, 2), (1, 1, 4, 4)), NeibsError, "asks for 4 patches: got 3 rows"),
        (np.ones(4), ((2, 2), (1, 1, 2, 2)), NeibsRankError, "neibs must have 2 axes: got 1"),
        (np.ones((4, 4)), ((2, 2), (4, 4)), NeibsError, "original_shape wrong shape ; has to"),
        (np.ones((4, 4)), ((2, 0), (1, 1, 4, 4)), ShapeError, "at least 1: got 2, 0"),
        (np.ones((4, 4)), ((2, 2), (1, 1.5, 4, 4)), NeibsDTypeError, "original_shape must be int"),
    ],
)
def test_neibs2images_refuses_what_does_not_fit(
    neibs: Array, arguments: Any, error: type[Exception], message: str
) -> None:
    """Theano returned some of them in a wrong order."""
    with pytest.raises(error, match=message) as raised:
        neibs2images(neibs, *arguments)
    assert raised.value.got is not None
    if error is NeibsError and len(arguments[1]) == 4:
        x, shape = pt.dmatrix("x"), pt.lvector("shape")
        run = pytensor.function([x, shape], neibs2images(x, (2, 2), shape), mode=PYTHON)
        with pytest.raises(ValueError, match="reshape" if "patches" in message else "neib_shape"):
            run(neibs, arguments[1])
