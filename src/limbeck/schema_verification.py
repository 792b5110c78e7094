"""Which revision the schema of a database stands at, by what the history makes of an empty scratch database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from . import repeatables, scratch
from .errors import CommandError, UsageError
from .position import url
from .runtime.logging_sections import silenced, silent
from .runtime.migration import log
from .schema import Schema, differences, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .databases import Environment
    from .runtime.migration import MigrationContext
    from .script.steps import MigrationStep

    Rows = tuple[str, ...]


class _Found(NamedTuple):
    """A database: its URL, the rows that it would get, and its schema."""

    database: str
    rows: Rows
    schema: Schema


def verify(environment: Environment, plan: Callable[[Rows], Rows]) -> None:
    """Compare the schema of each database with what the history makes of an empty one; changes no database.

    :param plan: the rows that a database is to get, by those that it has.
    :raises CommandError: with a note for each difference, where there is one; and where no scratch database can be
        made.
    """
    real = _look(environment, plan)
    ends = {frozenset(found.rows): found.rows for found in real}
    if len(ends) > 1:
        raise UsageError("The databases are to be stamped at several places", hint="verify them one by one")
    for rows in ends.values():
        with scratch.copies(environment, at=rows or "base") as twin:
            made = _look(twin, lambda there: there)
        for found, expected in zip(real, made, strict=True):
            surplus = (
                f"no revision up to {', '.join(found.rows)} makes it" if found.rows else "at base there is nothing"
            )
            _refuse(found, differences(found.schema, expected.schema, surplus))


def _refuse(found: _Found, lines: Sequence[str]) -> None:
    if not lines:
        return
    error = CommandError(
        f"The schema of {found.database} is not that of {', '.join(found.rows) or 'base'}: {len(lines)} "
        f"difference{'' if len(lines) == 1 else 's'}, and nothing was stamped",
        code="schema-differs",
        hint="name the revision that it equals, bring it there, or stamp it without --verify",
    )
    for line in lines:
        error.add_note(line)
    raise error


def _look(environment: Environment, plan: Callable[[Rows], Rows]) -> list[_Found]:
    found: list[_Found] = []

    def look(rows: Rows, context: MigrationContext) -> list[MigrationStep]:
        schema = read(context)
        found.append(
            _Found(url(context), plan(rows), replace(schema, views=repeatables.without(schema.views, context)))
        )
        return []

    with silenced(log):  # env.py is run again for what the command does then
        environment.run(look, dont_mutate=True)
    return found


def equal_revisions(environment: Environment) -> list[tuple[str, str | None]]:
    """Of each database its URL and the newest revision whose schema it has; None where there is none, or no table.

    Takes the history up on scratch databases revision by revision, and so as long as an upgrade from empty and more.

    :raises CommandError: where no scratch database can be made, or a revision fails on an empty database.
    """
    script = environment.script
    with silent(log):
        real = _look(environment, lambda rows: rows)
        equal: list[str | None] = [None] * len(real)
        if any(found.schema.tables for found in real):
            _compare_with_each(environment, script.steps(script.plan_upgrade("heads", ())), real, equal)
    return [(found.database, revision) for found, revision in zip(real, equal, strict=True)]


def _compare_with_each(
    environment: Environment, steps: Sequence[MigrationStep], real: Sequence[_Found], equal: list[str | None]
) -> None:
    """Put the newest revision into ``equal`` after which a scratch database has the schema of the real one."""
    with scratch.copies(environment, at="base") as twin:
        for step in steps:
            twin.run(lambda _rows, _context, step=step: [step])
            for number, made in enumerate(_look(twin, lambda rows: rows)):
                if real[number].schema.tables and not differences(real[number].schema, made.schema):
                    equal[number] = step.to_revisions[0]
