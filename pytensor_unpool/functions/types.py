"""The types of the public functions' arguments, for readers and type checkers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.tensor import TensorLike

__all__ = ["IntLike", "IntsLike", "PadLike", "TensorLike"]

# An integer, or a symbolic scalar of integer dtype.
IntLike: TypeAlias = int | np.integer[Any] | Variable

# One integer for each axis. A single integer means one axis, or all axes.
IntsLike: TypeAlias = IntLike | Sequence[IntLike] | np.ndarray[Any, np.dtype[np.integer[Any]]]

# Padding: integers, or pairs (before, after).
PadLike: TypeAlias = IntsLike | Sequence[tuple[IntLike, IntLike]]
