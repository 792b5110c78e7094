"""A history, what it does, and where databases are in it: all that a report shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from .graphs import GraphResult
    from .logs import LogResult
    from .plans import PlannedAction, PlannedUnknown, PlanResult
    from .reviews import LintFinding
    from .schemas import SchemasResult, TableDescription
    from .states import StatusResult, Unread


@dataclass(frozen=True, slots=True)
class RevisionSource:
    """The file of a revision.

    :param revision: its id.
    :param text: what the file says.
    """

    revision: str
    text: str


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table that a revision touches.

    :param before: the table as the revision finds it; null where the revision makes it.
    :param after: the table as the revision leaves it; null where the revision drops it.
    """

    before: TableDescription | None
    after: TableDescription | None


@dataclass(frozen=True, slots=True)
class ActionSql:
    """The SQL that an operation becomes on another database.

    :param sql: its statements; empty where there are none.
    :param refused: why that database cannot have it; null where it can.
    """

    sql: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class SqlElsewhere:
    """What a revision does, as SQL of another dialect.

    :param dialect: its name.
    :param upgrade: the SQL of each operation of ``upgrade()``, in order.
    :param downgrade: likewise.
    """

    dialect: str
    upgrade: tuple[ActionSql, ...]
    downgrade: tuple[ActionSql, ...]


@dataclass(frozen=True, slots=True)
class RehearsedRevision:
    """What a revision does to a database that the history has made from an empty one.

    :param revision: its id.
    :param upgrade: what its ``upgrade()`` does, in order.
    :param downgrade: what its ``downgrade()`` does, in order.
    :param unknown: what of its ``upgrade()`` only the run will tell.
    :param findings: what a review finds in it.
    :param tables: the tables that it changes, by name; none where the history could not be run up to there.
    :param elsewhere: its SQL in other dialects, those that were asked for.
    """

    revision: str
    upgrade: tuple[PlannedAction, ...]
    downgrade: tuple[PlannedAction, ...]
    unknown: tuple[PlannedUnknown, ...]
    findings: tuple[LintFinding, ...]
    tables: tuple[TableChange, ...]
    elsewhere: tuple[SqlElsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class RehearsedHistory:
    """What the history does to a database that was empty.

    :param database: URL of the database that it is for, the password hidden.
    :param dialect: name of its dialect.
    :param revisions: what each revision does, ancestors first.
    """

    database: str
    dialect: str
    revisions: tuple[RehearsedRevision, ...]


@dataclass(frozen=True, slots=True)
class ReportResult(Result):
    """What ``report`` shows.

    :param title: name of the project: that of the folder of its configuration.
    :param made: when the report was made, in UTC, as ``2026-11-29T12:00:00Z``.
    :param graph: the history as a picture; its revisions with docstring, author and date.
    :param sources: the file of each revision.
    :param histories: what the history does, a database each, in env.py's order.
    :param schemas: the schema that the history makes; where databases were asked, also the one that they have.
    :param plan: what an upgrade to the heads will do; null where no database was asked, as in the two that follow.
    :param status: the state of the databases.
    :param log: what ran on them.
    :param unread: what could not be found out, and why.
    """

    schema = "limbeck.report"

    title: str
    made: str
    graph: GraphResult
    sources: tuple[RevisionSource, ...]
    histories: tuple[RehearsedHistory, ...]
    schemas: tuple[SchemasResult, ...]
    plan: PlanResult | None
    status: StatusResult | None
    log: LogResult | None
    unread: tuple[Unread, ...]
