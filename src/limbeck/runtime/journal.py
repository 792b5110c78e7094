"""What a revision has sent that commits by itself, in a table beside the version table (failures R10, R11).

A process that dies between such a statement and its version row leaves the one without the other. So a row is written
just before the statement, in the open transaction: where DDL commits, it commits the row with all that came before.
The rows go in the transaction that writes the version row. What is there when a run begins was left by a dead or
failed one: a first statement alone is sent again, and taken as done where the server says that it is so already; more
than that nobody can judge, and the run stops before anything is done.

Kept under an edition only: the schema of other environments is the reference's.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from limbeck.script.steps import MigrationStep

    from .version_table import VersionTable

log = logging.getLogger("alembic.runtime.migration")

SUFFIX = "_journal"
"""What its name has behind that of the version table."""
_KEPT = 4000
"""Characters of a statement that a row keeps."""
_SHOWN = 200
"""Characters of a statement that a message shows."""

SENT, COMMITTED, FAILED = "sent", "committed", "failed"


class Key(NamedTuple):
    """A revision's function: what one step runs."""

    revision: str
    direction: str

    @classmethod
    def of(cls, step: MigrationStep) -> Key | None:
        """That of ``step``; None for a stamp, which runs nothing."""
        script = getattr(step, "revision", None)
        return None if script is None else cls(script.revision, "upgrade" if step.is_upgrade else "downgrade")


class Entry(NamedTuple):
    """A statement of a revision: the ``number``-th that is no mere reading, from 1."""

    number: int
    state: str
    digest: str
    statement: str


class Journal:
    """The journal of one version table.

    :param versions: the version table. :param connection: the run's connection.
    """

    def __init__(self, versions: VersionTable, connection: Connection) -> None:
        from sqlalchemy import Column, Integer, MetaData, String, Table, Text

        self._versions = versions
        self._impl = versions.impl
        self._connection = connection
        self._table = Table(
            versions.name + SUFFIX,
            MetaData(),
            Column("revision", String(255), primary_key=True),
            Column("direction", String(9), primary_key=True),
            Column("number", Integer, primary_key=True, autoincrement=False),
            Column("state", String(9), nullable=False),
            Column("digest", String(64), nullable=False),
            Column("statement", Text, nullable=False),
            schema=versions.schema,
        )
        self._insert = self._table.insert()
        self._opened = False
        self._there = False
        self._found: dict[Key, list[Entry]] = {}
        self._key: Key | None = None
        self._numbers: list[int] = []
        self._again: Entry | None = None
        self._in_flight: int | None = None

    # --- before the steps -----------------------------------------------------------------------------------------

    def open(self, steps: list[MigrationStep], rows: tuple[str, ...], *, purge: bool) -> None:
        """Make the journal ready for ``steps``, which are about to run under the run lock.

        :param rows: the version rows. :param purge: somebody says anew where the database is; what was left is void.

        Raises `CommandError` where a run left a revision half done and these steps cannot do the rest of it.
        """
        self._opened = True
        schema = self._connection.schema_for_object(self._table)
        self._there = self._connection.dialect.has_table(self._connection, self._table.name, schema=schema)
        if self._there:
            self._found = self._read()
            if self._found and (purge or any(step.is_stamp for step in steps)):
                self._connection.execute(self._table.delete())
                self._found = {}
            self._refuse(steps, rows)
        elif not self._impl.transactional_ddl and any(not step.is_stamp for step in steps):
            self._create()  # in the middle of a step it would commit what is open

    def _create(self) -> None:
        self._impl.create_table(self._table)
        self._there = True

    def _read(self) -> dict[Key, list[Entry]]:
        found: dict[Key, list[Entry]] = {}
        columns = self._table.c
        for revision, direction, *entry in self._connection.execute(self._table.select().order_by(columns.number)):
            found.setdefault(Key(revision, direction), []).append(Entry(*entry))
        return found

    def _refuse(self, steps: list[MigrationStep], rows: tuple[str, ...]) -> None:
        planned = {Key.of(step): step for step in steps}
        here = " ".join(rows) or "base"
        for key, entries in self._found.items():
            step = planned.get(key)
            if step is None:
                raise _half_done(
                    f"{key.direction} of {key.revision} was begun by a run that did not end it, and this run would "
                    "leave it half done",
                    f"let `limbeck {key.direction}` end it first; or put it right by hand, then `limbeck stamp --purge "
                    f"{here}`",
                    entries,
                )
            if not _may_run_again(entries):
                raise _half_done(
                    f"{step.short_log} was begun by a run that did not end it, and statements of it are committed",
                    f"do the rest of it by hand, then `limbeck stamp --purge {' '.join(step.to_revisions) or 'base'}`; "
                    f"or undo by hand what is listed, then `limbeck stamp --purge {here}` and run again",
                    entries,
                )

    # --- a step ---------------------------------------------------------------------------------------------------

    def begin(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._key = Key.of(step) if self._opened else None
        entries = self._found.pop(self._key, []) if self._key is not None else []
        self._numbers = [entry.number for entry in entries]
        self._in_flight = None
        self._forget_repetition()
        if entries and not self._impl.transactional_ddl:
            self._again = entries[0]
            self._listen(True)

    def before(self, number: int, statement: str, *, commits: bool) -> None:
        """Called before the step's statement ``number``; ``commits``: it commits itself and what is open.

        Raises `CommandError` where a dead run sent another statement in its place.
        """
        if self._key is None:
            return
        if number == 1 and self._again is not None:
            if not commits or _digest(statement) != self._again.digest:
                raise _half_done(
                    f"{self._key.direction} of {self._key.revision} was begun by a run that did not end it, and begins "
                    "with another statement now",
                    "see whether the statement below was carried out; put the database right by hand, then `limbeck "
                    "stamp --purge` to where it is",
                    [self._again],
                )
        elif commits:
            self._in_flight = number
            self._write(number, SENT, statement)

    def after(self) -> None:
        """The statement that was sent last is done."""
        self._in_flight = None

    def committing(self, number: int, statement: str) -> None:
        """What the step has sent up to ``statement``, its ``number``-th, is about to be committed."""
        self._write(number, COMMITTED, statement)

    def _write(self, number: int, state: str, statement: str) -> None:
        if self._key is None or number in self._numbers:
            return
        if not self._there:
            self._create()
        self._numbers.append(number)
        values = {"number": number, "state": state, "digest": _digest(statement), "statement": statement[:_KEPT]}
        self._connection.execute(self._insert, {**self._key._asdict(), **values})

    def end(self) -> None:
        """The step is done: in the transaction of its version rows nothing of it is left to tell."""
        if self._numbers and self._key is not None:
            self._connection.execute(self._delete(self._key))
        self._numbers = []
        self._forget_repetition()

    def failed(self) -> None:
        """The step failed and is rolled back: a statement that the server refused has left nothing to tell.

        It is kept where it committed other statements than those that have rows.
        """
        self._forget_repetition()
        connection, key, number = self._connection, self._key, self._in_flight
        if key is None or number is None or connection.closed or connection.invalidated or connection.in_transaction():
            return
        from sqlalchemy.exc import SQLAlchemyError

        alone = number == 1 or number - 1 in self._numbers
        row = self._table.c.number == number
        with suppress(SQLAlchemyError):  # the failure that is on its way says what is wrong
            connection.execute(
                self._delete(key).where(row)
                if alone
                else self._table.update().where(*self._of(key), row).values(state=FAILED)
            )
            connection.commit()

    def _of(self, key: Key) -> tuple[Any, ...]:
        return self._table.c.revision == key.revision, self._table.c.direction == key.direction

    def _delete(self, key: Key) -> Any:
        return self._table.delete().where(*self._of(key))

    # --- a statement that a dead run sent -------------------------------------------------------------------------

    def _forget_repetition(self) -> None:
        if self._again is not None:
            self._listen(False)
            self._again = None

    def _listen(self, on: bool) -> None:
        from sqlalchemy import event

        change = event.listen if on else event.remove
        change(self._connection.engine, "do_execute", self._send_again)

    def _send_again(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        """In place of the dialect's own sending: a refusal that says that it is so already ends the matter."""
        again = self._again
        if context.root_connection is not self._connection or again is None or _digest(statement) != again.digest:
            return None
        self._forget_repetition()
        try:
            cursor.execute(statement, parameters)
        except self._connection.dialect.loaded_dbapi.Error as error:
            if not self._impl.is_so_already(statement, error):
                raise
            log.warning("Sent by a run that did not end, and done already (%s): %s", error, shown(statement))
        return True


def _may_run_again(entries: list[Entry]) -> bool:
    """Whether at most the first statement was carried out, and nothing was committed but by itself."""
    return [(entry.number, entry.state) for entry in entries] == [(1, SENT)]


def _digest(statement: str) -> str:
    return sha256(statement.encode()).hexdigest()


def shown(statement: str) -> str:
    """``statement`` on one line, as messages show it."""
    return " ".join(statement.split())[:_SHOWN]


def _half_done(message: str, hint: str, entries: Iterable[Entry]) -> CommandError:
    """The error, with the statements below it as notes."""
    error = CommandError(message, code="half-done", hint=hint)
    after = 0
    lines = []
    for entry in entries:
        if entry.number > after + 1:
            lines.append(f"    {_numbers(after + 1, entry.number - 1)} that change rows")
        state = {SENT: "sent", COMMITTED: "committed", FAILED: "refused by the server"}[entry.state]
        lines.append(f"    statement {entry.number}, {state}: {shown(entry.statement)}")
        after = entry.number
    error.add_note("of the statements below the last that was sent may be carried out, and all before it are:")
    for line in lines:
        error.add_note(line)
    return error


def _numbers(first: int, last: int) -> str:
    return f"statement {first}, one" if first == last else f"statements {first} to {last}, those"
