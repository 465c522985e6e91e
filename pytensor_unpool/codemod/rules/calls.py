"""Helpers for rules that read and write calls."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from pytensor_unpool.codemod.context import Context

__all__ = [
    "argument", "has_stars", "keyword", "keywords", "plain_arguments", "rename_keywords",
    "wrapped",
]  # fmt: skip

# Expressions that need no parentheses wherever they are put.
_ATOMS = (
    cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.List, cst.Dict, cst.Set, cst.ListComp,
    cst.DictComp, cst.SetComp, cst.Integer, cst.Float, cst.SimpleString,
)  # fmt: skip


def keywords(call: cst.Call) -> dict[str, cst.Arg]:
    """Return the arguments that are passed by name."""
    return {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}


def keyword(call: cst.Call, name: str) -> cst.BaseExpression | None:
    """Return the value that is passed by a name."""
    arg = keywords(call).get(name)
    return None if arg is None else arg.value


def has_stars(call: cst.Call) -> bool:
    """Return whether some arguments are unpacked from ``*a`` or ``**b``, and thus unknown."""
    return any(arg.star for arg in call.args)


def plain_arguments(call: cst.Call) -> list[cst.BaseExpression]:
    """Return the values that are passed by position, up to a star."""
    values = []
    for arg in call.args:
        if arg.star or arg.keyword is not None:
            break
        values.append(arg.value)
    return values


def argument(call: cst.Call, position: int, *names: str) -> cst.BaseExpression | None:
    """Return an argument, passed by position or by one of its names."""
    given = plain_arguments(call)
    if len(given) > position:
        return given[position]
    found = (keyword(call, name) for name in names)
    return next((value for value in found if value is not None), None)


def rename_keywords(call: cst.Call, names: Mapping[str, str], context: Context) -> None:
    """Rename arguments, except to a name that the call already passes."""
    given = keywords(call)
    for old, new in names.items():
        arg = given.get(old)
        if arg is not None and arg.keyword is not None and new not in given:
            context.change(
                arg.keyword,
                f"the argument {old} is now called {new}",
                lambda updated, new=new: updated.with_changes(value=new),  # type: ignore[misc]
            )


def wrapped(value: cst.BaseExpression) -> cst.BaseExpression:
    """Return an expression in parentheses, unless it needs none anywhere."""
    if value.lpar or isinstance(value, _ATOMS):
        return value
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
