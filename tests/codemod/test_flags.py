"""PU170: `THEANO_FLAGS` and `.theanorc`."""

import pytest

from tests.support.codemod_cases import assert_left, assert_stays

RULE = "PU170"

STAYS = [
    """
    import os
    os.environ["PYTENSOR_FLAGS"] = "floatX=float32"
    """,
    """
    # THEANO_FLAGS
    """,
    '''
    """Set THEANO_FLAGS."""
    ''',
    """
    def f():
        "THEANO_FLAGS"
    """,
    """
    THEANO_FLAGS = 3
    """,
    """
    x = "theano"
    """,
]

LEFT = [
    (
        """
    import os
    os.environ["THEANO_FLAGS"] = "device=gpu"
    """,
        "PYTENSOR_FLAGS",
    ),
    (
        """
    open("~/.theanorc")
    """,
        "pytensorrc",
    ),
]


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


@pytest.mark.parametrize(("code", "message"), LEFT)
def test_is_left_with_a_todo(code, message):
    assert_left(code, RULE, message)
