"""PyTensor's operations for old code, with the gradients that old code gives them.

PyTensor calls `pullback` and `pushforward`. Old code wrote `grad`, `L_op` and `R_op`, in classes
that it derived from Theano's, and on operations themselves: `OldOp` looks for them. The old name of
a class is a class derived from `OldOp` and PyTensor's; that of an operation is an instance of one.
Where old code has changed nothing, the graph gets PyTensor's own operation.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph import op
from pytensor.graph.basic import Apply

from pytensor_unpool.compat.errors import OldNotImplementedError
from pytensor_unpool.compat.gradients import (
    OVERRIDES,
    ROOTS,
    install_for,
    is_written,
    passes_on,
    pullback_of,
    pushforward_of,
    written,
)
from pytensor_unpool.compat.twins import PRIVATE, is_unchanged, plain, twin

__all__ = ["OLD", "OldOp", "honour", "stands_for"]

# PyTensor calls these with keywords, and may call `infer_shape` with one more argument.
C_METHODS = (
    "c_compile_args", "c_header_dirs", "c_headers", "c_init_code", "c_lib_dirs", "c_libraries",
    "c_no_compile_args", "c_support_code",
)  # fmt: skip
SHAPES_NEED_GRAPH = "__init_subclass__" not in vars(op.Op)


class OldOp(op.Op):
    """Mixin that turns one of PyTensor's classes into Theano's.

    - `grad`, `L_op` and `R_op` are used if set on the operation or on classes derived from the old
      name. The nearest one wins, as with any attribute.
    - Operations with different gradients are never equal, because PyTensor merges equal ones.
    - Methods of C code need not accept keywords, and `infer_shape` has Theano's arguments.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = vars(cls)
        for name in C_METHODS:
            if name in own and not _takes_keywords(own[name]):
                setattr(cls, name, _without_keywords(own[name]))
        shapes = own.get("infer_shape")
        if shapes is not None and SHAPES_NEED_GRAPH and len(_parameters(shapes)) == 3:
            cls.infer_shape = _without_graph(shapes)
        install_for(cls, OldOp)
        if "__eq__" in own and "_stands_for" not in own:
            cls.__eq__ = _and_overrides(own["__eq__"])  # type: ignore[method-assign]
        super().__init_subclass__(**kwargs)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        """Treat PyTensor's own classes and operations as instances of the old name."""
        # Not `issubclass`, which would call this method.
        stands_for = OldOp if cls is OldOp else vars(cls).get("_stands_for")
        return NotImplemented if stands_for is None else stands_for in other.__mro__

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        named = {name: plain(value) for name, value in kwargs.items()}
        super().__init__(*map(plain, args), **named)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OVERRIDES and "_applied" in vars(self):
            raise OldNotImplementedError(
                f"{name} of {type(self).__name__} was set after the operation had been applied: "
                f"graphs that have it would keep PyTensor's gradient. Set it before, and on a copy "
                f"(`copy.copy(op)`) if the operation is not your own.",
                got=name,
                wanted="an operation that has not been applied",
            )
        self.__dict__.pop("_twin", None)
        super().__setattr__(name, value)

    def __getstate__(self) -> Any:
        state: Any = super().__getstate__()
        # A copy has not been applied.
        return {key: value for key, value in state.items() if key != "_applied"} if state else state

    def __eq__(self, other: object) -> Any:
        if self is other:
            return True
        if is_unchanged(self):
            return twin(self) == (twin(other) if is_unchanged(other) else other)
        equal = super().__eq__(other)
        if equal is True and self._has_old_gradient():
            # What the gradient depends on need not be among the `__props__` of PyTensor's class.
            return _same(self, other)
        return equal

    def __hash__(self) -> int:
        return hash(twin(self)) if is_unchanged(self) else super().__hash__()

    def make_node(self, *inputs: Any, **kwargs: Any) -> Apply:
        """Apply the operation, or PyTensor's where old code has not changed it."""
        node = super().make_node(*inputs, **kwargs)
        if node.op is self:
            node.op = plain(self)
        return node

    def c_code_cache_version_apply(self, node: Apply) -> tuple[Any, ...]:
        """Return the version of the C code, or none if PyTensor could not find it again.

        PyTensor's cache pickles operations and compares them.
        """
        if self._has_old_gradient() and not _survives_pickling(self):
            return ()
        version: tuple[Any, ...] = super().c_code_cache_version_apply(node)
        return version

    @passes_on
    def L_op(self, inputs: Any, outputs: Any, output_grads: Any) -> Any:  # noqa: N802
        """Return the gradient: for ``super().L_op`` that of PyTensor's class."""
        found = written(self, OldOp, "L_op")
        if found is not None:
            return found[1](inputs, output_grads)
        return self._pullback_of_pytensor(inputs, outputs, output_grads)

    @passes_on
    def grad(self, inputs: Any, output_grads: Any) -> Any:
        """Return the gradient: for ``super().grad`` that of PyTensor's class."""
        outputs = self.make_node(*inputs).outputs
        found = written(self, OldOp, "grad")
        method = self._pullback_of_pytensor if found is None else found[1]
        return method(inputs, outputs, output_grads)

    @passes_on
    def R_op(self, inputs: Any, eval_points: Any) -> Any:  # noqa: N802
        """Return the Jacobian of PyTensor's class, times points; None means disconnected."""
        outputs = self.make_node(*inputs).outputs
        tangents = [disconnected_type() if point is None else point for point in eval_points]
        results = self._pushforward_of_pytensor(inputs, outputs, tangents)
        return [None if isinstance(r.type, DisconnectedType) else r for r in results]

    def _has_old_gradient(self) -> bool:
        return is_written(self, OldOp)

    def _pullback_of_pytensor(self, *arguments: Any) -> Any:
        return self._of_pytensor("pullback", "grad")(*arguments)

    def _pushforward_of_pytensor(self, *arguments: Any) -> Any:
        return self._of_pytensor("pushforward", "R_op")(*arguments)

    def _of_pytensor(self, name: str, old: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(super(), name)
        if getattr(method, "__func__", None) in [vars(root).get(name) for root in ROOTS]:
            raise OldNotImplementedError(
                f"{type(self).__name__} has no {old}: its derivative is not known. Write one.",
                got=self,
                wanted=old,
            )
        return method


for _name, _calling in (("pullback", pullback_of), ("pushforward", pushforward_of)):
    setattr(OldOp, _name, _calling(OldOp))


def _and_overrides(equal: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the comparison of a class, extended to gradients set on its instances."""

    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807
        same = equal(self, other)
        if same is not True:
            return same
        return all(
            (name in vars(self)) == (name in vars(other))
            and vars(self).get(name) == vars(other).get(name)
            for name in OVERRIDES
        )

    return __eq__


def _same(x: Any, y: Any) -> bool:
    """Return whether two operations of one class have the same state, up to cached values."""
    mine, others = x.__getstate__() or {}, y.__getstate__() or {}
    names = mine.keys() - PRIVATE
    try:
        return names == others.keys() - PRIVATE and all(
            mine[name] is others[name]
            or (type(mine[name]) is type(others[name]) and bool(mine[name] == others[name]))
            for name in names
        )
    except ValueError:
        # Arrays have no truth value.
        return False


def _survives_pickling(self: Any) -> bool:
    try:
        return bool(pickle.loads(pickle.dumps(self)) == self)
    except Exception:  # noqa: BLE001  classes of old code can raise anything there
        return False


def _parameters(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _takes_keywords(function: Callable[..., Any]) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in _parameters(function))


def _without_keywords(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, **_: method(self)


def _without_graph(infer_shape: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, fgraph, node, shapes: infer_shape(self, node, shapes)


# PyTensor's classes and operations, and what their old names refer to.
CLASSES: dict[type, type] = {}
OPERATIONS: dict[int, tuple[Any, Any]] = {}


def stands_for(new: type) -> Callable[[type], type]:
    """Register a class that the old name of one of PyTensor's classes refers to."""

    def decorate(old: type) -> type:
        old._stands_for = new  # type: ignore[attr-defined]
        CLASSES[new] = old
        return old

    return decorate


def honour(value: Any) -> Any:
    """Return what an old name refers to: an `OldOp` or its class, for an operation or class.

    Parameters
    ----------
    value : object
        What PyTensor has under that name. Anything but an Op is returned unchanged.
    """
    if isinstance(value, type):
        if not issubclass(value, op.Op) or issubclass(value, OldOp):
            return value
        if value not in CLASSES:
            CLASSES[value] = _class_of(value)
        return CLASSES[value]
    if not isinstance(value, op.Op) or isinstance(value, OldOp):
        return value
    if id(value) not in OPERATIONS:
        OPERATIONS[id(value)] = value, _operation_of(value)
    return OPERATIONS[id(value)][1]


def _class_of(new: type) -> type:
    where = {"__module__": __name__, "__qualname__": f"OLD.{new.__module__}.{new.__qualname__}"}
    own = {"__doc__": new.__doc__, "_stands_for": new, "_has_twins": True}
    return type(new)(new.__name__, (OldOp, new), {**where, **own})


def _operation_of(new: Any) -> Any:
    old = object.__new__(honour(type(new)))
    vars(old).update(vars(new))
    if "_has_twins" in vars(type(old)):
        vars(old)["_twin"] = new
    return old


class _Old:
    """The namespace in which pickle finds old classes, by the dotted name of PyTensor's."""

    def __init__(self, dotted: str = "") -> None:
        self._dotted = dotted

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(import_module(self._dotted), name, None) if self._dotted else None
        return (
            honour(value) if isinstance(value, type) else _Old(f"{self._dotted}.{name}".strip("."))
        )


OLD = _Old()
