"""A Python loop of assignments to all leading items becomes one Op, and so does its gradient."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

import pytensor_unpool as pu
from tests.support.idioms import check, compiled, our_ops, plain, same

LENGTH = 20
BOTH = ["MaxGather", "MaxUnpool"]
ITEMS = list(product(range(2), range(3)))


def inputs(known: bool = True) -> list[Any]:
    shape = (2, 3, 4) if known else (None, None, None)
    return [
        pt.tensor("values", dtype="float64", shape=shape),
        pt.tensor("positions", dtype="int64", shape=shape),
        pt.tensor("cotangent", dtype="float64", shape=(2, 3, LENGTH)),
    ]


def arrays(rng: np.random.Generator) -> list[Any]:
    positions = rng.integers(-LENGTH, LENGTH, size=(2, 3, 4))
    return [rng.normal(size=(2, 3, 4)), positions, rng.normal(size=(2, 3, LENGTH))]


def loop(
    v: Any,
    p: Any,
    items: Any = ITEMS,
    write: Callable[..., Any] = pt.set_subtensor,
    start: Any = None,
    value: Callable[..., Any] = lambda v, item: v[item],
    places: Callable[..., Any] = lambda p, item: (p[item],),
) -> Any:
    u = pt.zeros((2, 3, LENGTH)) if start is None else start
    for item in items:
        u = write(u[(*item, *places(p, item))], value(v, item))
    return u


FORMS = {
    "set": loop,
    "added": lambda v, p: loop(v, p, write=pt.inc_subtensor),
    "method": lambda v, p: loop(v, p, write=lambda place, value: place.set(value)),
    "in another order": lambda v, p: loop(v, p, items=ITEMS[::-1]),
    "items from the end": lambda v, p: loop(v, p, items=[(i - 2, j - 3) for i, j in ITEMS]),
    "index after index": lambda v, p: loop(v, p, value=lambda v, item: v[item[0]][item[1]]),
    "two axes": lambda v, p: loop(
        v, p, start=pt.zeros((2, 3, 4, 5)), places=lambda p, i: (p[i] // 5, p[i] % 5)
    ).reshape((2, 3, LENGTH)),
    "arithmetic": lambda v, p: loop(v, p, value=lambda v, i: 2 * v[i] + v[0, 0]),
    "symbolic": lambda v, p: pu.symbolic.unpool_loop(v, p, LENGTH),
    "trailing colons": lambda v, p: loop(
        v, p, value=lambda v, i: v[(*i, slice(None))], places=lambda p, i: (p[(*i, slice(None))],)
    ),
    "colons after": lambda v, p: loop(
        v, p, value=lambda v, i: v[i][:], places=lambda p, i: (p[i[0], :][i[1]][:],)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_one_op(form, rng):
    v, p, _ = inputs()
    check([v, p], FORMS[form](v, p), arrays(rng)[:2], ["MaxUnpool"])


@pytest.mark.parametrize(
    "form", ["set", "added", "in another order", "symbolic", "trailing colons"]
)
def test_the_gradient_becomes_one_op(form, rng):
    v, p, cotangent = inputs()
    y = FORMS[form](v, p)
    graph = [y, pt.grad(None, v, known_grads={y: cotangent})]
    check([v, p, cotangent], graph, arrays(rng), BOTH)


def test_a_gradient_of_more_than_the_loop_keeps_the_rest(rng):
    v, p, cotangent = inputs()
    y = (loop(v, p) * cotangent).sum() + (v**3).sum()
    check([v, p, cotangent], pt.grad(y, v), arrays(rng), ["MaxGather"], exact=False)


@pytest.mark.parametrize("mode", ["NUMBA", "CVM", "JAX"])
def test_compiled_modes_do_the_same(mode, rng):
    if mode == "JAX":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    v, p, cotangent = inputs()
    y = loop(v, p)
    graph = [y, pt.grad(None, v, known_grads={y: cotangent})]
    check([v, p, cotangent], graph, arrays(rng), BOTH, mode)


def test_unknown_lengths_are_cut_to_what_is_written(rng):
    v, p, _ = inputs(known=False)
    run = check([v, p], loop(v, p), arrays(rng)[:2], ["MaxUnpool"])
    values, positions, _ = arrays(rng)
    more = [np.concatenate([a, a], axis=1) for a in (values, positions)]
    np.testing.assert_array_equal(run(*more), run(values, positions))


def as_in_the_question(e: Any, a: Any, items: Any = ITEMS, factor: int = 5) -> Any:
    s = e.shape
    u = pt.zeros((s[0], s[1], s[2] * factor))
    for i, j in items:
        u = pt.set_subtensor(u[i, j, a[i, j, :]], e[i, j, :])
    return u


@pytest.mark.parametrize("mode", ["FAST_COMPILE", "NUMBA", "CVM"])
def test_items_of_shared_variables_of_any_length(mode, rng):
    """Items beyond those that are written stay zero; too few are an IndexError, as in the loop."""
    values, positions, _ = arrays(rng)
    e, a = pytensor.shared(values), pytensor.shared(positions % LENGTH)
    y = as_in_the_question(e, a)
    outputs = [y, pt.grad((y**3).sum(), e)]
    run = check([], outputs, [], BOTH, mode)
    reference = plain([], outputs)
    for variable in (e, a):
        array = variable.get_value()
        for more in (np.concatenate([array, array]), np.concatenate([array, array], axis=1)):
            variable.set_value(more)
            same(run, reference, [])
        for fewer in (array[:1], array[:, :2], array[:0]):
            variable.set_value(fewer)
            for function in (run, reference):
                with pytest.raises(IndexError, match="out of bounds"):
                    function()
        variable.set_value(array)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_loops_of_any_depth(levels, rng):
    shape = (2, 3, 2, 4)[-levels - 1 :]
    v = pt.tensor("v", dtype="float64", shape=(None,) * (levels + 1))
    p = pt.tensor("p", dtype="int64", shape=(None,) * (levels + 1))
    u = pt.zeros((*[v.shape[i] for i in range(levels)], LENGTH))
    for item in np.ndindex(shape[:-1]):
        u = pt.set_subtensor(u[(*map(int, item), p[item])], v[item])
    arguments = [rng.normal(size=shape), rng.integers(0, LENGTH, size=shape)]
    check([v, p], u, arguments, ["MaxUnpool"])


def drawn_loop(rng: np.random.Generator) -> tuple[list[Any], Any, list[list[Any]]]:
    """Return inputs, a loop that is an un-pooling or nearly so, and arrays, some of them short."""
    full = tuple(map(int, rng.integers(1, 4, rng.integers(1, 3))))
    last, size = int(rng.integers(1, 4)), 7
    known = rng.random() < 0.4
    shape = (*full, last) if known else (None,) * (len(full) + 1)
    v, p = (pt.tensor(dtype=dtype, shape=shape) for dtype in ("float64", "int64"))
    box = rng.integers(1, np.add(full, 1)) if rng.random() < 0.4 else full
    items = [tuple(map(int, item)) for item in np.ndindex(*box)]
    if rng.random() < 0.3:
        items = [items[i] for i in rng.permutation(len(items))]
    if rng.random() < 0.15:
        items.append(items[0])
    if rng.random() < 0.15 and len(items) > 1:
        items.pop(int(rng.integers(len(items))))
    if rng.random() < 0.2:
        items = [tuple(i - n for i, n in zip(item, full, strict=True)) for item in items]
    colon = (slice(None),) if rng.random() < 0.5 else ()
    write = pt.set_subtensor if rng.random() < 0.7 else pt.inc_subtensor
    u = pt.zeros((*[v.shape[i] for i in range(len(full))], size))
    for item in items:
        u = write(u[(*item, p[(*item, *colon)])], v[(*item, *colon)])
    cases = []
    for change in (0, 1):
        near = [n if known else max(0, n + change * int(rng.integers(-1, 2))) for n in full]
        values = rng.integers(-5, 6, (*near, last)).astype(float)
        cases.append([values, rng.integers(-size, size, values.shape)])
    return [v, p], u, cases


@pytest.mark.parametrize("seed", range(40))
def test_drawn_loops_and_their_gradients_are_as_without_rewrites(seed):
    inputs, u, cases = drawn_loop(np.random.default_rng(seed))
    outputs = [u, pt.grad((u**2).sum(), inputs[0])]
    run, reference = compiled(inputs, outputs, "FAST_COMPILE"), plain(inputs, outputs)
    for arguments in cases:
        try:
            reference(*arguments)
        except IndexError:
            with pytest.raises(IndexError, match="out of bounds"):
                run(*arguments)
        else:
            same(run, reference, arguments)


def test_a_part_of_the_items(rng):
    values, positions, _ = arrays(rng)
    e, a = pytensor.shared(values), pytensor.shared(positions % LENGTH)
    check([], as_in_the_question(e, a, [(0, 0), (0, 1)]), [], ["MaxUnpool"])
    assert our_ops(compiled([], as_in_the_question(e, a, ITEMS[1:]), "FAST_COMPILE")) == []
    assert our_ops(compiled([], as_in_the_question(e, a, [(0, -1), (0, 0)]), "FAST_COMPILE")) == []


def test_a_mask_of_the_positions(rng):
    v, p, _ = inputs()
    graph = loop(v, p, value=lambda v, item: 1.0)
    check([v, p], graph, arrays(rng)[:2], ["MaxUnpool"])


def test_an_item_of_one_position_array_for_all(rng):
    """The positions are not items of an array, but the same for every item."""
    v, p, _ = inputs()
    check([v, p], loop(v, p, places=lambda p, i: (p[0, 0],)), arrays(rng)[:2], ["MaxUnpool"])


def swapped(v: Any, item: Any) -> Any:
    return v[1 - item[0], item[1]]


LEFT_ALONE = {
    "an item is left out": lambda v, p: loop(v, p, items=ITEMS[1:]),
    "an item is written twice": lambda v, p: loop(v, p, items=[*ITEMS, (0, 0)]),
    "items of another order": lambda v, p: loop(v, p, value=swapped),
    "items of two arrays": lambda v, p: loop(
        v, p, value=lambda v, item: (v if sum(item) else 2 * v)[item]
    ),
    "another base": lambda v, p: loop(v, p, start=pt.ones((2, 3, LENGTH))),
}


def no_link_left(v: Any, p: Any) -> Iterator[Any]:
    """Yield the intermediate results and the final one."""
    u = pt.zeros((2, 3, LENGTH))
    for item in ITEMS:
        u = pt.set_subtensor(u[(*item, p[item])], v[item])
        yield u


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_is_something_else_is_left_alone(case, rng):
    v, p, _ = inputs()
    check([v, p], LEFT_ALONE[case](v, p), arrays(rng)[:2], [])


def test_results_in_the_middle_are_kept(rng):
    v, p, _ = inputs()
    graph = list(no_link_left(v, p))[::2]
    run, reference = compiled([v, p], graph, "FAST_COMPILE"), plain([v, p], graph)
    same(run, reference, arrays(rng)[:2])


def test_the_loop_can_be_turned_off_by_its_name(rng):
    v, p, _ = inputs()
    assert our_ops(compiled([v, p], loop(v, p), "FAST_COMPILE", "fuse_set_subtensor_loop")) == []


def test_cotangents_of_items_that_are_written_twice_are_not_read_as_they_came(rng):
    """If an item is written twice, the gradient of the first value is zero."""
    v, p, cotangent = inputs()
    y = loop(v, p, items=[*ITEMS, (0, 0)])
    graph = pt.grad(None, v, known_grads={y: cotangent})
    run, reference = (
        compiled([v, p, cotangent], graph, "FAST_COMPILE"),
        plain([v, p, cotangent], graph),
    )
    same(run, reference, arrays(rng))
