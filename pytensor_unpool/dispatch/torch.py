"""PyTorch, on its default device."""

import torch
from pytensor.link.pytorch.dispatch import pytorch_funcify

from pytensor_unpool.dispatch.arrays import register
from pytensor_unpool.kernels.arrays import torch as arrays

# PyTensor passes lengths as tensors. A compiler that sees them treats them as numbers that change
# between calls, and cannot prove what it needs about them; so it must not look inside.
register(pytorch_funcify, arrays, torch.compiler.disable)
