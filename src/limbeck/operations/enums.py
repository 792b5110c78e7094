"""PostgreSQL's enum types, explicit and reversible: create, drop, add and rename a value, replace all values."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .abstract import AbstractOperations
from .arguments import bad_call, bad_value, expect_name, no_primitive
from .autocommit import outside_transaction
from .call import Call, given
from .operation import StandaloneOp, implementations, operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@operation("create_enum")
class CreateEnumOp(StandaloneOp):
    """Create an enum type.

    :param name: the type.
    :param values: its values, in their order.
    :param schema: its schema.
    """

    values: Sequence[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.values = _checked(self.call, self.values)

    def reverse(self) -> DropEnumOp:
        """The drop of the type."""
        return DropEnumOp(self.name, schema=self.schema, values=self.values)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_enum", schema, name, values)``."""
        return ("add_enum", self.schema, self.name, self.values)


@operation("drop_enum")
class DropEnumOp(StandaloneOp):
    """Drop an enum type.

    :param name: the type.
    :param schema: its schema.
    :param values: its values, so that the drop can be reversed.
    """

    _: KW_ONLY
    values: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.values = _checked_if_given(self.call, self.values)

    def reverse(self) -> CreateEnumOp:
        """The creation of the type.

        :raises ValueError: the values are not known.
        """
        if self.values is None:
            raise ValueError("operation is not reversible; the values of the enum are not present")
        return CreateEnumOp(self.name, self.values, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("remove_enum", schema, name, values)``."""
        return ("remove_enum", self.schema, self.name, self.values)


@operation("add_enum_value")
class AddEnumValueOp(StandaloneOp):
    """Add a value to an enum type.

    :param name: the type.
    :param value: the new value.
    :param before: the value that it comes before; likewise ``after``; neither: it comes last.
    :param schema: the type's schema.
    :param values: all values before the addition, so that it can be reversed.
    """

    value: str
    _: KW_ONLY
    before: str | None = None
    after: str | None = None
    values: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_name(self.call, "value", self.value)
        if self.before is not None and self.after is not None:
            raise bad_call(self.call, "'before' and 'after' exclude each other")
        self.values = _checked_if_given(self.call, self.values)

    def reverse(self) -> ReplaceEnumValuesOp:
        """The replacement by the values before; it fails if a row has the new one.

        :raises ValueError: the values before the addition are not known.
        """
        if self.values is None:
            raise ValueError("operation is not reversible; the values before the addition are not present")
        return ReplaceEnumValuesOp(self.name, self.values, schema=self.schema, existing_values=self.resulting_values())

    def resulting_values(self) -> list[str]:
        """All values after the addition, as far as those before it are known."""
        values = list(self.values or ())
        if self.before is not None:
            values.insert(values.index(self.before), self.value)
        elif self.after is not None:
            values.insert(values.index(self.after) + 1, self.value)
        else:
            values.append(self.value)
        return values

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_enum_value", schema, name, value)``."""
        return ("add_enum_value", self.schema, self.name, self.value)

    def to_call(self, *, batch: bool = False) -> Call:
        """``add_enum_value(name, value, before=, after=, schema=, values=)``."""
        options = given(before=self.before, after=self.after, schema=self.schema, values=self.values)
        return Call("add_enum_value", (self.name, self.value), options)


@operation("rename_enum_value")
class RenameEnumValueOp(StandaloneOp):
    """Rename a value of an enum type.

    :param name: the type.
    :param old: the value.
    :param new: its new spelling.
    :param schema: the type's schema.
    """

    old: str
    new: str

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_name(self.call, "old", self.old)
        expect_name(self.call, "new", self.new)

    def reverse(self) -> RenameEnumValueOp:
        """The renaming back."""
        return RenameEnumValueOp(self.name, self.new, self.old, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("rename_enum_value", schema, name, old, new)``."""
        return ("rename_enum_value", self.schema, self.name, self.old, self.new)


@operation("replace_enum_values")
class ReplaceEnumValuesOp(StandaloneOp):
    """Give an enum type other values.

    :param name: the type.
    :param values: its new values, in their order.
    :param mapping: new value of each old one that is not among the new ones.
    :param schema: the type's schema.
    :param existing_values: its present values, so that the replacement can be reversed.
    """

    values: Sequence[str]
    _: KW_ONLY
    mapping: Mapping[str, str] | None = None
    existing_values: Sequence[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.values = _checked(self.call, self.values)
        self.mapping = dict(self.mapping or {})
        self.existing_values = _checked_if_given(self.call, self.existing_values)
        for new in self.mapping.values():
            if new not in self.values:
                raise bad_value(self.call, f"'mapping' leads to {new!r}, which is no new value")

    def reverse(self) -> ReplaceEnumValuesOp:
        """The replacement by the old values; where several were mapped to one new value, rows get the first of them.

        :raises ValueError: the old values are not known.
        """
        if self.existing_values is None:
            raise ValueError("operation is not reversible; the existing values are not present")
        pairs = [*(self.mapping or {}).items()]
        back = {new: old for old, new in reversed(pairs) if new not in self.existing_values}
        return ReplaceEnumValuesOp(
            self.name, self.existing_values, mapping=back, schema=self.schema, existing_values=self.values
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("replace_enum_values", schema, name, old, new)``."""
        return ("replace_enum_values", self.schema, self.name, self.existing_values, self.values)

    def to_call(self, *, batch: bool = False) -> Call:
        """``replace_enum_values(name, [values], mapping=, schema=, existing_values=)``."""
        options = given(mapping=self.mapping or None, schema=self.schema, existing_values=self.existing_values)
        return Call("replace_enum_values", (self.name, self.values), options)


class EnumOperations(AbstractOperations):
    """What ``op.`` offers for PostgreSQL's enum types."""

    def create_enum(self, name: str, values: Sequence[str], *, schema: str | None = None) -> None:
        """Create an enum type (PostgreSQL).

        :param name: the type.
        :param values: its values, in their order.
        :param schema: its schema; default: the connection's own.
        """
        self.invoke(CreateEnumOp(name, values, schema=schema))

    def drop_enum(self, name: str, *, schema: str | None = None, values: Sequence[str] | None = None) -> None:
        """Drop an enum type (PostgreSQL).

        :param name: the type.
        :param schema: its schema; default: the connection's own.
        :param values: its values, for the operation's reverse.
        """
        self.invoke(DropEnumOp(name, schema=schema, values=values))

    def add_enum_value(
        self,
        name: str,
        value: str,
        *,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
        values: Sequence[str] | None = None,
    ) -> None:
        """Add a value to an enum type (PostgreSQL).

        If no statement of this revision ran before it, it runs in a transaction of its own, so that the rest of the run
        can use the value; otherwise the value can be used once the transaction is committed.

        :param name: the type.
        :param value: the new value.
        :param before: the value that it comes before.
        :param after: the value that it comes after; neither: it comes last.
        :param schema: the type's schema; default: the connection's own.
        :param values: all values before the addition, for the operation's reverse.
        """
        self.invoke(AddEnumValueOp(name, value, before=before, after=after, schema=schema, values=values))

    def rename_enum_value(self, name: str, old: str, new: str, *, schema: str | None = None) -> None:
        """Rename a value of an enum type (PostgreSQL).

        :param name: the type.
        :param old: the value.
        :param new: its new spelling.
        :param schema: the type's schema; default: the connection's own.
        """
        self.invoke(RenameEnumValueOp(name, old, new, schema=schema))

    def replace_enum_values(
        self,
        name: str,
        values: Sequence[str],
        *,
        mapping: Mapping[str, str] | None = None,
        schema: str | None = None,
        existing_values: Sequence[str] | None = None,
    ) -> None:
        """Give an enum type (PostgreSQL) other values: removed, added, reordered.

        Columns of the type, arrays of it included, are cast; their defaults, checks and indexes stay.

        :param name: the type.
        :param values: its new values, in their order.
        :param mapping: new value of each old one that is not among the new ones; rows that have an old value without
            a new one make the operation fail.
        :param schema: the type's schema; default: the connection's own.
        :param existing_values: its present values, for the operation's reverse.
        """
        self.invoke(ReplaceEnumValuesOp(name, values, mapping=mapping, schema=schema, existing_values=existing_values))


@runtime_checkable
class EnumPrimitives(Protocol):
    """An impl whose database has enum types; the parameters of its methods are those of `EnumOperations`."""

    def create_enum(self, name: str, values: Sequence[str], *, schema: str | None) -> None:
        """Create the type."""
        ...

    def drop_enum(self, name: str, *, schema: str | None) -> None:
        """Drop the type."""
        ...

    def add_enum_value(
        self, name: str, value: str, *, before: str | None, after: str | None, schema: str | None
    ) -> None:
        """Add the value."""
        ...

    def rename_enum_value(self, name: str, old: str, new: str, *, schema: str | None) -> None:
        """Rename the value."""
        ...

    def replace_enum_values(
        self, name: str, values: Sequence[str], *, mapping: Mapping[str, str], schema: str | None
    ) -> None:
        """Replace the values, and cast all columns of the type."""
        ...


@implementations.dispatch_for(CreateEnumOp)
def create_enum(operations: AbstractOperations, operation: CreateEnumOp) -> None:
    """Create the type."""
    _impl(operations, operation).create_enum(operation.name, operation.values, schema=operation.schema)


@implementations.dispatch_for(DropEnumOp)
def drop_enum(operations: AbstractOperations, operation: DropEnumOp) -> None:
    """Drop the type."""
    _impl(operations, operation).drop_enum(operation.name, schema=operation.schema)


@implementations.dispatch_for(AddEnumValueOp)
def add_enum_value(operations: AbstractOperations, operation: AddEnumValueOp) -> None:
    """Add the value, in a transaction of its own if no statement of the revision came before.

    PostgreSQL does not let the transaction that adds a value use it (manual, ALTER TYPE, Notes).
    """
    context = operations.migration_context
    is_first = not context.in_autocommit and not context.statements_in_transaction
    with outside_transaction(context, operation.call, "adds a value") if is_first else nullcontext():
        _impl(operations, operation).add_enum_value(
            operation.name,
            operation.value,
            before=operation.before,
            after=operation.after,
            schema=operation.schema,
        )


@implementations.dispatch_for(RenameEnumValueOp)
def rename_enum_value(operations: AbstractOperations, operation: RenameEnumValueOp) -> None:
    """Rename the value."""
    _impl(operations, operation).rename_enum_value(
        operation.name, operation.old, operation.new, schema=operation.schema
    )


@implementations.dispatch_for(ReplaceEnumValuesOp)
def replace_enum_values(operations: AbstractOperations, operation: ReplaceEnumValuesOp) -> None:
    """Replace the values."""
    _impl(operations, operation).replace_enum_values(
        operation.name, operation.values, mapping=operation.mapping or {}, schema=operation.schema
    )


def _impl(operations: AbstractOperations, operation: StandaloneOp) -> EnumPrimitives:
    if not isinstance(operations.impl, EnumPrimitives):
        raise no_primitive(operation.call, operations.impl.dialect.name, "enum types")
    return operations.impl


def _checked(call: str, values: Sequence[str]) -> list[str]:
    """``values`` as a list, if they are the names of different values."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise bad_call(call, f"the values are a list of strings, not {values!r}")
    listed = list(values)
    for value in listed:
        expect_name(call, "values", value)
    if len(set(listed)) != len(listed):
        raise bad_value(call, "a value is given twice")
    return listed


def _checked_if_given(call: str, values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else _checked(call, values)
