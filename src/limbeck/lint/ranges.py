"""Which revisions are reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.graph.plan import Plan, RowChange
from limbeck.graph.plan import Step as PlanStep
from limbeck.script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from limbeck.script import ScriptDirectory


class Range(NamedTuple):
    """What the command line says; with neither, what the database lacks, else the last revision.

    :param text: a revision, or a range as ``history -r`` takes it. :param since: a branch or commit of git: the
        revisions that it does not have.
    """

    text: str | None = None
    since: str | None = None


def select(script: ScriptDirectory, wanted: Range, rows: Sequence[str], start: str | None = None) -> Plan:
    """The revisions of a range as a plan that leaves the version rows as they are, ancestors first.

    :param rows: ids in the version table. :param start: the oldest revision that is reviewed: its ancestors are not.
    :raises CommandError: for a range that cannot be resolved, and a commit that git does not know.
    """
    return named(script, _names(script, wanted, rows) - before(script, start), rows)


def named(script: ScriptDirectory, names: Collection[str], rows: Sequence[str]) -> Plan:
    """The revisions with these ids as such a plan."""
    whole = script.plan_upgrade("heads", ())
    steps = tuple(_still(step) for step in whole.steps if step.revision in names)
    return Plan("upgrade", tuple(rows), steps, tuple(rows))


def way_back_of(script: ScriptDirectory, plan: Plan) -> Plan:
    """The downgrades of a plan's revisions, last first, but for those that do nothing or raise at once."""
    steps: list[PlanStep] = []
    for step in reversed(plan.steps):
        is_there = step.revision is not None and way_back(script.get_revision(step.revision).module).kind == "there"
        if step.is_upgrade and is_there:
            steps.append(
                PlanStep(
                    "downgrade", step.revision, step.to_revisions, step.from_revisions, RowChange(), is_upgrade=False
                )
            )
    return Plan("downgrade", plan.end, tuple(steps), plan.end)


def before(script: ScriptDirectory, start: str | None) -> set[str]:
    """The ancestors of a revision, which ``lint_start`` leaves out; none of None.

    :raises CommandError: where there is no such revision.
    """
    if start is None:
        return set()
    first = script.get_revision(start).revision
    return {str(step.revision) for step in script.plan_upgrade(start, ()).steps if step.revision != first}


def _names(script: ScriptDirectory, wanted: Range, rows: Sequence[str]) -> set[str]:
    if wanted.text is not None:
        if ":" in wanted.text:
            return {item.revision for item in script.revisions_between(wanted.text, tuple(rows))}
        return {item.revision for item in script.get_revisions(wanted.text)}
    if wanted.since is not None:
        from limbeck.script.git import revisions_at

        there = revisions_at(script, wanted.since).nodes
        return {str(name) for name in script.revision_map.graph.nodes if name not in there}
    known = tuple(row for row in rows if row in script.revision_map.graph.nodes)
    lacking = {str(step.revision) for step in script.plan_upgrade("heads", known).steps}
    return lacking or set(script.get_heads())


def _still(step: PlanStep) -> PlanStep:
    return step._replace(change=RowChange())
