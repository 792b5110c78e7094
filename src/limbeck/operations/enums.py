"""PostgreSQL's enum types, explicit and reversible: create, drop, add and rename a value, replace all values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .abstract import AbstractOperations
from .arguments import bad_call, bad_value, expect_name, expect_primitive
from .autocommit import in_autocommit, outside_transaction, statements_before
from .operation import Call, given, implementations
from .standalone import BesideTablesOp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CreateEnumOp(BesideTablesOp):
    """Create an enum type.

    :param name: the type.
    :param values: its values, in their order.
    :param schema: its schema.
    """

    _call = "create_enum"

    def __init__(self, name: str, values: Sequence[str], *, schema: str | None = None) -> None:
        super().__init__(name, schema=schema)
        self.values = _values("op.create_enum", values)

    def reverse(self) -> DropEnumOp:
        """The drop of the type."""
        return DropEnumOp(self.name, schema=self.schema, values=self.values)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("add_enum", schema, name, values)``."""
        return ("add_enum", self.schema, self.name, self.values)

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_enum(name, [values], schema=)``."""
        return Call("create_enum", (self.name, list(self.values)), given(schema=self.schema))


class DropEnumOp(BesideTablesOp):
    """Drop an enum type.

    :param name: the type.
    :param schema: its schema.
    :param values: its values, so that the drop can be reversed.
    """

    _call = "drop_enum"

    def __init__(self, name: str, *, schema: str | None = None, values: Sequence[str] | None = None) -> None:
        super().__init__(name, schema=schema)
        self.values = None if values is None else _values("op.drop_enum", values)

    def reverse(self) -> CreateEnumOp:
        """The creation of the type.

        :raises ValueError: the values are not known.
        """
        if self.values is None:
            raise ValueError("operation is not reversible; the values of the enum are not present")
        return CreateEnumOp(self.name, self.values, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("remove_enum", schema, name, values)``."""
        return ("remove_enum", self.schema, self.name, self.values)

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_enum(name, schema=, values=)``."""
        return Call("drop_enum", (self.name,), given(schema=self.schema, values=self.values and list(self.values)))


class AddEnumValueOp(BesideTablesOp):
    """Add a value to an enum type.

    :param name: the type.
    :param value: the new value.
    :param before: the value that it comes before; likewise ``after``; neither: it comes last.
    :param schema: the type's schema.
    :param values: all values before the addition, so that it can be reversed.
    """

    _call = "add_enum_value"

    def __init__(
        self,
        name: str,
        value: str,
        *,
        before: str | None = None,
        after: str | None = None,
        schema: str | None = None,
        values: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        expect_name("op.add_enum_value", "value", value)
        if before is not None and after is not None:
            raise bad_call("op.add_enum_value", "'before' and 'after' exclude each other")
        self.value = value
        self.before = before
        self.after = after
        self.values = None if values is None else _values("op.add_enum_value", values)

    def reverse(self) -> ReplaceEnumValuesOp:
        """All other values again; rows that have the new one refuse it.

        :raises ValueError: the values before the addition are not known.
        """
        if self.values is None:
            raise ValueError("operation is not reversible; the values before the addition are not present")
        return ReplaceEnumValuesOp(self.name, self.values, schema=self.schema, existing_values=self._all())

    def _all(self) -> list[str]:
        values = list(self.values or ())
        if self.before is not None:
            values.insert(values.index(self.before), self.value)
        elif self.after is not None:
            values.insert(values.index(self.after) + 1, self.value)
        else:
            values.append(self.value)
        return values

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("add_enum_value", schema, name, value)``."""
        return ("add_enum_value", self.schema, self.name, self.value)

    def to_call(self, *, batch: bool = False) -> Call:
        """``add_enum_value(name, value, before=, after=, schema=, values=)``."""
        options = given(
            before=self.before, after=self.after, schema=self.schema, values=self.values and list(self.values)
        )
        return Call("add_enum_value", (self.name, self.value), options)


class RenameEnumValueOp(BesideTablesOp):
    """Rename a value of an enum type.

    :param name: the type.
    :param old: the value.
    :param new: its new spelling.
    :param schema: the type's schema.
    """

    _call = "rename_enum_value"

    def __init__(self, name: str, old: str, new: str, *, schema: str | None = None) -> None:
        super().__init__(name, schema=schema)
        expect_name("op.rename_enum_value", "old", old)
        expect_name("op.rename_enum_value", "new", new)
        self.old = old
        self.new = new

    def reverse(self) -> RenameEnumValueOp:
        """The renaming back."""
        return RenameEnumValueOp(self.name, self.new, self.old, schema=self.schema)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("rename_enum_value", schema, name, old, new)``."""
        return ("rename_enum_value", self.schema, self.name, self.old, self.new)

    def to_call(self, *, batch: bool = False) -> Call:
        """``rename_enum_value(name, old, new, schema=)``."""
        return Call("rename_enum_value", (self.name, self.old, self.new), given(schema=self.schema))


class ReplaceEnumValuesOp(BesideTablesOp):
    """Give an enum type other values.

    :param name: the type.
    :param values: its new values, in their order.
    :param mapping: new value of each old one that is not among the new ones.
    :param schema: the type's schema.
    :param existing_values: its present values, so that the replacement can be reversed.
    """

    _call = "replace_enum_values"

    def __init__(
        self,
        name: str,
        values: Sequence[str],
        *,
        mapping: Mapping[str, str] | None = None,
        schema: str | None = None,
        existing_values: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.values = _values("op.replace_enum_values", values)
        self.mapping = dict(mapping or {})
        self.existing_values = None if existing_values is None else _values("op.replace_enum_values", existing_values)
        for new in self.mapping.values():
            if new not in self.values:
                raise bad_value("op.replace_enum_values", f"'mapping' leads to {new!r}, which is no new value")

    def reverse(self) -> ReplaceEnumValuesOp:
        """The old values again; old values that were mapped to one and the same new one stay merged.

        :raises ValueError: the old values are not known.
        """
        if self.existing_values is None:
            raise ValueError("operation is not reversible; the existing values are not present")
        back = {new: old for old, new in reversed(self.mapping.items()) if new not in self.existing_values}
        return ReplaceEnumValuesOp(
            self.name, self.existing_values, mapping=back, schema=self.schema, existing_values=self.values
        )

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("replace_enum_values", schema, name, old, new)``."""
        return ("replace_enum_values", self.schema, self.name, self.existing_values, self.values)

    def to_call(self, *, batch: bool = False) -> Call:
        """``replace_enum_values(name, [values], mapping=, schema=, existing_values=)``."""
        options = given(
            mapping=self.mapping or None,
            schema=self.schema,
            existing_values=self.existing_values and list(self.existing_values),
        )
        return Call("replace_enum_values", (self.name, list(self.values)), options)


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

        Where nothing of this revision ran before it, it runs in a transaction of its own, so that the value may be
        used in the rest of the run; otherwise the value may be used once the transaction is committed.

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
    """Add the value, in a transaction of its own where that commits nothing half done (failures R13)."""

    def add() -> None:
        _impl(operations, operation).add_enum_value(
            operation.name,
            operation.value,
            before=operation.before,
            after=operation.after,
            schema=operation.schema,
        )

    if in_autocommit(operations) or statements_before(operations):
        add()
    else:
        with outside_transaction(operations, "op.add_enum_value", "adds a value"):
            add()


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
        operation.name, operation.values, mapping=operation.mapping, schema=operation.schema
    )


def _impl(operations: AbstractOperations, operation: BesideTablesOp) -> Any:
    expect_primitive(operations.impl, operation._call, "enum types")
    return operations.impl


def _values(call: str, values: Any) -> list[str]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise bad_call(call, f"the values are a list of strings, not {values!r}")
    listed = list(values)
    for value in listed:
        expect_name(call, "values", value)
    if len(set(listed)) != len(listed):
        raise bad_value(call, "a value is given twice")
    return listed
