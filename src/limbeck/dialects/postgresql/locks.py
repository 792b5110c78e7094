"""What statements lock on PostgreSQL (manual, 13.3, "Explicit Locking", and the page of each statement)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.locks import TABLE, Blocks, Lock, LockFacts, strongest, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


ROW_EXCLUSIVE = "ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    "EXCLUSIVE",
    ACCESS_EXCLUSIVE,
)
"""All modes, from weak to strong."""

_BLOCKS: dict[str, Blocks] = {
    ACCESS_EXCLUSIVE: "reads and writes",
    "EXCLUSIVE": "writes",
    SHARE_ROW_EXCLUSIVE: "writes",
    SHARE: "writes",
    SHARE_UPDATE_EXCLUSIVE: "schema changes",
}

_I = re.IGNORECASE | re.DOTALL
_ALTER = re.compile(rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<table>{TABLE})\s+(?P<rest>.*)", _I)
_REFERENCES = re.compile(rf"\bREFERENCES\s+(?P<table>{TABLE})", _I)
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_VOLATILE = re.compile(
    r"\b(?:random|gen_random_uuid|uuid_generate_v\d\w*|uuidv\d|clock_timestamp|timeofday|nextval)\s*\("
    r"|\b(?:SMALL|BIG)?SERIAL\b|\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b|\bSTORED\b",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:CONSTRAINT|COLUMN)\s+(?:IF\s+EXISTS\s+)?(?P<name>{TABLE})", _I)
_INDEX = re.compile(rf"DROP\s+INDEX\s+(?P<how>CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(?P<name>{TABLE})", _I)

# statements that lock the table that they name, and how
_SIMPLE: tuple[tuple[re.Pattern[str], str, bool, bool], ...] = tuple(
    (re.compile(pattern.replace("TABLE!", rf"(?P<table>{TABLE})"), _I), mode, rewrites, scans)
    for pattern, mode, rewrites, scans in (
        (
            r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s.*?\bON\s+(?:ONLY\s+)?TABLE!",
            SHARE_UPDATE_EXCLUSIVE,
            False,
            True,
        ),
        (r"CREATE\s+(?:UNIQUE\s+)?INDEX\s.*?\bON\s+(?:ONLY\s+)?TABLE!", SHARE, False, True),
        (r"COMMENT\s+ON\s+TABLE\s+TABLE!", SHARE_UPDATE_EXCLUSIVE, False, False),
        (r"CREATE\s+STATISTICS\s.*?\bFROM\s+TABLE!", SHARE_UPDATE_EXCLUSIVE, False, False),
        (r"INSERT\s+INTO\s+TABLE!", ROW_EXCLUSIVE, False, False),
        (r"UPDATE\s+(?:ONLY\s+)?TABLE!", ROW_EXCLUSIVE, False, True),
        (r"DELETE\s+FROM\s+(?:ONLY\s+)?TABLE!", ROW_EXCLUSIVE, False, True),
        (r"TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?TABLE!", ACCESS_EXCLUSIVE, False, False),
        (
            r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s.*?\bON\s+TABLE!",
            SHARE_ROW_EXCLUSIVE,
            False,
            False,
        ),
        (r"DROP\s+TRIGGER\s.*?\bON\s+TABLE!", ACCESS_EXCLUSIVE, False, False),
        (r"(?:CREATE|ALTER|DROP)\s+(?:POLICY|RULE)\s.*?\b(?:ON|TO)\s+TABLE!", ACCESS_EXCLUSIVE, False, False),
        (r"VACUUM\s+(?:\(\s*)?FULL\b[^\w]*\s*TABLE!", ACCESS_EXCLUSIVE, True, True),
        (r"CLUSTER\s+TABLE!", ACCESS_EXCLUSIVE, True, True),
        (r"REINDEX\s+TABLE\s+TABLE!", SHARE, False, True),
    )
)

# the first that matches what follows the name in ALTER TABLE; any other is ACCESS EXCLUSIVE
_CHANGES: tuple[tuple[re.Pattern[str], str, bool, bool], ...] = tuple(
    (re.compile(pattern, _I), mode, rewrites, scans)
    for pattern, mode, rewrites, scans in (
        (r"VALIDATE\s+CONSTRAINT", SHARE_UPDATE_EXCLUSIVE, False, True),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?FOREIGN\s+KEY.*\bNOT\s+VALID", SHARE_ROW_EXCLUSIVE, False, False),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?FOREIGN\s+KEY", SHARE_ROW_EXCLUSIVE, False, True),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?CHECK.*\bNOT\s+VALID", ACCESS_EXCLUSIVE, False, False),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:UNIQUE|PRIMARY\s+KEY)\s+USING\s+INDEX", ACCESS_EXCLUSIVE, False, False),
        (r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:CHECK|UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b", ACCESS_EXCLUSIVE, False, True),
        (r"ALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", ACCESS_EXCLUSIVE, True, True),
        (r"ALTER\s+(?:COLUMN\s+)?\S+\s+SET\s+NOT\s+NULL", ACCESS_EXCLUSIVE, False, True),
        (r"ALTER\s+(?:COLUMN\s+)?\S+\s+SET\s+(?:STATISTICS\b|\()", SHARE_UPDATE_EXCLUSIVE, False, False),
        (
            r"(?:SET|RESET)\s*\(\s*(?:autovacuum_|toast|fillfactor|parallel_workers|n_distinct)",
            SHARE_UPDATE_EXCLUSIVE,
            False,
            False,
        ),
        (r"(?:CLUSTER\s+ON|SET\s+WITHOUT\s+CLUSTER|ATTACH\s+PARTITION)", SHARE_UPDATE_EXCLUSIVE, False, False),
        (r"DETACH\s+PARTITION\s.*\bCONCURRENTLY", SHARE_UPDATE_EXCLUSIVE, False, False),
        (r"(?:ENABLE|DISABLE)\s+(?:(?:REPLICA|ALWAYS)\s+)?TRIGGER", SHARE_ROW_EXCLUSIVE, False, False),
        (r"SET\s+(?:UNLOGGED|LOGGED|TABLESPACE|ACCESS\s+METHOD)", ACCESS_EXCLUSIVE, True, True),
    )
)

_KEYS = """
SELECT c.conname, c.conrelid::regclass::text AS here, c.confrelid::regclass::text AS there,
    ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))
FROM pg_catalog.pg_constraint c WHERE c.contype = 'f'
"""
_INDEXES = "SELECT indexrelid::regclass::text, indrelid::regclass::text FROM pg_catalog.pg_index"


class PostgresqlLocks(LockFacts):
    """By the text of a statement; foreign keys and indexes are looked up, since others are locked with them."""

    def of(self, statement: str) -> list[Lock]:
        """The locks on tables from ROW EXCLUSIVE upwards; of several on a table the strongest."""
        return strongest(self._all(statement.strip().rstrip(";")), MODES)

    def _all(self, statement: str) -> Iterator[Lock]:
        bare = _QUOTED.sub("''", statement)
        if found := _ALTER.match(bare):
            yield from self._alter(unquoted(found["table"]), found["rest"])
            return
        if found := re.match(rf"CREATE\s+(?:\w+\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{TABLE}", bare, _I):
            yield from _locks(map(unquoted, _REFERENCES.findall(bare)), SHARE_ROW_EXCLUSIVE)
            return
        if found := re.match(rf"DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>{TABLE})", bare, _I):
            table = unquoted(found["table"])
            yield from _locks([table, *(there for _, here, there, _ in self._keys if here == table)], ACCESS_EXCLUSIVE)
            yield from _locks([here for _, here, there, _ in self._keys if there == table], ACCESS_EXCLUSIVE)
            return
        if found := re.match(rf"COMMENT\s+ON\s+COLUMN\s+(?P<name>{TABLE})", bare, _I):
            yield from _locks([unquoted(found["name"]).rpartition(".")[0]], SHARE_UPDATE_EXCLUSIVE)
            return
        if found := _INDEX.match(bare):
            mode = SHARE_UPDATE_EXCLUSIVE if found["how"] else ACCESS_EXCLUSIVE
            yield from _locks([table for name, table in self._indexes if name == unquoted(found["name"])], mode)
            return
        for pattern, mode, rewrites, scans in _SIMPLE:
            if found := pattern.match(bare):
                yield _lock(unquoted(found["table"]), mode, rewrites, scans)
                return

    def _alter(self, table: str, rest: str) -> Iterator[Lock]:
        known = next((one[1:] for one in _CHANGES if one[0].match(rest)), None)
        mode, rewrites, scans = known or (ACCESS_EXCLUSIVE, False, False)
        if re.match(r"ADD\s+(?:COLUMN\b|(?!CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE))", rest, re.IGNORECASE):
            rewrites = scans = _VOLATILE.search(rest) is not None
        yield _lock(table, mode, rewrites, scans)
        if re.match(r"ADD\b", rest, re.IGNORECASE):
            yield from _locks(map(unquoted, _REFERENCES.findall(rest)), SHARE_ROW_EXCLUSIVE)
        if re.match(r"DROP\b", rest, re.IGNORECASE) and (found := _NAMED.search(rest)):
            name = unquoted(found["name"])
            keys = [key for key in self._keys if key[1] == table and (key[0] == name or name in key[3])]
            yield from _locks([there for _, _, there, _ in keys], ACCESS_EXCLUSIVE)

    @cached_property
    def _keys(self) -> list[tuple[str, str, str, list[str]]]:
        """The foreign keys: name, table, table that it refers to, columns."""
        rows = self.connection.execute(sa.text(_KEYS)).all()
        return [(name, unquoted(here), unquoted(there), list(columns)) for name, here, there, columns in rows]

    @cached_property
    def _indexes(self) -> list[tuple[str, str]]:
        """The indexes with their tables."""
        return [(unquoted(name), unquoted(table)) for name, table in self.connection.execute(sa.text(_INDEXES))]


def _locks(tables: Iterable[str], mode: str) -> Iterator[Lock]:
    for table in tables:
        yield _lock(table, mode, False, False)


def _lock(table: str, mode: str, rewrites: bool, scans: bool) -> Lock:
    return Lock(table, mode, _BLOCKS.get(mode, "nothing"), rewrites, scans)
