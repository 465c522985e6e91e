"""PU113: `stack` with one argument for each tensor."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU113"

CHANGES = [
    (
        """
    import theano.tensor as T
    T.stack(a, b, c)
    """,
        """
    import theano.tensor as T
    T.stack([a, b, c])
    """,
    ),
    (
        """
    import theano.tensor as T
    x = T.vector()
    T.stack(x, y)
    """,
        """
    import theano.tensor as T
    x = T.vector()
    T.stack([x, y])
    """,
    ),
    (
        """
    import theano.tensor as T
    T.stack(*rows)
    """,
        """
    import theano.tensor as T
    T.stack([*rows])
    """,
    ),
    (
        """
    import theano.tensor as T
    T.stack(a, b, c, axis=1)
    """,
        """
    import theano.tensor as T
    T.stack([a, b, c], axis=1)
    """,
    ),
    (
        """
    import theano.tensor as T
    T.stack(a,  # first
            *rest)
    """,
        """
    import theano.tensor as T
    T.stack([a,  # first
            *rest])
    """,
    ),
    (
        """
    from theano.tensor import *
    stack(a, b, c)
    """,
        """
    from theano.tensor import *
    stack([a, b, c])
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    T.stack([a, b])
    """,
    """
    import theano.tensor as T
    T.stack([a, b], 1)
    """,
    """
    import theano.tensor as T
    T.stack((a, b), axis)
    """,
    """
    import theano.tensor as T
    T.stack(rows)
    """,
    """
    import theano.tensor as T
    T.stack(rows, 1)
    """,
    """
    import theano.tensor as T
    T.stack(rows, -1)
    """,
    """
    import theano.tensor as T
    T.stack(rows, axis)
    """,
    """
    import theano.tensor as T
    T.stack(rows, dim)
    """,
    """
    import theano.tensor as T
    T.stack([f(x) for x in y], i)
    """,
    """
    import theano.tensor as T
    T.stack(tensors=rows, axis=1)
    """,
    """
    import numpy as np
    np.stack(a, b, c)
    """,
    """
    stack(a, b, c)
    """,
    """
    import theano.tensor as T
    T.stacklists([a, b])
    """,
    """
    import theano.tensor as T
    T.stack([a], *more)
    """,
]

LEFT = [
    (
        """
    import theano.tensor as T
    T.stack(a, b)
    """,
        "pass the tensors as one list",
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
