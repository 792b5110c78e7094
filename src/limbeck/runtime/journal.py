"""What a revision has sent that commits by itself, in a table beside the version table (failures R10, R11).

A process that dies between such a statement and its version row leaves the one without the other. So where DDL commits,
the transaction of a step's version rows also notes which step begins now, with a digest of its script: of that step at
most the first statement can be done. Before each later one a row of its own is written in the open transaction, which
the statement's own commit takes along with all that came before. What is there when a run begins was left by a dead or
failed one: a first statement alone is sent again, and taken as done where the server says that it is so already; more
than that nobody can judge, and the run stops before anything is done.

Kept under an edition only: the schema of other environments is the reference's.
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

BEGUN, SENT, COMMITTED, FAILED = "begun", "sent", "committed", "failed"


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
    """A statement of a revision: the ``number``-th that is no mere reading, from 1; 0 is the revision's beginning."""

    number: int
    state: str
    digest: str
    statement: str


class Journal:
    """The journal of one version table.

    :param versions: the version table. :param connection: the run's connection.
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
        # Made once: SQLAlchemy compiles each of them once a run, however many steps there are.
        columns = self._table.c
        self._insert = self._table.insert()
        of_step = (columns.revision == bindparam("old"), columns.direction == bindparam("way"))
        self._delete = self._table.delete().where(*of_step)
        self._set_failed = self._table.update().where(*of_step).values(state=FAILED)
        self._go_on = self._table.update().where(*of_step, columns.number == 0)
        self._go_on = self._go_on.values(
            {name: bindparam(f"new_{name}") for name in ("revision", "direction", "digest")}
        )
        self._opened = False
        self._there = False
        self._found: dict[Key, list[Entry]] = {}
        self._following: dict[Key | None, MigrationStep] = {}
        self._key: Key | None = None
        self._rows: set[int] = set()
        self._first: str | None = None
        self._again: Entry | None = None
        self._listening = False
        self._in_flight: int | None = None

    # --- before the steps -----------------------------------------------------------------------------------------

    def open(self, steps: list[MigrationStep], rows: tuple[str, ...], *, purge: bool) -> None:
        """Make the journal ready for ``steps``, which are about to run under the run lock.

        :param rows: the version rows. :param purge: somebody says anew where the database is; what was left is void.

        Raises `CommandError` where a run left a revision half done and these steps cannot do the rest of it.
        """
        self._opened = True
        self._following = {Key.of(step): after for step, after in pairwise(steps)}
        schema = self._connection.schema_for_object(self._table)
        self._there = self._connection.dialect.has_table(self._connection, self._table.name, schema=schema)
        if self._there:
            self._found = self._read()
            if self._found and (purge or any(step.is_stamp for step in steps)):
                self._connection.execute(self._table.delete())
                self._found = {}
            self._refuse(steps, rows)
        first = Key.of(steps[0]) if steps else None
        if first is None or self._impl.transactional_ddl:
            return
        if not self._there:
            self._create()  # in the middle of a step it would commit what is open
        self._write_begun(first, steps[0])

    def _write_begun(self, key: Key, step: MigrationStep) -> None:
        """Note that ``step`` begins, but for one that a dead run has begun: that was by the script of then."""
        if not any(entry.number == 0 for entry in self._found.get(key, ())):
            self._write(key, {0: (BEGUN, _digest_of_script(step), "")})

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

    def close(self) -> None:
        """All steps are done and committed: the empty table goes, so that between runs the schema is the scripts' own.

        Where the account may not drop it, it stays.
        """
        from sqlalchemy.exc import DBAPIError

        if not (self._opened and self._there) or self._read():
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
        self._first = self._in_flight = None
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
        """Called before the step's statement ``number``; ``commits``: it commits itself and what is open.

        Raises `CommandError` where a dead run sent another statement in its place.
        """
        if self._key is None:
            return
        if number == 1 and self._again is not None:
            self._repeat(self._key, self._again, statement, commits=commits)
        if commits:
            self._in_flight = number
            if number == 1 and 0 in self._rows:
                self._first = statement  # that the step has begun says enough
            else:
                self._write_statement(number, SENT, statement)

    def after(self) -> None:
        """The statement that was sent last is done."""
        self._in_flight = None
        self._forget_repetition()

    def committing(self, number: int, statement: str) -> None:
        """What the step has sent up to ``statement``, its ``number``-th, is about to be committed."""
        if self._key is not None:
            self._write_statement(number, COMMITTED, statement)

    def _write_statement(self, number: int, state: str, statement: str) -> None:
        """Write the row of a statement; and that of the first one, which a second one makes more than a beginning."""
        rows = {1: (SENT, self._first)} if self._first is not None else {}
        rows[number] = (state, statement)
        rows = {number: row for number, row in rows.items() if number not in self._rows}
        if rows and self._key is not None:
            if not self._there:
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
        """The step is done: in the transaction of its version rows the next one begins, if there is one."""
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
                self._connection.execute(self._go_on, {**mine, **{f"new_{name}": value for name, value in new.items()}})
        self._rows = set()
        self._forget_repetition()

    @staticmethod
    def _of_step(key: Key) -> dict[str, str]:
        return {"old": key.revision, "way": key.direction}

    def failed(self) -> None:
        """The step failed and is rolled back: note what is committed of it, while there is somebody who knows it."""
        connection, key = self._connection, self._key
        in_doubt = self._again is not None
        self._forget_repetition()
        if key is None or not self._rows or in_doubt:
            return
        if connection.closed or connection.invalidated or connection.in_transaction():
            return
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError):  # the failure that is on its way says what is wrong
            self._note_failure(key)
            connection.commit()

    def _note_failure(self, key: Key) -> None:
        """A statement that the server refused has left nothing to tell, but where it committed rows before it."""
        self._rows = {entry.number for entry in self._read().get(key, [])}  # those of a rolled-back insert are gone
        number, mine, refused = self._table.c.number, self._of_step(key), self._in_flight
        if self._first is not None and refused != 1:
            self._write_statement(1, SENT, self._first)
        if refused in self._rows:
            if refused == 1 or refused - 1 in self._rows - {0}:
                self._connection.execute(self._delete.where(number == refused), mine)
            else:
                self._connection.execute(self._set_failed.where(number == refused), mine)
        self._connection.execute(self._delete.where(number == 0), mine)

    # --- a statement that a dead run sent -------------------------------------------------------------------------

    def _repeat(self, key: Key, again: Entry, statement: str, *, commits: bool) -> None:
        if again.state == BEGUN and not commits:
            self._again = None  # it has committed nothing, or there would be a row
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

    def _execute_again(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        """In place of the dialect's own sending: a refusal that says that it is so already ends the matter."""
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
    """Whether at most the first statement was carried out, and nothing was committed but by itself."""
    return [(entry.number, entry.state) for entry in entries if entry.number] in ([], [(1, SENT)])


def _digest(statement: str) -> str:
    return sha256(statement.encode()).hexdigest()


def _digest_of_script(step: MigrationStep) -> str:
    """Of its file as it is: the text of which the first statement comes."""
    with open(step.revision.path, "rb") as file:  # type: ignore[attr-defined]  # of a stamp nothing is noted
        return sha256(file.read()).hexdigest()


def shown(statement: str) -> str:
    """``statement`` on one line, as messages show it."""
    return " ".join(statement.split())[:_SHOWN]


def _half_done(message: str, hint: str, entries: Iterable[Entry]) -> CommandError:
    """The error, with the statements below it as notes."""
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
