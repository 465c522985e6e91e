"""What the public functions take, as types: for readers and for type checkers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.tensor import TensorLike

__all__ = ["IntLike", "IntsLike", "PadLike", "TensorLike"]

# A number, or a symbolic scalar of integer dtype.
IntLike: TypeAlias = int | np.integer[Any] | Variable

# One number for each axis; or one number, which means one axis or all of them.
IntsLike: TypeAlias = IntLike | Sequence[IntLike] | np.ndarray[Any, np.dtype[np.integer[Any]]]

# Padding: the same, or pairs (before, after).
PadLike: TypeAlias = IntsLike | Sequence[tuple[IntLike, IntLike]]
