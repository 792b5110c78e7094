"""The name of a constraint whose name is not given: by the naming convention, or from the catalogue (failures G6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import sqla
from .place import bad_call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Inspector

    from .abstract import AbstractOperations
    from .constraints import DropConstraintOp

_CALL = "op.drop_constraint"
_WAY_OUT = 'say its name, or its type and columns: op.drop_constraint(None, "t", type_="unique", columns=["a"])'


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


def name_by_columns(operations: AbstractOperations, operation: DropConstraintOp) -> str | None:
    """The name that the catalogue has for the constraint that ``operation`` drops.

    :return: its name; None for MySQL's primary key, which has none.
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
        several = f"several fit: {', '.join(str(name) for name in found)}" if found else "there is none"
        raise bad_call(
            _CALL,
            f"'{operation.table_name}' was searched for {wanted}, and {several}",
            hint=_WAY_OUT,
            code="constraint-not-found",
        )
    return found[0]


def _candidates(inspector: Inspector, operation: DropConstraintOp) -> Iterator[str | None]:
    table, schema, kind = operation.table_name, operation.schema, operation.constraint_type
    columns = None if operation.columns is None else list(operation.columns)
    if kind in ("primary", None):
        key = inspector.get_pk_constraint(table, schema=schema)
        if key["constrained_columns"] and columns in (None, key["constrained_columns"]):
            yield key["name"]
    if kind in ("unique", None):
        yield from _named(inspector.get_unique_constraints(table, schema=schema), "column_names", columns)
    if kind in ("foreignkey", None):
        yield from _named(inspector.get_foreign_keys(table, schema=schema), "constrained_columns", columns)


def _named(found: Iterable[Any], key: str, columns: list[str] | None) -> Iterator[str | None]:
    for constraint in found:
        if sorted(constraint[key]) == sorted(columns or ()):
            yield constraint["name"]
