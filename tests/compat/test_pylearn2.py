"""Functions of pylearn2 that need nothing else of it."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.pylearn2 import utils
from pytensor_unpool.compat.pylearn2.models.mlp import max_pool, max_pool_c01b
from pytensor_unpool.compat.pylearn2.utils import rng
from pytensor_unpool.compat.theano.sandbox.rng_mrg import MRG_RandomStreams


def loop(image, window, stride):
    """Return pooled images as pylearn2 defined them: each row and column is in some window."""
    counts = [
        int(np.ceil((n - w) / s)) + 1
        for n, w, s in zip(image.shape[2:], window, stride, strict=True)
    ]
    pooled = np.zeros((*image.shape[:2], *counts))
    for i, j in np.ndindex(*counts):
        rows = slice(i * stride[0], i * stride[0] + window[0])
        columns = slice(j * stride[1], j * stride[1] + window[1])
        pooled[:, :, i, j] = image[:, :, rows, columns].max(axis=(2, 3))
    return pooled


@pytest.mark.parametrize(
    ("shape", "window", "stride"),
    [((5, 6), (2, 3), (2, 3)), ((7, 5), (3, 2), (2, 1)), ((4, 4), (4, 3), (1, 2))],
)
def test_windows_reach_all_rows_and_columns(shape, window, stride, rng):
    image = rng.normal(size=(2, 3, *shape))
    x, expected = pt.dtensor4("x"), loop(image, window, stride)
    bc01 = max_pool(x, window, stride, shape)
    assert (bc01.eval({x: image}, mode="FAST_COMPILE") == expected).all()
    c01b = max_pool_c01b(x.dimshuffle(1, 2, 3, 0), window, stride, shape).dimshuffle(3, 0, 1, 2)
    assert (c01b.eval({x: image}, mode="FAST_COMPILE") == expected).all()


def test_every_maximum_has_the_gradient():
    x = pt.dtensor4("x")
    gradient = pt.grad(max_pool(x, (2, 2), (2, 2), (2, 2)).sum(), x)
    assert gradient.eval({x: np.ones((1, 1, 2, 2))}).tolist() == [[[[1, 1], [1, 1]]]]


def test_windows_between_which_there_is_a_gap_are_refused():
    with pytest.raises(ValueError, match="a window must be at least as long as its stride"):
        max_pool(pt.dtensor4(), (2, 2), (3, 3), (8, 8))


def test_a_function_runs_with_float32():
    before, seen = pytensor.config.floatX, []

    @utils.float32_floatX
    def function(number):
        seen.append((number, pytensor.config.floatX))
        return number

    assert function(3) is None
    assert (seen, function.__name__) == ([(3, "float32")], "function")
    assert pytensor.config.floatX == before


def test_arguments_of_zip_must_have_one_length():
    assert list(utils.safe_zip([1, 2], "ab")) == [(1, "a"), (2, "b")]
    with pytest.raises(ValueError, match="Argument 0 has length 2 but argument 1 has length 1"):
        utils.safe_zip([1, 2], [3])


def test_numbers_get_floatx():
    assert utils.as_floatX(np.arange(2)).dtype == pytensor.config.floatX
    assert utils.as_floatX(pt.lvector()).dtype == pytensor.config.floatX
    assert utils.constantX(3).dtype == pytensor.config.floatX


def test_a_blocked_gradient_is_disconnected():
    x = pt.dscalar("x")
    assert pt.grad(x * utils.block_gradient(x), x).eval({x: 3.0}) == 3.0


def test_unions_keep_the_order():
    assert utils.safe_union([3, 1], [1, 2]) == [3, 1, 2]
    assert utils.subdict({"a": 1, "b": 2}, ["b", "c"]) == {"b": 2}


def test_generators_are_made_where_there_is_none():
    generator = np.random.RandomState(1)
    assert rng.make_np_rng(generator, which_method="uniform") is generator
    made = rng.make_np_rng(None, 7, which_method=["uniform", "normal"])
    assert made.uniform() == np.random.RandomState(7).uniform()
    # Without the method that is needed, it is a seed.
    assert rng.make_np_rng([1, 2], which_method="uniform").uniform() < 1
    assert isinstance(rng.make_theano_rng(5), MRG_RandomStreams)
