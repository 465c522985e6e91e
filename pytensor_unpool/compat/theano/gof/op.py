"""Names of `theano.gof.op`: `Op`, the base of classes that were written for Theano."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytensor
from pytensor.graph import op
from pytensor.graph.basic import Apply, Variable
from pytensor.link.c import op as c_op

from pytensor_unpool.compat.errors import OldAttributeError
from pytensor_unpool.compat.fallback import fall_back
from pytensor_unpool.compat.operations import OldOp, stands_for

__all__ = ["Op", "PureOp", "debug_assert", "get_debug_values", "get_test_value"]

__getattr__, __dir__ = fall_back(__name__)


@stands_for(op.Op)
class Op(OldOp, c_op.COp):
    """An operation as Theano had it: gradients by `grad`, C code if there is any.

    PyTensor's own operations count as instances.
    """

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Any, *_: Any) -> None:
        """Run the C code: this is called if a class has no `perform` of its own."""
        storage = {x: [value] for x, value in zip(node.inputs, inputs, strict=True)}
        storage |= {x: [None] for x in node.outputs}
        self.make_c_thunk(node, storage, None, [])()
        for x, cell in zip(node.outputs, output_storage, strict=True):
            cell[0] = storage[x][0]

    def c_code_cache_version(self) -> tuple[Any, ...]:
        """Return that C code, if any, is never cached; PyTensor warns about it."""
        return ()


PureOp = Op


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
