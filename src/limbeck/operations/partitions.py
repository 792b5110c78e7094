"""Partitions of a table (PostgreSQL): create, attach, detach, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .abstract import AbstractOperations
from .arguments import expect_name, no_primitive
from .call import given
from .objects import CreateObject, DefinedObjectOp, DropObject
from .operation import implementations, operation

if TYPE_CHECKING:
    from limbeck.objects.definition import ObjectDefinition, ObjectId

    from .call import Options


@dataclass(eq=False, repr=False)
class _PartitionOp(DefinedObjectOp):
    """An operation on a partition; its definition is its bounds.

    :param table_name: the partitioned table.
    """

    kind = "partition"
    _: KW_ONLY
    table_name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_name(self.call, "table_name", self.table_name)

    def identity(self) -> Options:
        """Its table and its schema."""
        return given(table_name=self.table_name, schema=self.schema)


@operation("create_partition")
class CreatePartitionOp(_PartitionOp, CreateObject):
    """Create a partition; parameters as for `op.create_partition`."""


@operation("drop_partition")
class DropPartitionOp(_PartitionOp, DropObject):
    """Drop a partition with its rows; its bounds serve the reverse."""

    definition: str | None = None
    create = CreatePartitionOp


CreatePartitionOp.drop = DropPartitionOp


@operation("attach_partition")
class AttachPartitionOp(_PartitionOp, CreateObject):
    """Make a table a partition of another; parameters as for `op.attach_partition`."""


@operation("detach_partition")
class DetachPartitionOp(_PartitionOp, DropObject):
    """Make a partition a table of its own, with its rows; its bounds serve the reverse."""

    definition: str | None = None
    create = AttachPartitionOp


AttachPartitionOp.drop = DetachPartitionOp


class PartitionOperations(AbstractOperations):
    """What ``op.`` offers for partitions."""

    def create_partition(self, name: str, bounds: str, *, table_name: str, schema: str | None = None) -> None:
        """Create a partition of a table that was created with ``postgresql_partition_by``.

        :param name: the partition.
        :param bounds: ``FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')``, ``FOR VALUES IN (...)``, ``DEFAULT``; with
            ``PARTITION BY ...`` after it the partition has partitions itself.
        :param table_name: the partitioned table.
        :param schema: the schema of both; default: the connection's own.
        """
        self.invoke(CreatePartitionOp(name, bounds, table_name=table_name, schema=schema))

    def attach_partition(self, name: str, bounds: str, *, table_name: str, schema: str | None = None) -> None:
        """Make a table a partition of another one; the server reads its rows to see that they are within the bounds.

        :param name: the table that becomes the partition.
        :param bounds: as for `op.create_partition`; likewise ``table_name`` and ``schema``.
        """
        self.invoke(AttachPartitionOp(name, bounds, table_name=table_name, schema=schema))

    def detach_partition(
        self, name: str, bounds: str | None = None, *, table_name: str, schema: str | None = None
    ) -> None:
        """Make a partition a table of its own; its rows stay in it.

        :param name: the partition.
        :param bounds: its bounds, for the operation's reverse.
        :param table_name: the partitioned table. :param schema: the schema of both; default: the connection's own.
        """
        self.invoke(DetachPartitionOp(name, bounds, table_name=table_name, schema=schema))

    def drop_partition(
        self, name: str, bounds: str | None = None, *, table_name: str, schema: str | None = None
    ) -> None:
        """Drop a partition, with its rows.

        :param name: the partition.
        :param bounds: its bounds, for the operation's reverse.
        :param table_name: the partitioned table. :param schema: the schema of both; default: the connection's own.
        """
        self.invoke(DropPartitionOp(name, bounds, table_name=table_name, schema=schema))


@runtime_checkable
class PartitionPrimitives(Protocol):
    """An impl whose database has partitions that are tables."""

    def attach_partition(self, definition: ObjectDefinition) -> None:
        """Make a table a partition."""
        ...

    def detach_partition(self, id_: ObjectId) -> None:
        """Make a partition a table of its own."""
        ...


@implementations.dispatch_for(AttachPartitionOp)
def attach_partition(operations: AbstractOperations, operation: AttachPartitionOp) -> None:
    """Attach the table of ``operation``."""
    _primitives(operations, operation).attach_partition(operation.to_definition())


@implementations.dispatch_for(DetachPartitionOp)
def detach_partition(operations: AbstractOperations, operation: DetachPartitionOp) -> None:
    """Detach the partition of ``operation``."""
    _primitives(operations, operation).detach_partition(operation.id)


def _primitives(operations: AbstractOperations, operation: _PartitionOp) -> PartitionPrimitives:
    """The impl, if its database has such partitions."""
    impl = operations.impl
    if not isinstance(impl, PartitionPrimitives):
        raise no_primitive(operation.call, impl.dialect.name, "partitions")
    return impl
