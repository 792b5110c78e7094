"""Throwaway databases on SQL Server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.scratch_databases import ScratchDatabases, ScratchPlace, naming

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_SYSTEM = ("master", "model", "msdb", "tempdb")


class MSSQLScratch(ScratchDatabases):
    """A database with the collation of the real one."""

    def names(self, connection: Connection) -> list[str]:
        """The databases of the server."""
        return [str(name) for name in connection.scalars(sa.text("SELECT name FROM sys.databases"))]

    def create(self, connection: Connection, name: str) -> ScratchPlace:
        """A database; statements that name another one of the server are outside of it."""
        collation = connection.scalar(sa.text("SELECT CONVERT(sysname, DATABASEPROPERTYEX(DB_NAME(), 'Collation'))"))
        others = set(self.names(connection)).difference(_SYSTEM)
        connection.exec_driver_sql(f"CREATE DATABASE [{name}]" + (f" COLLATE {collation}" if collation else ""))
        return ScratchPlace(
            name,
            connection.engine.url.set(database=name),
            outside=naming(others, r"\A\s*USE\s", r"\b(?:CREATE|ALTER|DROP)\s+(?:DATABASE|LOGIN)\b"),
            drop=self.drops(name),
        )

    def drops(self, name: str) -> tuple[str, ...]:
        """With the sessions that are left in it."""
        return (
            f"IF DB_ID('{name}') IS NOT NULL ALTER DATABASE [{name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
            f"DROP DATABASE IF EXISTS [{name}]",
        )
