"""PU130: deconvolution by `GpuDnnConvGradI`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU130"

CHANGES = [
    (
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    import pytensor_unpool as pu
    def f(k, x):
        return pu.conv_input_grad(k, x, (h, w), stride=(2, 2), pad=(2, 2), flip=True)
    """,
    ),
    (
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2), conv_mode="cross")(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    import pytensor_unpool as pu
    def f(k, x):
        return pu.conv_input_grad(k, x, (h, w), stride=(2, 2), pad=(2, 2), flip=False)
    """,
    ),
    (
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(subsample=s, conv_mode=m)(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
        """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    import pytensor_unpool as pu
    def f(k, x):
        return pu.conv_input_grad(k, x, (h, w), stride=s, pad="valid", flip=m == "conv")
    """,
    ),
]

STAYS = [
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc, 1.0)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        print(desc)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        # why
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = g(n)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI(True)(k, x, out, desc)
    """,
    """
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from mine.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from mine.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    def f(k, x):
        desc = GpuDnnConvDesc(border_mode=(2, 2), subsample=(2, 2))(
            gpu_alloc_empty(n, c, h, w).shape, k.shape
        )
        out = gpu_alloc_empty(n, c, h, w)
        out = 2
        return GpuDnnConvGradI()(k, x, out, desc)
    """,
    """
    from theano.sandbox.cuda.dnn import GpuDnnConvDesc, GpuDnnConvGradI
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    GpuDnnConvGradI()(k, x, g(), h())
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
