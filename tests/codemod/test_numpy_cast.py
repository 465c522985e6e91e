"""PU151: `np.cast`."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU151"

CHANGES = [
    (
        """
    import numpy as np
    np.cast["float32"](x)
    """,
        """
    import numpy as np
    np.asarray(x).astype("float32")
    """,
    ),
    (
        """
    import numpy as np
    np.cast[config.floatX](x * 2).sum()
    """,
        """
    import numpy as np
    np.asarray(x * 2).astype(config.floatX).sum()
    """,
    ),
    (
        """
    import numpy
    (numpy.cast["int8"](
        x  # pixels
    ))
    """,
        """
    import numpy
    (numpy.asarray(
        x  # pixels
    ).astype("int8"))
    """,
    ),
]

STAYS = [
    """
    import numpy as np
    np.asarray(x).astype("float32")
    """,
    """
    import theano.tensor as T
    T.cast(x, "float32")
    """,
    """
    x.cast["float32"](y)
    """,
    """
    cast["float32"](y)
    """,
    """
    import numpy as np
    np.asarray(x)
    """,
    """
    import numpy as np
    np.cast_it[2](x)
    """,
]

LEFT = [
    (
        """
    import numpy as np
    f = np.cast["float32"]
    """,
        "astype",
    ),
    (
        """
    import numpy as np
    np.cast["float32"](x, y)
    """,
        "astype",
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
