"""Names of `theano`: PyTensor's, and those with another name or meaning in PyTensor."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from pytensor.graph.replace import clone_replace

# Importing `lowering` is what registers it with PyTensor.
from pytensor_unpool.compat import lowering  # noqa: F401
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.theano.compile import (
    In,
    OpFromGraph,
    Param,
    ProfileMode,
    as_op,
    function,
    shared,
)
from pytensor_unpool.compat.theano.configparser import change_flags, config
from pytensor_unpool.compat.theano.gof import Op, Variable
from pytensor_unpool.compat.theano.gradient import Lop, Rop, grad
from pytensor_unpool.compat.theano.scan_module import scan as _scan
from pytensor_unpool.compat.theano.updates import OrderedUpdates

__all__ = [
    "In",
    "Lop",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Param",
    "ProfileMode",
    "Rop",
    "Variable",
    "_asarray",
    "as_op",
    "change_flags",
    "clone",
    "config",
    "function",
    "grad",
    "scan",
    "shared",
    "sparse_grad",
]

__version__ = "1.0.5"

__getattr__, __dir__ = fall_back(__name__)

# Theano's heirs have a package of this name. Imported later, it would hide the function.
import_module(f"{__name__}.scan")
scan = _scan


def sparse_grad(var: Any) -> Any:
    """Return `var`: its gradient is dense, with the values that a sparse one had."""
    return var


def _asarray(a: Any, dtype: Any, order: Any = None) -> np.ndarray:
    """Return `a` as an array of this dtype; "floatX" is the configured one."""
    return np.asarray(a, dtype=config.floatX if dtype == "floatX" else dtype, order=order)


def clone(
    output: Any,
    replace: Any = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: Any = None,
) -> Any:
    """Return a copy of a graph in which some variables are replaced.

    Parameters
    ----------
    output : variable, or list of variables
    replace : dict, or pairs, of variables and their replacements
    strict : bool
        Whether replacements must have the same type.
    share_inputs : bool
        Whether the copy has the same inputs. A copy of a shared variable always has the same value,
        because both share memory.
    copy_inputs : bool, optional
        The older name of `share_inputs`.

    >>> import pytensor.tensor as pt
    >>> x, y = pt.dscalars("x", "y")
    >>> clone(x * 2, replace={x: y + 1}).eval({y: 3.0}).tolist()
    8.0
    """
    if copy_inputs is not None:
        share_inputs = copy_inputs
    replace = dict(replace) if replace else None
    return clone_replace(output, replace, rebuild_strict=strict, copy_inputs_over=share_inputs)
