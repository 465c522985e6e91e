"""PU140: transfers to and from the GPU."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU140"

CHANGES = [
    (
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    f(gpu_contiguous(x))
    """,
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    f(x)
    """,
    ),
    (
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous(a + b) * c
    """,
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    (a + b) * c
    """,
    ),
    (
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous(a).shape, (gpu_contiguous(b))
    """,
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    a.shape, (b)
    """,
    ),
    (
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    host_from_gpu(gpu_contiguous(x))
    """,
        """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    x
    """,
    ),
    (
        """
    import theano.sandbox.cuda.basic_ops as B
    B.gpu_from_host(-x) ** 2
    """,
        """
    import theano.sandbox.cuda.basic_ops as B
    (-x) ** 2
    """,
    ),
    (
        """
    from theano.gpuarray.basic_ops import gpu_contiguous as gc
    gc(
        x,  # images
    )
    """,
        """
    from theano.gpuarray.basic_ops import gpu_contiguous as gc
    x
    """,
    ),
]

STAYS = [
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    f = gpu_contiguous
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous(*x)
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous()
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous(x, y)
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    map(gpu_contiguous, x)
    """,
    """
    gpu_contiguous(x)
    """,
    """
    from mine import gpu_contiguous
    gpu_contiguous(x)
    """,
    """
    from theano.sandbox.cuda.basic_ops import HostFromGpu
    HostFromGpu()(x)
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    def f(gpu_contiguous):
        return gpu_contiguous(x)
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_contiguous, host_from_gpu
    gpu_contiguous(x=x)
    """,
    """
    from theano.sandbox.cuda.basic_ops import gpu_alloc_empty
    gpu_alloc_empty(2)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
