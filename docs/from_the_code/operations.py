"""Operations: signature, docstring, and the SQL of an example on each database."""

from __future__ import annotations

import inspect
import io
import re
import textwrap
import warnings
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import CompileError

from limbeck.errors import CommandError
from limbeck.operations import BatchOperations, Operations
from limbeck.runtime.migration import MigrationContext

from .examples import ASKS_THE_DATABASE, EXAMPLES, ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIALECTS = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mssql": "SQL Server",
    "oracle": "Oracle",
}


LINE = 90
"""Longest signature that is written on one line."""


def names() -> list[str]:
    """The functions of ``op``."""
    return sorted(name for name in dir(Operations) if name[0] != "_" and inspect.isroutine(getattr(Operations, name)))


def all_operations() -> str:
    """A section for each function of ``op``."""
    return "\n".join(_section(name) for name in names())


def _section(name: str) -> str:
    function = getattr(Operations, name)
    parts = [f"## `op.{name}`", _code("python", f"op.{name}{_signature(function)}")]
    in_batch = getattr(BatchOperations, name, None)
    if in_batch is not None and in_batch is not function:
        parts += ["In a block of `batch_alter_table`:", _code("python", f"batch_op.{name}{_signature(in_batch)}")]
    parts.append(_about(function))
    if name in EXAMPLES:
        parts += ["An example, and what it becomes:", _code("python", EXAMPLES[name]), *_in_sql(name)]
    return "\n\n".join(parts) + "\n"


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _signature(function: Callable[..., object]) -> str:
    """The parameters with their defaults, without ``self``; one a line where they are many."""
    signature = inspect.signature(function)
    kept = [
        each.replace(annotation=inspect.Parameter.empty)
        for name, each in signature.parameters.items()
        if name not in ("self", "cls")
    ]
    text = str(signature.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    if len(text) <= LINE:
        return text
    return "(\n" + textwrap.indent(text[1:-1].replace(", ", ",\n"), "    ") + ",\n)"


def _about(function: Callable[..., object]) -> str:
    """The docstring as Markdown: fields as a list."""
    text = inspect.getdoc(function) or ""
    text = re.sub(r"\n +(?=\S)", " ", text) if ":param" in text or ":r" in text else text
    text = re.sub(r"^:param (\S+?):", r"- `\1`:", text, flags=re.MULTILINE)
    text = re.sub(r"^:returns?:", "- returns", text, flags=re.MULTILINE)
    text = re.sub(r"^:raises (\S+?):", r"- raises `\1`:", text, flags=re.MULTILINE)
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return re.sub(r"(?<!\n)\n(- )", r"\n\n\1", text, count=1)


def _in_sql(name: str) -> Iterator[str]:
    """The SQL of its example, of databases for which it is the same together; then those that refuse it."""
    if name in ASKS_THE_DATABASE:
        yield "What it sends follows from what it finds in the database: `limbeck plan` shows it."
        return
    told: dict[str, list[str]] = {}
    refused: list[str] = []
    for dialect, title in DIALECTS.items():
        if dialect in ONLY.get(name, DIALECTS):
            sql, reason = sql_of(EXAMPLES[name], dialect)
            told.setdefault(sql, []).append(title) if reason is None else refused.append(f"- {title}: {reason}")
    for sql, titles in told.items():
        yield ", ".join(titles) + ":\n\n" + _code("sql", sql)
    if refused:
        yield "Refused, with these words:\n\n" + "\n".join(refused)


def sql_of(call: str, dialect: str) -> tuple[str, str | None]:
    """The SQL of a call on a database without a connection; else why it is refused."""
    buffer = io.StringIO()
    context = MigrationContext.configure(dialect_name=dialect, opts={"as_sql": True, "output_buffer": buffer})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Operations.context(context) as op:
                exec(call, {"op": op, "sa": sa})  # noqa: S102 our own examples
        except (CommandError, NotImplementedError, CompileError) as error:
            return "", " ".join(str(error).split())
    return buffer.getvalue().strip(), None
