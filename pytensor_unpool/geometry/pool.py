"""What pooling by sums takes of a window, and by how much it divides."""

from __future__ import annotations

from enum import StrEnum


class PoolMode(StrEnum):
    """A way of pooling that adds up, in Theano's words."""

    SUM = "sum"
    AVERAGE_INC_PAD = "average_inc_pad"
    AVERAGE_EXC_PAD = "average_exc_pad"

    @property
    def is_average(self) -> bool:
        """Whether a sum is divided by the number of taps that count.

        >>> PoolMode.SUM.is_average
        False
        """
        return self is not PoolMode.SUM

    @property
    def counts_padding(self) -> bool:
        """Whether taps in the padding count; those beyond it never do."""
        return self is PoolMode.AVERAGE_INC_PAD
