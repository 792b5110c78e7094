"""Rules for revision scripts: what they do that differs under Limbeck (`docs/differences.md`).

Each rule is a function of a parsed file.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from limbeck.errors import CommandError
from limbeck.findings import Finding
from limbeck.plugins import DIALECTS, entry_points
from limbeck.script.bodies import read
from limbeck.script.fill_in import unfilled

from . import names
from .keywords import KEYWORDS
from .source import FUNCTIONS, Source, at_import

if TYPE_CHECKING:
    from collections.abc import Iterator


def outside_function(source: Source) -> Iterator[Finding]:
    """Operations called when the file is imported, instead of in ``upgrade()`` or ``downgrade()``."""
    for node in at_import(source.tree):
        if isinstance(node, ast.Call) and source.meaning(node.func).startswith(("op.", "context.")):
            called = source.meaning(node.func)
            if called in {"op.f", "op.implementation_for"} or called.startswith("op.Operations"):
                continue
            message = (
                f"{called}() is called when the file is imported: with every upgrade and downgrade; Alembic fails on it"
            )
            yield Finding(
                "op-at-import", "warning", message, "move it into upgrade() or downgrade()", source.file, node.lineno
            )


def drop_without_name(source: Source) -> Iterator[Finding]:
    """``drop_constraint(None, ...)``: Alembic fails when it runs, or emits invalid SQL."""
    for node in _calls_of(source, "drop_constraint"):
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        name = node.args[0] if node.args else given.get("constraint_name")
        kind = given.get("type_")
        primary = isinstance(kind, ast.Constant) and kind.value == "primary"
        if isinstance(name, ast.Constant) and name.value is None and "columns" not in given and not primary:
            yield Finding(
                "drop-without-name",
                "warning",
                "drops a constraint that has no name: refused unless the naming convention gives one",
                "name it, or add columns=[...] and type_=..., and Limbeck looks the name up",
                source.file,
                node.lineno,
            )


def unknown_keyword(source: Source) -> Iterator[Finding]:
    """Unknown keywords of operations: refused under an edition; most are ignored otherwise, as by Alembic."""
    known_prefixes = dialects()
    for operation, known in KEYWORDS.items():
        for node in _calls_of(source, operation):
            for keyword in node.keywords:
                if keyword.arg is None or keyword.arg in known or keyword.arg.partition("_")[0] in known_prefixes:
                    continue
                near = get_close_matches(keyword.arg, known, 1)
                fact = f"{operation}() has no keyword '{keyword.arg}'"
                if source.edition is not None:
                    fact = f"{fact}: refused by the edition"
                elif operation == "alter_column":
                    fact = f"{fact}: Limbeck warns of it, Alembic ignores it"
                else:
                    fact = f"{fact}: ignored, or refused by SQLAlchemy, as under Alembic"
                yield Finding(
                    "unknown-keyword",
                    "warning" if source.edition is None else "error",
                    fact,
                    f"did you mean '{near[0]}'?" if near else "correct or remove it",
                    source.file,
                    node.lineno,
                )


def dialects() -> frozenset[str]:
    """The names of dialects that are installed: options of one begin with its name."""
    return frozenset({*DIALECTS, *(point.name.partition(".")[0] for point in entry_points("sqlalchemy.dialects"))})


def batch_order(source: Source) -> Iterator[Finding]:
    """``batch_op.execute()`` after other operations of its block: Alembic runs it before them."""
    for block, name in _batches(source):
        for place, statement in enumerate(block.body):
            called = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
            if place and any(ast.unparse(node.func) == f"{name}.execute" for node in called):
                yield Finding(
                    "batch-order",
                    "warning",
                    f"{name}.execute() runs where it is written; Alembic runs it before the other changes of the block",
                    "check whether the statement needs the table as it was before the block",
                    source.file,
                    statement.lineno,
                )


def batch_losses(source: Source) -> Iterator[Finding]:
    """Batch blocks that rebuild a table on SQLite; the first of a file."""
    for block, name in _batches(source):
        called = {ast.unparse(node.func) for node in ast.walk(block) if isinstance(node, ast.Call)}
        in_place = {f"{name}.{verb}" for verb in ("add_column", "create_index", "drop_index", "f", "execute")}
        if any(one.startswith(f"{name}.") and one not in in_place for one in called):
            yield Finding(
                "batch-rebuild",
                "info",
                "rebuilds a table on SQLite; what the rebuild loses (triggers, unnamed checks, collations) "
                "is named in a warning",
                "edition = 2026 keeps it",
                source.file,
                block.lineno,
            )
            return


def threads(source: Source) -> Iterator[Finding]:
    """Imports of threads: a new thread does not inherit the context variable of the current environment."""
    for node in ast.walk(source.tree):
        modules = [n.name for n in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(module in {"threading", "concurrent.futures", "multiprocessing.pool"} for module in modules):
            yield Finding(
                "threads",
                "info",
                "uses threads: `op` and `context` mean the environment of the thread that runs the migration",
                "start a thread that needs them by contextvars.copy_context().run(...)",
                source.file,
                getattr(node, "lineno", None),
            )
            return


def values_to_fill_in(source: Source) -> Iterator[Finding]:
    """``FILL_IN`` that is left: the script fails there until the value is written in its place."""
    return unfilled(source.file, source.tree)


def bodies(source: Source) -> Iterator[Finding]:
    """``op.body(...)``: files beside the script that are missing, or were changed."""
    for node in source.calls("op.body"):
        name = node.args[0] if node.args else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            try:
                read(name.value, [Path(source.file).parent], (source.file, node.lineno))
            except CommandError as error:
                yield Finding(error.code, "error", str(error), error.hint or "", error.file, error.line)


RULES = (
    values_to_fill_in,
    bodies,
    names.imports,
    names.attributes,
    outside_function,
    drop_without_name,
    unknown_keyword,
    batch_order,
    threads,
)
ON_REBUILDS = (batch_losses,)
"""Further rules where a rebuild may lose something."""


def _calls_of(source: Source, operation: str) -> Iterator[ast.Call]:
    """Calls of an operation, as ``op.<operation>`` or on the variable of a batch block."""
    batches = {name for _, name in _batches(source)}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        known = source.meaning(owner) == "op" or (isinstance(owner, ast.Name) and owner.id in batches)
        if known and node.func.attr == operation:
            yield node


def _batches(source: Source) -> Iterator[tuple[ast.With, str]]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.With) or isinstance(node, FUNCTIONS):
            continue
        for item in node.items:
            call = item.context_expr
            opened = isinstance(call, ast.Call) and source.meaning(call.func) == "op.batch_alter_table"
            if opened and isinstance(item.optional_vars, ast.Name):
                yield node, item.optional_vars.id
