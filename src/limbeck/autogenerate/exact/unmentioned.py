"""Enum types, domains and sequences of the database that no model mentions.

Other applications have such objects in the same database. So one is dropped where a script of this environment
creates it, or ``configure(drop_unknown=True)`` says that whatever is unknown goes, and nothing that stays
is built on it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from limbeck.autogenerate.read.names import qualified
from limbeck.errors import warn
from limbeck.operations.containers import each_of
from limbeck.operations.ops import (
    AlterColumnOp,
    DropColumnOp,
    DropConstraintOp,
    DropDomainOp,
    DropEnumOp,
    DropIndexOp,
    DropSequenceOp,
    DropTableOp,
)

from .table_pair import normalizer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeVar

    from sqlalchemy.schema import SchemaItem

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.ddl.shape import Dependent
    from limbeck.operations.ops import MigrateOperation
    from limbeck.runtime.callbacks import StandaloneType

    Found = TypeVar("Found")

log = logging.getLogger("alembic.autogenerate.compare.exact")

_KINDS: dict[type, StandaloneType] = {DropDomainOp: "domain", DropEnumOp: "enum", DropSequenceOp: "sequence"}
_WORDS: dict[StandaloneType, str] = {"domain": "domain", "enum": "enum type", "sequence": "sequence"}


def named(
    autogen_context: AutogenContext, kind: StandaloneType, schema: str | None, found: Mapping[str, Found]
) -> dict[str, Found]:
    """Those of the objects ``found`` in ``schema`` that ``include_name`` lets through."""
    allows = autogen_context.run_name_filters
    return {name: each for name, each in found.items() if allows(name, kind, {"schema_name": schema})}


def is_wanted(
    autogen_context: AutogenContext, kind: StandaloneType, name: str, model: object, reflected: object = None
) -> bool:
    """Whether ``include_object`` lets an object through.

    :param model: it as the models have it; None where they do not mention it.
    :param reflected: it as the database has it.
    """
    item, counterpart = cast("list[SchemaItem]", [reflected, None] if model is None else [model, reflected])
    return autogen_context.run_object_filters(item, name, kind, model is None, counterpart)


def to_drop(
    autogen_context: AutogenContext, kind: StandaloneType, schema: str | None, names: Iterable[str]
) -> list[str]:
    """Those of ``names``, which no model mentions, that are this environment's own."""
    known = []
    for name in names:
        if autogen_context.opts.get("drop_unknown", False) or _is_created(autogen_context, kind, schema, name):
            known.append(name)
        else:
            log.info("Left alone: %s %r, which no model mentions and no script creates", _WORDS[kind], name)
    return known


def _is_created(autogen_context: AutogenContext, kind: StandaloneType, schema: str | None, name: str) -> bool:
    script = autogen_context.migration_context.script
    if script is None:
        return False
    schemas = {schema, autogen_context.default_schema} if schema is None else {schema}
    return script.creates(kind, name, schemas)


def without_used(autogen_context: AutogenContext, operations: list[MigrateOperation]) -> list[MigrateOperation]:
    """``operations`` without drops of what something else is built on that they leave as it is: a warning names it.

    :param operations: drops of domains come before those of what domains are based on.
    """
    kept = list(operations)
    for operation in operations:
        kind = _KINDS.get(type(operation))
        if kind is None or not isinstance(operation, DropDomainOp | DropEnumOp | DropSequenceOp):
            continue
        dependents = normalizer_of(autogen_context).dependents(kind, operation.schema, operation.name)
        staying = [each.description for each in dependents if _stays(autogen_context, each, kept)]
        if not staying:
            log.info("Detected removed %s %r", _WORDS[kind], operation.name)
            continue
        kept.remove(operation)
        warn(
            f"Not dropped: {_WORDS[kind]} {qualified((operation.schema, operation.name))}, which no model mentions, "
            f"is used by {', '.join(staying)}",
            code="still-used",
            hint="drop or change that first; or leave the object out by include_object",
            stacklevel=4,
        )
    return kept


def _stays(autogen_context: AutogenContext, dependent: Dependent, operations: list[MigrateOperation]) -> bool:
    """Whether ``dependent`` is as it was after ``operations``."""
    schemas: tuple[str | None, ...] = (dependent.schema, None) if dependent.is_visible else (dependent.schema,)
    if dependent.table is None:
        domains = {(op.schema, op.name) for op in operations if isinstance(op, DropDomainOp)}
        return dependent.kind != "domain" or not any((schema, dependent.name) in domains for schema in schemas)
    renames = autogen_context.state.renames
    names = {renames.after((schema, dependent.table)) for schema in schemas}
    columns = {renames.columns_of(name).get(dependent.name, dependent.name) for name in names}
    on_table = [
        op for op in each_of(operations) if (getattr(op, "schema", None), getattr(op, "table_name", "")) in names
    ]
    return not any(_changes(op, dependent.kind, columns | {dependent.name}) for op in on_table)


def _changes(operation: MigrateOperation, kind: str, names: set[str]) -> bool:
    """Whether an operation on a table takes away what depends on a type or a sequence, or gives it another one."""
    match operation:
        case DropTableOp():
            return True
        case DropIndexOp():
            return kind == "index" and operation.index_name in names
        case DropConstraintOp():
            return kind == "constraint" and operation.constraint_name in names
        case DropColumnOp():
            return kind in ("column", "default") and operation.column_name in names
        case AlterColumnOp():
            retyped = operation.modify_type is not None
            changed = retyped or (kind == "default" and operation.modify_server_default is not False)
            return kind in ("column", "default") and operation.column_name in names and changed
    return False
