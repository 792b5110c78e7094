"""The schema of a target as one number: targets that have the same one are alike."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from limbeck import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep


def digest(place: Environment) -> str:
    """SHA-256 of the schema of a database; the order of its columns does not count.

    :raises CommandError: where the dialect cannot tell.
    """
    parts: list[str] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found = schema.read(context)
        parts.extend(sorted(_parts(found)))
        return []

    place.run(look, dont_mutate=True)
    return sha256("\n".join(parts).encode()).hexdigest()


def _parts(found: schema.Schema) -> Iterable[str]:
    yield from (f"view {name}" for name in found.views)
    yield from (f"{key} {value}" for key, value in found.others.items())
    for name, table in found.tables.items():
        yield f"{name}"
        yield from (f"{name} column {each}" for each in table.columns.items())
        yield from (f"{name} part {each}" for each in table.parts)
        yield from (f"{name} option {each}" for each in table.options.items())
