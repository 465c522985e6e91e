"""Names of `theano.gof.op`: `Op`, to derive classes from that were written for Theano."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytensor
from pytensor.gradient import DisconnectedType, disconnected_type, grad_undefined
from pytensor.graph import op
from pytensor.graph.basic import Apply, Variable
from pytensor.link.c.op import COp

from pytensor_unpool.compat.errors import OldAttributeError
from pytensor_unpool.compat.fallback import fall_back

__all__ = ["Op", "PureOp", "debug_assert", "get_debug_values", "get_test_value"]

__getattr__, __dir__ = fall_back(__name__)

# What PyTensor calls with keywords, or with one argument more, than Theano did.
C_METHODS = (
    "c_compile_args", "c_header_dirs", "c_headers", "c_init_code", "c_lib_dirs", "c_libraries",
    "c_no_compile_args", "c_support_code",
)  # fmt: skip
SHAPES_NEED_GRAPH = "__init_subclass__" not in vars(op.Op)


class Op(COp):
    """An operation as Theano had it: gradients by `grad`, C code if there is any.

    PyTensor's own operations count as instances.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        own = vars(cls)
        for name in C_METHODS:
            if name in own and not _takes_keywords(own[name]):
                setattr(cls, name, _without_keywords(own[name]))
        shapes = own.get("infer_shape")
        if shapes is not None and SHAPES_NEED_GRAPH and len(_parameters(shapes)) == 3:
            cls.infer_shape = _without_graph(shapes)
        super().__init_subclass__(**kwargs)

    @classmethod
    def __subclasshook__(cls, other: type) -> Any:
        # Not `issubclass`, which would ask this very method.
        return op.Op in other.__mro__ if cls is Op else NotImplemented

    def pullback(
        self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]
    ) -> list[Any]:
        """Return what the class's `L_op` or `grad` returns."""
        kind: Any = type(self)
        if kind.L_op is not op.Op.L_op:
            gradients = self.L_op(inputs, outputs, cotangents)
        elif kind.grad is not op.Op.grad:
            gradients = self.grad(inputs, cotangents)
        else:
            return super().pullback(inputs, outputs, cotangents)
        return [
            grad_undefined(self, i, x) if gradient is None else gradient
            for i, (x, gradient) in enumerate(zip(inputs, gradients, strict=True))
        ]

    def pushforward(
        self, inputs: Sequence[Any], outputs: Sequence[Any], tangents: Sequence[Any]
    ) -> list[Any]:
        """Return what the class's `R_op` returns; None is a disconnected output there."""
        kind: Any = type(self)
        if kind.R_op is op.Op.R_op:
            return super().pushforward(inputs, outputs, tangents)
        points = [None if isinstance(t.type, DisconnectedType) else t for t in tangents]
        return [disconnected_type() if r is None else r for r in self.R_op(inputs, points)]

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any, *_: Any) -> None:
        """Run the C code: this is called where a class has no `perform` of its own."""
        storage = {x: [value] for x, value in zip(node.inputs, inputs, strict=True)}
        storage |= {x: [None] for x in node.outputs}
        self.make_c_thunk(node, storage, None, [])()
        for x, cell in zip(node.outputs, output_storage, strict=True):
            cell[0] = storage[x][0]


PureOp = Op


def _parameters(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _takes_keywords(function: Callable[..., Any]) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in _parameters(function))


def _without_keywords(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, **_: method(self)


def _without_graph(infer_shape: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, fgraph, node, shapes: infer_shape(self, node, shapes)


def get_test_value(x: Any) -> Any:
    """Return the test value of a variable, or the value of a constant or shared variable."""
    if not isinstance(x, Variable):
        return pytensor.tensor.as_tensor_variable(x).data
    if hasattr(x, "get_value"):
        return x.get_value(borrow=True, return_internal_type=True)
    if hasattr(x, "data"):
        return x.data
    if hasattr(x.tag, "test_value"):
        return x.tag.test_value
    raise OldAttributeError(
        f"{x} has no test value: PyTensor computes none. Set `tag.test_value`.", got=x, wanted=None
    )


def get_debug_values(*_: Any) -> Iterable[Any]:
    """Return no values: PyTensor computes nothing while a graph is built."""
    return iter(())


def debug_assert(condition: Any, message: str = "debug_assert failed") -> None:
    """Check nothing: there are no test values."""
