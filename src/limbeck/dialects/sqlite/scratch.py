"""Throwaway databases of SQLite: in memory."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from limbeck.ddl.scratch_databases import ScratchDatabases, ScratchPlace

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_FILES = re.compile(r"\A\s*(?:ATTACH|VACUUM\s+INTO)\b", re.IGNORECASE)


class SQLiteScratch(ScratchDatabases):
    """A database in memory that the connections of this process share (SQLite manual, "In-Memory Databases")."""

    def names(self, connection: Connection) -> list[str]:
        """None: those of other processes end with them."""
        return []

    def create(self, connection: Connection, name: str) -> ScratchPlace:
        """A database that lives as long as the place does."""
        file = f"file:{name}?mode=memory&cache=shared"
        url = make_url(f"{connection.engine.url.drivername}:///{file}&uri=true")
        return ScratchPlace(name, url, outside=_FILES, keeps=sqlite3.connect(file, uri=True, check_same_thread=False))

    def drops(self, name: str) -> tuple[str, ...]:
        """Nothing: it ends with its last connection."""
        return ()
