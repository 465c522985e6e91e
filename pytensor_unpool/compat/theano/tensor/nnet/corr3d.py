"""Names of `theano.tensor.nnet.corr3d`: those of `corr`, for volumes."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.corr import (
    CorrMM,
    CorrMM_gradInputs,
    CorrMM_gradWeights,
)

__all__ = ["Corr3dMM", "Corr3dMM_gradInputs", "Corr3dMM_gradWeights"]

__getattr__, __dir__ = fall_back(__name__)


class Corr3dMM(CorrMM):
    """``Corr3dMM(border_mode, subsample, filter_dilation, num_groups)(img, kern)``."""

    convdim = 3


class Corr3dMM_gradInputs(CorrMM_gradInputs):  # noqa: N801
    """``Corr3dMM_gradInputs(border_mode, subsample, ...)(kern, topgrad, shape)``."""

    convdim = 3


class Corr3dMM_gradWeights(CorrMM_gradWeights):  # noqa: N801
    """``Corr3dMM_gradWeights(border_mode, subsample, ...)(img, topgrad, shape)``."""

    convdim = 3
