"""PU158: `itertools` functions that are built in now."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU158"

CHANGES = [
    (
        """
    import itertools
    for a, b in itertools.izip(x, y): itertools.imap(f, itertools.ifilter(g, x))
    """,
        """
    import itertools
    for a, b in zip(x, y): map(f, filter(g, x))
    """,
    ),
    (
        """
    import itertools as it
    it.izip_longest(x, y), it.ifilterfalse(g, x)
    """,
        """
    import itertools as it
    it.zip_longest(x, y), it.filterfalse(g, x)
    """,
    ),
    (
        """
    from itertools import izip
    izip(x, y)
    """,
        """
    from builtins import zip as izip
    izip(x, y)
    """,
    ),
    (
        """
    from itertools import (imap as m, ifilter,)
    """,
        """
    from builtins import (map as m, filter as ifilter,)
    """,
    ),
    (
        """
    from itertools import chain, izip, ifilterfalse
    """,
        """
    from itertools import chain, filterfalse as ifilterfalse; from builtins import zip as izip
    """,
    ),
]

STAYS = [
    """
    import itertools
    itertools.chain(x, y)
    """,
    """
    from itertools import product, chain
    """,
    """
    from itertools import *
    """,
    """
    from .itertools import izip
    """,
    """
    from six.moves import zip as izip
    izip(x, y)
    """,
    """
    itertools.izip(x, y)
    """,
    """
    import mine as itertools
    itertools.izip(x, y)
    """,
    """
    izip(x, y)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


def test_a_built_in_that_means_something_else_here_is_left():
    code = """
    import itertools
    def zip(x, y): return itertools.izip(x, y)
    """
    assert_left(code, RULE, "izip is now zip, a name that is used for something else here")
