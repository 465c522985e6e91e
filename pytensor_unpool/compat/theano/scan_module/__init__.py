"""Names of `theano.scan_module`."""

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.scan_module.scan import scan

__all__ = ["scan"]

__getattr__, __dir__ = fall_back(__name__)
