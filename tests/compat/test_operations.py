"""Operations under their old names: PyTensor's as long as old code has not changed them."""

import copy
import pickle
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile import ops as new_ops
from pytensor.graph.op import Op
from pytensor.tensor.elemwise import Elemwise

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.fallback import found
from pytensor_unpool.compat.operations import OldOp
from pytensor_unpool.compat.theano import scalar
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.legacy_names import old_names
from tests.support.old_operations import (
    Exp,
    Own,
    X,
    changed,
    square,
    square_alone,
    square_of_output,
)


class Stretched:
    """It can be pickled, but its copy is another."""

    def slope(self, inputs, gradients):
        return square(inputs, gradients)


class TestOperationsStayPyTensors:
    def test_graphs_hold_them_where_nothing_was_changed(self):
        x = T.dvector("x")
        assert T.exp(x).owner.op is pt.exp
        assert copy.copy(T.exp)(x).owner.op == pt.exp
        assert type(T.Elemwise(scalar.exp)(x).owner.op) is Elemwise
        assert type(theano.compile.ViewOp()(x).owner.op) is new_ops.ViewOp
        assert T.Elemwise(scalar.exp) == pt.exp == T.exp
        assert hash(T.Elemwise(scalar.exp)) == hash(pt.exp)
        assert isinstance(pt.exp, T.Elemwise)
        assert issubclass(T.Elemwise, Elemwise)
        assert not isinstance(pt.exp, theano.compile.ViewOp)

    def test_old_rewriters_find_them(self):
        seen = []

        @theano.gof.local_optimizer([T.Elemwise])
        def local_look(fgraph, node):
            seen.append(node.op)

        x = T.dvector("x")
        mode = pytensor.compile.mode.Mode("py", theano.gof.opt.in2out(local_look))
        theano.function([x], pt.exp(x), mode=mode)
        assert pt.exp in seen

    def test_changed_ones_equal_none_but_their_copies(self):
        op = changed(copy.copy(T.exp), grad=square)
        others = [T.exp, pt.exp, changed(copy.copy(T.exp), grad=square_alone), Exp()]
        assert op == copy.copy(op)
        assert hash(op) == hash(copy.copy(op))
        assert op == pickle.loads(pickle.dumps(op))
        assert all(op != other and other != op for other in others)
        assert Own() == Own() != changed(Own(), grad=square)

    def test_a_gradient_that_comes_too_late_is_an_error(self):
        op = copy.copy(T.exp)
        op(T.dvector())
        with pytest.raises(NotImplementedError, match="grad of Elemwise was set after"):
            op.grad = square
        copy.copy(op).grad = square

    def test_compiled_graphs_have_them_even_where_gradients_differ(self):
        x = T.dvector("x")
        for op in (changed(copy.copy(T.exp), grad=square), Elemwise(copied_scalar())):
            run = theano.function([x], op(x) + T.exp(x), mode="FAST_COMPILE")
            nodes = run.maker.fgraph.toposort()
            assert [node.op for node in nodes if node.op == pt.exp], nodes
            assert not any(isinstance(node.op, OldOp) for node in nodes)

    @pytest.mark.parametrize("optimizer", ["fast_run", None])
    def test_c_code_is_found_again_whatever_an_operation_holds(self, optimizer):
        """Catches PyTensor's error of a key that does not equal what was pickled."""
        x = T.dvector("x")
        op = changed(copy.copy(T.exp), grad=Stretched().slope, holds=np.arange(3))
        mode = pytensor.compile.mode.Mode("cvm", optimizer)
        run = theano.function([x], [op(x), T.grad(op(x).sum(), x)], mode=mode)
        np.testing.assert_allclose(run(X), [np.exp(X), X**2])


def copied_scalar() -> Any:
    return changed(copy.copy(scalar.exp), grad=square)


def test_every_old_operation_and_class_of_one_can_be_given_a_gradient():
    """Also: it can be copied and pickled, and is PyTensor's as long as nothing was changed."""
    wrong = set()
    for entry in old_names().values():
        old = found(entry) if entry.new else None
        if isinstance(old, type) and issubclass(old, Op):
            if not issubclass(old, OldOp) or pickle.loads(pickle.dumps(old)) is not old:
                wrong.add(entry.old)
        elif isinstance(old, Op):
            other = copy.copy(old)
            same = other == old == copy.deepcopy(old) == pickle.loads(pickle.dumps(old))
            other.grad = square
            if not same or old == other or not isinstance(old, OldOp):
                wrong.add(entry.old)
    assert wrong == set()


def test_what_only_makes_graphs_refuses_a_gradient():
    """Catches the loss of a gradient of a class that is no operation here."""
    with pytest.raises(NotImplementedError, match="Guided cannot have a grad of its own"):

        class Guided(T.signal.pool.Pool):
            def grad(self, inputs, gradients):
                return gradients

    for op in T.nnet.softmax_op, T.nnet.conv.ConvOp(output_mode="valid"):
        with pytest.raises(NotImplementedError, match=r"L_op of its own.*theano\.OpFromGraph"):
            copy.copy(op).L_op = square_of_output
