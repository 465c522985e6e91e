"""PyTorch, on the device that is its default."""

import torch
from pytensor.link.pytorch.dispatch import pytorch_funcify

from pytensor_unpool.dispatch.arrays import register
from pytensor_unpool.kernels.arrays import torch as arrays

# PyTensor hands lengths over as tensors. A compiler that sees them takes them for numbers that
# change from call to call, and fails to prove what it needs of these; so it is not to look inside.
register(pytorch_funcify, arrays, torch.compiler.disable)
