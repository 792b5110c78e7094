"""Schemas as tables of text, as Mermaid, DBML and SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import SchemasResult


def lines(found: SchemasResult, format: str) -> Iterator[str]:
    """The schemas in a format: ``text``, ``mermaid``, ``dbml`` or ``sql``."""
    if format == "mermaid":
        from .mermaid import mermaid

        return mermaid(found)
    if format == "dbml":
        from .dbml import dbml

        return dbml(found)
    if format == "sql":
        from .sql import sql

        return sql(found)
    from .text import text

    return text(found)
