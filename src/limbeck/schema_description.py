"""What a schema has, for people to read: tables with columns, keys and indexes, enum types, and other objects.

`of_database` and `of_models` give the same value, with everything as SQLAlchemy's compilers of the dialect write it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Enum, UniqueConstraint, inspect
from sqlalchemy import schema as schema_items
from sqlalchemy.types import NullType, UserDefinedType

from . import schema, sqla
from .autogenerate.context import AutogenContext
from .autogenerate.exact.sequences import unusual_options
from .autogenerate.read.reflect import Reflection
from .autogenerate.read.snapshot import without_known_warnings
from .ddl.objects import ObjectStatements
from .errors import CommandError
from .objects.declared import objects_of
from .objects.definition import WHERE_DECLARED
from .objects.order import in_order
from .position import url
from .results import (
    CheckDescription,
    ColumnDescription,
    EnumDescription,
    ForeignKeyDescription,
    IndexDescription,
    IndexKeyDescription,
    ObjectDescription,
    SchemaDescription,
    TableDescription,
    UniqueDescription,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Constraint, ForeignKeyConstraint, Index, Table
    from sqlalchemy.engine import Dialect, Inspector
    from sqlalchemy.schema import ExecutableDDLElement
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.sql.elements import ClauseElement

    from .ddl.normalizer import Normalizer
    from .ddl.shape import TableName, TableShape
    from .objects.definition import ObjectDefinition
    from .runtime.migration import MigrationContext


def of_database(context: MigrationContext) -> SchemaDescription:
    """The schema of the database of ``context``, without Limbeck's own tables: as `limbeck.schema.read` chooses.

    :raises CommandError: without a connection.
    """
    connection = context.connection
    if connection is None:
        raise CommandError(
            "There is no connection to read the schema with",
            code="no-connection",
            hint="give context.configure() a connection in env.py, unless context.is_offline_mode()",
        )
    inspector = inspect(connection)
    reader = context.impl.catalogue_reader(connection)
    schemas = schema.schemas_of(context, connection, inspector)
    normalizer = context.impl.normalizer(reader)
    names = schema.tables_of(context, inspector, schemas, normalizer)
    tables = _reflected(context, inspector, names)
    catalogue = context.impl.object_catalogue(reader)
    objects: Sequence[ObjectDefinition] = ()
    if catalogue is not None:
        ids = catalogue.read(context.impl.object_kinds - WHERE_DECLARED, schemas)
        objects = list(catalogue.definitions(ids).values())
    sequences = [] if normalizer is None else list(_sequences(normalizer, schemas))
    found = _contents(context, tables, objects, sequences)
    return replace(found, sql=(*map(_Words(context).creation_of_sequence, sequences), *found.sql))


def _sequences(normalizer: Normalizer, schemas: Iterable[str | None]) -> Iterator[schema_items.Sequence]:
    usual = normalizer.default_sequence_options()
    for name in schemas:
        for sequence, options in normalizer.sequences(name).items():
            yield schema_items.Sequence(sequence, schema=name, **unusual_options(options, usual))


def of_tables(context: MigrationContext, names: Iterable[TableName]) -> dict[TableName, TableDescription]:
    """Those of some tables that the database of ``context`` has, by schema and name."""
    assert context.connection is not None, "tables are described in a database"  # noqa: S101
    words = _Words(context)
    found = _reflected(context, inspect(context.connection), names)
    return {(table.schema, table.name): words.table(table) for table in found}


def _reflected(context: MigrationContext, inspector: Inspector, wanted: Iterable[TableName]) -> list[Table]:
    """Those of the tables that the database has, complete with what SQLAlchemy does not reflect."""
    reflection = Reflection(inspector, context.impl)
    normalizer = context.impl.normalizer(reflection.catalogue.connection)
    with without_known_warnings(normalizer):
        names = reflection.read(wanted, {})
        reflection.build(names)
        tables = [reflection.built(name) for name in names]
        shapes = {} if normalizer is None else normalizer.read(names)
        for name, table in zip(names, tables, strict=True):
            _say_unknown_types(table, shapes.get(name))
            if normalizer is not None and name in shapes:
                normalizer.complete(table, shapes[name])
    return tables


def of_models(context: MigrationContext) -> SchemaDescription:
    """The schema that the models of env.py declare, in the words of the dialect of ``context``.

    :raises CommandError: where env.py gives no ``target_metadata``.
    """
    if context.opts.get("target_metadata") is None:
        raise CommandError(
            "env.py gives no models",
            code="no-metadata",
            hint="give the MetaData of your models to context.configure(target_metadata=...)",
        )
    models = AutogenContext(context)
    declared = [each for each in objects_of(*models.metadatas) if each.is_for(context.dialect)]
    objects = [each.to_definition(context.dialect) for each in declared]
    sequences = [each for metadata in models.metadatas for each in sqla.sequences_of(metadata)]
    return _contents(context, models.sorted_tables, objects, sequences if context.dialect.supports_sequences else [])


def _contents(
    context: MigrationContext,
    tables: Sequence[Table],
    objects: Sequence[ObjectDefinition],
    sequences: Iterable[schema_items.Sequence],
) -> SchemaDescription:
    words = _Words(context)
    ordered = sqla.in_order_of_creation(tables)
    return SchemaDescription(
        url(context),
        context.dialect.name,
        tuple(words.table(table) for table in ordered),
        tuple(_enums(ordered)),
        (
            *(ObjectDescription("sequence", str(each.name), each.schema, None, ()) for each in sequences),
            *(
                ObjectDescription(
                    each.id.kind, each.id.name, each.id.schema, each.id.table, tuple(words.creation(each))
                )
                for each in in_order(objects)
            ),
        ),
        tuple(words.statements(ordered)),
    )


def _enums(tables: Iterable[Table]) -> list[EnumDescription]:
    """The enum types that have a name, each once; MySQL's have none, they belong to their columns."""
    types = (column.type for table in tables for column in table.columns)
    found = (kind for kind in types if isinstance(kind, Enum) and kind.name and kind.native_enum)
    return list(dict.fromkeys(EnumDescription(str(kind.name), kind.schema, tuple(kind.enums)) for kind in found))


def _by_columns(key: ForeignKeyConstraint) -> tuple[list[int], str]:
    """The sort key of a foreign key among those of its table, which are a set."""
    order = list(key.parent.columns.keys())
    return [order.index(name) for name in key.column_keys], str(key.name)


class _AsWritten(UserDefinedType[str]):
    """A type that SQLAlchemy does not know, in the database's words; SQLite has columns without any.

    :param words: these.
    """

    cache_ok = True

    def __init__(self, words: str) -> None:
        self.words = words

    def get_col_spec(self, **_kw: object) -> str:
        """The type in SQL."""
        return self.words


def _say_unknown_types(table: Table, shape: TableShape | None) -> None:
    for column in table.columns:
        if isinstance(column.type, NullType):
            known = None if shape is None else shape.columns.get(column.name)
            column.type = _AsWritten("" if known is None else known.type_)


class _Words:
    """Schema items in the words of a dialect.

    :param context: of its database.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._impl = context.impl
        self._dialect: Dialect = sqla.for_script(context.dialect)
        self._compiler: DDLCompiler = self._dialect.ddl_compiler(self._dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy does

    def table(self, table: Table) -> TableDescription:
        """A table with its parts."""
        constraints = [item for item in sqla.in_order(table.constraints) if sqla.wanted_by(item, self._impl)]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        return TableDescription(
            table.name,
            table.schema,
            tuple(self._column(column) for column in table.columns),
            tuple(column.name for column in table.primary_key.columns),
            tuple(self._foreign_key(key) for key in sorted(sqla.foreign_keys_of(table), key=_by_columns)),
            tuple(
                UniqueDescription(self._name(item), tuple(column.name for column in item.columns))
                for item in constraints
                if isinstance(item, UniqueConstraint) and self._impl.applies(item)
            ),
            tuple(
                CheckDescription(self._name(item), self._text(item.sqltext))
                for item in constraints
                if isinstance(item, CheckConstraint) and self._impl.applies(item)
            ),
            tuple(self._index(index) for index in indexes if self._impl.applies(index)),
            table.comment,
        )

    def _column(self, column: sqla.AnyColumn) -> ColumnDescription:
        computed = column.computed
        return ColumnDescription(
            column.name,
            str(self._dialect.type_compiler_instance.process(column.type, type_expression=column)),
            bool(column.nullable),
            None if computed is not None else self._compiler.get_column_default_string(column),
            None if computed is None else self._text(computed.sqltext),
            column.identity is not None,
            column.comment,
        )

    def _foreign_key(self, key: ForeignKeyConstraint) -> ForeignKeyDescription:
        schema_name, table, columns = sqla.referred_columns(key)
        return ForeignKeyDescription(
            self._name(key), tuple(key.column_keys), table, schema_name, tuple(columns), key.ondelete, key.onupdate
        )

    def _index(self, index: Index) -> IndexDescription:
        names = {column.name for column in index.columns}
        keys = (
            key if isinstance(key, str) else getattr(key, "name", None) or self._text(key) for key in index.expressions
        )
        return IndexDescription(
            self._name(index),
            tuple(IndexKeyDescription(str(key), key in names) for key in keys),
            bool(index.unique),
        )

    def _name(self, item: Constraint | Index) -> str | None:
        return sqla.constraint_name(item, self._dialect)

    def _text(self, expression: ClauseElement) -> str:
        return str(self._compiler.sql_compiler.process(expression, include_table=False, literal_binds=True))

    def creation(self, definition: ObjectDefinition) -> list[str]:
        """The statements that create an object."""
        if isinstance(self._impl, ObjectStatements):
            return self._impl.creation_of_object(definition)
        return [definition.sql]

    def creation_of_sequence(self, sequence: schema_items.Sequence) -> str:
        """The statement that creates a sequence."""
        return str(schema_items.CreateSequence(sequence).compile(dialect=self._dialect)).strip()

    def statements(self, tables: Sequence[Table]) -> list[str]:
        """The statements that create tables, with their types, indexes and comments."""
        made: list[str] = []

        def write(statement: ExecutableDDLElement, *_: object, **_kw: object) -> None:
            made.append(str(statement.compile(dialect=self._dialect)).strip())

        for metadata in dict.fromkeys(table.metadata for table in tables):
            chosen = [table for table in tables if table.metadata is metadata]
            metadata.create_all(sqla.MockConnection(self._dialect, write), tables=chosen, checkfirst=False)
        return made
