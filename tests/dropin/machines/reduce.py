"""Python text made smaller, piece by piece, as long as it keeps a property."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence

Holds = Callable[[Sequence[str]], Sequence[bool]]
"""Tells of each text whether it has the property; asked for many at once, since a question costs a process."""


def reduced(text: str, holds: Holds, rounds: int = 40) -> str:
    """The smallest text found that has the property, which ``text`` has."""
    text = ast.unparse(ast.parse(text))
    for _ in range(rounds):
        smaller = sorted({one for one in _smaller(text) if len(one) < len(text)}, key=len)
        found = next(_holding(smaller, holds), None)
        if found is None:
            break
        text = found
    return text


def _holding(texts: Sequence[str], holds: Holds, size: int = 25) -> Iterator[str]:
    """The texts that have the property, asked for some at a time."""
    for start in range(0, len(texts), size):
        some = texts[start : start + size]
        yield from (text for text, kept in zip(some, holds(some), strict=True) if kept)


def _smaller(text: str) -> Iterator[str]:
    """``text`` with one piece left out each: a statement, an argument, an item, half of them, or a call around one."""
    tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list) and value and field not in {"keys", "ops", "comparators", "type_ignores"}:
                for start, end in _spans(len(value)):
                    yield from _changed(tree, number, field, value[:start] + value[end:])
            if isinstance(value, ast.Call):
                yield from (text for part in _arguments(value) for text in _changed(tree, number, field, part))


def _spans(length: int) -> Iterator[tuple[int, int]]:
    if length > 2:
        yield from ((0, length // 2), (length // 2, length))
    yield from ((at, at + 1) for at in range(length))


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _changed(tree: ast.AST, number: int, field: str, value: object) -> Iterator[str]:
    """The text of ``tree`` with a field of one node changed, where that is still Python."""
    made = copy.deepcopy(tree)
    node = list(ast.walk(made))[number]
    if isinstance(node, ast.Dict) and isinstance(value, list):
        keys = dict(zip(map(id, getattr(_node(tree, number), field)), node.keys, strict=True))
        node.keys = [keys[id(one)] for one in value]
    setattr(node, field, copy.deepcopy(value))
    try:
        text = ast.unparse(made)
        ast.parse(text)
    except (SyntaxError, AttributeError, IndexError, ValueError):
        return
    yield text


def _node(tree: ast.AST, number: int) -> ast.AST:
    """A node by its place in `ast.walk`."""
    return list(ast.walk(tree))[number]
