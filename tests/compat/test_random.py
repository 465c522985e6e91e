"""Random streams of Theano: their arguments in the old order, their shapes and distributions."""

import numpy as np
import pytest

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.compat.theano.sandbox.cuda.rng_curand import CURAND_RandomStreams
from pytensor_unpool.compat.theano.sandbox.rng_mrg import MRG_RandomStreams
from pytensor_unpool.compat.theano.tensor.shared_randomstreams import RandomStreams, Streams
from pytensor_unpool.errors import ArgumentError, ShapeError

STREAMS = [RandomStreams, MRG_RandomStreams, CURAND_RandomStreams]
MANY = 20_000


def draw(*variables):
    return theano.function([], list(variables), mode="FAST_COMPILE")()


@pytest.mark.parametrize("kind", STREAMS)
def test_the_first_argument_is_the_size(kind):
    """Catches PyTensor's own order, in which it is a parameter."""
    streams = kind(seed=1)
    drawn = draw(
        streams.uniform((2, 3)),
        streams.normal((2, 3), 5.0, 0.001),
        streams.binomial((MANY,), 1, 0.25, dtype="float32"),
        streams.uniform((MANY,), low=2.0, high=4.0, dtype="float32"),
        streams.normal((MANY,), avg=-3.0, std=0.5),
        streams.binomial((MANY,), n=4, p=0.25),
        streams.normal((MANY,), 1.0, 2.0, truncate=True),
    )
    assert [a.shape for a in drawn[:2]] == [(2, 3), (2, 3)]
    assert [str(a.dtype) for a in drawn[2:6]] == ["float32", "float32", "float64", "int64"]
    assert abs(drawn[1] - 5).max() < 0.01
    assert set(np.unique(drawn[2])) == {0, 1}
    means = [float(a.mean()) for a in drawn[2:6]]
    np.testing.assert_allclose(means, [0.25, 3.0, -3.0, 1.0], atol=0.05)
    np.testing.assert_allclose(drawn[4].std(), 0.5, atol=0.05)
    assert drawn[3].min() > 2
    assert -3 <= drawn[6].min() < -2.5
    assert 4.5 < drawn[6].max() <= 5


@pytest.mark.parametrize("std", [2.0, T.as_tensor_variable(np.float64(2))], ids=type)
def test_truncated_numbers_have_the_standard_deviation_that_was_asked_for(std):
    """Catches the one that is left of it between two standard deviations, 0.88 of it."""
    n = 400_000
    (drawn,) = draw(MRG_RandomStreams(11).truncated_normal((n,), avg=0.0, std=std))
    # The standard error of the measured deviation is 0.0019 here: the bound is five of them.
    np.testing.assert_allclose(drawn.std(), 2.0, atol=0.01)
    np.testing.assert_allclose(drawn.mean(), 0.0, atol=0.02)
    ends = 4 / 0.87962566103423978
    np.testing.assert_allclose([drawn.min(), drawn.max()], [-ends, ends], atol=0.01)
    assert abs(drawn).max() <= ends


def test_float16_numbers_of_mrg_exclude_both_ends():
    """Catches the rounding of a number near 1, or below 3e-8, to float16: log(u) must be finite."""
    streams = MRG_RandomStreams(12)
    unit = streams.uniform((2_000_000,), dtype="float16")
    wide = streams.uniform((200_000,), 0.0, np.float16(8), dtype="float16")
    drawn, eights = draw(unit, wide)
    assert drawn.dtype == eights.dtype == "float16"
    assert 0 < drawn.min() < 1e-4
    assert 0.999 < drawn.max() < 1
    assert 0 < eights.min() < 1e-3
    assert 7.9 < eights.max() < 8
    np.testing.assert_allclose(drawn.mean(dtype="float64"), 0.5, atol=1e-3)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_ends_that_rounding_would_draw_are_moved_inside(dtype, monkeypatch):
    """They come once in 3e7 times: here each time."""
    ends = T.as_tensor_variable(np.array([0, 1], dtype=dtype))
    monkeypatch.setattr(Streams, "uniform", lambda *_, **__: ends)
    (drawn,) = draw(MRG_RandomStreams(13).uniform((2,), dtype=dtype))
    assert drawn.dtype == dtype
    assert 0 < drawn[0] < 1e-4
    assert 0.999 < drawn[1] < 1


@pytest.mark.parametrize("kind", STREAMS)
def test_sizes_of_all_kinds(kind):
    streams, x, n = kind(2), T.matrix("x"), T.lvector("n")
    of_x, of_n, of_p = streams.normal(x.shape), streams.normal(n, ndim=2), streams.binomial(p=x)
    run = theano.function([x, n], [of_x, of_n, of_p], mode="FAST_COMPILE")
    drawn = run(np.array([[0.0, 1.0, 1.0]]), [4, 2])
    assert [a.shape for a in drawn] == [(1, 3), (4, 2), (1, 3)]
    assert drawn[2].tolist() == [[0, 1, 1]]
    with pytest.raises(ShapeError, match=r"unknown length.*Pass ndim"):
        streams.normal(n)


def test_a_seed_gives_the_same_numbers_and_each_call_others():
    first, second = (MRG_RandomStreams(7) for _ in range(2))
    run = theano.function([], first.uniform((3,)), mode="FAST_COMPILE")
    again = theano.function([], second.uniform((3,)), mode="FAST_COMPILE")
    one, two = run(), run()
    assert one.tolist() == again().tolist() != two.tolist()
    first.seed(7)
    assert run().tolist() == one.tolist()
    fixed = theano.function([], first.uniform((3,)), mode="FAST_COMPILE", no_default_updates=True)
    assert fixed().tolist() == fixed().tolist()


def test_draws_of_one_stream_are_independent():
    streams = RandomStreams(3)
    a, b = draw(streams.normal((MANY,)), streams.normal((MANY,)))
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05


@pytest.mark.parametrize("kind", STREAMS)
def test_classes_come_as_often_as_they_should(kind):
    streams, p = kind(4), np.array([0.2, 0.0, 0.8], dtype="float32")
    rows = T.as_tensor_variable(np.tile(p, (MANY, 1)))
    one, several = draw(
        streams.multinomial(pvals=rows, dtype="float32"), streams.multinomial(n=5, pvals=rows)
    )
    assert one.dtype == "float32"
    assert (one.sum(axis=1) == 1).all()
    assert (several.sum(axis=1) == 5).all()
    np.testing.assert_allclose(one.mean(axis=0), p, atol=0.02)
    np.testing.assert_allclose(several.mean(axis=0), 5 * p, atol=0.1)


def test_choices():
    streams, p = RandomStreams(5), [0.0, 0.25, 0.75]
    drawn = draw(
        streams.choice((MANY,), a=3, p=p),
        streams.choice((3,), a=3, replace=False),
        streams.choice((2,), a=3, p=p, replace=False),
        streams.choice((MANY,), a=[5, 7]),
        streams.random_integers((MANY,), 1, 3),
        streams.permutation((4,), n=5),
        streams.shuffle_row_elements(T.as_tensor_variable(np.arange(12).reshape(3, 4))),
        streams.poisson((MANY,), lam=4.0),
    )
    np.testing.assert_allclose(np.bincount(drawn[0]) / MANY, p, atol=0.02)
    assert sorted(drawn[1]) == [0, 1, 2]
    assert sorted(drawn[2]) == [1, 2]
    assert set(drawn[3]) == {5, 7}
    assert set(drawn[4]) == {1, 2, 3}
    assert np.sort(drawn[5]).tolist() == [[0, 1, 2, 3, 4]] * 4
    assert np.sort(drawn[6]).tolist() == np.arange(12).reshape(3, 4).tolist()
    np.testing.assert_allclose(drawn[7].mean(), 4, atol=0.1)


def test_choices_of_rows():
    streams, p = MRG_RandomStreams(6), T.as_tensor_variable([[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]])
    with_it, without = draw(
        streams.choice(MANY, p=p), streams.multinomial_wo_replacement(n=2, pvals=p)
    )
    assert with_it.shape == (2, MANY)
    np.testing.assert_allclose(np.bincount(with_it[1]) / MANY, [0, 0.25, 0.75], atol=0.02)
    assert np.sort(without, axis=1).tolist() == [[0, 1], [1, 2]]
    with pytest.raises(ArgumentError, match="choice takes a matrix p"):
        streams.choice(2, p=[0.5, 0.5])


def test_states_can_be_read_and_written():
    streams = RandomStreams(8)
    drawn = streams.uniform((2,))
    generator, following = streams.updates()[0]
    run = theano.function([], drawn, mode="FAST_COMPILE")
    state = streams[following]
    first = run().tolist()
    streams[generator] = state
    assert run().tolist() == first
    with pytest.raises(ArgumentError, match="is not a generator of these streams"):
        streams[drawn]
