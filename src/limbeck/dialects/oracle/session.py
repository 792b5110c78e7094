"""Sessions of Oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.ddl.session import SessionFacts

if TYPE_CHECKING:
    import sqlalchemy as sa


class OracleSession(SessionFacts):
    """The version column in Oracle's SQL."""

    @property
    def product(self) -> str:
        """Oracle."""
        return "Oracle"

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} MODIFY version_num VARCHAR2({max(length, 255)})"
