"""Un-pooling on flattened data becomes `MaxUnpool` where no position can leave its item."""

from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from tests.support.idioms import check, compiled, our_ops

LENGTH = 20
BOTH = ["MaxGather", "MaxUnpool"]


def inputs(known: bool = True) -> list[Any]:
    shape = (2, 3, 4) if known else (None, None, None)
    return [
        pt.tensor("values", dtype="float64", shape=shape),
        pt.tensor("positions", dtype="int64", shape=shape),
        pt.tensor("cotangent", dtype="float64", shape=(2, 3, LENGTH) if known else (None,) * 3),
    ]


def arrays(rng: np.random.Generator) -> list[Any]:
    positions = rng.integers(-LENGTH, LENGTH, size=(2, 3, 4))
    return [rng.normal(size=(2, 3, 4)), positions, rng.normal(size=(2, 3, LENGTH))]


def flat(v: Any, p: Any, starts: Any, write: Any = pt.set_subtensor) -> Any:
    n, c = v.shape[:2]
    vector = write(pt.zeros(n * c * LENGTH)[(p + starts).flatten()], v.flatten())
    return vector.reshape((n, c, LENGTH))


def block(v: Any, step: int = LENGTH) -> Any:
    n, c = v.shape[:2]
    return (pt.arange(n * c) * step).reshape((n, c, 1))


def by_axis(v: Any) -> Any:
    n, c = v.shape[:2]
    return pt.arange(n)[:, None, None] * (c * LENGTH) + pt.arange(c)[None, :, None] * LENGTH


FORMS = {
    "one range": lambda v, p: flat(v, p % LENGTH, block(v)),
    "added": lambda v, p: flat(v, p % LENGTH, block(v), pt.inc_subtensor),
    "a range for each axis": lambda v, p: flat(v, p % LENGTH, by_axis(v)),
    "symbolic": lambda v, p: pu.symbolic.unpool_flat(v, p, LENGTH),
}


@pytest.mark.parametrize("known", [True, False], ids=["static", "unknown lengths"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_the_ops(form, known, rng):
    v, p, cotangent = inputs(known)
    y = FORMS[form](v, p)
    check([v, p], y, arrays(rng)[:2], ["MaxUnpool"])
    if known:
        graph = pt.grad(None, v, known_grads={y: cotangent})
        check([v, p, cotangent], graph, arrays(rng), ["MaxGather"])


@pytest.mark.parametrize("mode", ["NUMBA", "CVM", "JAX"])
def test_compiled_modes_do_the_same(mode, rng):
    if mode == "JAX":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    v, p, cotangent = inputs()
    y = FORMS["one range"](v, p)
    graph = [y, pt.grad(None, v, known_grads={y: cotangent})]
    check([v, p, cotangent], graph, arrays(rng), BOTH, mode)


def test_constant_starts(rng):
    starts = np.arange(6).reshape(2, 3, 1) * LENGTH
    check([V, P], flat(V, P % LENGTH, starts), arrays(rng)[:2], ["MaxUnpool"])


def test_positions_of_a_pooling_are_in_their_items(rng):
    x = pt.tensor("x", dtype="float64", shape=(2, 3, LENGTH))
    values, positions = pu.max_pool(x, 5)
    graph = flat(values, positions, block(values))
    run = compiled([x], graph, "FAST_COMPILE")
    assert our_ops(run) == ["MaxPool", "TapUnpool"]
    array = rng.normal(size=(2, 3, LENGTH))
    wanted = compiled([x], graph, "FAST_COMPILE", "pytensor_unpool")(array)
    np.testing.assert_array_equal(run(array), wanted)


V, P, _ = inputs()

LEFT_ALONE = {
    "positions that may be anywhere": flat(V, P, block(V)),
    "longer items": flat(V, P % (LENGTH + 1), block(V)),
    "items apart": pt.set_subtensor(
        pt.zeros(12 * LENGTH)[(P % LENGTH + block(V, 2 * LENGTH)).flatten()], V.flatten()
    ),
    "a longer vector": pt.set_subtensor(
        pt.zeros(7 * LENGTH)[(P % LENGTH + block(V)).flatten()], V.flatten()
    ),
    "items backwards": flat(V, P % LENGTH, block(V)[::-1]),
    "another base": pt.set_subtensor(
        pt.ones(6 * LENGTH)[(P % LENGTH + block(V)).flatten()], V.flatten()
    ),
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_something_else_is_left_alone(case, rng):
    check([V, P], LEFT_ALONE[case], arrays(rng)[:2], [])


@pytest.mark.parametrize("name", ["pytensor_unpool", "local_flat_set_subtensor_to_max_unpool"])
def test_the_rewrite_can_be_turned_off(name):
    assert our_ops(compiled([V, P], FORMS["one range"](V, P), "FAST_COMPILE", name)) == []


def test_reading_can_be_turned_off_by_its_name():
    v, p, cotangent = inputs()
    graph = pt.grad(None, v, known_grads={FORMS["one range"](v, p): cotangent})
    name = "local_flat_subtensor_to_max_gather"
    assert our_ops(compiled([v, p, cotangent], graph, "FAST_COMPILE", name)) == []
