"""Results: what commands find and do, as frozen values.

`Migrator` returns them, and ``--json`` writes them. A result names the JSON Schema of its document (``docs/schemas``)
and the version of that schema: a new key leaves it as it is; one that is removed or changes its meaning raises it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

    from .descriptions import GraphDatabase, GraphLine, SchemaDescription
    from .findings import Finding, HistoryCheck, HistoryFinding, LintFinding, NotFixed, Severity

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

Kind = Literal["upgrade", "downgrade", "stamp"]

_OUTSIDE_TABLES = ("_enum", "_enum_value", "_enum_values", "_domain", "_sequence")
"""Endings of the kinds whose diff tuple has the name of an object where that of the other kinds has a table."""

_OBJECTS = frozenset(
    f"{verb}_{kind}"
    for verb in ("add", "remove", "modify")
    for kind in (
        *("view", "materialized_view", "function", "procedure", "trigger"),
        *("policy", "row_security", "rule", "aggregate", "composite_type", "partition"),
        *("schema", "extension", "default_privileges", "grant", "event_trigger", "event", "virtual_table"),
    )
)
"""The kinds of objects that are no tables, whose diff tuple has their name in that place too."""


@dataclass(frozen=True, slots=True)
class Result:
    """What every result has."""

    schema: ClassVar[str]
    """Name of the JSON Schema."""
    version: ClassVar[int] = 1
    """Version of the JSON Schema."""

    def as_json(self) -> dict[str, Json]:
        """The JSON document, as dicts, lists and scalars: ``schema``, ``version``, then the fields of the result."""
        return {"schema": self.schema, "version": self.version, **_object(self)}


# --- revisions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision.

    :param revision: its id.
    :param down_revisions: ids of its parents.
    :param depends_on: what it depends on, as its file names it.
    :param branch_labels: its labels, those inherited along its branch included.
    :param doc: first paragraph of its docstring.
    :param path: path of its file.
    :param is_head: whether no revision follows it.
    :param is_current: whether the database is at it; null where no database was asked.
    :param is_effective_head: whether it is a head that another revision depends on.
    :param is_branch_point: whether several revisions follow it.
    :param is_merge_point: whether it has several parents.
    :param children: ids of the revisions that follow it.
    :param longdoc: its whole docstring; null where it was not asked for.
    :param date: when it was made, as its file says, else when it was committed; null where neither is known, and where
        it was not asked for.
    :param author: who committed its file first; null where git does not know it, and where it was not asked for.
    """

    revision: str
    down_revisions: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    doc: str
    path: str
    is_head: bool
    is_current: bool | None = None
    is_effective_head: bool = False
    is_branch_point: bool = False
    is_merge_point: bool = False
    children: tuple[str, ...] = ()
    longdoc: str | None = None
    date: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class RevisionsResult(Result):
    """What ``heads``, ``history`` and ``show`` list: a sequence of revisions.

    :param revisions: the revisions, in the order in which the command lists them.
    """

    schema = "limbeck.revisions"

    revisions: tuple[RevisionEntry, ...]

    def __iter__(self) -> Iterator[RevisionEntry]:
        return iter(self.revisions)

    def __len__(self) -> int:
        return len(self.revisions)

    def __getitem__(self, position: int) -> RevisionEntry:
        return self.revisions[position]


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """A revision that several revisions follow.

    :param revision: the revision.
    :param branches: the revisions that follow it, by id.
    """

    revision: RevisionEntry
    branches: tuple[RevisionEntry, ...]


@dataclass(frozen=True, slots=True)
class BranchesResult(Result):
    """What ``branches`` lists.

    :param branch_points: the branch points, newest first.
    """

    schema = "limbeck.branches"

    branch_points: tuple[BranchPoint, ...]


@dataclass(frozen=True, slots=True)
class WrittenResult(Result):
    """A revision file that was written.

    :param revision: id of the revision.
    :param path: path of its file.
    """

    schema = "limbeck.written"

    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class ScriptsResult(Result):
    """What ``revision`` and ``merge`` write.

    :param scripts: the revision files; none where there was nothing to write.
    """

    schema = "limbeck.scripts"

    scripts: tuple[WrittenResult, ...]


# --- pictures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GraphRow:
    """A revision in a picture of the history.

    :param revision: the revision.
    :param lane: the lane in which it stands, counted from 0.
    :param lines: the lines to its parents and dependencies, as far as these are in the picture.
    :param labels: the branch labels that its own file declares.
    :param applied_to: URLs of the databases that have it, passwords hidden; null where no database was asked.
    """

    revision: RevisionEntry
    lane: int
    lines: tuple[GraphLine, ...]
    labels: tuple[str, ...]
    applied_to: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class GraphResult(Result):
    """What ``graph`` shows: the history as a picture.

    :param rows: the revisions from the newest down, each above all that it needs.
    :param databases: the databases that were asked what is applied; none where that was not wanted.
    """

    schema = "limbeck.graph"

    rows: tuple[GraphRow, ...]
    databases: tuple[GraphDatabase, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemasResult(Result):
    """What ``schema`` shows.

    :param source: ``"database"``, ``"models"``, or the revision at which the schema is shown.
    :param databases: the schemas, a database each, in env.py's order.
    """

    schema = "limbeck.schemas"

    source: str
    databases: tuple[SchemaDescription, ...]


# --- a database -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Current(Result):
    """Where a database is.

    :param rows: ids in its version table.
    :param unknown: those of them that no revision file has.
    :param is_at_heads: whether the rows are exactly the heads.
    :param revisions: the heads of what is applied, dependencies included, by id.
    :param database: URL of the database, its password hidden.
    """

    schema = "limbeck.database"

    rows: tuple[str, ...]
    unknown: tuple[str, ...]
    is_at_heads: bool
    revisions: tuple[RevisionEntry, ...]
    database: str


@dataclass(frozen=True, slots=True)
class CurrentResult(Result):
    """What ``current`` finds.

    :param databases: the databases that env.py configures, in its order.
    """

    schema = "limbeck.current"

    databases: tuple[Current, ...]


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step of a run.

    :param kind: ``"upgrade"``, ``"downgrade"`` or ``"stamp"``.
    :param revision: id of the revision that runs; null for a stamp.
    :param from_revisions: what the log has left of the arrow: of an upgrade the parents of the revision, of a downgrade
        the revision itself, of a stamp the version rows that it replaces.
    :param to_revisions: what the log has right of the arrow: of an upgrade the revision itself, of a downgrade its
        parents, of a stamp the version rows that it writes.
    :param doc: first paragraph of the revision's docstring; null for a stamp.
    """

    kind: Kind
    revision: str | None
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class RunResult(Result):
    """An upgrade, a downgrade or a stamp of a database: done, or planned.

    :param kind: ``"upgrade"``, ``"downgrade"`` or ``"stamp"``.
    :param start: ids in the version table before.
    :param steps: the steps, in their order.
    :param end: ids in the version table after.
    :param database: URL of the database, its password hidden; null where it was only planned.
    """

    schema = "limbeck.run"

    kind: Kind
    start: tuple[str, ...]
    steps: tuple[StepResult, ...]
    end: tuple[str, ...]
    database: str | None = None


@dataclass(frozen=True, slots=True)
class RunsResult(Result):
    """What ``upgrade``, ``downgrade`` and ``stamp`` do.

    :param runs: the runs, one for each database that env.py configures, in its order.
    """

    schema = "limbeck.runs"

    runs: tuple[RunResult, ...]


# --- a plan ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlannedLock:
    """A lock that a statement will take on a table.

    :param table: the table.
    :param mode: the database's own name of the lock, such as ``"ACCESS EXCLUSIVE"`` or
        ``"ALGORITHM=COPY, LOCK=SHARED"``.
    :param blocks: what other sessions wait for meanwhile: ``"reads and writes"``, ``"writes"``, ``"schema changes"`` or
        ``"nothing"``.
    :param rewrites: whether the table is, or may be, written anew.
    :param scans: whether all its rows are read.
    """

    table: str
    mode: str
    blocks: str
    rewrites: bool
    scans: bool


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """Something that a script will do: an operation, or a statement of its own.

    :param text: what it does, in words.
    :param call: the call of the operation; null for a statement that was executed on a connection.
    :param file: the file that has the call.
    :param line: its line.
    :param sql: the statements that it becomes; those of a batch are at its last operation.
    :param locks: the locks that these take.
    :param in_transaction: whether they run in a transaction.
    """

    text: str
    call: str | None
    file: str | None
    line: int | None
    sql: tuple[str, ...]
    locks: tuple[PlannedLock, ...]
    in_transaction: bool


@dataclass(frozen=True, slots=True)
class PlannedUnknown:
    """Something that only the run will tell.

    :param what: what the script does there.
    :param file: its file.
    :param line: the line.
    :param ends: whether nothing is known of the rest of the step.
    """

    what: str
    file: str | None
    line: int | None
    ends: bool


@dataclass(frozen=True, slots=True)
class Loss:
    """What a step deletes for good.

    :param table: the table.
    :param schema: its schema; null for the default one.
    :param column: the column; null where the whole table is dropped or emptied.
    :param rows: number of rows of the table now.
    :param values: number of values that are lost and are not NULL; null for a table.
    """

    table: str
    schema: str | None
    column: str | None
    rows: int
    values: int | None

    @property
    def count(self) -> int:
        """How many rows or values are lost: none of an empty table, or of a column that is NULL in all rows."""
        return self.rows if self.values is None else self.values


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A table that a plan touches.

    :param name: the table, with its schema where a statement names it.
    :param rows: number of rows now.
    :param bytes: its size with indexes; null where the database does not tell.
    :param is_estimate: whether the number of rows is what the database last estimated.
    """

    name: str
    rows: int
    bytes: int | None
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class SentStatement:
    """A statement that a step sent while it was tried, or the same one several times in a row.

    :param sql: the statement, with the placeholders of its values.
    :param times: how often it was sent, each set of values counted.
    :param rows: how many rows it concerned; null where the driver does not tell.
    """

    sql: str
    times: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step of a plan, rehearsed.

    :param kind: ``"upgrade"`` or ``"downgrade"``.
    :param revision: id of the revision that runs.
    :param from_revisions: what the log will have left of the arrow.
    :param to_revisions: what it will have right of it.
    :param doc: first paragraph of the revision's docstring.
    :param branch_labels: its labels.
    :param author: who added the file to its git repository; null where that is not known.
    :param path: path of its file.
    :param actions: what the script will do, in order.
    :param unknown: what only the run will tell.
    :param raises: what the script raises before it has done anything, or that it says to be irreversible on a way down;
        null where neither holds.
    :param losses: what is deleted for good.
    :param way_back: of an upgrade, whether it can be taken back: ``"there"``, ``"without rows"`` where the downgrade
        brings back what was dropped without its rows, ``"empty"``, ``"raises"``, ``"irreversible"`` or ``"missing"``;
        null for a downgrade.
    :param rows_before: ids in the version table before.
    :param rows_after: ids in it after.
    :param findings: what a review finds in its revision; null where it was not reviewed.
    :param sent: the statements that it sent while it was tried; none where it was not.
    :param seconds: how long that took; null where it was not tried.
    """

    kind: Kind
    revision: str
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    doc: str
    branch_labels: tuple[str, ...]
    author: str | None
    path: str
    actions: tuple[PlannedAction, ...]
    unknown: tuple[PlannedUnknown, ...]
    raises: str | None
    losses: tuple[Loss, ...]
    way_back: str | None
    rows_before: tuple[str, ...]
    rows_after: tuple[str, ...]
    findings: tuple[LintFinding, ...] | None = None
    sent: tuple[SentStatement, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RepeatableObject:
    """A repeatable object that the next upgrade to the heads replaces.

    :param kind: its kind, such as ``"view"``.
    :param schema: its schema; null for the default one.
    :param name: its name.
    :param state: ``"new"`` where no run has created it, ``"changed"`` where it has another text.
    :param file: where it is declared; null where that is not known, as in the next.
    :param line: the line.
    """

    kind: str
    schema: str | None
    name: str
    state: str
    file: str | None
    line: int | None

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {'.'.join(filter(None, (self.schema, self.name)))}"


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What a run on one database will do.

    :param database: URL of the database, its password hidden.
    :param dialect: name of its dialect.
    :param kind: ``"upgrade"`` or ``"downgrade"``.
    :param start: ids in the version table before.
    :param end: ids in it after.
    :param one_transaction: whether one transaction holds the whole run.
    :param transactional_ddl: whether DDL is undone where a step fails.
    :param steps: the steps, in order.
    :param tables: the tables that they touch and that are there now.
    :param repeatables: the repeatable objects that are replaced after the steps.
    """

    database: str
    dialect: str
    kind: Kind
    start: tuple[str, ...]
    end: tuple[str, ...]
    one_transaction: bool
    transactional_ddl: bool
    steps: tuple[PlannedStep, ...]
    tables: tuple[PlannedTable, ...]
    repeatables: tuple[RepeatableObject, ...] = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What all steps delete for good."""
        return tuple(loss for step in self.steps for loss in step.losses)

    @property
    def findings(self) -> tuple[LintFinding, ...] | None:
        """What a review finds in all steps; None where none of them was reviewed."""
        reviewed = [step.findings for step in self.steps if step.findings is not None]
        return tuple(finding for findings in reviewed for finding in findings) if reviewed else None


@dataclass(frozen=True, slots=True)
class PlanResult(Result):
    """What ``plan`` finds.

    :param target: the target that was asked for.
    :param runs: what a run will do, a database each, in env.py's order.
    :param tried: how the steps were tried: ``"rolled back"`` or ``"scratch"``; null where they were not.
    """

    schema = "limbeck.plan"

    target: str
    runs: tuple[PlannedRun, ...]
    tried: str | None = None


@dataclass(frozen=True, slots=True)
class SavedScript:
    """A script of a plan that is kept.

    :param revision: id of the revision.
    :param checksum: SHA-256 of its file, whatever ends its lines.
    """

    revision: str
    checksum: str


@dataclass(frozen=True, slots=True)
class SavedTable:
    """A table that a plan touches, as it was.

    :param table: its name.
    :param schema: its schema; null for the default one.
    :param is_there: whether there was such a table.
    :param facts: its columns, keys, constraints and indexes, a text each.
    """

    table: str
    schema: str | None
    is_there: bool
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a plan for one database depends on.

    :param scripts: the scripts of its steps, in order.
    :param tables: the tables that it touches.
    """

    scripts: tuple[SavedScript, ...]
    tables: tuple[SavedTable, ...]


@dataclass(frozen=True, slots=True)
class PlanFileResult(Result):
    """A plan that is kept, for ``upgrade --plan`` and ``downgrade --plan``.

    :param limbeck: version of Limbeck that made it.
    :param made: when, in UTC, as ISO 8601.
    :param plan: the plan.
    :param fingerprints: what the plan of each of its databases depends on.
    :param checksum: SHA-256 of the rest of the document.
    """

    schema = "limbeck.plan-file"

    limbeck: str
    made: str
    plan: PlanResult
    fingerprints: tuple[Fingerprint, ...]
    checksum: str


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


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between the models and a database.

    :param kind: what an upgrade would do, such as ``"add_column"``: the first item of the diff tuple.
    :param schema: name of the database schema; null for the default one.
    :param table: name of the table; null for an object outside tables.
    :param name: name of the column, constraint, index or other object; null for a table, and for an unnamed object.
    :param text: the diff tuple as text.
    :param diff: the diff tuple itself; not part of the JSON document.
    """

    kind: str
    schema: str | None
    table: str | None
    name: str | None
    text: str
    diff: object = field(metadata={"json": False})

    @classmethod
    def of(cls, diff: object) -> Difference:
        """A diff tuple, described; one of a form that only a plugin knows by its first item alone."""
        schema: str | None = None
        table: str | None = None
        name: object = None
        match diff:
            case (str(kind), str() | None as schema, str(name), *_) if (
                kind.endswith(_OUTSIDE_TABLES) or kind in _OBJECTS
            ):
                pass
            case (str(kind), str() | None as schema, str(table), inner, *_):
                name = inner if isinstance(inner, str) else getattr(inner, "name", None)
            case (str(kind), outer, *_) if kind.endswith(("_table", "_table_comment")):
                schema, table = getattr(outer, "schema", None), getattr(outer, "name", None)
            case (str(kind), inner, *_):
                owner = getattr(inner, "table", None)
                schema, table = getattr(inner if owner is None else owner, "schema", None), getattr(owner, "name", None)
                name = getattr(inner, "name", None)
            case _:
                kind = type(diff).__name__
        return cls(kind, schema, table, name if isinstance(name, str) else None, repr(diff), diff)


@dataclass(frozen=True, slots=True)
class CheckResult(Result):
    """What ``check`` finds.

    :param differences: what an autogenerated revision would change.
    :param repeatables: the repeatable objects that the next upgrade to the heads replaces.
    """

    schema = "limbeck.check"

    differences: tuple[Difference, ...]
    repeatables: tuple[RepeatableObject, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not self.differences and not self.repeatables


# --- the state of a database ----------------------------------------------------------------------------------------


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


# --- care for a history -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RebasedRevision:
    """A revision that is put on top of another.

    :param revision: its id.
    :param doc: the first paragraph of its docstring.
    :param before: ids of its parents as they were.
    :param after: ids of its parents then.
    :param path: its file.
    :param new_path: its file then, whose name may say when it was made.
    """

    revision: str
    doc: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    path: str
    new_path: str


@dataclass(frozen=True, slots=True)
class RebaseResult(Result):
    """What ``rebase`` moves.

    :param onto: the branch or commit of git.
    :param revisions: the revisions, ancestors first.
    :param heads: ids of the heads afterwards.
    :param files: paths of all files that are written, renamed or deleted.
    """

    schema = "limbeck.rebase"

    onto: str
    revisions: tuple[RebasedRevision, ...]
    heads: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SquashResult(Result):
    """What ``squash`` writes.

    :param revision: id of the squash, that of the last revision which it stands for.
    :param down_revisions: ids of its parents.
    :param replaces: ids of the revisions that it stands for, oldest first, its own last.
    :param path: its file.
    :param source: what that holds.
    :param files: paths of all files that are written, moved or removed.
    """

    schema = "limbeck.squash"

    revision: str
    down_revisions: tuple[str, ...]
    replaces: tuple[str, ...]
    path: str
    source: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DroppedResult(Result):
    """What ``squash --drop-replaced`` removes.

    :param squashes: ids of the squashes, which are revisions like any other then.
    :param replaced: ids of the revisions that are removed.
    :param databases: URLs of the databases that were asked where they stand, passwords hidden.
    :param files: paths of the files that are removed.
    """

    schema = "limbeck.dropped"

    squashes: tuple[str, ...]
    replaced: tuple[str, ...]
    databases: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClashingAction:
    """What one of two revisions does to an object that both touch.

    :param revision: its id.
    :param doc: the first paragraph of its docstring.
    :param text: what it does, in a few words.
    :param file: the file that says so; null where it is not known.
    :param line: the line of that file.
    """

    revision: str
    doc: str
    text: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Clash:
    """An object that revisions of two sides both touch, so that their order makes a difference.

    :param table: the table; null for what belongs to none, as a function.
    :param part: what of it, as ``column name``, ``index ix_name`` or ``rows``; null: all of it.
    :param sides: what the two revisions do to it.
    """

    table: str | None
    part: str | None
    sides: tuple[ClashingAction, ClashingAction]


@dataclass(frozen=True, slots=True)
class MergeResult(Result):
    """What ``merge --auto`` finds and writes.

    :param heads: ids of the heads.
    :param clashes: what revisions of two sides both touch.
    :param unknown: where it cannot be known what a revision does.
    :param differs: what comes out otherwise where the sides run in another order, a line each.
    :param written: the revision that merges them; null where they are not merged.
    """

    schema = "limbeck.merge"

    heads: tuple[str, ...]
    clashes: tuple[Clash, ...]
    unknown: tuple[PlannedUnknown, ...]
    differs: tuple[str, ...]
    written: WrittenResult | None


@dataclass(frozen=True, slots=True)
class PruneResult(Result):
    """What ``prune`` removes.

    :param revision: id of the revision that becomes a base.
    :param removed: ids of the revisions below it, which are removed, oldest first.
    :param databases: URLs of the databases that were asked where they stand, passwords hidden.
    :param path: the file of the new base.
    :param files: paths of the files that are removed.
    """

    schema = "limbeck.prune"

    revision: str
    removed: tuple[str, ...]
    databases: tuple[str, ...]
    path: str
    files: tuple[str, ...]


# --- an environment -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Template:
    """A template of ``init``.

    :param name: what ``--template`` takes.
    :param about: first line of its README.
    """

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class TemplatesResult(Result):
    """What ``list_templates`` lists.

    :param templates: the templates, by name.
    """

    schema = "limbeck.templates"

    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class DoctorResult(Result):
    """What ``doctor`` finds.

    :param findings: the findings, the most severe first.
    """

    schema = "limbeck.doctor"

    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        """The number of findings of ``severity``."""
        return sum(finding.severity == severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class HistoryTestResult(Result):
    """What ``test`` finds.

    :param revisions: ids of the revisions that were checked, parents first.
    :param checks: the checks, in the order in which they were carried out.
    """

    schema = "limbeck.test"

    revisions: tuple[str, ...]
    checks: tuple[HistoryCheck, ...]

    @property
    def findings(self) -> tuple[HistoryFinding, ...]:
        """What all checks find."""
        return tuple(finding for check in self.checks for finding in check.findings)

    @property
    def failed(self) -> tuple[HistoryCheck, ...]:
        """The checks that find something, or that the history keeps from being carried out."""
        return tuple(check for check in self.checks if check.findings or check.is_blocked)


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A revision file that ``--fix`` writes.

    :param file: path of the file.
    :param revision: id of the revision.
    :param is_new: whether the file is new.
    :param diff: what changes, as a unified diff.
    """

    file: str
    revision: str
    is_new: bool
    diff: str


@dataclass(frozen=True, slots=True)
class Fixes:
    """What ``lint --fix`` does.

    :param written: whether the files were written; else they would be.
    :param files: the files, parents first.
    :param left: what is left as it is.
    """

    written: bool
    files: tuple[FixedFile, ...]
    left: tuple[NotFixed, ...]


@dataclass(frozen=True, slots=True)
class ObservedLock:
    """A lock on a table that a transaction had when a statement had ended.

    :param table: the table.
    :param mode: the database's own name of the lock, as in a plan.
    :param is_new: whether this statement took it, and not one before it.
    """

    table: str
    mode: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class ObservedStatement:
    """What a statement did on a scratch database.

    :param revision: id of the revision.
    :param file: path of the file that has the call; null where that is not known.
    :param line: line in it; null likewise.
    :param sql: the statement.
    :param seconds: how long it took.
    :param locks: the locks on tables that its transaction had then, the strongest first.
    :param rewritten: the tables that it wrote anew.
    :param read: the tables whose rows it read, all of them.
    :param error: why it failed; null where it did not.
    """

    revision: str
    file: str | None
    line: int | None
    sql: str
    seconds: float
    locks: tuple[ObservedLock, ...]
    rewritten: tuple[str, ...]
    read: tuple[str, ...]
    error: str | None

    def in_words(self) -> str:
        """What it did: ``ACCESS EXCLUSIVE on account, account written anew, 3 ms``."""
        if self.error is not None:
            return f"failed: {self.error}"
        locks = [f"{lock.mode} on {lock.table}" for lock in self.locks if lock.is_new]
        held = {
            lock.table: f"{lock.mode} on {lock.table} from before" for lock in reversed(self.locks) if not lock.is_new
        }
        read = [f"{table} read" for table in self.read if table not in self.rewritten]
        rewritten = [f"{table} written anew" for table in self.rewritten]
        return ", ".join([*locks, *reversed(held.values()), *read, *rewritten, f"{self.seconds * 1000:,.0f} ms"])


@dataclass(frozen=True, slots=True)
class LintResult(Result):
    """What ``lint`` finds.

    :param revisions: ids of the revisions that were reviewed, ancestors first.
    :param fail_on: findings as bad as this, or worse, fail the command.
    :param findings: the findings, by revision and line; with ``--fix`` those that there are once it is written.
    :param fixes: what ``--fix`` writes; null without it.
    :param observed: the statements that locked, read or rewrote tables on a scratch database; null where none was used.
    """

    schema = "limbeck.lint"

    revisions: tuple[str, ...]
    fail_on: Severity
    findings: tuple[LintFinding, ...]
    fixes: Fixes | None = None
    observed: tuple[ObservedStatement, ...] | None = None

    @property
    def failing(self) -> tuple[LintFinding, ...]:
        """The findings that fail the command."""
        from .findings import SEVERITIES

        worst = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in worst)

    def count(self, severity: Severity) -> int:
        """The number of findings of ``severity``."""
        return sum(finding.severity == severity for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ExplanationResult(Result):
    """What ``explain`` says of a code.

    :param code: the code of an error or a warning.
    :param meaning: what it says.
    :param cause: how it comes about.
    :param way_out: what to do.
    """

    schema = "limbeck.explanation"

    code: str
    meaning: str
    cause: str
    way_out: str


@dataclass(frozen=True, slots=True)
class ErrorResult(Result):
    """An error: what a command with ``--json`` writes instead of its result.

    :param code: kebab-case name of the error; it does not change between releases.
    :param message: the fact, in one sentence.
    :param hint: what to do, in one sentence; null where nothing is known.
    :param file: path of the file concerned; null where there is none.
    :param line: line in that file, counted from 1; null where none is known.
    :param notes: what is to be known besides, such as the step that failed.
    :param exit_code: exit code of the process.
    """

    schema = "limbeck.error"

    code: str
    message: str
    hint: str | None
    file: str | None
    line: int | None
    notes: tuple[str, ...]
    exit_code: int


def _object(value: DataclassInstance) -> dict[str, Json]:
    """The fields of a dataclass, without those that are not part of the JSON document."""
    shown = (one.name for one in fields(value) if one.metadata.get("json", True))
    return {name: _json(getattr(value, name)) for name in shown}


def _json(value: object) -> Json:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    return cast("Json", value)
