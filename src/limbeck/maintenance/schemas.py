"""The schemas of the databases at a revision: what the history makes of empty scratch databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import scratch
from limbeck.position import url
from limbeck.results import DatabaseSchema, SchemaColumn, SchemaObject, SchemaOption, SchemaPart, SchemaTable
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema import read

from .recording import unfiltered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.databases import Environment
    from limbeck.ddl.shape import TableName, TableShape
    from limbeck.objects.definition import ObjectDefinition
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep


def schemas(environment: Environment, revision: str | tuple[str, ...]) -> list[DatabaseSchema]:
    """The schema of each database at a revision, in the order of env.py; the databases themselves are only read.

    :param revision: its id, or several; ``base`` for none.
    :raises CommandError: where there is no scratch database, or a revision fails on an empty one.
    """
    found: list[DatabaseSchema] = []
    at(environment, revision, lambda context: found.append(_described(context)))
    return found


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


# --- described --------------------------------------------------------------------------------------------------------


def _described(context: MigrationContext) -> DatabaseSchema:
    found = read(context)
    tables = tuple(_table(name, shape) for name, shape in sorted(found.tables.items(), key=lambda one: _key(one[0])))
    made = [(kind, schema, name, text) for (kind, schema, name), text in found.others.items()]
    made += [(one.id.words, one.id.schema, one.id.name, one.sql) for one in objects(context)]
    return DatabaseSchema(url(context), context.dialect.name, tables, tuple(SchemaObject(*one) for one in made))


def _key(name: TableName) -> tuple[str, str]:
    return name[0] or "", name[1]


def _table(name: TableName, shape: TableShape) -> SchemaTable:
    columns = (
        SchemaColumn(
            column,
            str(one.type_),
            bool(one.nullable),
            one.default,
            one.computed,
            one.identity,
            bool(one.autoincrement),
            one.comment,
            one.extra,
        )
        for column, one in shape.columns.items()
    )
    options = tuple(SchemaOption(option, value) for option, value in shape.options.items() if value)
    return SchemaTable(name[1], name[0], tuple(columns), tuple(_parts(shape)), options)


def _parts(shape: TableShape) -> Iterator[SchemaPart]:
    order = ("primary", "unique", "foreign", "check", "exclude", "index")
    for part in sorted(shape.parts, key=lambda one: (order.index(one.kind), one.name or "")):
        yield SchemaPart(part.kind, part.name, part.definition, part.columns)
