"""A schema as the SQL that makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import SchemasResult


def sql(found: SchemasResult) -> Iterator[str]:
    """The statements, each with a semicolon and an empty line behind it."""
    for database in found.databases:
        yield f"-- {database.database}"
        yield ""
        for statement in (*database.sql, *(one for each in database.objects for one in each.sql)):
            yield from f"{statement.rstrip().removesuffix(';')};".splitlines()
            yield ""
