"""Compares graphs with what they were rewritten to, for the tests of rewrites."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytensor
from pytensor.compile.mode import get_mode

from pytensor_unpool import ops

OURS = tuple(getattr(ops, name) for name in ops.__all__)


def our_ops(function: Any) -> list[str]:
    """Return the sorted names of our Ops in a compiled graph, except broadcasts."""
    nodes = function.maker.fgraph.apply_nodes
    names = (type(node.op).__name__ for node in nodes if isinstance(node.op, OURS))
    return sorted(name for name in names if name != "RuntimeBroadcast")


def compiled(inputs: Sequence[Any], outputs: Any, mode: str, *excluded: str) -> Any:
    mode = get_mode(mode).excluding(*excluded) if excluded else get_mode(mode)
    return pytensor.function(list(inputs), outputs, mode=mode, on_unused_input="ignore")


def plain(inputs: Sequence[Any], outputs: Any) -> Any:
    """Compile a graph without this package's rewrites."""
    return compiled(inputs, outputs, "FAST_COMPILE", "pytensor_unpool")


def check(
    inputs: Sequence[Any],
    outputs: Any,
    arrays: Sequence[Any],
    expected: Sequence[str],
    mode: str = "FAST_COMPILE",
    exact: bool = True,
) -> Any:
    """Compile, count our Ops, and compare with the graph without rewrites."""
    run = compiled(inputs, outputs, mode)
    assert our_ops(run) == sorted(expected)
    reference = plain(inputs, outputs)
    assert our_ops(reference) == []
    same(run, reference, arrays, exact)
    return run


def same(run: Any, reference: Any, arrays: Sequence[Any], exact: bool = True) -> None:
    got, wanted = run(*arrays), reference(*arrays)
    if not isinstance(wanted, list):
        got, wanted = [got], [wanted]
    for one, other in zip(got, wanted, strict=True):
        if exact:
            np.testing.assert_array_equal(np.asarray(one), other)
        else:
            np.testing.assert_allclose(np.asarray(one), other, rtol=1e-12)
        assert np.asarray(one).dtype == other.dtype
