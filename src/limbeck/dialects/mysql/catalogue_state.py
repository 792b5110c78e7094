"""What the catalogue says of the objects that a DDL statement names, so that one that was carried out shows in it.

DDL of InnoDB is atomic (MariaDB and MySQL manuals, "Atomic DDL"): a statement on one object is carried out, or it is
not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_NAME = r"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$]+)"
_PLACE = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_START = r"(?:\s|/\*(?!!).*?\*/|--[^\n]*\n|#[^\n]*\n)*"
_DEFINER = r"(?:(?:ALGORITHM|DEFINER|SQL\s+SECURITY)\s*=?\s*\S+\s+)*"
_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"

_FORMS: tuple[tuple[str, str], ...] = (
    (rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|SEQUENCE)\s+{_EXISTS}(?P<names>{_PLACE})", "TABLE"),
    (rf"CREATE\s+(?:OR\s+REPLACE\s+)?{_DEFINER}VIEW\s+{_EXISTS}(?P<names>{_PLACE})", "TABLE"),
    (rf"ALTER\s+(?:ONLINE\s+)?(?:IGNORE\s+)?TABLE\s+{_EXISTS}(?P<names>{_PLACE})", "TABLE"),
    (rf"ALTER\s+(?:{_DEFINER}VIEW|SEQUENCE)\s+{_EXISTS}(?P<names>{_PLACE})", "TABLE"),
    (rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+)?INDEX\s.*?\sON\s+(?P<names>{_PLACE})\s*\(", "TABLE"),
    (rf"DROP\s+INDEX\s.*?\sON\s+(?P<names>{_PLACE})", "TABLE"),
    (rf"DROP\s+(?:TABLE|VIEW|SEQUENCE)\s+{_EXISTS}(?P<names>{_PLACE}(?:\s*,\s*{_PLACE})*)", "TABLE"),
    (rf"RENAME\s+TABLES?\s+{_EXISTS}(?P<names>{_PLACE})\s+TO\s+{_PLACE}\s*;?\s*$", "TABLE"),
    (rf"(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?{_DEFINER}TRIGGER\s+{_EXISTS}(?P<names>{_PLACE})", "TRIGGER"),
    (rf"(?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?{_DEFINER}EVENT\s+{_EXISTS}(?P<names>{_PLACE})", "EVENT"),
    (rf"(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?{_DEFINER}PROCEDURE\s+{_EXISTS}(?P<names>{_PLACE})", "PROCEDURE"),
    (rf"(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?{_DEFINER}FUNCTION\s+{_EXISTS}(?P<names>{_PLACE})", "FUNCTION"),
)
"""Statements by their form, with the word after ``SHOW CREATE`` for the objects that they name."""

_DOES_NOT_SHOW = re.compile(
    r"\b(?:(?:EXCHANGE|TRUNCATE|REBUILD|OPTIMIZE|REPAIR)\s+PARTITION|(?:DISCARD|IMPORT)\b.*\bTABLESPACE)\b",
    re.IGNORECASE | re.DOTALL,
)
_TRUNCATE = re.compile(rf"{_START}TRUNCATE\s+(?:TABLE\s+)?(?P<name>{_PLACE})\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_NEW_TABLE = re.compile(rf"{_START}CREATE\s+TABLE\s+(?!IF\b)", re.IGNORECASE | re.DOTALL)
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_ABSENT = {1049, 1146, 1305, 1347, 1360, 1539, 4091, 4092}  # database, table, routine, no view, trigger, event, ...
ABSENT = ""
"""The state of an object that is not there."""


def state(connection: Connection, statement: str) -> str | None:
    """The state of the objects that ``statement`` names; None where it may be carried out without a trace in it."""
    if truncated := _TRUNCATE.match(statement):
        return _number_of_table(connection, truncated["name"])
    if _DOES_NOT_SHOW.search(statement):
        return None
    for form, kind in _FORMS:
        if found := re.match(_START + form, statement, re.IGNORECASE | re.DOTALL):
            names = re.findall(_PLACE, found["names"])
            return _shown(connection, kind, names[0]) if len(names) == 1 else None  # of several some may be dropped
    return None


def makes_a_table(statement: str) -> bool:
    """Whether ``statement`` makes a table that was not there."""
    return _NEW_TABLE.match(statement) is not None


def _shown(connection: Connection, kind: str, name: str) -> str | None:
    """What ``SHOW CREATE`` says without the counter of its rows; None where the account may not see it."""
    try:
        row = connection.exec_driver_sql(f"SHOW CREATE {kind} {name}".replace("%", "%%")).first()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        number = getattr(error.orig, "args", (None,))[0]
        return ABSENT if number in _ABSENT else None
    if row is None or any(value is None for value in row[:3]):
        return None
    return _COUNTER.sub("", "\n".join(map(str, row)))


def _number_of_table(connection: Connection, place: str) -> str | None:
    """The number that InnoDB gave the table, a new one when it is truncated; None without the right to see it."""
    parts = [part.strip('`"') for part in re.findall(_NAME, place)]
    catalogue = "innodb_sys_tables" if getattr(connection.dialect, "is_mariadb", False) else "innodb_tables"
    schema = f"'{parts[0]}'" if len(parts) > 1 else "DATABASE()"
    query = f"SELECT table_id FROM information_schema.{catalogue} WHERE name = CONCAT({schema}, '/{parts[-1]}')"  # noqa: S608 names of the statement itself
    try:
        number = connection.exec_driver_sql(query.replace("%", "%%")).scalar()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None
    return None if number is None else f"table {number}"
