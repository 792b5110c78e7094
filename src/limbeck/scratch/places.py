"""The real databases of an environment, and places for copies beside them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sqlalchemy.exc import DBAPIError

from limbeck import sqla
from limbeck.errors import CommandError
from limbeck.runtime import connections
from limbeck.runtime.missing_files import as_empty

from .names import leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Engine

    from limbeck.databases import Environment
    from limbeck.ddl.scratch_databases import ScratchDatabases, ScratchPlace
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep


T = TypeVar("T")


class Real(NamedTuple):
    """A real database: its engine, how its dialect makes places, and its version rows."""

    engine: Engine
    makes: ScratchDatabases
    rows: tuple[str, ...]


def look(environment: Environment) -> list[Real]:
    """The databases of an environment, in the order of env.py; they are only read."""
    found: dict[str, Real] = {}

    def seen(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None:
            engine = context.connection.engine
            found[engine.url.render_as_string(hide_password=False)] = Real(engine, _makes(context), rows)
        return []

    environment.run(seen, dont_mutate=True)
    return list(found.values())


def _makes(context: MigrationContext) -> ScratchDatabases:
    makes = context.impl.scratch_databases()
    if makes is None:
        raise CommandError(
            f"Limbeck makes no scratch databases on {context.dialect.name}",
            code="no-scratch",
            hint="leave --scratch out",
        )
    return makes


def made(database: Real, make: Callable[[Connection], T]) -> T:
    """What ``make`` makes by a session of a real database, after the places of dead processes are dropped.

    :raises CommandError: where the account may make none.
    """
    found: list[T] = []

    def on(connection: Connection) -> None:
        for leftover in leftovers(database.makes.names(connection)):
            with suppress(DBAPIError):  # that of another account is for that one to drop
                execute(connection, database.makes.drops(leftover))
        found.append(make(connection))

    try:
        beside(database, on)
    except DBAPIError as error:
        shown = database.engine.url.render_as_string(hide_password=True)
        raise CommandError(
            f"No scratch database can be made on the server of {shown}: {error.orig}",
            code="no-scratch",
            hint="let the account create databases",
        ) from error
    return found[0]


def drop(database: Real, place: ScratchPlace) -> None:
    """Drop a place."""
    if place.drop:
        beside(database, lambda connection: execute(connection, place.drop))
    close: Callable[[], None] | None = getattr(place.keeps, "close", None)
    if close is not None:
        close()


def execute(connection: Connection, statements: Sequence[str]) -> None:
    """Execute statements as they stand."""
    for statement in statements:
        connection.exec_driver_sql(statement)


def beside(database: Real, work: Callable[[Connection], None]) -> None:
    """Call ``work`` with a session of the real database in autocommit mode, which is closed afterwards."""

    def on(connection: Connection) -> None:
        work(connection.execution_options(isolation_level="AUTOCOMMIT"))

    with as_empty():
        connections.beside_a_running_loop(lambda: connections.run_on(sqla.without_pool(database.engine), on))
