"""Gradients of gradients, and directional derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from pytensor.gradient import pushforward, verify_grad
from pytensor.graph.basic import Variable

import pytensor_unpool as pu
from pytensor_unpool.ops import MaxGather, TiedGather, TiedUnpool
from tests.support import oracle
from tests.support.cases import CORE, Array, PoolCase, assert_same, distinct, tied
from tests.support.modes import PYTHON, every_mode

either_ties = pytest.mark.parametrize("ties", ["first", "all"])
either = pytest.mark.parametrize("duplicates", ["last", "sum"])
either_way = pytest.mark.parametrize("direct", [True, False], ids=["pushforward", "two pullbacks"])
core = pytest.mark.parametrize("case", CORE, ids=str)

REPEATED = np.array([[[4, 0], [4, 4]], [[1, 1], [3, 1]]])


def check(function: Callable[..., Variable], *points: Array) -> None:
    """Compare the gradient with finite differences."""
    verify_grad(function, list(points), rng=np.random.default_rng(0), mode=PYTHON)


def gradient_of(function: Callable[[Variable], Variable], order: int = 1) -> Any:
    """Return a repeated derivative of a sum of `function`."""
    if order == 0:
        return function
    lower = gradient_of(function, order - 1)
    return lambda x: pt.grad(lower(x).sum(), x)


class TestFiniteDifferences:
    """Gradients of gradients: a pullback with a wrong pullback passes all other tests."""

    @either_ties
    @pytest.mark.parametrize("order", [1, 2])
    @pytest.mark.parametrize("case", [CORE[i] for i in (1, 2, 7)], ids=str)
    def test_max_pool(
        self, case: PoolCase, order: int, ties: str, rng: np.random.Generator
    ) -> None:
        def cubes(x: Variable) -> Variable:
            return pu.max_pool(x, **case.arguments, ties=ties)[0] ** 4

        size = np.prod(case.shape)
        check(gradient_of(cubes, order), distinct(rng, case.shape, "float64") / size)

    @either
    @pytest.mark.parametrize("order", [1, 2])
    def test_max_unpool(self, order: int, duplicates: str, rng: np.random.Generator) -> None:
        def cubes(v: Variable) -> Variable:
            return pu.max_unpool(v, REPEATED, (2, 3), duplicates=duplicates) ** 4

        check(gradient_of(cubes, order), rng.normal(size=(2, 2, 2)))

    @either
    def test_max_gather(self, duplicates: str, rng: np.random.Generator) -> None:
        check(
            gradient_of(lambda x: MaxGather(2, duplicates)(x, REPEATED) ** 3),
            rng.normal(size=(2, 2, 3)),
        )

    def test_mixed_derivatives(self, rng: np.random.Generator) -> None:
        """The gradient depends on x through a product, and on its cotangent."""

        def gradient(x: Variable, weights: Variable) -> Variable:
            values, positions = pu.max_pool(x, (2, 2))
            unpooled = pu.max_unpool(values * weights, positions, x.shape[-2:])
            return pt.grad((unpooled**2 * x).sum(), x)

        check(gradient, distinct(rng, (1, 4, 6), "float64") / 24, rng.normal(size=(1, 2, 3)))


@every_mode
@either_ties
def test_hessian_times_vector_by_hand(mode: str, ties: str) -> None:
    """The sum of cubes of the maxima 5, 7 and 7: 6 m v at each of the maxima, else 0."""
    x, v = pt.dvector("x"), pt.dvector("v")
    values, _ = pu.max_pool(x, 3, stride=2, ties=ties)
    slope = pt.grad((values**3).sum(), x)
    curvature = pt.grad((slope * v).sum(), x)
    got = pytensor.function([x, v], [slope, curvature], mode=mode)(
        [5.0, 1, 2, 7, 7, 0, 3], [1.0, 2, 3, 4, 5, 6, 7]
    )
    if ties == "first":
        # Windows 5 1 2, 2 7 7 and 7 0 3: each maximum once.
        assert_same(got[0], np.array([75.0, 0, 0, 147, 147, 0, 0]))
        assert_same(got[1], np.array([30.0, 0, 0, 42 * 4, 42 * 5, 0, 0]))
    else:
        # The second window gives to both, and takes the v of both.
        assert_same(got[0], np.array([75.0, 0, 0, 147, 147 + 147, 0, 0]))
        assert_same(got[1], np.array([30.0, 0, 0, 42 * 9, 42 * 9 + 42 * 5, 0, 0]))


@every_mode
@either
def test_hessian_of_un_pooling_by_hand(mode: str, duplicates: str) -> None:
    v, w, positions = pt.dvector("v"), pt.dvector("w"), pt.lvector("positions")
    cubes = pu.max_unpool(v, positions, 3, duplicates=duplicates) ** 3
    slope = pt.grad(cubes.sum(), v)
    curvature = pt.grad((slope * w).sum(), v)
    function = pytensor.function([v, w, positions], [slope, curvature], mode=mode)
    got = function([1.0, 2, 3, 4], [1.0, 10, 100, 1000], [2, 0, 2, 1])
    if duplicates == "last":
        assert_same(got[0], np.array([0, 12, 27, 48.0]))
        assert_same(got[1], np.array([0, 120, 1800, 24000.0]))
    else:
        # Both add up to 4.
        assert_same(got[0], np.array([48, 12, 48, 48.0]))
        assert_same(got[1], np.array([24 * 101, 120, 24 * 101, 24000.0]))


def tangent_of(outputs: Any, x: Variable, tangent: Variable, direct: bool) -> Any:
    return pushforward(outputs, x, tangent, use_op_pushforward=direct)


class TestDirectionalDerivatives:
    @either_way
    @either_ties
    @core
    def test_max_pool(
        self, case: PoolCase, ties: str, direct: bool, rng: np.random.Generator
    ) -> None:
        """The tangent at the maxima, summed over them if all count."""
        x = pt.tensor("x", dtype="float64", shape=case.shape)
        values, _ = pu.max_pool(x, **case.arguments, ties=ties)
        tangent = x.type("tangent")
        function = pytensor.function(
            [x, tangent], tangent_of(values, x, tangent, direct), mode=PYTHON
        )
        array, direction = tied(rng, case.shape, "float64"), distinct(rng, case.shape, "float64")
        if ties == "all":
            wanted = oracle.tied_gather(array, direction, case.rows, case.partial_windows)
        else:
            _, positions = oracle.max_pool(array, case.rows, case.partial_windows)
            wanted = oracle.max_gather(direction, positions, case.ndim)
        assert_same(function(array, direction), wanted)

    @either_way
    @either
    def test_max_unpool_and_max_gather(
        self, duplicates: str, direct: bool, rng: np.random.Generator
    ) -> None:
        """They are linear, so they are their own derivatives."""
        v, g = pt.dtensor3("v"), pt.dtensor3("g")
        there = pu.max_unpool(v, REPEATED, (2, 3), duplicates=duplicates)
        back = MaxGather(2, duplicates)(g, REPEATED)
        dv, dg = rng.normal(size=(2, 2, 2)), rng.normal(size=(2, 2, 3))
        tangents = [tangent_of(there, v, pt.constant(dv), direct)]
        tangents += [tangent_of(back, g, pt.constant(dg), direct)]
        function = pytensor.function([v, g], tangents, mode=PYTHON, on_unused_input="ignore")
        got = function(np.zeros_like(dv), np.zeros_like(dg))
        np.testing.assert_allclose(got[0], oracle.max_unpool(dv, REPEATED, (2, 3), duplicates))
        np.testing.assert_allclose(got[1], oracle.max_gather(dg, REPEATED, 2, duplicates))

    @either_way
    @either_ties
    def test_of_a_gradient(self, ties: str, direct: bool, rng: np.random.Generator) -> None:
        """A Hessian times a vector, forward over reverse: 2 (transpose of pooling) (pooling) v."""
        case = PoolCase((5, 7), (3, 3), stride=(2, 2))
        x, tangent = pt.dtensor3("x"), pt.dtensor3("tangent")
        values, _ = pu.max_pool(x, **case.arguments, ties=ties)
        slope = pt.grad((values**2).sum(), x)
        product = tangent_of(slope, x, tangent, direct)
        array, direction = tied(rng, case.shape, "float64"), distinct(rng, case.shape, "float64")
        if ties == "all":
            pooled = oracle.tied_gather(array, direction, case.rows)
            wanted = oracle.tied_unpool(array, 2 * pooled, case.rows)
        else:
            _, positions = oracle.max_pool(array, case.rows)
            pooled = oracle.max_gather(direction, positions, 2)
            wanted = oracle.max_unpool(2 * pooled, positions, case.lengths, "sum")
        assert_same(pytensor.function([x, tangent], product, mode=PYTHON)(array, direction), wanted)

    @either_way
    @either_ties
    def test_symbolic_numbers_do_not_matter(self, ties: str, direct: bool) -> None:
        """PyTensor asks for the tangents of all inputs of an Op, including integers."""
        x, tangent = pt.dvector("x"), pt.dvector("tangent")
        window, length = pt.lscalar("window"), pt.lscalar("length")
        values, positions = pu.max_pool(x, window, ties=ties)
        unpooled = pu.max_unpool(values, positions, [length])
        product = tangent_of(unpooled, x, tangent, direct)
        point = {x: [1.0, 3, 5, 5], tangent: [1.0, 10, 100, 1000], window: 2, length: 4}
        point = {name: np.array(number) for name, number in point.items()}
        wanted = np.array([0.0, 10, 100, 0])
        if ties == "all":
            wanted = np.array([0.0, 10, 1100, 0])
        assert_same(product.eval(point, mode=PYTHON), wanted)

    @either_way
    @pytest.mark.parametrize("op", [TiedUnpool, TiedGather])
    def test_tied_ops_are_linear_in_what_they_move(
        self, op: Any, direct: bool, rng: np.random.Generator
    ) -> None:
        case = CORE[2]
        x = tied(rng, case.shape, "float64")
        values, _ = oracle.max_pool(x, case.rows)
        moved = distinct(rng, values.shape if op is TiedUnpool else x.shape, "float64")
        m = pt.tensor("m", dtype="float64", shape=moved.shape)
        result = op(case.windows)(x, values, m)
        function = pytensor.function(
            [m],
            [op(case.windows)(x, values, moved), tangent_of(result, m, pt.constant(moved), direct)],
            mode=PYTHON,
            on_unused_input="ignore",
        )
        assert_same(*function(np.zeros_like(moved)))

    def test_positions_have_none(self) -> None:
        x, tangent = pt.dmatrix("x"), pt.dmatrix("tangent")
        outputs = list(pu.max_pool(x, 2))
        pushed = pushforward(
            outputs, x, tangent, use_op_pushforward=True, disconnected_outputs="ignore"
        )
        assert pushed[0].dtype == "float64"
        point = {x: np.ones((1, 4)), tangent: np.arange(4.0).reshape(1, 4)}
        assert_same(pushed[0].eval(point, mode=PYTHON), np.array([[0.0, 2.0]]))
        assert_same(
            pushed[1].eval(point, mode=PYTHON, on_unused_input="ignore"), np.zeros((1, 2), "int64")
        )
