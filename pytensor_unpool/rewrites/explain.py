"""Explains what the rewrites did in a compiled function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from pytensor.graph.fg import FunctionGraph

from pytensor_unpool.errors import ArgumentError
from pytensor_unpool.rewrites.record import Finding, findings_of

__all__ = ["Explanation", "explain"]


class Explanation(NamedTuple):
    """The idioms in a compiled function. Its ``str`` is a readable report."""

    recognised: tuple[Finding, ...]
    """The idioms that became an Op of this package."""
    nearly: tuple[Finding, ...]
    """The near misses, each with the reason in `why_not`."""

    def __str__(self) -> str:
        if not self.recognised and not self.nearly:
            return "No idiom of pooling or un-pooling was found."
        lines = []
        if self.recognised:
            lines.append("Recognised:")
            lines += _counted((f"{f.found} -> {f.became}", f.rewrite) for f in self.recognised)
        if self.nearly:
            lines.append("Nearly:")
            lines += _counted((f"{f.found}: {f.why_not}", f.rewrite) for f in self.nearly)
        return "\n".join(lines)


def explain(function: Any) -> Explanation:
    """Explain which idioms of pooling and un-pooling were found in a compiled function.

    Parameters
    ----------
    function : compiled function
        The result of `pytensor.function`.

    Returns
    -------
    explanation : Explanation
        `recognised` and `nearly` are tuples of findings. Each holds the name of the `rewrite`, what
        it `found` in the graph, and what that `became`, or `why_not`. Print it for a report.

    Raises
    ------
    ArgumentError
        If `function` is not a compiled function.

    Convention
    ----------
    A function compiled with ``mode.excluding("pytensor_unpool")`` has no findings. To turn off a
    single rewrite, pass its name to ``mode.excluding``.

    Examples
    --------
    >>> import numpy as np
    >>> import pytensor, pytensor.tensor as pt
    >>> import pytensor_unpool as pu
    >>> values = pt.tensor("values", dtype="float64", shape=(2, 4))
    >>> positions = pt.tensor("positions", dtype="int64", shape=(2, 4))
    >>> rows = np.arange(2)[:, None]
    >>> written = pt.set_subtensor(pt.zeros((2, 9))[rows, positions], values)
    >>> other = pt.set_subtensor(pt.ones((2, 9))[rows, positions], values)
    >>> print(pu.explain(pytensor.function([values, positions], [written, other])))
    Recognised:
      AdvancedSetSubtensor -> MaxUnpool
        by local_set_subtensor_to_max_unpool
    Nearly:
      AdvancedSetSubtensor: what is written to is not known to be zeros
        by local_set_subtensor_to_max_unpool
    """
    fgraph = getattr(getattr(function, "maker", None), "fgraph", None)
    if not isinstance(fgraph, FunctionGraph):
        raise ArgumentError(
            f"explain needs a compiled function: got {type(function).__name__}. Pass what "
            f"`pytensor.function` returned.",
            got=type(function).__name__,
            wanted="a compiled function",
        )
    return explain_graph(fgraph)


def explain_graph(fgraph: FunctionGraph) -> Explanation:
    """Explain which idioms were found in a graph that has been rewritten."""
    findings = findings_of(fgraph)
    return Explanation(
        tuple(f for f in findings if f.became is not None),
        tuple(f for f in findings if f.became is None),
    )


def _counted(findings: Iterable[tuple[str, str]]) -> list[str]:
    lines = []
    for (text, rewrite), n in Counter(findings).items():
        times = f", {n} times" if n > 1 else ""
        lines += [f"  {text}", f"    by {rewrite}{times}"]
    return lines
