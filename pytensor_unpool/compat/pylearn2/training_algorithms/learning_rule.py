"""Names of `pylearn2.training_algorithms.learning_rule`."""

from pytensor_unpool.compat.fallback import fall_back

__getattr__, __dir__ = fall_back(__name__)
