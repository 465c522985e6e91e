"""Backends: which kernel serves which Op.

`backends` has the list of them, and for each there is a file beside it. That file is imported when
PyTensor itself loads the backend, so that importing this package loads none of them.
"""

from pytensor_unpool.dispatch import static  # noqa: F401  (registers rewrites)
from pytensor_unpool.dispatch.backends import BACKENDS
from pytensor_unpool.dispatch.finder import register_lazily

register_lazily({backend.loaded_by: f"{__name__}.{backend.name}" for backend in BACKENDS})
