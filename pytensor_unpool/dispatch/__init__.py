"""Backends: which kernel serves which Op.

A backend is one word in `BACKENDS` and one file beside this one. That file is imported when
PyTensor itself loads the backend, so that importing this package loads none of them.
"""

from pytensor_unpool.dispatch import static  # noqa: F401  (registers a rewrite)
from pytensor_unpool.dispatch.finder import register_lazily

# Name of the backend, and the module with which PyTensor loads it.
BACKENDS = {
    "numba": "pytensor.link.numba.dispatch",
    "jax": "pytensor.link.jax.dispatch",
    "torch": "pytensor.link.pytorch.dispatch",
    "mlx": "pytensor.link.mlx.dispatch",
}

register_lazily({pytensor: f"{__name__}.{backend}" for backend, pytensor in BACKENDS.items()})
