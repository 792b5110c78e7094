"""The constraint that is meant where no name is given: by naming convention, or from the catalogue (failures G6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import sqla

from .arguments import bad_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Inspector
    from sqlalchemy.schema import Constraint

    from .abstract import AbstractOperations
    from .constraints import DropConstraintOp

_CALL = "op.drop_constraint"
_WAY_OUT = 'say its name, or its type and columns: op.drop_constraint(None, "t", type_="unique", columns=["a"])'


def found_constraint(operations: AbstractOperations, operation: DropConstraintOp) -> Constraint:
    """The constraint that ``operation``, which has no name for it, drops.

    A check is found by its condition. With columns, or for a primary key, the catalogue is asked, where there is one;
    otherwise the naming convention.

    :raises CommandError: neither tells which constraint is meant.
    """
    objects, table, schema = operations.schema_obj, operation.table_name, operation.schema
    if operation.condition is not None:
        check: Constraint = objects.check_constraint(None, table, operation.condition, schema=schema)
        return check
    context, kind, columns = operations.migration_context, operation.constraint_type, list(operation.columns or ())
    name = None
    if context.as_sql or context.connection is None or (not columns and kind != "primary"):
        name = name_by_convention(operations, operation)
    if name is None:
        kind, name = name_by_columns(operations, operation)
    if name is not None or kind == "primary":
        return objects.generic_constraint(name, table, kind, schema=schema)
    constraint: Constraint
    if kind == "unique":
        constraint = objects.unique_constraint(None, table, columns, schema=schema)
    else:
        constraint = objects.foreign_key_constraint(None, table, "x", columns, columns, source_schema=schema)
    constraint.name = None
    return constraint


def name_by_convention(operations: AbstractOperations, operation: DropConstraintOp) -> str | None:
    """The name that the naming convention gives the constraint that ``operation`` drops; None where it gives none."""
    objects, kind = operations.schema_obj, operation.constraint_type
    convention = objects.naming_convention() or {}
    where, schema = operation.table_name, operation.schema
    columns = list(operation.columns or ())
    if kind == "primary" and (columns or "column" not in str(convention.get("pk", "column"))):
        return sqla.conventional_name(objects.primary_key_constraint(None, where, columns or ["x"], schema=schema))
    if kind == "unique" and (columns or "column" not in str(convention.get("uq", "column"))):
        return sqla.conventional_name(objects.unique_constraint(None, where, columns or ["x"], schema=schema))
    if kind == "foreignkey" and columns and "referred" not in str(convention.get("fk", "referred")):
        key = objects.foreign_key_constraint(None, where, "x", columns, columns, source_schema=schema)
        return sqla.conventional_name(key)
    return None


def name_by_columns(operations: AbstractOperations, operation: DropConstraintOp) -> tuple[str, str | None]:
    """The type and the name that the catalogue has for the constraint that ``operation`` drops.

    :return: the name is None where the database gave it none, as SQLite does, and MySQL to primary keys.
    :raises CommandError: columns are not given, there is no database to ask, or not exactly one constraint fits.
    """
    from sqlalchemy import inspect

    context, kind, columns = operations.migration_context, operation.constraint_type, operation.columns
    if columns is None and kind != "primary":
        raise bad_call(_CALL, "the constraint's name is None", hint=_WAY_OUT, code="constraint-without-name")
    wanted = "the primary key" if columns is None else f"a constraint on {', '.join(columns)}"
    if context.as_sql or context.connection is None:
        raise bad_call(
            _CALL,
            f"without a name, {wanted} of '{operation.table_name}' must be looked up, and a script has no database",
            hint="say its name",
            code="constraint-without-name",
        )
    found = list(_candidates(inspect(context.connection), operation))
    if len(found) != 1:
        several = f"several fit: {', '.join(str(name) for _, name in found)}" if found else "there is none"
        raise bad_call(
            _CALL,
            f"'{operation.table_name}' was searched for {wanted}, and {several}",
            hint=_WAY_OUT,
            code="constraint-not-found",
        )
    return found[0]


def _candidates(inspector: Inspector, operation: DropConstraintOp) -> Iterator[tuple[str, str | None]]:
    table, schema, kind = operation.table_name, operation.schema, operation.constraint_type
    columns = None if operation.columns is None else list(operation.columns)
    if kind in ("primary", None):
        key = inspector.get_pk_constraint(table, schema=schema)
        if key["constrained_columns"] and columns in (None, key["constrained_columns"]):
            yield "primary", key["name"]
    if kind in ("unique", None):
        found = inspector.get_unique_constraints(table, schema=schema)
        yield from (("unique", name) for name in _named(found, "column_names", columns))
    if kind in ("foreignkey", None):
        keys = inspector.get_foreign_keys(table, schema=schema)
        yield from (("foreignkey", name) for name in _named(keys, "constrained_columns", columns))


def _named(found: Iterable[Any], key: str, columns: list[str] | None) -> Iterator[str | None]:
    for constraint in found:
        if sorted(constraint[key]) == sorted(columns or ()):
            yield constraint["name"]
