"""What the old GPU code refused: always, or where `strict=True` asks for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from pytensor_unpool.compat.pylearn2.sandbox import cuda_convnet
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet import convnet_compile, rules
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.base_acts import (
    BaseActs,
    UnimplementedError,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.filter_acts import (
    FilterActs,
    ImageActs,
    WeightActs,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.pool import (
    MaxPool,
    MaxPoolGrad,
    max_pool_c01b,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.probabilistic_max_pooling import (
    prob_max_pool_c01b,
)
from pytensor_unpool.compat.pylearn2.sandbox.cuda_convnet.response_norm import CrossMapNorm
from pytensor_unpool.compat.pylearn2.utils import float32_floatX
from pytensor_unpool.compat.theano.sandbox.cuda.basic_ops import gpu_contiguous
from tests.support.cuda_convnet_cases import REFUSED, SMALL, ones
from tests.support.whole import run

# Always.


@pytest.mark.parametrize("op", [FilterActs, ImageActs, WeightActs])
def test_numbers(op: Any) -> None:
    made = op(3, 4, 2)
    assert (made.pad, made.partial_sum, made.stride) == (3, 4, 2)
    assert isinstance(made, BaseActs)
    assert not made.copy_non_contiguous
    assert made.dense_connectivity
    assert made == op(pad=np.int64(3), partial_sum=4, stride=2)
    assert hash(made) == hash(op(3, 4, 2))
    assert made != op(3, 2, 2)
    assert FilterActs() != ImageActs()
    with pytest.raises(TypeError, match=r"pad must be an int: got 1\.5"):
        op(pad=1.5)
    with pytest.raises(ValueError, match="bad value of pad: got -1"):
        op(pad=-1)
    with pytest.raises(ValueError, match="stride must be at least 1: got 0"):
        op(stride=0)
    with pytest.raises(TypeError, match=r"stride must be one int, for both axes: got \(1, 1\)"):
        op(stride=(1, 1))
    with pytest.raises(UnimplementedError, match="copy_non_contiguous must be 0"):
        made.copy_non_contiguous = 1


def test_axes_and_dtypes() -> None:
    images, filters = ones(1, 4, 4, 1), ones(1, 2, 2, 16)
    with pytest.raises(AssertionError, match="FilterActs: images must have 4 axes: got 3"):
        FilterActs()(images[0], filters)
    with pytest.raises(TypeError, match=r"FilterActs: filters must be float: got .*int64"):
        FilterActs()(images, filters.astype("int64"))
    with pytest.raises(ValueError, match="channels"):
        FilterActs()(ones(2, 4, 4, 1), filters)
    with pytest.raises(AssertionError, match="MaxPool: images must have 4 axes"):
        MaxPool(2, 2)(images[0])


def test_shapes_of_outputs() -> None:
    hid, filters = ones(16, 2, 2, 1), ones(1, 2, 2, 16)
    with pytest.raises(ValueError, match="output_shape must be given if stride is not 1"):
        ImageActs(stride=2)(hid, filters)
    with pytest.raises(ValueError, match="output_shape must be a vector of 2 lengths"):
        ImageActs()(hid, filters, (3, 3, 1))
    with pytest.raises(TypeError, match="must be integer"):
        ImageActs()(hid, filters, pt.dvector())
    with pytest.raises(ValueError, match=r"incompatible target image size: axis 1 .* got 4"):
        ImageActs()(hid, filters, (4, 3))
    with pytest.raises(ValueError, match=r"incompatible target image size: axis 2 .* got 4"):
        WeightActs()(ones(1, 3, 4, 1), hid, (2, 2))
    shape = pt.lvector("shape")
    assert run(ImageActs()(hid, filters, shape), shape=[3, 3]).shape == (1, 3, 3, 1)


@pytest.mark.parametrize(("ds", "stride"), [(0, 1), (2, 0), (-1, 1)])
def test_windows_without_elements(ds: int, stride: int) -> None:
    with pytest.raises(AssertionError, match="ds and stride must be at least 1"):
        MaxPool(ds, stride)


def test_helpers() -> None:
    assert cuda_convnet.check_cuda("this", check_enabled=False) is None
    assert convnet_compile.convnet_available() is True
    assert convnet_compile.convnet_compile() is None
    assert MaxPool(3, 2, 1) == MaxPool(3, 2, 1) != MaxPool(3, 2)
    assert hash(MaxPool(3, 2, 1)) == hash(MaxPool(3, 2, 1))
    assert CrossMapNorm(3, 1, 1, True) == CrossMapNorm(3, 1, 1, True)
    assert str(MaxPool(3, 2)) == "MaxPool(ds=3, stride=2, start=0)"
    assert str(FilterActs(1)) == "FilterActs(pad=1, partial_sum=None, stride=1)"


# Where `strict` asks for it.


@pytest.mark.parametrize(("op", "arrays", "message"), REFUSED, ids=range(len(REFUSED)))
def test_refused_as_the_function_runs(op: Any, arrays: Any, message: str) -> None:
    """test_common, and the other rules: none is checked as the graph is built."""
    symbolic = [
        pt.ftensor4(f"x{i}") if isinstance(x, np.ndarray) else x for i, x in enumerate(arrays)
    ]
    given = {v.name: x for v, x in zip(symbolic, arrays, strict=True) if isinstance(x, np.ndarray)}

    def outputs(**options: Any) -> Any:
        result = op(**options)(*symbolic)
        return result[0] if isinstance(result, list) else result

    refused = outputs(strict=True)
    with pytest.raises(ValueError, match=message):
        run(refused, **given)
    if "mismatch" not in message:
        assert run(outputs(), **given).size > 0


def test_rules_that_are_kept_change_nothing(rng: np.random.Generator) -> None:
    images, filters = (rng.normal(size=s).astype("f") for s in [(4, 6, 6, 2), (4, 3, 3, 16)])
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    results = []
    for strict in (False, True):
        y = FilterActs(1, 4, 2, strict=strict)(x, w)
        y = MaxPool(3, 2, strict=strict)(y)
        results.append(run([y, *pt.grad((y**2).sum(), [x, w])], x=images, w=filters))
    for got, wanted in zip(*results, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_rules_of_the_gradient_in_filters() -> None:
    """Six channels, and a partial sum that divides nothing: an error in this gradient alone."""
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    for channels, partial_sum, message in (
        (6, None, "4 channels"),
        (4, 3, "partialSum must divide"),
    ):
        given = {"x": ones(channels, 6, 6, 2), "w": ones(channels, 3, 3, 16)}
        cost = FilterActs(0, partial_sum, strict=True)(x, w).sum()
        assert run(pt.grad(cost, x), **given).shape == (channels, 6, 6, 2)
        with pytest.raises(ValueError, match=message):
            run(pt.grad(cost, w), **given)


@pytest.mark.parametrize("made_contiguous", [True, False])
def test_shuffled_axes_are_to_be_made_contiguous(made_contiguous: bool) -> None:
    x, w = pt.ftensor4("x"), pt.ftensor4("w")
    shuffled = x.dimshuffle(1, 2, 3, 0)
    if made_contiguous:
        shuffled = gpu_contiguous(shuffled)
    for strict in (True, False):
        outputs = [FilterActs(strict=strict)(shuffled, w), MaxPool(2, 2, strict=strict)(shuffled)]
        for result in outputs:
            given = {"x": ones(2, 4, 6, 6), "w": ones(4, 3, 3, 16)}
            given = {v.name: given[v.name] for v in (x, w) if v is x or result is outputs[0]}
            if made_contiguous or not strict:
                assert run(result, **given).size
                continue
            with pytest.raises(ValueError, match="images must be C contiguous"):
                run(result, **given)
            # Axes of length 1 may go anywhere.
            one = run(result, **{**given, "x": ones(1, 4, 6, 6)})
            assert one.shape[-1] == 1


def test_refused_as_the_op_is_made_or_called() -> None:
    with pytest.raises(AssertionError, match="stride at most ds: got ds=2, stride=3"):
        MaxPool(2, 3, strict=True)
    with pytest.raises(AssertionError, match="ds must be an int"):
        max_pool_c01b(SMALL, (2, 3), (2, 2), strict=True)
    with pytest.raises(ValueError, match="stride must be one int"):
        max_pool_c01b(SMALL, (2, 2), (2, 1), strict=True)
    with pytest.raises(UnimplementedError, match="pool_shape must be square"):
        prob_max_pool_c01b(SMALL, (2, 3), strict=True)
    with pytest.raises(AssertionError, match="a multiple of 16 channels: got 4"):
        MaxPoolGrad(2, 2, strict=True)(SMALL, SMALL[:, ::2, ::2], SMALL[:, ::2, ::2])
    with pytest.raises(TypeError, match="images must be float32"):
        FilterActs(strict=True)(SMALL.astype("float64"), ones(4, 3, 3, 16))


def test_one_switch_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "STRICT", True)
    assert FilterActs().strict
    assert not FilterActs(strict=False).strict
    with pytest.raises(AssertionError, match="stride at most ds"):
        MaxPool(2, 3)


def test_float_x_is_float32_in_decorated_tests() -> None:
    seen = []

    @float32_floatX
    def old_test(number: int) -> int:
        seen.append((number, pytensor.config.floatX))
        raise ValueError("of the test")

    with pytensor.config.change_flags(floatX="float64"):
        with pytest.raises(ValueError, match="of the test"):
            old_test(3)
        assert (seen, pytensor.config.floatX) == ([(3, "float32")], "float64")
