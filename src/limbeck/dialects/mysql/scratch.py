"""Throwaway databases on MySQL and MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.scratch_databases import ScratchDatabases, ScratchPlace, naming

from .copying import DatabaseText

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_DATABASES = "SELECT schema_name FROM information_schema.schemata"
_LIKE = (
    "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
    "WHERE schema_name = DATABASE()"
)
_PATIENCE = 10
"""Seconds."""

_OF_THE_SERVER = ("information_schema", "performance_schema", "mysql", "sys")
_WIDER_THAN_A_DATABASE = (
    r"\A\s*USE\s",
    r"\b(?:CREATE|ALTER|DROP|RENAME)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA|USER|ROLE)\b",
    r"\bSET\s+(?:GLOBAL|PERSIST)\b",
    r"\A\s*(?:GRANT|REVOKE)\s",
)
"""What leaves the database of the session: one account sees all databases of a server."""


class MySQLScratch(ScratchDatabases):
    """A database with character set and collation of the real one."""

    def __init__(self) -> None:
        self._read: dict[str, DatabaseText] = {}

    def names(self, connection: Connection) -> list[str]:
        """The databases that the account sees."""
        return [str(name) for name in connection.scalars(sa.text(_DATABASES))]

    def create(self, connection: Connection, name: str) -> ScratchPlace:
        """A database; statements that name another one of the server are outside of it."""
        others = set(self.names(connection)).difference(_OF_THE_SERVER)
        like = connection.execute(sa.text(_LIKE)).first()
        options = "" if like is None else f" CHARACTER SET {like[0]} COLLATE {like[1]}"
        connection.exec_driver_sql(f"CREATE DATABASE `{name}`{options}")
        return ScratchPlace(
            name,
            connection.engine.url.set(database=name),
            default_schema=name,
            outside=naming(others, *_WIDER_THAN_A_DATABASE),
            drop=self.drops(name),
        )

    def drops(self, name: str) -> tuple[str, ...]:
        """It is dropped with what is in it; a transaction that a test has left open there is not waited for all day."""
        return (f"SET SESSION lock_wait_timeout = {_PATIENCE}", f"DROP DATABASE IF EXISTS `{name}`")

    def create_template(self, connection: Connection, name: str, folder: str) -> ScratchPlace:
        """A database."""
        return self.create(connection, name)

    def copy(self, connection: Connection, template: str, name: str, folder: str) -> ScratchPlace:
        """By SHOW CREATE of everything in it, which is read once, and INSERT of the rows."""
        place = self.create(connection, name)
        if template not in self._read:
            self._read[template] = DatabaseText(connection, template)
        self._read[template].replay(connection, name)
        return place
