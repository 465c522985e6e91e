"""Convolution of any number of axes: the public function."""

from __future__ import annotations

from pytensor.tensor.variable import TensorVariable

from pytensor_unpool.errors import ArgumentError, ShapeError
from pytensor_unpool.functions.types import TensorLike
from pytensor_unpool.geometry.helix import METHODS, MODES
from pytensor_unpool.ops import HelixConvolve
from pytensor_unpool.ops.common import one_tensor

__all__ = ["helix_convolve"]


def helix_convolve(
    x: TensorLike, kernel: TensorLike, mode: str = "full", *, method: str = "auto"
) -> TensorVariable:
    """Convolve the last axes of an array with a kernel of as many axes: 1, 3, 6, any number.

    Parameters
    ----------
    x : tensor_like of shape (..., *lengths)
        Real or complex numbers. The convolved axes are the last ones, as many as the kernel has;
        any number of leading axes, none included.
    kernel : tensor_like of shape (*taps)
        The kernel, with all its axes; the same for every leading item of `x`.
    mode : {"full", "same", "valid"}
        How much of the convolution is returned: all of it; as many elements as `x` has, from the
        middle; or those where the shorter array lies inside the longer one.
    method : {"auto", "direct", "fft"}
        How to compute: by sums of products, by Fourier transforms, or by what is likely to be
        quicker for the shapes at hand.

    Returns
    -------
    y : tensor of shape (..., *outputs)
        On an axis of n elements with m taps ``n + m - 1``, ``n`` or ``abs(n - m) + 1`` outputs.
        Of the wider dtype of the two: single precision stays single. Integers become float64, but
        with ``method="direct"`` they stay what they are, and are exact while they fit. Float16
        becomes float32, bool float64.

    Raises
    ------
    ShapeError
        If the kernel has no axes or more than `x`, a convolved axis is empty, or in mode "valid"
        each array is longer than the other on some axis. When the graph is built, where lengths are
        static, else when it runs.
    ArgumentError
        If `mode` or `method` is another word.
    Convention
    ----------
    The convolution of mathematics, which turns the kernel round:
    ``y[i] = sum over j of x[j] * kernel[i - j]``, the same as ``scipy.signal.convolve``. "same" is
    centred as there, also for kernels longer than `x`: it begins at element ``(m - 1) // 2`` of
    "full". A NaN or an infinity spreads to the sums that it is in if these are computed by
    products, to all elements by transforms. Gradients exist to both arguments and of any order; not
    of complex numbers, of which PyTensor has none.

    Examples
    --------
    >>> import pytensor_unpool as pu
    >>> x, kernel = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 1.0]]
    >>> pu.helix_convolve(x, kernel, "valid").eval().tolist()
    [[3.0, 5.0], [9.0, 11.0]]
    >>> pu.helix_convolve(x, kernel).eval().tolist()
    [[1.0, 3.0, 5.0, 3.0], [4.0, 9.0, 11.0, 6.0]]
    """
    for name, word, words in (("mode", mode, MODES), ("method", method, METHODS)):
        if word not in words:
            raise ArgumentError(
                f"{name} must be one of {', '.join(map(repr, words))}: got {word!r}.",
                got=word,
                wanted=words,
            )
    x, kernel = one_tensor("x", x), one_tensor("kernel", kernel)
    if kernel.type.ndim == 0:
        raise ShapeError(
            "kernel needs an axis for each axis that is convolved: got a number. To scale x, "
            "multiply.",
            got=0,
            wanted="at least 1",
        )
    return HelixConvolve(kernel.type.ndim, mode, method)(x, kernel)
