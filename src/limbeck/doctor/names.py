"""Names of ``alembic`` that a file uses: whether Limbeck offers them."""

from __future__ import annotations

import ast
import os.path
from functools import cache
from typing import TYPE_CHECKING

from limbeck.alembic_places import GATHERED, SAME, has
from limbeck.findings import Finding
from limbeck.syntax import syntax_tree

from .page import DIFFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ASKED_LATER = frozenset({"alembic.op", "alembic.context"})
"""Modules whose names cannot be listed: programs register operations of their own."""
LIST = f"{DIFFERENCES} (Names) says what is there instead"


def imports(source: Source) -> Iterator[Finding]:
    """Imports from ``alembic`` that Limbeck does not offer."""
    tried = set(guarded(source.tree))
    for node in ast.walk(source.tree):
        if node in tried:
            continue
        for path, name in _imported(node):
            if not offers(path, name):
                imported = f"{path}.{name}" if name else path
                line = getattr(node, "lineno", None)
                yield Finding(
                    "unknown-name", "error", f"imports {imported}, which is not offered", LIST, source.file, line
                )


def attributes(source: Source) -> Iterator[Finding]:
    """Attributes of modules of ``alembic`` that Limbeck does not offer."""
    modules = {alias: f"alembic.{meant}" for alias, meant in source.aliases.items() if has(f"alembic.{meant}")}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        path = modules.get(node.value.id)
        if path is not None and (node.attr == "_proxy" or not offers(path, node.attr)):
            message = f"uses {path}.{node.attr}, which is not offered"
            yield Finding("unknown-name", "error", message, LIST, source.file, node.lineno)


def offers(path: str, name: str | None) -> bool:
    """Whether Limbeck offers module ``path`` and ``name`` in it; nothing is imported to find out."""
    if not has(path):
        return False
    if name is None or name == "*" or name.startswith("__") or has(f"{path}.{name}"):
        return True
    if path in GATHERED:
        return name in GATHERED[path]
    return path in ASKED_LATER or name in _bound(SAME[path])


def _imported(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.ImportFrom) and not node.level and _is_alembic(node.module):
        yield from ((node.module or "", name.name) for name in node.names)
    elif isinstance(node, ast.Import):
        yield from ((name.name, None) for name in node.names if _is_alembic(name.name))


def _is_alembic(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] == "alembic"


def guarded(tree: ast.Module) -> Iterator[ast.AST]:
    """Imports that may fail: those in a ``try`` that catches ImportError, and those for type checkers only."""
    for node in ast.walk(tree):
        tried = isinstance(node, ast.Try) and any("ImportError" in ast.dump(one) for one in node.handlers)
        if tried or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            for statement in node.body:  # type: ignore[attr-defined]  # both have one
                yield from ast.walk(statement)


@cache
def _bound(module: str) -> frozenset[str]:
    """The names that a module of Limbeck binds at its top level, with those of its ``__all__``."""
    base = os.path.join(HOME, *module.split(".")[1:])
    file = os.path.join(base, "__init__.py") if os.path.isdir(base) else f"{base}.py"
    with open(file, encoding="utf-8") as stream:
        tree = syntax_tree(stream.read())
    names: set[str] = set()
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.If):
            pending += statement.body + statement.orelse
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names.update(name.asname or name.name for name in statement.names)
        else:
            names.update(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
            names.update(
                node.value
                for node in ast.walk(statement)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()
            )
    return frozenset(names)
