"""Results as lines of text, as Alembic prints them; lines of one revision are those of ``Script.cmd_format()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from limbeck.explanations import Explanation
    from limbeck.findings import Finding
    from limbeck.results import (
        DatabaseLog,
        DatabaseStatus,
        HalfDone,
        HeadDistance,
        HistoryRow,
        LoggedRun,
        NamedRevision,
        PlanResult,
        RecordedRun,
    )
    from limbeck.script import Script
    from limbeck.script.origin import Origin

_SHOWN = 10
"""Places of a finding, and pending revisions, that are listed."""

_NAMED = 4
"""Revisions of a run that are all named."""

DOCTOR = {"error": "stops", "warning": "differs", "info": "note"}
"""What a severity means to an Alembic environment: it would not run, something would differ, all stays the same."""


def heads(found: Iterable[Script], *, verbose: bool) -> Iterator[str]:
    """A line for each head."""
    for script in found:
        yield script.cmd_format(verbose, include_branches=True, tree_indicators=False)


def history(found: Iterable[Script], *, verbose: bool, origins: Mapping[str, Origin] | None = None) -> Iterator[str]:
    """A line for each revision, with its parents and message; and with its origin where ``origins`` are given."""
    for script in found:
        line = script.cmd_format(verbose, include_branches=True, include_doc=True, include_parents=True)
        known = [] if origins is None else [fact for fact in origins[script.revision] if fact is not None]
        yield f"{line} [{', '.join(known)}]" if known else line


def show(found: Iterable[Script]) -> Iterator[str]:
    """All that is known of each revision."""
    for script in found:
        yield script.log_entry


def branches(found: Iterable[tuple[Script, Iterable[Script]]], *, verbose: bool) -> Iterator[str]:
    """Each branch point with a line for each branch, indented by the length of its id."""
    for script, following in found:
        yield script.cmd_format(verbose, include_branches=True)
        for child in following:
            line = child.cmd_format(False, include_branches=True, include_doc=verbose)
            yield f"{' ' * len(script.revision)} -> {line}"
        yield ""


def database(url: str) -> Iterator[str]:
    """The line above the revisions of a database."""
    yield f"Current revision(s) for {url}:"


def current(found: Iterable[Script], unknown: Iterable[str], *, verbose: bool) -> Iterator[str]:
    """A line for each revision that a database is at, and for each of its rows that no file stands for."""
    for script in found:
        yield script.cmd_format(verbose)
    for row in unknown:
        yield f"{row} (unknown to this history)"


_WAYS_OUT = {
    "pending": "limbeck upgrade heads",
    "repeatables": "limbeck upgrade heads",
    "skipped": "limbeck upgrade --skipped",
    "edited": "put the file back as it ran, and write the change as a new revision",
    "unknown": "use the code that has them, or `limbeck switch` to what is checked out",
    "half_done": "wait for the run that holds the lock; if none does, `limbeck upgrade` says what is committed",
    "invalid_indexes": "REINDEX INDEX CONCURRENTLY, or drop it and let its revision make it again",
    "unread": "let the account read it",
}
"""What to do about each key of a status that is amiss."""


_REPEATABLE = {"new": "never created by a run", "changed": "its text is not the one that ran"}
"""What is said of repeatable objects."""

_EDITED = {
    "operations": "its operations are not those that ran",
    "text": "nothing but its text differs from what ran",
    "unknown": "it is not the file that ran, and what that one did is not known",
}


def status(found: Iterable[DatabaseStatus]) -> Iterator[str]:
    """What there is to say of each database, a label before it; at last what to do about each part that is amiss."""
    for number, one in enumerate(found):
        if number:
            yield ""
        yield f"{one.database} ({one.server})"
        for label, lines in _parts_of_status(one):
            for line, begin in zip(lines, (label, *[""] * len(lines)), strict=False):
                yield f"  {begin:<10}{line}"


def _parts_of_status(one: DatabaseStatus) -> Iterator[tuple[str, Sequence[str]]]:
    rows = [_named(row) for row in one.current if row.doc is not None]
    yield "current", [*rows, *(f"{row.revision}, unknown" for row in one.unknown)] or ["base, nothing is applied"]
    yield "heads", [_distance(head) for head in one.heads] or ["none, there are no revisions"]
    yield "pending", _first_of([_named(row) for row in one.pending])
    yield "objects", [f"repeatable {row}: {_REPEATABLE[row.state]}" for row in one.repeatables]
    yield "skipped", [f"{row.revision}, {row.doc}: never ran here, what follows it did" for row in one.skipped]
    yield (
        "edited",
        [
            f"{row.revision}, {row.doc}: {_EDITED[row.differs]}{f' ({row.ran})' if row.ran else ''}"
            for row in one.edited
        ],
    )
    yield "unknown", [row.told for row in one.unknown]
    yield "half done", [line for row in one.half_done for line in _half_done(row)]
    yield "invalid", [f"index {index.name} of {index.schema}.{index.table}" for index in one.invalid_indexes]
    yield "lock", ["free" if one.lock is None else f"held by {one.lock}"]
    yield "runs", [_recorded(run) for run in one.runs]
    if not one.has_history and not any(part.part == "runs" for part in one.unread):
        yield "history", ["none, so nothing tells what was skipped or edited"]
    yield "not read", [f"{part.part}: {part.reason}" for part in one.unread]
    yield "do", [f"{key.replace('_', ' ')}: {_WAYS_OUT[key]}" for key in one.amiss]


def _named(row: NamedRevision) -> str:
    return f"{row.revision}, {row.doc}"


def _distance(head: HeadDistance) -> str:
    steps = f"{head.behind} step{'' if head.behind == 1 else 's'} behind"
    return f"{head.revision}, {head.doc}: " + (
        "distance unknown" if head.behind is None else steps if head.behind else "applied"
    )


def _recorded(run: RecordedRun) -> str:
    lasted = f", {_seconds(run.seconds)}" if run.seconds is not None else ""
    error = f": {run.error}" if run.error else ""
    when = run.started or "at an unknown time"
    return f"{when} {run.kind} {_some(run.revisions)}: {run.state}{lasted}{run.who}{error}"


def _some(revisions: Sequence[str]) -> str:
    """The ids, where they are few; else the first, the last, and their number."""
    if len(revisions) <= _NAMED:
        return ", ".join(revisions)
    return f"{revisions[0]} ... {revisions[-1]} ({len(revisions)} revisions)"


def _half_done(row: HalfDone) -> Iterator[str]:
    yield f"{row.direction} of {row.revision} was begun and has not ended"
    for one in row.statements:
        yield f"statement {one.number}, {one.state}: {' '.join(one.statement.split())}"


def _first_of(lines: list[str]) -> list[str]:
    """The first lines by name, the others by their number."""
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]


def logs(found: Sequence[DatabaseLog]) -> Iterator[str]:
    """What ran on databases: a line for each run, and below it one for each step."""
    for log in found:
        if len(found) > 1:
            yield f"{log.database}:"
        if not log.runs:
            yield "There is no history of this database."
        for run in log.runs:
            yield _run(run)
            for row in run.steps:
                yield _step(row)


def _run(run: LoggedRun) -> str:
    who = "@".join(name for name in (run.user, run.host) if name)
    parts = [run.started or "", run.state, _seconds(run.seconds), who, run.application or "", run.tool or ""]
    if run.tool is None:
        parts[1] = "found, done by another tool"
    return "  ".join(filter(None, [f"run {run.run}", *parts]))


def _step(row: HistoryRow) -> str:
    what = f"stamp, {row.direction}" if row.kind == "stamp" else "repeatable" if row.kind == "object" else row.direction
    state = "" if row.state == "done" else row.state
    return "    " + "  ".join(
        filter(None, [what, row.revision, state, _seconds(row.seconds), row.message, row.error and f"({row.error})"])
    )


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"


def templates(found: Iterable[tuple[str, str]], program: str) -> Iterator[str]:
    """The templates with the first line of their READMEs, and how ``program`` uses one."""
    yield "Available templates:\n"
    for name, about in found:
        yield f"{name} - {about}"
    yield "\nTemplates are used via the 'init' command, e.g.:"
    yield f"\n  {program} init --template generic ./scripts"


def starts_at_base(target: str | tuple[str, ...]) -> Iterator[str]:
    """The line of ``upgrade --sql`` without a start."""
    end = target if isinstance(target, str) else " ".join(target)
    yield f"note: this script is for an empty database; `limbeck upgrade current:{end} --sql` starts where yours is"


def next_upgrade() -> Iterator[str]:
    """The command that follows a new revision."""
    yield "next: look at the script, then `limbeck upgrade head`"


def plan(found: PlanResult, *, markdown: bool, sql: bool) -> Iterator[str]:
    """What a run will do, as text or as Markdown; with ``sql`` the text has the statements too."""
    from .plan import lines

    return lines(found, markdown=markdown, sql=sql)


def next_run(found: PlanResult, file: str) -> Iterator[str]:
    """The command that carries out a plan that was written to a file."""
    kind = next((run.kind for run in found.runs if run.steps), "upgrade")
    yield f"the plan is in {file}; next: `limbeck {kind} --plan {file}`"


def next_switch(ref: str) -> Iterator[str]:
    """The commands that follow a switch down to what a branch has in common with the database."""
    yield f"next: `git checkout {ref}`, then `limbeck upgrade heads`"


def nothing_to_write() -> Iterator[str]:
    """The line of ``revision --autogenerate`` where models and database do not differ."""
    yield "No new upgrade operations detected: no revision was written. --allow-empty writes one."


def check() -> Iterator[str]:
    """What ``check`` says where nothing differs."""
    yield "No new upgrade operations detected."


def explanation(found: Explanation) -> Iterator[str]:
    """What a code means."""
    yield f"{found.code}: {found.meaning}"
    yield f"  cause: {found.cause}"
    yield f"  do: {found.way_out}"
    yield f"  page: {found.address}"


def doctor(found: Sequence[Finding]) -> Iterator[str]:
    """Each fact once, with its places and what to do; and a last line where all are notes."""
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for finding in found:
        line = "" if finding.line is None else f":{finding.line}"
        place = [] if finding.file is None else [f"{finding.file}{line}"]
        fact = (finding.severity, finding.code, finding.message, finding.hint)
        grouped.setdefault(fact, []).extend(place)
    for (severity, code, message, hint), places in grouped.items():
        yield f"{DOCTOR[severity]}[{code}]: {message}{_places(places)}\n  do: {hint}"
    if all(finding.severity == "info" for finding in found):
        yield f"This environment runs as it is. Notes: {len(grouped)}"


def _places(places: list[str]) -> str:
    """One place in brackets; several below one another, the first ones by name."""
    if len(places) <= 1:
        return "".join(f" ({place})" for place in places)
    more = [f"and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    return "".join(f"\n  {place}" for place in (*places[:_SHOWN], *more))
