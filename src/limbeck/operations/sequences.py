"""Sequences that belong to no column: create, alter, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Sequence

from .abstract import AbstractOperations
from .call import given
from .operation import StandaloneOp, TakesOptions, implementations, operation

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(eq=False, repr=False, init=False)
class _SequenceOp(TakesOptions, StandaloneOp):
    """What the operations on sequences have in common.

    :param name: the sequence.
    :param schema: its schema.
    :param owned_by: table and column that it belongs to, and with which it is dropped.
    :param kw: ``start``, ``increment``, ``minvalue``, ``maxvalue``, ``cycle``, ``cache``, ``data_type``.
    """

    _: KW_ONLY
    owned_by: tuple[str, str] | None = None

    def to_sequence(self) -> Sequence:
        """The sequence, as an object of its own."""
        return Sequence(self.name, schema=self.schema, **self.kw)


@operation("create_sequence", init=False, makes=Sequence)
class CreateSequenceOp(_SequenceOp):
    """Create a sequence; parameters as for `op.create_sequence`."""

    def reverse(self) -> DropSequenceOp:
        """The drop of the sequence."""
        return DropSequenceOp(self.name, schema=self.schema, owned_by=self.owned_by, **self.kw)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_sequence", Sequence)``."""
        return ("add_sequence", self.to_sequence())


@operation("drop_sequence", init=False, makes=Sequence)
class DropSequenceOp(_SequenceOp):
    """Drop a sequence; its options serve the reverse."""

    def reverse(self) -> CreateSequenceOp:
        """The creation of the sequence, which begins at its start."""
        return CreateSequenceOp(self.name, schema=self.schema, owned_by=self.owned_by, **self.kw)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("remove_sequence", Sequence)``."""
        return ("remove_sequence", self.to_sequence())


@operation("alter_sequence", init=False, makes=Sequence)
class AlterSequenceOp(_SequenceOp):
    """Change options of a sequence; its next value stays.

    :param existing: the present options, so that the change can be reversed.
    """

    _: KW_ONLY
    existing: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.existing = None if self.existing is None else dict(self.existing)

    def reverse(self) -> AlterSequenceOp:
        """The change back to the existing options.

        :raises ValueError: they are not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing options are not present")
        return AlterSequenceOp(self.name, schema=self.schema, existing=self.kw, **self.existing)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("modify_sequence", schema, name, existing, new)``."""
        return ("modify_sequence", self.schema, self.name, self.existing, self.kw)


class SequenceOperations(AbstractOperations):
    """What ``op.`` offers for sequences."""

    def create_sequence(
        self, name: str, *, schema: str | None = None, owned_by: tuple[str, str] | None = None, **options: Any
    ) -> None:
        """Create a sequence.

        :param name: the sequence.
        :param schema: its schema, and that of its table; default: the connection's own.
        :param owned_by: a table and its column: the sequence is dropped with the column, and begins after the largest
            value in it (PostgreSQL).
        :param options: ``start``, ``increment``, ``minvalue``, ``maxvalue``, ``cycle``, ``cache``, ``data_type``, as
            for `sqlalchemy.Sequence`.
        """
        self.invoke(CreateSequenceOp(name, schema=schema, owned_by=owned_by, **options))

    def drop_sequence(
        self, name: str, *, schema: str | None = None, owned_by: tuple[str, str] | None = None, **options: Any
    ) -> None:
        """Drop a sequence.

        :param name: the sequence.
        :param schema: its schema; default: the connection's own.
        :param owned_by: the table and column that own it; likewise ``options``: for the operation's reverse.
        """
        self.invoke(DropSequenceOp(name, schema=schema, owned_by=owned_by, **options))

    def alter_sequence(
        self, name: str, *, schema: str | None = None, existing: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        """Change options of a sequence; its next value stays.

        :param name: the sequence.
        :param schema: its schema; default: the connection's own.
        :param existing: the present options, for the operation's reverse.
        :param options: the new ones, as for `op.create_sequence`.
        """
        self.invoke(AlterSequenceOp(name, schema=schema, existing=existing, **options))


@implementations.dispatch_for(CreateSequenceOp)
def create_sequence(operations: AbstractOperations, operation: CreateSequenceOp) -> None:
    """Create the sequence, and let its column own it."""
    operations.impl.create_sequence(operation.to_sequence(), **given(owned_by=operation.owned_by))


@implementations.dispatch_for(DropSequenceOp)
def drop_sequence(operations: AbstractOperations, operation: DropSequenceOp) -> None:
    """Drop the sequence."""
    operations.impl.drop_sequence(operation.to_sequence())


@implementations.dispatch_for(AlterSequenceOp)
def alter_sequence(operations: AbstractOperations, operation: AlterSequenceOp) -> None:
    """Change the sequence."""
    operations.impl.alter_sequence(operation.to_sequence())
