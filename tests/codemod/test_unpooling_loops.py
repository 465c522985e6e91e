"""PU131: un-pooling with a loop of `set_subtensor`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU131"

CHANGES = [
    (
        """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    out = pu.max_unpool(v, p, 20)
    """,
    ),
    (
        """
    import theano.tensor as T
    out = T.zeros((k, m), "float32")
    for i in xrange(k):
        out = T.set_subtensor(out[i, p[i, :]], v[i])
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    out = pu.max_unpool(v, p, m)
    """,
    ),
    (
        """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    # each row
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    y = out
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    # each row
    out = pu.max_unpool(v, p, 20)
    y = out
    """,
    ),
    (
        """
    import theano.tensor as T
    pu = 3
    out = T.zeros((k, m))
    for i in range(k):
        out = T.set_subtensor(out[i, p[i]], v[i])
    """,
        """
    import theano.tensor as T
    import pytensor_unpool
    pu = 3
    out = pytensor_unpool.max_unpool(v, p, m)
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(1, 2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(4):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[c, n])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.inc_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.ones((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    out = out + 1
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c] + 1], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])  # why
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            other = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c], inplace=True)
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20, 3))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
    """,
    """
    import theano.tensor as T
    out = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            out = T.set_subtensor(out[n, c, p[n, c]], v[n, c])
            print(n)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
