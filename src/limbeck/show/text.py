"""Results as lines of text, as Alembic prints them; lines of one revision are those of ``Script.cmd_format()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from limbeck.findings import Finding
    from limbeck.script import Script

_SHOWN = 10
"""Places of a finding that are listed."""

DOCTOR = {"error": "stops", "warning": "differs", "info": "note"}
"""What a severity means to an Alembic environment: it would not run, something would differ, all stays the same."""


def heads(found: Iterable[Script], *, verbose: bool) -> Iterator[str]:
    """A line for each head."""
    for script in found:
        yield script.cmd_format(verbose, include_branches=True, tree_indicators=False)


def history(found: Iterable[Script], *, verbose: bool) -> Iterator[str]:
    """A line for each revision, with its parents and message."""
    for script in found:
        yield script.cmd_format(verbose, include_branches=True, include_doc=True, include_parents=True)


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


def templates(found: Iterable[tuple[str, str]], program: str) -> Iterator[str]:
    """The templates with the first line of their READMEs, and how ``program`` uses one."""
    yield "Available templates:\n"
    for name, about in found:
        yield f"{name} - {about}"
    yield "\nTemplates are used via the 'init' command, e.g.:"
    yield f"\n  {program} init --template generic ./scripts"


def nothing_to_write() -> Iterator[str]:
    """The line of ``revision --autogenerate`` where models and database do not differ."""
    yield "No new upgrade operations detected: no revision was written. --allow-empty writes one."


def check() -> Iterator[str]:
    """What ``check`` says where nothing differs."""
    yield "No new upgrade operations detected."


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
