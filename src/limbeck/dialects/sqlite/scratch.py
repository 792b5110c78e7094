"""Throwaway databases of SQLite: in memory, or files where they are copied."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
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

    def create_template(self, connection: Connection, name: str, folder: str) -> ScratchPlace:
        """A file, which other processes can read."""
        return _file(connection, name, folder)

    def finish_template(self, connection: Connection, place: ScratchPlace) -> None:
        """Have everything in the file itself, also where a script has turned on a write-ahead log."""
        with closing(sqlite3.connect(str(place.url.database))) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, connection: Connection, template: str, name: str, folder: str) -> ScratchPlace:
        """A copy of the file."""
        place = _file(connection, name, folder)
        shutil.copyfile(_path(template, folder), _path(name, folder))
        return place


class _Files:
    """A database and the files that SQLite puts beside it.

    :param path: the database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Delete them."""
        for end in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)


def _path(name: str, folder: str) -> Path:
    return Path(folder, f"{name}.db")


def _file(connection: Connection, name: str, folder: str) -> ScratchPlace:
    path = _path(name, folder)
    url = make_url(f"{connection.engine.url.drivername}://").set(database=str(path))
    return ScratchPlace(name, url, outside=_FILES, keeps=_Files(path))
