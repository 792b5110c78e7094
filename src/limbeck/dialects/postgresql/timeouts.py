"""Timeouts of PostgreSQL: ``lock_timeout`` and ``statement_timeout`` (PostgreSQL manual, 20.11.1)."""

from __future__ import annotations

import re
from typing import ClassVar

from limbeck.ddl.timeouts import TimeoutSettings, milliseconds

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
