"""Names of `theano.compile.builders`: `OpFromGraph`, with Theano's ways to give it gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

from pytensor.compile import builders
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.gradient import DisconnectedType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.null_type import NullType
from pytensor.graph.traversal import graph_inputs

from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.gradients import checked, refuse_lost, written
from pytensor_unpool.compat.operations import OldOp, stands_for
from pytensor_unpool.errors import ArgumentError, DTypeError

__all__ = ["OpFromGraph"]

__getattr__, __dir__ = fall_back(__name__)

# PyTensor 3.3 compiles the inner graph together with the outer one, and warns about its options.
COMPILED_ALONE = "fgraph" not in signature(builders.OpFromGraph.__init__).parameters
OPTIONS = {"destroy_map", "on_unused_input", "pullback", "pushforward", "strict"}


@stands_for(builders.OpFromGraph)
class OpFromGraph(OldOp, builders.OpFromGraph):
    """An operation defined by a graph, as in Theano 0.7 to 1.0.

    Parameters
    ----------
    inputs, outputs : list of variables
        Shared variables that `outputs` depend on become further inputs of the operation.
    inline : bool
        Whether to replace the operation by its graph when a function is compiled.
    lop_overrides : "default", function, OpFromGraph, variable or list; optional
        The gradient. A function of lists of inputs, outputs and gradients of outputs that returns
        a list of gradients; or a list with an entry for each input, whose functions return one
        gradient. "default" means the gradient of the graph, a variable of a `NullType` or
        `DisconnectedType` means none.
    grad_overrides : "default", function, OpFromGraph, variable or list; optional
        The same for functions of inputs and gradients of outputs alone.
    rop_overrides : "default", function, OpFromGraph, variable or list; optional
        The R-operator, by functions of inputs and points; a list has an entry for each output.
    connection_pattern : list of list of bool, optional
        Which outputs depend on which inputs.
    name : str, optional
    kwargs : as for `pytensor.compile.builders.OpFromGraph`

    Convention
    ----------
    A gradient can also be given as an attribute, ``op.grad = function``, and by a derived class.
    """

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        inline: bool = False,
        lop_overrides: Any = "default",
        grad_overrides: Any = "default",
        rop_overrides: Any = "default",
        connection_pattern: list[list[bool]] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for argument, some in (("inputs", inputs), ("outputs", outputs)):
            if not isinstance(some, list | tuple):
                raise DTypeError(
                    f"{argument} must be list of variables: got {some}. Put it into brackets.",
                    got=some,
                    wanted="a list",
                )
        # PyTensor merges equal operations in there, after which the gradient would be lost.
        refuse_lost(outputs)
        shared = [x for x in graph_inputs(outputs, inputs) if isinstance(x, SharedVariable)]
        self._shared = [x for x in shared if x not in inputs]
        self._explicit = len(inputs)
        if connection_pattern is not None:
            missing = len(inputs) + len(self._shared) - len(connection_pattern)
            connection_pattern = connection_pattern + [[True] * len(outputs)] * missing
        self._pattern_is_given = connection_pattern is not None
        options = {x: kwargs[x] for x in kwargs if COMPILED_ALONE or x in OPTIONS}
        super().__init__(
            [*inputs, *self._shared],
            list(outputs),
            inline=inline,
            connection_pattern=connection_pattern,
            name=name,
            **options,
        )
        if not _is_default(lop_overrides) and not _is_default(grad_overrides):
            raise ArgumentError(
                "lop_overrides and grad_overrides are mutually exclusive: got both. Pass one.",
                got=(lop_overrides, grad_overrides),
                wanted="one",
            )
        self.set_lop_overrides(lop_overrides)
        if not _is_default(grad_overrides):
            self.set_grad_overrides(grad_overrides)
        self.set_rop_overrides(rop_overrides)

    def set_lop_overrides(self, lop_overrides: Any) -> None:
        """Set the gradient by functions of inputs, outputs and gradients."""
        _check("lop_overrides", lop_overrides, len(self.input_types))
        self._lop = "lop_overrides", lop_overrides

    def set_grad_overrides(self, grad_overrides: Any) -> None:
        """Set the gradient by functions of inputs and gradients."""
        _check("grad_overrides", grad_overrides, len(self.input_types))
        self._lop = "grad_overrides", grad_overrides

    def set_rop_overrides(self, rop_overrides: Any) -> None:
        """Set the R-operator."""
        _check("rop_overrides", rop_overrides, len(self.output_types))
        self._rop = rop_overrides

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """Apply the operation to its inputs; the shared variables need not be passed."""
        return super().__call__(*self._with_shared(inputs), **kwargs)

    def make_node(self, *inputs: Any) -> Apply:
        """Apply the operation to its inputs; the shared variables need not be passed."""
        return super().make_node(*self._with_shared(inputs))

    def _with_shared(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*inputs, *self._shared) if len(inputs) == self._explicit else inputs

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """Return which outputs depend on which inputs: all on an input with an old gradient."""
        pattern: list[list[bool]] = super().connection_pattern(node)
        if self._pattern_is_given:
            return pattern
        if written(self, OldOp, "pullback") is not None:
            return [[True] * len(row) for row in pattern]
        _, overrides = self._lop
        entries = overrides if isinstance(overrides, list) else [overrides] * len(pattern)
        return [
            row if _is_default(entry) else [not _is_of(entry, DisconnectedType)] * len(row)
            for row, entry in zip(pattern, entries, strict=True)
        ]

    def _has_old_gradient(self) -> bool:
        changed = not (_is_default(self._lop[1]) and _is_default(self._rop))
        return changed or super()._has_old_gradient()

    def _pullback_of_pytensor(self, inputs: Any, outputs: Any, cotangents: Any) -> Any:
        name, overrides = self._lop
        default = super()._pullback_of_pytensor
        if _is_default(overrides):
            return default(inputs, outputs, cotangents)
        zeros = _zeros_where_disconnected(cotangents, outputs)
        arguments = [inputs, outputs, zeros] if name == "lop_overrides" else [inputs, zeros]
        gradients = _called(
            name, overrides, arguments, len(inputs), lambda: default(inputs, outputs, cotangents)
        )
        return checked(self, name, inputs, gradients)

    def _pushforward_of_pytensor(self, inputs: Any, outputs: Any, tangents: Any) -> Any:
        default = super()._pushforward_of_pytensor
        if _is_default(self._rop):
            return default(inputs, outputs, tangents)
        arguments = [inputs, _zeros_where_disconnected(tangents, inputs)]
        return _called(
            "rop_overrides", self._rop, arguments, len(outputs),
            lambda: default(inputs, outputs, tangents),
        )  # fmt: skip


def _check(name: str, overrides: Any, n: int) -> None:
    if isinstance(overrides, list) and len(overrides) != n:
        raise ArgumentError(
            f"{name} must have {n} entries: got {len(overrides)}. Pass 'default' for the others.",
            got=len(overrides),
            wanted=n,
        )


def _is_default(overrides: Any) -> bool:
    # Theano 0.9 had None for it.
    return overrides is None or (isinstance(overrides, str) and overrides == "default")


def _is_of(entry: Any, kinds: Any) -> bool:
    return isinstance(entry, Variable) and isinstance(entry.type, kinds)


def _zeros_where_disconnected(derivatives: Any, values: Any) -> list[Any]:
    return [
        x.zeros_like() if isinstance(d.type, DisconnectedType) else d
        for d, x in zip(derivatives, values, strict=True)
    ]


def _called(
    name: str,
    overrides: Any,
    arguments: list[Any],
    n: int,
    default: Callable[[], Any],
) -> list[Any]:
    """Return `n` derivatives, as given by the argument `name`."""
    lists = [list(some) for some in arguments]
    if isinstance(overrides, list):
        defaults = default() if any(map(_is_default, overrides)) else overrides
        return [
            defaults[i] if _is_default(entry) else _one(name, entry, lists)
            for i, entry in enumerate(overrides)
        ]
    if _is_of(overrides, DisconnectedType | NullType):
        return [overrides.type() for _ in range(n)]
    if isinstance(overrides, builders.OpFromGraph):
        return list(overrides(*[x for some in lists for x in some], return_list=True))
    return list(_one(name, overrides, lists))


def _one(name: str, entry: Any, lists: list[list[Any]]) -> Any:
    if _is_of(entry, DisconnectedType | NullType):
        return entry.type()
    if isinstance(entry, builders.OpFromGraph):
        return entry(*[x for some in lists for x in some])
    if isinstance(entry, Variable) or not callable(entry):
        raise ArgumentError(
            f"{name} must be 'default', a function, an OpFromGraph, a variable of NullType or "
            f"DisconnectedType, or a list of these: got {entry!r}.",
            got=entry,
            wanted="a function",
        )
    return entry(*lists)
