"""PU155: methods renamed in Python 3."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU155"

CHANGES = [
    (
        """
    for k in d.iteritems(): pass
    """,
        """
    for k in d.items(): pass
    """,
    ),
    (
        """
    d.has_key(k)
    """,
        """
    k in d
    """,
    ),
    (
        """
    x + d.has_key(k), not d.has_key(a + b)
    """,
        """
    x + (k in d), not (a + b) in d
    """,
    ),
    (
        """
    xrange(2)
    it.next()
    """,
        """
    xrange(2)
    next(it)
    """,
    ),
    (
        """
    class A:
        def __nonzero__(self):
            return True
    """,
        """
    class A:
        def __bool__(self):
            return True
    """,
    ),
    (
        """
    xrange(2)
    class A:
        def next(self):
            return 1
    """,
        """
    xrange(2)
    class A:
        def __next__(self):
            return 1
    """,
    ),
]

STAYS = [
    """
    d.items()
    """,
    """
    import six
    six.iteritems(d)
    """,
    """
    d.iteritems(2)
    """,
    """
    it.next()
    """,
    """
    next(it)
    """,
    """
    def next(self): pass
    """,
    """
    class A:
        def next(self): pass
    """,
    """
    def __nonzero__(x): pass
    """,
    """
    class A:
        __bool__ = None
        def __nonzero__(self): pass
    """,
    """
    d.has_key()
    """,
    """
    iteritems(d)
    """,
    """
    d.has_key
    """,
    """
    class A:
        def f(self):
            __metaclass__ = 3
    """,
    """
    __metaclass__ = type
    """,
]

LEFT = [
    (
        """
    class A:
        __metaclass__ = B
    """,
        "does not read __metaclass__",
    ),
    (
        """
    class A:
        def __cmp__(self, other): pass
    """,
        "does not call __cmp__",
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
