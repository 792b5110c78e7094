"""Resuming a revision that was left half done: its script runs again, and what is committed of it is not sent.

A statement of the script that the journal has as committed is compared with it and left out. A read of the catalogue by
an operation gets the answer that it got then, so that the operation sends what it sent. A script that took a result
itself may do something else with another one, and is not resumed.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import event

from limbeck import sqla
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection, ExecutionContext

    from limbeck.script.steps import MigrationStep

log = logging.getLogger("alembic.runtime.migration")

READ, DONE, UNDONE, SENT, PARTIAL = "read", "done", "undone", "sent", "partial"
"""States of a statement: one that only reads; committed; rolled back by the script; sent, and the next one was not yet;
refused by the server, and carried out in part."""

InDoubt = Literal["done", "again"]


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
    """A statement of a revision.

    :param number: counted from 1, reads included.
    :param used: whether the script depends on more of it than that it was carried out: its result, or the session.
    :param digest: of the statement and its parameters.
    :param answer: of a read by an operation, its rows; of a statement that commits, the state of its objects before.
    """

    number: int
    state: str
    used: bool
    digest: str
    statement: str
    answer: str | None = None


class Unfinished(NamedTuple):
    """What a run left of a step that it did not end.

    :param begun: digest of the script, where a first statement needs no entry of its own; None: there is none.
    :param entries: up to the last that is committed.
    :param in_doubt: the statement after them, of which nothing tells whether it was carried out.
    """

    begun: str | None
    entries: list[Entry]
    in_doubt: Entry | None = None

    @property
    def committed(self) -> list[Entry]:
        """The statements that are committed."""
        return [entry for entry in self.entries if entry.state in (DONE, PARTIAL)]

    def obstacle(self) -> str | None:
        """Why the script cannot run again; None where it can."""
        for entry in self.entries:
            if entry.state == PARTIAL:
                return f"the server refused a statement after a part of it was carried out: {one_line(entry.statement)}"
            if entry.used:
                return (
                    "its script depends on what a statement before that point returned, or left in the session: "
                    + one_line(entry.statement)
                )
        return None


def judge(
    rows: Sequence[Entry],
    begun: str | None,
    outcome: Callable[[Entry], bool | None],
) -> Unfinished:
    """What the rows of the journal say of a step: up to where it is committed.

    :param rows: in order.
    :param outcome: whether the last statement was carried out, which is all that is known to have been sent.
    """
    entries = [entry._replace(state=DONE) if entry.state == SENT else entry for entry in rows]
    in_doubt = None
    if rows and rows[-1].state == SENT:
        carried_out = outcome(rows[-1])
        if not carried_out:
            entries.pop()
        if carried_out is None:
            in_doubt = rows[-1]
    while entries and entries[-1].state == READ:  # they belong to what comes next
        entries.pop()
    return Unfinished(begun, entries, in_doubt)


class Replay:
    """Leaves out what is committed of a step, while its script runs again.

    :param key: what is resumed. :param entries: what is committed.
    """

    def __init__(self, key: Key, entries: Sequence[Entry]) -> None:
        self._key = key
        self._left = deque(entries)
        self._now: Entry | None = None

    @property
    def is_over(self) -> bool:
        """Whether all that is committed has been left out."""
        return not self._left

    def take(self, statement: str, parameters: object) -> None:
        """``statement`` comes next, and is not to be executed.

        Raises `CommandError` where another one is committed in its place.
        """
        entry = self._left.popleft()
        if entry.digest != digest(statement, parameters):
            raise self._differs(entry, f"is now: {one_line(statement)}", _same_text(entry, statement))
        self._now = entry

    def demand_over(self) -> None:
        """The script has ended; raises `CommandError` where more than it has sent is committed."""
        if self._left:
            raise self._differs(self._left[0], "is not in the script any more", False)

    def _differs(self, entry: Entry, what: str, same_text: bool) -> CommandError:
        values = "; its values differ from run to run, as times and random ids do" if same_text else ""
        error = CommandError(
            f"{self._key.direction} of {self._key.revision} cannot be resumed: a statement that is committed {what}",
            code="cannot-resume",
            hint="let the script say again what it said then; or do the rest by hand, and `limbeck stamp --purge` to "
            "where the database is then",
        )
        error.add_note(f"committed is: {whole(entry.statement)}{values}")
        return error

    def skip(self, context: ExecutionContext) -> bool | None:
        """True where SQLAlchemy is not to execute the statement of ``context``."""
        if self._now is None:
            return None
        entry, self._now = self._now, None
        if entry.state == READ:
            names, rows = json.loads(entry.answer) if entry.answer else ([], [])
            sqla.give_rows(context, [tuple(row) for row in rows], names)
        else:
            log.info("Committed already: %s", one_line(entry.statement))
        return True


@contextmanager
def leaving_out(connection: Connection, skip: Callable[[ExecutionContext], bool | None]) -> Iterator[None]:
    """Have ``skip`` say which statements of ``connection`` SQLAlchemy does not execute in the block.

    The first listener that returns True is the last to be asked: this is to be entered before others that send
    statements.
    """

    def do_execute(_cursor: object, _statement: str, _parameters: object, context: ExecutionContext) -> bool | None:
        return skip(context) if context.root_connection is connection else None

    def do_execute_bare(_cursor: object, _statement: str, context: ExecutionContext) -> bool | None:
        return skip(context) if context.root_connection is connection else None

    listeners = (
        ("do_execute", do_execute),
        ("do_executemany", do_execute),
        ("do_execute_no_params", do_execute_bare),
    )
    for name, listener in listeners:
        event.listen(connection.engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(connection.engine, name, listener)


def _same_text(entry: Entry, statement: str) -> bool:
    return statement.startswith(entry.statement)


def answer_of(context: ExecutionContext) -> str | None:
    """The rows that a statement has returned, as text, without taking them away; None where they are no plain values.

    :param context: of a statement that has just been executed.
    """
    cursor = context.cursor
    if cursor is None or cursor.description is None:
        return None
    names = [column[0] for column in cursor.description]
    rows = [tuple(row) for row in cursor.fetchall()]
    sqla.give_rows(context, rows, names)
    try:
        return json.dumps([names, rows])
    except TypeError:
        return None


def digest(statement: str, parameters: object) -> str:
    """Of a statement and its parameters."""
    text = f"{statement}\0{parameters!r}" if parameters else statement
    return sha256(text.encode()).hexdigest()


def one_line(statement: str, length: int = 200) -> str:
    """``statement`` on one line, cut to ``length`` characters."""
    text = whole(statement)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def whole(statement: str) -> str:
    """``statement`` on one line."""
    return " ".join(statement.split())
