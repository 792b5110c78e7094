"""A Python file of an environment, parsed and not run."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, NamedTuple

from limbeck.findings import Finding
from limbeck.syntax import syntax_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = ("alembic", "limbeck")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Source(NamedTuple):
    """A file and its syntax tree.

    :param file: path.
    :param tree: syntax tree of the module.
    :param aliases: each name imported from ``alembic`` or ``limbeck``, with what it stands for there: ``op`` for
        ``alembic.op``. Other names are left out.
    :param edition: the edition of the environment; None: as Alembic.
    """

    file: str
    tree: ast.Module
    aliases: dict[str, str]
    edition: int | None = None

    def calls(self, dotted: str) -> Iterator[ast.Call]:
        """The calls of ``dotted``, such as ``op.drop_constraint``, by any name that the file imports it under."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self.meaning(node.func) == dotted:
                yield node

    def meaning(self, node: ast.AST) -> str:
        """What a name or an attribute stands for, such as ``op.add_column``; its own text where that is unknown."""
        if isinstance(node, ast.Attribute):
            owner = self.meaning(node.value)
            return node.attr if owner in PACKAGES else f"{owner}.{node.attr}"
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        return ""


def parse(file: str, edition: int | None = None) -> Source | Finding:
    """Parse the file at path ``file``; a Finding where it cannot be read or is not valid Python."""
    try:
        with open(file, "rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = syntax_tree(stream.read())
    except OSError as error:
        return Finding("file-missing", "error", f"can't be read: {error.strerror}", "restore the file", file)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        return Finding("python-syntax", "error", f"is not valid Python: {error}", "repair that line", file, line)
    return Source(file, tree, _aliases(tree), edition)


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that are executed when the file is imported: all outside functions."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, FUNCTIONS):
            pending += ast.iter_child_nodes(node)


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Each imported name with what it stands for; ``alembic.op`` and ``limbeck.op`` are both ``op``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                found[name.asname or name.name] = _short(f"{node.module}.{name.name}")
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.asname:
                    found[name.asname] = _short(name.name)
    return {name: meant for name, meant in found.items() if meant}


def _short(path: str) -> str:
    package, _, rest = path.partition(".")
    return rest if package in PACKAGES else ""
