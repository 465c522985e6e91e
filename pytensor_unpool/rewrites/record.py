"""The record of idioms and near misses in a graph, which `pytensor_unpool.explain` reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytensor.graph.basic import Apply, Variable
from pytensor.graph.features import Feature
from pytensor.graph.fg import FunctionGraph
from pytensor.graph.rewriting.basic import copy_stack_trace

Build = Callable[[FunctionGraph, Apply], Variable | None]


class Finding(NamedTuple):
    """One idiom in a graph: the rewrite, what it found, and what that became or why not."""

    rewrite: str
    found: str
    became: str | None
    why_not: str | None = None


class Unproven(Exception):  # noqa: N818  not an error: the graph stays as it is
    """Raised for an idiom that a rewrite leaves unchanged; the text says what was not proved."""


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
    """Return the record of a graph, None if nothing was found in it."""
    return next((f for f in fgraph._features if isinstance(f, Record)), None)


def findings_of(fgraph: FunctionGraph) -> list[Finding]:
    """Return the findings in a graph."""
    record = record_of(fgraph)
    return [] if record is None else record.findings


# Called with every graph after it has been rewritten.
listeners: list[Callable[[FunctionGraph], None]] = []


def tell(fgraph: FunctionGraph) -> None:
    """Call the listeners."""
    for listener in listeners:
        listener(fgraph)


def note(fgraph: FunctionGraph, finding: Finding) -> None:
    """Record what a rewrite found."""
    record = record_of(fgraph)
    if record is None:
        record = Record()
        fgraph.attach_feature(record)
    record.findings.append(finding)


def rewritten(name: str, build: Build, fgraph: FunctionGraph, node: Apply) -> list[Variable] | None:
    """Return the replacement of a node's output, and record it.

    `build` returns the replacement, returns None for a node that is not an idiom, or raises
    `Unproven`.
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
    """Return the name of this package's Op that computes a variable, up to changes of shape."""
    while not type(v.owner.op).__module__.startswith("pytensor_unpool"):
        v = v.owner.inputs[0]
    return type(v.owner.op).__name__
