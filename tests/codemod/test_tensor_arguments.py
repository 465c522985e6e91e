"""PU112: arguments of `flatten`, `repeat`, `tile`, `dot` and others."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU112"

CHANGES = [
    (
        """
    import theano.tensor as T
    T.flatten(x, outdim=2)
    """,
        """
    import theano.tensor as T
    T.flatten(x, ndim=2)
    """,
    ),
    (
        """
    x.flatten(outdim=2)
    """,
        """
    x.flatten(ndim=2)
    """,
    ),
    (
        """
    import theano.tensor as T
    T.repeat(x=a, repeats=2)
    """,
        """
    import theano.tensor as T
    T.repeat(a=a, repeats=2)
    """,
    ),
    (
        """
    import theano.tensor as T
    T.tile(x=a, reps=2); T.dot(a=1, b=2)
    """,
        """
    import theano.tensor as T
    T.tile(A=a, reps=2); T.dot(l=1, r=2)
    """,
    ),
    (
        """
    import theano
    theano.printing.debugprint(obj=f, ids="int")
    """,
        """
    import theano
    theano.printing.debugprint(graph_like=f, id_type="int")
    """,
    ),
    (
        """
    import theano
    theano.Variable(kind); theano.gof.Variable(type=kind, name="x")
    """,
        """
    import theano
    theano.Variable(kind, owner=None); theano.gof.Variable(type=kind, name="x", owner=None)
    """,
    ),
]

STAYS = [
    """
    import theano
    theano.Variable(kind, None, 0, "x"); theano.Variable(kind, owner=node); theano.Variable(*given)
    """,
    """
    Variable(kind)
    """,
    """
    import theano.tensor as T
    T.flatten(x, 2)
    """,
    """
    import theano.tensor as T
    T.flatten(x, ndim=2)
    """,
    """
    x.flatten("C")
    """,
    """
    x.flatten(order="C")
    """,
    """
    import theano.tensor as T
    T.repeat(x, 2, axis=1)
    """,
    """
    import numpy as np
    np.repeat(a=x, repeats=2)
    """,
    """
    import numpy as np
    np.dot(a=x, b=2)
    """,
    """
    import theano.tensor as T
    T.extra_ops.repeat(x=1, repeats=2)
    """,
    """
    import theano.tensor as T
    T.tile(A=x, reps=2)
    """,
    """
    import theano.tensor as T
    T.sum(x=1)
    """,
    """
    flatten(outdim=2)
    """,
]

LEFT = [
    (
        """
    import theano.tensor as T
    T.tile(x, 2, ndim=3)
    """,
        "tile has no ndim",
    ),
    (
        """
    import theano.tensor as T
    y = T.mean(x, op=True)
    """,
        "mean has no op",
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
