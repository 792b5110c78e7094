"""The state of a database: where it is, what is pending, what should not be, and who is at work.

It is read without a write and without a lock. A part that the account may not read is listed as unread; the others are
there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeVar

from . import ahead, repeatables, sqla
from .errors import CommandError
from .graph.edges import closure
from .graph.ran import last_done
from .position import url
from .results import (
    DatabaseStatus,
    EditedRevision,
    HalfDone,
    HalfDoneStatement,
    HeadDistance,
    LoggedRun,
    NamedRevision,
    RecordedRun,
    SkippedRevision,
    UnknownRow,
    Unread,
    UnusedIndex,
)
from .runtime import history, lock
from .runtime.database_errors import first_line
from .runtime.journal import Journal
from .script import checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from .results import HistoryRow
    from .runtime.migration import MigrationContext
    from .script import ScriptDirectory

T = TypeVar("T")

AMISS = ("pending", "repeatables", "skipped", "edited", "unknown", "half_done", "invalid_indexes", "unread")
"""The keys that should be empty, but for files of which only the text was edited."""

RUNS = 5
"""Number of runs that are listed."""


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
    ran = parts.read("runs", lambda: read_history(context, connection)) or ()
    done = last_done(ran)
    edited = parts.read("edited", lambda: _edited(script, rows, done, _KeptScripts(context, connection))) or ()
    unknown = ahead.unknown(script, rows, done)
    heads, pending = _distances(script, rows, unknown)
    half_done = parts.read("half_done", lambda: _half_done(context, connection)) or ()
    indexes = parts.read("invalid_indexes", lambda: impl.invalid_indexes(connection)) or ()
    replaced = parts.read("repeatables", lambda: repeatables.pending(context)) or ()
    holder = parts.read("lock", lambda: _holder(context, connection))
    parts.unread += [Unread(file.path, file.problem) for file in script.broken]
    found = DatabaseStatus(
        database=url(context),
        server=f"{impl.product} {impl.server_version(connection)}".rstrip(),
        heads=heads,
        current=tuple(_named(script, row) for row in rows),
        pending=pending,
        has_history=bool(ran),
        skipped=tuple(_skipped(script, name) for name in script.skipped(rows, ran)),
        edited=edited,
        unknown=unknown,
        half_done=half_done,
        invalid_indexes=tuple(UnusedIndex(*index) for index in indexes),
        lock=holder,
        runs=_runs(ran)[:RUNS],
        unread=tuple(parts.unread),
        amiss=(),
        repeatables=tuple(each.result for each in replaced),
    )
    return replace(found, amiss=tuple(key for key in AMISS if any(map(_is_amiss, getattr(found, key)))))


def _is_amiss(entry: object) -> bool:
    """Whether a status should not have this entry of one of the keys `AMISS`."""
    return not (isinstance(entry, EditedRevision) and entry.differs == "text")


def read_history(context: MigrationContext, connection: Connection) -> tuple[HistoryRow, ...]:
    """The history of runs of the database of ``context``, oldest first; empty where none is kept."""
    return history.read(connection, version_table=context.version_table, schema=context.version_table_schema)


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
        except (SQLAlchemyError, CommandError, OSError, ValueError) as error:  # the last: values of other programs
            self.unread.append(Unread(part, first_line(error)))
            return None


def _named(script: ScriptDirectory, revision: str) -> NamedRevision:
    return NamedRevision(revision, None if script.unknown([revision]) else script.get_revision(revision).doc)


def _skipped(script: ScriptDirectory, revision: str) -> SkippedRevision:
    found = script.get_revision(revision)
    return SkippedRevision(revision, found.doc, found.path)


class _KeptScripts:
    """The texts that the history may keep of files as they ran; read when the first one is asked for.

    :param connection: where they are.
    """

    def __init__(self, context: MigrationContext, connection: Connection) -> None:
        self._context = context
        self._connection = connection

    def of(self, revision: str) -> bytes | None:
        """The text of a revision; None where it was not kept."""
        context = self._context
        found = history.scripts(
            self._connection, [revision], version_table=context.version_table, schema=context.version_table_schema
        )
        return found.get(revision)


def _edited(
    script: ScriptDirectory, rows: tuple[str, ...], done: Mapping[str, HistoryRow], kept: _KeptScripts
) -> tuple[EditedRevision, ...]:
    """The applied revisions whose files are not those that ran; a file that is gone cannot be edited.

    A squash is left out: what ran under its id may be the revision that it replaces.
    """
    graph = script.map_at(rows).graph
    applied = closure([row for row in rows if row in graph.nodes], graph.edges.downs)
    found = []
    for name in sorted(applied, key=graph.positions.__getitem__):
        ran = done.get(name)
        if (
            ran is None
            or graph.nodes[name].replaces
            or ran.kind != "script"
            or ran.direction != "upgrade"
            or ran.script_checksum is None
        ):
            continue
        file = script.get_revision(name)
        try:
            with open(file.path, "rb") as stream:
                source = stream.read()
        except FileNotFoundError:
            continue
        if checksums.of_text(source) != ran.script_checksum:
            differs = _what_differs(source, ran, kept)
            found.append(EditedRevision(name, file.doc, file.path, differs, ran.started))
    return tuple(found)


def _what_differs(source: bytes, ran: HistoryRow, kept: _KeptScripts) -> Literal["operations", "text", "unknown"]:
    before = ran.operations_checksum
    if before is None and ran.has_script and ran.revision is not None:
        text = kept.of(ran.revision)
        before = None if text is None else checksums.of_operations(text)
    if before is None:
        return "unknown"
    return "text" if checksums.of_operations(source) == before else "operations"


def _runs(ran: Sequence[HistoryRow]) -> tuple[RecordedRun, ...]:
    """The runs, the newest first."""
    runs = [LoggedRun.of(tuple(rows)) for _, rows in groupby(ran, key=lambda row: row.run)]
    return tuple(_recorded(run) for run in reversed(runs))


def _recorded(run: LoggedRun) -> RecordedRun:
    first, last = run.steps[0], run.steps[-1]
    return RecordedRun(
        run=run.run,
        kind=first.direction if first.kind == "script" else first.kind,
        revisions=tuple(row.revision for row in run.steps if row.revision is not None),
        state=run.state,
        started=run.started,
        seconds=run.seconds,
        user=run.user,
        host=run.host,
        application=run.application,
        error=last.error,
    )


def _distances(
    script: ScriptDirectory, rows: tuple[str, ...], unknown: tuple[UnknownRow, ...]
) -> tuple[tuple[HeadDistance, ...], tuple[NamedRevision, ...]]:
    """Each head with the number of steps to it, and the steps to all of them."""
    downs = script.map_at(rows).graph.edges.downs
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
