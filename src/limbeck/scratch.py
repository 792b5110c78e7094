"""Scratch databases: throwaway copies of the databases of an environment, their schema made by the history.

    with scratch.copies(environment) as twin:
        verbs.carry_out(twin, "upgrade", "heads")

``twin`` is an `Environment` whose env.py runs as always, but on the copies. They are dropped after the block. A process
that is killed leaves its copies behind; the next use on the same server drops them.
"""

from __future__ import annotations

import os
import re
import socket
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.exc import DBAPIError

from . import sqla
from .databases import Environment
from .errors import CommandError
from .runtime import connections
from .runtime.logging_sections import silent
from .runtime.migration import log
from .runtime.redirect import Redirect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Engine

    from .ddl.scratch_databases import ScratchDatabases, ScratchPlace
    from .runtime.migration import MigrationContext
    from .script.steps import MigrationStep

PREFIX = "limbeck_scratch_"
"""Begins the names of all scratch databases."""

ANOTHER_HOST = 24 * 3600
"""Seconds after which a scratch database of another machine, whose processes cannot be seen, is dropped."""

WHILE_BRINGING = "while the history was run on an empty scratch database"
"""The note on an error of a script that failed while it made a copy."""

_NAME = re.compile(rf"{PREFIX}(?P<host>[0-9a-f]{{8}})_(?P<process>\d+)_(?P<second>\d+)_\d+")

_numbers = count(1)


class _Real(NamedTuple):
    """A real database: its engine, how its dialect makes places, and its version rows."""

    engine: Engine
    makes: ScratchDatabases
    rows: tuple[str, ...]


@contextmanager
def copies(environment: Environment, at: str | tuple[str, ...] | None = None) -> Iterator[Environment]:
    """The same environment, whose databases are throwaway copies without rows for the length of a block.

    The copies are on the same server: databases of their own; on PostgreSQL a schema where the account may create no
    database; for SQLite they are in memory. env.py and scripts notice nothing. Neither the run lock is taken nor
    ``on_version_apply`` called.

    :param environment: the environment; its databases are only read.
    :param at: the revision or revisions that the copies are brought to, by running the history on them; default: those
        that each database is at; ``"base"``: empty ones.
    :raises CommandError: where the dialect has no such databases, the account may create none, or a revision of the
        history fails on an empty database.
    """
    real = _look(environment)
    with ExitStack() as stack:
        places: list[tuple[_Real, ScratchPlace]] = []
        for database in real.values():
            place = _made(database)
            stack.callback(_drop, database, place)
            places.append((database, place))
        redirect = Redirect([(database.engine, place) for database, place in places])
        stack.callback(redirect.end)
        twin = Environment(environment.config, environment.script, partial(_run, environment, redirect))
        _bring(twin, at, [database.rows for database in real.values()])
        yield twin


def leftovers(names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are scratch databases whose process has ended."""
    return [name for name in names if (found := _NAME.fullmatch(name)) and not _lives(found)]


# --- the real databases -----------------------------------------------------------------------------------------------


def _look(environment: Environment) -> dict[str, _Real]:
    """The real databases by their URLs."""
    found: dict[str, _Real] = {}

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None:
            engine = context.connection.engine
            found[engine.url.render_as_string(hide_password=False)] = _Real(engine, _makes(context), rows)
        return []

    environment.run(look, dont_mutate=True)
    return found


def _makes(context: MigrationContext) -> ScratchDatabases:
    makes = context.impl.scratch_databases()
    if makes is None:
        raise CommandError(
            f"Limbeck makes no scratch databases on {context.dialect.name}",
            code="no-scratch",
            hint="leave --scratch out",
        )
    return makes


def _made(database: _Real) -> ScratchPlace:
    """A new place for a copy, after those of dead processes are dropped."""
    name = f"{PREFIX}{_host()}_{os.getpid()}_{int(time.time())}_{next(_numbers)}"
    made: list[ScratchPlace] = []

    def make(connection: Connection) -> None:
        for leftover in leftovers(database.makes.names(connection)):
            _execute(connection, database.makes.drops(leftover))
        made.append(database.makes.create(connection, name))

    try:
        _beside(database, make)
    except DBAPIError as error:
        shown = database.engine.url.render_as_string(hide_password=True)
        raise CommandError(
            f"No scratch database can be made on the server of {shown}: {error.orig}",
            code="no-scratch",
            hint="let the account create databases",
        ) from error
    return made[0]


def _drop(database: _Real, place: ScratchPlace) -> None:
    if place.drop:
        _beside(database, lambda connection: _execute(connection, place.drop))
    close: Callable[[], None] | None = getattr(place.keeps, "close", None)
    if close is not None:
        close()


def _execute(connection: Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _beside(database: _Real, work: Callable[[Connection], None]) -> None:
    """Call ``work`` with a session of the real database in autocommit mode, which is closed afterwards."""

    def on(connection: Connection) -> None:
        work(connection.execution_options(isolation_level="AUTOCOMMIT"))

    connections.beside_a_running_loop(lambda: connections.run_on(sqla.without_pool(database.engine), on))


# --- the copies -------------------------------------------------------------------------------------------------------


def _run(environment: Environment, redirect: Redirect, fn: Callable[..., object], **options: object) -> None:
    """Run env.py on the copies."""
    environment.run(fn, redirect=redirect, **options)


def _bring(twin: Environment, at: str | tuple[str, ...] | None, rows: list[tuple[str, ...]]) -> None:
    """Run the history on the copies, silently: up to ``at``, or where the databases are, in the order of env.py."""
    script = twin.script
    waiting = iter(rows)
    found: dict[MigrationContext, tuple[str, ...]] = {}

    def steps(_rows: tuple[str, ...], context: MigrationContext) -> Sequence[MigrationStep]:
        if context not in found:  # a run may plan again
            found[context] = next(waiting, ())
        target = found[context] if at is None else at
        return [] if not target or target == "base" else script.steps(script.plan_upgrade(target, ()))

    try:
        with silent(log):
            twin.run(steps)
    except CommandError:
        raise
    except Exception as error:
        error.add_note(WHILE_BRINGING)
        raise


# --- names ------------------------------------------------------------------------------------------------------------


def _host() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:8]


def _lives(name: re.Match[str]) -> bool:
    """Whether the process that a name tells of may still be at work."""
    made = int(name["second"])
    if name["host"] != _host():
        return time.time() - made < ANOTHER_HOST
    process = int(name["process"])
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another account's
    begun = _begin_of(process)
    return begun is None or begun <= made + 1  # a process that began later has the number of a dead one


def _begin_of(process: int) -> float | None:
    """When a process began, as seconds since 1970; None where the system does not tell."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="ascii") as file:
            booted = next(int(line.split()[1]) for line in file if line.startswith("btime "))
    except (OSError, StopIteration, ValueError, IndexError):
        return None
    return booted + ticks / os.sysconf("SC_CLK_TCK")
