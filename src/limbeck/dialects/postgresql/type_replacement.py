"""The replacement of a named type by another of its name: what depends on it, and the statements in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import format_name
from limbeck.errors import CommandError

from .schema_facts import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection, Dialect


_KINDS = {"e": "enum type", "d": "domain"}


class TypedColumn(NamedTuple):
    """A column of the type.

    :param table: its table, quoted for SQL.
    :param column: its name, quoted for SQL.
    :param is_array: whether it holds arrays of the type.
    :param default: its default as SQL; None where it has none.
    """

    table: str
    column: str
    is_array: bool
    default: str | None


class Dependent(NamedTuple):
    """A constraint or an index that mentions the type.

    :param drop: the statement that drops it.
    :param create: the statement that creates it again.
    """

    drop: str
    create: str


class TypeIds(NamedTuple):
    """A type of the database and that of its arrays.

    :param type_: its oid. :param array: the oid of the array type.
    """

    type_: int
    array: int


_TYPE = sa.text(
    "SELECT t.oid, t.typarray FROM pg_catalog.pg_type t WHERE t.oid = to_regtype(:name) AND t.typtype::text = :kind"
)

_COLUMNS = sa.text("""
SELECT c.oid::regclass::text, quote_ident(a.attname), a.atttypid = :array, pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.atttypid IN (:type_, :array) AND NOT a.attisdropped AND a.attinhcount = 0
ORDER BY 1, a.attnum
""")

# foreign keys go before the keys that they refer to
_CONSTRAINTS = sa.text("""
SELECT DISTINCT k.contype <> 'f', k.conrelid::regclass::text, quote_ident(k.conname), pg_get_constraintdef(k.oid)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype IN ('c', 'f', 'x') AND k.coninhcount = 0 AND a.atttypid IN (:type_, :array)
ORDER BY 1, 2, 3
""")

_INDEXES = sa.text("""
SELECT DISTINCT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum
WHERE (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL) AND a.atttypid IN (:type_, :array)
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)
ORDER BY 1
""")


def find_type(connection: Connection, name: str, kind: str) -> TypeIds:
    """The type ``name``, quoted for SQL; raises `CommandError` if there is none of the kind.

    :param kind: as in ``pg_type.typtype``.
    """
    found = connection.execute(_TYPE, {"name": name, "kind": kind}).first()
    if found is None:
        file, line = caller()
        raise CommandError(
            f"There is no {_KINDS[kind]} {name}",
            code="no-such-type",
            hint="see `\\dT` in psql; a type outside the session's search path wants schema=",
            file=file,
            line=line,
        )
    return TypeIds(*found)


def columns_of(connection: Connection, type_: TypeIds) -> list[TypedColumn]:
    """The columns of the type and of arrays of it."""
    return [TypedColumn(*row) for row in connection.execute(_COLUMNS, type_._asdict())]


def dependents_of(connection: Connection, type_: TypeIds, adapt: Callable[[str], str] = str) -> list[Dependent]:
    """The constraints and indexes on columns of the type that have to be dropped and created again.

    :param adapt: changes the definition with which one is created.
    """
    constraints = [
        Dependent(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {adapt(definition)}",
        )
        for _, table, name, definition in connection.execute(_CONSTRAINTS, type_._asdict())
    ]
    indexes = [
        Dependent(f"DROP INDEX {index}", adapt(definition))
        for index, definition in connection.execute(_INDEXES, type_._asdict())
    ]
    return constraints + indexes


def type_name(dialect: Dialect, name: str, schema: str | None) -> str:
    """The type's name, quoted for SQL."""
    return format_name(sqla.for_script(dialect).identifier_preparer, name, schema)


def replacement(
    dialect: Dialect,
    name: str,
    schema: str | None,
    creation: str,
    columns: list[TypedColumn],
    dependents: list[Dependent],
    *,
    cast: Callable[[TypedColumn], str],
    default: Callable[[str], str] = str,
) -> list[str]:
    """The statements that replace a type by a new one, in order.

    :param creation: the statement that creates the new type, under the name of the old one.
    :param cast: the expression that casts a column to the new type.
    :param default: changes the default of a column.
    """
    qualified, outgoing = (type_name(dialect, each, schema) for each in (name, f"{name}__old"[-LONGEST:]))
    changes = [f"ALTER TABLE {c.table} ALTER COLUMN {c.column}" for c in columns]
    statements = [dependent.drop for dependent in dependents]
    statements += [f"{change} DROP DEFAULT" for change, c in zip(changes, columns, strict=True) if c.default]
    statements += [f"ALTER TYPE {qualified} RENAME TO {outgoing.rpartition('.')[2]}", creation]
    for change, c in zip(changes, columns, strict=True):
        statements.append(f"{change} TYPE {qualified}{'[]' if c.is_array else ''} USING {cast(c)}")
    statements += [
        f"{change} SET DEFAULT {default(c.default)}" for change, c in zip(changes, columns, strict=True) if c.default
    ]
    return [*statements, *(dependent.create for dependent in dependents), f"DROP TYPE {outgoing}"]
