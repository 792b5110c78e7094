"""The review of a range of revisions: they are rehearsed, every rule is asked, what is allowed is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import rehearsal
from limbeck.limits import duration
from limbeck.results import LintFinding, LintResult
from limbeck.runtime.timeouts import DEFAULT_LOCK_TIMEOUT
from limbeck.script.limits import of_file

from . import rules, settings
from .ranges import Range, select
from .step import Step
from .suppress import allowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.databases import Environment
    from limbeck.findings import Severity
    from limbeck.rehearsal import Rehearsal
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

    from .rule import Found, Rule
    from .settings import Settings
    from .suppress import Allowed


def lint(environment: Environment, wanted: Range, fail_on: str | None = None) -> LintResult:
    """What the rules find in a range of revisions; the databases are only read.

    :param wanted: the range. :param fail_on: findings as bad as this fail the command; default: as configured.
    :raises CommandError: for a range that cannot be resolved, a setting that is wrong, and where a script cannot be
        imported.
    """
    known = rules.rules()
    configured = settings.settings(environment.config, {rule.name for rule in known} | _OWN, fail_on)
    script = environment.script
    found: dict[LintFinding, None] = {}
    reviewed: dict[str, None] = {}

    def steps(rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
        return script.steps(select(script, wanted, rows, configured.start))

    def look(what: Rehearsal) -> None:
        run: list[Step] = []
        for one in what.steps:
            path = one.step.script.path if one.step.script is not None else ""
            run.append(Step(one, what.context, tuple(run), what.connection, _waits(path, what.context)))
        for step in run:
            reviewed[step.script.revision] = None
            found.update(dict.fromkeys(_review(step, known, configured)))

    rehearsal.rehearse(environment, steps, look)
    return LintResult(tuple(reviewed), configured.fail_on, tuple(found))


def _waits(path: str, context: MigrationContext) -> float | None:
    """How long statements of a revision wait for a lock, in seconds; None: without end."""
    configured = duration(context.opts.get("table_lock_timeout"))
    header = of_file(path).lock if context.edition is not None or configured is not None else None
    seconds = configured if header is None else header
    if seconds is None and context.edition is not None:
        seconds = DEFAULT_LOCK_TIMEOUT
    return seconds or None


UNNEEDED = "unneeded-allow"
NO_REASON = "allow-without-reason"
_OWN = {UNNEEDED, NO_REASON}
"""The findings about comments that allow something."""


def _review(step: Step, known: Sequence[Rule], configured: Settings) -> Iterator[LintFinding]:
    comments = allowed(step.script.path)
    asked = [rule for rule in known if rule.applies_to(step.dialect)]
    found: list[LintFinding] = []
    for rule in asked:
        for one in rule.check(step):
            table = "" if one.at is None else one.at.change.table
            severity = configured.severity(rule, table)
            line = one.line if one.at is None else one.at.action.line
            covering = [comment for comment in comments if comment.covers(rule.name, line)]
            for comment in covering:
                comment.used.add(rule.name)
            if severity is not None and not covering:
                found.append(_finding(rule.name, severity, step, one, line))
    found += _about_comments(step, comments, {rule.name for rule in asked}, {rule.name for rule in known})
    yield from sorted(found, key=lambda finding: finding.line or 0)


def _finding(rule: str, severity: Severity, step: Step, found: Found, line: int | None) -> LintFinding:
    file = step.script.path if found.at is None else found.at.action.file or step.script.path
    safe = "\n\n# the next revision:\n".join(found.safe) or None
    return LintFinding(rule, severity, file, line, step.script.revision, found.message, safe)


def _about_comments(step: Step, comments: Sequence[Allowed], asked: set[str], known: set[str]) -> Iterator[LintFinding]:
    file, revision = step.script.path, step.script.revision
    for comment in comments:
        names = ", ".join(comment.rules)
        if comment.reason is None:
            message = f"allow({names}) gives no reason, and so allows nothing: write why behind a colon"
            yield LintFinding(NO_REASON, "error", file, comment.line, revision, message, None)
            continue
        for name in comment.rules:
            if name not in known:
                message = f"allow({name}) names no rule: docs/lint.md lists them"
                yield LintFinding(UNNEEDED, "warning", file, comment.line, revision, message, None)
            elif name in asked and name not in comment.used:
                message = f"allow({name}) is not needed: the rule finds nothing here; remove the comment"
                yield LintFinding(UNNEEDED, "warning", file, comment.line, revision, message, None)
