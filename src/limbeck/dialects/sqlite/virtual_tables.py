"""Virtual tables of SQLite, and the shadow tables in which their modules keep what they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b", re.IGNORECASE)


def is_virtual(sql: str | None) -> bool:
    """Whether a statement creates a virtual table."""
    return _VIRTUAL.match(sql or "") is not None


def virtual_and_shadow_tables(connection: Connection, schema: str | None) -> set[str]:
    """The virtual tables of a schema and their shadow tables.

    SQLite tells shadow tables from others since 3.37 (``PRAGMA table_list``); before, their names tell.
    """
    place = connection.dialect.identifier_preparer.quote(schema or "main")
    tables = f"SELECT name FROM {place}.sqlite_master WHERE type = 'table'"  # noqa: S608
    virtual = set(connection.scalars(sa.text(f"{tables} AND sql LIKE 'CREATE VIRTUAL TABLE%'")))
    if not virtual:
        return set()
    listed = connection.exec_driver_sql(f"PRAGMA {place}.table_list").all()
    if listed:
        return virtual | {row[1] for row in listed if row[0] == (schema or "main") and row[2] == "shadow"}
    names = connection.scalars(sa.text(tables))
    return virtual | {name for name in names if any(name.startswith(f"{each}_") for each in virtual)}
