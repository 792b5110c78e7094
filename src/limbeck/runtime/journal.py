"""The journal: which statements of an unfinished revision have committed by themselves, in a table of its own.

A process that dies between such a statement and its version row leaves the one without the other. So where DDL commits,
the transaction of a step's version rows also records that the next step begins, with a digest of its script: at most
the first statement of that step can be done without a row of its own. Before each later statement that commits a row is
written in the open transaction, and the statement's own commit includes it.

What a run finds in the journal was left by one that died or failed. A first statement alone is sent again, and counts
as done where the server answers that it is; with anything more the run stops before its first step, since only a person
can judge what is done.

It is kept under an edition only: without one the schema is exactly Alembic's.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import event

from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection, ExecutionContext
    from sqlalchemy.engine.interfaces import DBAPICursor

    from limbeck.script.steps import MigrationStep

    from .version_table import VersionTable

log = logging.getLogger("alembic.runtime.migration")

SUFFIX = "_journal"
"""What follows the name of the version table in its own."""
_KEPT = 4000
"""Number of characters of a statement that a row holds."""
_SHOWN = 200
"""Number of characters of a statement that a message shows."""

BEGUN, SENT, COMMITTED, FAILED = "begun", "sent", "committed", "failed"


class Key(NamedTuple):
    """The function of a revision that a step runs."""

    revision: str
    direction: str

    @classmethod
    def of(cls, step: MigrationStep) -> Key | None:
        """The key of ``step``; None for a stamp, which runs nothing."""
        if step.script is None:
            return None
        return cls(step.script.revision, "upgrade" if step.is_upgrade else "downgrade")


class Entry(NamedTuple):
    """A statement of a revision, numbered from 1 without those that only read; 0 is the beginning of the revision."""

    number: int
    state: str
    digest: str
    statement: str


class Journal:
    """The journal of one version table.

    :param versions: the version table.
    :param connection: the run's connection.
    """

    def __init__(self, versions: VersionTable, connection: Connection) -> None:
        from sqlalchemy import Column, Integer, MetaData, String, Table, Text, bindparam

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
        # built once, so that SQLAlchemy compiles each of them once a run
        columns = self._table.c
        self._insert = self._table.insert()
        of_step = (columns.revision == bindparam("old"), columns.direction == bindparam("way"))
        self._delete = self._table.delete().where(*of_step)
        self._set_failed = self._table.update().where(*of_step).values(state=FAILED)
        self._move_on = self._table.update().where(*of_step, columns.number == 0)
        self._move_on = self._move_on.values(
            {name: bindparam(f"new_{name}") for name in ("revision", "direction", "digest")}
        )
        self._opened = False
        self._exists = False
        self._found: dict[Key, list[Entry]] = {}
        self._following: dict[Key | None, MigrationStep] = {}
        self._key: Key | None = None
        self._rows: set[int] = set()
        self._first: str | None = None
        self._again: Entry | None = None
        self._listening = False
        self._executing: int | None = None

    # --- before the steps -----------------------------------------------------------------------------------------

    def open(self, steps: list[MigrationStep], rows: tuple[str, ...], *, purge: bool) -> None:
        """Prepare the journal for ``steps``, which are about to run under the run lock.

        :param rows: the version rows.
        :param purge: the command states where the database is, which makes entries that were left void.

        Raises `CommandError` where a run left a revision half done, and these steps cannot complete it.
        """
        self._opened = True
        self._following = {Key.of(step): after for step, after in pairwise(steps)}
        self._exists = self._is_there()
        if self._exists:
            self._found = self._read()
            if self._found and (purge or any(step.is_stamp for step in steps)):
                self._connection.execute(self._table.delete())
                self._found = {}
            self._refuse(steps, rows)
        first = Key.of(steps[0]) if steps else None
        if first is None or self._impl.transactional_ddl:
            return
        if not self._exists:
            self._create()  # later on, in a step, CREATE TABLE would commit the open transaction
        self._write_begun(first, steps[0])

    def _write_begun(self, key: Key, step: MigrationStep) -> None:
        """Record that ``step`` begins, unless a dead run did: the digest of the script that it ran is kept then."""
        if not any(entry.number == 0 for entry in self._found.get(key, ())):
            self._write(key, {0: (BEGUN, _digest_of_script(step), "")})

    def _create(self) -> None:
        self._impl.create_table(self._table)
        self._exists = True

    def read(self) -> dict[Key, list[Entry]]:
        """The entries of each step; none where there is no table."""
        return self._read() if self._is_there() else {}

    def _is_there(self) -> bool:
        schema = self._connection.schema_for_object(self._table)
        return self._connection.dialect.has_table(self._connection, self._table.name, schema=schema)

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

    def close(self) -> None:
        """Drop the table after all steps, so that between runs the schema holds only what scripts create.

        Where the account may not drop it, it stays, empty.
        """
        from sqlalchemy.exc import DBAPIError

        if not (self._opened and self._exists) or self._read():
            return
        try:
            self._impl.drop_table(self._table)
            self._connection.commit()
        except DBAPIError as error:
            self._connection.rollback()
            log.info("Table %s stays, empty: %s", self._table.name, error.orig)

    # --- a step ---------------------------------------------------------------------------------------------------

    def begin(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._forget_repetition()
        self._key = Key.of(step) if self._opened else None
        self._first = self._executing = None
        entries = self._found.pop(self._key, []) if self._key is not None else []
        self._rows = {entry.number for entry in entries}
        if self._key is None or self._impl.transactional_ddl:
            return
        self._rows.add(0)
        if entries:
            self._again = entries[-1]
            if self._again.state == BEGUN and self._again.digest != _digest_of_script(step):
                log.warning("%s was begun by a run that did not end, and its script was another", step.short_log)
                self._again = None

    def before(self, number: int, statement: str, *, commits: bool) -> None:
        """The step is about to execute ``statement``.

        :param number: counted from 1 without those that only read.
        :param commits: whether it commits itself and the open transaction.

        Raises `CommandError` where a dead run sent another statement in its place.
        """
        if self._key is None:
            return
        if number == 1 and self._again is not None:
            self._repeat(self._key, self._again, statement, commits=commits)
        if commits:
            self._executing = number
            if number == 1 and 0 in self._rows:
                self._first = statement  # the row that says that the step has begun covers it
            else:
                self._write_statement(number, SENT, statement)

    def after(self) -> None:
        """The last statement is done."""
        self._executing = None
        self._forget_repetition()

    def committing(self, number: int, statement: str) -> None:
        """The statements of the step up to ``statement``, its ``number``-th, are about to be committed."""
        if self._key is not None:
            self._write_statement(number, COMMITTED, statement)

    def _write_statement(self, number: int, state: str, statement: str) -> None:
        """Write the row of a statement, and that of the first one, which the row of the beginning no longer covers."""
        rows = {1: (SENT, self._first)} if self._first is not None else {}
        rows[number] = (state, statement)
        rows = {number: row for number, row in rows.items() if number not in self._rows}
        if rows and self._key is not None:
            if not self._exists:
                self._create()
            self._write(
                self._key, {number: (state, _digest(text), text[:_KEPT]) for number, (state, text) in rows.items()}
            )
            self._rows |= rows.keys()

    def _write(self, key: Key, rows: dict[int, tuple[str, str, str]]) -> None:
        names = ("state", "digest", "statement")
        values = [
            {**key._asdict(), "number": number, **dict(zip(names, row, strict=True))} for number, row in rows.items()
        ]
        self._connection.execute(self._insert, values[0] if len(values) == 1 else values)

    def end(self) -> None:
        """The step is done; in the transaction of its version rows the next one, if there is one, begins."""
        if self._key is not None and self._rows:
            mine = self._of_step(self._key)
            step = self._following.get(self._key)
            key = None if step is None else Key.of(step)
            if step is None or key is None or 0 not in self._rows:
                self._connection.execute(self._delete, mine)
            elif key in self._found:
                self._connection.execute(self._delete, mine)
                self._write_begun(key, step)
            else:
                if len(self._rows) > 1:
                    self._connection.execute(self._delete.where(self._table.c.number > 0), mine)
                new = {"revision": key.revision, "direction": key.direction, "digest": _digest_of_script(step)}
                self._connection.execute(
                    self._move_on, {**mine, **{f"new_{name}": value for name, value in new.items()}}
                )
        self._rows = set()
        self._forget_repetition()

    @staticmethod
    def _of_step(key: Key) -> dict[str, str]:
        return {"old": key.revision, "way": key.direction}

    def failed(self) -> None:
        """The step failed and is rolled back: record what is committed of it, which a later run cannot find out."""
        connection, key = self._connection, self._key
        in_doubt = self._again is not None
        self._forget_repetition()
        if key is None or not self._rows or in_doubt:
            return
        if connection.closed or connection.invalidated or connection.in_transaction():
            return
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError):  # the failure of the step is the one to report
            self._note_failure(key)
            connection.commit()

    def _note_failure(self, key: Key) -> None:
        """Keep no row of a statement that the server rejected, unless it committed changes of rows before it."""
        self._rows = {entry.number for entry in self._read().get(key, [])}  # without those that were rolled back
        number, mine, refused = self._table.c.number, self._of_step(key), self._executing
        if self._first is not None and refused != 1:
            self._write_statement(1, SENT, self._first)
        if refused in self._rows:
            if refused == 1 or refused - 1 in self._rows - {0}:
                self._connection.execute(self._delete.where(number == refused), mine)
            else:
                self._connection.execute(self._set_failed.where(number == refused), mine)
        self._connection.execute(self._delete.where(number == 0), mine)

    # --- a first statement that a dead run sent -------------------------------------------------------------------

    def _repeat(self, key: Key, again: Entry, statement: str, *, commits: bool) -> None:
        if again.state == BEGUN and not commits:
            self._again = None  # one that does not commit was rolled back
            return
        if again.state != BEGUN and (not commits or _digest(statement) != again.digest):
            raise _half_done(
                f"{key.direction} of {key.revision} was begun by a run that did not end it, and begins with another "
                "statement now",
                "see whether the statement below was carried out; put the database right by hand, then `limbeck stamp "
                "--purge` to where it is",
                [again],
            )
        self._listen(True)

    def _forget_repetition(self) -> None:
        if self._again is not None:
            self._listen(False)
            self._again = None

    def _listen(self, on: bool) -> None:
        if on != self._listening:
            change = event.listen if on else event.remove
            change(self._connection.engine, "do_execute", self._execute_again)
            self._listening = on

    def _execute_again(
        self, cursor: DBAPICursor, statement: str, parameters: Any, context: ExecutionContext
    ) -> bool | None:
        """Execute in place of the dialect; where the server rejects it as done already, it counts as done."""
        if context.root_connection is not self._connection:
            return None
        try:
            cursor.execute(statement, parameters)
        except self._connection.dialect.loaded_dbapi.Error as error:
            if not self._impl.is_so_already(statement, error):
                raise
            log.warning("Sent by a run that did not end, and done already (%s): %s", error, shown(statement))
        return True


def _may_run_again(entries: list[Entry]) -> bool:
    """Whether at most the first statement was carried out, and it alone was committed."""
    return [(entry.number, entry.state) for entry in entries if entry.number] in ([], [(1, SENT)])


def _digest(statement: str) -> str:
    return sha256(statement.encode()).hexdigest()


def _digest_of_script(step: MigrationStep) -> str:
    """Of the file; a stamp has none, and is never recorded."""
    if step.script is None:
        return ""
    with open(step.script.path, "rb") as file:
        return sha256(file.read()).hexdigest()


def shown(statement: str) -> str:
    """``statement`` on one line, cut to the length that messages show."""
    return " ".join(statement.split())[:_SHOWN]


def _half_done(message: str, hint: str, entries: Iterable[Entry]) -> CommandError:
    """The error, with the statements as notes."""
    error = CommandError(message, code="half-done", hint=hint)
    after = 0
    lines = []
    for entry in (entry for entry in entries if entry.number):
        if entry.number > after + 1:
            lines.append(f"    {_numbers(after + 1, entry.number - 1)} that change rows")
        state = {SENT: "sent", COMMITTED: "committed", FAILED: "refused by the server"}[entry.state]
        lines.append(f"    statement {entry.number}, {state}: {shown(entry.statement)}")
        after = entry.number
    error.add_note("of the statements below the last that was sent may be carried out, and all before it are:")
    for line in lines or ["    its first statement"]:
        error.add_note(line)
    return error


def _numbers(first: int, last: int) -> str:
    return f"statement {first}, one" if first == last else f"statements {first} to {last}, those"
