"""Conversion of Python 2 syntax by fissix, which no other module uses.

Only syntax is converted, and only in text that Python 3 cannot parse. Names that changed are left
to the rules, which know what a name refers to.
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

# Fixers that only change syntax.
_FIXERS = ("except", "exec", "ne", "numliterals", "print", "raise", "repr", "throw", "tuple_params")

# fissix does not convert the octal in `0777L`.
_OLD_OCTAL = re.compile(r"(?<![\w.])0+([1-7][0-7]*)[lL]?(?![\w.])")

# Nor this prefix; nothing else looks like it before a quote.
_RAW_UNICODE = re.compile(r"(?<![\w'\"])[uU][rR](?=['\"])")

_PRINT_TO_FILE = re.compile(r"\bprint\s*>>")

# Names that do not exist in Python 3, used without a definition or import.
_PYTHON2_WORDS = re.compile(
    r"(?<![\w.])(?:xrange|unicode|basestring|raw_input|unichr|execfile)\s*\("
    r"|\.(?:iteritems|itervalues|iterkeys|has_key)\s*\("
    r"|^[ \t]*import (?:cPickle|urllib2|ConfigParser|Queue|StringIO)\b",
    re.MULTILINE,
)

# Signs of code for both Python 2 and 3.
_MODERN = re.compile(
    r"^[ \t]*from __future__ import [^\n]*division|^[ \t]*(?:import six|from six|from builtins)\b"
    r"|version_info|\bPY[23]\b",
    re.MULTILINE,
)


def parses(text: str) -> str:
    """Return why Python 3 cannot parse a text, or an empty string if it can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            return f"line {line}: {error.args[0]}" if line else str(error)
        except MemoryError as error:
            # Python raises this for very deep nesting.
            raise RecursionError from error
    return ""


def why_python2(text: str) -> str:
    """Return why a text needs Python 2, or an empty string if Python 3 parses it as intended."""
    if (why := parses(text)) or not _PRINT_TO_FILE.search(text):
        return why
    # Python 3 parses this as a shift, and fails at run time.
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.BinOp(left=ast.Name(id="print"), op=ast.RShift(), lineno=line):
                return f"line {line}: print >> file"
    return ""


def looks_like_python2(text: str) -> bool:
    """Return whether text that Python 3 can parse was written for Python 2 only."""
    return bool(_PYTHON2_WORDS.search(text)) and not _MODERN.search(text)


def to_python3(text: str) -> str:
    """Return text converted to the syntax of Python 3.

    Raises
    ------
    SyntaxError
        If fissix cannot parse the text either, or Python 3 cannot parse the result.
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
    """Return whether some lines are indented by tabs and others by spaces."""
    return bool(re.search(r"^ ", text, re.MULTILINE)) and bool(
        re.search(r"^ *\t", text, re.MULTILINE)
    )


def _expanded(text: str) -> str:
    """Replace tabs in the indentation by spaces, with tab stops as in Python 2."""
    indent = re.compile(r"^[ \t]+", re.MULTILINE)
    return indent.sub(lambda match: match[0].expandtabs(8), text)
