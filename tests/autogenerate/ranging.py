"""Which aspects of a schema, of all that the exact comparison compares, two models differ in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Facts = Iterator[tuple[Any, Any]]

ABSENT = object()
EVERY = frozenset({"sqlite", "postgresql", "mysql"})
SERVERS = EVERY - {"sqlite"}
POSTGRESQL, MYSQL = frozenset({"postgresql"}), frozenset({"mysql"})
NOT_MYSQL = EVERY - MYSQL


def differing(before: Callable[[sa.MetaData], Any], after: Callable[[sa.MetaData], Any], backend: str) -> set[str]:
    """The items in which two models differ, where both have the table, the column or the constraint."""
    one, other = sa.MetaData(), sa.MetaData()
    before(one)
    after(other)
    found = set()
    for item, (backends, tell) in LIST.items():
        if backend in backends:
            old, new = dict(tell(one)), dict(tell(other))
            if any(old[place] != new[place] for place in old.keys() & new.keys()):
                found.add(item)
    return found


def items(backend: str) -> set[str]:
    """The items that a backend has."""
    return {item for item, (backends, _) in LIST.items() if backend in backends}


def _of_metadata(tell: Callable[[sa.MetaData], Any]) -> Callable[[sa.MetaData], Facts]:
    return lambda metadata: iter([("", tell(metadata))])


def _of_tables(tell: Callable[[sa.Table], Any]) -> Callable[[sa.MetaData], Facts]:
    return lambda metadata: ((table.name, tell(table)) for table in metadata.tables.values())


def _of_columns(tell: Callable[[sa.Column[Any]], Any]) -> Callable[[sa.MetaData], Facts]:
    return lambda metadata: (
        ((table.name, column.name), said)
        for table in metadata.tables.values()
        for column in table.c
        if (said := tell(column)) is not ABSENT
    )


def _of_types(*names: str) -> Callable[[sa.MetaData], Facts]:
    return _of_columns(lambda column: [getattr(column.type, name, None) for name in names])


def _of_constraints(class_: type[Any], *names: str) -> Callable[[sa.MetaData], Facts]:
    """The constraints of a class of a table, each as the values of attributes."""

    def tell(table: sa.Table) -> Any:
        found = [[_told(item, name) for name in names] for item in table.constraints if isinstance(item, class_)]
        return sorted(repr(said) for said in found if any(value not in ("None", "False") for value in said))

    return _of_tables(tell)


def _of_indexes(name: str) -> Callable[[sa.MetaData], Facts]:
    return _of_tables(
        lambda table: sorted(f"{i.name} {said}" for i in table.indexes if (said := _told(i, name)) != "None")
    )


def _told(item: Any, name: str) -> Any:
    value = item.dialect_kwargs.get(name) if name.startswith(("postgresql_", "mysql_", "sqlite_")) else None
    return str(value if value is not None else _columns(item) if name == "columns" else getattr(item, name, None))


def _columns(item: Any) -> list[str]:
    return [column.name for column in item.columns]


def _keys(table: sa.Table, sign: str) -> list[str]:
    return sorted(f"{index.name} {key}" for index in table.indexes for key in index.expressions if sign in str(key))


def _labels(column: sa.Column[Any]) -> Any:
    return column.type.enums if isinstance(column.type, sa.Enum) else ABSENT


def _values(column: sa.Column[Any]) -> Any:
    return set(labels) if (labels := _labels(column)) is not ABSENT else ABSENT


def _named_enums(metadata: sa.MetaData) -> Any:
    types = [column.type for table in metadata.tables.values() for column in table.c]
    return {type_.name for type_ in types if isinstance(type_, sa.Enum) and type_.native_enum}


def _options(*names: str) -> Callable[[sa.MetaData], Facts]:
    return _of_tables(lambda table: [table.dialect_kwargs.get(name) for name in names])


def _option_sets(name: str) -> Callable[[sa.MetaData], Facts]:
    return _of_tables(lambda table: str(table.dialect_kwargs.get(name)))


def _default(column: sa.Column[Any]) -> str | None:
    default: Any = column.server_default
    return str(default.arg) if isinstance(default, sa.DefaultClause) else None


def _needs_filling(column: sa.Column[Any]) -> bool:
    return not column.nullable and column.server_default is None


def _generated(column: sa.Column[Any]) -> Any:
    return column.computed and (str(column.computed.sqltext), column.computed.persisted)


def _identity(column: sa.Column[Any]) -> Any:
    return column.identity and sorted(vars(column.identity).items(), key=str)


_KEY = (sa.ForeignKeyConstraint,)

LIST: dict[str, tuple[frozenset[str], Callable[[sa.MetaData], Facts]]] = {
    "tables": (EVERY, _of_metadata(lambda metadata: set(metadata.tables))),
    "columns": (EVERY, _of_tables(lambda table: set(table.c.keys()))),
    "types": (EVERY, _of_columns(lambda column: type(column.type))),
    "length": (EVERY, _of_types("length")),
    "precision": (EVERY, _of_types("precision", "scale", "fsp")),
    "unsigned": (MYSQL, _of_types("unsigned")),
    "charset of a column": (MYSQL, _of_types("charset")),
    "collation of a column": (EVERY, _of_types("collation")),
    "timezone": (POSTGRESQL, _of_types("timezone")),
    "array dimensions": (POSTGRESQL, _of_types("dimensions")),
    "nullability": (EVERY, _of_columns(lambda column: column.nullable)),
    "NOT NULL without a default": (EVERY, _of_columns(_needs_filling)),
    "defaults": (EVERY, _of_columns(_default)),
    "ON UPDATE": (MYSQL, _of_columns(lambda column: "ON UPDATE" in (_default(column) or "").upper())),
    "comments of columns": (SERVERS, _of_columns(lambda column: column.comment)),
    "comments of tables": (SERVERS, _of_tables(lambda table: table.comment)),
    "computed columns": (EVERY, _of_columns(_generated)),
    "identity": (POSTGRESQL, _of_columns(_identity)),
    "autoincrement": (EVERY, _of_tables(lambda table: getattr(table.autoincrement_column, "name", None))),
    "AUTOINCREMENT of SQLite": (frozenset({"sqlite"}), _options("sqlite_autoincrement")),
    "rowid of SQLite": (frozenset({"sqlite"}), _options("sqlite_with_rowid")),
    "columns of the primary key": (EVERY, _of_tables(lambda table: _columns(table.primary_key))),
    "name of the primary key": (NOT_MYSQL, _of_tables(lambda table: table.primary_key.name)),
    "unique constraints": (EVERY, _of_constraints(sa.UniqueConstraint, "name", "columns")),
    "deferral of unique constraints": (POSTGRESQL, _of_constraints(sa.UniqueConstraint, "deferrable", "initially")),
    "NULLS NOT DISTINCT": (POSTGRESQL, _of_constraints(sa.UniqueConstraint, "postgresql_nulls_not_distinct")),
    "included columns of unique constraints": (
        POSTGRESQL,
        _of_constraints(sa.UniqueConstraint, "postgresql_include"),
    ),
    "foreign keys": (EVERY, _of_constraints(sa.ForeignKeyConstraint, "name", "columns")),
    "actions of foreign keys": (EVERY, _of_constraints(sa.ForeignKeyConstraint, "ondelete", "onupdate")),
    "deferral of foreign keys": (NOT_MYSQL, _of_constraints(sa.ForeignKeyConstraint, "deferrable", "initially")),
    "checks": (EVERY, _of_constraints(sa.CheckConstraint, "name", "sqltext")),
    "checks without a name": (
        EVERY,
        _of_tables(
            lambda table: {
                str(item.sqltext)
                for item in table.constraints
                if isinstance(item, sa.CheckConstraint) and item.name is None
            }
        ),
    ),
    "exclude constraints": (POSTGRESQL, _of_constraints(postgresql.ExcludeConstraint, "name", "using", "where")),
    "indexes": (EVERY, _of_tables(lambda table: sorted(f"{i.name} {_columns(i)} {i.unique}" for i in table.indexes))),
    "index expressions": (NOT_MYSQL, _of_tables(lambda table: _keys(table, "("))),
    "sort order": (EVERY, _of_tables(lambda table: _keys(table, "DESC"))),
    "index predicates": (
        NOT_MYSQL,
        lambda metadata: (
            (table.name, sorted(f"{_told(i, 'postgresql_where')} {_told(i, 'sqlite_where')}" for i in table.indexes))
            for table in metadata.tables.values()
        ),
    ),
    "operator classes": (POSTGRESQL, _of_indexes("postgresql_ops")),
    "index method": (POSTGRESQL, _of_indexes("postgresql_using")),
    "included columns": (POSTGRESQL, _of_indexes("postgresql_include")),
    "storage options of an index": (POSTGRESQL, _of_indexes("postgresql_with")),
    "prefix length of an index": (MYSQL, _of_indexes("mysql_length")),
    "enum types": (POSTGRESQL, _of_metadata(_named_enums)),
    "enum values": (EVERY, _of_columns(_values)),
    "order of enum values": (EVERY, _of_columns(_labels)),
    "sequences": (
        POSTGRESQL,
        _of_metadata(lambda metadata: [(s.start, s.increment, s.cycle) for s in metadata._sequences.values()]),
    ),
    "engine": (MYSQL, _options("mysql_engine")),
    "charset of a table": (MYSQL, _options("mysql_charset")),
    "collation of a table": (MYSQL, _options("mysql_collate")),
    "row format": (MYSQL, _options("mysql_row_format")),
    "tablespace": (POSTGRESQL, _options("postgresql_tablespace")),
    "UNLOGGED": (POSTGRESQL, _of_tables(lambda table: "UNLOGGED" in table._prefixes)),
    "storage options of a table": (POSTGRESQL, _option_sets("postgresql_with")),
}
