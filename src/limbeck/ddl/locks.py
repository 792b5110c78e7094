"""What a statement locks and rewrites: what a plan asks of a dialect, statement by statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

Blocks = Literal["reads and writes", "writes", "schema changes", "nothing"]

NAME = r'(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|[\w$]+)'
TABLE = rf"{NAME}(?:\s*\.\s*{NAME})*"
_PART = re.compile(NAME)


class Lock(NamedTuple):
    """A lock that a statement takes on a table.

    :param table: the table, as the statement has it, without quotes.
    :param mode: the database's own name of the lock.
    :param blocks: what other sessions have to wait for meanwhile.
    :param rewrites: whether the table is written anew. :param scans: whether all its rows are read.
    """

    table: str
    mode: str
    blocks: Blocks
    rewrites: bool = False
    scans: bool = False


class LockFacts:
    """What statements lock in one database; by default nothing is known.

    :param connection: of the database, for what the statement alone does not tell; it is only read.
    """

    of_the_whole_database = False
    """Whether others wait for a lock on any table, be it one that they do not know yet."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def of(self, statement: str) -> list[Lock]:
        """The locks that ``statement`` takes on tables, without those that only keep a table from being dropped."""
        return []


def unquoted(name: str) -> str:
    """A name, dotted, without quotes."""
    parts = _PART.findall(name)
    return ".".join(part[1:-1].replace(part[0] * 2, part[0]) if part[0] in '"`[' else part for part in parts)


def strongest(locks: Iterable[Lock], order: tuple[str, ...]) -> list[Lock]:
    """One lock for each table: that of the strongest mode.

    :param order: modes from weak to strong.
    """
    found: dict[str, Lock] = {}
    for lock in locks:
        other = found.get(lock.table)
        if other is None:
            found[lock.table] = lock
        else:
            stronger = max(other, lock, key=lambda one: order.index(one.mode))
            found[lock.table] = stronger._replace(
                rewrites=other.rewrites or lock.rewrites, scans=other.scans or lock.scans
            )
    return list(found.values())
