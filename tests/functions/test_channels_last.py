"""Pooling of channels-last arrays: ``x.dimshuffle(0, 3, 1, 2)``.

The compiled kernels then take 8 channels of a window at once, and lay their outputs out in the
same way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.compile.mode import Mode
from pytensor.link.vm import VMLinker

import pytensor_unpool as pu
from tests.support import oracle
from tests.support.cases import (
    CORE,
    DATA,
    Array,
    PoolCase,
    assert_pooled,
    channels_last,
    distinct,
    tied,
)
from tests.support.modes import MODES, MODES_OF_MANY, every_mode

Function = Callable[..., Any]


CASES = (
    PoolCase((21,), 4, stride=3, pad=((2, 1),), partial_windows=True),
    CORE[4],
    PoolCase((4, 5, 6), (2, 3, 2), stride=(2, 1, 3), pad=(1, (0, 2), 0), dilation=(1, 2, 1)),
)
CHANNELS = (3, 8, 11, 24)  # too few for a vector, one, one and a rest, three


def is_channels_last(x: Array, ndim: int) -> bool:
    return bool(np.moveaxis(x, -ndim - 1, -1).flags.c_contiguous)


@cache
def compiled(case: PoolCase, mode: str, dtype: str = "float32") -> Function:
    x = pt.tensor("x", dtype=dtype, shape=(None,) * (case.ndim + 2))
    return pytensor.function([x], list(pu.max_pool(x, **case.arguments)), mode=mode)


@pytest.mark.parametrize(
    ("mode", "case"),
    [(m, c) for m in MODES for c in (CASES if m in MODES_OF_MANY else CASES[::2])],
    ids=str,
)
def test_values_and_positions(mode: str, case: PoolCase, rng: np.random.Generator) -> None:
    """The last vector overlaps the one before if channels leave a rest; edges have fewer taps."""
    for channels in CHANNELS:
        for data in DATA:
            x = channels_last(data(rng, (2, channels, *case.lengths)), case.ndim)
            message = f"{channels} channels, {data.__name__}"
            pooled = compiled(case, mode)(x)
            assert_pooled(pooled, x, case, message)
            # Else what comes after pooling walks through memory in leaps.
            for output in pooled:
                is_like_x = mode != "FAST_COMPILE" and channels >= 8
                assert is_channels_last(output, case.ndim) == is_like_x


# Numba takes ten seconds for each.
DTYPES = {"NUMBA": ("uint8",), "CVM": ("bool", "uint8", "float64"), "FAST_COMPILE": ("bool",)}


@pytest.mark.parametrize(("mode", "dtype"), [(mode, d) for mode in MODES for d in DTYPES[mode]])
def test_other_dtypes(mode: str, dtype: str, rng: np.random.Generator) -> None:
    case = CASES[1]
    numbers = rng.integers(0, 256, size=(2, 11, *case.lengths))
    x = channels_last((numbers > 230 if dtype == "bool" else numbers).astype(dtype), 2)
    assert_pooled(compiled(case, mode, dtype)(x), x, case)


@every_mode
def test_values_alone(mode: str, rng: np.random.Generator) -> None:
    case = CASES[0]
    x = pt.tensor3("x", dtype="float32")
    function = pytensor.function([x], pu.max_pool(x, **case.arguments)[0], mode=mode)
    for data in DATA:
        array = channels_last(data(rng, (2, 11, *case.lengths)), 1)
        wanted, _ = oracle.max_pool(array, case.rows, case.partial_windows)
        np.testing.assert_array_equal(function(array), wanted, strict=True)


@every_mode
def test_the_gradient(mode: str, rng: np.random.Generator) -> None:
    """It reads values and positions in the order of their axes, not of memory."""
    case = CASES[1]
    x = pt.tensor4("x", dtype="float32")
    values, positions = pu.max_pool(x, **case.arguments)
    gradient = pt.grad((values**2).sum(), x)
    array = channels_last(tied(rng, (2, 9, *case.lengths)), 2)
    maxima, places = oracle.max_pool(array, case.rows, case.partial_windows)
    got, _ = pytensor.function([x], [gradient, positions], mode=mode)(array)
    wanted = oracle.max_unpool(2 * maxima, places, case.lengths, "sum")
    np.testing.assert_array_equal(got, wanted, strict=True)


STRIDED: dict[str, Callable[[Array], Array]] = {
    "every second column": lambda x: x[..., ::2],
    "rows and columns reversed": lambda x: x[..., ::-1, ::-1],
    "every second item": lambda x: x[::2],
    "some channels": lambda x: x[:, 1:-2],
    "every second channel": lambda x: x[:, ::2],
    "channels reversed": lambda x: x[:, ::-1],
    "few columns": lambda x: x[..., :4],
    "columns swapped with rows": lambda x: x.swapaxes(2, 3),
    "no items": lambda x: x[:0],
}


@pytest.mark.parametrize("view", STRIDED.values(), ids=STRIDED)
@every_mode
def test_views(mode: str, view: Callable[[Array], Array], rng: np.random.Generator) -> None:
    """Channels need to be neighbours; nothing else has to be."""
    case = CASES[1]
    x = view(channels_last(distinct(rng, (4, 19, 14, 31)), 2))
    assert_pooled(compiled(case, mode)(x), x, PoolCase(x.shape[2:], **case.arguments))


def test_memory_of_the_last_call_is_used_again_only_in_its_layout(
    rng: np.random.Generator,
) -> None:
    """C code gets the outputs of its last call, and may overwrite them if they fit."""
    case = PoolCase((6, 8), (2, 2))
    x = pt.tensor4("x", dtype="float32")
    values, positions = pu.max_pool(x, **case.arguments)
    mode = Mode(linker=VMLinker(use_cloop=True, allow_gc=False), optimizer="fast_run")
    function = pytensor.function([x], [values + 1, positions + 1], mode=mode)
    for _ in range(2):
        for layout in (np.ascontiguousarray, lambda array: channels_last(array, 2)):
            array = layout(distinct(rng, (2, 9, 6, 8)))
            got_values, got_positions = function(array)
            assert_pooled([got_values - 1, got_positions - 1], array, case)
