"""Names of `theano.scan`, as a package: ``from theano.scan.utils import until``.

Theano's successors have it; in Theano it is a function, which hides the package there.
"""

from pytensor_unpool.compat.fallback import fall_back

__getattr__, __dir__ = fall_back(__name__)
