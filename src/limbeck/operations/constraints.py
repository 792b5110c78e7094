"""Constraints: primary keys and unique constraints, the base of all kinds, and the drop of any."""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from limbeck import sqla

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_value, expect_columns, expect_optional_name, name_given
from .call import Call, given
from .dispatch import Dispatcher
from .naming import UnnamedConstraint, found_constraint
from .operation import DropOp, MigrateOperation, TakesOptions, implementations, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.schema import Constraint

    from limbeck.runtime.migration import MigrationContext

    from .call import Options

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
    constraint_name: str | None

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
        """The constraint as an object of SQLAlchemy."""
        raise NotImplementedError

    def reverse(self) -> DropConstraintOp:
        """The drop of the constraint, by the name that this operation gives to it."""
        drop = DropConstraintOp.from_constraint(self.to_constraint())
        if drop.constraint_name is None:
            drop.constraint_name = self.constraint_name
        return drop

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """``("add_constraint", Constraint)``."""
        return ("add_constraint", self.to_constraint())


@dataclass(eq=False, repr=False, init=False)
class _OnColumns(TakesOptions, AddConstraintOp):
    """What primary keys and unique constraints have in common."""

    constraint_name: str | None
    table_name: str
    columns: Sequence[str]
    _: KW_ONLY
    schema: str | None = None

    def __post_init__(self) -> None:
        expect_optional_name(self.call, "constraint_name", self.constraint_name)
        self.table_name = name_given(self.call, "table_name", self.table_name)
        expect_columns(self.call, "columns", self.columns)
        expect_optional_name(self.call, "schema", self.schema)

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_..._constraint(name, table, [columns], deferrable=, initially=, <dialect>_...=, schema=)``."""
        on = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = self.kw | given(schema=None if batch else self.schema)
        return Call(self.call_name, (*on, list(self.columns)), options)


@AddConstraintOp.register_add_constraint("primary_key_constraint")
@operation("create_primary_key", in_batch=True, init=False, makes=PrimaryKeyConstraint)
class CreatePrimaryKeyOp(_OnColumns):
    """Create a primary key.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param columns: names of its columns.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "primarykey"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreatePrimaryKeyOp:
        """The operation that creates the primary key ``constraint``."""
        key: PrimaryKeyConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        return cls(*_of_columns(key), schema=key.table.schema, **options_of(key))

    def to_constraint(self, migration_context: MigrationContext | None = None) -> PrimaryKeyConstraint:
        """The primary key as an object of SQLAlchemy.

        :raises CommandError: there are no columns.
        """
        if not self.columns:
            raise bad_value(self.call, "argument 'columns' is empty, and a primary key has at least one column")
        return SchemaObjects(migration_context).primary_key_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )


@AddConstraintOp.register_add_constraint("unique_constraint")
@operation("create_unique_constraint", in_batch=True, init=False, makes=UniqueConstraint)
class CreateUniqueConstraintOp(_OnColumns):
    """Create a unique constraint.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param columns: names of its columns.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "unique"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateUniqueConstraintOp:
        """The operation that creates the unique constraint ``constraint``."""
        unique: UniqueConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        return cls(*_of_columns(unique), schema=unique.table.schema, **options_of(unique))

    def to_constraint(self, migration_context: MigrationContext | None = None) -> UniqueConstraint:
        """The unique constraint as an object of SQLAlchemy."""
        return SchemaObjects(migration_context).unique_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )


def _of_columns(constraint: PrimaryKeyConstraint | UniqueConstraint) -> tuple[str | None, str, list[str]]:
    return sqla.given_name(constraint), constraint.table.name, [column.name for column in constraint.columns]


def options_of(constraint: Constraint) -> Options:
    """The keyword arguments that a constraint was made with: ``deferrable``, ``initially``, those of dialects."""
    deferral = given(deferrable=constraint.deferrable or None, initially=constraint.initially or None)
    return {**deferral, **constraint.dialect_kwargs}


@operation("drop_constraint", in_batch=True)
class DropConstraintOp(DropOp[AddConstraintOp]):
    """Drop a constraint.

    :param constraint_name: its name.
    :param table_name: the table.
    :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
    :param schema: the table's schema.
    :param if_exists: do nothing if it does not exist.
    :param columns: its columns, by which it is found where its name is not known.
    :param condition: the condition of a check, by which that is found.
    """

    constraint_name: str | None
    table_name: str
    type_: InitVar[str | None] = None
    constraint_type: str | None = field(init=False)
    _: KW_ONLY
    schema: str | None = None
    if_exists: bool | None = None
    columns: Sequence[str] | None = None
    condition: str | None = None

    def __post_init__(self, type_: str | None) -> None:
        self.constraint_type = type_
        expect_optional_name(self.call, "constraint_name", self.constraint_name)
        self.table_name = name_given(self.call, "table_name", self.table_name)
        expect_optional_name(self.call, "schema", self.schema)
        if self.columns is not None:
            expect_columns(self.call, "columns", self.columns)

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> DropConstraintOp:
        """The operation that drops ``constraint``; its reverse creates the constraint again."""
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
        :param type_: ``foreignkey``, ``primary``, ``unique`` or ``check``, which MySQL needs; None elsewhere.
        :param schema: the table's schema; default: the connection's own.
        :param if_exists: do nothing if it does not exist, on databases that support the clause.
        :param columns: its columns, by which an unnamed one is looked up in the catalogue.
        :param condition: the condition of an unnamed check, by which a batch on SQLite and MariaDB find it.
        :raises CommandError: there is no name, and the constraint is not found without one.
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
    table, type_, schema = operation.table_name, operation.constraint_type, operation.schema
    if operation.constraint_name is None:
        unnamed = UnnamedConstraint(table, schema, type_, operation.columns, operation.condition)
        constraint = found_constraint(operations, unnamed)
    else:
        constraint = operations.schema_obj.generic_constraint(operation.constraint_name, table, type_, schema=schema)
    operations.impl.drop_constraint(constraint, **given(if_exists=operation.if_exists))
