"""SQLite's part of the classic comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from limbeck.ddl.classic_compare import Comparison
from limbeck.ddl.comparison_result import bare_default

from .pragmas import Pragmas

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection, Inspector

# a value that stands after DEFAULT without parentheses; an empty string has them, as Alembic writes it
_PLAIN_DEFAULT = re.compile(r"""^(?:[0-9.]|'(?:[^']|'')+'|"(?:[^"]|"")*"|\(.*\))$""", re.DOTALL)


class SQLiteComparison(Comparison):
    """Defaults are reflected without the parentheses that they need."""

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, outer parentheses and quotes left out."""
        return bare_default(rendered_metadata_default) != bare_default(rendered_inspector_default)

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[sa.UniqueConstraint],
        conn_indexes: set[sa.Index],
        metadata_unique_constraints: set[sa.UniqueConstraint],
        metadata_indexes: set[sa.Index],
    ) -> None:
        """Remove indexes on expressions, which SQLAlchemy does not reflect on SQLite."""
        self._skip_functional_indexes(metadata_indexes, conn_indexes)

    def catalogue_reader(self, connection: Connection) -> Pragmas:
        """One that answers for all tables at once."""
        return Pragmas(connection)

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, Any]) -> None:
        """Give a reflected default that is an expression its parentheses back."""
        default = column_info.get("default")
        if isinstance(default, str):
            column_info["default"] = parenthesised(default)


def parenthesised(default: str) -> str:
    """A default as it may stand after DEFAULT: an expression in parentheses, a literal as it is."""
    return default if _PLAIN_DEFAULT.match(default) else f"({default})"
