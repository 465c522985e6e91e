"""Migrate the text of one file."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import libcst as cst

from pytensor_unpool.codemod import python2
from pytensor_unpool.codemod.apply import apply
from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.report import FileReport, Note
from pytensor_unpool.codemod.rules import NAMES, RULES, Rule
from pytensor_unpool.codemod.tree import walk

__all__ = ["Result", "choose_rules", "known_ids", "migrate_text"]

# A long sum is a deep tree.
_RECURSION = 20_000

# A file without any of these words contains nothing that a rule changes.
OF_INTEREST = re.compile(
    r"theano|THEANO|aesara|pytensor|pylearn2|numpy|outdim|clock"
    r"|xrange|unicode|basestring|unichr|long|raw_input|reduce|reload|cmp|execfile|apply|coerce"
    r"|iter(?:items|values|keys)|has_key|__(?:nonzero|i?div|rdiv|[gs]etslice|metaclass)__"
    r"|cPickle|StringIO|Queue|ConfigParser|copy_reg|__builtin__|Server|httplib|urlparse|urllib"
    r"|HTMLParser|Tkinter|tkFileDialog|xmlrpclib|commands|izip|imap|ifilter"
)


class Result(NamedTuple):
    """The text after a migration, and what was done to it."""

    text: str
    report: FileReport


def known_ids() -> list[str]:
    """Return the ids of all rules, including that of the conversion from Python 2 syntax."""
    return [python2.ID, *(rule.id for rule in RULES)]


def choose_rules(only: Collection[str] = (), ignore: Collection[str] = ()) -> tuple[str, ...]:
    """Return the ids of the rules to apply.

    Parameters
    ----------
    only : collection of str
        Apply only these; all if empty.
    ignore : collection of str
        Do not apply these.
    """
    return tuple(rule for rule in known_ids() if (not only or rule in only) and rule not in ignore)


def migrate_text(text: str, rules: Sequence[str] | None = None) -> Result:
    r"""Migrate Python source code.

    Parameters
    ----------
    text : str
    rules : sequence of str, optional
        The ids of the rules to apply; all if omitted.

    Returns
    -------
    text : str
        The same string if there is nothing to change, or if it could not be parsed.
    report : FileReport

    Examples
    --------
    >>> text, report = migrate_text("import theano.tensor as T\nx = T.nnet.sigmoid(T.scalar())\n")
    >>> print(text, end="")
    import pytensor.tensor as T
    x = T.sigmoid(T.scalar())
    >>> [note.line for note in report.notes]
    [1, 2]
    """
    chosen = set(known_ids() if rules is None else rules)
    report = FileReport()
    try:
        with _deep_recursion(), warnings.catch_warnings():
            # Invalid escapes in strings warn, and are left as they are.
            warnings.simplefilter("ignore")
            new = _migrated(text, chosen, report)
            why = _why_not(new) if new != text else ""
            if why and (report.python2 or not _why_not(text)):
                report.error = f"the result does not compile: {why}"
    except (SyntaxError, cst.ParserSyntaxError) as error:
        report.error = str(error).partition("\n")[0]
    except RecursionError:
        report.error = "nested too deeply"
    return Result(text, report) if report.error else Result(new, report)


def _migrated(text: str, chosen: set[str], report: FileReport) -> str:
    new = text
    is_python2 = False
    if why := python2.why_python2(text):
        if python2.ID not in chosen:
            raise SyntaxError(f"not Python 3 ({why}), and {python2.ID} is turned off")
        new = python2.to_python3(text)
        is_python2 = report.python2 = True
        report.notes.append(Note(0, python2.ID, "changed", f"Python 2 syntax ({why})"))
    if not OF_INTEREST.search(new) and not is_python2:
        return text
    module = cst.parse_module(new)
    is_python2 = is_python2 or python2.looks_like_python2(new)
    context = Context(module, new, report, python2=is_python2)
    rules = [rule for rule in RULES if rule.id in chosen]
    # Names come last: what other rules have replaced needs no renaming.
    for turn in (rules[:-1], rules[-1:]) if NAMES in rules else (rules,):
        _look(module, turn, context)
    report.notes.sort()
    changed = apply(context)
    return new if changed is module else changed.code


def _look(module: cst.Module, rules: Sequence[Rule], context: Context) -> None:
    """Pass every rule the nodes that it visits, in source order."""
    interested: dict[type[cst.CSTNode], list[Rule]] = {}
    for rule in rules:
        for kind in rule.visits:
            interested.setdefault(kind, []).append(rule)
    for node in walk(module):
        for rule in interested.get(type(node), ()):
            if node in context.claimed:
                break
            context.rule = rule.id
            rule.look(node, context)


def _why_not(text: str) -> str:
    """Return why a text does not compile, or an empty string if it does."""
    try:
        compile(text, "file", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
