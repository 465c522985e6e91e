"""The modes of sum and average pooling, and what the averages divide by."""

from __future__ import annotations

from enum import StrEnum


class PoolMode(StrEnum):
    """A mode of pooling that adds up elements, under Theano's name."""

    SUM = "sum"
    AVERAGE_INC_PAD = "average_inc_pad"
    AVERAGE_EXC_PAD = "average_exc_pad"

    @property
    def is_average(self) -> bool:
        """Whether the sum is divided by the number of taps that count.

        >>> PoolMode.SUM.is_average
        False
        """
        return self is not PoolMode.SUM

    @property
    def counts_padding(self) -> bool:
        """Whether taps in the padding count. Taps beyond the padding never do."""
        return self is PoolMode.AVERAGE_INC_PAD
