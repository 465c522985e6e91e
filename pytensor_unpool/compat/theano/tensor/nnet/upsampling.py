"""Bilinear upsampling under the names of `theano.tensor.nnet.abstract_conv`."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor import config
from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.compat.static_shape import of_theano
from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.functions.upsampling import upsample_linear
from pytensor_unpool.geometry.windows import as_integer

__all__ = [
    "bilinear_kernel_1D",
    "bilinear_kernel_2D",
    "bilinear_upsampling",
    "frac_bilinear_upsampling",
]


def bilinear_upsampling(
    input: Any,  # noqa: A002
    ratio: Any = None,
    frac_ratio: Any = None,
    batch_size: Any = None,
    num_input_channels: Any = None,
    use_1D_kernel: bool = True,  # noqa: N803
) -> TensorVariable:
    """Upsample images by bilinear interpolation.

    Parameters
    ----------
    input : tensor_like of shape (batch, channels, rows, columns)
        Images.
    ratio : int, optional
        Factor for the numbers of rows and columns.
    frac_ratio : tuple of int (p, q), or pair of such tuples, optional
        The same as a fraction p / q, or one for the rows and one for the columns. It requires
        ``use_1D_kernel=False``.
    batch_size, num_input_channels : int, optional
        Not needed here: any number of images and channels is accepted.
    use_1D_kernel : bool
        Which of two algorithms Theano used. The result is the same.

    Returns
    -------
    upsampled : tensor of shape (batch, channels, rows * ratio, columns * ratio)
        The dtype is that of `input`, or floatX for integers. Theano's dtype also depended on
        floatX, and some inputs failed.

    Raises
    ------
    ArgumentError
        If not exactly one of `ratio` and `frac_ratio` is given, or a number is not positive. It
        is a ValueError, as in Theano; so is a `ratio` that is not an integer.
    DTypeError
        If a number of `frac_ratio` is not an integer, or `ratio` is a tuple.
    ShapeError
        If `input` does not have four axes.

    Convention
    ----------
    That of `pytensor_unpool.upsample_linear`, which takes any number of axes, and one ratio for
    each of them.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet.abstract_conv import bilinear_upsampling
    >>> bilinear_upsampling([[[[0.0, 4.0]]]], ratio=2).eval().tolist()
    [[[[0.0, 2.0, 4.0, 4.0], [0.0, 2.0, 4.0, 4.0]]]]
    """
    if ratio and frac_ratio:
        raise ArgumentError(
            f"bilinear_upsampling can't use ratio and frac_ratio together: got ratio={ratio} and "
            f"frac_ratio={frac_ratio}. Pass one of them.",
            got=(ratio, frac_ratio),
            wanted="ratio or frac_ratio",
        )
    if frac_ratio:
        if use_1D_kernel:
            raise ArgumentError(
                "bilinear_upsampling takes frac_ratio only with use_1D_kernel=False, as in Theano: "
                f"got use_1D_kernel={use_1D_kernel}. Pass use_1D_kernel=False.",
                got=use_1D_kernel,
                wanted=False,
            )
        return frac_bilinear_upsampling(input, frac_ratio)
    if not ratio:
        raise ArgumentError(
            f"No ratio (or frac_ratio) provided: got ratio={ratio}. bilinear_upsampling needs a "
            f"ratio of at least 1.",
            got=ratio,
            wanted="at least 1",
        )
    number = _ratio(ratio)
    return _upsampled(_images("bilinear_upsampling", input), (number, number))


def frac_bilinear_upsampling(input: Any, frac_ratio: Any) -> TensorVariable:  # noqa: A002
    """Upsample images by bilinear interpolation, by a fraction.

    Parameters
    ----------
    input : tensor_like of shape (batch, channels, rows, columns)
        Images.
    frac_ratio : tuple of int (p, q), or pair of such tuples
        Factor p / q for the numbers of rows and columns, or one such fraction for the rows and one
        for the columns.

    Returns
    -------
    upsampled : tensor of shape (batch, channels, ceil(rows * p / q), ceil(columns * p / q))
        Of the dtype of `input`, floatX for integers.

    Raises
    ------
    ArgumentError
        If `frac_ratio` is not such a tuple, or a number is not positive. It is a ValueError.
    DTypeError
        If a number is not an integer.
    ShapeError
        If `input` does not have four axes.

    Convention
    ----------
    That of `pytensor_unpool.upsample_linear`. A fraction below 1 drops pixels instead of averaging
    them.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet import abstract_conv
    >>> image = [[[[0.0, 2.0, 4.0]]]]
    >>> abstract_conv.frac_bilinear_upsampling(image, ((1, 1), (4, 3))).eval().tolist()
    [[[[0.0, 1.0, 2.5, 4.0]]]]
    """
    if not isinstance(frac_ratio, tuple) or len(frac_ratio) != 2:
        raise _no_fraction(frac_ratio)
    pairs = frac_ratio if isinstance(frac_ratio[0], tuple) else (frac_ratio, frac_ratio)
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        raise _no_fraction(frac_ratio)
    return _upsampled(_images("frac_bilinear_upsampling", input), pairs)


def _upsampled(images: TensorVariable, ratios: Any) -> TensorVariable:
    y = upsample_linear(images, ratios)
    return of_theano(y, y.type.broadcastable)


def bilinear_kernel_1D(ratio: Any, normalize: bool = True) -> TensorVariable:  # noqa: N802
    """Return the triangular kernel of bilinear upsampling.

    Parameters
    ----------
    ratio : int or symbolic int
        Factor for the length of the axis.
    normalize : bool
        Whether the largest weight is 1 instead of `ratio`.

    Returns
    -------
    kernel : vector of ``2 * ratio - 1`` weights, floatX

    Raises
    ------
    ArgumentError
        If `ratio` is smaller than 1, where that is known.
    DTypeError
        If `ratio` is not an integer.

    Convention
    ----------
    Not normalized, the weights are 1, 2, ..., ratio, ..., 2, 1.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet.abstract_conv import bilinear_kernel_1D
    >>> bilinear_kernel_1D(2).eval().tolist()
    [0.5, 1.0, 0.5]
    """
    number = as_integer("ratio", ratio)
    if isinstance(number, int) and number < 1:
        raise _too_small(number)
    peak = pt.as_tensor_variable(number)
    if peak.type.numpy_dtype.kind not in "iu" or peak.type.ndim:
        raise DTypeError(
            f"ratio must be an integer: got {peak.type}. Pass an int or a symbolic one.",
            got=peak.type,
            wanted="int",
        )
    peak = peak.astype("int64")
    weights = (peak - abs(pt.arange(2 * peak - 1) - (peak - 1))).astype(config.floatX)
    return weights / peak.astype(config.floatX) if normalize else weights


def bilinear_kernel_2D(ratio: Any, normalize: bool = True) -> TensorVariable:  # noqa: N802
    """Return the pyramidal kernel of bilinear upsampling.

    Parameters
    ----------
    ratio : int, symbolic int, or pair of them
        Factor for the numbers of rows and columns, or one for each.
    normalize : bool
        Whether the largest weight is 1 instead of the product of the ratios.

    Returns
    -------
    kernel : matrix of ``2 * ratio - 1`` rows and as many columns, floatX

    Raises
    ------
    ArgumentError
        If a ratio is known to be less than 1, or `ratio` does not have two numbers.
    DTypeError
        If a ratio is not an integer.

    Convention
    ----------
    The outer product of two of `bilinear_kernel_1D`.

    Examples
    --------
    >>> from pytensor_unpool.compat.theano.tensor.nnet.abstract_conv import bilinear_kernel_2D
    >>> bilinear_kernel_2D((1, 2), normalize=False).eval().tolist()
    [[1.0, 2.0, 1.0]]
    """
    ratios = tuple(ratio) if isinstance(ratio, tuple | list) else (ratio, ratio)
    if len(ratios) != 2:
        raise ArgumentError(
            f"ratio needs one number, or one for rows and one for columns: got {ratio}.",
            got=len(ratios),
            wanted=2,
        )
    rows, columns = (bilinear_kernel_1D(r, normalize) for r in ratios)
    return rows[:, None] * columns


def _images(function: str, images: Any) -> TensorVariable:
    images = pt.as_tensor_variable(images)
    if images.type.ndim != 4:
        raise ShapeError(
            f"{function} needs images of shape (batch, channels, rows, columns): got "
            f"{images.type.ndim} axes. Add axes of length 1, or call "
            f"pytensor_unpool.upsample_linear, which takes any number.",
            got=images.type.ndim,
            wanted=4,
        )
    return images


def _ratio(ratio: Any) -> int:
    """Return the ratio, with exceptions of Theano's classes."""
    if isinstance(ratio, tuple | list):
        raise DTypeError(
            f"ratio must be an int: got {ratio}. Call pytensor_unpool.upsample_linear with one "
            f"ratio for each axis, or frac_bilinear_upsampling with a pair of fractions.",
            got=ratio,
            wanted="int",
        )
    try:
        number = as_integer("ratio", ratio)
    except DTypeError:
        number = None
    if not isinstance(number, int):
        raise ArgumentError(
            f"ratio must be an int, known when the graph is built: got {ratio}. Pass an int, or "
            f"frac_ratio=(p, q) with use_1D_kernel=False.",
            got=ratio,
            wanted="int",
        )
    if number < 1:
        raise _too_small(number)
    return number


def _too_small(ratio: int) -> ArgumentError:
    return ArgumentError(
        f"ratio must be at least 1: got {ratio}. Pass how many times longer the axes get.",
        got=ratio,
        wanted="at least 1",
    )


def _no_fraction(frac_ratio: Any) -> ArgumentError:
    return ArgumentError(
        f"frac_ratio must be a tuple (p, q), or a pair of such tuples for rows and columns: got "
        f"{frac_ratio}. Pass for example (3, 2).",
        got=frac_ratio,
        wanted="(p, q)",
    )
