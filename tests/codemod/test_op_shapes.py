"""PU161: `infer_shape` of Ops."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_left, assert_stays

RULE = "PU161"

CHANGES = [
    (
        """
    import theano
    class A(theano.Op):
        def infer_shape(self, node, shapes):
            return shapes
    """,
        """
    import theano
    class A(theano.Op):
        def infer_shape(self, *arguments):
            node, shapes = arguments[-2:]
            return shapes
    """,
    ),
    (
        '''
    import theano
    class A(theano.Op):
        def infer_shape(self, fgraph, n, s):
            """Shapes."""
            return s
    ''',
        '''
    import theano
    class A(theano.Op):
        def infer_shape(self, *arguments):
            """Shapes."""
            n, s = arguments[-2:]
            return s
    ''',
    ),
]

STAYS = [
    """
    class A:
        def infer_shape(self, node, shapes):
            return shapes
    """,
    """
    import theano
    class A(theano.Op):
        def infer_shape(self, *arguments):
            return arguments[-1]
    """,
    """
    import theano
    class A(theano.Op):
        def perform(self, node, x, y): pass
    """,
    """
    import theano
    class A(theano.Type):
        def infer_shape(self, node, shapes):
            return shapes
    """,
    """
    import theano
    def infer_shape(self, node, shapes): pass
    """,
    """
    import theano
    class A(theano.Op):
        def infer_shape(self):
            return 1
    """,
]

LEFT = [
    (
        """
    import theano
    class A(theano.Op):
        def infer_shape(self, node, s): return s
    """,
        "infer_shape(self, fgraph",
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
