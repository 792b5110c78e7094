"""Throwaway databases at a revision, for tests of what a revision does to rows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from limbeck import scratch, sqla, verbs
from limbeck.command.environments import environment_of
from limbeck.history_checks.made_up_rows import look, rows_of
from limbeck.history_checks.subject import connected, each_context
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext

T = TypeVar("T")


class StagedDatabase:
    """A throwaway database that stands at a revision, and is dropped after the test.

    :param twin: the environment whose database it is; it has one.
    """

    def __init__(self, twin: Environment) -> None:
        self._twin = twin

    def migrate_to(self, revision: str) -> None:
        """Upgrade or downgrade it, whichever leads there.

        :param revision: the revision, or ``base``.
        """
        there = verbs.rows(self._twin)
        below = {step.revision for step in self._twin.script.plan_upgrade(there, ()).steps} if there else set()
        is_below = revision == "base" or self._twin.script.get_revision(revision).revision in below
        verbs.carry_out(self._twin, "downgrade" if is_below else "upgrade", revision)

    def insert(self, table: str, **values: object) -> None:
        """Insert a row.

        :param table: the table, with its schema before a dot where it has one. :param values: its values by column.
        """
        self.call(lambda connection: connection.execute(sa.insert(_table(connection, table)).values(values)))

    def rows(self, table: str) -> list[dict[str, object]]:
        """The rows of a table by its primary key, as an application reads them; without a key as the database has them.

        :param table: as for `insert`.
        """

        def read(connection: Connection) -> list[dict[str, object]]:
            found = look(sa.inspect(connection), _name(table))
            rows = [dict(row) for row in rows_of(connection, found)]
            return sorted(rows, key=lambda row: tuple(str(row[one]).rjust(20) for one in found.primary_key))

        return self.call(read)

    def execute(self, statement: str) -> None:
        """Execute a statement, and commit."""
        self.call(lambda connection: connection.execute(sa.text(statement)))

    def call(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` gives of a connection to the database, whose transaction is committed afterwards."""
        found: list[T] = []

        def with_session(context: MigrationContext) -> None:
            with sqla.without_pool(connected(context).engine).begin() as connection:
                found.append(work(connection))

        each_context(self._twin, with_session)
        return found[0]


@contextmanager
def before(config: Config, revision: str) -> Iterator[StagedDatabase]:
    """A throwaway database that stands just before a revision, all that it needs applied."""
    environment = environment_of(config)
    parents = environment.script.get_revision(revision).normal_down_revisions
    with scratch.copies(environment, at=parents or "base") as twin:
        yield StagedDatabase(twin)


@contextmanager
def at(config: Config, revision: str) -> Iterator[StagedDatabase]:
    """A throwaway database that stands at a revision; at the heads it has the repeatable objects too."""
    with scratch.copies(environment_of(config), at="base") as twin:
        with silent(log):
            verbs.carry_out(twin, "upgrade", revision)
        yield StagedDatabase(twin)


def _name(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name


def _table(connection: Connection, table: str) -> sa.TableClause:
    return look(sa.inspect(connection), _name(table)).clause
