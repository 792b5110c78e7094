"""The operations on an object as a value, by its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objects.definition import PARTITION

from .any_objects import CreateObjectOp, DropObjectOp, ReplaceObjectOp
from .partitions import AttachPartitionOp, CreatePartitionOp, DetachPartitionOp, DropPartitionOp
from .routines import (
    CreateFunctionOp,
    CreateProcedureOp,
    DropFunctionOp,
    DropProcedureOp,
    ReplaceFunctionOp,
    ReplaceProcedureOp,
)
from .triggers import CreateTriggerOp, DropTriggerOp, ReplaceTriggerOp
from .views import CreateViewOp, DropViewOp, ReplaceViewOp

if TYPE_CHECKING:
    from limbeck.objects.definition import ObjectDefinition

    from .objects import CreateObject, DropObject, ReplaceObject

_OPERATIONS: dict[str, tuple[type[CreateObject], type[ReplaceObject], type[DropObject]]] = {
    "view": (CreateViewOp, ReplaceViewOp, DropViewOp),
    "materialized_view": (CreateViewOp, ReplaceViewOp, DropViewOp),
    "function": (CreateFunctionOp, ReplaceFunctionOp, DropFunctionOp),
    "procedure": (CreateProcedureOp, ReplaceProcedureOp, DropProcedureOp),
    "trigger": (CreateTriggerOp, ReplaceTriggerOp, DropTriggerOp),
}
_ANY = (CreateObjectOp, ReplaceObjectOp, DropObjectOp)


def creation(definition: ObjectDefinition, *, of_table: bool = False) -> CreateObject:
    """The operation that creates an object.

    :param of_table: whether a partition is there already, as a table.
    """
    if definition.id.kind == PARTITION:
        return (AttachPartitionOp if of_table else CreatePartitionOp).from_definition(definition)
    return _OPERATIONS.get(definition.id.kind, _ANY)[0].from_definition(definition)


def replacement(existing: ObjectDefinition, definition: ObjectDefinition) -> ReplaceObject:
    """The operation that makes an object that exists another."""
    return _OPERATIONS.get(definition.id.kind, _ANY)[1].between(existing, definition)


def drop(definition: ObjectDefinition, *, with_table: bool = False) -> DropObject:
    """The operation that drops an object; a partition becomes a table of its own, with its rows.

    :param with_table: whether the partitioned table is dropped too.
    """
    if definition.id.kind == PARTITION:
        return (DropPartitionOp if with_table else DetachPartitionOp).from_definition(definition)
    return _OPERATIONS.get(definition.id.kind, _ANY)[2].from_definition(definition)
