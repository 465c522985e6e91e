"""Large arrays on large pages.

NumPy asks Linux for huge pages under arrays of 4 MiB and more; Numba does not. Writing and reading
them through pages of 4 KiB takes up to a third longer, most of it looking up pages.
"""

from __future__ import annotations

import mmap
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from pytensor_unpool.kernels.numba.windows import compiled

HUGE_PAGES_FROM = 2**22
PAGE = mmap.PAGESIZE

_HAS_HUGE_PAGES = sys.platform.startswith("linux") and hasattr(mmap, "MADV_HUGEPAGE")
_ADVICE = getattr(mmap, "MADV_HUGEPAGE", 0)


@intrinsic
def _advise(typing_context, address, size):  # type: ignore[no-untyped-def]
    """Call ``madvise(address, size, MADV_HUGEPAGE)``, by name so that PyTensor can cache the code.

    It is a hint: whatever it returns, the memory is the same.
    """
    signature = types.void(types.uintp, types.uintp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _HAS_HUGE_PAGES:
            word, number = arguments[0].type, ir.IntType(32)
            function_type = ir.FunctionType(number, [word, word, number])
            function = cgutils.get_or_insert_function(builder.module, function_type, "madvise")
            builder.call(function, [*arguments, number(_ADVICE)])
        return context.get_dummy_value()

    return signature, generate


@compiled
def uninitialised(shape, dtype):  # type: ignore[no-untyped-def]
    """Return a contiguous array of a shape, as ``numpy.empty`` does."""
    array = np.empty(shape, dtype)
    if array.nbytes >= HUGE_PAGES_FROM:
        # Whole pages inside the array, before anything is written to them.
        begin = (array.ctypes.data + PAGE - 1) // PAGE * PAGE
        _advise(begin, array.ctypes.data + array.nbytes - begin)
    return array
