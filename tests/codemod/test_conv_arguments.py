"""PU111: `image_shape` of `conv2d`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU111"

CHANGES = [
    (
        """
    from theano.tensor.nnet import conv2d
    conv2d(x, w, image_shape=s)
    """,
        """
    from theano.tensor.nnet import conv2d
    conv2d(x, w, input_shape=s)
    """,
    ),
    (
        """
    import theano
    theano.tensor.nnet.conv2d(x, w, image_shape=s, filter_shape=f)
    """,
        """
    import theano
    theano.tensor.nnet.conv2d(x, w, input_shape=s, filter_shape=f)
    """,
    ),
]

STAYS = [
    """
    from theano.tensor.nnet import conv2d
    conv2d(x, w, input_shape=s)
    """,
    """
    from theano.tensor.nnet import conv2d
    conv2d(x, w, s, f)
    """,
    """
    from theano.tensor.nnet import conv2d
    conv2d(x, w, input_shape=s, image_shape=s)
    """,
    """
    from theano.tensor.nnet.conv import conv2d
    conv2d(x, w, image_shape=s)
    """,
    """
    from theano.tensor.signal.conv import conv2d
    conv2d(x, w, image_shape=s)
    """,
    """
    from theano.tensor.nnet import conv
    conv.conv2d(x, w, image_shape=s)
    """,
    """
    conv2d(x, w, image_shape=s)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
