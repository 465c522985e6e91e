"""Scripts before and after: run as they are under `installed`, and run migrated."""

import runpy

import numpy as np
import pytest

import pytensor_unpool as pu
from tests.support.codemod_cases import clean, migrated

pytestmark = pytest.mark.usefixtures("without_compiling")

LENET = """
    import numpy as np
    import theano
    import theano.tensor as T
    from theano.tensor.nnet import conv
    from theano.tensor.signal import downsample

    rng = np.random.RandomState(0)
    x, y = T.tensor4('x'), T.ivector('y')
    W = theano.shared(rng.normal(size=(2, 1, 3, 3)).astype(theano.config.floatX), borrow=True)
    V = theano.shared(rng.normal(size=(18, 3)).astype(theano.config.floatX))
    conv_out = conv.conv2d(x, W, filter_shape=(2, 1, 3, 3), image_shape=(4, 1, 8, 8))
    pooled = T.tanh(downsample.max_pool_2d(input=conv_out, ds=(2, 2), ignore_border=True))
    p = T.nnet.softmax(T.dot(pooled.flatten(2), V))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    grads = T.grad(cost, [W, V])
    updates = [(w, w - 0.1 * g) for w, g in zip([W, V], grads)]
    train = theano.function([x, y], [cost, T.mean(T.neq(T.argmax(p, axis=1), y))], updates=updates)
    data = rng.normal(size=(4, 1, 8, 8)).astype(theano.config.floatX)
    result = [train(data, np.array([0, 1, 2, 1], 'int32')) for _ in range(3)]
"""

UNPOOLING = """
    import theano, numpy
    import theano.tensor as T
    from theano.sandbox.cuda.basic_ops import gpu_contiguous

    encoded, positions = T.tensor3('encoded'), T.ltensor3('positions')
    decoded = T.zeros((2, 3, 20))
    for n in range(2):
        for c in range(3):
            decoded = T.set_subtensor(decoded[n, c, positions[n, c]], encoded[n, c])
    images = T.tensor4('images')
    larger = T.repeat(T.repeat(gpu_contiguous(images), 2, axis=2), 3, axis=3)
    f = theano.function([encoded, positions, images], [decoded, larger, T.inv(images + 9)])
    where = numpy.arange(24).reshape(2, 3, 4) % 20
    result = f(numpy.arange(24.).reshape(2, 3, 4), where, numpy.arange(8.).reshape(1, 2, 2, 2))
"""

OPS = """
    import theano
    import theano.tensor as T

    class Double(theano.Op):
        __props__ = ()
        def make_node(self, x):
            return theano.Apply(self, [x], [x.type()])
        def perform(self, node, inputs, outputs):
            outputs[0][0] = inputs[0] * 2
        def infer_shape(self, node, shapes):
            return shapes
        def grad(self, inputs, gs):
            return [gs[0] * 2]

    x = T.dvector('x')
    y = Double()(x)
    f = theano.function([x], [y, T.grad((y ** 2).sum(), x), T.stack(x.sum(), x.max()), y.shape])
    result = f([1, 2, 3])
"""

# The same in Python 2, with what it alone has.
PYTHON2 = {
    LENET: (
        ("in range(3)", "in xrange(3)"),
        ("(2, 1, 3, 3)).astype", "(4 / 2, 1, 3, 3)).astype"),
        ("size=(18, 3)", "size=(37 / 2, 3)"),
        ("\ntrain =", "\nprint 'compiling',\ntrain ="),
    ),
    UNPOOLING: ((" range(", " xrange("), ("\nwhere =", "\nprint `f`\nwhere =")),
    OPS: (("\nx = T", "\nimport sys\nprint >>sys.stderr, 0777L\nx = T"),),
}


def run(text, path):
    path.write_text(text)
    return runpy.run_path(str(path))["result"]


@pytest.mark.filterwarnings("ignore:.*grad.*:FutureWarning", "ignore:.*deprecated:UserWarning")
@pytest.mark.parametrize("script", PYTHON2, ids=["lenet", "unpooling", "ops"])
def test_the_same_numbers_before_and_after_and_from_python_2(script, tmp_path):
    written2 = clean(script)
    for old, new in PYTHON2[script]:
        assert old in written2
        written2 = written2.replace(old, new)
    after = migrated(clean(script))
    after2 = migrated(written2)
    assert "theano." not in after.replace("compat.theano.", "")
    with pu.installed():
        before = run(clean(script), tmp_path / "before.py")
    for text in (after, after2):
        got = run(text, tmp_path / "after.py")
        for a, b in zip(got, before, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b), strict=True)
