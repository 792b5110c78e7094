"""``limbeck diff``: the operations that lead from the schema at one revision to that at another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck import rehearsal
from limbeck.autogenerate.api import produce_migrations
from limbeck.autogenerate.read.models import as_models
from limbeck.objects.order import in_order
from limbeck.operations.containers import each_of
from limbeck.operations.in_words import in_words
from limbeck.operations.object_ops import creation, drop, replacement
from limbeck.operations.operation import StandaloneOp
from limbeck.position import url
from limbeck.results import DatabaseDiff, DiffOperation
from limbeck.runtime.logging_sections import without_information
from limbeck.schema import read

from .schemas import at, objects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import MetaData

    from limbeck.databases import Environment
    from limbeck.objects.definition import ObjectDefinition
    from limbeck.operations.operation import MigrateOperation
    from limbeck.rehearsal import Action
    from limbeck.runtime.migration import MigrationContext
    from limbeck.schema import Schema

    Revisions = str | tuple[str, ...]


def diff(environment: Environment, start: Revisions, end: Revisions) -> list[DatabaseDiff]:
    """What leads from one schema to another, for each database in the order of env.py.

    The two are compared as they are, whichever way the history takes: a column that was renamed is one that goes beside
    one that comes. The databases themselves are only read.

    :param start: ids of revisions; ``base`` for none. :param end: likewise.
    :raises CommandError: where there is no scratch database, or a revision fails on an empty one.
    """
    wanted: list[_Wanted] = []
    found: list[DatabaseDiff] = []
    with without_information():
        at(environment, end, lambda context: wanted.append(_wanted(context)))
        ends = iter(wanted)
        at(environment, start, lambda context: found.append(_between(context, next(ends))))
    return found


class _Wanted(NamedTuple):
    """What a database is to have.

    :param schema: its schema. :param models: its tables. :param objects: its views, functions and the like.
    """

    schema: Schema
    models: MetaData
    objects: list[ObjectDefinition]


def _wanted(context: MigrationContext) -> _Wanted:
    assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
    found = read(context)
    return _Wanted(found, as_models(context.connection, context.impl, list(found.tables)), objects(context))


def _between(context: MigrationContext, wanted: _Wanted) -> DatabaseDiff:
    """What leads from a database to what another one has."""
    tables = produce_migrations(context, wanted.models).upgrade_ops
    there = {one.id: one for one in objects(context)}
    then = {one.id: one for one in in_order(wanted.objects)}
    gone = [drop(one) for one in reversed(in_order([there[id_] for id_ in there if id_ not in then]))]
    made: list[MigrateOperation] = []
    for id_, definition in then.items():
        if id_ not in there:
            made.append(creation(definition))
        elif there[id_] != definition:
            made.append(replacement(there[id_], definition))
    operations = [*gone, *([] if tables is None else tables.ops), *made]
    actions = rehearsal.written(context, operations)
    described = [*map(_described, actions), *_of_types(operations, read(context), wanted.schema)]
    return DatabaseDiff(url(context), context.dialect.name, tuple(described))


def _of_types(operations: Sequence[MigrateOperation], there: Schema, wanted: Schema) -> Iterator[DiffOperation]:
    """Enum types, domains and sequences that no operation is about: in words alone."""
    named = {str(one.name) for one in each_of(operations) if isinstance(one, StandaloneOp)}
    for key in [*there.others, *(key for key in wanted.others if key not in there.others)]:
        before, after = there.others.get(key), wanted.others.get(key)
        kind, schema, name = key
        if before != after and name not in named:
            verb = "create" if before is None else "drop" if after is None else "alter"
            place = f"{schema}.{name}" if schema else name
            yield DiffOperation(f"{verb} {kind} {place}{f': {after}' if after else ''}", None, ())


def _described(action: Action) -> DiffOperation:
    operation = action.operation
    call = None if operation is None else operation.call_text(batch=action.table is not None)
    return DiffOperation(in_words(operation, action.table, action.sql), call, tuple(action.sql))
