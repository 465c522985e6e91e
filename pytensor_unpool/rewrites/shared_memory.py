"""Shared variables of one memory: nothing is computed in the place of their old value."""

from __future__ import annotations

from collections import Counter

from pytensor.compile.mode import optdb
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import graph_rewriter

__all__ = ["protect_shared_memory"]

# Before anything is computed in place: PyTensor starts with that at 49.5.
POSITION = 49.4


@graph_rewriter
def protect_shared_memory(fgraph: FunctionGraph) -> None:
    """Keep updates from being written over a value that another variable reads.

    ``theano.clone(x, share_inputs=False)`` of a shared variable has the memory of `x`. PyTensor
    takes them for two, and may compute the new value of one in place, before the other's old value
    is read.
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
