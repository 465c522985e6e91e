"""Un-pooling by indexing becomes `MaxUnpool`, its gradient `MaxGather`, with the same results."""

import importlib.util
from itertools import product
from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from tests.support.idioms import check, compiled, our_ops, plain, same
from tests.support.modes import MODES

LENGTH = 20
BOTH = ["MaxGather", "MaxUnpool"]


def inputs(known: bool = True) -> list[Any]:
    """Return values, positions and the cotangent of the un-pooled array."""
    shape, full = ((2, 3, 4), (2, 3, LENGTH)) if known else ((None,) * 3,) * 2
    return [
        pt.tensor("values", dtype="float64", shape=shape),
        pt.tensor("positions", dtype="int64", shape=shape),
        pt.tensor("cotangent", dtype="float64", shape=full),
    ]


def arrays(rng: np.random.Generator, repeat: bool = True) -> list[Any]:
    """Return arrays for the inputs; positions repeat, and count from either end."""
    positions = rng.integers(-LENGTH, LENGTH, size=(2, 3, 4))
    if not repeat:
        positions = rng.permuted(np.tile(np.arange(LENGTH), (2, 3, 1)), axis=-1)[..., :4]
    return [rng.normal(size=(2, 3, 4)), positions, rng.normal(size=(2, 3, LENGTH))]


def ranges(rows: Any, channels: Any) -> tuple[Any, Any]:
    return pt.arange(rows)[:, None, None], pt.arange(channels)[None, :, None]


def of_shape(x: Any) -> tuple[Any, Any]:
    return ranges(x.shape[0], x.shape[1])


def zeros_for(x: Any) -> Any:
    return pt.zeros((x.shape[0], x.shape[1], LENGTH))


# Un-pooling of `v` to positions `p`, in the forms that people write.
FORMS = {
    "static lengths": lambda v, p: pt.set_subtensor(
        pt.zeros((2, 3, LENGTH))[(*ranges(2, 3), p)], v
    ),
    "lengths of the values": lambda v, p: pt.set_subtensor(
        zeros_for(v)[(*of_shape(v), p)], v
    ),
    "lengths of the positions": lambda v, p: pt.set_subtensor(
        zeros_for(p)[(*of_shape(p), p)], v
    ),
    "method": lambda v, p: zeros_for(v)[(*of_shape(v), p)].set(v),
    "added": lambda v, p: pt.inc_subtensor(zeros_for(v)[(*of_shape(v), p)], v),
    "zeros_like": lambda v, p: pt.set_subtensor(
        pt.zeros_like(pt.concatenate([v] * 5, axis=2))[(*of_shape(v), p)], v
    ),
    "alloc": lambda v, p: pt.set_subtensor(
        pt.alloc(np.float64(0), *v.shape[:2], LENGTH)[(*of_shape(v), p)], v
    ),
    "constant zeros": lambda v, p: pt.set_subtensor(
        pt.constant(np.zeros((2, 3, LENGTH)))[(*ranges(2, 3), p)], v
    ),
    "constant ranges": lambda v, p: pt.set_subtensor(
        pt.zeros((2, 3, LENGTH))[np.arange(2)[:, None, None], np.arange(3)[:, None], p], v
    ),
    "two axes": lambda v, p: pt.set_subtensor(
        pt.zeros((2, 3, 4, 5))[(*ranges(2, 3), p // 5, p % 5)], v
    ).reshape((2, 3, LENGTH)),
    "two axes, apart": lambda v, p: pt.inc_subtensor(
        pt.zeros((2, 3, 4, 5))[(*ranges(2, 3), p % 4, (p + 1) % 5)], v
    ).reshape((2, 3, LENGTH)),
    "one leading axis": lambda v, p: pt.set_subtensor(
        pt.zeros((2, LENGTH))[pt.arange(2)[:, None, None], p], v
    )[:, None] * np.ones((1, 3, 1)),
    "narrow positions": lambda v, p: pt.set_subtensor(
        zeros_for(v)[(*of_shape(v), p.astype("int8"))], v
    ),
    "scalar": lambda v, p: pt.set_subtensor(zeros_for(p)[(*of_shape(p), p)], v[0, 1, 2]),
    "symbolic": lambda v, p: pu.symbolic.unpool_arange(v, p, LENGTH),
}  # fmt: skip


def outputs(form: str, v: Any, p: Any, cotangent: Any) -> list[Any]:
    y = FORMS[form](v, p)
    return [y, pt.grad(None, v, known_grads={y: cotangent})]


@pytest.mark.parametrize("known", [True, False], ids=["static", "unknown lengths"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_the_ops(form, known, rng):
    v, p, cotangent = inputs(known)
    exact = form != "scalar"
    graph = outputs(form, v, p, cotangent)
    run = check([v, p, cotangent], graph, arrays(rng), BOTH, exact=exact)
    same(run, plain([v, p, cotangent], graph), arrays(rng, repeat=False), exact)


SOME = ["static lengths", "added", "two axes, apart"]
COMPILED = [m for m in (*MODES, "JAX") if m != "FAST_COMPILE"]


@pytest.mark.parametrize("mode", COMPILED)
def test_compiled_modes_do_the_same(mode, rng):
    if mode == "JAX":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    v, p, cotangent = inputs()
    graphs = [y for form in SOME for y in outputs(form, v, p, cotangent)]
    # Two of the forms have the same gradient.
    expected = ["MaxGather"] * 2 + ["MaxUnpool"] * 3
    check([v, p, cotangent], graphs, arrays(rng), expected, mode)


def test_the_op_gets_arrays_as_they_are_where_lengths_are_known(rng):
    """Catches an extra pass over the positions or the values before the Op."""
    v, p, _ = inputs()
    run = compiled([v, p], FORMS["static lengths"](v, p), "FAST_COMPILE")
    (node,) = run.maker.fgraph.apply_nodes
    assert node.inputs[:2] == run.maker.fgraph.inputs


def test_positions_of_a_pooling_become_taps(rng):
    """The idiom is rewritten all the way, to one byte for each window."""
    x = pt.tensor("x", dtype="float64", shape=(2, 3, 8))
    values, positions = pu.max_pool(x, 2)
    y = pt.set_subtensor(pt.zeros_like(x)[(*of_shape(x), positions)], values)
    run = compiled([x], y, "FAST_COMPILE")
    assert our_ops(run) == ["MaxPool", "TapUnpool"]
    same(run, plain([x], y), [rng.normal(size=(2, 3, 8))])


LENGTHS = [(2, 3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 1), (1, 1, 1), (5, 3, 4), (0, 3, 4)]


@pytest.mark.parametrize("mode", ["FAST_COMPILE"])
def test_lengths_of_1_that_show_at_run_time_broadcast_as_in_indexing(mode, rng):
    """Catches a range of length 1 that positions broadcast, and reads beyond the end."""
    v, p, _ = inputs(known=False)
    y = FORMS["lengths of the values"](v, p)
    run, reference = compiled([v, p], y, mode), plain([v, p], y)
    failed = 0
    for shape, of_positions in product(LENGTHS, LENGTHS):
        some = rng.normal(size=shape), rng.integers(-LENGTH, LENGTH, size=of_positions)
        try:
            wanted = reference(*some)
        except (IndexError, ValueError):
            failed += 1
            with pytest.raises((IndexError, ValueError), match=r"positions|shape|broadcast"):
                run(*some)
        else:
            np.testing.assert_array_equal(run(*some), wanted)
    assert 0 < failed < len(LENGTHS) ** 2


def test_two_position_arrays_broadcast_at_run_time(rng):
    r, s, v = pt.ltensor3("r"), pt.ltensor3("s"), pt.dtensor3("v")
    y = pt.set_subtensor(pt.zeros((2, 4, 5))[pt.arange(2)[:, None, None], r, s], v)
    run, reference = compiled([r, s, v], y, "FAST_COMPILE"), plain([r, s, v], y)
    assert our_ops(run) == ["MaxUnpool"]
    shapes = [(2, 2, 3), (1, 2, 3), (2, 1, 3), (1, 1, 1)]
    for one, other in product(shapes, shapes):
        rows, columns = rng.integers(-4, 4, size=one), rng.integers(-5, 5, size=other)
        same(run, reference, [rows, columns, rng.normal(size=np.broadcast_shapes(one, other))])


@pytest.mark.parametrize("bad", [LENGTH, -LENGTH - 1])
@pytest.mark.parametrize("form", ["static lengths", "two axes"])
def test_positions_outside_are_errors_still(form, bad, rng):
    v, p, cotangent = inputs()
    run = compiled([v, p, cotangent], outputs(form, v, p, cotangent), "FAST_COMPILE")
    values, positions, some = arrays(rng)
    positions[1, 2, 3] = bad
    with pytest.raises(IndexError, match=rf"positions holds {bad}"):
        run(values, positions, some)


def test_one_of_two_positions_outside_is_an_error_where_both_make_one_inside(rng):
    """Catches (0, 5) taken for (1, 0) in an array with rows of 5."""
    r, s, v = (pt.tensor(n, dtype="int64", shape=(2, 1)) for n in "rsv")
    y = pt.set_subtensor(pt.zeros((2, 4, 5), "int64")[pt.arange(2)[:, None], r, s], v)
    run = compiled([r, s, v], y, "FAST_COMPILE")
    assert our_ops(run) == ["MaxUnpool"]
    for row, column in ((0, 5), (1, -6), (4, 0), (-5, 4)):
        with pytest.raises(IndexError, match="positions holds"):
            run([[0], [row]], [[0], [column]], [[1], [1]])


V, P, _ = inputs()
ROWS, CHANNELS = ranges(2, 3)
ZEROS = pt.zeros((2, 3, LENGTH))
BASE = pt.tensor3("base", dtype="float64")

# Graphs that are not un-pooling, or not known to be.
LEFT_ALONE = {
    "another base": pt.set_subtensor(BASE[ROWS, CHANNELS, P], V),
    "ones": pt.set_subtensor(pt.ones((2, 3, LENGTH))[ROWS, CHANNELS, P], V),
    "negative zeros": pt.set_subtensor(pt.alloc(-0.0, 2, 3, LENGTH)[ROWS, CHANNELS, P], V),
    "added once": pt.inc_subtensor(ZEROS[ROWS, CHANNELS, P], V, ignore_duplicates=True),
    "no ranges": pt.set_subtensor(ZEROS[P % 2, P % 3, P], V),
    "ranges along other axes": pt.set_subtensor(
        pt.zeros((3, 2, LENGTH))[CHANNELS, ROWS, P], V
    ),
    "a range backwards": pt.set_subtensor(ZEROS[ROWS[::-1], CHANNELS, P], V),
    "a slice": pt.set_subtensor(ZEROS[:, CHANNELS[0], P[0]], V),
    "a mask": pt.set_subtensor(ZEROS[pt.arange(2) > 0], 1.0),
    "complex": pt.set_subtensor(
        pt.zeros((2, 3, LENGTH), "complex128")[ROWS, CHANNELS, P], V
    ),
    "an element of each row": pt.set_subtensor(pt.zeros((3, 4))[pt.arange(3), P[0, :, 0] % 4], 1.0),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_something_else_is_left_alone(case, rng):
    some = [*arrays(rng)[:2], rng.normal(size=(2, 3, LENGTH))]
    check([V, P, BASE], LEFT_ALONE[case], some, [])


def test_a_range_that_leaves_items_out_is_no_leading_axis(rng):
    """The Op then treats all axes as un-pooled: items that no index names stay zero."""
    y = pt.set_subtensor(pt.zeros((4, 3, LENGTH))[ROWS, CHANNELS, P], V)
    check([V, P], y, arrays(rng)[:2], ["MaxUnpool"])


@pytest.mark.parametrize("name", ["pytensor_unpool", "local_set_subtensor_to_max_unpool"])
def test_the_rewrite_can_be_turned_off(name, rng):
    run = compiled([V, P], FORMS["static lengths"](V, P), "FAST_COMPILE", name)
    assert our_ops(run) == []


def test_reading_can_be_turned_off_by_its_name():
    v, p, cotangent = inputs()
    graph = outputs("static lengths", v, p, cotangent)
    name = "local_advanced_subtensor_to_max_gather"
    assert our_ops(compiled([v, p, cotangent], graph, "FAST_COMPILE", name)) == ["MaxUnpool"]


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
@pytest.mark.parametrize("mode", ["NUMBA", "CVM", "JAX"])
def test_broadcasts_run_in_every_mode(mode, rng):
    v, p, _ = inputs(known=False)
    y = FORMS["static lengths"](v, p)
    run, reference = compiled([v, p], y, mode), plain([v, p], y)
    values, positions, _ = arrays(rng)
    same(run, reference, [values, positions])
    same(run, reference, [values, positions[:1]])
    if mode != "JAX":
        with pytest.raises(ValueError, match="positions must have the shape"):
            run(values, positions[:, :, :3])


def test_unsigned_positions_do_not_wrap():
    p = pt.tensor("p", dtype="uint8", shape=(1, 1))
    y = pt.set_subtensor(pt.zeros((2, 4))[pt.arange(2)[:, None], p], 1.0)
    run = compiled([p], y, "FAST_COMPILE")
    assert our_ops(run) == ["MaxUnpool"]
    assert run(np.array([[3]], "uint8")).tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    with pytest.raises(IndexError, match="positions holds 255"):
        run(np.array([[255]], "uint8"))
