"""A run of env.py that is for one database, and for one schema in it: anything else that env.py connects to is refused.

The schema is the search path of the run's session, so that operations and models that name no schema land there; the
version table is in it too, and with it the run lock.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqlalchemy import URL

from limbeck import sqla
from limbeck.ddl.impl import DefaultImpl
from limbeck.errors import CommandError

from .connections import engine_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from limbeck.config import Config

    from .sessions import Sessions


class Pinned:
    """The database that a run is for.

    :param url: its URL.
    :param schema: the schema; None: that of the session.
    :param sessions: keeps the sessions of env.py's `context.run()` for the next run; None: each run makes its own.
    """

    def __init__(self, url: URL, schema: str | None = None, sessions: Sessions | None = None) -> None:
        self._url = url
        self.schema = schema
        self._sessions = sessions

    def engine(self, config: Config) -> Engine:
        """The engine of `context.run()`."""
        return engine_of(config) if self._sessions is None else self._sessions.engine(config)

    def enter(self, connection: Connection) -> None:
        """Have ``connection``, which env.py gives to ``configure()``, work in the schema.

        :raises CommandError: where it leads to another database, and where that has no search path, or no such schema.
        """
        if not _is_same(connection.engine.url, self._url):
            raise CommandError(
                f"env.py connects to {place(connection.engine.url)}, and this run is for {place(self._url)}",
                code="other-database",
                hint="let env.py take the URL of the configuration, as "
                'context.config.get_main_option("sqlalchemy.url"), or call context.run()',
            )
        if self.schema is None:
            return
        impl = DefaultImpl.get_by_dialect(connection.dialect)
        statement = impl.enters_schema(connection.dialect, self.schema)
        if statement is None:
            raise CommandError(
                f"A session of {connection.dialect.name} cannot be led into a schema",
                code="no-search-path",
                hint="name the database in the URL, and leave the schema out",
            )
        if connection.in_transaction():
            self._lead(connection, impl, statement)
            return
        level = sqla.isolation_level(connection)
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._lead(connection, impl, statement)
        finally:
            if not connection.invalidated:
                connection.rollback()
                connection.execution_options(isolation_level=level)

    def _lead(self, connection: Connection, impl: type[DefaultImpl], statement: str) -> None:
        connection.exec_driver_sql(statement)
        if self.schema is not None and not impl.is_in_schema(connection, self.schema):
            raise CommandError(
                f"The database has no schema '{self.schema}'",
                code="no-target-schema",
                hint="create it, and let this account use it, or correct its name",
            )


def place(url: URL) -> str:
    """A database as messages name it: without account, password and options."""
    return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def _is_same(here: URL, wanted: URL) -> bool:
    if here.get_backend_name() != wanted.get_backend_name() or here.host != wanted.host:
        return False
    if None not in {here.port, wanted.port} and here.port != wanted.port:
        return False
    if here.host is None and here.database and wanted.database:  # perhaps a file
        return os.path.abspath(here.database) == os.path.abspath(wanted.database)
    return here.database == wanted.database
