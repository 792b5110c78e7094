"""The limits in the header of a revision: ``lock_timeout = "2s"``, read without running the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.errors import WrongValue
from limbeck.limits import IN_HEADERS, Limits, limits
from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    import ast

_NAMES = tuple(name.encode() for name in IN_HEADERS)
_ASSIGNMENT = re.compile(rf"^(?:{'|'.join(IN_HEADERS)})\b\s*[:=]".encode(), re.MULTILINE)


def of_file(path: str) -> Limits:
    """The limits that the revision file at ``path`` has in its header; none where only its bytecode is there.

    :raises WrongValue: for one that is no literal, or has a value that it cannot have.
    """
    if not path.endswith(".py"):
        return Limits()
    with open(path, "rb") as stream:
        source = stream.read()
    if not any(name in source for name in _NAMES) or _ASSIGNMENT.search(source) is None:
        return Limits()
    found = _assigned(source)
    values = {name: _literal(name, node, path) for name, node in found.items()}
    return limits(values, IN_HEADERS, lambda name: (path, found[name].lineno))


def _assigned(source: bytes) -> dict[str, ast.expr]:
    """What the module assigns to the names of limits; nothing where the file cannot be parsed, as its import says."""
    import ast

    try:
        body = syntax_tree(source).body
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, ast.expr] = {}
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id: node.value for one in targets if isinstance(one, ast.Name) and one.id in IN_HEADERS}
    return found


def _literal(name: str, node: ast.expr, path: str) -> object:
    import ast

    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        raise WrongValue(
            f"{name} is no literal",
            code="wrong-limit",
            hint=f"headers are read without running the file: write {name} = and a text or a number",
            file=path,
            line=node.lineno,
        ) from None
    return value
