"""What a review of revisions finds, fixes and observes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result import Result

if TYPE_CHECKING:
    from limbeck.findings import Severity


@dataclass(frozen=True, slots=True)
class LintFinding:
    """Something that a rule finds in a revision.

    :param rule: kebab-case name of the rule; it does not change between releases.
    :param severity: ``"error"``, ``"warning"`` or ``"info"``.
    :param file: path of the file.
    :param line: line in it, counted from 1; null where the finding is about the whole revision.
    :param revision: id of the revision.
    :param message: the fact, and why it matters.
    :param safe: the code to write instead; null where there is none to give.
    :param fixable: whether ``--fix`` writes it.
    """

    rule: str
    severity: Severity
    file: str
    line: int | None
    revision: str
    message: str
    safe: str | None
    fixable: bool


@dataclass(frozen=True, slots=True)
class NotFixed:
    """A finding that ``--fix`` leaves, although its safe code is a mechanical change.

    :param rule: kebab-case name of the rule.
    :param file: path of the file.
    :param line: line in it, counted from 1.
    :param revision: id of the revision.
    :param reason: why it is left.
    """

    rule: str
    file: str
    line: int | None
    revision: str
    reason: str


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
        from limbeck.findings import SEVERITIES

        worst = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in worst)

    def count(self, severity: Severity) -> int:
        """The number of findings of ``severity``."""
        return sum(finding.severity == severity for finding in self.findings)
