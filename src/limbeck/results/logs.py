"""The history of runs of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .result import Result


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of the history: what became of a step.

    :param run: id of the run, common to its steps.
    :param position: place in the history of this version table; it rises, whatever the clocks say.
    :param revision: id of the revision; null for a stamp of revisions that no file has.
    :param direction: ``"upgrade"`` where the revision came, ``"downgrade"`` where it went.
    :param kind: ``"script"`` where its function ran; ``"stamp"`` where only the version rows were changed; ``"found"``
        where another tool, such as Alembic, did it: the version rows were found changed; ``"object"`` where a
        repeatable object was replaced, whose kind and name are the message.
    :param state: ``"running"``, ``"done"``, ``"failed"`` or ``"interrupted"``.
    :param rows_before: ids in the version table before.
    :param rows_after: ids in it afterwards; those of before where the step is not done.
    :param started: UTC, as ``2026-11-29T12:00:00Z``; of ``"found"`` when it was found.
    :param seconds: duration; null where it is not known.
    :param user: account of the operating system; null where that is not known, as in the next three.
    :param host: name of the machine.
    :param application: what LIMBECK_APPLICATION says, or the job of a build server.
    :param tool: name and version of the program; null for ``"found"``.
    :param script_checksum: SHA-256 of the file, its lines ended by line feeds; null where there was none.
    :param operations_checksum: of what the file does, whatever its comments and formatting; null where it was not
        taken: in a run of more than twenty steps only the last twenty have it.
    :param statements: number of statements, without those that only read; null where it is not known.
    :param message: first paragraph of the revision's docstring; empty where none is known.
    :param down_revisions: ids of its parents and dependencies.
    :param error: kind and first line of the error; null where there was none.
    :param has_script: whether the text of the file is kept.
    """

    run: str
    position: int
    revision: str | None
    direction: Literal["upgrade", "downgrade"]
    kind: Literal["script", "stamp", "found", "object"]
    state: Literal["running", "done", "failed", "interrupted"]
    rows_before: tuple[str, ...]
    rows_after: tuple[str, ...]
    started: str | None
    seconds: float | None
    user: str | None
    host: str | None
    application: str | None
    tool: str | None
    script_checksum: str | None
    operations_checksum: str | None
    statements: int | None
    message: str
    down_revisions: tuple[str, ...]
    error: str | None
    has_script: bool


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run, as the history has it.

    :param run: its id.
    :param started: UTC, as ``2026-11-29T12:00:00Z``; of what another tool did when it was found.
    :param seconds: duration of its steps together; null where it is not known.
    :param state: that of its last step: ``"running"``, ``"done"``, ``"failed"`` or ``"interrupted"``.
    :param user: account of the operating system; null where that is not known, as in the next two.
    :param host: name of the machine.
    :param application: what LIMBECK_APPLICATION says, or the job of a build server.
    :param tool: name and version of the program; null for what another tool did.
    :param steps: its rows, in their order.
    """

    run: str
    started: str | None
    seconds: float | None
    state: Literal["running", "done", "failed", "interrupted"]
    user: str | None
    host: str | None
    application: str | None
    tool: str | None
    steps: tuple[HistoryRow, ...]

    @classmethod
    def of(cls, rows: tuple[HistoryRow, ...]) -> LoggedRun:
        """The run of ``rows``, all of one."""
        first, last = rows[0], rows[-1]
        known = [row.seconds for row in rows if row.seconds is not None]
        seconds = sum(known) if known else None
        who = (first.user, first.host, first.application, first.tool)
        return cls(first.run, first.started, seconds, last.state, *who, rows)


@dataclass(frozen=True, slots=True)
class DatabaseLog:
    """What ran on a database.

    :param database: its URL, the password hidden.
    :param runs: the runs, newest first.
    """

    database: str
    runs: tuple[LoggedRun, ...]


@dataclass(frozen=True, slots=True)
class LogResult(Result):
    """What ``history --log`` lists.

    :param databases: the databases of the environment.
    """

    schema = "limbeck.log"

    databases: tuple[DatabaseLog, ...]
