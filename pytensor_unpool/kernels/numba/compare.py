"""Which of two elements is the maximum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from pytensor_unpool.kernels.numba.device import device_function


@device_function(forceinline=True)
def beats(element, best):  # type: ignore[no-untyped-def]
    """Return whether `element` replaces `best`: it is larger, or the first NaN.

    Written without a branch, so that loops over it become vector code.
    """
    return (not (element <= best)) & (best == best)


def lowest(array: Any) -> Any:
    """Return the element that no element of the array's dtype is below."""
    raise NotImplementedError("only compiled code calls this")


@overload(lowest)
def _lowest(array):  # type: ignore[no-untyped-def]
    dtype = array.dtype
    if isinstance(dtype, types.Float):
        value = np.dtype(str(dtype)).type(-np.inf)
    elif isinstance(dtype, types.Boolean):
        value = np.bool_(False)
    else:
        value = np.iinfo(str(dtype)).min
        value = np.dtype(str(dtype)).type(value)
    return lambda array: value
