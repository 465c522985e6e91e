"""Windows of the full convolution, cut out of SciPy's result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal

from tests.support.cases import Array


def window(x: Array, kernel: Array, starts: Sequence[int], lengths: Sequence[int]) -> Array:
    """Return that many elements from each start, with zeros beyond the convolution."""
    whole = scipy.signal.convolve(x, kernel, method="direct")
    border = max(map(abs, [*starts, *lengths, *whole.shape])) * 2
    padded = np.pad(whole, border)
    ranges = zip(starts, lengths, strict=True)
    return padded[tuple(slice(border + s, border + s + n) for s, n in ranges)]
