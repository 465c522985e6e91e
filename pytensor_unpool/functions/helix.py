"""Convolution over any number of axes: the public function."""

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
    """Convolve the last axes of an array with a kernel that has any number of axes.

    Parameters
    ----------
    x : tensor_like of shape (..., *lengths)
        Real or complex numbers. The last axes are convolved, as many as the kernel has. There may
        be any number of leading axes, including none.
    kernel : tensor_like of shape (*taps)
        The kernel. All its axes are convolved, and it is the same for every leading item of `x`.
    mode : {"full", "same", "valid"}
        How much of the convolution to return: all of it; its central part, with the lengths of
        `x`; or the part where the shorter array lies inside the longer one.
    method : {"auto", "direct", "fft"}
        How to compute it: "direct" by sums of products, "fft" by Fourier transforms, "auto" by
        whichever is likely to be faster for the given shapes.

    Returns
    -------
    y : tensor of shape (..., *outputs)
        An axis of n elements with m taps has ``n + m - 1``, ``n`` or ``abs(n - m) + 1`` outputs.
        The dtype is the wider of the two: single precision stays single. Integers become float64,
        except with ``method="direct"``, where they keep their dtype and are exact unless they
        overflow. Float16 becomes float32, and bool float64.

    Raises
    ------
    ShapeError
        If the kernel has no axes or more than `x`, a convolved axis is empty, or in mode "valid"
        each array is longer than the other on some axis. It is raised when the graph is built if
        the lengths are static, and otherwise when it runs.
    ArgumentError
        If `mode` or `method` is any other string.

    Convention
    ----------
    This is convolution in the mathematical sense, which reverses the kernel:
    ``y[i] = sum over j of x[j] * kernel[i - j]``, as in ``scipy.signal.convolve``. "same" is
    centred as in SciPy, also for kernels longer than `x`: it begins at element ``(m - 1) // 2`` of
    "full". With "direct", a NaN or an infinity affects only the sums that contain it; with "fft",
    it affects all elements. There are gradients of any order with respect to both arguments, except
    for complex numbers, for which PyTensor has none.

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
            "multiply it.",
            got=0,
            wanted="at least 1",
        )
    return HelixConvolve(kernel.type.ndim, mode, method)(x, kernel)
