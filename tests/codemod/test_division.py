"""PU121: division of integers in Python 2."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU121"

CHANGES = [
    (
        """
    xrange(3)
    7 / 2
    """,
        """
    xrange(3)
    7 // 2
    """,
    ),
    (
        """
    xrange(3)
    n = len(x)
    m = n / 2 + 1
    """,
        """
    xrange(3)
    n = len(x)
    m = n // 2 + 1
    """,
    ),
    (
        """
    xrange(3)
    y = a / b
    """,
        """
    from pytensor_unpool.compat.python2 import old_div
    xrange(3)
    y = old_div(a, b)
    """,
    ),
    (
        """
    import os

    xrange(3)
    y = (a / b) * 2
    """,
        """
    import os
    from pytensor_unpool.compat.python2 import old_div

    xrange(3)
    y = (old_div(a, b)) * 2
    """,
    ),
    (
        """
    xrange(3)
    y = a[i / 2] / (b / c)
    """,
        """
    from pytensor_unpool.compat.python2 import old_div
    xrange(3)
    y = old_div(a[old_div(i, 2)], (old_div(b, c)))
    """,
    ),
]

STAYS = [
    """
    7 / 2
    """,
    """
    a / b
    """,
    """
    xrange(3)
    1.0 / b
    """,
    """
    xrange(3)
    a / 2.
    """,
    """
    xrange(3)
    a / float(b)
    """,
    """
    xrange(3)
    x.mean() / n
    """,
    """
    xrange(3)
    import numpy as np
    np.sqrt(x) / n
    """,
    """
    from __future__ import division
    xrange(3)
    a / b
    """,
    """
    xrange(3)
    a // b
    """,
    """
    xrange(3)
    "a / b"
    """,
    """
    xrange(3)
    half = 0.5
    x / half
    """,
    """
    xrange(3)
    (a * 1.0) / b
    """,
    """
    from six.moves import xrange
    xrange(3)
    a / b
    """,
    """
    if PY2:
        xrange(3)
    a / b
    """,
    """
    xrange(3)
    -1.0 / b
    """,
    """
    xrange(3)
    x /= 2.0
    """,
]

LEFT = [
    (
        """
    xrange(3)
    x /= 2
    """,
        "//=",
    ),
    (
        """
    xrange(3)
    x /= y
    """,
        "//=",
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
