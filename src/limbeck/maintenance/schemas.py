"""The schemas of the databases at a revision: what the history makes of empty scratch databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import scratch
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log

from .recording import unfiltered

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.databases import Environment
    from limbeck.objects.definition import ObjectDefinition
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep


def at(environment: Environment, revision: str | tuple[str, ...], look: Callable[[MigrationContext], object]) -> None:
    """Call ``look`` with each scratch database at a revision, while it is connected; filters of env.py do not count."""

    def looked(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        look(unfiltered(context))
        return []

    with silent(log), scratch.copies(environment, at=revision) as twin:
        twin.run(looked, dont_mutate=True)


def objects(context: MigrationContext) -> list[ObjectDefinition]:
    """Views, functions, triggers and the like of a database, as a script creates them; those that it implies not."""
    assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
    catalogue = context.impl.object_catalogue(context.impl.catalogue_reader(context.connection))
    if catalogue is None:
        return []
    kept = catalogue.read(context.impl.object_kinds, {None})
    return list(catalogue.definitions([id_ for id_ in kept if not catalogue.is_implied(id_)]).values())
