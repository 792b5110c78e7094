"""The timeout of SQLite: ``busy_timeout``, since any writer locks the whole file; a statement cannot be bounded."""

from __future__ import annotations

from limbeck.ddl.timeouts import TimeoutSettings, milliseconds

_FOREVER = 2_147_483_647
_DRIVERS_OWN = 5000
"""With which Python's driver begins, in milliseconds."""


class SQLiteTimeouts(TimeoutSettings):
    """``PRAGMA busy_timeout`` (SQLite manual, sqlite3_busy_timeout), in milliseconds."""

    def of(self, lock: float | None, statement: float | None) -> dict[str, str]:
        """That for locks."""
        return {} if lock is None else {"busy_timeout": str(milliseconds(lock) or _FOREVER)}

    def reading(self, name: str) -> str:
        """``PRAGMA``."""
        return f"PRAGMA {name}"

    def writing(self, name: str, value: str | None, *, local: bool) -> str:
        """``PRAGMA``."""
        return f"PRAGMA {name} = {_DRIVERS_OWN if value is None else value}"
