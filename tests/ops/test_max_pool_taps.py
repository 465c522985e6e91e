"""Taps that MaxPool finds, un-pooling to them and gathering from them, in every mode."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import DisconnectedInputError, pushforward, verify_grad
from pytensor.graph.basic import Variable

from pytensor_unpool.errors import ArgumentError, DTypeError, ShapeError
from pytensor_unpool.geometry import Windows
from pytensor_unpool.ops import MaxPool, TapGather, TapUnpool
from tests.support import oracle
from tests.support.cases import CASES as POOL_CASES
from tests.support.cases import (
    DATA,
    PAIRS,
    Array,
    PoolCase,
    assert_same,
    channels_last,
    distinct,
    tied,
)
from tests.support.modes import ALL, PYTHON, every_mode

Function = Callable[..., Any]


# All paths through the compiled kernels; the others run in Python.
CORE = (
    PoolCase((109,), 4),  # three blocks of 8 lanes and a rest
    PoolCase((6, 32), (2, 2), leading=(2, 3)),  # blocks write every element
    PoolCase((7, 21), (2, 2), leading=()),  # a row and a column in no window
    PoolCase((8, 40), (2, 2), pad=(1, 1), partial_windows=True),  # lines and columns outside
    PoolCase((13, 50), (2, 2), stride=(7, 5), dilation=(4, 3), pad=((3, 0), (1, 2))),  # holes
    PoolCase((4, 4, 18), (2, 2, 2)),
)
CASES = CORE + tuple(case for case in POOL_CASES if case.windows.has_taps and case not in CORE)

case_and_mode = pytest.mark.parametrize(
    ("mode", "case"),
    [
        *(("FAST_COMPILE", c) for c in CASES),
        *(("CVM", c) for c in CORE[1:]),
        *(("NUMBA", c) for c in (CORE[3:] if ALL else CORE[4:5])),
    ],
    ids=str,
)

LAPPING = Windows((3,), (2,), (0,), (0,), (1,))


@cache
def pool(windows: Windows, ndim: int, mode: str, dtype: str = "float32") -> Function:
    x = pt.tensor("x", dtype=dtype, shape=(None,) * ndim)
    return pytensor.function([x], MaxPool(windows, "first", "taps")(x), mode=mode)


@cache
def unpool(windows: Windows, ndim: int, mode: str, dtype: str = "float32") -> Function:
    values = pt.tensor("values", dtype=dtype, shape=(None,) * ndim)
    taps, shape = pt.tensor("taps", dtype="uint8", shape=(None,) * ndim), pt.lvector("shape")
    y = TapUnpool(windows)(values, taps, shape)
    return pytensor.function([values, taps, shape], y, mode=mode)


@cache
def gather(windows: Windows, ndim: int, mode: str, dtype: str = "float32") -> Function:
    x = pt.tensor("x", dtype=dtype, shape=(None,) * ndim)
    taps = pt.tensor("taps", dtype="uint8", shape=(None,) * ndim)
    return pytensor.function([x, taps], TapGather(windows)(x, taps), mode=mode)


def compiled(kind: Any, case: PoolCase, mode: str, dtype: str = "float32") -> Function:
    return kind(case.windows, len(case.shape), mode, dtype)


def places(taps: Array, case: PoolCase) -> Array:
    return oracle.places_of_taps(taps, case.lengths, case.rows, case.partial_windows)


def pooled_shape(case: PoolCase) -> tuple[int, ...]:
    return oracle.pooled_shape(case.shape, case.rows, case.partial_windows)


def any_taps(rng: np.random.Generator, case: PoolCase) -> Array:
    """Return taps of which some lie outside the array, and some exceed the window."""
    shape = pooled_shape(case)
    taps = rng.integers(0, np.prod([row[0] for row in case.rows]), size=shape)
    return np.where(rng.random(shape) < 0.1, rng.integers(0, 256, size=shape), taps).astype("uint8")


def unpooled(values: Array, taps: Array, case: PoolCase) -> Array:
    where = places(taps, case)
    return oracle.max_unpool(
        np.where(where < 0, np.zeros_like(values), values), where.clip(0), case.lengths, "sum"
    )


def gathered(x: Array, taps: Array, case: PoolCase) -> Array:
    where = places(taps, case)
    return np.where(
        where < 0, np.zeros_like(x, shape=()), oracle.max_gather(x, where.clip(0), case.ndim)
    )


def strided(x: Array) -> Array:
    """Return the same array with gaps between its elements."""
    return np.repeat(x, 2, axis=-1)[..., ::2]


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
@case_and_mode
def test_taps_that_pooling_finds(
    case: PoolCase, mode: str, data: Any, rng: np.random.Generator
) -> None:
    """With ties, NaN and infinities, they are where the positions are."""
    x = data(rng, case.shape)
    values, taps = compiled(pool, case, mode)(x)
    wanted_values, positions = oracle.max_pool(x, case.rows, case.partial_windows)
    assert_same(values, wanted_values)
    assert taps.dtype == "uint8"
    assert_same(places(taps, case), positions)


@every_mode
@pytest.mark.parametrize("channels", [3, 8, 11])
def test_taps_of_channels_that_are_neighbours(
    channels: int, mode: str, rng: np.random.Generator
) -> None:
    case = PoolCase((5, 7), (2, 3), pad=(1, (0, 2)), partial_windows=True, leading=(2, channels))
    x = channels_last(tied(rng, case.shape), 2)
    values, taps = compiled(pool, case, mode)(x)
    wanted_values, positions = oracle.max_pool(x, case.rows, case.partial_windows)
    assert_same(values, wanted_values)
    assert_same(places(taps, case), positions)
    cotangent = channels_last(distinct(rng, values.shape), 2)
    got = compiled(unpool, case, mode)(cotangent, taps, case.lengths)
    assert_same(got, unpooled(cotangent, taps, case))
    assert_same(compiled(gather, case, mode)(x, taps), values)


@case_and_mode
def test_unpooling_and_gathering(case: PoolCase, mode: str, rng: np.random.Generator) -> None:
    """Also with invalid taps: nothing is written for them, and zero is read."""
    taps = any_taps(rng, case)
    values, x = distinct(rng, taps.shape), distinct(rng, case.shape)
    to_taps, from_taps = compiled(unpool, case, mode), compiled(gather, case, mode)
    wanted_y, wanted = unpooled(values, taps, case), gathered(x, taps, case)
    assert_same(to_taps(values, taps, case.lengths), wanted_y)
    assert_same(from_taps(x, taps), wanted)
    assert_same(to_taps(strided(values), taps, case.lengths), wanted_y)
    assert_same(to_taps(values, strided(taps), case.lengths), wanted_y)
    assert_same(from_taps(strided(x), taps), wanted)
    assert_same(from_taps(x, strided(taps)), wanted)
    assert_same(
        from_taps(x[..., ::-1].copy()[..., ::-1], taps[..., ::-1].copy()[..., ::-1]), wanted
    )


@every_mode
def test_elements_in_no_window_are_zero(mode: str, rng: np.random.Generator) -> None:
    """Catches uninitialized memory: all of it must be written or zeroed."""
    for lengths in ((6, 20), (7, 20), (6, 21), (6, 14), (7, 15)):
        case = PoolCase(lengths, (2, 2), leading=())
        taps = any_taps(rng, case)
        values = distinct(rng, taps.shape)
        wanted = unpooled(values, taps, case)
        for _ in range(20):
            found = [np.full(lengths, 7, "float32") for _ in range(8)]
            del found
            assert_same(compiled(unpool, case, mode)(values, taps, lengths), wanted)


@pytest.mark.parametrize(
    ("mode", "dtype"),
    [
        ("NUMBA", "float64"), ("NUMBA", "int8"), ("CVM", "int64"), ("CVM", "bool"),
        *(("FAST_COMPILE", dtype) for dtype in ("float64", "int8", "uint16", "int64", "bool")),
    ],
)  # fmt: skip
def test_every_width_of_elements(mode: str, dtype: str, rng: np.random.Generator) -> None:
    case = CORE[4]
    x = tied(rng, case.shape, dtype)
    values, taps = compiled(pool, case, mode, dtype)(x)
    _, positions = oracle.max_pool(x, case.rows)
    assert_same(places(taps, case), positions)
    assert_same(compiled(gather, case, mode, dtype)(x, taps), values)
    taps = any_taps(rng, case)
    got = compiled(unpool, case, mode, dtype)(values, taps, case.lengths)
    assert_same(got, unpooled(values, taps, case))


@every_mode
def test_what_is_not_finite_stays_in_its_place(mode: str) -> None:
    """Catches multiplication by a mask: zero times NaN."""
    case = PoolCase((16,), 2, leading=())
    values = np.array([np.nan, np.inf, -np.inf, 1, np.nan, 2, 3, np.inf], "float32")
    taps = np.array([0, 1, 0, 1, 1, 0, 2, 0], "uint8")
    got = compiled(unpool, case, mode)(values, taps, [16])
    assert_same(got, unpooled(values, taps, case))
    x = np.where(np.arange(16) % 3 == 0, np.nan, np.arange(16)).astype("float32")
    assert_same(compiled(gather, case, mode)(x, taps), gathered(x, taps, case))


class TestDerivatives:
    """The two Ops are linear, and transposes of one another."""

    case = PoolCase((5, 6), (2, 2), stride=(3, 2), pad=(1, 0), leading=(2,))

    def test_finite_differences(self, rng: np.random.Generator) -> None:
        taps = any_taps(rng, self.case)
        to_taps, from_taps = TapUnpool(self.case.windows), TapGather(self.case.windows)
        numbers = np.random.default_rng(0)
        verify_grad(
            lambda v: to_taps(v, taps, self.case.lengths) ** 3,
            [rng.normal(size=taps.shape)],
            rng=numbers,
            mode=PYTHON,
        )
        verify_grad(
            lambda v: pt.grad((to_taps(v, taps, self.case.lengths) ** 3).sum(), v),
            [rng.normal(size=taps.shape)],
            rng=numbers,
            mode=PYTHON,
        )
        verify_grad(
            lambda x: from_taps(x, taps) ** 3,
            [rng.normal(size=self.case.shape)],
            rng=numbers,
            mode=PYTHON,
        )

    def test_of_pooling_with_taps(self, rng: np.random.Generator) -> None:
        """A graph may be differentiated after it was rewritten."""
        x = distinct(rng, self.case.shape, "float64") / 60
        op = MaxPool(self.case.windows, "first", "taps")
        for order in (0, 1):
            verify_grad(
                lambda v, order=order: derivative(op(v)[0] ** 4, v, order),
                [x],
                rng=np.random.default_rng(0),
                mode=PYTHON,
            )

    @pytest.mark.parametrize("direct", [True, False], ids=["pushforward", "two pullbacks"])
    def test_forward(self, direct: bool, rng: np.random.Generator) -> None:
        x, v = pt.dtensor3("x"), pt.dtensor3("v")
        pooled, taps = MaxPool(self.case.windows, "first", "taps")(x)
        outputs = [
            (pooled, x, distinct(rng, self.case.shape, "float64")),
            (TapGather(self.case.windows)(x, disconnected(taps)), x, None),
            (TapUnpool(self.case.windows)(v, taps, self.case.lengths), v, None),
        ]
        point = tied(rng, self.case.shape, "float64")
        found = compiled(pool, self.case, "FAST_COMPILE", "float64")(point)[1]
        for output, along, direction in outputs:
            if direction is None:
                shape = self.case.shape if along is x else found.shape
                direction = distinct(rng, shape, "float64")
            pushed = pushforward(output, along, pt.constant(direction), use_op_pushforward=direct)
            wanted = gathered if along is x else unpooled
            got = pushed.eval(
                {x: point, v: np.zeros(found.shape)}, mode=PYTHON, on_unused_input="ignore"
            )
            assert_same(got, wanted(direction, found, self.case))

    def test_integers_have_none(self) -> None:
        values, taps = pt.ivector("values"), pt.vector("taps", dtype="uint8")
        y = TapUnpool(PAIRS)(values, taps, [4])
        assert pt.grad(y.astype("float64").sum(), values).eval(
            {values: [1, 2], taps: [0, 1]}, mode=PYTHON, on_unused_input="ignore"
        ).tolist() == [0, 0]

    @pytest.mark.usefixtures("traces_of_variables")
    def test_taps_have_none(self) -> None:
        values, taps = pt.dvector("values"), pt.vector("taps", dtype="uint8")
        y = TapUnpool(PAIRS)(values, taps, [4])
        with pytest.raises(DisconnectedInputError, match="Backtrace when that variable is created"):
            pt.grad(y.sum(), taps)


def disconnected(v: Variable) -> Variable:
    return pytensor.gradient.disconnected_grad(v)


def derivative(y: Variable, x: Variable, order: int) -> Variable:
    return y if order == 0 else pt.grad(derivative(y, x, order - 1).sum(), x)


class TestStaticShapes:
    def test_are_known(self) -> None:
        x = pt.tensor("x", shape=(3, None, 7))
        windows = Windows((2, 3), (2, 3), (0, 0), (0, 0), (1, 1))
        values, taps = MaxPool(windows, "first", "taps")(x)
        assert taps.type.shape == values.type.shape == (3, None, 2)
        assert TapGather(windows)(x, taps).type.shape == (3, None, 2)
        assert TapUnpool(windows)(values, taps, [pt.lscalar(), np.int64(7)]).type.shape == (
            3,
            None,
            7,
        )

    def test_shapes_are_inferred_without_the_arrays(self) -> None:
        x, taps = pt.dmatrix("x"), pt.matrix("taps", dtype="uint8")
        n = pt.lscalar("n")
        y = TapUnpool(PAIRS)(x, taps, [n])
        for shape in (y.shape, TapGather(PAIRS)(x, taps).shape):
            function = pytensor.function([x, taps, n], shape, on_unused_input="ignore", mode=PYTHON)
            ops = {type(node.op) for node in function.maker.fgraph.apply_nodes}
            assert not ops & {TapUnpool, TapGather}
            assert function(np.ones((5, 2)), np.ones((5, 2), "uint8"), 4).tolist()[0] == 5


class TestErrorsAtBuild:
    def test_windows_without_taps(self) -> None:
        x, taps = pt.dvector("x"), pt.vector("taps", dtype="uint8")
        no_taps = (
            LAPPING,
            Windows((2,), (9,), (0,), (0,), (1,)),
            Windows((33,), (33,), (0,), (0,), (1,)),
            Windows((None,), (2,), (0,), (0,), (1,)),
        )
        for windows in no_taps:
            numbers = [] if windows.is_static else [np.ones((1, 5), "int64")]
            for build in (
                lambda w=windows, n=numbers: MaxPool(w, "first", "taps")(x, *n),
                lambda w=windows: TapUnpool(w)(x, taps, [4]),
                lambda w=windows: TapGather(w)(x, taps),
            ):
                with pytest.raises(ArgumentError, match=r"that do not overlap.*Take positions"):
                    build()

    def test_dtype(self) -> None:
        x, positions = pt.dvector("x"), pt.lvector("positions")
        with pytest.raises(DTypeError, match="taps must be uint8: got dtype int64"):
            TapUnpool(PAIRS)(x, positions, [4])
        with pytest.raises(DTypeError, match="taps must be uint8: got dtype int64"):
            TapGather(PAIRS)(x, positions)
        with pytest.raises(DTypeError, match="shape must be integer"):
            TapUnpool(PAIRS)(x, positions.astype("uint8"), [4.0])

    def test_lengths(self) -> None:
        def vector(n: int | None, dtype: str = "float64") -> Any:
            return pt.tensor("v", dtype=dtype, shape=(n,))

        taps = vector(3, "uint8")
        with pytest.raises(ShapeError, match="axis -1 has length 3, wanted 2"):
            TapUnpool(PAIRS)(vector(2), taps, [6])
        with pytest.raises(ShapeError, match="axis -1 has length 3, wanted 4"):
            TapUnpool(PAIRS)(vector(3), taps, [8])
        with pytest.raises(ShapeError, match="axis -1 has length 3, wanted 4"):
            TapGather(PAIRS)(vector(9), taps)
        with pytest.raises(ShapeError, match="x must have elements to pool"):
            TapUnpool(PAIRS)(vector(3), taps, [0])
        with pytest.raises(ShapeError, match="shape must be a vector of 1 lengths"):
            TapUnpool(PAIRS)(vector(3), taps, [6, 6])


@every_mode
def test_errors_at_run_time(mode: str) -> None:
    """Lengths that do not match must not index foreign memory."""
    to_taps, from_taps = unpool(PAIRS, 2, mode, "float64"), gather(PAIRS, 2, mode, "float64")
    ones, taps = np.ones((2, 3)), np.ones((2, 3), "uint8")
    for values, lengths, message in (
        (np.ones((2, 4)), [6], "axis -1 has length 3, wanted 4"),
        (np.ones((3, 3)), [6], "axis -2 has length 2, wanted 3"),
        (ones, [8], "axis -1 has length 3, wanted 4"),
        (ones, [4], "axis -1 has length 3, wanted 2"),
        (ones, [2**62], "axis -1 has length 3, wanted"),
        (ones, [0], "must have elements"),
        (ones, [-6], "must hold lengths: got -6"),
        (ones, [6, 6], "a vector of 1 lengths: got 2"),
    ):
        with pytest.raises(ShapeError, match=message):
            to_taps(values, taps, lengths)
    for x, message in (
        (np.ones((2, 8)), "axis -1 has length 3, wanted 4"),
        (np.ones((2, 5)), "axis -1 has length 3, wanted 2"),
        (np.ones((3, 6)), "axis -2 has length 2, wanted 3"),
        (np.ones((2, 0)), "must have elements"),
    ):
        with pytest.raises(ShapeError, match=message):
            from_taps(x, taps)
