"""The Ops. Users build them with the functions of `pytensor_unpool`."""

from pytensor_unpool.ops import conv_batching  # noqa: F401  (registers with PyTensor)
from pytensor_unpool.ops.conv import Conv, ConvInputGrad, ConvKernelGrad
from pytensor_unpool.ops.helix import HelixConvolve, HelixWindow
from pytensor_unpool.ops.interpolation import Interpolate, InterpolateInputGrad
from pytensor_unpool.ops.neighbours import RowsToWindows, WindowsToRows
from pytensor_unpool.ops.pool import MaxPool
from pytensor_unpool.ops.stretch import Stretch
from pytensor_unpool.ops.sums import Pool, PoolInputGrad
from pytensor_unpool.ops.taps import TapGather, TapUnpool
from pytensor_unpool.ops.tied import TiedGather, TiedUnpool
from pytensor_unpool.ops.unpool import MaxGather, MaxUnpool, WindowUnpool

__all__ = [
    "Conv",
    "ConvInputGrad",
    "ConvKernelGrad",
    "HelixConvolve",
    "HelixWindow",
    "Interpolate",
    "InterpolateInputGrad",
    "MaxGather",
    "MaxPool",
    "MaxUnpool",
    "Pool",
    "PoolInputGrad",
    "RowsToWindows",
    "Stretch",
    "TapGather",
    "TapUnpool",
    "TiedGather",
    "TiedUnpool",
    "WindowUnpool",
    "WindowsToRows",
]
