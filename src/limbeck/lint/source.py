"""The text of a revision file, for rules about what is written there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterator


def tree_of(path: str) -> ast.Module:
    """The syntax tree of a file; empty where only its bytecode is there."""
    if not path.endswith(".py"):
        return ast.Module(body=[], type_ignores=[])
    with open(path, "rb") as stream:
        return syntax_tree(stream.read())


def calls_in_upgrade(path: str) -> Iterator[ast.Call]:
    """The calls in ``upgrade()``."""
    for function in tree_of(path).body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            yield from (node for node in ast.walk(function) if isinstance(node, ast.Call))
