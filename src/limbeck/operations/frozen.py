"""Tables as a revision found them: the snapshot beside its script, and ``op.frozen_tables()``, which reads it.

The snapshot is a JSON document: names, types, keys. A type is one of SQLAlchemy's generic ones, so that the snapshot of
one database serves another; what has no generic type is kept as a text and passed to the driver as it is.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast, overload

import sqlalchemy as sa

from limbeck import call_site
from limbeck.errors import CommandError

from .abstract import AbstractOperations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .columns import AnyType


class _Type(TypedDict):
    """A type: the name of a generic one and its arguments; without a name, its text."""

    name: str | None
    length: NotRequired[int]
    precision: NotRequired[int]
    scale: NotRequired[int]
    timezone: NotRequired[bool]
    values: NotRequired[list[str]]
    type_name: NotRequired[str | None]
    schema: NotRequired[str | None]
    of: NotRequired[_Type]
    text: NotRequired[str]


class _Column(TypedDict):
    name: str
    type: _Type
    nullable: bool
    primary_key: bool


class _Key(TypedDict):
    columns: list[str]
    schema: str | None
    table: str
    target_columns: list[str]


class _Table(TypedDict):
    schema: str | None
    name: str
    columns: list[_Column]
    foreign_keys: list[_Key]


SCHEMA = "limbeck.frozen-tables"
VERSION = 1

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "BigInteger": (),
    "Boolean": (),
    "Date": (),
    "DateTime": ("timezone",),
    "Double": ("precision",),
    "Float": ("precision",),
    "Integer": (),
    "Interval": (),
    "JSON": (),
    "LargeBinary": ("length",),
    "Numeric": ("precision", "scale"),
    "SmallInteger": (),
    "String": ("length",),
    "Text": ("length",),
    "Time": ("timezone",),
    "Unicode": ("length",),
    "UnicodeText": ("length",),
    "Uuid": (),
}
"""The generic types that a snapshot has, with the arguments that are kept."""


def snapshot_path(script: str, revision: str) -> str:
    """The file of the snapshot of a revision: beside its script, and named by its id, which never changes."""
    return os.path.join(os.path.dirname(script), f"{revision}.tables.json")


def snapshot(revision: str, tables: Sequence[sa.Table]) -> str:
    """The text of a snapshot.

    :param tables: with the schema None for the default one.
    """
    names = {(table.schema, table.name) for table in tables}
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "revision": revision,
        "tables": [_written(table, names) for table in sorted(tables, key=lambda one: (one.schema or "", one.name))],
    }
    return json.dumps(document, indent=2) + "\n"


class FrozenTables(AbstractOperations):
    """``op.frozen_tables``."""

    @overload
    def frozen_tables(self, name: str, /) -> sa.Table: ...

    @overload
    def frozen_tables(self, name: str, other: str, /, *more: str) -> tuple[sa.Table, ...]: ...

    def frozen_tables(self, *names: str) -> sa.Table | tuple[sa.Table, ...]:
        """Tables as this revision found them, by the snapshot that ``limbeck freeze`` keeps beside its script.

        No model of the application is imported, whose tables are those of today. What the script itself adds is not in
        there: ``table.append_column(sa.Column("city", sa.Text))``.

        :param names: names of tables, ``schema.table`` where they are not in the default one.
        :return: the table; of several names a tuple in their order. They share one `MetaData`, so they can be joined.
        :raises CommandError: where there is no snapshot, and for a table that it does not have.
        """
        file, line = call_site.caller()
        found = call_site.revision()
        if found is None:
            raise CommandError(
                "op.frozen_tables() is for revision scripts, and no revision calls it",
                code="no-frozen-tables",
                hint="call it in upgrade() or downgrade(), or in what these call",
                file=file,
                line=line,
            )
        script, revision = found
        tables = _read(snapshot_path(script, revision), revision, names, (file, line))
        missing = [name for name in names if name not in tables]
        if missing or not names:
            raise CommandError(
                f"The snapshot of revision {revision} has no table {', '.join(missing)}"
                if names
                else "op.frozen_tables() names no table",
                code="no-frozen-tables",
                hint=f"`limbeck freeze {revision} {' '.join([*tables, *missing])}` writes it; it has "
                f"{', '.join(tables)}",
                file=file,
                line=line,
            )
        return tables[names[0]] if len(names) == 1 else tuple(tables[name] for name in names)


def _read(path: str, revision: str, names: Iterable[str], place: tuple[str | None, int | None]) -> dict[str, sa.Table]:
    """The tables of a snapshot by their names."""
    try:
        with open(path, encoding="utf-8") as stream:
            document = json.load(stream)
        if document["schema"] != SCHEMA or document["version"] > VERSION:
            raise ValueError("it is no snapshot, or one of a newer Limbeck")  # noqa: TRY301 said below
        metadata = sa.MetaData()
        return {_name(each["schema"], each["name"]): _table(each, metadata) for each in document["tables"]}
    except FileNotFoundError:
        raise CommandError(
            f"Revision {revision} has no snapshot of its tables",
            code="no-frozen-tables",
            hint=f"`limbeck freeze {revision} {' '.join(names)}` writes it beside the script; commit it",
            file=place[0],
            line=place[1],
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"The snapshot of the tables of revision {revision} can't be read: {error}",
            code="frozen-tables",
            hint=f"`limbeck freeze {revision} TABLE ...` writes it anew",
            file=path,
        ) from error


def _name(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


# --- tables -----------------------------------------------------------------------------------------------------------


def _written(table: sa.Table, names: set[tuple[str | None, str]]) -> _Table:
    keys = sorted(table.foreign_key_constraints, key=lambda one: [column.name for column in one.columns])
    return {
        "schema": table.schema,
        "name": table.name,
        "columns": [
            {
                "name": column.name,
                "type": _type_written(column.type),
                "nullable": bool(column.nullable),
                "primary_key": bool(column.primary_key),
            }
            for column in table.columns
        ],
        "foreign_keys": [
            {
                "columns": [column.name for column in key.columns],
                "schema": target.schema,
                "table": target.name,
                "target_columns": [element.column.name for element in key.elements],
            }
            for key in keys
            if ((target := key.referred_table).schema, target.name) in names
        ],
    }


def _table(written: _Table, metadata: sa.MetaData) -> sa.Table:
    columns = [
        sa.Column(each["name"], _type(each["type"]), nullable=each["nullable"], primary_key=each["primary_key"])
        for each in written["columns"]
    ]
    keys = [
        sa.ForeignKeyConstraint(
            key["columns"], [f"{_name(key['schema'], key['table'])}.{column}" for column in key["target_columns"]]
        )
        for key in written["foreign_keys"]
    ]
    return sa.Table(written["name"], metadata, *columns, *keys, schema=written["schema"])


def _type_written(type_: AnyType) -> _Type:
    if isinstance(type_, sa.ARRAY):
        return {"name": "ARRAY", "of": _type_written(type_.item_type)}
    if isinstance(type_, sa.Enum) and type_.enums:
        return {"name": "Enum", "values": list(type_.enums), "type_name": type_.name, "schema": type_.schema}
    try:
        generic = sa.types.to_instance(type_).as_generic()
    except NotImplementedError:
        generic = sa.types.NullType()
    name = type(generic).__name__
    written: _Type = {"name": name}
    if name not in _ARGUMENTS:
        return {"name": None, "text": str(type_)}
    values = {argument: getattr(generic, argument, None) for argument in _ARGUMENTS[name]}
    given = {argument: value for argument, value in values.items() if isinstance(value, int) and value}
    return cast("_Type", {**written, **given})


def _type(written: _Type) -> AnyType:
    name = written["name"]
    if name is None:
        return sa.types.NullType()
    if name == "ARRAY" and "of" in written:
        return sa.ARRAY(_type(written["of"]))
    if name == "Enum" and "values" in written and "type_name" in written and "schema" in written:
        return sa.Enum(*written["values"], name=written["type_name"], schema=written["schema"])
    if name not in _ARGUMENTS:
        raise ValueError(f"there is no type {name}")
    arguments = {argument: value for argument, value in written.items() if argument in _ARGUMENTS[name]}
    made: AnyType = getattr(sa, name)(**arguments)
    return made
