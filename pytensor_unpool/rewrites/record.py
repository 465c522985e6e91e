"""What the rewrites recognised in a graph, and what nearly: `pytensor_unpool.explain` tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.features import Feature
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace

Build = Callable[[FunctionGraph, Apply], Variable | None]


class Finding(NamedTuple):
    """One idiom in a graph: the rewrite, what stood there, what stands there now or why not."""

    rewrite: str
    found: str
    became: str | None
    why_not: str | None = None


class Unproven(Exception):  # noqa: N818  not an error: the graph stays as it is
    """An idiom that a rewrite leaves alone; the text says what it could not prove."""


class Record(Feature):
    """The findings of one graph."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def clone(self) -> Record:
        """Return the record of a copy of the graph."""
        copied = Record()
        copied.findings = list(self.findings)
        return copied


def record_of(fgraph: FunctionGraph) -> Record | None:
    """Return the record of a graph; None if nothing was found in it."""
    return next((f for f in fgraph._features if isinstance(f, Record)), None)


def findings_of(fgraph: FunctionGraph) -> list[Finding]:
    """Return what was found in a graph."""
    record = record_of(fgraph)
    return [] if record is None else record.findings


# Called with every graph when its rewrites are done.
listeners: list[Callable[[FunctionGraph], None]] = []


def tell(fgraph: FunctionGraph) -> None:
    """Call who listens."""
    for listener in listeners:
        listener(fgraph)


def note(fgraph: FunctionGraph, finding: Finding) -> None:
    """Write down what a rewrite found."""
    record = record_of(fgraph)
    if record is None:
        record = Record()
        fgraph.attach_feature(record)
    record.findings.append(finding)


def rewritten(name: str, build: Build, fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Return what a rewriter puts in the place of a node's output, and write it down.

    `build` returns that, or None for a node that holds no idiom, or raises `Unproven`.
    """
    try:
        new = build(fgraph, node)
    except Unproven:
        return None
    if new is None:
        return None
    (old,) = node.outputs
    copy_stack_trace(old, new)
    note(fgraph, Finding(name, str(node.op), _our_op(new)))
    return [old.type.filter_variable(new)]


def _our_op(v: Variable) -> str:
    """Return the name of the Op of this package that makes a variable, but for its axes."""
    while not type(v.owner.op).__module__.startswith("pytensor_unpool"):
        v = v.owner.inputs[0]
    return type(v.owner.op).__name__
