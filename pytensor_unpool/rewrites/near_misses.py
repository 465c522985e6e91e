"""Near misses: graphs that are almost an idiom, recorded for `explain` after all rewrites."""

from __future__ import annotations

import pytensor.tensor.math as ptm
from pytensor.compile.mode import optdb
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import graph_rewriter
from pytensor.tensor.shape import Reshape
from pytensor.tensor.subtensor import AdvancedIncSubtensor, AdvancedSubtensor, IncSubtensor

from pytensor_unpool.rewrites.flat import flat_gathering, flat_unpooling
from pytensor_unpool.rewrites.indexing import gathering, unpooling
from pytensor_unpool.rewrites.record import Build, Finding, Unproven, note, tell
from pytensor_unpool.rewrites.strided import corner_unpooling
from pytensor_unpool.rewrites.windows import argmax_pooling, max_pooling, sum_pooling, upsampling

NAME = "note_near_idioms"

BUILDS: dict[type, dict[str, Build]] = {
    AdvancedIncSubtensor: {
        "local_set_subtensor_to_max_unpool": unpooling,
        "local_flat_set_subtensor_to_max_unpool": flat_unpooling,
    },
    AdvancedSubtensor: {
        "local_advanced_subtensor_to_max_gather": gathering,
        "local_flat_subtensor_to_max_gather": flat_gathering,
    },
    IncSubtensor: {"local_strided_set_subtensor_to_tap_unpool": corner_unpooling},
    ptm.Argmax: {"local_reshape_argmax_to_max_pool": argmax_pooling},
    ptm.Max: {"local_reshape_max_to_max_pool": max_pooling},
    ptm.Sum: {"local_reshape_sum_to_pool": sum_pooling},
    Reshape: {"local_repeat_to_pool_input_grad": upsampling},
}


@graph_rewriter
def note_near_idioms(fgraph: FunctionGraph) -> None:
    """Record what other rewrites left unchanged, and why."""
    near = {node for node in fgraph.apply_nodes if type(node.op) in BUILDS}
    for node in fgraph.toposort() if near else ():
        for name, build in (BUILDS[type(node.op)] if node in near else {}).items():
            try:
                build(fgraph, node)
            except Unproven as reason:
                note(fgraph, Finding(name, str(node.op), None, str(reason)))
    tell(fgraph)


# After all rewrites that recognise idioms, and before fusion and in-place rewrites.
optdb.register(NAME, note_near_idioms, "fast_run", "fast_compile", "pytensor_unpool", position=47)
