"""PU100: Python 2 syntax."""

import pytest

from pytensor_unpool.codemod import python2
from pytensor_unpool.codemod.migrate import migrate_text
from tests.support.codemod_cases import migrated

CHANGES = {
    'print "a", b\n': 'print("a", b)\n',
    "print >>log, x,\n": "print(x, end=' ', file=log)\n",
    "try:\n    f()\nexcept E, e:\n    raise E, 'why'\n": (
        "try:\n    f()\nexcept E as e:\n    raise E('why')\n"
    ),
    "exec code in names\n": "exec(code, names)\n",
    "x = `y` <> 10L\n": "x = repr(y) != 10\n",
    "mode = 0777\n": "mode = 0o777\n",
    "mode = 0777L\n": "mode = 0o777\n",
    "x = ur'a\\d'\nprint x\n": "x = r'a\\d'\nprint(x)\n",
    "if x:\n\ty = 1\n        z = 2\n": "if x:\n        y = 1\n        z = 2\n",
    "print 1": "print(1)",
    "print 'ä'  # é\n": "print('ä')  # é\n",
}  # fmt: skip

STAYS = [
    'print("a", b)\n', "print(x)", "x = 1\r\ny = 2\r\n", "\tx" and "if x:\n\ty = 1\n", "", "\n\n",
    "x = '0777 `y` <> 10L print 1'\n", "# print 1\n", "match x:\n    case 1: pass\n",
    "async def f():\n    await g()\n", 'x = f"{y!r:>{z}}"\n', "\ufeffx = 1\n", "\fx = 1\n",
    "x = '\\d'\n", "if (n := 3): pass\n", "def f(a, /, *, b): pass\n",
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGES.items())
def test_changes(before, after):
    assert migrated(before, ["PU100"]) == after
    assert migrate_text(before).report.python2


@pytest.mark.parametrize("code", STAYS)
def test_stays(code):
    text, report = migrate_text(code)
    assert text is code
    assert report.notes == []
    assert not report.python2


@pytest.mark.parametrize(
    "code", ["this is no Python\n", "x = (\n", "print 'a\n", "\0", "def f(:\n"]
)
def test_what_no_python_reads_stays_and_is_told(code):
    text, report = migrate_text(code)
    assert text is code
    assert report.error.startswith("neither Python 3 nor Python 2: ")


def test_without_the_rule_python_2_is_an_error():
    report = migrate_text("print 1\n", ["PU101"]).report
    assert report.error.startswith("not Python 3 (line 1: Missing parentheses")


def test_where_python_2_reads_more_than_syntax():
    assert python2.looks_like_python2("xrange(3)")
    assert python2.looks_like_python2("import cPickle")
    assert not python2.looks_like_python2("from six.moves import xrange\nxrange(3)")
    assert not python2.looks_like_python2("from __future__ import division\nxrange(3)")
    assert not python2.looks_like_python2("x.xrange(3)")
