"""PU120: the axis of `softmax`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU120"

CHANGES = [
    (
        """
    import theano.tensor as T
    x = T.matrix()
    y = T.nnet.softmax(x)
    """,
        """
    import theano.tensor as T
    from pytensor.tensor.special import softmax
    x = T.matrix()
    y = softmax(x, axis=-1)
    """,
    ),
    (
        """
    import theano.tensor as T
    y = T.nnet.logsoftmax(T.fmatrix("x"))
    """,
        """
    import theano.tensor as T
    from pytensor.tensor.special import log_softmax
    y = log_softmax(T.fmatrix("x"), axis=-1)
    """,
    ),
    (
        """
    import aesara.tensor as at
    y = at.nnet.softmax(x)
    """,
        """
    import aesara.tensor as at
    from pytensor.tensor.special import softmax
    y = softmax(x, axis=-1)
    """,
    ),
    (
        """
    import aesara.tensor as at
    y = at.nnet.softmax(x, axis=1)
    """,
        """
    import aesara.tensor as at
    from pytensor.tensor.special import softmax
    y = softmax(x, axis=1)
    """,
    ),
    (
        """
    import theano.tensor as T
    def softmax():
        return T.nnet.softmax(T.matrix())
    """,
        """
    import theano.tensor as T
    from pytensor.tensor.special import softmax as theano_softmax
    def softmax():
        return theano_softmax(T.matrix(), axis=-1)
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    y = T.nnet.softmax(x)
    """,
    """
    import theano.tensor as T
    x = T.vector()
    y = T.nnet.softmax(x)
    """,
    """
    import theano.tensor as T
    x = T.matrix()
    x = f(x)
    y = T.nnet.softmax(x)
    """,
    """
    import theano.tensor as T
    y = T.nnet.softmax(*x)
    """,
    """
    from theano.tensor.nnet import softmax
    y = softmax(x)
    """,
    """
    import theano.tensor as T
    f = T.nnet.softmax
    """,
    """
    import aesara.tensor as at
    y = at.nnet.softmax(x, axis=k)
    """,
    """
    import theano.tensor as T
    y = T.nnet.sigmoid(T.matrix())
    """,
    """
    from scipy.special import softmax
    y = softmax(x)
    """,
    """
    from pytensor.tensor.special import softmax
    y = softmax(x)
    """,
    """
    import theano.tensor as T
    T.nnet.softmax()
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
