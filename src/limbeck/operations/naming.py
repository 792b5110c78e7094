"""The constraint that ``drop_constraint(None, ...)`` means: by naming convention, or from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from limbeck import sqla

from .arguments import bad_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Inspector
    from sqlalchemy.schema import Constraint

    from .abstract import AbstractOperations
    from .schemaobj import SchemaObjects

_CALL = "op.drop_constraint"
_WAY_OUT = 'give its name, or its type and columns: op.drop_constraint(None, "t", type_="unique", columns=["a"])'


@dataclass(frozen=True)
class UnnamedConstraint:
    """What is known of a constraint that is to be dropped.

    :param table_name: its table.
    :param schema: the table's schema; None: the connection's own.
    :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
    :param columns: its columns.
    :param condition: the condition of a check.
    """

    table_name: str
    schema: str | None
    type_: str | None
    columns: Sequence[str] | None
    condition: str | None


def found_constraint(operations: AbstractOperations, unnamed: UnnamedConstraint) -> Constraint:
    """The constraint that ``unnamed`` describes.

    A check is identified by its condition. With columns, or for a primary key, the catalogue is read, if there is a
    connection; otherwise the naming convention gives the name.

    :raises CommandError: neither identifies one constraint.
    """
    objects, table, schema = operations.schema_obj, unnamed.table_name, unnamed.schema
    if unnamed.condition is not None:
        return objects.check_constraint(None, table, unnamed.condition, schema=schema)
    context, type_, columns = operations.migration_context, unnamed.type_, list(unnamed.columns or ())
    name = None
    if not context.impl.can_query or (not columns and type_ != "primary"):
        name = name_by_convention(objects, unnamed)
    if name is None and not _needs_no_name(operations, unnamed):
        type_, name = name_in_catalogue(operations, unnamed)
    if name is not None or type_ == "primary":
        return objects.generic_constraint(name, table, type_, schema=schema)
    constraint: Constraint
    if type_ == "unique":
        constraint = objects.unique_constraint(None, table, columns, schema=schema)
    else:
        constraint = objects.foreign_key_constraint(None, table, "x", columns, columns, source_schema=schema)
    constraint.name = None
    return constraint


def _needs_no_name(operations: AbstractOperations, unnamed: UnnamedConstraint) -> bool:
    """Whether a script drops it without its name: a rebuild knows the table, and some primary keys have none."""
    impl = operations.migration_context.impl
    if impl.can_query:
        return False
    if unnamed.type_ == "primary" and not impl.names_primary_keys:
        return True
    by_columns = unnamed.columns is not None and unnamed.type_ in ("unique", "foreignkey")
    return not impl.dialect.supports_alter and (unnamed.type_ == "primary" or by_columns)


def name_by_convention(objects: SchemaObjects, unnamed: UnnamedConstraint) -> str | None:
    """The name that the naming convention gives the constraint; None if it needs what is not known."""
    convention = objects.naming_convention() or {}
    table, schema, type_ = unnamed.table_name, unnamed.schema, unnamed.type_
    columns = list(unnamed.columns or ())
    if type_ == "primary" and (columns or "column" not in str(convention.get("pk", "column"))):
        return sqla.conventional_name(objects.primary_key_constraint(None, table, columns or ["x"], schema=schema))
    if type_ == "unique" and (columns or "column" not in str(convention.get("uq", "column"))):
        return sqla.conventional_name(objects.unique_constraint(None, table, columns or ["x"], schema=schema))
    if type_ == "foreignkey" and columns and "referred" not in str(convention.get("fk", "referred")):
        key = objects.foreign_key_constraint(None, table, "x", columns, columns, source_schema=schema)
        return sqla.conventional_name(key)
    return None


def name_in_catalogue(operations: AbstractOperations, unnamed: UnnamedConstraint) -> tuple[str, str | None]:
    """Type and name of the constraint by its columns.

    :return: the name is None if the constraint has none in the database, as on SQLite, or for primary keys on MySQL.
    :raises CommandError: no columns are given, there is no connection, or not exactly one constraint matches.
    """
    from sqlalchemy import inspect

    context, columns = operations.migration_context, unnamed.columns
    if columns is None and unnamed.type_ != "primary":
        raise bad_call(_CALL, "the constraint's name is None", hint=_WAY_OUT, code="constraint-without-name")
    wanted = "the primary key" if columns is None else f"a constraint on {', '.join(columns)}"
    if not context.impl.can_query:
        raise bad_call(
            _CALL,
            f"without a name, {wanted} of '{unnamed.table_name}' must be looked up, and a script has no database",
            hint="give its name",
            code="constraint-without-name",
        )
    found = list(_candidates(inspect(context.connection), unnamed, context.impl.translated(unnamed.schema)))
    if len(found) != 1:
        several = f"several match: {', '.join(str(name) for _, name in found)}" if found else "there is none"
        raise bad_call(
            _CALL,
            f"'{unnamed.table_name}' was searched for {wanted}, and {several}",
            hint=_WAY_OUT,
            code="constraint-not-found",
        )
    return found[0]


def _candidates(
    inspector: Inspector, unnamed: UnnamedConstraint, schema: str | None
) -> Iterator[tuple[str, str | None]]:
    table, type_ = unnamed.table_name, unnamed.type_
    columns = None if unnamed.columns is None else list(unnamed.columns)
    if type_ in ("primary", None):
        key = inspector.get_pk_constraint(table, schema=schema)
        if key["constrained_columns"] and columns in (None, key["constrained_columns"]):
            yield "primary", key["name"]
    if type_ in ("unique", None):
        found = inspector.get_unique_constraints(table, schema=schema)
        yield from (("unique", name) for name in _named(found, "column_names", columns))
    if type_ in ("foreignkey", None):
        keys = inspector.get_foreign_keys(table, schema=schema)
        yield from (("foreignkey", name) for name in _named(keys, "constrained_columns", columns))


def _named(found: Iterable[Any], key: str, columns: list[str] | None) -> Iterator[str | None]:
    for constraint in found:
        if sorted(constraint[key]) == sorted(columns or ()):
            yield constraint["name"]
