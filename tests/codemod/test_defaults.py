"""PU114: default values of a function's inputs."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU114"

CHANGES = [
    (
        """
    import theano
    f = theano.function([x, theano.In(rate, value=0.1)], x * rate)
    """,
        """
    import theano
    from pytensor_unpool.compat.theano import function
    from pytensor_unpool.compat.theano import In
    f = function([x, In(rate, value=0.1)], x * rate)
    """,
    ),
    (
        """
    from theano import In, function
    f = function(inputs=[In(rate, "rate", 0.1)], outputs=rate)
    """,
        """
    from theano import In, function
    from pytensor_unpool.compat.theano import function as theano_function
    from pytensor_unpool.compat.theano import In as theano_In
    f = theano_function(inputs=[theano_In(rate, "rate", 0.1)], outputs=rate)
    """,
    ),
    (
        """
    import theano
    f = theano.function([theano.Param(rate, 0.1)], rate)
    """,
        """
    import theano
    from pytensor_unpool.compat.theano import function
    f = function([theano.Param(rate, 0.1)], rate)
    """,
    ),
]

STAYS = [
    """
    import theano
    f = theano.function([x, theano.In(rate, mutable=True)], x * rate)
    """,
    """
    import theano
    f = theano.function([theano.Param(rate)], theano.shared(value=2))
    """,
    """
    import theano
    f = theano.function(*given)
    """,
    """
    f = function([In(rate, value=0.1)], rate)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


def test_an_input_whose_function_is_not_seen_is_left():
    code = """
    import theano
    rate = theano.Param(x, default=2)
    """
    assert_left(code, RULE, "PyTensor has no default values")
