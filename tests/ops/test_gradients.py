"""Gradients: against finite differences, as transposes, by hand, and to second order.

The data has whole numbers wherever sums are compared, so that their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import DisconnectedInputError, verify_grad
from pytensor.graph.basic import Variable

import pytensor_unpool as pu
from pytensor_unpool.ops import MaxGather, MaxPool, TiedGather, TiedUnpool
from tests.support import oracle
from tests.support.cases import CASES, CORE, Array, PoolCase, assert_same, distinct, tied
from tests.support.modes import ALL, MODES, MODES_OF_MANY, PYTHON, every_mode

Function = Callable[..., Any]


TIES = ("first", "all")

either_ties = pytest.mark.parametrize("ties", TIES)
either = pytest.mark.parametrize("duplicates", ["last", "sum"])
# Python is quick to compile, so it takes the whole table.
case_and_mode = pytest.mark.parametrize(
    ("case", "mode"),
    [(c, mode) for mode in MODES for c in (CASES if mode in MODES_OF_MANY else CORE[1::4])],
    ids=str,
)

UNIQUE = np.array([[[4, 0], [3, 5]], [[1, 2], [3, 0]]])
REPEATED = np.array([[[4, 0], [4, 4]], [[1, 1], [3, 1]]])
positions_of_both_kinds = pytest.mark.parametrize(
    "positions", [UNIQUE, REPEATED], ids=["unique", "repeated"]
)


def pool(x: Variable, case: PoolCase, ties: str) -> Variable:
    return pu.max_pool(x, **case.arguments, ties=ties)[0]


def check(function: Callable[..., Variable], *points: Array, mode: Any = PYTHON) -> None:
    """Compare the gradient with finite differences, with steps too small to change the winners."""
    verify_grad(function, list(points), rng=np.random.default_rng(0), mode=mode)


class TestFiniteDifferences:
    @either_ties
    @pytest.mark.parametrize(
        "case", [case for case in CASES if 0 < prod(case.shape) < 400], ids=str
    )
    def test_max_pool(self, case: PoolCase, ties: str, rng: np.random.Generator) -> None:
        check(lambda x: pool(x, case, ties), distinct(rng, case.shape, "float64"))

    @positions_of_both_kinds
    @either
    def test_max_unpool(self, duplicates: str, positions: Array, rng: np.random.Generator) -> None:
        """PyTorch passes gradients to values that were overwritten."""
        check(
            lambda v: pu.max_unpool(v, positions, (2, 3), duplicates=duplicates),
            rng.normal(size=(2, 2, 2)),
        )

    @positions_of_both_kinds
    @either
    def test_max_gather(self, duplicates: str, positions: Array, rng: np.random.Generator) -> None:
        check(lambda x: MaxGather(2, duplicates)(x, positions), rng.normal(size=(2, 2, 3)))

    @either_ties
    def test_pool_and_unpool_together(self, ties: str, rng: np.random.Generator) -> None:
        check(lambda x: autoencoder(x, ties), distinct(rng, (2, 3, 4), "float64") / 24)


def autoencoder(x: Variable, ties: str = "first") -> Variable:
    """Use positions twice, in the un-pooling and in the gradient."""
    values, positions = pu.max_pool(x, (2, 2), stride=(1, 2), ties=ties)
    return pu.max_unpool(pt.sin(values), positions, x.shape[-2:]) * x


@pytest.mark.parametrize("mode", ["NUMBA", "CVM"] if ALL else ["NUMBA"])
def test_compiled_gradients_equal_those_in_python(mode: str, rng: np.random.Generator) -> None:
    """And those equal finite differences."""
    x = pt.dtensor3("x")
    gradient = pt.grad(autoencoder(x).sum(), x)
    array = tied(rng, (2, 3, 4), "float64")
    compiled, python = (pytensor.function([x], gradient, mode=m)(array) for m in (mode, PYTHON))
    np.testing.assert_allclose(compiled, python, rtol=1e-12)


@cache
def pullback(arguments: tuple[Any, ...], ndim: int, ties: str, mode: str) -> Function:
    x = pt.tensor("x", dtype="float32", shape=(None,) * ndim)
    values, _ = pu.max_pool(x, **dict(arguments), ties=ties)
    cotangent = values.type("cotangent")
    gradient = pt.grad(None, x, known_grads={values: cotangent})
    assert gradient.type.dtype == "float32"
    return pytensor.function([x, cotangent], gradient, mode=mode)


def pullback_of(case: PoolCase, ties: str, mode: str) -> Function:
    return pullback(tuple(case.arguments.items()), len(case.shape), ties, mode)


@case_and_mode
def test_the_first_maximum_receives_the_gradient(
    case: PoolCase, mode: str, rng: np.random.Generator
) -> None:
    x = tied(rng, case.shape)
    values, positions = oracle.max_pool(x, case.rows, case.partial_windows)
    cotangent = distinct(rng, values.shape)
    wanted = oracle.max_unpool(cotangent, positions, case.lengths, "sum")
    assert_same(pullback_of(case, "first", mode)(x, cotangent), wanted)


class TestEveryMaximum:
    """ties="all", as in old Theano."""

    case = PoolCase((6,), 3, stride=1)

    @every_mode
    def test_by_hand(self, mode: str) -> None:
        """Overlapping windows add up, and both zeros tie."""
        x = np.array([[0, 2, 2, -0.0, 0, -1]], "float32")
        cotangent = np.array([[1, 10, 100, 1000]], "float32")
        gradient = pullback_of(self.case, "all", mode)(x, cotangent)
        assert_same(gradient, np.array([[0, 11, 111, 1000, 1000, 0]], "float32"))

    def test_equal_numbers_multiply_the_gradient(self) -> None:
        """Four windows of four zeros: 16, where "first" gives 4."""
        x, ones = np.zeros((1, 4, 4), "float32"), np.ones((1, 2, 2), "float32")
        case = PoolCase((4, 4), (2, 2))
        every = pullback_of(case, "all", "FAST_COMPILE")(x, ones)
        assert_same(every, np.ones((1, 4, 4), "float32"))
        assert pullback_of(case, "first", "FAST_COMPILE")(x, ones).sum() == 4

    @every_mode
    def test_a_window_with_nan_gives_none(self, mode: str) -> None:
        """Nothing equals NaN, as in old Theano; with "first" the first NaN receives it."""
        x = np.array([[1, np.nan, np.nan, 2, 3, 3]], "float32")
        cotangent = np.array([[1, 10, 100, 1000]], "float32")
        gradient = pullback_of(self.case, "all", mode)(x, cotangent)
        assert_same(gradient, np.array([[0, 0, 0, 0, 1000, 1000]], "float32"))
        gradient = pullback_of(self.case, "first", mode)(x, cotangent)
        assert_same(gradient, np.array([[0, 11, 100, 0, 1000, 0]], "float32"))

    @every_mode
    def test_a_row_behind_the_last_window_has_none(self, mode: str) -> None:
        """Row 4 of 5 is in no window of 2; the window after the last one is the next item's."""
        x = np.zeros((2, 5, 4), "float32")
        cotangent = np.arange(1, 9, dtype="float32").reshape(2, 2, 2)
        gradient = pullback_of(PoolCase((5, 4), (2, 2), leading=(2,)), "all", mode)(x, cotangent)
        assert_same(gradient[:, :4], cotangent.repeat(2, 1).repeat(2, 2))
        assert_same(gradient[:, 4], np.zeros((2, 4), "float32"))

    @case_and_mode
    def test_table(self, case: PoolCase, mode: str, rng: np.random.Generator) -> None:
        x = tied(rng, case.shape)
        shape = oracle.pooled_shape(case.shape, case.rows, case.partial_windows)
        cotangent = distinct(rng, shape)
        wanted = oracle.tied_unpool(x, cotangent, case.rows, case.partial_windows)
        assert_same(pullback_of(case, "all", mode)(x, cotangent), wanted)


class TestTransposes:
    """<A v, g> equals <v, A' g>, exactly, for the two of each pair."""

    @every_mode
    @positions_of_both_kinds
    @either
    def test_un_pooling_and_gathering(
        self, duplicates: str, mode: str, positions: Array, rng: np.random.Generator
    ) -> None:
        v, g = distinct(rng, (2, 2, 2), "float64"), distinct(rng, (2, 2, 3), "float64")
        there, back = both_ways(duplicates, mode)(v, positions, g)
        assert np.vdot(there, g) == np.vdot(v, back)
        assert_same(there, oracle.max_unpool(v, positions, (2, 3), duplicates))

    @every_mode
    @pytest.mark.parametrize("case", CORE[4:5], ids=str)
    def test_the_tied_pair(self, case: PoolCase, mode: str, rng: np.random.Generator) -> None:
        x = tied(rng, case.shape, "float64")
        values, _ = oracle.max_pool(x, case.rows, case.partial_windows)
        g, v = (distinct(rng, a.shape, "float64") for a in (values, x))
        inputs = [pt.tensor(dtype="float64", shape=a.shape) for a in (x, values, g, v)]
        x_, values_, g_, v_ = inputs
        there, back = pytensor.function(
            inputs,
            [TiedUnpool(case.windows)(x_, values_, g_), TiedGather(case.windows)(x_, values_, v_)],
            mode=mode,
        )(x, values, g, v)
        assert np.vdot(there, v) == np.vdot(g, back)
        assert_same(back, oracle.tied_gather(x, v, case.rows, case.partial_windows))


@cache
def both_ways(duplicates: str, mode: str) -> Function:
    """Compile un-pooling, and the gradient that PyTensor makes of it."""
    v, positions, g = pt.dtensor3("v"), pt.ltensor3("positions"), pt.dtensor3("g")
    unpooled = pu.max_unpool(v, positions, (2, 3), duplicates=duplicates)
    gradient = pt.grad((unpooled * g).sum(), v)
    return pytensor.function([v, positions, g], [unpooled, gradient], mode=mode)


@every_mode
def test_only_the_value_that_was_written_receives_the_gradient(mode: str) -> None:
    """PyTorch passes it to every value with that position."""
    weights = np.array([[[1.0, 10, 100], [1000, 0, 0]]])
    positions = np.array([[[2, 0, 2, 3, 2]]])
    _, gradient = both_ways("last", mode)(np.ones((1, 1, 5)), positions, weights)
    assert_same(gradient, np.array([[[0.0, 1, 0, 1000, 100]]]))


@pytest.mark.usefixtures("traces_of_variables")
class TestWhatHasNoGradient:
    with pytensor.config.change_flags(traceback__limit=8):
        x = pt.tensor("x", dtype="float64", shape=(2, 6))
        v = pt.tensor("v", dtype="float64", shape=(2, 3))
        where = pt.lmatrix("where")

    def test_positions_do_not_depend_on_the_numbers(self) -> None:
        _, positions = pu.max_pool(self.x, 2)
        with pytest.raises(DisconnectedInputError, match="that variable is created"):
            pt.grad(positions.astype("float64").sum(), self.x)

    def test_positions_add_nothing_to_a_gradient(self, rng: np.random.Generator) -> None:
        values, positions = pu.max_pool(self.x, 2)
        alone = pt.grad(values.sum(), self.x)
        beside = pt.grad((values * positions).sum() + positions.sum(), self.x)
        x = distinct(rng, (2, 6), "float64")
        gradients = pytensor.function([self.x], [alone, beside], mode="FAST_COMPILE")(x)
        assert_same(gradients[1], gradients[0] * np.arange(6))

    @either
    def test_where_to_un_pool_has_none(self, duplicates: str) -> None:
        unpooled = pu.max_unpool(self.v, self.where, 6, duplicates=duplicates)
        assert unpooled.owner.op.connection_pattern(unpooled.owner) == [[True], [False], [False]]
        with pytest.raises(DisconnectedInputError, match="where"):
            pt.grad(unpooled.sum(), self.where)

    def test_symbolic_windows_have_none(self) -> None:
        window = pt.lscalar("window")
        values, _ = pu.max_pool(self.x, window)
        with pytest.raises(DisconnectedInputError, match="window"):
            pt.grad(values.sum(), window)

    @either_ties
    def test_integers_have_one_of_zeros(self, ties: str) -> None:
        """As everywhere in PyTensor, gradients with respect to integers are zero."""
        x = pt.lmatrix("x")
        values, positions = pu.max_pool(x, 2, ties=ties)
        unpooled = pu.max_unpool(values, positions, 6)
        gradient = pt.grad((values.astype("float64") ** 2).sum() + unpooled.mean(), x)
        assert gradient.dtype == pytensor.config.floatX
        assert_same(
            gradient.eval({x: np.arange(12).reshape(2, 6)}, mode="FAST_COMPILE"),
            np.zeros((2, 6), pytensor.config.floatX),
        )


@either_ties
def test_symbolic_windows_have_the_gradient_of_known_ones(
    ties: str, rng: np.random.Generator
) -> None:
    x, stride = pt.dmatrix("x"), pt.lscalar("stride")
    known = pt.grad((pu.max_pool(x, 3, 2, ties=ties)[0] ** 2).sum(), x)
    symbolic = pt.grad((pu.max_pool(x, 3, stride, ties=ties)[0] ** 2).sum(), x)
    both = pytensor.function([x, stride], [known, symbolic], mode="FAST_COMPILE")
    assert_same(*both(tied(rng, (2, 9), "float64"), 2))


def test_pooling_without_positions_has_a_gradient(rng: np.random.Generator) -> None:
    """Rewrites drop unused positions, and a gradient may be taken of a rewritten graph."""
    case = CORE[1]
    x = pt.tensor("x", dtype="float64", shape=case.shape)
    values = MaxPool(case.windows, "first", "values")(x)
    gradient = pt.grad((values**2).sum(), x)
    array = distinct(rng, case.shape, "float64")
    maxima, positions = oracle.max_pool(array, case.rows)
    wanted = oracle.max_unpool(2 * maxima, positions, case.lengths, "sum")
    assert_same(gradient.eval({x: array}, mode="FAST_COMPILE"), wanted)
