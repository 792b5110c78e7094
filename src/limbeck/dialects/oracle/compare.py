"""Oracle's part of the classic comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.ddl.classic_compare import Comparison
from limbeck.ddl.comparison_result import bare_default

if TYPE_CHECKING:
    import sqlalchemy as sa


class OracleComparison(Comparison):
    """Defaults are reflected as they were written."""

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, outer parentheses and quotes left out."""
        return bare_default(rendered_metadata_default) != bare_default(rendered_inspector_default)
