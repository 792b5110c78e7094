"""What a run will do, and plans that are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Kind, Result

if TYPE_CHECKING:
    from .reviews import LintFinding


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
    :param call: the call of the operation; null for a statement that was executed on a connection, and for an operation
        of a plugin that does not define it.
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
    :param sent: the statements that replaced it while it was tried; none where it was not.
    :param seconds: how long that took; null where it was not tried.
    """

    kind: str
    schema: str | None
    name: str
    state: str
    file: str | None
    line: int | None
    sent: tuple[SentStatement, ...] = ()
    seconds: float | None = None

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
