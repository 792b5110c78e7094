"""Options of tables, as ``ALTER TABLE`` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from limbeck import sqla

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Dialect

_UNSET = dict.fromkeys(
    ("KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS", "AVG_ROW_LENGTH", "CHECKSUM", "DELAY_KEY_WRITE"), "0"
) | {"CONNECTION": "''", "INSERT_METHOD": "NO"}
"""The values that unset an option of a table, where that is not DEFAULT."""


def statements(dialect: Dialect, table: str, schema: str | None, options: Mapping[str, Any]) -> list[str]:
    """The statement that changes options of a table; None is the server's default."""
    preparer = sqla.for_script(dialect).identifier_preparer
    words = []
    for name, value in options.items():
        word = name.partition("_")[2].replace("_", " " if name.endswith("_default_charset") else "_").upper()
        words.append(f"{word}={_UNSET.get(word, 'DEFAULT') if value is None else value}")
    return [f"ALTER TABLE {preparer.format_table(sa.table(table, schema=schema))} {' '.join(words)}"]
