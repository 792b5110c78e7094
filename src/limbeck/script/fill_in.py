"""``FILL_IN``: an undefined name in a new script, in the place of SQL that has to be written by hand."""

from __future__ import annotations

import ast
import linecache
import re
from types import FunctionType
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.findings import Finding
from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = "FILL_IN"
CODE = "fill-in"
_COMMENT = re.compile(r"# SQL of the value that rows of '(.*?)' get in '(.*?)':")


def assignment(variable: str, table: str, column: str) -> str:
    """The line of a script that fails until the value for the rows of a column is written in it."""
    return (
        f"{variable} = {MISSING}  # SQL of the value that rows of {table!r} get in {column!r}: "
        "it is NOT NULL, and the models have no value for it"
    )


def unfilled(file: str, tree: ast.AST) -> Iterator[Finding]:
    """Where a script still has the name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == MISSING and isinstance(node.ctx, ast.Load):
            found = _COMMENT.search(linecache.getline(file, node.lineno))
            what = "a value has not been written" if found is None else f"rows of {found[1]}.{found[2]} have no value"
            path = "table.column" if found is None else f"{found[1]}.{found[2]}"
            hint = f"write SQL in its place, in quotes; or have it written: revision --autogenerate --fill {path}=SQL"
            yield Finding(CODE, "error", f"{MISSING} is left: {what}", hint, file, node.lineno)


def is_unfilled(function: object) -> bool:
    """Whether ``upgrade()`` or ``downgrade()`` of a loaded script still has the name, and would fail on it."""
    return (
        isinstance(function, FunctionType)
        and MISSING in function.__code__.co_names
        and MISSING not in function.__globals__
    )


def refuse_unfilled(file: str, function: str | None = None) -> None:
    """Raise `CommandError` where a script still has the name, with the line, and the column that needs a value.

    :param file: the script. :param function: the function of it that counts; None: all of it.
    """
    with open(file, "rb") as stream:
        source = stream.read()
    if MISSING.encode() not in source:
        return
    tree = syntax_tree(source)
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for finding in unfilled(file, defined.get(function, tree) if function else tree):
        raise CommandError(finding.message, code=CODE, hint=finding.hint, file=file, line=finding.line)
