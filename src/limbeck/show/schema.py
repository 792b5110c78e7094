"""What leads from one schema to another, and what made a part of one, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .paths import from_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.results import Blamed, BlameResult, DiffResult


def diff(found: DiffResult, *, sql: bool) -> Iterator[str]:
    """Each database with what leads from one schema to the other, and with its statements."""
    for one in found.databases:
        indent = "  " if len(found.databases) > 1 else ""
        if indent:
            yield f"{one.database} ({one.dialect}):"
        if not one.operations:
            yield f"{indent}no difference"
        for operation in one.operations:
            yield f"{indent}{operation.text}"
            yield from _statements(operation.sql if sql else (), f"{indent}  ")


def blame(found: BlameResult, *, sql: bool) -> Iterator[str]:
    """What revisions did, the last first, with date, commit and author; and where that cannot be known."""
    title = ""
    for one in found.done:
        if title != (title := _blamed(one)):
            yield title
        yield f"  {'' if one.is_certain else 'perhaps: '}{one.text} ({from_here(one.file)}:{one.line})"
        yield from _statements(one.sql if sql else (), "    ")
    for each in found.unknown:
        place = "" if each.file is None else f" ({from_here(each.file)}:{each.line})"
        yield f"unknown: {each.what}{place}"


def _blamed(one: Blamed) -> str:
    line = f"{one.revision}, {one.doc}"
    if one.date is not None:
        line += f", {one.date}"
    return line if one.commit is None else f"{line}: {one.commit.id[:8]} by {one.commit.author}, {one.commit.subject}"


def _statements(statements: Sequence[str], indent: str) -> Iterator[str]:
    for statement in statements:
        yield from (f"{indent}{line}" for line in statement.splitlines())
