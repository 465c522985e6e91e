"""Old names of convolution that no golden data is about: against SciPy, loops and one another."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import signal

from pytensor_unpool.compat.theano.tensor import nnet
from pytensor_unpool.compat.theano.tensor.nnet import (
    abstract_conv,
    conv,
    conv3d2d,
    corr,
    corr3d,
)
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from tests.support.whole import run, whole

# Signatures.

CONV2D = (
    "input filters input_shape filter_shape border_mode subsample filter_flip filter_dilation "
    "num_groups unshared"
)
GRADS = " border_mode subsample filter_flip filter_dilation num_groups"
SEPARABLE = (
    "input depthwise_filters pointwise_filters num_channels input_shape depthwise_filter_shape "
    "pointwise_filter_shape border_mode subsample filter_flip filter_dilation"
)
CLASS = "imshp kshp border_mode subsample filter_flip filter_dilation num_groups unshared"
CORR = "border_mode subsample filter_dilation num_groups unshared openmp"
OLDER = "input filters image_shape filter_shape border_mode subsample kargs"
SIGNATURES = {
    "tensor.nnet:conv2d": (
        "input filters input_shape filter_shape border_mode subsample filter_flip image_shape "
        "filter_dilation num_groups unshared kwargs"
    ),
    "tensor.nnet:conv2d_transpose": (
        "input filters output_shape filter_shape border_mode input_dilation filter_flip "
        "filter_dilation num_groups unshared"
    ),
    "tensor.nnet:conv3d": CONV2D.removesuffix(" unshared"),
    "tensor.nnet:conv3D": "V W b d",
    "tensor.nnet:separable_conv2d": SEPARABLE,
    "tensor.nnet.abstract_conv:conv2d": CONV2D,
    "tensor.nnet.abstract_conv:conv3d": CONV2D.removesuffix(" unshared"),
    "tensor.nnet.abstract_conv:conv2d_grad_wrt_inputs": (
        "output_grad filters input_shape filter_shape" + GRADS + " unshared"
    ),
    "tensor.nnet.abstract_conv:conv2d_grad_wrt_weights": (
        "input output_grad filter_shape input_shape" + GRADS + " unshared"
    ),
    "tensor.nnet.abstract_conv:conv3d_grad_wrt_inputs": (
        "output_grad filters input_shape filter_shape" + GRADS
    ),
    "tensor.nnet.abstract_conv:conv3d_grad_wrt_weights": (
        "input output_grad filter_shape input_shape" + GRADS
    ),
    "tensor.nnet.abstract_conv:separable_conv2d": SEPARABLE,
    "tensor.nnet.abstract_conv:separable_conv3d": SEPARABLE,
    "tensor.nnet.abstract_conv:causal_conv1d": (
        "input filters filter_shape input_shape subsample filter_flip filter_dilation num_groups "
        "unshared"
    ),
    "tensor.nnet.abstract_conv:get_conv_output_shape": (
        "image_shape kernel_shape border_mode subsample filter_dilation"
    ),
    "tensor.nnet.abstract_conv:get_conv_shape_1axis": (
        "image_shape kernel_shape border_mode subsample dilation"
    ),
    "tensor.nnet.abstract_conv:get_conv_gradinputs_shape": (
        "kernel_shape top_shape border_mode subsample filter_dilation num_groups"
    ),
    "tensor.nnet.abstract_conv:get_conv_gradweights_shape": (
        "image_shape top_shape border_mode subsample filter_dilation num_groups unshared"
    ),
    "tensor.nnet.abstract_conv:border_mode_to_pad": "mode convdim kshp",
    "tensor.nnet.abstract_conv:AbstractConv2d": CLASS,
    "tensor.nnet.abstract_conv:AbstractConv2d_gradInputs": CLASS,
    "tensor.nnet.abstract_conv:AbstractConv2d_gradWeights": CLASS,
    "tensor.nnet.conv:conv2d": OLDER,
    "tensor.nnet.conv:ConvOp": (
        "imshp kshp nkern bsize dx dy output_mode unroll_batch unroll_kern unroll_patch "
        "imshp_logical kshp_logical kshp_logical_top_aligned verbose version direction_hint openmp"
    ),
    "tensor.nnet.conv3d2d:conv3d": "signals filters signals_shape filters_shape border_mode",
    "tensor.nnet.Conv3D:conv3D": "V W b d",
    "tensor.nnet.corr:CorrMM": CORR,
    "tensor.nnet.corr:CorrMM_gradInputs": CORR,
    "tensor.nnet.corr:CorrMM_gradWeights": CORR,
    "tensor.signal.conv:conv2d": OLDER,
    "gpuarray.dnn:dnn_conv": (
        "img kerns border_mode subsample dilation conv_mode direction_hint workmem algo precision "
        "num_groups"
    ),
    "gpuarray.dnn:dnn_pool": "img ws stride mode pad",
    "sandbox.cuda.dnn:dnn_conv": (
        "img kerns border_mode subsample conv_mode direction_hint workmem algo precision"
    ),
    "sandbox.cuda.dnn:dnn_pool": "img ws stride mode pad",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_stand_where_they_stood(name: str) -> None:
    """Catches `image_shape` of `nnet.conv2d`, which `abstract_conv.conv2d` has not."""
    module, _, function = name.partition(":")
    found = getattr(import_module(f"pytensor_unpool.compat.theano.{module}"), function)
    assert list(inspect.signature(found).parameters) == SIGNATURES[name].split()


def test_old_code_finds_modules_as_attributes() -> None:
    for name in ("abstract_conv", "conv", "conv3d2d", "corr", "corr3d", "neighbours"):
        assert getattr(nnet, name) is import_module(f"{nnet.__name__}.{name}")


# Declared shapes.


def test_declared_shapes_are_static_for_the_op_and_not_for_old_code() -> None:
    x, w = pt.dtensor4("x"), pt.dtensor4("w")
    y = nnet.conv2d(x, w, input_shape=(2, 3, 8, None), filter_shape=(4, 3, 3, 3))
    assert y.type == x.type
    assert y.owner.inputs[0].type.shape == (2, 4, 6, None)
    dx = nnet.conv2d_transpose(pt.dtensor4("dy"), w, (2, None, 8, x.shape[3]), (4, 3, 3, 3))
    assert dx.type == x.type
    assert dx.owner.inputs[0].type.shape == (2, 3, 8, None)
    gradient = abstract_conv.conv2d_grad_wrt_weights(x, y, (4, 3, 3, 3))
    assert gradient.type == x.type
    assert gradient.owner.inputs[0].type.shape == (4, 3, 3, 3)


@pytest.mark.parametrize("mode", ["CVM", "FAST_COMPILE"])
def test_a_wrong_shape_is_found_at_run_time(mode: str, rng: np.random.Generator) -> None:
    x = pt.dtensor4("x")
    with_shape = abstract_conv.conv2d(x, whole(rng, (1, 2, 2, 2)), (5, None, 4, 4))
    function = pytensor.function([x], with_shape, mode=mode)
    assert function(np.ones((5, 2, 4, 4))).shape == (5, 1, 3, 3)
    with pytest.raises(ShapeError, match="input_shape must be the shape of its array"):
        function(np.ones((4, 2, 4, 4)))


# Convolutions of volumes.


@pytest.mark.parametrize("words", ["valid", "full", ("half", "valid", "full")], ids=str)
def test_conv3d2d_convolves_in_time_too(words: Any, rng: np.random.Generator) -> None:
    videos, kernel = whole(rng, (2, 6, 2, 5, 4)), whole(rng, (3, 3, 2, 3, 2))
    got = run(conv3d2d.conv3d(videos, kernel, border_mode=words))
    full = np.array([
        [sum(signal.convolve(v[:, c], k[:, c]) for c in range(2)) for k in kernel] for v in videos
    ])  # fmt: skip
    places: list[Any] = [slice(None), slice(None)]
    for axis, word in enumerate(words if isinstance(words, tuple) else (words,) * 3):
        taps, length = kernel.shape[(1, 3, 4)[axis]], full.shape[2 + axis]
        cut = {"valid": taps - 1, "half": taps - 1 - taps // 2, "full": 0}[word]
        places.append(slice(cut, length - cut))
    wanted = np.moveaxis(full[tuple(places)], 2, 1)
    np.testing.assert_allclose(got, wanted, atol=1e-10)


def test_conv3d_of_0_7_correlates_with_channels_last(rng: np.random.Generator) -> None:
    volumes, kernel, bias = (
        whole(rng, (2, 5, 6, 4, 3)),
        whole(rng, (4, 2, 3, 2, 3)),
        whole(rng, (4,)),
    )
    got = run(nnet.conv3D(volumes, kernel, bias, (2, 1, 1)))
    wanted = np.array([
        [signal.correlate(v, k, "valid")[::2, :, :, 0] for k in kernel] for v in volumes
    ])  # fmt: skip
    np.testing.assert_allclose(got, np.moveaxis(wanted, 1, -1) + bias, atol=1e-10)


def test_separable_conv3d_is_a_convolution_with_products_of_kernels(
    rng: np.random.Generator,
) -> None:
    x, depthwise, pointwise = (
        whole(rng, (2, 2, 4, 5, 4)),
        whole(rng, (4, 1, 2, 3, 2)),
        whole(rng, (3, 4)),
    )
    got = abstract_conv.separable_conv3d(
        x, depthwise, pointwise[:, :, None, None, None], 2, border_mode="half", subsample=(2, 1, 1)
    )
    by_channel = depthwise.reshape(2, 2, 2, 3, 2)
    kernel = np.einsum("ock,ckxyz->ocxyz", pointwise.reshape(3, 2, 2), by_channel)
    wanted = nnet.conv3d(x, kernel, border_mode="half", subsample=(2, 1, 1))
    np.testing.assert_array_equal(run(got), run(wanted))


@pytest.mark.parametrize("filter_shape", [(2, 3, 2), (None, None, None), None], ids=str)
def test_causal_convolutions_look_back_alone(filter_shape: Any, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (2, 3, 9)), whole(rng, (2, 3, 2))
    variable = pt.dtensor3("x")
    y = nnet.causal_conv1d(variable, kernel, filter_shape, filter_dilation=3)
    got = y.eval({variable: x}, mode="FAST_COMPILE")
    earlier = np.pad(x, [(0, 0), (0, 0), (3, 0)])[..., :9]
    wanted = np.einsum("oc,nct->not", kernel[..., 0], x)
    wanted += np.einsum("oc,nct->not", kernel[..., 1], earlier)
    np.testing.assert_array_equal(got, wanted)
    with pytest.raises(ShapeError, match="should be 3D for causal convolution: got 4 axes"):
        nnet.causal_conv1d(x[None], kernel, filter_shape)
    with pytest.raises(DTypeError, match="filters of causal convolution are shared"):
        nnet.causal_conv1d(x, kernel, filter_shape, unshared=True)


# Classes of Ops.


@pytest.mark.parametrize("border_mode", ["valid", "full", "half", (1, 0)], ids=str)
def test_correlations_find_shapes_by_themselves(border_mode: Any, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (2, 3, 6, 5)), whole(rng, (4, 3, 3, 3))
    y = corr.CorrMM(border_mode)(x, kernel)
    wanted = abstract_conv.conv2d(x, kernel, border_mode=border_mode, filter_flip=False)
    np.testing.assert_array_equal(run(y), run(wanted))
    dx = corr.CorrMM_gradInputs(border_mode)(kernel, y)
    assert run(dx).shape == x.shape
    np.testing.assert_array_equal(
        run(dx), run(corr.CorrMM_gradInputs(border_mode)(kernel, y, (6, 5)))
    )
    if border_mode == "half":
        with pytest.raises(ArgumentError, match="shape must be given"):
            corr.CorrMM_gradWeights(border_mode)(x, y)
    else:
        assert run(corr.CorrMM_gradWeights(border_mode)(x, y)).shape == kernel.shape


def test_correlations_of_volumes(rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (1, 2, 4, 5, 3)), whole(rng, (3, 2, 2, 2, 2))
    y = corr3d.Corr3dMM(subsample=(1, 2, 1))(x, kernel)
    wanted = nnet.conv3d(x, kernel, subsample=(1, 2, 1), filter_flip=False)
    np.testing.assert_array_equal(run(y), run(wanted))
    with pytest.raises(ArgumentError, match="shape must be given if subsample is not 1"):
        corr3d.Corr3dMM_gradInputs(subsample=(1, 2, 1))(kernel, y)
    dx = corr3d.Corr3dMM_gradInputs(subsample=(1, 2, 1))(kernel, y, (4, 5, 3))
    dk = corr3d.Corr3dMM_gradWeights(subsample=(1, 2, 1))(x, y, (2, 2, 2))
    # Adjointness: y . conv(x, k) = x . dx = k . dk.
    norm = (run(y) ** 2).sum()
    assert (run(dx) * x).sum() == norm
    assert (run(dk) * kernel).sum() == norm


def test_conv_op_takes_shapes_without_batch(rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (2, 3, 6, 5)), whole(rng, (4, 3, 3, 2))
    op = conv.ConvOp((3, 6, 5), (3, 2), 4, 2, dx=2, output_mode="full", unroll_batch=2, version=1)
    wanted = nnet.conv2d(x, kernel, border_mode="full", subsample=(2, 1))
    y = op(x, kernel)
    np.testing.assert_array_equal(run(y), run(wanted))
    assert conv.ConvOp.getOutputShape((6, 5), (3, 2), (2, 1), "full") == run(y).shape[2:]
    with pytest.raises(ShapeError, match="input_shape must be the shape"):
        conv.ConvOp((3, 5, 5))(x, kernel)
    with pytest.raises(NotImplementedError, match="Mode half not implemented"):
        conv.ConvOp(output_mode="half")


def test_deconvolution_by_the_abstract_gradient(rng: np.random.Generator) -> None:
    """As improved-gan, Lasagne and others wrote it, with no known length of the batch."""
    x, kernel = pt.dtensor4("x"), whole(rng, (3, 2, 5, 5))
    op = abstract_conv.AbstractConv2d_gradInputs(
        imshp=(None, 2, 8, 6), kshp=(3, 2, 5, 5), subsample=(2, 2), border_mode="half"
    )
    y = op(kernel, x, (8, 6))
    small = whole(rng, (2, 3, 4, 3))
    wanted = nnet.conv2d_transpose(
        small, kernel, (2, 2, 8, 6), border_mode=(2, 2), input_dilation=(2, 2)
    )
    np.testing.assert_array_equal(y.eval({x: small}, mode="FAST_COMPILE"), run(wanted))


# Shapes.

SETTINGS = list(
    product(
        ("valid", "full", "half", 2, (0, 1), ((1, 0), (0, 2))), ((1, 1), (2, 3)), ((1, 1), (2, 1))
    )
)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_shapes_are_those_of_results(setting: Any) -> None:
    border_mode, subsample, dilation = setting
    image, kernel = (2, 4, 9, 8), (6, 2, 3, 2)
    y = abstract_conv.conv2d(
        np.ones(image), np.ones(kernel), None, None, border_mode, subsample, True, dilation, 2
    )
    shapes = abstract_conv.get_conv_output_shape(image, kernel, border_mode, subsample, dilation)
    assert shapes == y.owner.inputs[0].type.shape
    wanted_image, wanted_kernel = (
        abstract_conv.get_conv_gradinputs_shape(
            kernel, shapes, border_mode, subsample, dilation, 2
        ),
        abstract_conv.get_conv_gradweights_shape(
            image, shapes, border_mode, subsample, dilation, 2
        ),
    )
    known = subsample == (1, 1)
    assert wanted_image == (image if known else (2, 4, None, None))
    known = known and border_mode != "half"
    assert wanted_kernel == (kernel if known else (6, 2, None, None))


def test_shapes_may_be_symbolic_and_unknown() -> None:
    n = pt.lscalar("n")
    shape = abstract_conv.get_conv_output_shape((n, 1, n, None), (n, 1, 3, 3), "half", (2, 2))
    assert shape[3] is None
    assert [s.eval({n: 7}, mode="FAST_COMPILE").item() for s in shape[:3]] == [7, 7, 4]
    assert abstract_conv.border_mode_to_pad(((1, 2), 0), 2, (3, 3)) == ((1, 2), (0, 0))
    with pytest.raises(ArgumentError, match="invalid border_mode"):
        abstract_conv.border_mode_to_pad("same", 2, (3, 3))


# Checks of shapes.


def test_lengths_of_convolutions_are_checked() -> None:
    n = pt.lscalar("n")
    lengths = pt.stack(abstract_conv.assert_conv_shape((2, n, 3, n)))
    f = pytensor.function([n], lengths, mode="FAST_COMPILE")
    assert f(4).tolist() == [2, 4, 3, 4]
    with pytest.raises(AssertionError, match=r"dim\[3\] is less than 1"):
        f(0)
    with pytest.raises(ValueError, match=r"dim\[0\] is less than 0.*got -1"):
        abstract_conv.assert_conv_shape((-1, 2, 3, 3))
    with pytest.raises(ValueError, match=r"dim\[2\] is less than 1.*got 0"):
        abstract_conv.assert_conv_shape((1, 2, pt.constant(0), 3))


def test_shapes_are_asserted_if_the_setting_says_so() -> None:
    from pytensor_unpool.compat.theano import config

    x, n = pt.dmatrix("x"), pt.lscalar("n")
    assert abstract_conv.assert_shape(x, (2, n)) is x
    with config.change_flags(**{"conv.assert_shape": True}):
        y = abstract_conv.assert_shape(x, (2, n))
        assert abstract_conv.assert_shape(x, (None, None)) is x
    f = pytensor.function([x, n], y, mode="FAST_COMPILE")
    np.testing.assert_array_equal(f(np.ones((2, 3)), 3), np.ones((2, 3)))
    for shape, length in (((2, 3), 4), ((3, 3), 3)):
        with pytest.raises(AssertionError, match="Unexpected shape"):
            f(np.ones(shape), length)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_shapes_that_a_convolution_cannot_have(setting: Any) -> None:
    border_mode, subsample, dilation = setting
    image, kernel = (2, 4, 9, 8), (6, 4, 3, 2)
    shape = abstract_conv.get_conv_output_shape(image, kernel, border_mode, subsample, dilation)

    def may_be(output: Any) -> bool:
        return abstract_conv.check_conv_gradinputs_shape(
            image, kernel, output, border_mode, subsample, dilation
        )

    assert may_be(shape)
    assert may_be((None, pt.lscalar("n"), *shape[2:]))
    assert not may_be((2, 6, shape[2] + 1, None))
    assert not may_be((3, 6, *shape[2:]))
    assert not may_be(shape[:3])
