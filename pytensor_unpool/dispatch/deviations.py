"""What a backend cannot do as the others do. Tests read this, and docs/backends.md prints it."""

from __future__ import annotations

from typing import NamedTuple

COMPILED = ("jax", "torch", "mlx")


class Deviation(NamedTuple):
    """What the other backends do, which ones cannot, and what these do in its place."""

    others: str
    backends: tuple[str, ...]
    instead: str


POSITIONS_OUTSIDE = Deviation(
    "A position outside the axes is an `IndexError`.",
    COMPILED,
    "It is not written; gathering reads a zero there.",
)
DATA_CHECKS = Deviation(
    "The symbolic functions raise errors of data, such as positions and repeats.",
    ("jax", "mlx"),
    "A `UserWarning` says, when a function is compiled, what it does not look at. Errors of "
    "lengths are raised.",
)
DATA_LENGTHS = Deviation(
    "Lengths and windows may be computed from data.",
    ("jax", "mlx"),
    "They must be constants, or come from lengths of arrays; else `NotImplementedError`. A "
    "function is compiled again for every shape.",
)
INTEGER_INPUTS = Deviation(
    "Lengths and windows may be inputs of the function.",
    ("mlx",),
    "`NotImplementedError`. JAX compiles again for each value of a scalar that serves nothing "
    "else.",
)
NARROW_INTEGERS = Deviation(
    "Positions are `int64`.",
    ("jax",),
    "With `floatX=float32` PyTensor leaves JAX its 32 bits: positions are `int32`.",
)
NO_DOUBLES = Deviation(
    "`float64` is computed in double precision.", ("mlx",), "It becomes `float32`."
)
LONG_PLANES = Deviation(
    "Pooled axes may have more than 2147483647 elements together.",
    COMPILED,
    "Their positions are an error.",
)
NOT_FUSED = Deviation(
    "An Op is compiled together with its neighbours, or is one compiled function.",
    ("torch",),
    "Ops run outside `torch.compile`: it takes lengths for numbers that change from call to call.",
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
    lines = ["| the others | who not | what happens there |", "|---|---|---|"]
    for others, backends, instead in DEVIATIONS:
        lines.append(f"| {others} | {', '.join(backends)} | {instead} |")
    return "\n".join(lines) + "\n"
