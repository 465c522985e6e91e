"""Sizes that convolution's kernels are tuned by: the same in Numba and in C.

C gets them as a generated header, "conv/tuning.h". Vectors and registers are the machine's, and
found by each compiler.
"""

from __future__ import annotations

# Scratch memory: of images a band is packed that stays in the second cache, and a group of channels
# that is no larger than MAX_PACKED_BYTES, as the packed weights are. All together is less than
# 32 MiB, except for single rows that are longer.
BAND_BYTES = 384 << 10
MAX_PACKED_BYTES = 8 << 20
MAX_WEIGHT_BYTES = 8 << 20

# Images are packed once for each tap of the last axis where that saves this many products for each
# element that is packed.
SPARED_PRODUCTS = 16
MAX_TAP_PARTS = 16

# col2im: what one of its sums costs beyond its products, in products, as it is added to another;
# and the outputs and sums that are worked on at a time, which stay in the first cache.
ADDED_PRODUCTS = 8
COL2IM_BYTES = 24 << 10

# The kernel's gradient: rows of products are so long that a tile of them stays in the first cache,
# and the packed outputs that all images are multiplied by in the second.
DOT_BYTES = 12800
DOTS_BYTES = 256 << 10

# Tiles of sums are held in this many vector registers, and are at most this many vectors wide.
ACCUMULATORS = 12
ACCUMULATORS_AVX512 = 24
MAX_TILE_VECTORS = 8

# The rows of a tile of dot products.
DOT_ROWS = 4

# Winograd: the fewest channels, and outputs of each, that are worth its additions; and scratch
# memory, of the transformed weights and of some transformed tiles, which stay in the second cache
# if they are not too many.
WINOGRAD_CHANNELS = 32
WINOGRAD_OUTPUTS = 512
WINOGRAD_WEIGHT_BYTES = 16 << 20
WINOGRAD_TILE_BYTES = 8 << 20
WINOGRAD_TILES = 256

# No array has longer axes, and products of such lengths would overflow.
MAX_LENGTH = 1 << 60


def constants() -> dict[str, int]:
    """Return all of them by name, as C's header has them."""
    return {name: value for name, value in globals().items() if name.isupper()}
