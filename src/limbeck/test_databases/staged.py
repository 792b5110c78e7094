"""Throwaway databases at a revision, for tests of what a revision does to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from limbeck import sqla, verbs
from limbeck.errors import CommandError
from limbeck.history_checks.made_up_rows import look, rows_of
from limbeck.history_checks.subject import connected, each_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from sqlalchemy.engine import URL, Connection, Engine

    from limbeck.runtime.migration import MigrationContext
    from limbeck.scratch import Copies

T = TypeVar("T")


class StagedDatabase:
    """A throwaway database that stands at a revision, and is dropped after the test.

    :param twin: the environment whose database it is.
    """

    def __init__(self, twin: Copies) -> None:
        self._twin = twin
        self._engine: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is idle in the pool of `engine`."""
        if self._engine is not None:
            self._engine.dispose()

    @property
    def url(self) -> URL:
        """Where it is, with the driver of env.py; ``str()`` hides the password.

        :raises CommandError: for several databases of one env.py, whose `urls` there are, and for a schema in the real
            database, which the account had to make do with.
        """
        if len(self._twin.places) != 1:
            raise CommandError(
                f"env.py connects to {len(self._twin.places)} databases: there is no one URL",
                code="several-databases",
                hint="take one of `urls`, which are in the order of env.py",
            )
        return self.urls[0]

    @property
    def urls(self) -> tuple[URL, ...]:
        """Where the databases of env.py are, in its order.

        :raises CommandError: as `url` for a schema.
        """
        for place in self._twin.places:
            if place.on_connect:
                raise CommandError(
                    f"The scratch database {place.name} is a schema in the real database, which no URL names",
                    code="no-scratch",
                    hint="let the account create databases; call() and rows() reach this one too",
                )
        return tuple(place.url for place in self._twin.places)

    @property
    def engine(self) -> Engine:
        """An engine of its own for it; what is idle in its pool is closed after the test.

        :raises CommandError: as `url`.
        """
        if self._engine is None:
            self._engine = sa.create_engine(self.url)
        return self._engine

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


def _name(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name


def _table(connection: Connection, table: str) -> sa.TableClause:
    return look(sa.inspect(connection), _name(table)).clause
