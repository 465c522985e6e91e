"""Python 2 syntax, turned into Python 3 by fissix: the only module that knows of it.

Only syntax is changed here, and only in text that Python 3 does not read. What Python 2 called
otherwise is for the rules, which know what a name means.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fissix.refactor import RefactoringTool

__all__ = ["ID", "looks_like_python2", "parses", "to_python3", "why_python2"]

ID = "PU100"

# Fixers that change nothing but syntax.
_FIXERS = ("except", "exec", "ne", "numliterals", "print", "raise", "repr", "throw", "tuple_params")

# fissix leaves the 0 of `0777L` as it is.
_OLD_OCTAL = re.compile(r"(?<![\w.])0+([1-7][0-7]*)[lL]?(?![\w.])")

# fissix leaves it too; nothing else ends like this before a quote.
_RAW_UNICODE = re.compile(r"(?<![\w'\"])[uU][rR](?=['\"])")

_PRINT_TO_FILE = re.compile(r"\bprint\s*>>")

# Words that no program for Python 3 uses without saying where they come from.
_PYTHON2_WORDS = re.compile(
    r"(?<![\w.])(?:xrange|unicode|basestring|raw_input|unichr|execfile)\s*\("
    r"|\.(?:iteritems|itervalues|iterkeys|has_key)\s*\("
    r"|^[ \t]*import (?:cPickle|urllib2|ConfigParser|Queue|StringIO)\b",
    re.MULTILINE,
)

# Or it is for both, and says so.
_MODERN = re.compile(
    r"^[ \t]*from __future__ import [^\n]*division|^[ \t]*(?:import six|from six|from builtins)\b"
    r"|version_info|\bPY[23]\b",
    re.MULTILINE,
)


def parses(text: str) -> str:
    """Return why Python 3 does not read a text; empty if it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            return f"line {line}: {error.args[0]}" if line else str(error)
        except MemoryError as error:
            # So says Python of what is nested very deeply.
            raise RecursionError from error
    return ""


def why_python2(text: str) -> str:
    """Return why a text needs Python 2; empty if Python 3 reads it as it is meant."""
    if (why := parses(text)) or not _PRINT_TO_FILE.search(text):
        return why
    # Python 3 reads a shift there, and fails when it runs.
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.BinOp(left=ast.Name(id="print"), op=ast.RShift(), lineno=line):
                return f"line {line}: print >> file"
    return ""


def looks_like_python2(text: str) -> bool:
    """Return whether text that Python 3 reads was written for Python 2 alone."""
    return bool(_PYTHON2_WORDS.search(text)) and not _MODERN.search(text)


def to_python3(text: str) -> str:
    """Return text in the syntax of Python 3.

    Raises
    ------
    SyntaxError
        If fissix cannot read it either, or Python 3 not what fissix made.
    """
    if "\t" in text and _mixes_tabs(text):
        text = _expanded(text)
        if not why_python2(text):
            return text
    ending = "" if text.endswith("\n") else "\n"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _fixers().refactor_string(text + ending, "file")
    except Exception as error:
        raise SyntaxError(f"neither Python 3 nor Python 2: {error}") from error
    new = str(tree)
    if "leading zeros" in parses(new):
        new = _OLD_OCTAL.sub(r"0o\1", new)
    if parses(new):
        new = _RAW_UNICODE.sub("r", new)
    new = new.removesuffix(ending) if ending else new
    if why := why_python2(new):
        raise SyntaxError(f"neither Python 3 nor Python 2: {why}")
    return new


@cache
def _fixers() -> RefactoringTool:
    from fissix.refactor import RefactoringTool

    return RefactoringTool([f"fissix.fixes.fix_{name}" for name in _FIXERS])


def _mixes_tabs(text: str) -> bool:
    """Return whether some lines are indented by tabs and others by blanks."""
    return bool(re.search(r"^ ", text, re.MULTILINE)) and bool(
        re.search(r"^ *\t", text, re.MULTILINE)
    )


def _expanded(text: str) -> str:
    """Replace the tabs that indent by blanks, as Python 2 counted them."""
    indent = re.compile(r"^[ \t]+", re.MULTILINE)
    return indent.sub(lambda match: match[0].expandtabs(8), text)
