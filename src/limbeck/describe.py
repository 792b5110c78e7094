"""What was found and done, described as results: one function a result, pure but for the docstrings that it may read.

`limbeck.results` is imported only when a result is wanted: to make its dataclasses takes 18 ms, where the whole of
``limbeck heads`` takes 43.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .databases import Environment
    from .explanations import Explanation
    from .findings import Finding
    from .graph.plan import Plan
    from .lint.engine import Reviewer
    from .planning import Trial
    from .position import Position
    from .results import (
        BranchesResult,
        CheckResult,
        Current,
        CurrentResult,
        DatabaseLog,
        DoctorResult,
        ExplanationResult,
        Fingerprint,
        GraphResult,
        LogResult,
        PlanResult,
        RepeatableObject,
        RevisionEntry,
        RevisionsResult,
        RunResult,
        RunsResult,
        ScriptsResult,
        TemplatesResult,
    )
    from .script import Script, ScriptDirectory
    from .script.origin import Origin
    from .script.steps import MigrationStep
    from .verbs import Run


def entries(
    script: ScriptDirectory,
    found: Iterable[Script],
    *,
    current: Collection[Script] | None = None,
    longdoc: bool = False,
    origins: Mapping[str, Origin] | None = None,
) -> tuple[RevisionEntry, ...]:
    """Revisions as values; parameters as those of `revisions`."""
    from .results import RevisionEntry

    ends = set(script.get_heads(consider_depends_on=True))
    return tuple(
        RevisionEntry(
            revision=item.revision,
            down_revisions=_names(item.down_revision),
            depends_on=_names(item.dependencies),
            branch_labels=tuple(sorted(item.branch_labels)),
            doc=item.doc,
            path=item.path,
            is_head=item.is_head,
            is_current=None if current is None else item in current,
            is_effective_head=item.is_head and item.revision not in ends,
            is_branch_point=item.is_branch_point,
            is_merge_point=item.is_merge_point,
            children=tuple(sorted(item.nextrev)),
            longdoc=item.longdoc if longdoc else None,
            date=None if origins is None else origins[item.revision].date,
            author=None if origins is None else origins[item.revision].author,
        )
        for item in found
    )


def revisions(
    script: ScriptDirectory,
    found: Iterable[Script],
    *,
    current: Collection[Script] | None = None,
    longdoc: bool = False,
    origins: Mapping[str, Origin] | None = None,
) -> RevisionsResult:
    """Revisions as a result.

    :param current: those that the database is at; None where no database was asked.
    :param longdoc: read the whole docstrings too.
    :param origins: by id, when and by whom the revisions were made; None where that was not asked for.
    """
    from .results import RevisionsResult

    return RevisionsResult(entries(script, found, current=current, longdoc=longdoc, origins=origins))


def branches(
    script: ScriptDirectory, found: Iterable[tuple[Script, Iterable[Script]]], *, longdoc: bool = False
) -> BranchesResult:
    """Branch points, each with the revisions that follow it, as a result."""
    from .results import BranchesResult, BranchPoint

    return BranchesResult(
        tuple(
            BranchPoint(entries(script, [point], longdoc=longdoc)[0], entries(script, following))
            for point, following in found
        )
    )


def graph(
    script: ScriptDirectory,
    found: Iterable[Script],
    positions: Collection[Position] | None = None,
    *,
    longdoc: bool = False,
    origins: Mapping[str, Origin] | None = None,
) -> GraphResult:
    """The history as a picture.

    :param found: its revisions; of heads the first stands on top.
    :param positions: where the databases are; None where none was asked.
    :param longdoc: as for `revisions`. :param origins: likewise.
    """
    from .graph import lanes
    from .graph.history import applied
    from .results import GraphDatabase, GraphLine, GraphResult, GraphRow

    whole = script.revision_map.graph
    asked = None if positions is None else [(one.database, applied(whole, one.rows)) for one in positions]
    current = None if positions is None else {item for one in positions for item in one.applied}
    scripts = {item.revision: item for item in found}
    entries_ = entries(script, scripts.values(), current=current, longdoc=longdoc, origins=origins)
    described = {entry.revision: entry for entry in entries_}
    rows = (
        GraphRow(
            described[row.revision],
            row.lane,
            tuple(
                GraphLine(line.below, "dependency" if line.is_dependency else "parent", line.lane) for line in row.lines
            ),
            scripts[row.revision].own_labels,
            None if asked is None else tuple(database for database, there in asked if row.revision in there),
        )
        for row in lanes.rows(scripts, whole.edges)
    )
    databases = () if positions is None else (GraphDatabase(one.database, one.rows, one.unknown) for one in positions)
    return GraphResult(tuple(rows), tuple(databases))


def position(script: ScriptDirectory, found: Position) -> Current:
    """Where a database is, as a result."""
    from .results import Current

    return Current(
        rows=found.rows,
        unknown=found.unknown,
        is_at_heads=found.is_at_heads,
        revisions=entries(script, found.applied, current=found.applied),
        database=found.database,
    )


def positions(script: ScriptDirectory, found: Iterable[Position]) -> CurrentResult:
    """Where several databases are, as a result."""
    from .results import CurrentResult

    return CurrentResult(tuple(position(script, one) for one in found))


def logs(found: Iterable[DatabaseLog]) -> LogResult:
    """What ran on several databases, as a result."""
    from .results import LogResult

    return LogResult(tuple(found))


def run(
    script: ScriptDirectory, plan: Plan, database: str | None = None, steps: Iterable[MigrationStep] = ()
) -> RunResult:
    """A plan, carried out or not, as a result.

    :param database: URL of the database that it was carried out on, its password hidden.
    :param steps: the steps that were made of the plan, some perhaps of scripts that are no longer there.
    """
    from .results import RunResult, StepResult

    docs = {step.script.revision: step.script.doc for step in steps if step.script is not None}
    found = (
        StepResult(
            step.kind,
            step.revision,
            step.from_revisions,
            step.to_revisions,
            None
            if step.revision is None
            else docs[step.revision]
            if step.revision in docs
            else script.get_revision(step.revision).doc,
        )
        for step in plan.steps
    )
    return RunResult(plan.kind, plan.start, tuple(found), plan.end, database)


def runs(script: ScriptDirectory, done: Iterable[Run]) -> RunsResult:
    """What was carried out on several databases, as a result."""
    from .results import RunsResult

    return RunsResult(tuple(run(script, one.plan, one.database, one.steps) for one in done))


def scripts(written: Iterable[Script]) -> ScriptsResult:
    """Revision files that were written, as a result."""
    from .results import ScriptsResult, WrittenResult

    return ScriptsResult(tuple(WrittenResult(item.revision, item.path) for item in written))


def plan(
    environment: Environment,
    target: str,
    save: str | None = None,
    trial: Trial | None = None,
    by: Reviewer | None = None,
) -> PlanResult:
    """What a run to ``target`` will do, as `limbeck.planning.plan` finds it.

    :param save: a file that it is written to, with what it depends on.
    :param trial: also run the steps, in a way that leaves nothing. :param by: who reviews them.
    """
    from .planning import plan as find

    if save is None:
        return find(environment, target, trial=trial, by=by)
    from .plan_file import save as write

    fingerprints: list[Fingerprint] = []
    found = find(environment, target, fingerprints, trial, by)
    write(save, found, fingerprints)
    return found


def check(diffs: Iterable[object], repeatables: Iterable[RepeatableObject] = ()) -> CheckResult:
    """Diff tuples, and lists of them, as a result.

    :param repeatables: the repeatable objects that the next upgrade replaces.
    """
    from .results import CheckResult, Difference

    return CheckResult(
        tuple(Difference.of(one) for diff in diffs for one in (diff if isinstance(diff, list) else [diff])),
        tuple(repeatables),
    )


def templates(found: Iterable[tuple[str, str]]) -> TemplatesResult:
    """Names of templates, each with the first line of its README, as a result."""
    from .results import Template, TemplatesResult

    return TemplatesResult(tuple(Template(name, about) for name, about in found))


def explanation(found: Explanation) -> ExplanationResult:
    """What a code means, as a result."""
    from .results import ExplanationResult

    return ExplanationResult(*found, found.address)


def doctor(found: Iterable[Finding]) -> DoctorResult:
    """Findings as a result."""
    from .results import DoctorResult

    return DoctorResult(tuple(found))


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)
