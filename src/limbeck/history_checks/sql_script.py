"""The check that the history's SQL script, as ``--sql`` writes it, makes the same database as the history."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.offline import NoDatabaseError
from limbeck.errors import CommandError
from limbeck.results import HistoryFinding
from limbeck.runtime import history, journal
from limbeck.schema import Schema, differences, read

from .subject import NotCheckedError, each_context, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from limbeck.databases import Environment
    from limbeck.ddl.shape import TableName
    from limbeck.runtime.migration import MigrationContext

    from .subject import Subject

_TRANSACTION = re.compile(r"\s*(?:BEGIN(?:\s+TRANSACTION)?|START\s+TRANSACTION|COMMIT)\s*;?\s*", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)

_NEEDS_DATABASE = frozenset({"offline-result", "no-literal", "batch-needs-table", "mysql-restatement-unknown"})
"""Codes of errors of a history that no script can be written of, since a revision asks the database."""


class _Made(NamedTuple):
    """A database: its schema, and the number of rows of each table."""

    schema: Schema
    rows: Mapping[TableName, int]


def sql_script_equals_history(subject: Subject) -> Iterator[HistoryFinding]:
    """The SQL script of the history makes the same schema as the history, and as many rows."""
    steps = subject.runnable()
    script = _statements(subject)
    with subject.copy(steps) as twin:
        expected = _made(twin)
    with subject.copy(()) as twin:
        try:
            each_context(twin, lambda context: _execute(context, script))
        except Exception as error:  # noqa: BLE001 whatever the database says of the script is what is looked for
            details = (first_line(error), *getattr(error, "__notes__", ()))
            yield HistoryFinding(None, "The SQL script of the history (--sql) fails", details)
            return
        found = _made(twin)
    lines = [
        *differences(found.schema, expected.schema, "is made by the script alone"),
        *(
            f"table {name[1]} has {found.rows[name]} rows, not {number}"
            for name, number in expected.rows.items()
            if found.rows.get(name, number) != number
        ),
    ]
    if lines:
        yield HistoryFinding(None, "The SQL script of the history (--sql) makes another database", tuple(lines))


class _Tape(io.StringIO):
    """A stream that keeps what is written to it one by one: a statement each."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str, /) -> int:
        self.written.append(text)
        return len(text)


def _statements(subject: Subject) -> list[str]:
    """The statements of the script from empty to the heads."""
    tape = _Tape()
    environment = subject.environment

    def steps(_rows: tuple[str, ...], _context: MigrationContext) -> Sequence[object]:
        return environment.script.steps(environment.script.plan_upgrade("heads", ()))

    try:
        environment.run(steps, as_sql=True, output_buffer=tape, destination_rev="heads")
    except CommandError as error:
        if isinstance(error, NoDatabaseError) or error.code in _NEEDS_DATABASE:
            where = f" ({error.file}:{error.line})" if error.file else ""
            raise NotCheckedError(f"no script can be written of this history: {error}{where}") from error
        raise
    statements = [_COMMENT.sub("", text).strip() for text in tape.written]
    return [text for text in statements if text and not _TRANSACTION.fullmatch(text)]


def _execute(context: MigrationContext, script: Sequence[str]) -> None:
    """Execute the statements of a script on a session of its own, where each commits by itself."""
    if context.connection is None:
        return
    names = (context.version_table, context.version_table + journal.SUFFIX, history.TABLE)
    own = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")
    options = {"isolation_level": "AUTOCOMMIT", "no_parameters": True}
    with sqla.without_pool(context.connection.engine).connect().execution_options(**options) as connection:
        for statement in script:
            if own.search(statement):
                continue
            try:
                connection.exec_driver_sql(statement)
            except Exception as error:
                error.add_note(" ".join(statement.split()))
                raise


def _made(twin: Environment) -> _Made:
    found: list[_Made] = []

    def look(context: MigrationContext) -> None:
        schema = read(context)
        connection = context.connection
        assert connection is not None, "read() needs one"  # noqa: S101
        counts = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name[1], schema=name[0]))) or 0
            for name in schema.tables
        }
        found.append(_Made(schema, counts))

    each_context(twin, look)
    if len(found) != 1:
        raise NotCheckedError("env.py has several databases, whose scripts go to files of its own")
    return found[0]
