"""PU123: halves in `round`."""

import pytest

from tests.support.codemod_cases import assert_left, assert_stays

RULE = "PU123"

STAYS = [
    """
    import theano.tensor as T
    T.round(x, mode="half_to_even")
    """,
    """
    import theano.tensor as T
    T.round(x, "half_away_from_zero")
    """,
    """
    round(x)
    """,
    """
    import numpy as np
    np.round(x)
    """,
    """
    import theano.tensor as T
    T.round(*x)
    """,
    """
    import theano.tensor as T
    T.floor(x)
    """,
    """
    x.round()
    """,
]

LEFT = [
    (
        """
    import theano.tensor as T
    T.round(x)
    """,
        "half_away_from_zero",
    ),
    (
        """
    import theano.tensor as T
    def f(x):
        # why
        return T.round(x)
    """,
        "half_away_from_zero",
    ),
]


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


@pytest.mark.parametrize(("code", "message"), LEFT)
def test_is_left_with_a_todo(code, message):
    assert_left(code, RULE, message)
