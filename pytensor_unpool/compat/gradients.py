"""The choice of an operation's gradient: the one that old code wrote for it, or PyTensor's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytensor import gradient
from pytensor.gradient import DisconnectedType, disconnected_type, grad_undefined
from pytensor.graph.null_type import NullType
from pytensor.graph.op import HasInnerGraph, Op
from pytensor.graph.traversal import ancestors
from pytensor.scalar.basic import ScalarOp

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.errors import ArgumentError

__all__ = [
    "OVERRIDES",
    "ROOTS",
    "install_for",
    "is_written",
    "passes_on",
    "pullback_of",
    "pushforward_of",
    "refuse_lost",
    "written",
]

# These look up old gradients themselves: with those of `OldOp`, they would never end.
ROOTS = (Op, ScalarOp)

OVERRIDES = ("L_op", "grad", "R_op", "connection_pattern")

# What old code wrote in place of a method. Within a class, the first takes precedence.
WRITTEN_FOR: Mapping[str, Sequence[str]] = {
    "pullback": ("L_op", "grad"),
    "pushforward": ("R_op",),
    "L_op": ("grad",),
    "grad": ("L_op",),
}


def passes_on(method: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a method that looks up another, and is not a gradient itself."""
    vars(method)["passes_on"] = True
    return method


def _has_own(kind: type, name: str) -> bool:
    return name in vars(kind) and not hasattr(vars(kind)[name], "passes_on")


def written(self: Any, owner: type, name: str) -> tuple[str, Callable[..., Any]] | None:
    """Return what old code wrote for the method `name` of the class `owner`, and its name there.

    The operation's own attributes come first, then those of its classes, up to `owner`. If a class
    in between defines `name`, it has called `super()`, and everything before it is skipped.
    """
    kinds = type(self).__mro__
    kinds = kinds[: kinds.index(owner) + 1]
    past = max((i + 1 for i, kind in enumerate(kinds) if _has_own(kind, name)), default=0)
    olds = WRITTEN_FOR[name]
    if not past and (own := [old for old in olds if old in vars(self)]):
        return own[0], vars(self)[own[0]]
    for kind in kinds[past:]:
        for old in olds:
            if _has_own(kind, old):
                method = vars(kind)[old]
                # A partial function or another object is not bound, as in any class.
                return old, method.__get__(self, kind) if hasattr(method, "__get__") else method
    return None


def is_written(self: Any, owner: type) -> bool:
    """Return whether old code wrote a gradient of any kind."""
    return any(written(self, owner, name) is not None for name in ("pullback", "pushforward"))


def install_for(cls: Any, root: type) -> None:
    """Make a class look up old gradients where Python would find an inherited `pullback`."""
    for name, calling in (("pullback", pullback_of), ("pushforward", pushforward_of)):
        if _old_is_nearer(cls, root, name) and not hasattr(getattr(cls, name), "passes_on"):
            setattr(cls, name, calling(cls))


def _old_is_nearer(cls: type, root: type, name: str) -> bool:
    for kind in cls.__mro__[: cls.__mro__.index(root)]:
        if _has_own(kind, name):
            return False
        if any(_has_own(kind, old) for old in WRITTEN_FOR[name]):
            return True
    return False


def pullback_of(owner: type) -> Callable[..., Any]:
    """Return the method `pullback` of a class."""

    @passes_on
    def pullback(self: Any, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        """Return what the nearest `L_op` or `grad` returns, else PyTensor's gradient."""
        found = written(self, owner, "pullback")
        if found is None:
            return self._pullback_of_pytensor(inputs, outputs, cotangents)
        name, method = found
        arguments = (inputs, outputs, cotangents) if name == "L_op" else (inputs, cotangents)
        return checked(self, name, inputs, method(*arguments))

    return pullback


def checked(self: Any, name: str, inputs: Sequence[Any], gradients: Any) -> list[Any]:
    """Return the gradients that old code returned, one for each input."""
    if not isinstance(gradients, list | tuple) or len(gradients) != len(inputs):
        raise ArgumentError(
            f"{name} of {type(self).__name__} must return a list with a gradient for each of its "
            f"{len(inputs)} inputs: got {gradients}. Return None where there is none.",
            got=gradients,
            wanted=len(inputs),
        )
    return [
        grad_undefined(self, i, x) if g is None else g
        for i, (x, g) in enumerate(zip(inputs, gradients, strict=True))
    ]


def pushforward_of(owner: type) -> Callable[..., Any]:
    """Return the method `pushforward` of a class."""

    @passes_on
    def pushforward(self: Any, inputs: Any, outputs: Any, tangents: Any) -> Any:
        """Return what the nearest `R_op` returns, else the transpose of an old gradient."""
        found = written(self, owner, "pushforward")
        if found is not None:
            points = [None if isinstance(t.type, DisconnectedType) else t for t in tangents]
            return [disconnected_type() if r is None else r for r in found[1](inputs, points)]
        if written(self, owner, "pullback") is not None:
            return _transposed(self, inputs, outputs, tangents)
        return self._pushforward_of_pytensor(inputs, outputs, tangents)

    return pushforward


def _transposed(self: Any, inputs: Any, outputs: Any, tangents: Any) -> list[Any]:
    """Return the Jacobian that an old gradient stands for, times tangents.

    PyTensor's own pushforward would belong to the gradient that the old one replaces.
    """
    cotangents = [x.type() for x in outputs]
    pairs = [
        (g, t)
        for g, t in zip(self.pullback(inputs, outputs, cotangents), tangents, strict=True)
        if not isinstance(g.type, DisconnectedType | NullType)
        and not isinstance(t.type, DisconnectedType)
    ]
    if not pairs:
        return [disconnected_type() for _ in outputs]
    results = gradient.pullback(
        [g for g, _ in pairs],
        wrt=cotangents,
        cotangents=[t for _, t in pairs],
        disconnected_inputs="ignore",
        return_disconnected="disconnected",
    )
    if set(cotangents) & set(ancestors(results)):
        raise OldNotImplementedError(
            f"the gradient of {type(self).__name__} is not linear in the gradients that it is "
            f"given: it has no transpose, which Rop needs. Write R_op.",
            got=self,
            wanted="R_op",
        )
    return list(results)


def refuse_lost(outputs: Iterable[Any]) -> None:
    """Raise if a graph has an operation with an old gradient that PyTensor would not ask for.

    Such an operation was taken out of a graph, or its class is derived from one of PyTensor's under
    the new name.
    """
    for op in _operations(outputs):
        name = None if hasattr(type(op), "_has_old_gradient") else _lost(op)
        if name is not None:
            raise OldNotImplementedError(
                f"{name} of {type(op).__name__} would not be used: PyTensor asks for pullback. Make"
                f" the operation under an old name: derive its class from one of Theano's, such as "
                f"`theano.compile.ViewOp`, copy `copy.copy(T.exp)`, or use `theano.OpFromGraph`.",
                got=name,
                wanted="an operation under its old name",
            )


def _operations(outputs: Iterable[Any]) -> Iterator[Any]:
    """Yield the operations of a graph and of its inner graphs."""
    nodes = {x.owner for x in ancestors(list(outputs)) if x.owner is not None}
    for op in {id(node.op): node.op for node in nodes}.values():
        yield op
        if hasattr(op, "scalar_op"):
            yield op.scalar_op
        if isinstance(op, HasInnerGraph):
            yield from _operations(op.inner_outputs)


def _lost(op: Any) -> str | None:
    """Return the name of an old gradient that hides behind one of PyTensor's."""
    written_here = [name for name in ("L_op", "grad", "R_op") if name in vars(op)]
    if written_here:
        return None if "pullback" in vars(op) else written_here[0]
    for kind in type(op).__mro__:
        if "pullback" in vars(kind) or kind.__module__.startswith("pytensor."):
            return None
        for name in WRITTEN_FOR["pullback"]:
            # PyTensor's most general classes look for it themselves.
            if name in vars(kind) and type(op).pullback not in [x.pullback for x in ROOTS]:
                return name
    return None
