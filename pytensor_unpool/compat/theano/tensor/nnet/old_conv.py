"""A convolution as described by Theano's Ops, translated to this package's functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.not_an_op import NotAnOp
from pytensor_unpool.compat.static_shape import of_theano
from pytensor_unpool.compat.theano.tensor.nnet import unshared
from pytensor_unpool.compat.theano.tensor.nnet.arguments import (
    declared,
    length_of,
    pads_of,
    spatial_lengths,
    steps_of,
    tensor_of,
)
from pytensor_unpool.functions.arguments import make_convolution
from pytensor_unpool.functions.conv import conv, conv_input_grad, conv_kernel_grad
from pytensor_unpool.geometry.conv import padding


class OldConv(NotAnOp):
    """A convolution in `ndim` spatial axes, in Theano's terms; its subclasses are old names.

    `imshp` and `kshp` are the declared shapes of images and kernel.
    """

    def __init__(
        self,
        ndim: int,
        border_mode: Any = "valid",
        subsample: Any = None,
        filter_flip: Any = True,
        filter_dilation: Any = None,
        num_groups: Any = 1,
        unshared: Any = False,
        imshp: Any = None,
        kshp: Any = None,
    ) -> None:
        ones = (1,) * ndim
        self.ndim = ndim
        self.pad = pads_of(border_mode, ndim)
        self.stride = steps_of("subsample", ones if subsample is None else subsample, ndim)
        self.dilation = steps_of(
            "filter_dilation", ones if filter_dilation is None else filter_dilation, ndim
        )
        self.flip = bool(filter_flip)
        self.unshared = bool(unshared)
        self.imshp = imshp
        self.kshp = kshp
        # Raises for invalid numbers, with unshared kernels too.
        convolution, _ = make_convolution(
            self.stride, 0, self.dilation, num_groups, False, [(None, None)] * ndim
        )
        self.groups = convolution.groups

    def output(self, img: Any, kern: Any) -> TensorVariable:
        """Return the convolution of images with a kernel."""
        img, kern = tensor_of("img", img, self.ndim + 2), self._kernel(kern)
        batch, out_channels = img.type.broadcastable[0], kern.type.broadcastable[0]
        img, kern = self._declared(img, kern)
        if self.unshared:
            y = unshared.conv(img, kern, self._places(kern))
        else:
            y = conv(img, kern, **self._arguments())
        return self._of_theano(y, [batch, out_channels])

    def input_grad(self, kern: Any, topgrad: Any, shape: Any) -> TensorVariable:
        """Return the gradient with respect to images with the last lengths of `shape`."""
        kern, topgrad = self._kernel(kern), tensor_of("topgrad", topgrad, self.ndim + 2)
        batch, channels = topgrad.type.broadcastable[0], kern.type.broadcastable[-self.ndim - 1]
        kern = declared("filter_shape", kern, self.kshp)
        lengths = spatial_lengths("input_shape", shape, self.ndim)
        if self.unshared:
            dx = unshared.conv_input_grad(kern, topgrad, lengths, self._places(kern))
        else:
            dx = conv_input_grad(kern, topgrad, lengths, **self._arguments())
        dx = declared("input_shape", dx, self.imshp)
        return self._of_theano(dx, [batch, channels and self.groups == 1])

    def kernel_grad(self, img: Any, topgrad: Any, shape: Any) -> TensorVariable:
        """Return the gradient with respect to a kernel with the last lengths of `shape`."""
        img = tensor_of("img", img, self.ndim + 2)
        topgrad = tensor_of("topgrad", topgrad, self.ndim + 2)
        channels, out_channels = img.type.broadcastable[1], topgrad.type.broadcastable[1]
        img = declared("input_shape", img, self.imshp)
        lengths = spatial_lengths("filter_shape", shape, self.ndim)
        if self.unshared:
            dk = unshared.conv_kernel_grad(img, topgrad, lengths, self._places_of(lengths))
        else:
            dk = conv_kernel_grad(img, topgrad, lengths, **self._arguments())
        places = [False] * self.ndim if self.unshared else []
        dk = declared("filter_shape", dk, self.kshp)
        return self._of_theano(dk, [out_channels, *places, channels])

    def _declared(
        self, img: TensorVariable, kern: TensorVariable
    ) -> tuple[TensorVariable, TensorVariable]:
        img = declared("input_shape", img, self.imshp)
        return img, declared("filter_shape", kern, self.kshp)

    def _of_theano(self, result: TensorVariable, first: Sequence[bool]) -> TensorVariable:
        return of_theano(result, [*first, *[False] * self.ndim])

    def _kernel(self, kern: Any) -> TensorVariable:
        name = "kern, for unshared convolution," if self.unshared else "kern"
        return tensor_of(name, kern, 2 + self.ndim * (2 if self.unshared else 1))

    def _arguments(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "pad": self.pad,
            "dilation": self.dilation,
            "groups": self.groups,
            "flip": self.flip,
        }

    def _places(self, kern: TensorVariable) -> unshared.Places:
        axes = range(kern.type.ndim - self.ndim, kern.type.ndim)
        return self._places_of([length_of(kern, axis) for axis in axes])

    def _places_of(self, taps: Sequence[Any]) -> unshared.Places:
        pads = self.pad
        if isinstance(pads, str):
            spans = [(n - 1) * d + 1 for n, d in zip(taps, self.dilation, strict=True)]
            pads = [padding(pads, None, span, 1) for span in spans]
        return unshared.Places(self.stride, pads, self.dilation, self.groups, self.flip)
