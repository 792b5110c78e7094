"""The review of a range of revisions: they are rehearsed, every rule is asked, what is allowed is taken out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from limbeck import rehearsal
from limbeck.graph.history import applied
from limbeck.limits import duration
from limbeck.results import LintFinding, LintResult
from limbeck.runtime.timeouts import DEFAULT_LOCK_TIMEOUT
from limbeck.script.limits import of_file

from . import rules, settings
from .live import Live
from .observe import Observed, observe
from .ranges import Range, select, way_back_of
from .step import Step
from .suppress import allowed
from .witness import heard

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.findings import Severity
    from limbeck.graph.plan import Plan
    from limbeck.rehearsal import Rehearsal
    from limbeck.results import ObservedStatement
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

    from .rule import Found, Rule
    from .settings import Settings
    from .suppress import Allowed
    from .witness import Witness

    Planned = Callable[[tuple[str, ...], MigrationContext], Plan]
    """The plan of a database, by its version rows and its context."""


_NO_OPTIONS: Mapping[str, object] = MappingProxyType({})


class Reviewer(NamedTuple):
    """Who reviews.

    :param known: the rules. :param configured: what is configured of them.
    :param database: whether the database is asked too: sizes, use, and rows that break what is asked of them.
    :param observed: what statements did on a scratch database; None: none was used.
    """

    known: Sequence[Rule]
    configured: Settings
    database: bool = False
    observed: tuple[ObservedStatement, ...] | None = None


def reviewer(config: Config, fail_on: str | None = None, *, database: bool = False) -> Reviewer:
    """Who reviews as a configuration says.

    :param fail_on: findings as bad as this are failing; default: as configured. :param database: as for `Reviewer`.
    :raises CommandError: for a setting that is wrong, and an entry point that is no rule.
    """
    known = rules.rules()
    return Reviewer(known, settings.settings(config, names(known), fail_on), database)


def names(known: Iterable[Rule]) -> set[str]:
    """The names that settings may have: those of rules, and of findings about comments."""
    return {rule.name for rule in known} | _OWN


def lint(environment: Environment, wanted: Range, by: Reviewer, *, observing: bool = False) -> LintResult:
    """What is found in a range of revisions; the databases are only read.

    :param wanted: the range. :param observing: also run it on a scratch database, and see what statements do.
    :raises CommandError: for a range that cannot be resolved, and where a script cannot be imported.
    """
    script = environment.script
    start = by.configured.start
    if observing:
        by = by._replace(observed=observe(environment, wanted, start))

    def plans(rows: tuple[str, ...], _context: MigrationContext) -> Iterator[Plan]:
        up = select(script, wanted, rows, start)
        yield up
        yield way_back_of(script, up)

    return _examined(environment, plans, by)


def examine(
    environment: Environment,
    planned: Planned,
    by: Reviewer,
    leaving_out: Container[str] = frozenset(),
    **options: object,
) -> LintResult:
    """What is found in the revisions of a plan for each database of an environment; none of them is changed.

    :param planned: gives the plan. :param leaving_out: as for `review`. :param options: of `EnvironmentContext`.
    """
    return _examined(environment, lambda rows, context: (planned(rows, context),), by, leaving_out, options)


def _examined(
    environment: Environment,
    plans: Callable[[tuple[str, ...], MigrationContext], Iterable[Plan]],
    by: Reviewer,
    leaving_out: Container[str] = frozenset(),
    options: Mapping[str, object] = _NO_OPTIONS,
) -> LintResult:
    found: dict[LintFinding, None] = {}
    revisions: dict[str, None] = {}

    def steps(rows: tuple[str, ...], context: MigrationContext) -> Sequence[MigrationStep]:
        return [step for plan in plans(rows, context) for step in environment.script.steps(plan)]

    def look(what: Rehearsal) -> None:
        for revision, findings in review(what, by, leaving_out):
            revisions[revision] = None
            found.update(dict.fromkeys(findings))

    rehearsal.rehearse(environment, steps, look, **options)
    return LintResult(tuple(revisions), by.configured.fail_on, tuple(found), observed=by.observed)


def review(
    what: Rehearsal, by: Reviewer, leaving_out: Container[str] = frozenset()
) -> Iterator[tuple[str, list[LintFinding]]]:
    """The revisions of a rehearsal that go up, each with what is found in it.

    :param leaving_out: revisions that are not reviewed; the tables that they create are new all the same.
    """
    witnesses: list[Witness] = []
    if by.database:
        witnesses.append(Live(what.connection, what.context.impl, by.configured.large))
    if by.observed is not None:
        witnesses.append(Observed(by.observed))
    for step in steps_of(what, by):
        if step.script.revision not in leaving_out:
            yield step.script.revision, list(_review(step, by, witnesses))


def steps_of(what: Rehearsal, by: Reviewer) -> list[Step]:
    """The revisions of a rehearsal that go up."""
    run: list[Step] = []
    backs = {one.step.script.revision: one for one in what.steps if one.step.script and not one.step.is_upgrade}
    there = _there(what)
    for one in what.steps:
        if one.step.script is not None and one.step.is_upgrade:
            path = one.step.script.path
            waits, target = _waits(path, what.context), by.configured.target
            back = backs.get(one.step.script.revision)
            is_there = one.step.script.revision in there
            run.append(Step(one, what.context, tuple(run), what.connection, waits, target, back, is_there))
    return run


def _there(what: Rehearsal) -> set[str]:
    """The revisions that the database has."""
    return applied(what.steps[0].step.revision_map.graph, what.rows) if what.steps else set()


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


class Judged(NamedTuple):
    """What a rule finds and nothing allows: the rule, how bad it is, what it is, and its line."""

    rule: Rule
    severity: Severity
    found: Found
    line: int | None


def judged(
    step: Step, by: Reviewer, comments: Sequence[Allowed], witnesses: Sequence[Witness] = ()
) -> Iterator[Judged]:
    """What is found in a revision and ``comments`` do not allow; they note what they were needed for.

    :param witnesses: who can say more of it.
    """
    for rule in by.known:
        for one in rule.check(step) if rule.applies_to(step.dialect) else ():
            table = "" if one.at is None else one.at.change.table
            line = one.line if one.at is None else one.at.action.line
            covering = [comment for comment in comments if comment.covers(rule.name, line)]
            for comment in covering:
                comment.used.add(rule.name)
            if covering or by.configured.severity(rule, table) is None:
                continue
            said = heard(witnesses, rule, one)
            severity = by.configured.severity(rule, table, said.grade)
            if severity is not None:
                yield Judged(rule, severity, one._replace(message="; ".join((one.message, *said.facts))), line)


def _review(step: Step, by: Reviewer, witnesses: Sequence[Witness]) -> Iterator[LintFinding]:
    comments = allowed(step.script.path)
    found = [_finding(step, one) for one in judged(step, by, comments, witnesses)]
    asked = {rule.name for rule in by.known if rule.applies_to(step.dialect)}
    found += _about_comments(step, comments, asked, {rule.name for rule in by.known})
    yield from sorted(found, key=lambda finding: finding.line or 0)


def _finding(step: Step, one: Judged) -> LintFinding:
    at, safe = one.found.at, "\n\n# the next revision:\n".join(one.found.safe) or None
    file = step.script.path if at is None else at.action.file or step.script.path
    message, fixable = one.found.message, bool(one.found.fix)
    return LintFinding(one.rule.name, one.severity, file, one.line, step.script.revision, message, safe, fixable)


def _about_comments(step: Step, comments: Sequence[Allowed], asked: set[str], known: set[str]) -> Iterator[LintFinding]:
    file, revision = step.script.path, step.script.revision
    for comment in comments:
        names = ", ".join(comment.rules)
        if comment.reason is None:
            message = f"allow({names}) gives no reason, and so allows nothing: write why behind a colon"
            yield LintFinding(NO_REASON, "error", file, comment.line, revision, message, None, False)
            continue
        for name in comment.rules:
            if name not in known:
                message = f"allow({name}) names no rule: docs/lint.md lists them"
                yield LintFinding(UNNEEDED, "warning", file, comment.line, revision, message, None, False)
            elif name in asked and name not in comment.used:
                message = f"allow({name}) is not needed: the rule finds nothing here; remove the comment"
                yield LintFinding(UNNEEDED, "warning", file, comment.line, revision, message, None, False)
