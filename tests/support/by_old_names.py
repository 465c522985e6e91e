"""A plugin of pytest: the tests run with old packages in place."""

from typing import Any

from pytensor_unpool import install
from tests.support.modes import ALL

# Of hundreds of cases, where not all of them run: all run under this package's own names.
ONE_OF = 50
ABOUT = ("gives_what_it_gave", "equals_theano", "equal_theano", "same_class", "worked")

install()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Leave out most of them, but for PYTENSOR_UNPOOL_TEST_ALL=1."""
    if not ALL:
        items[:] = [item for item in items if any(word in item.name for word in ABOUT)][::ONE_OF]
