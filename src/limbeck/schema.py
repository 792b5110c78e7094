"""The schema of a database as a value, in the database's own words, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from .autogenerate.read.snapshot import without_known_warnings
from .ddl.shape import as_model, listed_foreign_key, paired
from .errors import CommandError
from .runtime import history, journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection, Inspector

    from .ddl.impl import DefaultImpl
    from .ddl.normalizer import Normalizer
    from .ddl.shape import PartShape, TableName, TableShape
    from .runtime.migration import MigrationContext


@dataclass(frozen=True)
class Schema:
    """The schema of a database, without Limbeck's own tables.

    :param tables: its tables. :param views: the names of its views.
    :param others: its enum types, domains and sequences by kind, schema and name, each as a text.
    """

    tables: Mapping[TableName, TableShape]
    views: frozenset[TableName]
    others: Mapping[tuple[str, str | None, str], str]


def read(context: MigrationContext) -> Schema:
    """The schema of the database of ``context``: the default one, and with ``include_schemas`` all of it.

    Tables that ``include_name`` of env.py leaves out are left out.

    :raises CommandError: where the dialect cannot tell, and without a connection.
    """
    connection, impl = context.connection, context.impl
    normalizer = None if connection is None else impl.normalizer(impl.catalogue_reader(connection))
    if connection is None or normalizer is None:
        raise CommandError(
            f"Limbeck cannot compare whole schemas on {context.dialect.name}",
            code="no-comparison",
            hint="leave --verify out",
        )
    inspector = inspect(connection)
    schemas = schemas_of(context, connection, inspector)
    others: dict[tuple[str, str | None, str], str] = {}
    views: set[TableName] = set()
    for schema in schemas:
        views |= {(schema, name) for name in inspector.get_view_names(schema)}
        others |= {("enum type", schema, name): ", ".join(made) for name, made in normalizer.enum_types(schema).items()}
        others |= {("domain", schema, name): str(made) for name, made in normalizer.domains(schema).items()}
        others |= {
            ("sequence", schema, name): ", ".join(f"{key} {value}" for key, value in sorted(made.items()))
            for name, made in normalizer.sequences(schema).items()
        }
    names = tables_of(context, inspector, schemas, normalizer)
    shapes = normalizer.read(names)  # which SQLite reads when it is asked for one
    tables = {name: shapes[name] for name in names if name in shapes}
    return Schema(_with_foreign_keys(tables, inspector, impl, normalizer), frozenset(views), others)


def tables(context: MigrationContext) -> list[TableName]:
    """The names of the tables that `read` gives; none without a connection, and where the dialect cannot tell."""
    connection = context.connection
    normalizer = None if connection is None else context.impl.normalizer(context.impl.catalogue_reader(connection))
    if connection is None or normalizer is None:
        return []
    inspector = inspect(connection)
    return tables_of(context, inspector, schemas_of(context, connection, inspector), normalizer)


def _with_foreign_keys(
    tables: Mapping[TableName, TableShape], inspector: Inspector, impl: DefaultImpl, normalizer: Normalizer
) -> dict[TableName, TableShape]:
    """Tables with their foreign keys, which the inspector lists."""
    found: dict[TableName, TableShape] = {}
    for schema in dict.fromkeys(schema for schema, _ in tables):
        names = [name for where, name in tables if where == schema]
        with without_known_warnings(normalizer):
            listed = inspector.get_multi_foreign_keys(schema=schema, filter_names=names)
        for name in names:
            keys = tuple(listed_foreign_key(key, impl) for key in listed.get((schema, name), ()))
            table = tables[schema, name]
            found[schema, name] = replace(table, parts=(*table.parts, *keys))
    return found


def schemas_of(context: MigrationContext, connection: Connection, inspector: Inspector) -> list[str | None]:
    """The schemas that count; None is the default one."""
    found: list[str | None] = [None]
    database, default = context.impl.session_scope(connection, context.version_table, None)
    if context.opts.get("include_schemas") and database != default:  # else all databases of the server are listed
        own = {default, connection.dialect.default_schema_name, "information_schema"}
        found += [name for name in inspector.get_schema_names() if name not in own]
    return found


def tables_of(
    context: MigrationContext, inspector: Inspector, schemas: Iterable[str | None], normalizer: Normalizer | None
) -> list[TableName]:
    """The tables that count: neither Limbeck's own, nor left out by env.py, nor made by other objects."""
    return [
        (schema, name)
        for schema in schemas
        for name in inspector.get_table_names(schema)
        if (normalizer is None or name not in normalizer.unmanaged_tables(schema)) and _counts(context, (schema, name))
    ]


def _counts(context: MigrationContext, name: TableName) -> bool:
    """Whether a table is neither Limbeck's own nor left out by env.py."""
    version_table = context.version_table
    own = {version_table, version_table + journal.SUFFIX, history.TABLE}
    schema, table = name
    if table in own and schema in {None, context.version_table_schema}:
        return False
    wanted: Callable[..., bool] | None = context.opts.get("include_name")
    parents = {"schema_name": schema, "schema_qualified_table_name": _text(name)}
    return wanted is None or bool(wanted(table, "table", parents))


# --- what differs -----------------------------------------------------------------------------------------------------


def differences(found: Schema, expected: Schema, surplus: str = "no revision makes it") -> list[str]:
    """What a database has otherwise than is expected, a line each; none where the schemas are equal.

    The order of columns, and the names of constraints that only the database has chosen, do not count.

    :param surplus: what is said of a thing that is not expected.
    """
    lines = [f"table {_text(name)} is missing" for name in expected.tables if name not in found.tables]
    lines += [f"table {_text(name)}: {surplus}" for name in found.tables if name not in expected.tables]
    for name, table in expected.tables.items():
        if name in found.tables:
            lines += _of_table(_text(name), found.tables[name], table, surplus)
    lines += [f"view {name} is missing" for name in sorted(map(_text, expected.views - found.views))]
    lines += [f"view {name}: {surplus}" for name in sorted(map(_text, found.views - expected.views))]
    for key in [*expected.others, *(key for key in found.others if key not in expected.others)]:
        what = f"{key[0]} {_text(key[1:])}"
        lines += _pair(what, found.others.get(key), expected.others.get(key), surplus)
    return lines


def out_of_order(found: Schema, expected: Schema) -> list[str]:
    """The tables whose columns are the expected ones in another order, a line each."""
    pairs = ((name, found.tables.get(name), table) for name, table in expected.tables.items())
    return [
        f"table {_text(name)}: its columns are in another order"
        for name, other, table in pairs
        if other is not None and list(other.columns) != list(table.columns)
    ]


def _of_table(name: str, found: TableShape, expected: TableShape, surplus: str) -> Iterator[str]:
    for column in [*expected.columns, *(one for one in found.columns if one not in expected.columns)]:
        what = f"column {name}.{column}"
        if column in found.columns and column in expected.columns:
            pairs = zip(found.columns[column], expected.columns[column], strict=True)
            facts = zip(found.columns[column]._fields, pairs, strict=True)
            yield from (f"{what}: {fact.rstrip('_')} is {is_}, not {to}" for fact, (is_, to) in facts if is_ != to)
        else:
            there, wanted = (column if column in side.columns else None for side in (found, expected))
            yield from _pair(what, there, wanted, surplus)
    for old, new in paired(found.parts, as_model(expected).parts):
        shape = None if new is None else new.shape
        either = old or shape
        if either is not None:
            what = f"{_KINDS.get(either.kind, either.kind)} {either.name or either.definition} of {name}"
            yield from _pair(what, _definition(old), _definition(shape), surplus)
    for option in sorted({*found.options, *expected.options}):
        given = (found.options.get(option), expected.options.get(option))
        yield from _pair(f"{option} of table {name}", *given, surplus)


_KINDS = {
    "primary": "primary key",
    "unique": "unique constraint",
    "foreign": "foreign key",
    "check": "check",
    "exclude": "exclusion constraint",
}
"""What the kinds of parts are called; others by their kind."""


def _definition(part: PartShape | None) -> str | None:
    return None if part is None else part.definition


def _pair(what: str, found: str | None, expected: str | None, surplus: str) -> Iterator[str]:
    if found == expected:
        return
    if found is None:
        yield f"{what} is missing"
    elif expected is None:
        yield f"{what}: {surplus}"
    else:
        yield f"{what} is {found}, not {expected}"


def _text(name: tuple[str | None, str]) -> str:
    schema, table = name
    return table if schema is None else f"{schema}.{table}"
