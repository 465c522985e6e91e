"""PU152: `time.clock`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU152"

CHANGES = [
    (
        """
    import time
    t = time.clock()
    """,
        """
    import time
    t = time.process_time()
    """,
    ),
    (
        """
    from time import clock, time
    t = clock()
    """,
        """
    from time import process_time as clock, time
    t = clock()
    """,
    ),
    (
        """
    import time as t
    t.clock
    """,
        """
    import time as t
    t.process_time
    """,
    ),
]

STAYS = [
    """
    import time
    time.time()
    """,
    """
    time.clock()
    """,
    """
    import mine as time
    time.clock()
    """,
    """
    from mine import clock
    clock()
    """,
    """
    from time import time
    """,
    """
    x.clock()
    """,
    """
    from time import *
    clock()
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
