"""Large arrays on large pages.

NumPy asks Linux for huge pages under arrays of 4 MiB and more; Numba does not. Writing and reading
them through pages of 4 KiB takes up to a third longer, most of it looking up pages.
"""

from __future__ import annotations

import mmap
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

HUGE_PAGES_FROM = 2**22

_HAS_HUGE_PAGES = sys.platform.startswith("linux") and hasattr(mmap, "MADV_HUGEPAGE")


@intrinsic
def use_huge_pages(typing_context, array):  # type: ignore[no-untyped-def]
    """Call ``madvise(..., MADV_HUGEPAGE)`` for the whole pages inside a large contiguous array.

    To be called before anything is written to them. It is a hint: whatever it returns, the memory
    is the same. It is called by name, so that PyTensor can cache the code.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _HAS_HUGE_PAGES:
            (array_type,) = signature.args
            view = context.make_array(array_type)(context, builder, arguments[0])
            size = builder.mul(view.nitems, view.itemsize)
            is_large = builder.icmp_unsigned(">=", size, size.type(HUGE_PAGES_FROM))
            with builder.if_then(is_large, likely=False):
                _advise(builder, builder.ptrtoint(view.data, size.type), size)
        return context.get_dummy_value()

    return types.void(array), generate


def _advise(builder: Any, address: Any, size: Any) -> None:
    word, number = size.type, ir.IntType(32)
    page = word(mmap.PAGESIZE)
    begin = builder.and_(builder.add(address, word(mmap.PAGESIZE - 1)), builder.neg(page))
    length = builder.sub(builder.add(address, size), begin)
    function_type = ir.FunctionType(number, [word, word, number])
    function = cgutils.get_or_insert_function(builder.module, function_type, "madvise")
    builder.call(function, [begin, length, number(mmap.MADV_HUGEPAGE)])
