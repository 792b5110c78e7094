"""The state of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .result import Result

if TYPE_CHECKING:
    from .plans import RepeatableObject


@dataclass(frozen=True, slots=True)
class NamedRevision:
    """A revision by its id and message.

    :param revision: its id.
    :param doc: first paragraph of its docstring; null where this checkout does not have it.
    """

    revision: str
    doc: str | None


@dataclass(frozen=True, slots=True)
class HeadDistance:
    """A head, and how far a database is from it.

    :param revision: its id.
    :param doc: first paragraph of its docstring.
    :param behind: number of steps to it; 0 where it is applied, null where rows of the database are unknown, and
        nothing tells what they follow.
    """

    revision: str
    doc: str
    behind: int | None


@dataclass(frozen=True, slots=True)
class SkippedRevision:
    """A revision below what is applied that never ran on this database: it came in between later.

    :param revision: its id.
    :param doc: first paragraph of its docstring.
    :param path: path of its file.
    """

    revision: str
    doc: str
    path: str


@dataclass(frozen=True, slots=True)
class EditedRevision:
    """An applied revision whose file is no longer the one that ran.

    :param revision: its id.
    :param doc: first paragraph of its docstring.
    :param path: path of its file.
    :param differs: ``"operations"``; ``"text"`` where both files do the same; ``"unknown"`` where the history does not
        know what the one that ran did.
    :param ran: when it ran, in UTC, as ``2026-11-29T12:00:00Z``; null where the history does not know.
    """

    revision: str
    doc: str
    path: str
    differs: Literal["operations", "text", "unknown"]
    ran: str | None


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """An id in the version table that no revision file has; all but the id is what the history of runs knows.

    :param revision: the id.
    :param doc: the message that the revision had; null where the history does not know it.
    :param ran: when it was applied, in UTC, as ``2026-11-29T12:00:00Z``; null likewise.
    :param user: who applied it; null likewise.
    :param host: the machine from which; null likewise.
    :param application: the application that did; null likewise.
    :param ancestors: the newest revisions of the scripts that it was applied on top of.
    """

    revision: str
    doc: str | None = None
    ran: str | None = None
    user: str | None = None
    host: str | None = None
    application: str | None = None
    ancestors: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """Who applied it, to be put behind when; empty where that is not known."""
        return _who(self.user, self.host, self.application)

    @property
    def told(self) -> str:
        """The row in a line, with what the history knows of it."""
        parts = [self.revision]
        parts += [self.doc] if self.doc is not None else []
        parts += [f"applied {self.ran}{self.who}"] if self.ran else []
        parts += [f"above {' and '.join(self.ancestors)}"] if self.ancestors else []
        return ", ".join(parts) + ": no file has this id"


def _who(user: str | None, host: str | None, application: str | None) -> str:
    """Who it was, as far as it is known, as `` by ada from build-7``."""
    known = (("by", user), ("from", host), ("with", application))
    return "".join(f" {word} {name}" for word, name in known if name)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run, by its rows in the history.

    :param run: its id.
    :param kind: ``"upgrade"``, ``"downgrade"``, ``"stamp"``, or ``"found"`` where others have changed the version rows.
    :param revisions: ids of the revisions of its steps, in their order.
    :param state: ``"done"``, or what its last step is: ``"running"``, ``"failed"`` or ``"interrupted"``.
    :param started: UTC, as ``2026-11-29T12:00:00Z``; null where that is not known, as in all that follow.
    :param seconds: duration of its steps.
    :param user: account of the operating system.
    :param host: name of the machine.
    :param application: what LIMBECK_APPLICATION says, or the job of a build server.
    :param error: kind and first line of the error; null where there was none.
    """

    run: str
    kind: Literal["upgrade", "downgrade", "stamp", "found", "object"]
    revisions: tuple[str, ...]
    state: str
    started: str | None
    seconds: float | None
    user: str | None
    host: str | None
    application: str | None
    error: str | None

    @property
    def who(self) -> str:
        """Who it was, to be put behind when; empty where that is not known."""
        return _who(self.user, self.host, self.application)


@dataclass(frozen=True, slots=True)
class HalfDoneStatement:
    """A statement of a revision that was begun and has not ended.

    :param number: its number in the revision, counted from 1 without statements that only read.
    :param state: ``"sent"``, ``"committed"``, or ``"failed"`` where the server refused it.
    :param statement: its text, as far as the journal keeps it.
    """

    number: int
    state: str
    statement: str


@dataclass(frozen=True, slots=True)
class HalfDone:
    """A revision that was begun and has not ended, where statements commit by themselves.

    :param revision: its id.
    :param direction: ``"upgrade"`` or ``"downgrade"``.
    :param statements: what the journal has of its statements; none where at most the first one was sent.
    """

    revision: str
    direction: str
    statements: tuple[HalfDoneStatement, ...]


@dataclass(frozen=True, slots=True)
class UnusedIndex:
    """An index that the database keeps but does not use, since its concurrent build has failed.

    :param schema: name of its schema.
    :param table: name of its table.
    :param name: its name.
    """

    schema: str
    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a status that could not be read.

    :param part: the part: a key of the status, or the path of a revision file.
    :param reason: what stood in the way.
    """

    part: str
    reason: str


@dataclass(frozen=True, slots=True)
class DatabaseStatus(Result):
    """The state of a database.

    :param database: URL of the database, its password hidden.
    :param server: product and version of the database.
    :param heads: the heads of the scripts, each with the number of steps to it.
    :param current: ids in its version table.
    :param pending: the revisions that an upgrade to all heads would run, in their order.
    :param has_history: whether the database has a history of runs; nothing else tells what was skipped or edited.
    :param skipped: revisions below what is applied that never ran here.
    :param edited: applied revisions whose files are no longer those that ran.
    :param unknown: ids in the version table that no revision file has.
    :param half_done: revisions that were begun and have not ended; while a run is at work, those that it is at.
    :param invalid_indexes: indexes that the database keeps but does not use.
    :param lock: who holds the run lock; null where it is free.
    :param runs: the last five runs, the newest first.
    :param unread: what could not be read.
    :param amiss: the keys of this document that hold what should not be.
    :param repeatables: the repeatable objects that the next upgrade to the heads replaces.
    """

    schema = "limbeck.database-status"

    database: str
    server: str
    heads: tuple[HeadDistance, ...]
    current: tuple[NamedRevision, ...]
    pending: tuple[NamedRevision, ...]
    has_history: bool
    skipped: tuple[SkippedRevision, ...]
    edited: tuple[EditedRevision, ...]
    unknown: tuple[UnknownRow, ...]
    half_done: tuple[HalfDone, ...]
    invalid_indexes: tuple[UnusedIndex, ...]
    lock: str | None
    runs: tuple[RecordedRun, ...]
    unread: tuple[Unread, ...]
    amiss: tuple[str, ...]
    repeatables: tuple[RepeatableObject, ...] = ()

    @property
    def is_at_heads(self) -> bool:
        """Whether all that the scripts have is applied, and nothing else."""
        return not self.pending and not self.unknown


@dataclass(frozen=True, slots=True)
class StatusResult(Result):
    """What ``status`` finds.

    :param databases: the databases that env.py configures, in its order.
    """

    schema = "limbeck.status"

    databases: tuple[DatabaseStatus, ...]
