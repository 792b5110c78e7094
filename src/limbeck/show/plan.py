"""A plan as text and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import sizes

from .findings import counted, place
from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from limbeck.results import (
        LintFinding,
        Loss,
        PlannedAction,
        PlannedLock,
        PlannedRun,
        PlannedStep,
        PlannedTable,
        PlanResult,
        RepeatableObject,
    )

_WAYS = {
    "without rows": "brings back what is dropped, without its rows",
    "empty": "downgrade() does nothing",
    "raises": "downgrade() raises",
    "irreversible": "the script says that there is none",
    "missing": "the script has no downgrade()",
}
"""What is said of ways back that are not complete."""

_TRIALS = {
    "rolled back": "tried: all steps ran in a transaction on the database, which was rolled back",
    "scratch": "tried: all steps ran on a scratch database without rows, which was dropped",
}
"""What is said of trials."""


def lines(found: PlanResult, *, markdown: bool, sql: bool) -> Iterator[str]:
    """The plan as Markdown, or as text, with ``sql`` also with the statements."""
    return _markdown(found) if markdown else _text(found, sql=sql)


def _text(found: PlanResult, *, sql: bool) -> Iterator[str]:
    """The plan of each database, step by step.

    :param sql: with the statements.
    """
    for run in found.runs:
        yield f"{run.database}: {_summary(run)}"
        for step in run.steps:
            yield ""
            yield from _step(step, sql=sql, tried=found.tried)
        if run.steps:
            yield ""
            yield f"version rows: {_names(run.start)} -> {_names(run.end)}"
            yield _transactions(run)
        for each in run.repeatables:
            yield f"then repeatable {each} is {'created' if each.state == 'new' else 'replaced'}{_declared_at(each)}"
            if each.seconds is not None:
                yield from _sent(each, sql=sql)
        for table in run.tables:
            yield f"table {table.name}: {_size(table)}"
        for loss in run.losses:
            yield f"LOST: {in_words(loss)}"
        if run.findings is not None:
            safe = "; `limbeck lint` says what to write instead" if any(one.safe for one in run.findings) else ""
            yield f"review: {counted(run.findings)}{safe}"
    if found.tried is not None:
        yield _TRIALS[found.tried]


def _declared_at(each: RepeatableObject) -> str:
    return "" if each.file is None else f" ({from_here(each.file)}:{each.line})"


def _step(step: PlannedStep, *, sql: bool, tried: str | None) -> Iterator[str]:
    by = "" if step.author is None else f", by {step.author}"
    labels = f" ({', '.join(step.branch_labels)})" if step.branch_labels else ""
    yield f"{step.kind} {_names(step.from_revisions)} -> {_names(step.to_revisions)}{labels}, {step.doc}"
    yield f"  {from_here(step.path)}{by}"
    for action in step.actions:
        yield f"  {action.text}{_line(action.line)}"
        for note in _notes(action):
            yield f"    {note}"
        for statement in action.sql if sql else ():
            yield from (f"    {line}" for line in statement.splitlines())
    if not step.actions and not step.unknown:
        yield "  does nothing to the database"
    if step.raises is not None:
        yield f"  REFUSED: {step.raises}"
    if step.seconds is not None:
        yield from _sent(step, sql=sql)
    for unknown in () if tried == "rolled back" else step.unknown:
        after = "; the rest of the step is not known" if unknown.ends else ""
        yield f"  unknown: {unknown.what}{_line(unknown.line)}{after}"
    for loss in step.losses:
        yield f"  LOST: {in_words(loss)}"
    yield from _findings(step)
    if step.way_back in _WAYS:
        yield f"  way back: {_WAYS[step.way_back]}"


def _findings(step: PlannedStep) -> Iterator[str]:
    """What a review finds in a step."""
    for finding in step.findings or ():
        where = _line(finding.line) if finding.file == step.path else f" ({place(finding)})"
        yield f"  {finding.severity}[{finding.rule}]: {finding.message}{where}"


def _sent(step: PlannedStep | RepeatableObject, *, sql: bool) -> Iterator[str]:
    """What a step sent while it was tried, or what replaced an object."""
    times = sum(one.times for one in step.sent)
    yield f"  tried: {_count(times, 'statement')} in {(step.seconds or 0) * 1000:,.0f} ms"
    for one in step.sent if sql else ():
        often = f"{_count(one.times, 'time')}, " if one.times > 1 else ""
        concerned = "" if one.rows is None else f"-- {often}{_count(one.rows, 'row')}"
        yield from (f"    {line}" for line in [*one.sql.splitlines(), concerned] if line)


def _markdown(found: PlanResult) -> Iterator[str]:
    """The plan as a comment on a pull request."""
    for run in found.runs:
        yield f"### {run.kind.capitalize()} of `{run.database}`"
        yield ""
        yield f"{_summary(run).capitalize()}. Version rows: `{_names(run.start)}` → `{_names(run.end)}`."
        if run.steps:
            yield ""
            yield "| revision | message | author | does | locks | way back |"
            yield "|---|---|---|---|---|---|"
        for step in run.steps:
            does = "<br>".join(_cell(action.text) for action in step.actions) or "nothing"
            locks = "<br>".join(_cell(note) for note in dict.fromkeys(_all_notes(step.actions))) or "none"
            back = "" if step.way_back is None else _WAYS.get(step.way_back, "complete")
            yield f"| `{step.revision}` | {_cell(step.doc)} | {_cell(step.author or '')} | {does} | {locks} | {back} |"
        for title, entries in (
            ("Lost for good", [in_words(loss) for loss in run.losses]),
            (
                "Known only by running it",
                [] if found.tried == "rolled back" else [_unknown(step) for step in run.steps if step.unknown],
            ),
            ("Repeatable objects", [f"`{each}`: {each.state}" for each in run.repeatables]),
            ("Review", [_finding(one) for one in run.findings or ()]),
            ("Tables", [f"`{table.name}`: {_size(table)}" for table in run.tables]),
        ):
            if entries:
                yield ""
                yield f"**{title}**"
                yield ""
                yield from (f"- {line}" for line in entries)
        if statements := [statement for step in run.steps for action in step.actions for statement in action.sql]:
            yield ""
            yield "<details><summary>SQL</summary>"
            yield ""
            yield "```sql"
            yield from statements
            yield "```"
            yield ""
            yield "</details>"
    if found.tried is not None:
        yield ""
        yield f"{_TRIALS[found.tried].capitalize()}."


# --- parts ------------------------------------------------------------------------------------------------------------


def _summary(run: PlannedRun) -> str:
    count = len(run.steps)
    if not count:
        return "nothing to do"
    lost = len(run.losses)
    losing = f", {lost} {'loss' if lost == 1 else 'losses'}" if lost else ""
    return f"{count} {'step' if count == 1 else 'steps'} {'up' if run.kind == 'upgrade' else 'down'}{losing}"


def _transactions(run: PlannedRun) -> str:
    if run.one_transaction:
        return "one transaction holds the whole run"
    if run.transactional_ddl:
        return "each step has its own transaction"
    return "DDL commits by itself: a step that fails leaves what it has done"


def _all_notes(actions: Iterable[PlannedAction]) -> Iterator[str]:
    for action in actions:
        yield from _notes(action)


def _notes(action: PlannedAction) -> Iterator[str]:
    for lock in action.locks:
        if lock.blocks != "nothing" or lock.rewrites:
            yield _lock(lock)
    if not action.in_transaction:
        yield "runs outside of a transaction"


def _lock(lock: PlannedLock) -> str:
    work = ", rewrites the table" if lock.rewrites else ", reads all rows" if lock.scans else ""
    waits = "" if lock.blocks == "nothing" else f": {lock.blocks} wait"
    return f"locks {lock.table} ({lock.mode}){waits}{work}"


def in_words(lost: Loss) -> str:
    """What is lost, in words: ``table account, 3 rows``."""
    place = lost.table if lost.schema is None else f"{lost.schema}.{lost.table}"
    if lost.column is None:
        return f"table {place}, {_count(lost.rows, 'row')}"
    return f"column {place}.{lost.column}, {_count(lost.values or 0, 'value')} in {_count(lost.rows, 'row')}"


def _unknown(step: PlannedStep) -> str:
    return f"`{step.revision}`: " + "; ".join(f"{one.what}{_line(one.line)}" for one in step.unknown)


def _finding(one: LintFinding) -> str:
    return f"{one.severity} **{one.rule}** `{place(one)}`: {one.message}"


def _size(table: PlannedTable) -> str:
    return sizes.in_words(table.rows, table.bytes, is_estimate=table.is_estimate)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _names(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "base"


def _line(line: int | None) -> str:
    return "" if line is None else f" (line {line})"


def _cell(given: str) -> str:
    return given.replace("|", "\\|").replace("\n", " ")
