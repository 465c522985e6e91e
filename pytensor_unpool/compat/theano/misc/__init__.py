"""Names of `theano.misc`."""

from pytensor_unpool.compat.fallback import fall_back

__getattr__, __dir__ = fall_back(__name__)
