"""Names of `pylearn2.models`."""

from pytensor_unpool.compat.fallback import fall_back

__getattr__, __dir__ = fall_back(__name__)
