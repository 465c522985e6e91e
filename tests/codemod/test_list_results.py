"""PU156: functions that returned lists in Python 2."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU156"

CHANGES = [
    (
        """
    xrange(3)
    map(f, x)[0]
    """,
        """
    xrange(3)
    list(map(f, x))[0]
    """,
    ),
    (
        """
    xrange(3)
    d.keys()[0], len(zip(a, b))
    """,
        """
    xrange(3)
    list(d.keys())[0], len(list(zip(a, b)))
    """,
    ),
    (
        """
    xrange(3)
    y = range(3) + [2]
    """,
        """
    xrange(3)
    y = list(range(3)) + [2]
    """,
    ),
    (
        """
    xrange(3)
    (filter(f, x)).sort()
    """,
        """
    xrange(3)
    (list(filter(f, x))).sort()
    """,
    ),
]

STAYS = [
    """
    map(f, x)[0]
    """,
    """
    y = range(3) + [2]
    """,
    """
    xrange(3)
    for k in map(f, x): pass
    """,
    """
    xrange(3)
    [k for k in zip(a, b)]
    """,
    """
    xrange(3)
    sorted(d.keys())
    """,
    """
    xrange(3)
    list(map(f, x))
    """,
    """
    xrange(3)
    f(*map(g, x))
    """,
    """
    xrange(3)
    k in d.keys()
    """,
    """
    xrange(3)
    dict(zip(a, b))
    """,
    """
    xrange(3)
    ", ".join(map(str, x))
    """,
    """
    from six.moves import map
    xrange(2)
    map(f, x)[0]
    """,
    """
    xrange(3)
    def map(f, x): pass
    map(f, x)[0]
    """,
    """
    xrange(3)
    d.keys(2)[0]
    """,
    """
    xrange(3)
    import m
    m.keys()[0]
    """,
    """
    xrange(3)
    map(f, x)
    """,
    """
    xrange(3)
    x.range(3)[0]
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
