"""Names of `pylearn2.sandbox.cuda_convnet.convnet_compile`: there is nothing to compile."""

__all__ = ["convnet_available", "convnet_compile"]


def convnet_available() -> bool:
    """Return True: the names of `cuda_convnet` work everywhere."""
    return True


def convnet_compile() -> None:
    """Do nothing."""
