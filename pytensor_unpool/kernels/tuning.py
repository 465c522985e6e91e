"""Sizes that the kernels other than convolution's are tuned by: the same in Numba and in C.

C gets them as a generated header, "tuning.h".
"""

from __future__ import annotations

# The windows, or channels, of a block, which has one in each lane of its vectors. 8 float32 are a
# vector of 256 bits; vectors of other dtypes are split or left half empty.
LANES = 8

# No tap has this number, or one that is larger by the number of another tap.
NO_TAP = -(2**30)

# Lines are worked on in tiles of this many columns: the scratch memory of one fits the first cache.
TILE_COLUMNS = 4096

# Bytes that mark which positions were seen: the scratch memory of "last".
MARKS = 2**20

# Elements of the longer axis that are interpolated together: C has their neighbours on the stack.
UPSAMPLING_CHUNK = 512

# Axes are wound up until strips are this long: shorter ones leave vectors half empty.
SHORTEST_STRIP = 64

# Sums of a strip are held in registers, in tiles of one of these numbers of vectors.
WIDE_STRIP_TILE = 8
MIDDLE_STRIP_TILE = 6
NARROW_STRIP_TILE = 4


def constants() -> dict[str, int]:
    """Return all of them by name, as C's header has them."""
    return {name: value for name, value in globals().items() if name.isupper()}
