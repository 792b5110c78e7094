"""What a rehearsal of a script needs of SQLite's impl: the statements so far, and rows to be assumed."""

from __future__ import annotations

from functools import cached_property

from limbeck.ddl.impl import DefaultImpl


class RehearsableImpl(DefaultImpl):
    """An impl whose script can be carried out on a database in memory, so that a batch knows its table."""

    assume_rows = False
    """Whether to take every table for one with rows, since a rehearsal has none."""

    @cached_property
    def written(self) -> list[str]:
        """The statements of the script that have not been carried out in memory yet."""
        return []

    def _write_statement(self, text: str) -> None:
        super()._write_statement(text)
        self.written.append(text)

    def _has_rows(self, table: str, schema: str | None) -> bool:
        return self.assume_rows or super()._has_rows(table, schema)
