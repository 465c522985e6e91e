"""What a backend does otherwise than the others. Tests read this; docs/backends.md prints it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pytensor_unpool.dispatch import backends
from pytensor_unpool.dispatch.backends import Backend


class Deviation(NamedTuple):
    """What the other backends do, which ones cannot, and what these do instead."""

    others: str
    concerns: Callable[[Backend], bool]
    instead: str

    @property
    def backends(self) -> tuple[str, ...]:
        """The names of those that cannot."""
        return tuple(b.name for b in backends.BACKENDS if self.concerns(b))


POSITIONS_OUTSIDE = Deviation(
    "A position outside the axes is an `IndexError`.",
    lambda backend: backend.whole_arrays,
    "It is not written; gathering reads a zero there.",
)
DATA_CHECKS = Deviation(
    "The symbolic functions raise errors about data, such as positions and repeats.",
    lambda backend: backend.static_lengths,
    "When a function is compiled, a `UserWarning` says what it does not check. Errors about "
    "lengths are raised.",
)
DATA_LENGTHS = Deviation(
    "Lengths and windows may be computed from data.",
    lambda backend: backend.static_lengths,
    "They must be constants, or come from lengths of arrays; else `NotImplementedError`. A "
    "function is compiled again for every shape.",
)
INTEGER_INPUTS = Deviation(
    "Lengths and windows may be inputs of the function.",
    lambda backend: backend.static_lengths and not backend.static_inputs,
    "`NotImplementedError`. JAX compiles again for each value of a scalar that is used for nothing "
    "else.",
)
NARROW_INTEGERS = Deviation(
    "Positions are `int64`.",
    lambda backend: backend.positions_follow_floatx,
    "With `floatX=float32`, PyTensor leaves JAX in 32-bit mode: positions are `int32`.",
)
NO_DOUBLES = Deviation(
    "`float64` is computed in double precision.",
    lambda backend: backend.precision != "float64",
    "It becomes `float32`.",
)
LONG_PLANES = Deviation(
    "Pooled axes may have more than 2147483647 elements together.",
    lambda backend: backend.whole_arrays,
    "Their positions are an error.",
)
NOT_FUSED = Deviation(
    "An Op is compiled together with its neighbours, or is one compiled function.",
    lambda backend: not backend.fuses,
    "Ops run outside `torch.compile`, which treats lengths as numbers that change between calls.",
)

DEVIATIONS = (
    POSITIONS_OUTSIDE,
    DATA_CHECKS,
    DATA_LENGTHS,
    INTEGER_INPUTS,
    NARROW_INTEGERS,
    NO_DOUBLES,
    LONG_PLANES,
    NOT_FUSED,
)


def table() -> str:
    """Return the deviations as a table in Markdown."""
    lines = ["| elsewhere | exceptions | what happens there |", "|---|---|---|"]
    for deviation in DEVIATIONS:
        names = ", ".join(deviation.backends)
        lines.append(f"| {deviation.others} | {names} | {deviation.instead} |")
    return "\n".join(lines) + "\n"
