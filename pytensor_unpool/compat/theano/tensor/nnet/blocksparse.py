"""Names of `theano.tensor.nnet.blocksparse`: products with chosen blocks of a matrix."""

from __future__ import annotations

from typing import Any, cast

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["sparse_block_dot"]

__getattr__, __dir__ = fall_back(__name__)


def sparse_block_dot(W: Any, h: Any, inputIdx: Any, b: Any, outputIdx: Any) -> TensorVariable:  # noqa: N803
    """Return, for chosen blocks of the output, the product with chosen blocks of the input.

    Parameters
    ----------
    W : tensor of shape (in_blocks, out_blocks, in_size, out_size)
    h : tensor of shape (batch, in_chosen, in_size), or (in_chosen, in_size)
    inputIdx : integer tensor of shape (batch, in_chosen), or (in_chosen,)
    b : matrix of shape (out_blocks, out_size)
    outputIdx : integer tensor of shape (batch, out_chosen), or (out_chosen,)

    Returns
    -------
    tensor of shape (batch, out_chosen, out_size), or (out_chosen, out_size)
    """
    W, h, b = (pt.as_tensor_variable(x) for x in (W, h, b))  # noqa: N806
    rows, columns = pt.as_tensor_variable(inputIdx), pt.as_tensor_variable(outputIdx)
    blocks = W[pt.expand_dims(rows, -1), pt.expand_dims(columns, -2)]
    # (..., in_chosen, 1, in_size, 1) times (..., in_chosen, out_chosen, in_size, out_size).
    products = pt.expand_dims(h, (-3, -1)) * blocks
    return cast(TensorVariable, products.sum(axis=(-4, -2)) + b[columns])
