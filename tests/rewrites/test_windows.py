"""Pooling by reshaping, upsampling by repeating, corners by slicing: they become the Ops."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from tests.support.idioms import check, compiled, our_ops, plain, same

LENGTHS = (2, 3, 4, 6)


def picture(known: bool = True, dtype: str = "float64") -> Any:
    return pt.tensor("x", dtype=dtype, shape=LENGTHS if known else (None,) * 4)


def with_ties(rng: np.random.Generator) -> Any:
    return rng.integers(-2, 3, size=LENGTHS).astype("float64")


def cells(x: Any, tall: int = 2, wide: int = 3) -> Any:
    n, c, rows, columns = x.shape
    return x.reshape((n, c, rows // tall, tall, columns // wide, wide))


def moved(x: Any) -> Any:
    return cells(x).transpose(0, 1, 2, 4, 3, 5)


def flattened(x: Any, taps: int = 6) -> Any:
    n, c, rows, columns = x.shape
    return moved(x).reshape((n, c, rows // 2, columns // 3, taps))


def flattened_from(cells: Any) -> Any:
    return cells.reshape((*LENGTHS[:2], 2, 2, 6))


def repeated(x: Any, tall: int = 2, wide: int = 3) -> Any:
    return pt.repeat(pt.repeat(x, tall, axis=2), wide, axis=3)


def squares(graph: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: pt.grad((graph(x) ** 2).sum(), x)


def pooled(x: Any) -> Any:
    return cells(x).max(axis=(3, 5))


def corners(x: Any, more: int = 0) -> Any:
    n, c, rows, columns = x.shape
    return pt.set_subtensor(pt.zeros((n, c, 2 * rows - more, 3 * columns))[:, :, ::2, ::3], x)


FORMS = {
    "maxima": (pooled, ["MaxPool"]),
    "maxima, gradient": (squares(pooled), ["MaxPool", "TiedUnpool"]),
    "maxima of one axis": (lambda x: x.reshape((*x.shape[:3], -1, 3)).max(axis=4), ["MaxPool"]),
    "maxima of rows": (
        lambda x: x.reshape((*x.shape[:2], x.shape[2] // 2, 2, x.shape[3])).max(axis=3),
        ["MaxPool"],
    ),
    "places": (lambda x: pt.argmax(cells(x), axis=(3, 5)), ["MaxPool"]),
    "places of one axis": (
        lambda x: x.reshape((*x.shape[:3], -1, 3)).argmax(axis=4), ["MaxPool"],
    ),
    "flattened maxima": (lambda x: flattened(x).max(axis=4), ["MaxPool"]),
    "flattened maxima and places": (
        lambda x: flattened(x).max(axis=4) + flattened(x, -1).argmax(axis=4), ["MaxPool"],
    ),
    "moved sums": (lambda x: moved(x).sum(axis=(4, 5)), ["Pool"]),
    "sums": (lambda x: cells(x).sum(axis=(3, 5)), ["Pool"]),
    "repeat": (repeated, ["PoolInputGrad"]),
    "repeat, gradient": (squares(repeated), ["Pool", "PoolInputGrad"]),
    "repeat of rows": (lambda x: pt.repeat(x, 2, axis=-2), ["PoolInputGrad"]),
    "kron": (lambda x: pt.linalg.kron(x[0, 0], np.ones((2, 3))), ["PoolInputGrad"]),
    "upsample_nearest": (lambda x: pu.upsample_nearest(x, (2, 3)), ["PoolInputGrad"]),
    "upsample_nearest, gradient": (
        squares(lambda x: pu.upsample_nearest(x, (2, 3))), ["Pool", "PoolInputGrad"],
    ),
    "mask": (
        lambda x: pt.eq(repeated(pooled(x)), x) * repeated(pooled(x) + 1),
        ["MaxPool", "TiedUnpool"],
    ),
    "mask, cotangent first": (
        lambda x: repeated(pooled(x) + 1) * pt.eq(x, repeated(pooled(x))),
        ["MaxPool", "TiedUnpool"],
    ),
    "corners": (corners, ["TapUnpool"]),
    "corners, added": (
        lambda x: pt.inc_subtensor(
            pt.zeros((*x.shape[:3], 2 * x.shape[3]), x.dtype)[..., ::2], x
        ),
        ["TapUnpool"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_the_ops(form, rng):
    build, expected = FORMS[form]
    x = picture()
    check([x], build(x), [with_ties(rng)], expected)


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_unknown_lengths(form, rng):
    build, expected = FORMS[form]
    x = picture(known=False)
    check([x], build(x), [with_ties(rng)], expected)


@pytest.mark.parametrize("lengths", [(0, 3), (2, 0)], ids=str)
@pytest.mark.parametrize("known", [True, False], ids=["static", "unknown lengths"])
def test_copies_of_nothing_are_nothing(lengths, known):
    x = pt.tensor("x", dtype="float64", shape=(2, 2, *lengths) if known else (None,) * 4)
    graphs = [repeated(x), pt.linalg.kron(x[0, 0], np.ones((2, 3)))]
    check([x], graphs, [np.zeros((2, 2, *lengths))], ["PoolInputGrad"] * 2)


@pytest.mark.parametrize("mode", ["NUMBA", "CVM", "JAX"])
def test_compiled_modes_do_the_same(mode, rng):
    if mode == "JAX":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    some = [
        "maxima, gradient", "repeat, gradient", "mask", "corners", "flattened maxima and places",
    ]  # fmt: skip
    x = picture()
    graphs = [FORMS[form][0](x) for form in some]
    expected = ["MaxPool", "TiedUnpool", "Pool", "PoolInputGrad", "TiedUnpool", "TapUnpool"]
    check([x], graphs, [with_ties(rng)], expected, mode)


def test_partial_corners_at_the_end(rng):
    """Only the first element of a window that extends beyond the end exists."""
    x = picture()
    check([x], corners(x, more=1), [with_ties(rng)], ["TapUnpool"])


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_other_dtypes(dtype, rng):
    x = picture(dtype=dtype)
    graphs = [pooled(x), repeated(x), corners(x.astype("float64"))]
    expected = ["MaxPool", "PoolInputGrad", "TapUnpool"]
    check([x], graphs, [with_ties(rng).astype(dtype)], expected)


def static(*lengths: int | None) -> Any:
    return pt.tensor("x", dtype="float64", shape=lengths)


X = picture()
UNKNOWN = picture(known=False)

# Graphs that are not pooling, or not known to be, with an array to try them on.
LEFT_ALONE = {
    "maxima of what is not cut": (UNKNOWN, UNKNOWN.max(axis=(2, 3))),
    "maxima between windows": (X, cells(X).max(axis=(2, 4))),
    "maxima of everything": (X, cells(X).max()),
    "another cut": (X, X.reshape((2, 3, 2, 3, 2, 2)).max(axis=(3, 5))),
    "cut by unknown lengths": (
        UNKNOWN,
        UNKNOWN.reshape((2, 3, *(UNKNOWN.shape[2:] * 0 + [2, 2]), 2, 3)).max(axis=(4, 5)),
    ),
    "sums as integers": (X.astype("int16"), cells(X.astype("int16")).sum(axis=(3, 5))),
    "many elements": (X, X.reshape((2, 3, 1, 24)).max(axis=3)),
    "places of elements in another order": (
        X, flattened_from(cells(X).transpose(0, 1, 2, 4, 5, 3)).argmax(axis=4),
    ),
    "windows in another order": (X, cells(X).transpose(0, 1, 4, 2, 3, 5).max(axis=(4, 5))),
    "windows flattened with others": (
        X, moved(X).reshape((2, 3, 2, 4, 3)).max(axis=4),
    ),
    "places among everything": (X, cells(X).argmax()),
    "copies of an axis": (X, pt.tile(X, (1, 1, 2, 3))),
    "copies, laid out otherwise": (
        X, pt.alloc(X[..., None], 2, 3, 4, 6, 2).reshape((2, 3, 6, 8)),
    ),
    "kron with others": (X, pt.linalg.kron(X[0, 0], np.full((2, 3), 2.0))),
    "kron of ones": (X, pt.linalg.kron(np.ones((2, 3)), X[0, 0])),
    "a mask of something else": (X, pt.eq(repeated(pooled(X)), X) * X),
    "a mask of other windows": (
        X, pt.eq(repeated(pooled(X)), X) * repeated(X[:, :, :2, :3].max() * X[:, :, :2, :3], 2, 2),
    ),
    "a slice that starts later": (X, pt.set_subtensor(pt.zeros(LENGTHS)[..., 1::2], X[..., ::2])),
    "a slice that ends before": (X, pt.set_subtensor(pt.zeros(LENGTHS)[..., :4:2], X[..., :2])),
    "a slice backwards": (X, pt.set_subtensor(pt.zeros(LENGTHS)[..., ::-2], X[..., ::2])),
    "a slice of ones": (X, pt.set_subtensor(pt.ones(LENGTHS)[..., ::2], X[..., ::2])),
    "a number in a slice": (X, pt.set_subtensor(pt.zeros(LENGTHS)[..., ::2], 3.0)),
    "values that may broadcast": (
        UNKNOWN, pt.set_subtensor(pt.zeros((2, 3, 4, 12))[..., ::2], UNKNOWN),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_something_else_is_left_alone(case, rng):
    x, graph = LEFT_ALONE[case]
    inputs = [UNKNOWN if x is UNKNOWN else X]
    if case == "a mask of other windows":
        graph = pt.eq(repeated(pooled(X)), X) * repeated(pt.exp(X[:, :, :2, :3]), 2, 2)
        run = compiled(inputs, graph, "FAST_COMPILE")
        assert "TiedUnpool" not in our_ops(run)
        return
    run, reference = compiled(inputs, graph, "FAST_COMPILE"), plain(inputs, graph)
    assert not {"MaxPool", "Pool", "TapUnpool", "TiedUnpool"} & set(our_ops(run)) - (
        {"MaxPool"} if "mask" in case else set()
    )
    same(run, reference, [with_ties(rng)])


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("maxima", "local_reshape_max_to_max_pool"),
        ("places", "local_reshape_argmax_to_max_pool"),
        ("sums", "local_reshape_sum_to_pool"),
        ("repeat", "local_repeat_to_pool_input_grad"),
        ("kron", "local_kron_to_pool_input_grad"),
        ("corners", "local_strided_set_subtensor_to_tap_unpool"),
    ],
)
def test_every_rewrite_can_be_turned_off_by_its_name(form, name):
    x = picture()
    assert our_ops(compiled([x], FORMS[form][0](x), "FAST_COMPILE", name)) == []


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("mask", "local_mask_to_tied_unpool"),
        ("maxima, gradient", "local_reshape_mask_to_tied_unpool"),
    ],
)
def test_the_gradients_can_be_turned_off_by_their_name(form, name):
    x = picture()
    run = compiled([x], FORMS[form][0](x), "FAST_COMPILE", name)
    assert "TiedUnpool" not in our_ops(run)


def test_rows_that_no_window_reaches_stay_when_two_steps_become_one(rng):
    """Catches lengths that are assumed to be multiples of windows: 10 is not 3 * 3."""
    x = static(4, 10)
    sums = pu.pool(pu.pool(x, (1, 3), mode="sum"), (3, 1), mode="sum")
    graph = pt.grad((sums**2).sum(), x)
    run = compiled([x], graph, "FAST_COMPILE")
    assert our_ops(run) == ["Pool", "PoolInputGrad"]
    reference = compiled([x], graph, "FAST_COMPILE", "pytensor_unpool")
    same(run, reference, [rng.integers(-4, 4, size=(4, 10)).astype("float64")])


def test_two_steps_can_be_kept_apart():
    x = picture()
    run = compiled([x], repeated(x), "FAST_COMPILE", "local_pool_of_pool")
    assert our_ops(run) == ["PoolInputGrad", "PoolInputGrad"]


def test_the_first_nan_of_a_window_is_its_maximum(rng):
    x, array = picture(), with_ties(rng)
    array[:, 1, 2, 3:5] = np.nan
    places = pt.argmax(cells(x), axis=(3, 5))
    (run,) = {check([x], [places, pooled(x)], [array], ["MaxPool"])}
    assert run(array)[0][0, 1, 1, 1] == 0
