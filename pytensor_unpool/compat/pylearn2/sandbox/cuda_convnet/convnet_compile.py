"""Names of `pylearn2.sandbox.cuda_convnet.convnet_compile`: there is nothing to compile."""

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["convnet_available", "convnet_compile"]

__getattr__, __dir__ = fall_back(__name__)


def convnet_available() -> bool:
    """Return True: the names of `cuda_convnet` work everywhere."""
    return True


def convnet_compile() -> None:
    """Do nothing."""
