"""The calls of a file whose errors the file catches: what it does then depends on the database."""

from __future__ import annotations

import ast

from limbeck.syntax import syntax_tree


def lines_that_catch(path: str) -> list[range]:
    """The lines of the blocks whose errors are caught, by ``try`` or by ``contextlib.suppress``.

    :param path: a file of Python; one that cannot be read as such has none.
    """
    try:
        with open(path, "rb") as stream:
            source = stream.read()
        if b"except" not in source and b"suppress" not in source:
            return []
        tree = syntax_tree(source)
    except (OSError, SyntaxError, ValueError):
        return []
    bodies = (node.body for node in ast.walk(tree) if _catches(node))  # type: ignore[attr-defined]  # these have one
    return [range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1) for body in bodies]


def _catches(node: ast.AST) -> bool:
    if isinstance(node, ast.Try | ast.TryStar):
        return any(not _raises_again(handler) for handler in node.handlers)
    return isinstance(node, ast.With) and any("suppress" in ast.unparse(item.context_expr) for item in node.items)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether every error that a handler gets goes on, as one that is only logged."""
    return any(isinstance(statement, ast.Raise) for statement in handler.body)
