"""PU122: comparisons as numbers and as indices."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU122"

CHANGES = [
    (
        """
    import theano.tensor as T
    -T.eq(x, y)
    """,
        """
    import theano.tensor as T
    -T.cast(T.eq(x, y), "int8")
    """,
    ),
    (
        """
    import theano.tensor as T
    T.gt(a, b) - T.lt(a, b)
    """,
        """
    import theano.tensor as T
    T.cast(T.gt(a, b), "int8") - T.cast(T.lt(a, b), "int8")
    """,
    ),
    (
        """
    from theano.tensor import eq
    -eq(x, y)
    """,
        """
    from theano.tensor import eq
    from pytensor.tensor import cast
    -cast(eq(x, y), "int8")
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    T.eq(x, y)
    """,
    """
    import theano.tensor as T
    1 - T.eq(x, y)
    """,
    """
    import theano.tensor as T
    T.eq(x, y) + T.eq(x, z)
    """,
    """
    import theano.tensor as T
    T.mean(T.neq(x, y))
    """,
    """
    import theano.tensor as T
    ~T.eq(x, y)
    """,
    """
    import theano.tensor as T
    -T.exp(x)
    """,
    """
    import numpy as np
    -np.equal(x, y)
    """,
    """
    import theano.tensor as T
    x[T.eq(x, y).nonzero()]
    """,
    """
    import theano.tensor as T
    -T.sum(T.eq(x, y))
    """,
    """
    import theano.tensor as T
    T.switch(T.gt(x, 0), x, -x)
    """,
]

LEFT = [
    (
        """
    import theano.tensor as T
    x[T.eq(y, 2)]
    """,
        "this is a mask",
    ),
    (
        """
    import theano.tensor as T
    a = x[T.gt(y, 0)]
    """,
        "this is a mask",
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
