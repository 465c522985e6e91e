"""The tests. What fails in `tests/support` is shown with its values, as in a test."""

import pytest

pytest.register_assert_rewrite("tests.support")
