"""Un-pooling with a loop of `set_subtensor`.

A graph with one `set_subtensor` per row compiles for minutes. Where an array of zeros is created
and loops over its first axes write each row to its positions, one `max_unpool` does the same, for
any number of rows. The dtype becomes that of the values, where it was that of the zeros.

```diff
-import theano.tensor as T
+import pytensor.tensor as T
+import pytensor_unpool as pu
 encoded, positions = T.tensor3("encoded"), T.ltensor3("positions")
-decoded = T.zeros((2, 3, 20))
-for n in range(2):
-    for c in range(3):
-        decoded = T.set_subtensor(decoded[n, c, positions[n, c]], encoded[n, c])
+decoded = pu.max_unpool(encoded, positions, 20)
```
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import libcst as cst

from pytensor_unpool.codemod.context import Context
from pytensor_unpool.codemod.patterns import Found, matches
from pytensor_unpool.codemod.rules.base import Rule

__all__ = ["UNPOOLING_LOOPS"]


@cache
def _patterns() -> tuple[cst.For, ...]:
    return tuple(pattern for depth in (1, 2, 3) for pattern in _patterns_of(depth))


def _patterns_of(depth: int) -> Iterator[cst.For]:
    """Return the loops, with ``positions[n, c]`` in each way that it can be written."""
    letters = [f"{letter}_" for letter in "ijk"[:depth]]
    comma = ", ".join(letters)
    rows = dict.fromkeys((f"[{comma}]", f"[{comma}, :]", "".join(f"[{i}]" for i in letters)))
    for positions, values in product(rows, rows):
        code = (
            f"out_ = theano.tensor.set_subtensor(out_[{comma}, positions_{positions}],"
            f" values_{values})"
        )
        for letter in reversed(letters):
            code = f"for {letter} in range({letter}n_):\n" + "\n".join(
                f"    {line}" for line in code.split("\n")
            )
        statement = cst.parse_statement(code)
        assert isinstance(statement, cst.For)
        yield statement


@cache
def _zeros(depth: int) -> tuple[cst.BaseStatement, ...]:
    """Return the ways to make the zeros that `depth` loops run over."""
    lengths = ", ".join(f"{letter}_n_" for letter in "ijk"[:depth])
    shape = f"({lengths}, length_)"
    return tuple(
        cst.parse_statement(f"out_ = theano.tensor.zeros({arguments})")
        for arguments in (shape, f"{shape}, dtype_", f"{shape}, dtype=dtype_")
    )


def _look(node: cst.CSTNode, context: Context) -> None:
    assert isinstance(node, cst.For)
    if "set_subtensor" not in context.words() or _has_comments(node, context):
        return
    for pattern in _patterns():
        found: Found = {}
        if matches(pattern, node, context, found):
            _replace(node, found, context)
            return


def _has_comments(node: cst.For, context: Context) -> bool:
    code = context.module.code_for_node(node.with_changes(leading_lines=()))
    return "#" in code


def _replace(node: cst.For, found: Found, context: Context) -> None:
    block = context.parents[node].body  # type: ignore[attr-defined]
    at = block.index(node)
    depth = sum(name in found for name in ("i_", "j_", "k_"))
    before = block[at - 1] if at else None
    if before is None or not any(matches(z, before, context, found) for z in _zeros(depth)):
        return
    values, positions, out, length = (
        context.module.code_for_node(found[name])
        for name in ("values_", "positions_", "out_", "length_")
    )
    package = context.need_package(before)
    new = cst.parse_statement(f"{out} = {package}.max_unpool({values}, {positions}, {length})")
    assert isinstance(new, cst.SimpleStatementLine)
    # Comments above the loop move above the new statement.
    above = [line for line in node.leading_lines if line.comment is not None]

    def edit(old: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(old, cst.SimpleStatementLine)
        return old.with_changes(body=new.body, leading_lines=[*old.leading_lines, *above])

    context.change(before, "a loop of set_subtensor is now max_unpool", edit)
    context.change(node, "replaced by max_unpool", lambda _: cst.RemoveFromParent())
    for gone in (node, before):
        context.claim_below(gone)


UNPOOLING_LOOPS = Rule("PU131", (cst.For,), _look, __doc__ or "")
