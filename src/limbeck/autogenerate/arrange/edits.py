"""Operations with something changed, as copies: a pass leaves the operations that it is given as they are."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, TypeVar

from limbeck.operations.ops import MigrateOperation, ModifyTableOps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Operations = list[MigrateOperation]

Operation = TypeVar("Operation", bound=MigrateOperation)


def changed(operation: Operation, **fields: Any) -> Operation:
    """A copy of ``operation`` with other values in ``fields``."""
    twin = copy.copy(operation)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def tables_changed(
    operations: Iterable[MigrateOperation], change: Callable[[ModifyTableOps], Sequence[MigrateOperation]]
) -> Operations:
    """``operations`` with those on each table replaced by what ``change`` makes of them."""
    return [changed(op, ops=list(change(op))) if isinstance(op, ModifyTableOps) else op for op in operations]


def each_changed(
    operations: Iterable[MigrateOperation], change: Callable[[MigrateOperation], MigrateOperation]
) -> Operations:
    """``operations`` with each of them, those on a table included, replaced by what ``change`` makes of it."""
    return [
        changed(op, ops=[change(each) for each in op.ops]) if isinstance(op, ModifyTableOps) else change(op)
        for op in operations
    ]


def without_empty(operations: Iterable[MigrateOperation]) -> Operations:
    """``operations`` without containers in which there is nothing."""
    return [op for op in operations if not (isinstance(op, ModifyTableOps) and op.is_empty())]
