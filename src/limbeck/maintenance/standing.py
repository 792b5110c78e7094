"""Which known databases stand on revisions that are to go: those of the environment, and those of a list of URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from limbeck.errors import CommandError, UsageError
from limbeck.position import url
from limbeck.runtime.database_errors import first_line
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import MigrationContext, log
from limbeck.runtime.missing_files import creating_no_database

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from limbeck.databases import Environment
    from limbeck.script.steps import MigrationStep

    Standing = tuple[str, tuple[str, ...]]  # the URL of a database, and its version rows


def demand_none_on(environment: Environment, names: Collection[str], targets: str | None, *, why: str) -> list[str]:
    """Raise `CommandError` where a known database stands on one of some revisions; gives the databases that were asked.

    :param names: ids of the revisions. :param targets: a file with the URL of a database on each line.
    :param why: what the revisions are, for the message.
    :raises CommandError: where a database cannot be reached, too.
    """
    asked: list[str] = []
    for database, rows in _standing(environment, targets):
        asked.append(database)
        there = [row for row in rows if row in names]
        if there:
            raise CommandError(
                f"{database} stands at {', '.join(there)}, {why}",
                code="still-needed",
                hint="upgrade it first, and run the command again",
            )
    return asked


def _standing(environment: Environment, targets: str | None) -> Iterator[Standing]:
    contexts: list[MigrationContext] = []
    found: list[Standing] = []

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        contexts.append(context)
        found.append((url(context), rows))
        return []

    try:
        with creating_no_database(), silenced(log):
            environment.run(look, dont_mutate=True)
    except CommandError as error:
        if error.code != "no-database-file":  # where there is none, it stands nowhere
            raise
    except DBAPIError as error:
        raise CommandError(
            f"A database of the environment cannot be asked where it stands: {first_line(error)}",
            code="not-asked",
            hint="start it, or have env.py name another",
        ) from error
    yield from found
    options = contexts[0].opts if contexts else {}
    for line in [] if targets is None else _urls(targets):
        yield _of_url(line, {name: options.get(name) for name in ("version_table", "version_table_schema")})


def _urls(path: str) -> list[str]:
    """The lines of a file that are neither empty nor comments."""
    try:
        with open(path, encoding="utf-8") as stream:
            lines = [line.strip() for line in stream]
    except (OSError, UnicodeDecodeError) as error:
        hint = "write the URL of a database on each line"
        raise UsageError(f"--targets: {path} cannot be read: {error}", hint=hint) from None
    return [line for line in lines if line and not line.startswith("#")]


def _of_url(text: str, options: dict[str, object]) -> Standing:
    try:
        engine = create_engine(text)
    except (ArgumentError, ImportError) as error:
        raise UsageError(f"--targets: {error}", hint="write the URL of a database on each line") from None
    shown = engine.url.render_as_string(hide_password=True)
    opts = {name: value for name, value in options.items() if value is not None}
    try:
        with creating_no_database(), engine.connect() as connection:
            rows = MigrationContext.configure(connection, opts=opts).get_current_heads()
    except SQLAlchemyError as error:
        raise CommandError(
            f"{shown} cannot be asked where it stands: {first_line(error)}",
            code="not-asked",
            hint="start it, or take it out of the list",
        ) from error
    finally:
        engine.dispose()
    return shown, rows
