"""Un-pooling on flattened data becomes `MaxUnpool` where no position can leave its item."""

from typing import Any

import numpy as np
import pytensor
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

AS_A_VECTOR = {
    "positions that may be anywhere": flat(V, P, block(V)),
    "longer items": flat(V, P % (LENGTH + 1), block(V)),
    "items apart": pt.set_subtensor(
        pt.zeros(12 * LENGTH)[(P % LENGTH + block(V, 2 * LENGTH)).flatten()], V.flatten()
    ),
    "a longer vector": pt.set_subtensor(
        pt.zeros(7 * LENGTH)[(P % LENGTH + block(V)).flatten()], V.flatten()
    ),
    "items backwards": flat(V, P % LENGTH, block(V)[::-1]),
    "offsets of a shared array, as floats": pt.set_subtensor(
        pt.zeros((2, 3, LENGTH)).flatten()[
            pt.cast(P.flatten() + pytensor.shared(np.arange(0, 96, 4.0)), "int32")
        ],
        V.flatten(),
    ),
    "one value for all": pt.inc_subtensor(pt.zeros(6 * LENGTH)[P.flatten()], 2.0),
    "narrow, of unsigned positions": pt.set_subtensor(
        pt.zeros(300, dtype="int16")[(P % 256).flatten().astype("uint8")],
        (100 * V).flatten().astype("int16"),
    ),
}


@pytest.mark.parametrize("case", AS_A_VECTOR)
def test_what_may_cross_items_is_one_vector(case, rng):
    values, positions, _ = arrays(rng)
    check([V, P], AS_A_VECTOR[case], [values, positions % LENGTH], ["MaxUnpool"])


@pytest.mark.parametrize("mode", ["NUMBA", "CVM"])
def test_compiled_modes_write_the_same_vectors(mode, rng):
    """One function for all, because every kernel would be compiled for each."""
    graphs = list(AS_A_VECTOR.values())[-3:]
    values, positions, _ = arrays(rng)
    check([V, P], graphs, [values, positions % LENGTH], ["MaxUnpool"] * 3, mode)


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA", "CVM"])
def test_places_outside_a_vector_are_an_error(mode):
    """In Numba, PyTensor's own assignment would write to other memory."""
    n, index, values = pt.lscalar("n"), pt.lvector("index"), pt.dvector("values")
    run = compiled([n, index, values], pt.set_subtensor(pt.zeros((n,))[index], values), mode)
    assert our_ops(run) == ["MaxUnpool"]
    assert run(4, [1, -1, 1], [1.0, 2.0, 3.0]).tolist() == [0.0, 3.0, 0.0, 2.0]
    assert run(4, [1, -1], [1.0]).tolist() == [0.0, 1.0, 0.0, 1.0]
    for place in (4, -5):
        with pytest.raises(IndexError, match=f"positions holds {place}"):
            run(4, [0, place], [1.0, 2.0])


def test_another_base_is_left_alone(rng):
    graph = pt.set_subtensor(pt.ones(6 * LENGTH)[(P % LENGTH + block(V)).flatten()], V.flatten())
    check([V, P], graph, arrays(rng)[:2], [])


@pytest.mark.parametrize(
    "names",
    [
        ["pytensor_unpool"],
        ["local_flat_set_subtensor_to_max_unpool", "local_vector_set_subtensor_to_max_unpool"],
    ],
)
def test_the_rewrites_can_be_turned_off(names):
    assert our_ops(compiled([V, P], FORMS["one range"](V, P), "FAST_COMPILE", *names)) == []


def test_reading_can_be_turned_off_by_its_name():
    v, p, cotangent = inputs()
    graph = pt.grad(None, v, known_grads={FORMS["one range"](v, p): cotangent})
    name = "local_flat_subtensor_to_max_gather"
    assert our_ops(compiled([v, p, cotangent], graph, "FAST_COMPILE", name)) == []
