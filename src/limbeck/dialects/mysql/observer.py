"""What statements did on MySQL and MariaDB: the first ALGORITHM and LOCK that the server accepts for them.

It refuses a clause before it begins, and without one takes the best that it can. So the first that is accepted is what
the statement of the script would have done, and has done it.
"""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from limbeck.ddl.locks import TABLE, unquoted
from limbeck.ddl.observer import HeldLock, Observer, Seen

from .locks import COPY, INPLACE, INSTANT

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.observer import Parameters

_ALTER = re.compile(rf"\s*ALTER\s+(?:IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?(?P<table>{TABLE})\s", re.IGNORECASE)
_CREATE = re.compile(
    rf"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:\w+\s+)?INDEX\s.*?\sON\s+(?P<table>{TABLE})", re.IGNORECASE | re.DOTALL
)
_DROP = re.compile(rf"\s*DROP\s+INDEX\s+(?P<what>.*?)\s+ON\s+(?P<table>{TABLE})\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_SAYS = re.compile(
    r"\b(?:ALGORITHM|LOCK)\s*=?\s*(?:DEFAULT|INSTANT|NOCOPY|INPLACE|COPY|NONE|SHARED|EXCLUSIVE)\b", re.IGNORECASE
)

_NOT_SUPPORTED = (1221, 1800, 1845, 1846)
"""Errors of a server that does not carry a statement out so, or does not know the algorithm."""

_CLAUSES = {
    "ALGORITHM=INSTANT": INSTANT,
    "ALGORITHM=NOCOPY, LOCK=NONE": "ALGORITHM=NOCOPY, LOCK=NONE",  # MariaDB's word for INPLACE without a rebuild
    INPLACE: INPLACE,
    "ALGORITHM=INPLACE, LOCK=SHARED": "ALGORITHM=INPLACE, LOCK=SHARED",
}
_REBUILT = (INPLACE, "ALGORITHM=INPLACE, LOCK=SHARED")
_DONE = "DO 0"


class MySQLObserver(Observer):
    """By trying clauses, the best first.

    :param is_mariadb: MariaDB tells by NOCOPY whether a table is rebuilt in place.
    """

    def __init__(self, connection: Connection, *, is_mariadb: bool) -> None:
        super().__init__(connection)
        self._is_mariadb = is_mariadb
        self._known = frozenset(self.rows("SHOW TABLES", str))
        self._seen = Seen()

    def before(self, statement: str, parameters: Parameters) -> str:
        """Carry the statement out with the best clause that the server accepts."""
        self._seen = Seen()
        found = _ALTER.match(statement) or _CREATE.match(statement) or _DROP.match(statement)
        table = "" if found is None else unquoted(found["table"])
        if found is None or table not in self._known:
            return statement
        if said := _SAYS.findall(statement):
            mode = ", ".join(said).upper()
            self._seen = Seen((HeldLock(table, mode),), (table,) if "COPY" in mode.replace("NOCOPY", "") else ())
            return statement
        for clause, mode in _CLAUSES.items():
            begun = perf_counter()
            try:
                self.send(_with(clause, statement), parameters)
            except self._errors as error:
                if error.args[0] in _NOT_SUPPORTED:
                    continue
                return statement  # it fails in any way: so that it fails where the script sent it
            rebuilt = (table,) if self._is_mariadb and mode in _REBUILT else ()
            self._seen = Seen((HeldLock(table, mode),), rebuilt, seconds=perf_counter() - begun)
            return _DONE
        self._seen = Seen((HeldLock(table, COPY),), (table,))
        return statement

    def after(self) -> Seen:
        """What was accepted."""
        return self._seen

    @property
    def _errors(self) -> type[Exception]:
        module = self.connection.dialect.loaded_dbapi
        error: type[Exception] = module.Error
        return error


def _with(clause: str, statement: str) -> str:
    """A statement with a clause; DROP INDEX, to which MariaDB has none, as ALTER TABLE."""
    bare = statement.rstrip().rstrip(";")
    if _CREATE.match(bare):
        return f"{bare} {clause.replace(', ', ' ')}"
    if found := _DROP.match(bare):
        bare = f"ALTER TABLE {found['table']} DROP INDEX {found['what']}"
    return f"{bare}, {clause}"
