"""Timeouts of SQL Server: ``LOCK_TIMEOUT``; only a driver can bound a statement there."""

from __future__ import annotations

from typing import ClassVar

from limbeck.ddl.timeouts import TimeoutSettings, milliseconds


class MSSQLTimeouts(TimeoutSettings):
    """``SET LOCK_TIMEOUT`` (Transact-SQL reference), in milliseconds; -1 waits without end."""

    unset: ClassVar = {"LOCK_TIMEOUT": frozenset({"-1"})}

    def of(self, lock: float | None, statement: float | None) -> dict[str, str]:
        """That for locks."""
        return {} if lock is None else {"LOCK_TIMEOUT": str(milliseconds(lock) or -1)}

    def reading(self, name: str) -> str:
        """``@@LOCK_TIMEOUT``."""
        return f"SELECT @@{name}"

    def writing(self, name: str, value: str | None, *, local: bool) -> str:
        """``SET``."""
        return f"SET {name} {-1 if value is None else value}"
