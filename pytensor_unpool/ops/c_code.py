"""How an Op runs a C kernel."""

from __future__ import annotations

from pytensor.link.c.op import COp


class CKernelOp(COp):
    """An Op whose C implementation is a function in a file of `kernels/c`."""
