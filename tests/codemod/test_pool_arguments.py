"""PU110: `ds`, `st` and `padding` of pooling."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU110"

CHANGES = [
    (
        """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, ds=(2, 2), st=s, padding=p)
    """,
        """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, ws=(2, 2), stride=s, pad=p)
    """,
    ),
    (
        """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_3d(x, ds = (2, 2, 2),  # window
        st=s)
    """,
        """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_3d(x, ws = (2, 2, 2),  # window
        stride=s)
    """,
    ),
    (
        """
    import theano.tensor as T
    T.signal.pool.pool_2d(x, ds=2)
    """,
        """
    import theano.tensor as T
    T.signal.pool.pool_2d(x, ws=2)
    """,
    ),
    (
        """
    from aesara.tensor.signal import pool
    pool.pool_2d(x, ds=2, **options)
    """,
        """
    from aesara.tensor.signal import pool
    pool.pool_2d(x, ws=2, **options)
    """,
    ),
]

STAYS = [
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, ws=(2, 2), stride=s, pad=p)
    """,
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, (2, 2), True, s, p)
    """,
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, ws=2, ds=2)
    """,
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    pool_2d(x, **{"ds": 2})
    """,
    """
    from theano.tensor.signal.downsample import max_pool_2d
    max_pool_2d(x, ds=(2, 2), st=s)
    """,
    """
    pool_2d(x, ds=(2, 2), st=s)
    """,
    """
    from mine import pool_2d
    pool_2d(x, ds=(2, 2))
    """,
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    def f(pool_2d):
        return pool_2d(x, ds=2)
    """,
    """
    from theano.tensor.signal.pool import pool_2d, pool_3d
    other(ds=2, st=3, padding=1)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
