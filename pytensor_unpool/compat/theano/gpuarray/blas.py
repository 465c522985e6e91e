"""Names of `theano.gpuarray.blas`: those of `theano.tensor.nnet.corr` and `.corr3d`."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.tensor.nnet.corr import (
    CorrMM as GpuCorrMM,
)
from pytensor_unpool.compat.theano.tensor.nnet.corr import (
    CorrMM_gradInputs as GpuCorrMM_gradInputs,
)
from pytensor_unpool.compat.theano.tensor.nnet.corr import (
    CorrMM_gradWeights as GpuCorrMM_gradWeights,
)
from pytensor_unpool.compat.theano.tensor.nnet.corr3d import (
    Corr3dMM as GpuCorr3dMM,
)
from pytensor_unpool.compat.theano.tensor.nnet.corr3d import (
    Corr3dMM_gradInputs as GpuCorr3dMM_gradInputs,
)
from pytensor_unpool.compat.theano.tensor.nnet.corr3d import (
    Corr3dMM_gradWeights as GpuCorr3dMM_gradWeights,
)

__all__ = [
    "GpuCorr3dMM",
    "GpuCorr3dMM_gradInputs",
    "GpuCorr3dMM_gradWeights",
    "GpuCorrMM",
    "GpuCorrMM_gradInputs",
    "GpuCorrMM_gradWeights",
]

__getattr__, __dir__ = fall_back(__name__)
