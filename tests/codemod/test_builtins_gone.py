"""PU154: built-in functions renamed in Python 3."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU154"

CHANGES = [
    (
        """
    for i in xrange(3): pass
    """,
        """
    for i in range(3): pass
    """,
    ),
    (
        """
    unicode(x), unichr(2), long(3), isinstance(x, basestring)
    """,
        """
    str(x), chr(2), int(3), isinstance(x, str)
    """,
    ),
    (
        """
    import os
    x = reduce(f, y)
    """,
        """
    import os
    from functools import reduce
    x = reduce(f, y)
    """,
    ),
    (
        """
    answer = raw_input("?")
    """,
        """
    answer = input("?")
    """,
    ),
]

STAYS = [
    """
    for i in range(3): pass
    """,
    """
    from six.moves import xrange
    xrange(3)
    """,
    """
    try:
        xrange
    except NameError:
        xrange = range
    """,
    """
    def unicode(x): pass
    unicode(2)
    """,
    """
    x.xrange(3)
    """,
    """
    f(xrange=3)
    """,
    """
    from functools import reduce
    reduce(f, y)
    """,
    """
    np.maximum.reduce(x)
    """,
    """
    def f(xrange):
        return xrange(3)
    """,
    """
    from past.builtins import *
    unicode(3)
    """,
    """
    "xrange(3)"
    """,
]

LEFT = [
    (
        """
    def f(range):
        return xrange(range)
    """,
        "now called range",
    ),
    (
        """
    cmp(a, b)
    """,
        "Python 3 has no cmp",
    ),
    (
        """
    execfile("a.py")
    """,
        "no execfile",
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
