"""Names of `theano.printing`."""

from __future__ import annotations

from typing import Any

from pytensor import printing
from pytensor.graph.basic import Constant

from pytensor_unpool.compat.fallback import fall_back

__all__ = ["debugprint", "var_descriptor"]

__getattr__, __dir__ = fall_back(__name__)


def debugprint(
    obj: Any,
    depth: int = -1,
    print_type: bool = False,
    file: Any = None,
    ids: str = "CHAR",
    stop_on_name: bool = False,
    done: Any = None,
    print_storage: bool = False,
    **_: Any,
) -> Any:
    """Print a graph, or return it as text with ``file="str"``."""
    return printing.debugprint(
        obj, depth=depth, print_type=print_type, file=file, id_type=ids, stop_on_name=stop_on_name,
        done=done, print_storage=print_storage,
    )  # fmt: skip


def var_descriptor(obj: Any, _prev_obs: Any = None, _tag_generator: Any = None) -> str:
    """Return a string that is the same for variables that are computed in the same way.

    >>> import pytensor.tensor as pt
    >>> x = pt.vector("x")
    >>> var_descriptor(x + 1) == var_descriptor(x + 1)
    True
    """
    if obj.owner is None:
        return f"{obj.data}" if isinstance(obj, Constant) else f"{obj}:{id(obj)}"
    return f"{obj.owner.op}({', '.join(var_descriptor(x) for x in obj.owner.inputs)})"
