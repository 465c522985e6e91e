"""FilterActs, ImageActs and WeightActs: pylearn2's own cases, against loops and convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward, verify_grad

from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import (
    FilterActs,
    ImageActs,
    WeightActs,
)
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import gpu_contiguous
from pytensor_unpool.compat.theano.tensor.nnet import conv2d
from tests.support.cases import Array
from tests.support.modes import ALL, PYTHON
from tests.support.oracle import cuda_convnet as oracle
from tests.support.whole import run, whole

# Images and filters of pylearn2's test_filter_acts_strided, and the lengths of outputs for each
# stride from 1 to that of the filters.
STRIDED = [
    ((1, 7, 8, 5), (1, 2, 2, 16), [(6, 7), (4, 4)]),
    ((3, 7, 8, 5), (3, 3, 3, 16), [(5, 6), (3, 4), (3, 3)]),
    ((16, 11, 11, 4), (16, 4, 4, 16), [(8, 8), (5, 5), (4, 4), (3, 3)]),
    ((3, 20, 20, 3), (3, 5, 5, 16), [(16, 16), (9, 9), (6, 6), (5, 5), (4, 4)]),
    ((3, 21, 21, 3), (3, 6, 6, 16), [(16, 16), (9, 9), (6, 6), (5, 5), (4, 4), (4, 4)]),
]
EVERY_STRIDE = [
    pytest.param(images, filters, stride, lengths, id=f"{images}-{filters}-{stride}")
    for images, filters, outputs in STRIDED
    for stride, lengths in enumerate(outputs, start=1)
    if ALL or max(images) < 20 or stride in (2, 4)
]


def uniform(seed: list[int], *shapes: tuple[int, ...]) -> list[Array]:
    """Return what pylearn2's tests draw."""
    rng = np.random.RandomState(seed)
    return [rng.uniform(-1, 1, size=shape).astype("float32") for shape in shapes]


def close(got: Any, wanted: Any, most: float) -> None:
    """Check the largest difference, and the shape."""
    assert got.shape == wanted.shape
    assert abs(got - wanted).max() <= most


def old_conv(images: Any, filters: Any, **options: Any) -> Any:
    """Return Theano's convolution of what cuda-convnet takes, in its layout."""
    shuffled = (pt.as_tensor(x).dimshuffle(3, 0, 1, 2) for x in (images, filters))
    return conv2d(*shuffled, filter_flip=False, **options).dimshuffle(1, 2, 3, 0)


def test_zeros_behind_where_the_stride_does_not_fit() -> None:
    """Six pixels, three taps, stride 2: the third output reads one more row, of zeros."""
    images = np.arange(1.0, 37).reshape(1, 6, 6, 1)
    filters = np.arange(1.0, 10).reshape(1, 3, 3, 1)
    y = run(FilterActs(stride=2)(images, filters))
    padded = np.zeros((7, 7))
    padded[:6, :6] = images[0, :, :, 0]
    wanted = [
        [(padded[i : i + 3, j : j + 3] * filters[0, :, :, 0]).sum() for j in (0, 2, 4)]
        for i in (0, 2, 4)
    ]
    np.testing.assert_array_equal(y[0, :, :, 0], wanted)


@pytest.mark.parametrize(
    ("length", "pad", "taps", "stride", "wanted"),
    [
        (6, 0, 3, 2, 3),
        (224, 0, 11, 4, 55),
        (224, 2, 11, 4, 56),
        (227, 0, 11, 4, 55),
        (3, 0, 4, 2, 1),
    ],
)
def test_numbers_of_outputs(length: int, pad: int, taps: int, stride: int, wanted: int) -> None:
    images = pt.tensor("images", dtype="float32", shape=(1, length, 13, 1))
    y = FilterActs(pad, None, stride)(images, np.zeros((1, taps, taps, 16), "float32"))
    assert y.type.shape[1] == wanted == oracle.outputs(length, taps, pad, stride)


@pytest.mark.parametrize(
    ("shapes", "options", "old"),
    [
        (((3, 10, 9, 5), (3, 4, 4, 16)), {}, {}),
        (((3, 9, 9, 5), (3, 3, 3, 16)), {"stride": 3}, {"subsample": (3, 3)}),
        (((3, 10, 9, 5), (3, 4, 4, 16)), {"pad": 3}, {"border_mode": (3, 3)}),
    ],
    ids=["valid", "strided", "padded"],
)
def test_filter_acts_and_its_gradient(shapes: Any, options: Any, old: Any) -> None:
    """The bounds on differences are those of pylearn2's test_filter_acts."""
    images, filters = uniform([2012, 10, 9], *shapes)
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    y, wanted = FilterActs(**options)(gpu_contiguous(x), gpu_contiguous(w)), old_conv(x, w, **old)
    weights = np.random.RandomState([2012, 10, 9]).normal(size=run(y.shape, x=images, w=filters))
    results = []
    for out in (y, wanted):
        cost = (out * weights.astype("float32")).sum()
        results.append(run([out, *pt.grad(cost, [x, w])], x=images, w=filters))
    for got, expected, most in zip(*results, (2.4e-6, 1.15e-5, 1e-5), strict=True):
        close(got, expected, most)


@pytest.mark.parametrize(("images", "filters", "stride", "lengths"), EVERY_STRIDE)
def test_every_stride(images: Any, filters: Any, stride: int, lengths: Any) -> None:
    """test_filter_acts_strided, test_image_acts_strided and test_weight_acts_strided."""
    shapes = images, filters, (16, *lengths, images[3])
    x, w, hid = uniform([2012, 10, 9], *shapes)
    numbers = {"pad": 0, "stride": stride}
    size, taps, modules = images[1:3], filters[1:3], lengths[0] * lengths[1]
    sums = [n for n in (0, 1, 4) if n == 0 or modules % n == 0]
    y = FilterActs(**numbers)(x, w)
    dx = ImageActs(**numbers)(hid, w, size)
    dw = [WeightActs(partial_sum=n, **numbers)(x, hid, taps)[0] for n in sums]
    y, dx, *dw = run([y, dx, *dw])
    close(y, oracle.filter_acts(x, w, **numbers), 8.6e-6)
    assert y.shape[1:3] == lengths
    close(dx, oracle.image_acts(hid, w, size, **numbers), 2.1e-5)
    wanted = oracle.weight_acts(x, hid, taps, partial_sum=modules, **numbers)[0]
    for got in dw:
        close(got, wanted, 3.4e-5)


def test_image_acts() -> None:
    """pylearn2's test_img_acts: transposed convolution, and its gradient."""
    hid, filters = uniform([2013, 1, 29], (16, 2, 3, 2), (3, 5, 5, 16))
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    dx = ImageActs()(x, w, pt.as_tensor_variable((6, 7)))
    swapped = w.dimshuffle(3, 1, 2, 0)[:, ::-1, ::-1]
    full = old_conv(x, swapped, border_mode="full")
    weights = np.random.RandomState([2013, 1, 29]).normal(size=(3, 6, 7, 2)).astype("float32")
    results = [
        run([out, *pt.grad((out * weights).sum(), [x, w])], x=hid, w=filters) for out in (dx, full)
    ]
    for got, wanted, most in zip(*results, (2.4e-6, 2.9e-6, 1.5e-6), strict=True):
        close(got, wanted, most)
    same = run(ImageActs()(x, w), x=hid, w=filters)
    np.testing.assert_array_equal(same, results[0][0])


@pytest.mark.parametrize("partial_sum", [0, 1, 4])
def test_weight_acts(partial_sum: int) -> None:
    """pylearn2's test_weight_acts."""
    images, filters = uniform([2012, 10, 9], (8, 7, 9, 3), (8, 4, 4, 16))
    (hid,) = uniform([2012, 10, 9], (16, 4, 6, 3))
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    wanted = pt.grad((old_conv(x, w) * hid).sum(), w)
    got = WeightActs(partial_sum=partial_sum)(x, hid, w.shape[1:3])[0]
    close(*run([got, wanted], x=images, w=filters), 8.6e-6)


@pytest.mark.parametrize("partial_sum", [None, -1, 1, 4, 5, 12])
def test_partial_sums(partial_sum: Any, rng: np.random.Generator) -> None:
    """Five does not divide the twelve outputs: the last sum has what is left."""
    x, hid = whole(rng, (2, 7, 9, 3)), whole(rng, (4, 3, 4, 3))
    images, grads = pt.dtensor4("x"), pt.dtensor4("hid")
    sums = WeightActs(1, partial_sum, 3)(images, grads, (3, 2))[1]
    step = partial_sum if partial_sum and partial_sum > 0 else 12
    wanted = oracle.weight_acts(x, hid, (3, 2), 1, 3, step)
    np.testing.assert_array_equal(run(sums, x=x, hid=hid), wanted)


@pytest.mark.parametrize("lengths", [(9, 7), (8, 6), (5, 2), (10, 8)], ids=str)
@pytest.mark.parametrize("static", [True, False], ids=["static", "unknown"])
def test_image_acts_cuts_off(lengths: Any, static: bool, rng: np.random.Generator) -> None:
    """With pad 1 and stride 2, filters of 3 taps over 5 by 4 outputs reach 10 by 8 pixels.

    In images as small as (5, 2), FilterActs has fewer outputs than there are: the gradient has all.
    """
    hid, filters = whole(rng, (4, 5, 4, 2)), whole(rng, (3, 3, 3, 4))
    x, w = pt.dtensor4("x"), pt.dtensor4("w")
    given = (hid, filters) if static else (x, w)
    op = ImageActs(pad=1, stride=2)
    images = run(op(*given, lengths), x=hid, w=filters)
    reached = np.zeros((3, 12, 10, 2))
    for i, j in np.ndindex(5, 4):
        products = np.einsum("cuvk,kb->cuvb", filters, hid[:, i, j])
        reached[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += products
    np.testing.assert_array_equal(images, reached[:, 1 : lengths[0] + 1, 1 : lengths[1] + 1])
    cost = (op(x, w, lengths) * images).sum()
    dhid, dfilters = run(pt.grad(cost, [x, w]), x=hid, w=filters)
    assert (dhid * hid).sum() == (dfilters * filters).sum() == (images**2).sum()


@pytest.mark.parametrize("static", [True, False], ids=["static", "unknown"])
def test_too_large_an_image(static: bool, rng: np.random.Generator) -> None:
    hid, filters = whole(rng, (4, 5, 4, 2)), whole(rng, (3, 3, 3, 4))
    x, w = pt.dtensor4("x"), pt.dtensor4("w")
    with pytest.raises(ValueError, match="incompatible target image size: axis 2"):
        run(
            ImageActs(1, None, 2)(*((hid, filters) if static else (x, w)), (10, 9)),
            x=hid,
            w=filters,
        )


def test_the_three_are_adjoint_and_have_derivatives_of_any_order(rng: np.random.Generator) -> None:
    """The original had none of WeightActs: its gradients are the other two."""
    x, w = whole(rng, (3, 7, 8, 2)), whole(rng, (3, 3, 2, 4))
    numbers = {"pad": 1, "stride": 2}
    images, filters = pt.dtensor4("x"), pt.dtensor4("w")
    y = FilterActs(**numbers)(images, filters)
    dx = ImageActs(**numbers)(y, filters, images.shape[1:3])
    dw = WeightActs(**numbers)(images, y, filters.shape[1:3])[0]
    norm, in_images, in_filters = run(
        [(y**2).sum(), (dx * images).sum(), (dw * filters).sum()], x=x, w=w
    )
    assert norm == in_images == in_filters
    given = [rng.normal(size=a.shape) for a in (x, w)]
    for op, shape in ((ImageActs, (7, 8)), (WeightActs, (3, 2))):

        def result(a: Any, b: Any, op: Any = op, shape: Any = shape) -> Any:
            hid = FilterActs(**numbers)(a, b)
            if op is ImageActs:
                return op(**numbers)(hid, b, shape)
            return op(**numbers)(a, hid, shape)[0]

        verify_grad(result, given, rng=rng, mode=PYTHON)


def test_tangents(rng: np.random.Generator) -> None:
    """R_op: FilterActs(images, dfilters) + FilterActs(dimages, filters)."""
    x, w, dx, dw = (whole(rng, shape) for shape in [(2, 6, 5, 2), (2, 3, 3, 4)] * 2)
    op = FilterActs(stride=2)
    images, filters = pt.dtensor4("x"), pt.dtensor4("w")
    tangent = pushforward(
        op(images, filters),
        [images, filters],
        [pt.constant(dx), pt.constant(dw)],
        use_op_pushforward=True,
    )
    wanted = run(op(x, dw)) + run(op(dx, w))
    np.testing.assert_array_equal(run(tangent, x=x, w=w), wanted)


def test_rectangular_images_and_filters_of_any_number(rng: np.random.Generator) -> None:
    """What the old code refused: 5 channels, 3 filters of 2 by 4 taps, a stride beyond them."""
    x, w = whole(rng, (5, 9, 12, 1)), whole(rng, (5, 2, 4, 3))
    for stride in (1, 3, 5):
        y = run(FilterActs(pad=1, stride=stride)(x, w))
        np.testing.assert_array_equal(y, oracle.filter_acts(x, w, 1, stride))
