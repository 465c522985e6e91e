"""Vectorizing a graph adds leading axes to the Ops: no loop over items, no Blockwise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.graph.replace import vectorize_graph
from pytensor.tensor.blockwise import Blockwise

import pytensor_unpool as pu
from pytensor_unpool.errors import ShapeError
from pytensor_unpool.ops import MaxPool, MaxUnpool
from tests.support.batches import CASES, PLACES, Batched, X, output_of
from tests.support.idioms import OURS
from tests.support.modes import C_OR_PYTHON, every_mode


def variable(array: Any, name: str = "v") -> Any:
    array = np.asarray(array)
    return pt.tensor(name, dtype=array.dtype, shape=(None,) * array.ndim)


def op_types(function: Any) -> list[type]:
    """Return the types of our Ops in a compiled graph, with Blockwise for loops over items."""
    kinds = []
    for node in function.maker.fgraph.apply_nodes:
        if isinstance(node.op, OURS):
            kinds.append(type(node.op))
        elif isinstance(node.op, Blockwise) and isinstance(node.op.core_op, OURS):
            kinds.append(Blockwise)
    return sorted(kinds, key=type_name)


def type_name(kind: type) -> str:
    return kind.__name__


def one_by_one(case: Batched, arguments: list[Sequence[Any]]) -> list[Any]:
    """Return the results for single items, computed one after another."""
    items = [variable(argument[0]) for argument in arguments]
    run = pytensor.function(items, output_of(case.op, items), mode="FAST_COMPILE")
    return [run(*item) for item in zip(*arguments, strict=True)]


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_a_batch_of_every_argument_is_one_call_of_each_op(mode):
    inputs, outputs, arrays = [], [], []
    for case in CASES.values():
        items = [variable(array[0]) for array in case.arguments]
        batches = [variable(array) for array in case.arguments]
        item = output_of(case.op, items)
        outputs.append(vectorize_graph(item, dict(zip(items, batches, strict=True))))
        inputs += batches
        arrays += case.arguments
    run = pytensor.function(inputs, outputs, mode=mode)
    assert op_types(run) == sorted((type(case.op) for case in CASES.values()), key=type_name)
    for case, got in zip(CASES.values(), run(*arrays), strict=True):
        np.testing.assert_array_equal(got, one_by_one(case, case.arguments))


@pytest.mark.parametrize("mode", C_OR_PYTHON)
def test_a_batch_of_one_argument_meets_one_item_of_the_others(mode):
    """Values of a batch at the positions of one item, and one item at positions of a batch.

    Catches leading axes that are added to one argument only, or broadcast the wrong way round.
    """
    inputs, outputs, arrays, several = [], [], [], []
    for case in CASES.values():
        for which in range(len(case.arguments)) if len(case.arguments) > 1 else ():
            items = [variable(array[0]) for array in case.arguments]
            batch = variable(case.arguments[which])
            outputs.append(vectorize_graph(output_of(case.op, items), {items[which]: batch}))
            for i, array in enumerate(case.arguments):
                inputs.append(batch if i == which else items[i])
                arrays.append(array if i == which else array[0])
            several.append((case, which))
    run = pytensor.function(inputs, outputs, mode=mode)
    assert op_types(run) == sorted((type(case.op) for case, _ in several), key=type_name)
    for (case, which), got in zip(several, run(*arrays), strict=True):
        items_of_each = [
            array if i == which else [array[0]] * len(array)
            for i, array in enumerate(case.arguments)
        ]
        np.testing.assert_array_equal(got, one_by_one(case, items_of_each))


def test_batches_with_axes_of_their_own_are_broadcast():
    """Values have the batch axes (3, 1), positions (1, 2): items are all pairs of them."""
    values, positions = variable(X[0, :2]), variable(PLACES[0])
    item = MaxUnpool(1, "last")(values, positions, [4])
    many_values = pt.tensor("values", dtype="float64", shape=(None, 1, None))
    many_places = pt.tensor("places", dtype="int64", shape=(1, None, None))
    batch = vectorize_graph(item, {values: many_values, positions: many_places})
    run = pytensor.function([many_values, many_places], batch, mode="FAST_COMPILE")
    assert op_types(run) == [MaxUnpool]
    got = run(X[:, None, :2], PLACES[None, :2])
    assert got.shape == (3, 2, 4)
    one = pytensor.function([values, positions], item, mode="FAST_COMPILE")
    for i in range(3):
        for j in range(2):
            np.testing.assert_array_equal(got[i, j], one(X[i, :2], PLACES[j]))


# Numba has no code for a loop whose results have lengths that depend on values.
in_object_mode = pytest.mark.filterwarnings("ignore:Numba will use object mode:UserWarning")


@in_object_mode
@every_mode
def test_windows_that_differ_from_item_to_item_are_looped_over_and_right(mode):
    x, stride = variable(X[0]), pt.lscalar("stride")
    values, positions = pu.max_pool(x, 2, stride)
    strides = pt.lvector("strides")
    batch = vectorize_graph([values, positions], {stride: strides})
    run = pytensor.function([x, strides], batch, mode=mode)
    assert Blockwise in op_types(run)
    # Items of one result must have one length: 1 and 1 windows here, 2 and 1 would not fit.
    got_values, got_positions = run(X[0], [3, 4])
    assert got_values.tolist() == [[3], [3]]
    assert got_positions.tolist() == [[0], [0]]


@every_mode
def test_windows_of_all_items_alike_need_no_loop(mode):
    x, window = variable(X[0]), pt.lscalar("window")
    batch_variable = variable(X)
    batch = vectorize_graph(pu.max_pool(x, window)[0], {x: batch_variable})
    run = pytensor.function([batch_variable, window], batch, mode=mode)
    assert op_types(run) == [MaxPool]
    np.testing.assert_array_equal(run(X, 4), X.max(-1, keepdims=True))


@every_mode
def test_one_length_for_each_item_needs_no_loop(mode):
    """They must agree, because the results form one array: `shape` is batched too."""
    values, positions, length = variable(X[0, :2]), variable(PLACES[0]), pt.lscalar("length")
    item = pu.max_unpool(values, positions, length)
    lengths = pt.lvector("lengths")
    batch = vectorize_graph(item, {length: lengths})
    run = pytensor.function([values, positions, lengths], batch, mode=mode)
    assert op_types(run) == [MaxUnpool]
    assert run(X[0, :2], [1, 0], [3, 3]).tolist() == [[1, 3, 0]] * 2
    with pytest.raises(ShapeError, match="different lengths in shape"):
        run(X[0, :2], [1, 0], [3, 4])


@pytest.mark.parametrize("mode", C_OR_PYTHON)
@pytest.mark.parametrize("ties", ["first", "all"])
def test_the_gradient_of_an_item_is_batched_without_a_loop(mode, ties):
    """This is how per-example gradients are written: differentiate one item, then vectorize."""
    x, weight = variable(X[0], "x"), variable(X[0, :2], "weight")
    values, positions = pu.max_pool(x, 2, ties=ties)
    loss = (pu.max_unpool(values**2, positions, 4) * x).sum() + (values * weight).sum()
    gradient = pt.grad(loss, x)
    batch_x, batch_weight = variable(X, "xs"), variable(X[:, :2], "weights")
    batch = vectorize_graph(gradient, {x: batch_x, weight: batch_weight})
    run = pytensor.function([batch_x, batch_weight], batch, mode=mode)
    assert Blockwise not in op_types(run)
    one = pytensor.function([x, weight], gradient, mode="FAST_COMPILE")
    wanted = [one(*arguments) for arguments in zip(X, X[:, :2], strict=True)]
    np.testing.assert_allclose(run(X, X[:, :2]), wanted)


def test_a_gradient_through_a_batch_is_the_batch_of_gradients():
    """Vectorizing first and differentiating afterwards gives the same."""
    x = variable(X[0], "x")
    item = (pu.max_pool(x, 2)[0] ** 2).sum()
    xs = variable(X, "xs")
    run = pytensor.function([xs], pt.grad(vectorize_graph(item, {x: xs}).sum(), xs))
    assert Blockwise not in op_types(run)
    assert run(X).tolist() == [[6, 0, 8, 0], [0, 18, 0, 12], [14, 0, 0, 18]]


def test_a_hessian_is_batched_without_a_loop():
    """`vectorize_jacobian` batches the pullback of the pullback."""
    x = variable(X[0], "x")
    loss = (pu.max_pool(x, 2)[0] ** 3).sum()
    hessian = pytensor.gradient.hessian(loss, [x])[0]
    run = pytensor.function([x], hessian, mode="FAST_COMPILE")
    np.testing.assert_allclose(run(X[0]), np.diag([18.0, 0, 24, 0]))
    jacobian = pt.jacobian(pu.max_pool(x, 2)[0], x, vectorize=True)
    run = pytensor.function([x], jacobian, mode="FAST_COMPILE")
    assert Blockwise not in op_types(run)
    np.testing.assert_array_equal(run(X[0]), [[1, 0, 0, 0], [0, 0, 1, 0]])
