"""Rules for env.py: what it does that differs under Limbeck (``docs/differences.md``)."""

from __future__ import annotations

import ast
import inspect
from difflib import get_close_matches
from typing import TYPE_CHECKING

from limbeck.environment import EXTRA_OPTIONS, EnvironmentContext
from limbeck.findings import Finding

from . import names, scripts
from .source import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import Source

EXECUTES = ("execute", "exec_driver_sql", "scalar", "scalars")


def configure_keywords(source: Source) -> Iterator[Finding]:
    """Unknown keywords of ``context.configure()``: refused under an edition; Alembic ignores them."""
    known = {*inspect.signature(EnvironmentContext.configure).parameters, *EXTRA_OPTIONS}
    known_prefixes = scripts.dialects()
    for node in source.calls("context.configure"):
        for keyword in node.keywords:
            if not keyword.arg or keyword.arg in known or keyword.arg.partition("_")[0] in known_prefixes:
                continue
            near = get_close_matches(keyword.arg, known, 1)
            refused = source.edition is not None
            fact = "refused by the edition" if refused else "Limbeck warns of it, Alembic ignores it"
            yield Finding(
                "unknown-option",
                "error" if refused else "warning",
                f"context.configure() has no keyword '{keyword.arg}': {fact}",
                f"did you mean '{near[0]}'?" if near else "remove it, unless a dialect or plugin reads it",
                source.file,
                keyword.value.lineno,
            )


def statement_before_configure(source: Source) -> Iterator[Finding]:
    """A statement on the connection before ``context.configure()``: Alembic then commits nothing of the run."""
    for function in ast.walk(source.tree):
        if not isinstance(function, (ast.Module, *FUNCTIONS)):
            continue
        calls = [node for node in _own(function) if isinstance(node, ast.Call)]
        configures = [node for node in calls if source.meaning(node.func) == "context.configure"]
        handed = {ast.unparse(word.value) for node in configures for word in node.keywords if word.arg == "connection"}
        first = min((node.lineno for node in configures), default=0)
        for node in calls:
            if (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in EXECUTES
                and node.lineno < first
                and ast.unparse(node.func.value) in handed
            ):
                yield Finding(
                    "env-transaction",
                    "warning",
                    "a statement before context.configure() begins a transaction: Limbeck commits it with the run, "
                    "Alembic commits nothing of the run",
                    "nothing; or connection.commit() after it, which makes both the same",
                    source.file,
                    node.lineno,
                )


def file_config(source: Source) -> Iterator[Finding]:
    """``fileConfig()``: by default it disables the loggers of a program that runs migrations itself."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "fileConfig":
            if any(keyword.arg == "disable_existing_loggers" for keyword in node.keywords):
                continue
            yield Finding(
                "file-config",
                "info",
                "fileConfig() disables the loggers of a program that runs migrations itself, as under Alembic",
                "context.log_as_configured() in its place leaves them alone",
                source.file,
                node.lineno,
            )


RULES = (
    names.imports,
    names.attributes,
    configure_keywords,
    statement_before_configure,
    file_config,
    scripts.threads,
)


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of nested functions."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, FUNCTIONS):
            yield child
            yield from _own(child)
