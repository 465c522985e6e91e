"""PU150: names that NumPy removed."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU150"

CHANGES = [
    (
        """
    import numpy as np
    np.zeros(3, dtype=np.bool)
    """,
        """
    import numpy as np
    np.zeros(3, dtype=bool)
    """,
    ),
    (
        """
    import numpy as np
    (np.int), np.float, np.object
    """,
        """
    import numpy as np
    (int), float, object
    """,
    ),
    (
        """
    import numpy
    numpy.float_(numpy.Inf)
    """,
        """
    import numpy
    numpy.float64(numpy.inf)
    """,
    ),
    (
        """
    import numpy as np
    np.asscalar(x)
    """,
        """
    import numpy as np
    np.asarray(x).item()
    """,
    ),
    (
        """
    import numpy as np
    np.product(x) + np.NaN
    """,
        """
    import numpy as np
    np.prod(x) + np.nan
    """,
    ),
]

STAYS = [
    """
    import numpy as np
    np.bool_, np.int64, np.float32
    """,
    """
    import numpy as np
    np.prod(x)
    """,
    """
    np.bool
    """,
    """
    import theano.tensor as np
    np.int
    """,
    """
    import numpy as np
    x.int, x.product
    """,
    """
    import numpy as np
    np.random.bool
    """,
    """
    import numpy as np
    def f(np):
        return np.bool
    """,
    """
    import numpy as np
    np.testing.rank
    """,
    """
    import numpy as jnp
    import jax.numpy as np
    np.product(x)
    """,
    """
    import numpy as np
    "np.bool"
    """,
    """
    import numpy as np
    np.asarray(x).item()
    """,
]

LEFT = [
    (
        """
    import numpy as np
    int = long_int
    def f():
        return np.int
    """,
        "Python's int",
    ),
    (
        """
    from numpy import asscalar
    asscalar(x)
    """,
        "x.item()",
    ),
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)


@pytest.mark.parametrize(("code", "message"), LEFT)
def test_is_left_with_a_todo(code, message):
    assert_left(code, RULE, message)
