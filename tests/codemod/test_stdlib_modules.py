"""PU153: modules renamed in Python 3."""

import pytest

from tests.support.codemod_cases import assert_changes, assert_stays

RULE = "PU153"

CHANGES = [
    (
        """
    import cPickle
    cPickle.load(f)
    """,
        """
    import pickle
    pickle.load(f)
    """,
    ),
    (
        """
    import cPickle as pickle, os
    pickle.load(f)
    """,
        """
    import pickle, os
    pickle.load(f)
    """,
    ),
    (
        """
    import cPickle as p
    p.load(f)
    """,
        """
    import pickle as p
    p.load(f)
    """,
    ),
    (
        """
    from StringIO import StringIO
    """,
        """
    from io import StringIO
    """,
    ),
    (
        """
    import urllib
    urllib.urlretrieve(a, b)
    """,
        """
    import urllib.request
    urllib.request.urlretrieve(a, b)
    """,
    ),
    (
        """
    from urllib import urlencode
    """,
        """
    from urllib.parse import urlencode
    """,
    ),
    (
        """
    import cPickle
    pickle = 3
    cPickle.load(f)
    """,
        """
    import pickle as cPickle
    pickle = 3
    cPickle.load(f)
    """,
    ),
    (
        """
    import urllib2
    urllib2.urlopen(u)
    """,
        """
    import urllib.request as urllib2
    urllib2.urlopen(u)
    """,
    ),
]

STAYS = [
    """
    try:
        import cPickle as pickle
    except ImportError:
        import pickle
    """,
    """
    import pickle
    """,
    """
    import urllib.request
    urllib.request.urlopen(u)
    """,
    """
    from . import cPickle
    """,
    """
    from .urllib import urlopen
    """,
    """
    import six.moves.cPickle as pickle
    """,
    """
    import os
    os.urllib
    """,
    """
    from urllib import urlopen, quote
    """,
    """
    cPickle.load(f)
    """,
    """
    urllib = 3
    urllib.urlopen(u)
    """,
    """
    import queue
    """,
    """
    import urllib
    urllib.parse.quote(x)
    """,
    """
    try:
        import urllib
    except ImportError:
        pass
    urllib.urlopen(u)
    """,
    """
    import sys
    if sys.version_info[0] == 2:
        import cPickle as pickle
    else:
        import pickle
    """,
    """
    if six.PY2:
        from urllib import urlopen
        import cPickle
        cPickle.load(f)
    """,
]


@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_changes(before, after):
    assert_changes(before, after, RULE)


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    assert_stays(code, RULE)
