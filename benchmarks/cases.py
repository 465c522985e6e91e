"""What is measured, against which peers, and with which targets."""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20260711
MODES = ("NUMBA", "CVM")

IMAGES = (64, 32, 56, 56)


@dataclass(frozen=True)
class Target:
    """A peer and a bound on the ratio of times, or none where the peer only sets the scale."""

    peer: str
    faster: float | None = None
    """The peer's time divided by ours is at least this."""
    within: float | None = None
    """Our time divided by the peer's is at most this."""
    mode: str = ""
    """The only mode of ours to compare with, for a peer that runs in that mode."""

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes of ours that are compared."""
        return (self.mode,) if self.mode else MODES


@dataclass(frozen=True)
class Case:
    """One task on one input; the last axes of `shape` are pooled."""

    name: str
    work: str
    shape: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    targets: tuple[Target, ...]
    pooling: str = "max"
    """For `work="pool"`: a mode of `pytensor_unpool.pool`, or "old max"."""
    static: bool = False
    """Whether the lengths of the pooled axes are known when the graph is compiled."""
    channels: tuple[int, int] = (0, 0)
    """Of a convolution: output channels, and channels of the kernel."""
    pad: int = 0
    """Of a convolution."""
    idiom: str = ""
    """For `work="idiom"`: which one."""
    threads: int = 1
    """Number of threads, for all contenders that can use more than one."""

    @property
    def kernel(self) -> tuple[int, ...]:
        """Shape of the kernel of a convolution."""
        return (*self.channels, *self.window)

    @property
    def groups(self) -> int:
        """Number of groups of a convolution."""
        return self.shape[1] // self.channels[1]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of the pooled axes."""
        return self.shape[-len(self.window) :]


def theano(copies: float) -> Target:
    """Return the target against Theano 1.0.5, whose time is known in multiples of a copy."""
    return Target("copy", within=round(copies / 3, 1))


def convolutions() -> list[Case]:
    """Return a row for each convolution and one for its two gradients."""
    shapes = (
        ("5x5", (32, 16, 28, 28), (32, 16), 5, 1, 0),
        ("3x3, 64 channels", (16, 64, 56, 56), (64, 64), 3, 1, 1),
        ("7x7/2 of colours", (16, 3, 128, 128), (64, 3), 7, 2, 3),
        ("3x3, 256 channels", (8, 256, 14, 14), (256, 256), 3, 1, 1),
        ("5x5 of one channel", (32, 1, 28, 28), (20, 1), 5, 1, 0),
        ("1x1", (16, 256, 28, 28), (64, 256), 1, 1, 0),
        ("3x3/2", (8, 64, 56, 56), (128, 64), 3, 2, 1),
        ("3x3, depthwise", (8, 128, 56, 56), (128, 1), 3, 1, 1),
    )
    return [
        Case(
            f"{CONVOLUTION}{name}{what}{', 2 threads' * (threads - 1)}",
            work,
            shape,
            (size, size),
            (stride, stride),
            (Target("torch", faster=least),),
            channels=channels,
            pad=pad,
            threads=threads,
        )
        for threads in (1, 2)
        for name, shape, channels, size, stride, pad in shapes
        for what, work in (("", "conv"), (", both gradients", "conv_gradients"))
        for least in (1 if threads == 2 or "depthwise" in name else CONVOLUTION_LEAST,)
    ]


def helices() -> list[Case]:
    """Return a row for each convolution over more axes than frameworks support."""
    shapes = (
        ("4-D", (25, 25, 41, 51), 10, 1),
        ("5-D", (9, 9, 9, 17, 17), 4, 1.2),
        ("6-D", (7, 7, 7, 7, 9, 9), 3, 1.2),
    )
    return [
        Case(
            f"helix_convolve, {name}, {taps} taps an axis",
            "helix",
            shape,
            (taps,) * len(shape),
            (1,) * len(shape),
            (Target("fftconvolve", faster=faster),),
        )
        for name, shape, taps, faster in shapes
    ]


IDIOM = "idiom: "
CONVOLUTION = "convolution "
CONVOLUTION_MEAN, CONVOLUTION_LEAST = 1.3, 0.8

CASES = [
    Case(
        "max_pool with positions, 2x2/2",
        "max_pool",
        IMAGES,
        (2, 2),
        (2, 2),
        (
            Target("torch", faster=16),
            Target("torch channels-last", faster=1.5),
            Target("copy", within=1.3),
        ),
    ),
    Case(
        "max_pool with positions, 3x3/2",
        "max_pool",
        IMAGES,
        (3, 3),
        (2, 2),
        (Target("torch", faster=11),),
    ),
    Case(
        "max_pool with positions, 1-D, window 4",
        "max_pool",
        (64, 32, 4096),
        (4,),
        (4,),
        (Target("torch", faster=15),),
    ),
    Case(
        "max_pool with positions, 3-D, 2x2x2",
        "max_pool",
        (8, 16, 32, 32, 32),
        (2, 2, 2),
        (2, 2, 2),
        (Target("torch", faster=8),),
    ),
    Case(
        "max_unpool, 2x2/2",
        "max_unpool",
        IMAGES,
        (2, 2),
        (2, 2),
        (Target("torch", faster=2.5), Target("fill")),
    ),
    Case(
        "gradient of max_pool, 2x2/2, forward + backward",
        "gradient",
        IMAGES,
        (2, 2),
        (2, 2),
        (Target("torch", faster=10), Target("pytensor-ml", faster=3)),
    ),
    Case(
        "the same, lengths of the pooled axes static",
        "gradient",
        IMAGES,
        (2, 2),
        (2, 2),
        (Target("torch", faster=10), Target("pytensor-ml", faster=3)),
        static=True,
    ),
    Case(
        "values only, channels-last data through dimshuffle, 2x2/2",
        "channels_last",
        IMAGES,
        (2, 2),
        (2, 2),
        (Target("pytensor-ml", faster=1), Target("copy")),
    ),
    *(
        Case(
            f"{name} pooling, {size}x{size}/2",
            "pool",
            IMAGES,
            (size, size),
            (2, 2),
            (Target("torch", faster=faster), *more),
            pooling=pooling,
        )
        for name, pooling, size, faster, more in (
            ("sum", "sum", 2, 8, ()),
            ("sum", "sum", 3, 4, ()),
            ("average", "average_exc_pad", 2, 8, ()),
            ("average", "average_exc_pad", 3, 4, (theano(10),)),
        )
    ),
    *(
        Case(
            f"{name}, {size}x{size}/2, as Theano's names pool{both}",
            work,
            IMAGES,
            (size, size),
            (2, 2),
            (theano(times),),
            pooling=pooling,
        )
        for name, pooling, size, work, both, times in (
            ("maximum", "old max", 2, "pool", "", 4.9),
            ("maximum", "old max", 2, "pool_gradient", ", forward + backward", 29),
            ("maximum", "old max", 3, "pool", "", 6.8),
            ("maximum", "old max", 3, "pool_gradient", ", forward + backward", 35),
            ("average", "average_exc_pad", 3, "pool_gradient", ", forward + backward", 20),
        )
    ),
    *(
        Case(
            f"{IDIOM}{name}, 2x2/2",
            "idiom",
            IMAGES,
            (2, 2),
            (2, 2),
            (
                Target("op in NUMBA", faster=0.95, mode="NUMBA"),
                Target("op in CVM", faster=0.95, mode="CVM"),
                Target("unrewritten"),
            ),
            idiom=name,
        )
        for name in (
            "set_subtensor with arange indices",
            "its gradient, a gather",
            "set_subtensor of corners",
            "reshape and max",
            "repeat twice",
            "mask of repeated maxima",
        )
    ),
    *convolutions(),
    *helices(),
]

PEERS = {
    "torch": "`torch`, the same array, contiguous",
    "torch channels-last": "`torch`, the same data, channels-last",
    "pytensor-ml": "`pytensor-ml` in Numba, channels-last data",
    "fftconvolve": "`scipy.signal.fftconvolve`",
    "op in NUMBA": "the Op called directly, Numba",
    "op in CVM": "the Op called directly, CVM",
    "unrewritten": "the same graph without the rewrites, Numba",
    "copy": "`numpy.copyto` of the input",
    "fill": "`numpy.zeros` and first touch of the output",
}

# How many times as long the loop of assignments over 16 x 16 items takes without the rewrites.
LOOP_FASTER, LOOP_RUNS = 20, 3

FIRST_CALL_SECONDS = {"cold": 4.0, "warm": 1.5}
FIRST_CALL_RUNS = {"cold": 3, "warm": 7}

IMPORT_SECONDS = 0.050
IMPORT_RUNS = 15

# The limit is what the peer takes where there is one, else a number of bytes.
MEMORY_PEERS = {"helix": "fftconvolve"}
MEMORY_BYTES = 2**20
MEMORY_CASES = [
    case
    for case in CASES
    if case.work == "helix"
    or (
        case.shape == IMAGES
        and case.window == (2, 2)
        and "Theano" not in case.name
        and not case.idiom
    )
]
