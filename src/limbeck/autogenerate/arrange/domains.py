"""Operations on tables, beside the replacement of a domain that their columns have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint

from limbeck.operations.ops import (
    CreateCheckConstraintOp,
    CreateTableOp,
    MigrateOperation,
    ModifyTableOps,
    ReplaceDomainOp,
)

from .edits import changed, without_empty

if TYPE_CHECKING:
    from .edits import Operations
    from .facts import Facts


def create_checks_last(operations: Operations, facts: Facts) -> Operations:
    """Create checks after domains are what they were, where a domain is replaced.

    The server writes a check with the types of the moment, as ``a <> ALL (ARRAY['x'::text])``.
    """
    if not any(isinstance(op, ReplaceDomainOp) for op in operations):
        return operations
    parted = [_parted(op) for op in operations]
    return without_empty([*(op for op, _ in parted), *(checks for _, checks in parted)])


def _parted(operation: MigrateOperation) -> tuple[MigrateOperation, ModifyTableOps]:
    """An operation without the checks that it creates, and their creations."""
    if isinstance(operation, ModifyTableOps):
        checks = [op for op in operation.ops if isinstance(op, CreateCheckConstraintOp)]
        rest = [op for op in operation.ops if not isinstance(op, CreateCheckConstraintOp)]
        return changed(operation, ops=rest), changed(operation, ops=checks)
    if isinstance(operation, CreateTableOp):
        inline = [item for item in operation.columns if isinstance(item, CheckConstraint)]
        columns = [item for item in operation.columns if not isinstance(item, CheckConstraint)]
        creations = [*map(CreateCheckConstraintOp.from_constraint, inline)]
        return changed(operation, columns=columns), ModifyTableOps(
            operation.table_name, creations, schema=operation.schema
        )
    return operation, ModifyTableOps("", [])
