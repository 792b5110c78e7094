"""Timeouts of MySQL and MariaDB: variables of the session, for locks in whole seconds."""

from __future__ import annotations

from math import ceil
from typing import ClassVar

from limbeck.ddl.timeouts import TimeoutSettings, milliseconds

_FOREVER = 31_536_000
"""A year, the most that ``lock_wait_timeout`` takes."""


class MySQLTimeouts(TimeoutSettings):
    """``lock_wait_timeout`` for the metadata lock of a table, ``innodb_lock_wait_timeout`` for locks on rows.

    :param is_mariadb: MariaDB bounds any statement by ``max_statement_time``, MySQL reads by ``max_execution_time``.
    """

    unset: ClassVar = {
        "lock_wait_timeout": frozenset({"86400", "31536000"}),
        "innodb_lock_wait_timeout": frozenset({"50"}),
    }

    def __init__(self, *, is_mariadb: bool) -> None:
        self._is_mariadb = is_mariadb

    def of(self, lock: float | None, statement: float | None) -> dict[str, str]:
        """Locks in whole seconds, rounded up."""
        found = {}
        if lock is not None:
            found = dict.fromkeys(self.unset, str(ceil(lock) or _FOREVER))
        if statement is not None and self._is_mariadb:
            found["max_statement_time"] = f"{statement:.6f}"
        elif statement is not None:
            found["max_execution_time"] = str(milliseconds(statement))
        return found

    def reading(self, name: str) -> str:
        """``SELECT @@SESSION``."""
        return f"SELECT @@SESSION.{name}"

    def writing(self, name: str, value: str | None, *, local: bool) -> str:
        """``SET SESSION``."""
        return f"SET SESSION {name} = {'DEFAULT' if value is None else value}"
