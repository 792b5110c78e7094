"""Constraints: primary keys and unique constraints, the base of all kinds, and the drop of any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from limbeck import sqla

from .abstract import AbstractOperations, BatchBase
from .arguments import expect_columns, expect_name, expect_optional_name
from .dispatch import Dispatcher
from .naming import found_constraint
from .operation import Call, DropOp, MigrateOperation, given, implementations
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint
    from sqlalchemy.schema import Constraint

    from limbeck.runtime.migration import MigrationContext

A = TypeVar("A", bound="type[AddConstraintOp]")

_TYPES = {
    "primary_key_constraint": "primary",
    "unique_constraint": "unique",
    "foreign_key_constraint": "foreignkey",
    "check_constraint": "check",
    "column_check_constraint": "check",
    "table_or_column_check_constraint": "check",
}


class AddConstraintOp(MigrateOperation):
    """Base of the operations that create a constraint."""

    add_constraint_ops: ClassVar[Dispatcher] = Dispatcher()
    constraint_type: ClassVar[str] = ""

    @classmethod
    def register_add_constraint(cls, type_: str) -> Callable[[A], A]:
        """Decorator on a subclass: it creates the constraints whose ``__visit_name__`` is ``type_``."""

        def register(op_class: A) -> A:
            cls.add_constraint_ops.dispatch_for(type_)(op_class.from_constraint)
            return op_class

        return register

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> AddConstraintOp:
        """The operation that creates ``constraint``, which belongs to a table."""
        operation: AddConstraintOp = cls.add_constraint_ops.dispatch(constraint.__visit_name__)(constraint)
        return operation

    def to_constraint(self, migration_context: MigrationContext | None = None) -> Constraint:
        """The constraint, made anew on a throw-away table."""
        raise NotImplementedError

    def reverse(self) -> DropConstraintOp:
        """The drop of the constraint."""
        return DropConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """``("add_constraint", Constraint)``."""
        return ("add_constraint", self.to_constraint())


class _OnColumns(AddConstraintOp):
    """What primary keys and unique constraints have in common."""

    _call: ClassVar[str]

    constraint_name: str | None
    table_name: str
    columns: Sequence[str]
    schema: str | None
    kw: dict[str, Any]

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        call = f"op.{self._call}"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        expect_columns(call, "columns", columns)
        expect_optional_name(call, "schema", schema)
        self._fill(
            constraint_name=constraint_name,
            table_name=table_name,
            columns=columns,
            schema=schema,
            kw=kw,
        )

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_..._constraint(name, table, [columns], deferrable=, initially=, <dialect>_...=, schema=)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        return Call(self._call, (*where, list(self.columns)), self.kw | given(schema=None if batch else self.schema))


@AddConstraintOp.register_add_constraint("primary_key_constraint")
class CreatePrimaryKeyOp(_OnColumns):
    """Create a primary key.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param columns: names of its columns.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "primarykey"
    _call = "create_primary_key"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreatePrimaryKeyOp:
        """The operation that creates the primary key ``constraint``."""
        key: PrimaryKeyConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        options = given(deferrable=key.deferrable or None, initially=key.initially or None)
        names = [column.name for column in key.columns]
        return cls(
            sqla.given_name(key), key.table.name, names, schema=key.table.schema, **options, **key.dialect_kwargs
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> PrimaryKeyConstraint:
        """The primary key, made anew on a throw-away table."""
        return SchemaObjects(migration_context).primary_key_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )


@AddConstraintOp.register_add_constraint("unique_constraint")
class CreateUniqueConstraintOp(_OnColumns):
    """Create a unique constraint.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param columns: names of its columns.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "unique"
    _call = "create_unique_constraint"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateUniqueConstraintOp:
        """The operation that creates the unique constraint ``constraint``."""
        unique: UniqueConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        options = given(deferrable=unique.deferrable or None, initially=unique.initially or None)
        names = [column.name for column in unique.columns]
        table = unique.table
        return cls(sqla.given_name(unique), table.name, names, schema=table.schema, **options, **unique.dialect_kwargs)

    def to_constraint(self, migration_context: MigrationContext | None = None) -> UniqueConstraint:
        """The unique constraint, made anew on a throw-away table."""
        return SchemaObjects(migration_context).unique_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )


class DropConstraintOp(DropOp[AddConstraintOp]):
    """Drop a constraint.

    :param constraint_name: its name.
    :param table_name: the table.
    :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
    :param schema: the table's schema.
    :param if_exists: do nothing where it is gone already.
    :param columns: its columns, by which it is found where its name is not known.
    :param condition: the condition of a check, by which that is found.
    """

    constraint_name: str | None
    table_name: str
    constraint_type: Any
    schema: str | None
    if_exists: bool | None
    columns: Sequence[str] | None
    condition: str | None

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
        condition: str | None = None,
        _reverse: AddConstraintOp | None = None,
    ) -> None:
        call = "op.drop_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        expect_optional_name(call, "schema", schema)
        if columns is not None:
            expect_columns(call, "columns", columns)
        self._fill(
            constraint_name=constraint_name,
            table_name=table_name,
            constraint_type=type_,
            schema=schema,
            if_exists=if_exists,
            columns=columns,
            condition=condition,
            _reverse=_reverse,
        )

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> DropConstraintOp:
        """The operation that drops ``constraint``, and knows how to create it again."""
        table = constraint.table
        return cls(
            sqla.given_name(constraint),
            table.name,
            _TYPES.get(constraint.__visit_name__),
            schema=table.schema,
            _reverse=AddConstraintOp.from_constraint(constraint),
        )

    def to_constraint(self) -> Constraint:
        """The constraint.

        :raises ValueError: the operation was made without the constraint that it drops.
        """
        if self._reverse is None:
            raise ValueError("constraint cannot be produced; original constraint is not present")
        constraint = self._reverse.to_constraint()
        constraint.name = self.constraint_name
        return constraint

    def reverse(self) -> AddConstraintOp:
        """The creation of the constraint.

        :raises ValueError: the operation was made without the constraint that it drops.
        """
        return AddConstraintOp.from_constraint(self.to_constraint())

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """``("remove_fk", ForeignKeyConstraint)`` or ``("remove_constraint", Constraint)``."""
        word = "remove_fk" if self.constraint_type == "foreignkey" else "remove_constraint"
        return (word, self.to_constraint())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_constraint(name, table, schema=, type_=, columns=, condition=, if_exists=)``."""
        args = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = given(
            schema=None if batch else self.schema,
            type_=self.constraint_type,
            columns=self.columns,
            condition=self.condition,
            if_exists=self.if_exists,
        )
        return Call("drop_constraint", args, options)


class ConstraintOperations(AbstractOperations):
    """What ``op.`` offers for constraints."""

    def create_primary_key(
        self,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Create the primary key of a table that has none.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param columns: names of its columns.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``deferrable`` (bool), ``initially`` ("DEFERRED" or "IMMEDIATE"), ``<dialect>_...``.
        """
        self.invoke(CreatePrimaryKeyOp(constraint_name, table_name, columns, schema=schema, **kw))

    def create_unique_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        columns: Sequence[str],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Create a unique constraint.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param columns: names of its columns.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``deferrable`` (bool), ``initially`` ("DEFERRED" or "IMMEDIATE"), ``<dialect>_...``.
        """
        self.invoke(CreateUniqueConstraintOp(constraint_name, table_name, columns, schema=schema, **kw))

    def drop_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
        condition: str | None = None,
    ) -> None:
        """Drop a constraint.

        :param constraint_name: its name; None only with ``columns``, with ``type_="primary"``, or with a naming
            convention that needs no column.
        :param table_name: the table.
        :param type_: ``foreignkey``, ``primary``, ``unique`` or ``check``, which MySQL must know; None elsewhere.
        :param schema: the table's schema; default: the connection's own.
        :param if_exists: do nothing where it is gone already, on databases that can say so.
        :param columns: its columns, by which the catalogue finds an unnamed one.
        :param condition: the condition of an unnamed check, by which SQLite's batch and MariaDB find it.
        :raises CommandError: no name, and none to be found.
        """
        self.invoke(
            DropConstraintOp(
                constraint_name,
                table_name,
                type_,
                schema=schema,
                if_exists=if_exists,
                columns=columns,
                condition=condition,
            )
        )


class BatchConstraintOperations(BatchBase):
    """What ``batch_op.`` offers for constraints."""

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """Create the primary key of the table of this block; parameters as for `op.create_primary_key`."""
        self.invoke(CreatePrimaryKeyOp(constraint_name, self._table_name, columns, schema=self._schema, **kw))

    def create_unique_constraint(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """Create a unique constraint on the table of this block; parameters as for `op.create_unique_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateUniqueConstraintOp(constraint_name, self._table_name, columns, **kw))

    def drop_constraint(
        self,
        constraint_name: str | None,
        type_: str | None = None,
        *,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
        condition: str | None = None,
    ) -> None:
        """Drop a constraint of the table of this block; parameters as for `op.drop_constraint`."""
        self.invoke(
            DropConstraintOp(
                constraint_name,
                self._table_name,
                type_,
                schema=self._schema,
                if_exists=if_exists,
                columns=columns,
                condition=condition,
            )
        )


@implementations.dispatch_for(AddConstraintOp)
def create_constraint(operations: AbstractOperations, operation: AddConstraintOp) -> None:
    """Create the constraint."""
    operations.impl.add_constraint(operation.to_constraint(operations.migration_context))


@implementations.dispatch_for(DropConstraintOp)
def drop_constraint(operations: AbstractOperations, operation: DropConstraintOp) -> None:
    """Drop the constraint; one without a name is looked for first."""
    if operation.constraint_name is None:
        constraint = found_constraint(operations, operation)
    else:
        constraint = operations.schema_obj.generic_constraint(
            operation.constraint_name, operation.table_name, operation.constraint_type, schema=operation.schema
        )
    operations.impl.drop_constraint(constraint, **given(if_exists=operation.if_exists))
