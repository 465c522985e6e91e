"""PU157: pickles written by Python 2."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU157"

CHANGES = [
    (
        """
    import cPickle
    cPickle.load(f)
    """,
        """
    import cPickle
    cPickle.load(f, encoding="latin1")
    """,
    ),
    (
        """
    import cPickle
    cPickle.load(open(path))
    """,
        """
    import cPickle
    cPickle.load(open(path, "rb"), encoding="latin1")
    """,
    ),
    (
        """
    import cPickle
    cPickle.load(gzip.open(path))
    """,
        """
    import cPickle
    cPickle.load(gzip.open(path), encoding="latin1")
    """,
    ),
]

STAYS = [
    """
    import pickle
    pickle.load(f)
    """,
    """
    import cPickle
    cPickle.dump(x, f)
    """,
    """
    import cPickle
    cPickle.load(f, encoding="bytes")
    """,
    """
    import cPickle
    cPickle.load(*x)
    """,
    """
    import cPickle
    load(f)
    """,
    """
    import cPickle
    np.load(f)
    """,
    """
    load(open(path))
    """,
    """
    import cPickle
    cPickle.Unpickler(f)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
