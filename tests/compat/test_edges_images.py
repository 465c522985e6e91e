"""Old functions of images at the edges of their arguments, as in Theano 1.0.5.

One table: a function, its arguments, what it gives. The values are by hand, or NumPy's where
Theano's documentation refers to NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytensor.tensor.exceptions import NotScalarConstantError as NotConstant

from pytensor_unpool.compat.theano import tensor
from pytensor_unpool.compat.theano.tensor import nnet
from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv, neighbours
from pytensor_unpool.compat.theano.tensor.nnet.conv import ConvOp
from pytensor_unpool.compat.theano.tensor.nnet.conv3d2d import conv3d
from pytensor_unpool.compat.theano.tensor.signal import conv, downsample, pool
from tests.support.edges import Row, check, check_error, name, named, row

IMAGE = np.arange(1.0, 10.0).reshape(3, 3)
BYTES = np.array([[-100, 0, -56]], dtype="int8")
ONE = np.ones((1, 1, 1, 1))


def four(x: Any) -> np.ndarray:
    """Return a matrix as a batch of one image of one channel."""
    return np.asarray(x)[None, None]


POOLING = [
    row(pool.pool_2d, IMAGE, (1, 1), True, gives=IMAGE),
    row(pool.pool_2d, IMAGE, (2, 2), False, gives=np.array([[5.0, 6], [8, 9]])),
    row(pool.pool_2d, IMAGE, (2, 2), True, gives=np.array([[5.0]])),
    row(
        pool.pool_2d,
        IMAGE,
        (3, 3),
        True,
        (1, 1),
        (2, 2),
        gives=IMAGE[[0, 1, 2, 2, 2]][:, [0, 1, 2, 2, 2]],
    ),
    row(pool.pool_2d, IMAGE, (4, 4), True, gives=np.zeros((0, 0))),
    row(pool.pool_2d, IMAGE, (4, 4), False, gives=np.array([[9.0]])),
    row(pool.pool_2d, np.zeros((0, 3, 3)), (2, 2), True, gives=np.zeros((0, 1, 1))),
    row(
        pool.pool_2d,
        IMAGE,
        (2, 2),
        True,
        (1, 1),
        (1, 1),
        "average_exc_pad",
        gives=np.array([[1, 1.5, 2.5, 3], [2.5, 3, 4, 4.5], [5.5, 6, 7, 7.5], [7, 7.5, 8.5, 9]]),
    ),
    row(
        pool.pool_2d,
        IMAGE[:1],
        (1, 2),
        True,
        (1, 1),
        (0, 1),
        "average_inc_pad",
        gives=np.array([[0.5, 1.5, 2.5, 1.5]]),
    ),
    row(
        pool.pool_2d,
        IMAGE[:1],
        (1, 2),
        False,
        (1, 2),
        mode="average_inc_pad",
        gives=np.array([[1.5, 3.0]]),
    ),
    row(
        pool.pool_2d,
        BYTES,
        (1, 2),
        False,
        mode="sum",
        gives=BYTES[:, ::2],
    ),
    row(pool.pool_3d, IMAGE[None], (1, 1, 2), True, gives=IMAGE[None, :, 1:2]),
    row(pool.max_pool_2d_same_size, IMAGE, (2, 2), gives=np.where(IMAGE == 5, 5.0, 0)),
    row(downsample.max_pool_2d, IMAGE, (2, 2), gives=np.array([[5.0, 6], [8, 9]])),
    row(downsample.max_pool_2d, IMAGE, (2, 2), st=(1, 1), gives=np.array([[5.0, 6], [8, 9]])),
    row(
        pool.AveragePoolGrad(True, "sum", 1),
        IMAGE[0],
        [1.0, 10, 100],
        (2,),
        (2,),
        (2,),
        gives=np.array([10.0, 10, 100]),
    ),
    row(
        pool.AveragePoolGrad(True, "average_inc_pad"),
        IMAGE[:2],
        [[4.0] * 3],
        (2, 2),
        (2, 2),
        (0, 2),
        gives=np.ones((2, 3)),
    ),
    row(pool.Pool.out_shape, (3, 0), (2, 2), gives=[2, 0]),
    row(pool.Pool.out_shape, (3, 3), (4, 4), True, gives=[0, 0]),
    row(pool.Pool.out_shape, (5, 5), (2, 3), False, (3, 1), gives=[2, 3]),
]

CONVOLUTIONS = [
    row(nnet.conv2d, four(IMAGE), ONE, gives=four(IMAGE)),
    row(nnet.conv2d, four(IMAGE), four([[1.0, 10]]), gives=four(10 * IMAGE[:, :2] + IMAGE[:, 1:])),
    row(
        nnet.conv2d,
        four(IMAGE),
        four([[1.0, 10]]),
        filter_flip=False,
        gives=four(IMAGE[:, :2] + 10 * IMAGE[:, 1:]),
    ),
    row(nnet.conv2d, np.zeros((0, 1, 3, 3)), ONE, gives=np.zeros((0, 1, 3, 3))),
    row(nnet.conv2d, four(IMAGE), ONE, border_mode=0, gives=four(IMAGE)),
    row(
        nnet.conv2d,
        four(IMAGE),
        ONE,
        border_mode=(1, 0),
        gives=four(np.pad(IMAGE, ((1, 1), (0, 0)))),
    ),
    row(
        nnet.conv2d,
        four(IMAGE),
        ONE,
        border_mode=((0, 1), 0),
        gives=four(np.pad(IMAGE, ((0, 1), (0, 0)))),
    ),
    row(
        nnet.conv2d,
        four(IMAGE),
        np.ones((1, 1, 2, 2)),
        border_mode="half",
        subsample=(3, 3),
        gives=four([[1.0, 3], [7, 9]]),
    ),
    row(
        nnet.conv2d,
        four(IMAGE),
        np.ones((1, 1, 1, 2)),
        filter_dilation=(1, 2),
        gives=four(IMAGE[:, :1] + IMAGE[:, 2:]),
    ),
    row(conv.conv2d, IMAGE, [[1.0]], gives=IMAGE),
    row(
        conv.conv2d,
        IMAGE[None],
        [[1.0]],
        border_mode="full",
        subsample=(2, 2),
        gives=IMAGE[None, ::2, ::2],
    ),
    row(conv.conv2d, IMAGE, [[[1.0]], [[2.0]]], gives=np.stack([IMAGE, 2 * IMAGE])),
    row(
        conv3d,
        np.ones((1, 1, 1, 2, 2)),
        np.ones((1, 3, 1, 1, 1)),
        border_mode=("half", "valid", "full"),
        gives=np.ones((1, 1, 1, 2, 2)),
    ),
    row(ConvOp.getOutputShape, (3, 3), (4, 3), (1, 2), "full", gives=(6, 3)),
    row(
        abstract_conv.get_conv_output_shape,
        (None, 1, 5, 5),
        (2, 1, 3, 3),
        (0, (1, 0)),
        (2, 2),
        gives=(None, 2, 2, 2),
    ),
    row(
        abstract_conv.get_conv_output_shape,
        (1, 1, 2, 3),
        (1, 1, 3, 3),
        "valid",
        (1, 1),
        gives=(1, 1, 0, 1),
    ),
    row(abstract_conv.border_mode_to_pad, 1, 2, (3, 3), gives=((1, 1), (1, 1))),
    row(nnet.conv2d_transpose, ONE, 2 * ONE, (None, None, 1, 1), gives=2 * ONE),
    row(
        abstract_conv.conv2d_grad_wrt_weights,
        four(IMAGE),
        ONE,
        (1, 1, 3, 3),
        filter_flip=False,
        gives=four(IMAGE),
    ),
    row(
        abstract_conv.conv2d_grad_wrt_inputs,
        ONE,
        four(IMAGE),
        (None, None, 3, 3),
        filter_flip=False,
        gives=four(IMAGE),
    ),
    row(nnet.separable_conv2d, four(IMAGE), 2 * ONE, 3 * ONE, 1, gives=6 * four(IMAGE)),
    row(
        nnet.causal_conv1d,
        [[[1.0, 2, 3]]],
        [[[1.0, 10]]],
        (1, 1, 2),
        gives=np.array([[[1.0, 12, 23]]]),
    ),
    row(
        abstract_conv.get_conv_gradweights_shape,
        (1, 1, 5, 5),
        (1, 2, 3, 3),
        "half",
        (1, 1),
        gives=(2, 1, None, None),
    ),
    row(
        abstract_conv.get_conv_gradinputs_shape,
        (2, 1, 3, 3),
        (1, 2, 3, 3),
        "full",
        (1, 1),
        gives=(1, 1, 1, 1),
    ),
    row(abstract_conv.bilinear_kernel_1D, 1, gives=np.array([1.0])),
    row(abstract_conv.bilinear_kernel_1D, 2, normalize=False, gives=np.array([1.0, 2, 1])),
    row(abstract_conv.bilinear_upsampling, four([[1.0, 3]]), 1, gives=four([[1.0, 3]])),
    row(
        abstract_conv.bilinear_upsampling,
        four([[1.0, 3]]),
        2,
        gives=four([[1.0, 2, 3, 3], [1, 2, 3, 3]]),
    ),
    row(neighbours.images2neibs, four(IMAGE), (1, 1), gives=IMAGE.reshape(9, 1)),
    row(neighbours.images2neibs, four(IMAGE), (3, 3), gives=IMAGE.reshape(1, 9)),
    row(
        neighbours.images2neibs,
        four(IMAGE),
        (2, 2),
        mode="ignore_borders",
        gives=np.array([[1.0, 2, 4, 5]]),
    ),
    row(
        neighbours.images2neibs,
        four(IMAGE),
        (1, 3),
        (2, 3),
        "wrap_centered",
        gives=np.array([[3.0, 1, 2], [9, 7, 8]]),
    ),
    row(neighbours.neibs2images, IMAGE.reshape(9, 1), (1, 1), (1, 1, 3, 3), gives=four(IMAGE)),
]

TABLE = [*POOLING, *CONVOLUTIONS]

ERRORS = [
    (nnet.conv2d, (IMAGE, ONE), TypeError, "must be 4D"),
    (
        nnet.conv2d,
        (four(IMAGE), ONE, (1, 1, 2, 3)),
        AssertionError,
        "input_shape must be the shape",
    ),
    (
        nnet.conv2d,
        (four(IMAGE) + tensor.zeros(tensor.constant([1, 1, 3, 3])), ONE, (1, 1, 2, 3)),
        AssertionError,
        "input_shape must be the shape",
    ),
    (
        nnet.conv2d,
        (four(IMAGE), ONE, (tensor.iscalar(), 1, 3, 3)),
        NotConstant,
        "constant",
    ),
    (conv.conv2d, (four(IMAGE), [[1.0]]), AssertionError, "must have 2 or 3 axes"),
    (pool.pool_2d, (IMAGE[0], (2, 2), True), NotImplementedError, "dimension >= 2"),
    (pool.pool_2d, (IMAGE, (2, 2), False, None, (1, 1)), NotImplementedError, "ignore_border=True"),
    (abstract_conv.bilinear_upsampling, (four(IMAGE), 0), ValueError, "ratio"),
    (neighbours.images2neibs, (four(IMAGE), (2, 2)), TypeError, "neib_shape"),
]


@pytest.mark.parametrize("entry", TABLE, ids=named)
def test_values(entry: Row) -> None:
    check(entry)


@pytest.mark.parametrize(("f", "arguments", "error", "words"), ERRORS, ids=name)
def test_errors(f: Any, arguments: Any, error: type[Exception], words: str) -> None:
    check_error(f, arguments, error, words)
