"""PU133: upsampling with two calls of `repeat`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU133"

CHANGES = [
    (
        """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, 2, axis=2), 3, axis=3)
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    x = T.tensor4()
    pu.upsample_nearest(x, (2, 3))
    """,
    ),
    (
        """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, 2, 3), 3, -2)
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    x = T.tensor4()
    pu.upsample_nearest(x, (3, 2))
    """,
    ),
    (
        """
    import theano.tensor as T
    x = T.tensor4()
    y = x.repeat(2, axis=2).repeat(2, axis=3) + 1
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    x = T.tensor4()
    y = pu.upsample_nearest(x, (2, 2)) + 1
    """,
    ),
    (
        """
    import theano.tensor as T
    T.extra_ops.repeat(T.extra_ops.repeat(T.exp(x), 2, axis=-2), 2, axis=-1)
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    pu.upsample_nearest(T.exp(x), (2, 2))
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    T.repeat(T.repeat(x, 2, axis=2), 3, axis=3)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(x, 2, axis=2)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, 2, axis=1), 3, axis=3)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, 2, axis=2), 3, axis=2)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, n, axis=2), 3, axis=3)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.repeat(x, 2), 3)
    """,
    """
    import numpy as np
    np.repeat(np.repeat(x, 2, axis=-2), 2, axis=-1)
    """,
    """
    x.repeat(2, axis=-2).repeat(2, axis=-1)
    """,
    """
    import theano.tensor as T
    x = T.tensor3()
    T.repeat(T.repeat(x, 2, axis=2), 3, axis=3)
    """,
    """
    import theano.tensor as T
    x = T.tensor4()
    T.repeat(T.exp(T.repeat(x, 2, axis=2)), 3, axis=3)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
