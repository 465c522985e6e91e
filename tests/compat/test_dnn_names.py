"""Names of cuDNN's convolutions and poolings, as public code calls them, without a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from pytensor_unpool.compat.theano import gpuarray
from pytensor_unpool.compat.theano.gpuarray import basic_ops as new_ops
from pytensor_unpool.compat.theano.gpuarray import blas as new_blas
from pytensor_unpool.compat.theano.gpuarray import dnn as new_dnn
from pytensor_unpool.compat.theano.sandbox import cuda
from pytensor_unpool.compat.theano.sandbox.cuda import basic_ops as old_ops
from pytensor_unpool.compat.theano.sandbox.cuda import blas as old_blas
from pytensor_unpool.compat.theano.sandbox.cuda import dnn as old_dnn
from pytensor_unpool.compat.theano.tensor import nnet
from pytensor_unpool.errors import ArgumentError, ShapeError
from tests.support.modes import C_OR_PYTHON
from tests.support.whole import run, whole


@pytest.mark.parametrize("dnn", [old_dnn, new_dnn], ids=["sandbox", "gpuarray"])
@pytest.mark.parametrize("conv_mode", ["conv", "cross"])
@pytest.mark.parametrize("border_mode", ["valid", "full", "half", 1, (2, 0)], ids=str)
def test_convolutions(border_mode: Any, conv_mode: str, dnn: Any, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (2, 3, 6, 5)), whole(rng, (4, 3, 3, 2))
    arguments = {"border_mode": border_mode, "subsample": (2, 1)}
    y = dnn.dnn_conv(img=x, kerns=kernel, conv_mode=conv_mode, **arguments)
    wanted = nnet.conv2d(x, kernel, filter_flip=conv_mode == "conv", **arguments)
    np.testing.assert_array_equal(run(y), run(wanted))
    dx = dnn.dnn_gradinput(kernel, y, x.shape, conv_mode=conv_mode, **arguments)
    dk = dnn.dnn_gradweight(x, y, kernel.shape, conv_mode=conv_mode, **arguments)
    # Adjointness: y . conv(x, k) = x . dx = k . dk.
    norm = (run(y) ** 2).sum()
    assert (run(dx) * x).sum() == norm
    assert (run(dk) * kernel).sum() == norm


def test_the_fifth_argument_is_another_one(rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (1, 1, 6, 5)), whole(rng, (1, 1, 2, 2))
    old = old_dnn.dnn_conv(x, kernel, "valid", (1, 1), "cross")
    new = new_dnn.dnn_conv(x, kernel, "valid", (1, 1), (1, 1), "cross")
    np.testing.assert_array_equal(run(old), run(new))
    wanted = nnet.conv2d(x, kernel, filter_flip=False)
    np.testing.assert_array_equal(run(old), run(wanted))
    with pytest.raises(AssertionError, match="conv_mode must be 'conv'"):
        new_dnn.dnn_conv(x, kernel, conv_mode="convolution")


@pytest.mark.parametrize("dnn", [old_dnn, new_dnn], ids=["sandbox", "gpuarray"])
def test_volumes(dnn: Any, rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (1, 2, 4, 5, 3)), whole(rng, (3, 2, 2, 2, 2))
    y = dnn.dnn_conv3d(img=x, kerns=kernel, subsample=(1, 2, 1), border_mode="full")
    wanted = nnet.conv3d(x, kernel, subsample=(1, 2, 1), border_mode="full")
    np.testing.assert_array_equal(run(y), run(wanted))


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("max", "max"),
        ("max_deterministic", "max"),
        ("average", "average_inc_pad"),
        ("average_inc_pad", "average_inc_pad"),
        ("average_exc_pad", "average_exc_pad"),
        ("sum", "sum"),
    ],
)
def test_poolings(mode: str, wanted: str, rng: np.random.Generator) -> None:
    x = whole(rng, (2, 3, 7, 6))
    y = new_dnn.dnn_pool(x, ws=(3, 2), stride=(2, 1), mode=mode, pad=(1, 0))
    np.testing.assert_array_equal(run(y), run(pu.pool(x, (3, 2), (2, 1), (1, 0), mode=wanted)))
    one_apart = old_dnn.dnn_pool(x, (3, 2), mode=mode)
    assert one_apart.type.shape == (2, 3, 5, 5)


def test_pooling_of_volumes_and_wrong_modes(rng: np.random.Generator) -> None:
    assert new_dnn.dnn_pool(whole(rng, (1, 1, 4, 4, 4)), (2, 2, 2)).type.shape == (1, 1, 3, 3, 3)
    with pytest.raises(ArgumentError, match="mode must be 'max' or 'sum'"):
        new_dnn.dnn_pool(whole(rng, (1, 1, 4, 4)), (2, 2), mode="median")


def deconv_of_sandbox(
    images: Any, w: Any, subsample: Any = (1, 1), border_mode: Any = (0, 0)
) -> Any:
    """Deconvolve as old generators did: by the gradient of a convolution that is never run."""
    img, kerns = old_ops.gpu_contiguous(images), old_ops.gpu_contiguous(w)
    shape = (
        img.shape[0],
        kerns.shape[1],
        img.shape[2] * subsample[0],
        img.shape[3] * subsample[1],
    )
    desc = old_dnn.GpuDnnConvDesc(border_mode=border_mode, subsample=subsample, conv_mode="conv")(
        old_ops.gpu_alloc_empty(*shape).shape, kerns.shape
    )
    return old_dnn.GpuDnnConvGradI()(kerns, img, old_ops.gpu_alloc_empty()(*shape), desc)


def deconv_of_gpuarray(
    images: Any, w: Any, subsample: Any = (1, 1), border_mode: Any = (0, 0)
) -> Any:
    """Do the same in the later back-end's names."""
    context = new_ops.infer_context_name(images, w)
    img = new_ops.gpu_contiguous(new_ops.as_gpuarray_variable(images, context))
    kerns = new_ops.gpu_contiguous(new_ops.as_gpuarray_variable(w, context))
    desc = new_dnn.GpuDnnConvDesc(border_mode, subsample, conv_mode="conv")(kerns.shape)
    out = new_ops.GpuAllocEmpty(dtype="float32", context_name=context)(
        img.shape[0],
        kerns.shape[1],
        img.shape[2] * subsample[0],
        img.shape[3] * subsample[1],
    )
    return new_dnn.GpuDnnConvGradI()(kerns, img, out, desc)


@pytest.mark.parametrize("mode", C_OR_PYTHON)
@pytest.mark.parametrize("deconv", [deconv_of_sandbox, deconv_of_gpuarray])
def test_deconvolution_of_old_generators(deconv: Any, mode: str, rng: np.random.Generator) -> None:
    x, kernel = pt.ftensor4("x"), pytensor.shared(whole(rng, (3, 2, 5, 5), dtype="float32"))
    y = deconv(x, kernel, subsample=(2, 2), border_mode=(2, 2))
    small = whole(rng, (2, 3, 4, 3), dtype="float32")
    got = pytensor.function([x], y, mode=mode)(small)
    assert got.dtype == "float32"
    wanted = nnet.conv2d_transpose(
        small, kernel.get_value(), (2, 2, 8, 6), border_mode=(2, 2), input_dilation=(2, 2)
    )
    np.testing.assert_array_equal(got, run(wanted))


def test_gradients_through_the_deconvolution(rng: np.random.Generator) -> None:
    x, kernel = pt.ftensor4("x"), pt.ftensor4("kernel")
    loss = (deconv_of_sandbox(x, kernel, (2, 2), (2, 2)) ** 2).sum()
    arrays = whole(rng, (2, 3, 4, 3), dtype="float32"), whole(rng, (3, 2, 5, 5), dtype="float32")
    outputs = [loss, *pt.grad(loss, [x, kernel])]
    function = pytensor.function([x, kernel], outputs, mode="FAST_COMPILE")
    value, dx, dk = function(*arrays)
    # The loss is of degree two in each.
    np.testing.assert_allclose([(dx * arrays[0]).sum(), (dk * arrays[1]).sum()], 2 * value)


def test_a_shape_that_no_convolution_has_is_an_error(rng: np.random.Generator) -> None:
    """cuDNN refused it too: twice the length comes with half a kernel as border only."""
    with pytest.raises(ShapeError, match="the shape of the convolution's output"):
        run(deconv_of_sandbox(whole(rng, (2, 3, 4, 3)), whole(rng, (3, 2, 3, 3)), (2, 2), (0, 0)))


def test_descriptions_serve_all_three_operations(rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (1, 2, 6, 6)), whole(rng, (3, 2, 3, 3))
    desc = old_dnn.GpuDnnConvDesc("half", (2, 2), "cross")(x.shape, kernel.shape)
    out = whole(rng, (1, 3, 3, 3))
    y = run(old_dnn.GpuDnnConv(workmem="small")(x, kernel, out, desc))
    wanted = nnet.conv2d(x, kernel, border_mode="half", subsample=(2, 2), filter_flip=False)
    np.testing.assert_array_equal(y, run(wanted))
    mixed = old_dnn.GpuDnnConv()(x, kernel, out, desc, alpha=2, beta=3)
    np.testing.assert_array_equal(run(mixed), 2 * y + 3 * out)
    dk = run(old_dnn.GpuDnnConvGradW()(x, y, kernel, desc))
    dx = run(old_dnn.GpuDnnConvGradI()(kernel, y, x, desc))
    assert (dk * kernel).sum() == (dx * x).sum() == (y**2).sum()


def test_nothing_moves_between_host_and_gpu() -> None:
    x = pt.fmatrix("x")
    for same in (
        old_ops.gpu_from_host,
        old_ops.host_from_gpu,
        old_ops.as_cuda_ndarray_variable,
        old_ops.HostFromGpu(),
        new_ops.GpuFromHost(None),
        new_ops.GpuContiguous(),
    ):
        assert same(x) is x
    empty = new_ops.gpu_alloc_empty(None, dtype="float32")(2, 3)
    assert empty.type.shape == (2, 3)
    assert empty.type.dtype == "float32"
    assert not cuda.cuda_available
    assert not cuda.cuda_enabled
    assert not gpuarray.pygpu_activated
    for absent in (old_dnn.dnn_available, old_dnn.dnn_present, new_dnn.dnn_present):
        assert not absent()
        assert "cuDNN is not used" in absent.msg


def test_correlations_by_matrices(rng: np.random.Generator) -> None:
    x, kernel = whole(rng, (1, 2, 6, 6)), whole(rng, (3, 2, 3, 3))
    wanted = run(nnet.conv2d(x, kernel, None, None, (1, 1), (2, 2), filter_flip=False))
    for correlate in (
        new_blas.GpuCorrMM((1, 1), (2, 2)),
        old_blas.GpuCorrMM(subsample=(2, 2), pad=(1, 1)),
        old_blas.GpuCorrMM(subsample=(2, 2), pad="half"),
        old_blas.GpuCorrMM("half", (2, 2)),
    ):
        np.testing.assert_array_equal(run(correlate(x, kernel)), wanted)
    dx = run(old_blas.GpuCorrMM_gradInputs("half", (2, 2))(kernel, wanted, (6, 6)))
    dk = run(old_blas.GpuCorrMM_gradWeights(subsample=(2, 2), pad=[1, 1])(x, wanted, (3, 3)))
    assert (dk * kernel).sum() == (dx * x).sum() == (wanted**2).sum()
    with pytest.raises(ArgumentError, match="border_mode must be 'valid' if pad is given"):
        old_blas.GpuCorrMM("full", pad=1)
