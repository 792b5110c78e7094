"""The journal: which statements of an unfinished revision have committed by themselves, in a table of its own.

A process that dies between such a statement and its version row leaves the one without the other. So before each
statement that commits by itself, rows are written in the open transaction for it and for all statements before it, and
its own commit includes them. The last of these rows tells what the statement's objects were before: whether it was
carried out can be seen by them. A first statement that makes a table needs no row: the transaction of the version rows
before has recorded that the step begins, with a digest of its script.

What a run finds in the journal was left by one that died or failed. Where it is a first statement alone, the run goes
on behind it; with anything more it stops before its first step, unless it was asked to resume.

It is kept under an edition only: without one the schema is exactly Alembic's.
"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager, nullcontext, suppress
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from limbeck.call_site import taker_of_result
from limbeck.errors import CommandError

from .outcome import how_far, of_step
from .resume import (
    DONE,
    PARTIAL,
    READ,
    SENT,
    UNDONE,
    Entry,
    InDoubt,
    Key,
    Replay,
    Unfinished,
    answer_of,
    judge,
    leaving_out,
    one_line,
    whole,
)
from .resume import digest as digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, ExecutionContext

    from limbeck.script.steps import MigrationStep

    from .version_table import VersionTable

log = logging.getLogger("alembic.runtime.migration")

SUFFIX = "_journal"
"""What follows the name of the version table in its own."""
_KEPT = 15_000
"""Number of characters of a statement, or of an answer, that a row holds: TEXT of MySQL has 65,535 bytes."""
_AT_ONCE = 500
"""Number of rows that one INSERT writes."""

_CAN_END = re.compile(r"\b(?:DROP|RENAME)\b", re.IGNORECASE)
"""Of statements after which an object may not be there under its name."""

BEGUN = "begun"
"""State of the row that says that a step has begun; its number is 0, and its digest that of the script."""


class Journal:
    """The journal of one version table.

    :param versions: the version table.
    :param connection: the run's connection.
    :param resume: go on where more than a first statement is committed.
    :param in_doubt: what to do about a statement of which nothing tells whether it was carried out.
    :param total: the number of statements of a step, where that can be known without running it.
    """

    def __init__(
        self,
        versions: VersionTable,
        connection: Connection,
        *,
        resume: bool = False,
        in_doubt: InDoubt | None = None,
        total: Callable[[MigrationStep], int | None] = lambda _step: None,
    ) -> None:
        from sqlalchemy import Column, Integer, MetaData, String, Table, Text, bindparam

        self._versions = versions
        self._impl = versions.impl
        self._connection = connection
        self._resume = resume
        self._in_doubt = in_doubt
        self._total = total
        self._table = Table(
            versions.name + SUFFIX,
            MetaData(),
            Column("revision", String(255), primary_key=True),
            Column("direction", String(9), primary_key=True),
            Column("number", Integer, primary_key=True, autoincrement=False),
            Column("state", String(9), nullable=False),
            Column("used", Integer, nullable=False),
            Column("digest", String(64), nullable=False),
            Column("statement", Text, nullable=False),
            Column("answer", Text),
            schema=versions.schema,
        )
        # built once, so that SQLAlchemy compiles each of them once a run
        columns = self._table.c
        self._insert = self._table.insert()
        self._of_step = (columns.revision == bindparam("old"), columns.direction == bindparam("way"))
        self._delete = self._table.delete().where(*self._of_step)
        self._move_on = self._table.update().where(*self._of_step, columns.number == 0)
        self._move_on = self._move_on.values(
            {name: bindparam(f"new_{name}") for name in ("revision", "direction", "digest")}
        )
        self._opened = False
        self._exists = False
        self._found: dict[Key, Unfinished] = {}
        self._following: dict[Key | None, MigrationStep] = {}
        self._key: Key | None = None
        self._left = Unfinished(None, [])
        self._only_operations = False
        self._number = 0
        self._has_run = False
        self._covers_first = self._found_begun = self._only_begun = self._has_rows = False
        self._pending: list[tuple[Entry, object]] = []
        self._executing: Entry | None = None
        self._first: Entry | None = None
        self._replay: Replay | None = None

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
            left = self._read()
            if left and (purge or any(step.is_stamp for step in steps)):
                self._connection.execute(self._table.delete())
                left = {}
            self._found = {key: self._judge(entries) for key, entries in left.items()}
            self._refuse(steps, rows)
            for key in list(self._found):
                self._keep(key, left[key])
        first = Key.of(steps[0]) if steps else None
        if first is None or self._impl.transactional_ddl:
            return
        if not self._exists:
            self._create()  # later on, in a step, CREATE TABLE would commit the open transaction
        self._write_begun(first, steps[0])

    def _judge(self, entries: list[Entry]) -> Unfinished:
        begun = next((entry.digest for entry in entries if entry.number == 0), None)
        return judge([entry for entry in entries if entry.number], begun, self._outcome)

    def _outcome(self, entry: Entry) -> bool | None:
        """Whether a statement that a run sent was carried out; None where neither the catalogue nor the user tells."""
        now = self._impl.state_of_objects(self._connection, entry.statement)
        is_gone = bool(entry.answer) and not now and _CAN_END.search(entry.statement) is None
        if entry.answer is None or now is None or is_gone or len(entry.answer) >= _KEPT:
            return None if self._in_doubt is None else self._in_doubt == "done"
        return now != entry.answer

    def _keep(self, key: Key, left: list[Entry]) -> None:
        """Keep of the rows of a step those that are committed."""
        entries = self._found[key].entries
        gone = {entry.number for entry in left} - {entry.number for entry in entries} - {0}
        number, mine = self._table.c.number, self._values_of(key)
        if gone:
            self._connection.execute(self._delete.where(number.in_(gone)), mine)
        if any(entry.state == SENT for entry in left) and entries:
            settled = self._table.update().where(*self._of_step, self._table.c.state == SENT).values(state=DONE)
            self._connection.execute(settled, mine)
        if not entries and self._found[key].begun is None:
            del self._found[key]

    def _write_begun(self, key: Key, step: MigrationStep) -> None:
        """Record that ``step`` begins, unless a dead run did: the digest of the script that it ran is kept then."""
        left = self._found.get(key)
        if left is None or (left.begun is None and not left.entries):
            self._write(key, [Entry(0, BEGUN, False, _digest_of_script(step), "")])

    def _create(self) -> None:
        self._impl.create_table(self._table)
        self._exists = True

    @property
    def table(self) -> str:
        """The name of its table."""
        return self._table.name

    def read(self) -> dict[Key, list[Entry]]:
        """The entries of each step; none where there is no table."""
        return self._read() if self._is_there() else {}

    def _is_there(self) -> bool:
        return self._versions.has_table(self._connection, self._table)

    def _read(self) -> dict[Key, list[Entry]]:
        found: dict[Key, list[Entry]] = {}
        columns = self._table.c
        for row in self._connection.execute(self._table.select().order_by(columns.number)):
            revision, direction, number, state, used, *rest = row
            found.setdefault(Key(revision, direction), []).append(Entry(number, state, bool(used), *rest))
        return found

    def _refuse(self, steps: list[MigrationStep], rows: tuple[str, ...]) -> None:
        planned = {Key.of(step): step for step in steps}
        here = " ".join(rows) or "base"
        for key, left in self._found.items():
            if not left.entries and left.in_doubt is None and left.begun is None:
                continue  # nothing of it was carried out
            step = planned.get(key)
            if step is None:
                raise _half_done(
                    f"{key.direction} of {key.revision} was begun by a run that did not end it, and this run would "
                    "leave it half done",
                    f"let `limbeck {key.direction}` end it first; or put it right by hand, then `limbeck stamp --purge "
                    f"{here}`",
                    left,
                )
            self._refuse_step(step, left, here)

    def _refuse_step(self, step: MigrationStep, left: Unfinished, here: str) -> None:
        of = of_step(step)
        there = " ".join(step.to_revisions) or "base"
        by_hand = (
            f"do the rest by hand, then `limbeck stamp --purge {there}`; or undo by hand what is listed, then `limbeck "
            f"stamp --purge {here}` and run again"
        )
        if (obstacle := left.obstacle()) is not None:
            raise _half_done(f"{self._how_far(step, left, of)}, and it cannot be resumed: {obstacle}", by_hand, left)
        if left.in_doubt is not None:
            raise _half_done(
                f"{self._how_far(step, left, of)}, and nothing tells whether the one after that was carried out"
                if left.committed
                else f"Nothing tells whether the first statement {of} was carried out",
                "look for its effect; then run the same command with --resume --in-doubt done, which counts it as "
                "done, or with --resume --in-doubt again, which sends it again",
                left,
            )
        if len(left.committed) > 1 and not self._resume:
            raise _half_done(
                self._how_far(step, left, of),
                f"the same command with --resume leaves these out and runs the rest; or {by_hand}",
                left,
            )

    def _how_far(self, step: MigrationStep, left: Unfinished, of: str) -> str:
        return how_far(len(left.committed), self._total(step), of)

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

    @contextmanager
    def of_steps(self) -> Iterator[None]:
        """In the block the steps run, of which some may be half done."""
        with leaving_out(self._connection, self._skip) if self._found else nullcontext():
            yield

    def _skip(self, context: ExecutionContext) -> bool | None:
        return None if self._replay is None else self._replay.skip(context)

    # --- a step ---------------------------------------------------------------------------------------------------

    def begin(self, step: MigrationStep) -> None:
        """``step`` begins."""
        self._key = Key.of(step) if self._opened else None
        self._left = left = (
            Unfinished(None, []) if self._key is None else self._found.pop(self._key, Unfinished(None, []))
        )
        self._only_operations = self._key is not None and step.only_calls_operations
        is_kept = not self._impl.transactional_ddl
        self._has_rows = is_kept or bool(left.entries)
        self._only_begun = is_kept and not left.entries
        self._covers_first, self._found_begun = self._only_begun, False
        if self._only_begun and left.begun is not None:
            self._covers_first = self._found_begun = left.begun == _digest_of_script(step)
            if not self._found_begun:
                log.warning("%s was begun by a run that did not end, and its script was another", step.short_log)
        if left.entries:
            log.info("Resuming %s after %d statements", step.short_log, len(left.committed))
        self.again()

    def again(self) -> None:
        """The present step runs from its beginning; nothing of it is committed but what was when it began."""
        self._replay = None
        self._pending = []
        self._first = self._executing = None
        self._has_run = False
        self._number = max((entry.number for entry in self._left.entries), default=0)
        if self._key is not None and self._left.entries:
            self._replay = Replay(self._key, self._left.entries)

    def before(self, statement: str, parameters: object, *, reads: bool, commits: bool) -> None:
        """The step is about to execute ``statement``.

        :param reads: whether it only reads.
        :param commits: whether it commits itself and the open transaction.

        Raises `CommandError` where another statement is committed in its place.
        """
        if self._key is None or self._has_run:
            return
        session_state = self._impl.leaves_session_state(statement)
        if self._impl.is_of_session(statement) and not session_state:
            return
        taker = "operation" if self._only_operations and not reads else taker_of_result()
        if taker == "run":
            return
        if self._replay is not None and not self._replay.is_over:
            self._replay.take(statement, parameters)
            return
        self._replay = None
        self._number += 1
        entry = Entry(self._number, READ if reads else DONE, session_state or taker == "script", "", statement)
        if commits:
            self._before_commit(entry, parameters)
            return
        self._pending.append((entry, parameters))
        if reads and taker == "operation":
            self._executing = entry

    def _before_commit(self, entry: Entry, parameters: object) -> None:
        state = self._impl.state_of_objects(self._connection, entry.statement)
        entry = entry._replace(state=SENT, answer=state)
        self._executing = entry
        if self._covers_first and entry.number == 1 and self._impl.makes_new_object(entry.statement):
            if (
                state and self._found_begun and self._key is not None
            ):  # there would be a row if it had been there before
                log.warning("Carried out by a run that did not end: %s", one_line(entry.statement))
                entry = entry._replace(digest=digest_of(entry.statement, parameters))
                self._replay = Replay(self._key, [entry])
                self._replay.take(entry.statement, parameters)
            if state == "" or self._replay is not None:
                self._first = entry  # the row that says that the step has begun covers it
                return
        self._pending.append((entry, parameters))
        self._flush()

    def after(self, context: ExecutionContext) -> None:
        """The last statement is done."""
        entry, self._executing = self._executing, None
        if entry is not None and entry.state == READ and self._pending:
            read, parameters = self._pending[-1]
            answer = answer_of(context)
            fits = answer is not None and len(answer) < _KEPT
            self._pending[-1] = (read._replace(answer=answer if fits else None, used=not fits), parameters)

    def committing(self) -> None:
        """The statements of the step are about to be committed."""
        if self._key is not None:
            self._flush()

    def rolled_back(self) -> None:
        """What the step has sent since its last commit is rolled back."""
        self._pending = [
            (entry if entry.state == READ else entry._replace(state=UNDONE), parameters)
            for entry, parameters in self._pending
        ]

    def _flush(self) -> None:
        """Write the rows of the statements that have none, and that of the first, which needs one now."""
        if self._first is not None:
            self._pending.insert(0, (self._first._replace(state=DONE), None))
            self._first = None
        if not self._pending or self._key is None:
            return
        if not self._exists:
            self._create()
        entries = [entry._replace(digest=digest_of(entry.statement, values)) for entry, values in self._pending]
        self._pending = []
        self._write(self._key, entries)
        self._has_rows = True
        self._only_begun = False

    def _write(self, key: Key, entries: list[Entry]) -> None:
        values = [
            {
                **key._asdict(),
                **entry._asdict(),
                "used": int(entry.used),
                "statement": entry.statement[:_KEPT],
                "answer": None if entry.answer is None else entry.answer[:_KEPT],
            }
            for entry in entries
        ]
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            self._connection.execute(self._insert, some[0] if len(some) == 1 else some)

    def ran(self) -> None:
        """The script of the step has ended; what follows is the change of the version rows.

        Raises `CommandError` where more than the script has sent is committed.
        """
        if self._replay is not None:
            self._replay.demand_over()
        self._replay = None
        self._has_run = True

    def end(self) -> None:
        """The step is done; in the transaction of its version rows the next one, if there is one, begins."""
        if self._key is not None and self._has_rows:
            mine = self._values_of(self._key)
            step = self._following.get(self._key)
            key = None if step is None else Key.of(step)
            if step is None or key is None or self._impl.transactional_ddl:
                self._connection.execute(self._delete, mine)
            elif key in self._found or not self._only_begun:
                self._connection.execute(self._delete, mine)
                self._write_begun(key, step)
            else:
                new = {"revision": key.revision, "direction": key.direction, "digest": _digest_of_script(step)}
                self._connection.execute(
                    self._move_on, {**mine, **{f"new_{name}": value for name, value in new.items()}}
                )
        self._has_rows = False
        self._pending = []
        self._replay = None

    @staticmethod
    def _values_of(key: Key) -> dict[str, str]:
        return {"old": key.revision, "way": key.direction}

    def failed(self) -> None:
        """The step failed and is rolled back: record what is committed of it, which a later run cannot find out."""
        connection, key = self._connection, self._key
        self._replay = None
        self._pending = []
        if key is None or not self._has_rows:
            return
        if connection.closed or connection.invalidated or connection.in_transaction():
            return
        from sqlalchemy.exc import SQLAlchemyError

        with suppress(SQLAlchemyError):  # the failure of the step is the one to report
            self._note_failure(key)
            connection.commit()

    def _note_failure(self, key: Key) -> None:
        """The last statement that was sent is done, unless the server refused it."""
        refused, mine = self._executing, self._values_of(key)
        left = [entry for entry in self._read().get(key, []) if entry.number]  # without those that were rolled back
        if self._first is not None and (refused is None or refused.number != self._first.number):
            self._flush()
        if left and left[-1].state == SENT:
            number, state = self._table.c.number, DONE
            if refused is not None and refused.number == left[-1].number:
                now = self._impl.state_of_objects(self._connection, refused.statement)
                state = UNDONE if now is None or now == refused.answer else PARTIAL
            if state == UNDONE:
                self._connection.execute(self._delete.where(number == left[-1].number), mine)
            else:
                change = self._table.update().where(*self._of_step, number == left[-1].number)
                self._connection.execute(change.values(state=state), mine)
        self._connection.execute(self._delete.where(self._table.c.number == 0), mine)


def _digest_of_script(step: MigrationStep) -> str:
    """Of the file; a stamp has none, and is never recorded."""
    if step.script is None:
        return ""
    with open(step.script.path, "rb") as file:
        return sha256(file.read()).hexdigest()


def _half_done(message: str, hint: str, left: Unfinished) -> CommandError:
    """The error, with the statements as notes."""
    error = CommandError(message, code="half-done", hint=hint)
    for heading, entries in (
        ("committed:", left.committed),
        ("perhaps carried out:", [] if left.in_doubt is None else [left.in_doubt]),
    ):
        for line in [heading, *(f"    {whole(entry.statement)}" for entry in entries)] if entries else []:
            error.add_note(line)
    if not left.committed and left.in_doubt is None:
        error.add_note("its first statement may be carried out")
    return error
