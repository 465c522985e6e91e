"""PU132: un-pooling with a matrix of ones."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU132"

CHANGES = [
    (
        """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    # TODO(pytensor-unpool PU132): same result only for square images and a factor of 2
    def depool(X, factor=2):
        return pu.upsample_dilate(X, (factor, factor))
    """,
    ),
    (
        """
    import theano.tensor as T
    def depool(X, factor=2):
        "Put in a corner."
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows // stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    # TODO(pytensor-unpool PU132): same result only for square images and a factor of 2
    def depool(X, factor=2):
        "Put in a corner."
        return pu.upsample_dilate(X, (factor, factor))
    """,
    ),
    (
        """
    import theano.tensor as T
    def depool(images, factor=2):
        stride = images.shape[2]
        offset = images.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        U = T.zeros((in_dim, out_dim))
        r = T.arange(in_dim)
        cols = r*factor + (r / stride * factor * offset)
        U = T.set_subtensor(U[r, cols], 1.)
        flat = T.reshape(images, (images.shape[0], images.shape[1], in_dim))
        up = T.dot(flat, U)
        return T.reshape(up, (images.shape[0], images.shape[1], stride * factor, offset * factor))
    """,
        """
    import theano.tensor as T
    import pytensor_unpool as pu
    # TODO(pytensor-unpool PU132): same result only for square images and a factor of 2
    def depool(images, factor=2):
        return pu.upsample_dilate(images, (factor, factor))
    """,
    ),
]

STAYS = [
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*2 + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 2.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[3]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(matrix, flat)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        print(flat)
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.inc_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2, more=3):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import mine.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        if X: pass
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
    """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = 3
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
]

LEFT = [
    (
        """
    import theano.tensor as T
    def depool(X, factor=2):
        stride = X.shape[2]
        offset = X.shape[3]
        in_dim = stride * offset
        out_dim = in_dim * factor * factor
        matrix = T.zeros((in_dim, out_dim))
        # rows
        rows = T.arange(in_dim)
        cols = rows*factor + (rows / stride * factor * offset)
        matrix = T.set_subtensor(matrix[rows, cols], 1.)
        flat = T.reshape(X, (X.shape[0], X.shape[1], in_dim))
        up = T.dot(flat, matrix)
        return T.reshape(up, (X.shape[0], X.shape[1], stride * factor, offset * factor))
    """,
        "upsample_dilate",
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
