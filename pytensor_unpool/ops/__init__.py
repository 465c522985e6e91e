"""The Ops. Users create them with the functions of `pytensor_unpool`."""

from pytensor_unpool.ops import conv_batching  # noqa: F401  (registers with PyTensor)
from pytensor_unpool.ops.conv import Conv, ConvInputGrad, ConvKernelGrad
from pytensor_unpool.ops.helix import HelixConvolve, HelixWindow
from pytensor_unpool.ops.max_pool import MaxPool
from pytensor_unpool.ops.max_pool_taps import TapGather, TapUnpool
from pytensor_unpool.ops.max_pool_tied import TiedGather, TiedUnpool
from pytensor_unpool.ops.max_unpool import MaxGather, MaxUnpool, WindowUnpool
from pytensor_unpool.ops.neighbours import RowsToWindows, WindowsToRows
from pytensor_unpool.ops.pool import Pool, PoolInputGrad
from pytensor_unpool.ops.runtime_broadcast import RuntimeBroadcast
from pytensor_unpool.ops.upsampling import Interpolate, InterpolateInputGrad

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
    "RuntimeBroadcast",
    "TapGather",
    "TapUnpool",
    "TiedGather",
    "TiedUnpool",
    "WindowUnpool",
    "WindowsToRows",
]
