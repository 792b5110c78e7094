"""Sequences that belong to no column: create, alter, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Sequence
from sqlalchemy.schema import CreateSequence, DropSequence

from limbeck import sqla

from .abstract import AbstractOperations
from .operation import Call, given, implementations
from .standalone import BesideTablesOp

if TYPE_CHECKING:
    from collections.abc import Mapping


class _SequenceOp(BesideTablesOp):
    """What the operations on sequences have in common.

    :param name: the sequence.
    :param schema: its schema.
    :param owned_by: table and column that it belongs to, and with which it is dropped.
    :param options: ``start``, ``increment``, ``minvalue``, ``maxvalue``, ``cycle``, ``cache``, ``data_type``.
    """

    def __init__(
        self, name: str, *, schema: str | None = None, owned_by: tuple[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(name, schema=schema)
        self.owned_by = owned_by
        self.options = options

    def to_sequence(self) -> Sequence:
        """The sequence, as an object of its own."""
        return Sequence(self.name, schema=self.schema, **self.options)

    def to_call(self, *, batch: bool = False) -> Call:
        """The call with the sequence's options."""
        return Call(self._call, (self.name,), given(schema=self.schema, owned_by=self.owned_by) | self.options)


class CreateSequenceOp(_SequenceOp):
    """Create a sequence; parameters as for `op.create_sequence`."""

    _call = "create_sequence"

    def reverse(self) -> DropSequenceOp:
        """The drop of the sequence."""
        return DropSequenceOp(self.name, schema=self.schema, owned_by=self.owned_by, **self.options)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("add_sequence", Sequence)``."""
        return ("add_sequence", self.to_sequence())


class DropSequenceOp(_SequenceOp):
    """Drop a sequence; the options are those it has, so that it can be created again."""

    _call = "drop_sequence"

    def reverse(self) -> CreateSequenceOp:
        """The creation of the sequence, which begins at its start."""
        return CreateSequenceOp(self.name, schema=self.schema, owned_by=self.owned_by, **self.options)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("remove_sequence", Sequence)``."""
        return ("remove_sequence", self.to_sequence())


class AlterSequenceOp(_SequenceOp):
    """Change options of a sequence, which goes on where it is.

    :param existing: the options it has, so that the change can be reversed.
    """

    _call = "alter_sequence"

    def __init__(
        self, name: str, *, schema: str | None = None, existing: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        super().__init__(name, schema=schema, **options)
        self.existing = None if existing is None else dict(existing)

    def reverse(self) -> AlterSequenceOp:
        """The options that were there.

        :raises ValueError: they are not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing options are not present")
        return AlterSequenceOp(self.name, schema=self.schema, existing=self.options, **self.existing)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("modify_sequence", schema, name, existing, new)``."""
        return ("modify_sequence", self.schema, self.name, self.existing, self.options)

    def to_call(self, *, batch: bool = False) -> Call:
        """``alter_sequence(name, schema=, existing=, ...)``."""
        return Call(self._call, (self.name,), given(schema=self.schema, existing=self.existing) | self.options)


class SequenceOperations(AbstractOperations):
    """What ``op.`` offers for sequences."""

    def create_sequence(
        self, name: str, *, schema: str | None = None, owned_by: tuple[str, str] | None = None, **options: Any
    ) -> None:
        """Create a sequence.

        :param name: the sequence.
        :param schema: its schema, and that of its table; default: the connection's own.
        :param owned_by: a table and its column: the sequence is dropped with it, and begins after the largest value
            that is there (PostgreSQL).
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
        :param owned_by: what it belongs to; likewise ``options``: for the operation's reverse.
        """
        self.invoke(DropSequenceOp(name, schema=schema, owned_by=owned_by, **options))

    def alter_sequence(
        self, name: str, *, schema: str | None = None, existing: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        """Change options of a sequence; its next value stays.

        :param name: the sequence.
        :param schema: its schema; default: the connection's own.
        :param existing: the options it has, for the operation's reverse.
        :param options: the new ones, as for `op.create_sequence`.
        """
        self.invoke(AlterSequenceOp(name, schema=schema, existing=existing, **options))


@implementations.dispatch_for(CreateSequenceOp)
def create_sequence(operations: AbstractOperations, operation: CreateSequenceOp) -> None:
    """Create the sequence, and give it to its column."""
    sequence = operation.to_sequence()
    operations.impl.execute(CreateSequence(sequence))
    if operation.owned_by is not None:
        for statement in operations.impl.owned_sequence_statements(sequence, *operation.owned_by):
            operations.impl.execute(statement)


@implementations.dispatch_for(DropSequenceOp)
def drop_sequence(operations: AbstractOperations, operation: DropSequenceOp) -> None:
    """Drop the sequence."""
    operations.impl.execute(DropSequence(operation.to_sequence()))


@implementations.dispatch_for(AlterSequenceOp)
def alter_sequence(operations: AbstractOperations, operation: AlterSequenceOp) -> None:
    """Change the sequence."""
    dialect = operations.impl.dialect
    sequence = operation.to_sequence()
    name = dialect.identifier_preparer.format_sequence(sequence)
    type_ = "" if sequence.data_type is None else f" AS {dialect.type_compiler_instance.process(sequence.data_type)}"
    operations.impl.execute(f"ALTER SEQUENCE {name}{type_} {sqla.sequence_options(dialect, sequence)}".rstrip())
