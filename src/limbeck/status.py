"""The state of a database: where it is, what is pending, what should not be, and who is at work.

It is read without a write and without a lock. A part that the account may not read is listed as unread; the others are
there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from . import sqla
from .errors import CommandError
from .graph.edges import closure
from .position import url
from .results import (
    DatabaseStatus,
    HalfDone,
    HalfDoneStatement,
    HeadDistance,
    NamedRevision,
    UnknownRow,
    Unread,
    UnusedIndex,
)
from .runtime import lock
from .runtime.database_errors import first_line
from .runtime.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from .runtime.migration import MigrationContext
    from .script import ScriptDirectory

T = TypeVar("T")

AMISS = ("pending", "skipped", "edited", "unknown", "half_done", "invalid_indexes", "unread")
"""The keys that should be empty."""


def look(script: ScriptDirectory, context: MigrationContext, rows: tuple[str, ...]) -> DatabaseStatus:
    """The state of the database of ``context``, whose version rows are ``rows``.

    :raises CommandError: where env.py has given the context no connection.
    """
    connection = context.connection
    if connection is None:
        raise CommandError(
            "There is no connection to look at the database with",
            code="no-connection",
            hint="give context.configure() a connection in env.py, unless context.is_offline_mode()",
        )
    parts = _Parts(connection)
    impl = context.impl
    unknown = tuple(UnknownRow(row) for row in script.unknown(rows))
    heads, pending = _distances(script, rows, unknown)
    half_done = parts.read("half_done", lambda: _half_done(context, connection)) or ()
    indexes = parts.read("invalid_indexes", lambda: impl.invalid_indexes(connection)) or ()
    holder = parts.read("lock", lambda: _holder(context, connection))
    parts.unread += [Unread(file.path, file.problem) for file in script.broken]
    found = DatabaseStatus(
        database=url(context),
        server=f"{impl.product} {impl.server_version(connection)}".rstrip(),
        heads=heads,
        current=tuple(_named(script, row) for row in rows),
        pending=pending,
        has_history=False,
        skipped=(),
        edited=(),
        unknown=unknown,
        half_done=half_done,
        invalid_indexes=tuple(UnusedIndex(*index) for index in indexes),
        lock=holder,
        unread=tuple(parts.unread),
        amiss=(),
    )
    return replace(found, amiss=tuple(key for key in AMISS if getattr(found, key)))


class _Parts:
    """Reads parts of a status, of which one that cannot be read leaves the others.

    :param connection: the connection, whose transaction an error leaves usable.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.unread: list[Unread] = []

    def read(self, part: str, ask: Callable[[], T]) -> T | None:
        """The answer to ``ask``; None, with a note, where the database does not give it."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with sqla.savepoint(self._connection):
                return ask()
        except (SQLAlchemyError, CommandError) as error:
            self.unread.append(Unread(part, first_line(error)))
            return None


def _named(script: ScriptDirectory, revision: str) -> NamedRevision:
    return NamedRevision(revision, None if script.unknown([revision]) else script.get_revision(revision).doc)


def _distances(
    script: ScriptDirectory, rows: tuple[str, ...], unknown: tuple[UnknownRow, ...]
) -> tuple[tuple[HeadDistance, ...], tuple[NamedRevision, ...]]:
    """Each head with the number of steps to it, and the steps to all of them."""
    downs = script.revision_map.graph.edges.downs
    known = [row for row in rows if row in downs]
    known += [name for row in unknown for name in row.ancestors]
    plan = script.plan_upgrade("heads", tuple(known))
    pending = [str(step.revision) for step in plan.steps]
    is_told = all(row.ancestors for row in unknown)
    heads = tuple(
        HeadDistance(
            head, script.get_revision(head).doc, len(closure([head], downs).intersection(pending)) if is_told else None
        )
        for head in script.get_heads()
    )
    return heads, tuple(_named(script, name) for name in pending) if is_told else ()


def _half_done(context: MigrationContext, connection: Connection) -> tuple[HalfDone, ...]:
    return tuple(
        HalfDone(
            key.revision,
            key.direction,
            tuple(HalfDoneStatement(one.number, one.state, one.statement) for one in entries if one.number),
        )
        for key, entries in Journal(context.versions, connection).read().items()
    )


def _holder(context: MigrationContext, connection: Connection) -> str | None:
    kind = context.impl.run_lock(connection, lock.scope(context.versions.locate(connection)))
    return None if kind is None else lock.holder(connection, kind)
