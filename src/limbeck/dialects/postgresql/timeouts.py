"""Timeouts of PostgreSQL: ``lock_timeout`` and ``statement_timeout`` (PostgreSQL manual, 20.11.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from limbeck.ddl.timeouts import TimeoutSettings, milliseconds

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_CONCURRENTLY = re.compile(r"\s*(?:CREATE|DROP|REINDEX|ALTER)\b.*\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL)


class PostgresqlTimeouts(TimeoutSettings):
    """Settings for the open transaction alone; in an autocommit block those of the session."""

    local = True
    unset: ClassVar = {"lock_timeout": frozenset({"0"})}

    def of(self, lock: float | None, statement: float | None) -> dict[str, str]:
        """Both, in milliseconds."""
        given = {"lock_timeout": lock, "statement_timeout": statement}
        return {name: _shown(milliseconds(value)) for name, value in given.items() if value is not None}

    def reading(self, name: str) -> str:
        """``SHOW``."""
        return f"SHOW {name}"

    def writing(self, name: str, value: str | None, *, local: bool) -> str:
        """``SET`` or ``SET LOCAL``."""
        return f"SET {'LOCAL ' if local else ''}{name} TO {'DEFAULT' if value is None else repr(value)}"

    def keeps(self, connection: Connection) -> bool:
        """Not behind a pooler that gives each transaction another session of the server, as pgbouncer may.

        It shows in a process number that is not the one which the driver was told.
        """
        told = _told_process(connection)
        return told is None or told == connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()

    def blocks_nobody(self, statement: str) -> bool:
        """What runs CONCURRENTLY waits for other transactions with a lock that lets them read and write.

        Given up in the middle it would leave an invalid index.
        """
        return _CONCURRENTLY.match(statement) is not None


def _shown(value: int) -> str:
    """Milliseconds as the server shows them, in the largest unit that holds them without a rest."""
    for factor, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if value and value % factor == 0:
            return f"{value // factor}{unit}"
    return f"{value}ms" if value else "0"


def _told_process(connection: Connection) -> int | None:
    """The number of the server's process as the server, or the pooler, told the driver; None for an unknown driver."""
    driver = connection.connection.driver_connection
    if connection.dialect.driver == "asyncpg":
        ask = getattr(driver, "get_server_pid", None)
        return None if ask is None else int(ask())
    found = getattr(getattr(driver, "info", None), "backend_pid", None)
    return None if found is None else int(found)
