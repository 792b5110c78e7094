"""Throwaway databases on PostgreSQL: a database, or a schema where the account may make none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck import sqla
from limbeck.ddl.scratch_databases import ScratchDatabases, ScratchPlace, naming

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FORBIDDEN = ("42501",)
"""SQLSTATE insufficient_privilege."""

_DATABASES = "SELECT datname FROM pg_catalog.pg_database"
_SCHEMAS = r"SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
_LIKE = (
    "SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate, datctype "
    "FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
)
_NO_FLUSH = "SELECT pg_catalog.current_setting('fsync') = 'off'"
_END_SESSIONS = "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = :name"
_WIDER_THAN_A_SCHEMA = (
    r"\bsearch_path\b",
    r"\b(?:CREATE|ALTER|DROP)\s+(?:EXTENSION|SCHEMA|DATABASE|ROLE|USER|TABLESPACE|PUBLICATION|SUBSCRIPTION|SERVER)\b",
    r"\b(?:DO|EXECUTE)\s+(?:LANGUAGE\s+\w+\s+)?(?:\$|E?')",
    r"\bSYSTEM\s+SET\b",
    r"\bGRANT\b|\bREVOKE\b",
)
"""What leaves the schema that the search path names, or might."""


class PostgresqlScratch(ScratchDatabases):
    """A database made of template0 with encoding and collation of the real one."""

    def names(self, connection: Connection) -> list[str]:
        """The databases of the server, and the schemas of this one."""
        return [str(name) for query in (_DATABASES, _SCHEMAS) for name in connection.scalars(sa.text(query))]

    def create(self, connection: Connection, name: str) -> ScratchPlace:
        """A database; where the account may make none, a schema that is the search path of its sessions."""
        return self._database(connection, name) or self._schema(connection, name)

    def create_template(self, connection: Connection, name: str, folder: str) -> ScratchPlace | None:
        """A database; None where the account may make none."""
        return self._database(connection, name)

    def finish_template(self, connection: Connection, place: ScratchPlace) -> None:
        """Let no session into it any more: a database is only copied while nobody is in it."""
        connection.exec_driver_sql(f'ALTER DATABASE "{place.name}" ALLOW_CONNECTIONS false')
        connection.execute(sa.text(_END_SESSIONS), {"name": place.name})

    def copy(self, connection: Connection, template: str, name: str, folder: str) -> ScratchPlace:
        """By ``TEMPLATE``; as files where none of them would be flushed, which takes half the time then."""
        by_files = (connection.dialect.server_version_info or ()) >= (15,) and connection.scalar(sa.text(_NO_FLUSH))
        strategy = " STRATEGY FILE_COPY" if by_files else ""
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')
        return self._place(connection, name)

    def _database(self, connection: Connection, name: str) -> ScratchPlace | None:
        like = connection.execute(sa.text(_LIKE)).one()
        try:
            connection.exec_driver_sql(
                f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING {_literal(like.encoding)} '
                f"LC_COLLATE {_literal(like.datcollate)} LC_CTYPE {_literal(like.datctype)}"
            )
        except DBAPIError as error:
            if sqla.sqlstate(error) not in FORBIDDEN:
                raise
            return None
        return self._place(connection, name)

    def _place(self, connection: Connection, name: str) -> ScratchPlace:
        return ScratchPlace(name, connection.engine.url.set(database=name), drop=self.drops(name)[:1])

    def _schema(self, connection: Connection, name: str) -> ScratchPlace:
        others = [str(found) for found in connection.scalars(sa.text(_SCHEMAS))]
        connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
        return ScratchPlace(
            name,
            connection.engine.url,
            default_schema=name,
            on_connect=(f'SET search_path TO "{name}"',),
            outside=naming(others, *_WIDER_THAN_A_SCHEMA),
            drop=self.drops(name)[1:],
        )

    def drops(self, name: str) -> tuple[str, ...]:
        """With the sessions that are left in it."""
        return f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'DROP SCHEMA IF EXISTS "{name}" CASCADE'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
