"""What statements lock on SQLite: one writer locks the whole file; a batch may write a table anew."""

from __future__ import annotations

import re

from limbeck.ddl.locks import TABLE, Lock, LockFacts, unquoted

_REBUILD = re.compile(rf"ALTER\s+TABLE\s+\"?_alembic_tmp_.*\sRENAME\s+TO\s+(?P<table>{TABLE})", re.IGNORECASE)
_TABLE = re.compile(
    rf"(?:ALTER\s+TABLE|DROP\s+TABLE(?:\s+IF\s+EXISTS)?|INSERT\s+INTO|UPDATE|DELETE\s+FROM|"
    rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s.*?\sON)\s+(?P<table>{TABLE})",
    re.IGNORECASE | re.DOTALL,
)
_TEMPORARY = "_alembic_tmp_"


class SQLiteLocks(LockFacts):
    """Readers go on until the transaction is committed, and in WAL mode then too."""

    of_the_whole_database = True

    def of(self, statement: str) -> list[Lock]:
        """The lock on the file, said of the table that the statement changes."""
        if found := _REBUILD.match(statement.strip()):
            return [Lock(unquoted(found["table"]), "whole file, one writer", "writes", rewrites=True, scans=True)]
        found = _TABLE.match(statement.strip())
        if found is None or _TEMPORARY in found["table"]:
            return []
        return [Lock(unquoted(found["table"]), "whole file, one writer", "writes")]
