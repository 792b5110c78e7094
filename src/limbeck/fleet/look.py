"""The first look: where the targets are that share a database, by one question for all of them."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from limbeck import sqla
from limbeck.results import FleetTarget
from limbeck.runtime.missing_files import creating_no_database

from . import work
from .targets import resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

    from .targets import Address, Target


def positions(order: work.Order, targets: Iterable[Target]) -> Iterator[FleetTarget]:
    """Where the targets are that are schemas of one database; those that cannot be asked together are left out."""
    groups: defaultdict[Address, list[Target]] = defaultdict(list)
    for target in targets:
        if target.schema is not None:
            groups[target.url].append(target)
    for group in groups.values():
        with suppress(Exception):  # whatever it is, each of them says it when it is asked by itself
            yield from _asked(order, group)


def _asked(order: work.Order, group: Sequence[Target]) -> list[FleetTarget]:
    """By a session of env.py, which also says what the version table is called."""
    first = group[0]
    place = work.environment(order, first, resolved(first))
    schemas = {target.schema for target in group if target.schema is not None}
    found: dict[str, tuple[str, ...]] = {}

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None:
            with sqla.side_connection(context.connection.engine, autocommit=True) as session:
                found.update(context.impl.rows_by_schema(session, context.version_table, schemas) or {})
        return []

    with creating_no_database():
        place.run(look, dont_mutate=True)
    server = first.server
    return [
        work.position(place.script, found[target.schema], FleetTarget(target.name, "behind", server))
        for target in group
        if target.schema in found
    ]
