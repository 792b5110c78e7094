"""Copies of the databases of an environment, which the history makes."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from limbeck.databases import Environment
from limbeck.errors import CommandError
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.runtime.redirect import Redirect

from . import places
from .names import new_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from limbeck.ddl.scratch_databases import ScratchPlace
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

WHILE_BRINGING = "while the history was run on an empty scratch database"
"""The note on an error of a script that failed while it made a copy."""


class Copies(Environment):
    """An environment whose databases are copies.

    :param environment: the environment that they are copies of. :param redirect: leads env.py to them.
    :param places: where they are, in the order of env.py.
    """

    def __init__(self, environment: Environment, redirect: Redirect, places: Sequence[ScratchPlace]) -> None:
        super().__init__(environment.config, environment.script, partial(_run, environment, redirect))
        self.places = tuple(places)


@contextmanager
def copies(environment: Environment, at: str | tuple[str, ...] | None = None) -> Iterator[Copies]:
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
    real = places.look(environment)
    with ExitStack() as stack:
        made: list[ScratchPlace] = []
        for database in real:
            place = places.made(database, partial(database.makes.create, name=new_name()))
            stack.callback(places.drop, database, place)
            made.append(place)
        twin = stack.enter_context(led_to(environment, real, made))
        bring(twin, at, [database.rows for database in real])
        yield twin


@contextmanager
def led_to(environment: Environment, real: Sequence[places.Real], made: Sequence[ScratchPlace]) -> Iterator[Copies]:
    """The same environment, whose databases are in other places for the length of a block.

    :param real: its databases. :param made: the place of each.
    """
    redirect = Redirect([(database.engine, place) for database, place in zip(real, made, strict=True)])
    try:
        yield Copies(environment, redirect, made)
    finally:
        redirect.end()


def bring(twin: Environment, at: str | tuple[str, ...] | None, rows: Sequence[tuple[str, ...]]) -> None:
    """Run the history on copies, silently: up to ``at``, or where the databases are, in the order of env.py."""
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


def _run(environment: Environment, redirect: Redirect, fn: Callable[..., object], **options: object) -> None:
    """Run env.py on the copies."""
    environment.run(fn, redirect=redirect, **options)
