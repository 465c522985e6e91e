"""Names of `theano.gof.graph`: walks through graphs, in Theano's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pytensor.graph import basic
from pytensor.graph.basic import equal_computations
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import applys_between, orphans_between, vars_between

from pytensor_unpool.compat.fallback import fall_back

__all__ = [
    "Variable",
    "ancestors",
    "inputs",
    "is_in_ancestors",
    "is_same_graph",
    "list_of_nodes",
    "ops",
    "orphans",
    "stack_search",
    "variables",
    "variables_and_orphans",
]

__getattr__, __dir__ = fall_back(__name__)


class Variable(basic.Variable[Any, Any]):
    """``Variable(type, owner, index, name)``, all but the type optional, as in Theano.

    PyTensor's own variables count as instances.
    """

    def __init__(
        self,
        type: Any,  # noqa: A002
        owner: Any = None,
        index: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(type, owner, index, name)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        return basic.Variable in other.__mro__ if cls is Variable else NotImplemented


def stack_search(
    start: deque[Any],
    expand: Callable[[Any], Iterable[Any] | None],
    mode: str = "bfs",
    build_inv: bool = False,
) -> Any:
    """Return all nodes that can be reached from `start`, each once, in the order of the walk.

    Parameters
    ----------
    start : deque
        The first nodes. It is empty afterwards.
    expand : function
        Returns the nodes that follow a node, or None.
    mode : {"bfs", "dfs"}
        Whether the oldest pending node is next, or the newest.
    build_inv : bool
        Whether to return the predecessors of each node as well.

    >>> halves = lambda n: [n // 2] if n % 2 == 0 else None
    >>> stack_search(deque([12, 10]), halves)
    [12, 10, 6, 5, 3]
    """
    seen: dict[int, Any] = {}
    inverse: dict[Any, list[Any]] = {}
    while start:
        node = start.popleft() if mode == "bfs" else start.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            following = list(expand(node) or ())
            for other in following:
                inverse.setdefault(other, []).append(node)
            start.extend(following)
    found = list(seen.values())
    return (found, inverse) if build_inv else found


def ancestors(variable_list: Iterable[Any], blockers: Any = None) -> list[Any]:
    """Return all variables that the given ones are computed from, including them, depth first.

    Parameters
    ----------
    variable_list : list of variables
    blockers : variables, optional
        Where to stop.
    """
    stop = set() if blockers is None else set(blockers)

    def expand(variable: Any) -> Iterable[Any] | None:
        if variable.owner is None or variable in stop:
            return None
        return reversed(variable.owner.inputs)

    return list(stack_search(deque(variable_list), expand, "dfs"))


def inputs(variable_list: Iterable[Any], blockers: Any = None) -> list[Any]:
    """Return those `ancestors` that are not computed: inputs, shared variables, constants.

    >>> import pytensor.tensor as pt
    >>> x, y = pt.vectors("x", "y")
    >>> [v.name for v in inputs([(y + x) * x])]
    ['y', 'x']
    """
    return [v for v in ancestors(variable_list, blockers) if v.owner is None]


def variables(i: Iterable[Any], o: Iterable[Any]) -> list[Any]:
    """Return the variables between inputs and outputs, both included."""
    return list(vars_between(list(i), list(o)))


def orphans(i: Iterable[Any], o: Iterable[Any]) -> list[Any]:
    """Return the variables that outputs depend on, neither computed nor among the inputs."""
    return list(orphans_between(list(i), list(o)))


def variables_and_orphans(i: Iterable[Any], o: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Return `variables` and `orphans`."""
    i, o = list(i), list(o)
    return variables(i, o), orphans(i, o)


def list_of_nodes(i: Iterable[Any], o: Iterable[Any]) -> list[Any]:
    """Return the nodes (`Apply`) between inputs and outputs."""
    return list(applys_between(list(i), list(o)))


def ops(i: Iterable[Any], o: Iterable[Any]) -> set[Any]:
    """Return the nodes (`Apply`) between inputs and outputs, as a set."""
    return set(list_of_nodes(i, o))


def is_in_ancestors(l_node: Any, f_node: Any) -> bool:
    """Return whether the node `l_node` needs the node `f_node`."""
    return any(v.owner is f_node for v in ancestors(l_node.inputs)) or l_node is f_node


def is_same_graph(
    var1: Any,
    var2: Any,
    givens: Mapping[Any, Any] | Sequence[tuple[Any, Any]] | None = None,
    debug: bool = False,
) -> bool:
    """Return whether two variables are computed in the same way from the same variables.

    Parameters
    ----------
    var1, var2 : variables
    givens : dict, optional
        Variables to replace first, in both.
    debug : ignored

    >>> import pytensor.tensor as pt
    >>> x, y = pt.vectors("x", "y")
    >>> is_same_graph(x + 1, y + 1), is_same_graph(x + 1, y + 1, givens={x: y})
    (False, True)
    """
    if givens:
        var1, var2 = clone_replace([var1, var2], replace=dict(givens))
    return bool(equal_computations([var1], [var2]))
