"""Correlations of `theano.sandbox.cuda.blas`, with the `pad` that they had before 0.8."""

from __future__ import annotations

from typing import Any

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.corr import (
    CorrMM,
    CorrMM_gradInputs,
    CorrMM_gradWeights,
)
from pytensor_unpool.errors import ArgumentError

__all__ = ["GpuCorrMM", "GpuCorrMM_gradInputs", "GpuCorrMM_gradWeights"]

__getattr__, __dir__ = fall_back(__name__)


def _border_mode(border_mode: Any, pad: Any) -> Any:
    """Return the border mode; while "valid" was the only one, padding was given as `pad`."""
    if pad in (0, (0, 0), [0, 0]):
        return border_mode
    if border_mode != "valid":
        raise ArgumentError(
            f"border_mode must be 'valid' if pad is given: got {border_mode!r} and pad={pad}. Pass "
            f"border_mode alone.",
            got=border_mode,
            wanted="valid",
        )
    return tuple(pad) if isinstance(pad, list) else pad


class _PaddedCorr:
    """The order of arguments of the classes below, which overrides that of `corr`."""

    def __init__(
        self,
        border_mode: Any = "valid",
        subsample: Any = (1, 1),
        filter_dilation: Any = (1, 1),
        pad: Any = (0, 0),
    ) -> None:
        super().__init__(_border_mode(border_mode, pad), subsample, filter_dilation)  # type: ignore[call-arg]


class GpuCorrMM(_PaddedCorr, CorrMM):
    """``GpuCorrMM(border_mode, subsample, filter_dilation, pad)(img, kern)``."""


class GpuCorrMM_gradInputs(_PaddedCorr, CorrMM_gradInputs):  # noqa: N801
    """``GpuCorrMM_gradInputs(border_mode, subsample, ...)(kern, topgrad, shape)``."""


class GpuCorrMM_gradWeights(_PaddedCorr, CorrMM_gradWeights):  # noqa: N801
    """``GpuCorrMM_gradWeights(border_mode, subsample, ...)(img, topgrad, shape)``."""
