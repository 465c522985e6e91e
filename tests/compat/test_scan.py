"""`theano.scan` whose step draws random numbers: gradients have those that were drawn."""

from typing import Any

import numpy as np
import pytest

from pytensor_unpool.compat import theano
from pytensor_unpool.compat.theano import tensor as T  # noqa: N812
from pytensor_unpool.compat.theano.sandbox.rng_mrg import MRG_RandomStreams
from pytensor_unpool.compat.theano.tensor.shared_randomstreams import RandomStreams

ROWS, W = (
    np.linspace(-1, 1, 12).reshape(4, 3),
    np.array([[0.5, 0.1, 0], [0, 0.4, 0.2], [0.3, 0, 1]]),
)


class Dropout:
    """A recurrent network whose state is dropped out, with its cost and gradient."""

    def __init__(self, streams: Any) -> None:
        self.streams, self.calls, self.w = streams, 0, theano.shared(W)
        x = T.dmatrix("x")
        states, self.updates = theano.scan(self.step, sequences=x, outputs_info=T.zeros(3))
        cost = (states**2).sum()
        self.outputs = [cost, T.grad(cost, self.w), states]
        self.x = x

    def step(self, row: Any, last: Any) -> Any:
        self.calls += 1
        mask = self.streams.binomial(last.shape, p=0.6, dtype="float64")
        return T.tanh(row + T.dot(last, self.w) + 1) * mask / 0.6

    def compiled(self, mode: str) -> Any:
        return theano.function([self.x], self.outputs, updates=self.updates, mode=mode)


def by_differences(network: Dropout, run: Any) -> tuple[list[Any], Any]:
    """Return what one call gives, and its gradient by differences of calls from the same state."""
    generators = [generator for generator, _ in network.streams.state_updates]
    states = [generator.get_value() for generator in generators]

    def cost(w: Any) -> float:
        network.w.set_value(w)
        for generator, state in zip(generators, states, strict=True):
            generator.set_value(state)
        return float(run(ROWS)[0])

    gradient = np.zeros_like(W)
    for place in np.ndindex(*W.shape):
        step = np.zeros_like(W)
        step[place] = 1e-6
        gradient[place] = (cost(W + step) - cost(W - step)) / 2e-6
    cost(W)
    for generator, state in zip(generators, states, strict=True):
        generator.set_value(state)
    return run(ROWS), gradient


class ByState(Dropout):
    def step(self, row: Any, last: Any) -> Any:
        hits = self.streams.uniform(last.shape) < T.nnet.sigmoid(last)
        return T.tanh(row + T.dot(last, self.w)) * hits


class ScanInScan(Dropout):
    def step(self, row: Any, last: Any) -> Any:
        inner, updates = theano.scan(
            super().step, sequences=T.constant(np.array([0.0, 0.1])), outputs_info=last
        )
        return inner[-1] + row, updates


@pytest.mark.filterwarnings("ignore:.*np.dot.. is faster on contiguous arrays")
@pytest.mark.parametrize(
    ("network", "kind", "mode"),
    [
        (Dropout, MRG_RandomStreams, "FAST_COMPILE"),
        (Dropout, RandomStreams, "FAST_COMPILE"),
        (Dropout, MRG_RandomStreams, "NUMBA"),
        (ByState, MRG_RandomStreams, "FAST_COMPILE"),
        (ScanInScan, MRG_RandomStreams, "FAST_COMPILE"),
    ],
)
def test_gradients_go_through_what_a_step_draws(network, kind, mode):
    """Catches NullTypeGradError: the states of the generator were not kept."""
    made = network(kind(3))
    run = made.compiled(mode)
    (_, gradient, states), wanted = by_differences(made, run)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-7)
    assert abs(gradient).max() > 0.1
    assert (run(ROWS)[2] != states).any()


def test_the_step_is_called_once():
    """Catches a second call, which would draw other numbers."""
    assert Dropout(MRG_RandomStreams(3)).calls == 1


@pytest.mark.parametrize("n_steps", [1, 3])
def test_outputs_are_those_of_the_step_alone(n_steps):
    streams, x = MRG_RandomStreams(6), T.dvector("x")

    def step(last: Any) -> Any:
        return last * streams.uniform(last.shape), last.sum()

    options = [{"initial": x, "taps": [-1]}, None]
    (states, sums), updates = theano.scan(step, outputs_info=options, n_steps=n_steps)
    (alone,), more = theano.scan(
        lambda row: row * streams.normal(row.shape), sequences=states, return_list=True
    )
    mapped, last = theano.scan(lambda row: row * streams.normal(row.shape), sequences=[states])
    gradient = T.grad(alone.sum() + mapped.sum(), x)
    run = theano.function(
        [x], [states, sums, alone, mapped, gradient], updates=updates + more + last
    )
    first, second = run([1.0, 2.0]), run([1.0, 2.0])
    assert [a.shape for a in first] == [(n_steps, 2), (n_steps,), (n_steps, 2), (n_steps, 2), (2,)]
    assert all((a != b).any() for a, b in zip(first, second, strict=True) if a.ndim == 2)


def test_steps_may_end_the_scan_and_have_updates_of_their_own():
    streams, x, count = RandomStreams(7), T.dscalar("x"), theano.shared(0, name="count")

    def step(last: Any) -> Any:
        following = last + streams.uniform((), low=1.0, high=2.0) * x
        return following, {count: count + 1}, theano.scan_module.until(following > 5)

    states, updates = theano.scan(step, outputs_info=np.float64(0), n_steps=50)
    run = theano.function(
        [x], [states, T.grad(states[-1], x)], updates=updates, mode="FAST_COMPILE"
    )
    got, gradient = run(1.0)
    assert got[-2] <= 5 < got[-1]
    np.testing.assert_allclose(gradient, got[-1])
    assert count.get_value() == len(got)


def test_graphs_of_steps_have_their_old_names():
    """Catches AttributeError in old code that looks into scans, as Blocks' ComputationGraph."""
    w = theano.shared(np.float64(2), name="w")
    states, _ = theano.scan(
        lambda last: w * last, outputs_info=T.constant(np.float64(1)), n_steps=3
    )
    scans = [x.owner.op for x in theano.gof.graph.ancestors([states]) if _is_scan(x)]
    assert [[type(x).__name__ for x in scan.outputs] for scan in scans] == [["TensorVariable"]]
    assert scans[0].outputs == scans[0].inner_outputs
    assert scans[0].inputs == scans[0].inner_inputs


def _is_scan(x: Any) -> bool:
    return x.owner is not None and isinstance(x.owner.op, theano.scan_module.scan_op.Scan)
