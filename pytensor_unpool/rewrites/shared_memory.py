"""Protects shared variables that share memory from in-place updates."""

from __future__ import annotations

from collections import Counter

from pytensor.compile.mode import optdb
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import graph_rewriter

__all__ = ["protect_shared_memory"]

# Before the first in-place rewrite of PyTensor, at 49.5.
POSITION = 49.4


@graph_rewriter
def protect_shared_memory(fgraph: FunctionGraph) -> None:
    """Prevent updates from overwriting a value that another variable still reads.

    A shared variable from ``theano.clone(x, share_inputs=False)`` shares its memory with `x`.
    PyTensor treats the two as independent, and may compute the new value of one in place before the
    old value of the other is read.
    """
    memories = Counter(id(x.container.storage) for x in fgraph.inputs if hasattr(x, "container"))
    supervisor = getattr(fgraph, "_supervisor", None)
    if supervisor is None or max(memories.values(), default=0) < 2:
        return
    supervisor.protected.extend(
        x
        for x in fgraph.inputs
        if hasattr(x, "container") and memories[id(x.container.storage)] > 1
    )


optdb.register(
    "protect_shared_memory",
    protect_shared_memory,
    "fast_run",
    "fast_compile",
    "inplace",
    "pytensor_unpool",
    position=POSITION,
)
