"""Random numbers drawn in the step of a `scan` become outputs, so that gradients can use them.

A gradient runs backwards through the steps, and the generator's state is only known after the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import ancestors
from pytensor.scan.basic import get_updates_and_outputs
from pytensor.scan.op import Scan
from pytensor.scan.utils import until
from pytensor.tensor.type import TensorType

from pytensor_unpool.compat.default_updates import set_default_update
from pytensor_unpool.compat.gradients import refuse_lost

__all__ = ["Draw", "Drew", "note", "watched"]


class Draw(NamedTuple):
    """A variable that was drawn, its generator, and the generator's next state.

    For draws of a scan inside the step there is no generator: the step returns its updates.
    """

    generator: Any
    following: Any
    drawn: Any


_records: list[list[Draw]] = []


@contextmanager
def _recording() -> Iterator[list[Draw]]:
    _records.append([])
    try:
        yield _records[-1]
    finally:
        _records.pop()


def note(draw: Draw) -> None:
    """Report a draw to the step that is being built, if any."""
    if _records:
        _records[-1].append(draw)


def watched(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a step so that it raises `Drew` if its outputs depend on draws."""

    def step(*arguments: Any) -> Any:
        with _recording() as draws:
            returned = fn(*arguments)
        condition, outputs, updates = get_updates_and_outputs(returned)
        # PyTensor merges equal operations in there, after which the gradient would be lost.
        refuse_lost(outputs)
        if draws:
            nodes = {x.owner for x in ancestors(outputs)}
            if kept := [draw.drawn for draw in draws if draw.drawn.owner in nodes]:
                own = {x.generator: x.following for x in draws if x.generator is not None}
                raise Drew(arguments, condition, outputs, {**own, **updates}, list(own), kept)
        return returned

    return step


class Drew(Exception):  # noqa: N818  it is not an error
    """Raised when a step has drawn. It holds the step, with the draws among its outputs.

    The function is not called again, as it would draw other numbers.
    """

    def __init__(
        self,
        arguments: tuple[Any, ...],
        condition: Any,
        outputs: list[Any],
        updates: dict[Any, Any],
        generators: list[Any],
        kept: list[Any],
    ) -> None:
        super().__init__()
        self.arguments, self.condition, self.outputs = arguments, condition, outputs
        self.updates, self.generators, self.kept = updates, generators, kept

    def step(self, *arguments: Any) -> tuple[Any, ...]:
        """Return what the step returned, for other arguments."""
        replaced = {x: y for x, y in zip(self.arguments, arguments, strict=True) if x is not y}
        last = [] if self.condition is None else [self.condition]
        rules = list(self.updates.values())
        copies = clone_replace([*self.outputs, *self.kept, *rules, *last], replaced)
        n = len(self.outputs) + len(self.kept)
        updates = dict(zip(self.updates, copies[n:], strict=False))
        return copies[:n], updates, *map(until, copies[n + len(rules) :])

    def scanned(self, scan: Callable[..., Any], outputs_info: Any) -> tuple[list[Any], Any]:
        """Return the outputs of a scan of this step, without the draws, and its updates."""
        info = outputs_info if isinstance(outputs_info, list | tuple) else [outputs_info]
        if outputs_info is None or not info:
            outputs, updates = scan(self.step, None)
        else:
            outputs, updates = scan(self.step, [*info, *[None] * len(self.kept)])
        own, kept = outputs[: len(self.outputs)], outputs[len(self.outputs) :]
        # A scan of one step is just the step, with an extra axis.
        is_scan = isinstance(kept[0].owner.op, Scan)
        for generator in self.generators:
            set_default_update(generator, None if is_scan else updates[generator])
            if not is_scan:
                note(Draw(generator, updates[generator], kept[0].owner.inputs[0]))
        # A step around this scan has to keep everything that the scan's gradient reads.
        read = kept[0].owner.outputs if is_scan else [x.owner.inputs[0] for x in kept]
        for x in read:
            if isinstance(x.type, TensorType):
                note(Draw(None, None, x))
        return own, updates
