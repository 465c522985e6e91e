"""Names of `pylearn2.sandbox.cuda_convnet`: cuda-convnet's Ops, on any backend.

Images are (channels, rows, columns, batch): "c01b". The old code ran on NVIDIA GPUs only, with
restrictions of its kernels: `rules` says which apply here.
"""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["check_cuda"]

__getattr__, __dir__ = fall_back(__name__)


def check_cuda(
    feature_name: Any = "You are using code that relies on", check_enabled: Any = True
) -> None:
    """Return None: nothing here needs CUDA."""
