"""Rewrites: what they do, what they leave unchanged, how they are turned off.

The first tests show that a broken rewriter fails a test at all; see `conftest.py`.
"""

import logging
from types import ModuleType
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import get_mode, optdb
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.graph.rewriting.basic import (
    FromFunctionGraphRewriter,
    FromFunctionNodeRewriter,
    node_rewriter,
    out2in,
)
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.tensor.blockwise import Blockwise

import pytensor_unpool as pu
from pytensor_unpool import rewrites
from pytensor_unpool.compat import lowering
from pytensor_unpool.compat.theano.tensor.nnet import softmaxes
from pytensor_unpool.dispatch import static
from pytensor_unpool.ops import MaxGather, MaxPool, TapUnpool, TiedUnpool
from tests.support.cases import assert_same
from tests.support.idioms import our_ops, plain
from tests.support.modes import every_mode

STAGES = ("canonicalize", "stabilize", "specialize", "uncanonicalize")


@node_rewriter([MaxPool])
def local_broken(fgraph: Any, node: Apply) -> None:
    raise RuntimeError("a broken rewriter")


class BrokenShape(Op):
    """An identity that fails when it is asked for shapes."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [x.type()])

    def perform(self, node: Apply, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = inputs[0].copy()

    def infer_shape(self, *arguments: Any) -> list[Any]:
        raise RuntimeError("a broken infer_shape")


def compile_with(rewriter: Any) -> Any:
    x = pt.vector("x")
    mode = get_mode("FAST_COMPILE").register((out2in(rewriter), 1.5))
    return pytensor.function([x], pu.max_pool(x, 2)[0], mode=mode)


def compile_shape_of(op: Op) -> Any:
    x = pt.vector("x")
    return pytensor.function([x], op(x).shape[0], mode="FAST_COMPILE")


def test_an_exception_in_a_rewriter_fails_the_test():
    with pytest.raises(RuntimeError, match="a broken rewriter"):
        compile_with(local_broken)


def test_an_exception_in_infer_shape_fails_the_test():
    # PyTensor 3.0 raises its own exception with the text of this one.
    with pytest.raises(Exception, match="a broken infer_shape"):
        compile_shape_of(BrokenShape())


def test_without_the_fixture_a_broken_rewriter_would_pass(caplog):
    """If PyTensor ever raises by itself, the fixture can be removed."""
    with (
        pytensor.config.change_flags(on_opt_error="warn"),
        caplog.at_level(logging.ERROR, "pytensor.graph.rewriting.basic"),
    ):
        assert compile_with(local_broken)([1.0, 2.0]).tolist() == [2.0]
    assert "a broken rewriter" in caplog.text


def nodes(function: Any, kind: type) -> list[Apply]:
    return [node for node in function.maker.fgraph.apply_nodes if isinstance(node.op, kind)]


def outputs_of_pools(function: Any) -> list[str | None]:
    return [node.op.output for node in nodes(function, MaxPool)]


X = np.array([[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0]])


@every_mode
@pytest.mark.parametrize("ties", ["first", "all"])
def test_positions_that_nobody_reads_are_not_computed(mode, ties):
    x = pt.matrix("x", dtype="float64")
    values, _ = pu.max_pool(x, 2, ties=ties)
    run = pytensor.function([x], values, mode=mode)
    assert outputs_of_pools(run) == ["values"]
    assert nodes(run, MaxPool)[0].op.ties == ties
    assert run(X).tolist() == [[3, 4], [9, 6]]


@every_mode
def test_positions_of_symbolic_windows_are_dropped_too(mode):
    x, window = pt.matrix("x", dtype="float64"), pt.lscalar("window")
    run = pytensor.function([x, window], pu.max_pool(x, window)[0], mode=mode)
    assert outputs_of_pools(run) == ["values"]
    assert run(X, 4).tolist() == [[4], [9]]


@every_mode
def test_positions_that_are_an_output_are_kept(mode):
    x = pt.matrix("x", dtype="float64")
    values, positions = pu.max_pool(x, 2)
    run = pytensor.function([x], [values, positions], mode=mode)
    assert outputs_of_pools(run) == ["positions"]
    assert run(X)[1].tolist() == [[0, 2], [1, 3]]
    only_positions = pytensor.function([x], positions, mode=mode)
    assert outputs_of_pools(only_positions) == ["positions"]
    assert only_positions(X).tolist() == [[0, 2], [1, 3]]


@every_mode
def test_pooling_once_serves_the_values_and_their_gradient(mode):
    """Catches a rewrite that runs before equal nodes are merged: it would pool twice."""
    x = pt.matrix("x", dtype="float64")
    values, _ = pu.max_pool(x, 2)
    run = pytensor.function([x], [values, pt.grad((values**2).sum(), x)], mode=mode)
    assert outputs_of_pools(run) == ["taps"]
    assert len(nodes(run, TapUnpool)) == 1
    assert run(X)[1].tolist() == [[6, 0, 8, 0], [0, 18, 0, 12]]


@every_mode
def test_the_gradient_to_all_ties_needs_no_positions(mode):
    x = pt.matrix("x", dtype="float64")
    values, _ = pu.max_pool(x, 2, ties="all")
    run = pytensor.function([x], pt.grad(values.sum(), x), mode=mode)
    assert outputs_of_pools(run) == ["values"]
    assert len(nodes(run, TiedUnpool)) == 1
    assert run(np.array([[2.0, 2.0, 1.0, 3.0]])).tolist() == [[1, 1, 0, 1]]


def test_two_poolings_that_differ_in_what_is_read_are_told_apart():
    """Both outputs are read for x, but only the values for 2 * x."""
    x = pt.matrix("x", dtype="float64")
    outputs = [*pu.max_pool(x, 2), pu.max_pool(2 * x, 2)[0]]
    run = pytensor.function([x], outputs, mode="FAST_COMPILE")
    assert sorted(outputs_of_pools(run)) == ["positions", "values"]
    assert run(X)[2].tolist() == [[6, 8], [18, 12]]


def test_the_gradient_of_a_graph_whose_positions_were_dropped_is_right():
    """A graph may be rewritten first and differentiated afterwards."""
    x = pt.matrix("x", dtype="float64")
    values = rewrite_graph(pu.max_pool(x, 2)[0], include=("canonicalize", "specialize"))
    assert values.owner.op.output == "values"
    gradient = pytensor.function([x], pt.grad(values.sum(), x), mode="FAST_COMPILE")
    assert gradient(X).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]


@every_mode
@pytest.mark.parametrize("name", ["pytensor_unpool", "local_max_pool_drop_positions"])
def test_rewrites_can_be_turned_off_together_and_by_name(mode, name):
    x = pt.matrix("x", dtype="float64")
    values, _ = pu.max_pool(x, 2)
    run = pytensor.function([x], values, mode=get_mode(mode).excluding(name))
    assert outputs_of_pools(run) == ["positions"]
    assert run(X).tolist() == [[3, 4], [9, 6]]


def test_every_rewrite_has_the_tag_of_the_package():
    """Catches a rewrite that `excluding("pytensor_unpool")` leaves on."""
    ours = set(static.REWRITES.values()) | {
        rewrite.name
        for module in (*vars(rewrites).values(), lowering, softmaxes)
        if isinstance(module, ModuleType)
        for rewrite in vars(module).values()
        if isinstance(rewrite, FromFunctionNodeRewriter | FromFunctionGraphRewriter)
    }
    tagged = {
        rewrite.name
        for database in (optdb, *(optdb[stage] for stage in STAGES))
        for rewrite in database.__db__["pytensor_unpool"]
    }
    assert ours == tagged != set()


def picture_of(*lengths: int) -> Any:
    return pt.tensor("x", dtype="float64", shape=lengths)


@pytest.mark.parametrize("duplicates", ["last", "sum"])
@pytest.mark.parametrize("stride", [None, 1])
def test_elements_that_pooling_found_are_not_read_again(duplicates, stride, rng):
    x = picture_of(3, 6, 8)
    values, positions = pu.max_pool(x, (2, 4), stride)
    again = MaxGather(2, duplicates)(x, positions)
    run = pytensor.function([x], [values, again], mode="FAST_COMPILE")
    is_found = stride is None or duplicates == "sum"
    assert our_ops(run) == (["MaxPool"] if is_found else ["MaxGather", "MaxPool"])
    array = rng.integers(-2, 3, size=(3, 6, 8)).astype("float64")
    for got, wanted in zip(run(array), plain([x], [values, again])(array), strict=True):
        assert_same(got, wanted)


def test_elements_of_another_array_are_read(rng):
    x, y = picture_of(3, 6, 8), picture_of(3, 6, 8)
    _, positions = pu.max_pool(x, 2)
    run = pytensor.function([x, y], MaxGather(1, "sum")(y, positions), mode="FAST_COMPILE")
    assert our_ops(run) == ["MaxPool", "TapGather"]


def test_what_was_placed_is_not_read_again(rng):
    """Only if its shape is known to be that of the places: un-pooling raises for others."""
    x, other = picture_of(3, 6, 8), pt.dtensor3("other")
    values, positions = pu.max_pool(x, (2, 4))
    for moved, expected in ((pt.exp(values), []), (other, ["TapGather", "TapUnpool"])):
        unpooled = pu.max_unpool(moved, positions, (6, 8))
        back = MaxGather(2, "sum")(unpooled, positions)
        inputs = [x, other]
        run = pytensor.function(inputs, back, mode="FAST_COMPILE", on_unused_input="ignore")
        assert our_ops(run) == ["MaxPool", *expected]
        arrays = rng.normal(size=(3, 6, 8)), rng.normal(size=(3, 3, 2))
        assert_same(run(*arrays), plain(inputs, back)(*arrays))


@pytest.mark.parametrize("batch", [(2,), (2, 3)], ids=str)
def test_a_loop_over_a_batch_is_one_call(batch, rng):
    op = pu.max_pool(pt.dmatrix(), (2, 3))[0].owner.op
    x = picture_of(*batch, 4, 6)
    outputs = Blockwise(op, signature="(a,b)->(c,d),(c,d)")(x)
    run = pytensor.function([x], outputs, mode="FAST_COMPILE")
    assert [type(node.op) for node in run.maker.fgraph.apply_nodes] == [MaxPool]
    assert our_ops(plain([x], outputs)) == []
    array = rng.normal(size=x.type.shape)
    for got, wanted in zip(run(array), plain([x], outputs)(array), strict=True):
        assert_same(got, wanted)


def test_a_transpose_before_pooling_costs_no_copy():
    """It is a view, and kernels read any memory layout."""
    x = pt.tensor("x", dtype="float32", shape=(2, 5, 6, 16))
    run = pytensor.function([x], pu.max_pool(x.dimshuffle(0, 3, 1, 2), 2)[0], mode="CVM")
    shuffled, pooled = (node.op for node in run.maker.fgraph.toposort())
    assert shuffled.view_map == {0: [0]}
    assert isinstance(pooled, MaxPool)
