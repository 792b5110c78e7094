"""How statements alter tables on MySQL and MariaDB: ALGORITHM and LOCK (manual, "Online DDL Operations")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.locks import TABLE, Blocks, Lock, LockFacts, unquoted
from limbeck.ddl.table_facts import TableSize

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_I = re.IGNORECASE | re.DOTALL
_ALTER = re.compile(rf"ALTER\s+(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>{TABLE})\s+(?P<rest>.*)", _I)
_INDEX = re.compile(
    rf"(?P<verb>CREATE|DROP)\s+(?P<kind>UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX\s.*?\bON\s+(?P<table>{TABLE})", _I
)
_ROWS = re.compile(rf"(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?P<table>{TABLE})", _I)
_WHOLE = re.compile(
    rf"(?:DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?|TRUNCATE\s+(?:TABLE\s+)?|RENAME\s+TABLE\s+)(?P<table>{TABLE})", _I
)

INSTANT = "ALGORITHM=INSTANT, LOCK=NONE"
INPLACE = "ALGORITHM=INPLACE, LOCK=NONE"
COPY = "ALGORITHM=COPY, LOCK=SHARED"
EXCLUSIVE = "ALGORITHM=INPLACE, LOCK=EXCLUSIVE"

_BLOCKS: dict[str, Blocks] = {COPY: "writes", EXCLUSIVE: "reads and writes"}

# the first that matches what follows the name in ALTER TABLE; any other is a copy
_CHANGES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, _I), mode)
    for pattern, mode in (
        (r"ADD\s+(?:COLUMN\s+)?\S+\s.*\b(?:AUTO_INCREMENT|STORED|PERSISTENT|UNIQUE|PRIMARY\s+KEY|REFERENCES)\b", COPY),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:FOREIGN\s+KEY|CHECK)\b", COPY),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:UNIQUE|PRIMARY\s+KEY)\b", INPLACE),
        (r"ADD\s+(?:INDEX|KEY)\b", INPLACE),
        (r"ADD\s", INSTANT),
        (r"DROP\s+(?:FOREIGN\s+KEY|INDEX|KEY)\b", INPLACE),
        (r"ALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET|DROP)\s+DEFAULT\b", INSTANT),
        (r"RENAME\s+(?:COLUMN|INDEX|KEY)\b", INPLACE),
        (r"RENAME\b", EXCLUSIVE),
    )
)

_SIZE = (
    "SELECT table_rows, data_length + index_length FROM information_schema.tables "
    "WHERE table_schema = coalesce(:schema, DATABASE()) AND table_name = :name AND table_type = 'BASE TABLE'"
)
_SMALL = 1_000_000
"""Bytes up to which rows are counted, not estimated."""


class MySQLLocks(LockFacts):
    """By the text of a statement, the least that is certain: what ``MODIFY`` changes it does not tell."""

    def of(self, statement: str) -> list[Lock]:
        """ALGORITHM and LOCK of an ALTER TABLE or of an index; exclusive for a whole table, row locks for rows."""
        bare = re.sub(r"'(?:[^']|'')*'", "''", statement.strip().rstrip(";"))
        if found := _ALTER.match(bare):
            mode = next((mode for pattern, mode in _CHANGES if pattern.match(found["rest"])), COPY)
            return [_lock(found["table"], mode)]
        if found := _INDEX.match(bare):
            whole = (found["kind"] or "").strip().upper() in {"FULLTEXT", "SPATIAL"} and found[
                "verb"
            ].upper() == "CREATE"
            return [_lock(found["table"], COPY if whole else INPLACE)]
        if found := _WHOLE.match(bare):
            return [Lock(unquoted(found["table"]), "EXCLUSIVE", "reads and writes")]
        if found := _ROWS.match(bare):
            return [Lock(unquoted(found["table"]), "row locks", "nothing")]
        return []


def _lock(table: str, mode: str) -> Lock:
    return Lock(
        unquoted(table),
        mode,
        _BLOCKS.get(mode, "schema changes"),
        rewrites=mode == COPY,
        scans=mode in {INPLACE, COPY},
    )


def table_size(connection: Connection, name: str, schema: str | None, quoted: str) -> TableSize | None:
    """The size of a table; its rows as the engine estimates them, where there are many.

    :param quoted: the table as a statement has it.
    """
    found = connection.execute(sa.text(_SIZE), {"schema": schema, "name": name}).first()
    if found is None:
        return None
    rows, size = int(found[0] or 0), int(found[1] or 0)
    if size <= _SMALL:
        return TableSize(int(connection.exec_driver_sql(f"SELECT count(*) FROM {quoted}").scalar_one()), size)  # noqa: S608 quoted
    return TableSize(rows, size, is_estimate=True)
