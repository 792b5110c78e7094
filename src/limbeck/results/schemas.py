"""What a schema has, described for people to read."""

from __future__ import annotations

from dataclasses import dataclass

from .result import Result


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """A column of a table.

    :param name: its name.
    :param type: its type, as ``CREATE TABLE`` has it.
    :param nullable: whether it takes NULL.
    :param default: its default as SQL; null where it has none.
    :param computed: the expression of a generated column; null where it is none.
    :param identity: whether it is an identity column.
    :param comment: its comment.
    """

    name: str
    type: str
    nullable: bool
    default: str | None = None
    computed: str | None = None
    identity: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKeyDescription:
    """A foreign key.

    :param name: its name; null where it has none.
    :param columns: its columns.
    :param referred_table: the table that it refers to.
    :param referred_schema: the schema of that one; null for the default one.
    :param referred_columns: the columns there.
    :param on_delete: what a deletion there does; null for nothing but the check.
    :param on_update: what an update there does, likewise.
    """

    name: str | None
    columns: tuple[str, ...]
    referred_table: str
    referred_schema: str | None
    referred_columns: tuple[str, ...]
    on_delete: str | None = None
    on_update: str | None = None


@dataclass(frozen=True, slots=True)
class UniqueDescription:
    """A unique constraint.

    :param name: its name; null where it has none.
    :param columns: its columns.
    """

    name: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckDescription:
    """A check.

    :param name: its name; null where it has none.
    :param condition: what it demands, as SQL.
    """

    name: str | None
    condition: str


@dataclass(frozen=True, slots=True)
class IndexKeyDescription:
    """What an index is on.

    :param text: a column, or an expression as SQL.
    :param is_column: whether it is a column.
    """

    text: str
    is_column: bool


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """An index.

    :param name: its name; null where it has none.
    :param keys: what it is on.
    :param unique: whether no two rows may have the same keys.
    """

    name: str | None
    keys: tuple[IndexKeyDescription, ...]
    unique: bool


@dataclass(frozen=True, slots=True)
class TableDescription:
    """A table.

    :param name: its name.
    :param schema: its schema; null for the default one.
    :param columns: its columns, in their order.
    :param primary_key: the columns of its primary key; none where it has none.
    :param foreign_keys: its foreign keys.
    :param unique_constraints: its unique constraints.
    :param checks: its checks.
    :param indexes: its indexes.
    :param comment: its comment.
    """

    name: str
    schema: str | None
    columns: tuple[ColumnDescription, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKeyDescription, ...] = ()
    unique_constraints: tuple[UniqueDescription, ...] = ()
    checks: tuple[CheckDescription, ...] = ()
    indexes: tuple[IndexDescription, ...] = ()
    comment: str | None = None

    @property
    def full_name(self) -> str:
        """Its name, with its schema where that is not the default one."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class EnumDescription:
    """An enum type.

    :param name: its name.
    :param schema: its schema; null for the default one.
    :param values: its values, in their order.
    """

    name: str
    schema: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectDescription:
    """A view, a function, a trigger, a sequence or the like.

    :param kind: ``"view"``, ``"materialized_view"``, ``"function"``, ``"trigger"``, ``"sequence"``, ...
    :param name: its name.
    :param schema: its schema; null for the default one.
    :param table: the table of a trigger; null for what belongs to no table.
    :param sql: the statements that create it; none for a sequence, which is created before the tables.
    """

    kind: str
    name: str
    schema: str | None
    table: str | None
    sql: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaDescription:
    """The schema of a database.

    :param database: URL of the database, its password hidden.
    :param dialect: name of its dialect.
    :param tables: its tables, each after those that it refers to, without Limbeck's own.
    :param enums: the enum types of their columns.
    :param objects: sequences, views, functions, triggers and the like, each after those that it mentions.
    :param sql: the statements that create the sequences and the tables, with their types, indexes and comments.
    """

    database: str
    dialect: str
    tables: tuple[TableDescription, ...]
    enums: tuple[EnumDescription, ...] = ()
    objects: tuple[ObjectDescription, ...] = ()
    sql: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemasResult(Result):
    """What ``schema`` shows.

    :param source: ``"database"``, ``"models"``, or the revision at which the schema is shown.
    :param databases: the schemas, a database each, in env.py's order.
    """

    schema = "limbeck.schemas"

    source: str
    databases: tuple[SchemaDescription, ...]
