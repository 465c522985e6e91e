"""PU160: gradients of Ops."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU160"

CHANGES = [
    (
        """
    import theano
    class A(theano.Op):
        def grad(self, inputs, gs):
            return gs
    """,
        """
    import theano
    class A(theano.Op):
        def pullback(self, inputs, outputs, gs):
            return gs
    """,
    ),
    (
        """
    from theano.gof import Op
    class A(Op):
        def L_op(self, inputs, outs, gs):
            return gs
    """,
        """
    from theano.gof import Op
    class A(Op):
        def pullback(self, inputs, outs, gs):
            return gs
    """,
    ),
    (
        """
    import theano
    class A(theano.Op): pass
    class B(A):
        def grad(self, x, g):
            outputs = g
            return outputs
    """,
        """
    import theano
    class A(theano.Op): pass
    class B(A):
        def pullback(self, x, outputs_, g):
            outputs = g
            return outputs
    """,
    ),
    (
        """
    import theano
    class A(theano.compile.ViewOp):
        def grad(self, inputs, gs):
            return gs
    """,
        """
    import theano
    class A(theano.compile.ViewOp):
        def pullback(self, inputs, outputs, gs):
            return gs
    """,
    ),
]

STAYS = [
    """
    import theano
    op = theano.OpFromGraph([x], [y])
    op.grad = lambda inputs, gs: gs
    """,
    """
    import theano
    self.grad = theano.grad(cost, x)
    """,
    """
    class A:
        def grad(self, inputs, gs):
            return gs
    """,
    """
    class A(Op):
        def grad(self, inputs, gs):
            return gs
    """,
    """
    import theano
    class A(theano.Type):
        def grad(self, inputs, gs): pass
    """,
    """
    import theano
    class A(theano.Op):
        def perform(self, node, x, y): pass
    """,
    """
    import theano
    class A(theano.Op):
        def pullback(self, i, o, c): pass
        def grad(self, i, g): pass
    """,
    """
    import theano
    def grad(self, i, g): pass
    """,
    """
    import theano
    class A(theano.Op):
        def R_op(self, i, e): pass
        def pushforward(self, i, o, t): pass
    """,
    """
    from mine import Op
    class A(Op):
        def grad(self, i, g): pass
    """,
]

LEFT = [
    (
        """
    import copy, theano.tensor as T
    op = copy.copy(T.nnet.sigmoid)
    op.grad = lambda inputs, gs: gs
    """,
        "does not ask for grad",
    ),
    (
        """
    import theano
    def backward(inputs, gs): return gs
    make().L_op = backward
    """,
        "does not ask for L_op",
    ),
    (
        """
    import theano
    class A(theano.Op):
        def grad(self, i, g): pass
    A().grad(x, g)
    """,
        "write pullback",
    ),
    (
        """
    import theano
    class A(theano.Op):
        def grad(self, *args): pass
    """,
        "write pullback",
    ),
    (
        """
    import theano
    class A(theano.Op):
        def R_op(self, i, e): pass
    """,
        "pushforward",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


@pytest.mark.parametrize(("code", "message"), LEFT)
def test_is_left_with_a_todo(code, message):
    assert_left(code, RULE, message)
