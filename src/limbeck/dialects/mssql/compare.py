"""SQL Server's part of the classic comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from limbeck.ddl.classic_compare import Comparison

if TYPE_CHECKING:
    import sqlalchemy as sa


class MSSQLComparison(Comparison):
    """The server puts defaults into parentheses."""

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, without spaces, parentheses and quotes."""
        return _bare(rendered_metadata_default) != _bare(rendered_inspector_default)


def _bare(default: str | None) -> str | None:
    return None if default is None else re.sub(r"""[\s()'"]""", "", default)
