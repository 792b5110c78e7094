"""Constraints: create the five kinds, drop any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import Column
from sqlalchemy.types import NULLTYPE

from .. import sqla
from .abstract import AbstractOperations, BatchBase
from .dispatch import Dispatcher
from .naming import name_by_columns, name_by_convention
from .operation import Call, MigrateOperation, given, implementations
from .place import bad_call, expect_columns, expect_name, expect_optional_name
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
    from sqlalchemy.dialects.postgresql import ExcludeConstraint
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from ..runtime.migration import MigrationContext

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
    """What primary keys and unique constraints have in common.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param columns: names of its columns.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    _call: ClassVar[str]

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
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.columns = columns
        self.schema = schema
        self.kw = kw

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_..._constraint(name, table, [columns], deferrable=, initially=, <dialect>_...=, schema=)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        return Call(self._call, (*where, list(self.columns)), self.kw | given(schema=None if batch else self.schema))


@AddConstraintOp.register_add_constraint("primary_key_constraint")
class CreatePrimaryKeyOp(_OnColumns):
    __doc__ = "Create a primary key.\n" + (_OnColumns.__doc__ or "").partition("\n")[2]

    constraint_type = "primarykey"
    _call = "create_primary_key"

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreatePrimaryKeyOp:
        """The operation that creates the primary key ``constraint``."""
        key: PrimaryKeyConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        names = [column.name for column in key.columns]
        return cls(sqla.given_name(key), key.table.name, names, schema=key.table.schema, **key.dialect_kwargs)

    def to_constraint(self, migration_context: MigrationContext | None = None) -> PrimaryKeyConstraint:
        """The primary key, made anew on a throw-away table."""
        return SchemaObjects(migration_context).primary_key_constraint(
            self.constraint_name, self.table_name, self.columns, schema=self.schema, **self.kw
        )


@AddConstraintOp.register_add_constraint("unique_constraint")
class CreateUniqueConstraintOp(_OnColumns):
    __doc__ = "Create a unique constraint.\n" + (_OnColumns.__doc__ or "").partition("\n")[2]

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


@AddConstraintOp.register_add_constraint("foreign_key_constraint")
class CreateForeignKeyOp(AddConstraintOp):
    """Create a foreign key.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param source_table: the table that refers.
    :param referent_table: the table that is referred to.
    :param local_cols: the columns that refer.
    :param remote_cols: the columns that are referred to.
    :param kw: ``onupdate``, ``ondelete``, ``deferrable``, ``initially``, ``match``, ``source_schema``,
        ``referent_schema``, ``<dialect>_...``.
    """

    constraint_type = "foreignkey"

    def __init__(
        self,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        **kw: Any,
    ) -> None:
        call = "op.create_foreign_key"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "source_table", source_table)
        expect_name(call, "referent_table", referent_table)
        expect_columns(call, "local_cols", local_cols)
        expect_columns(call, "remote_cols", remote_cols)
        if len(local_cols) != len(remote_cols):
            raise bad_call(call, f"local_cols has {len(local_cols)} columns, remote_cols {len(remote_cols)}")
        self.constraint_name = constraint_name
        self.source_table = source_table
        self.referent_table = referent_table
        self.local_cols = local_cols
        self.remote_cols = remote_cols
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateForeignKeyOp:
        """The operation that creates the foreign key ``constraint``."""
        key: ForeignKeyConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        referent_schema, referent, remote = sqla.referred_columns(key)
        options = given(
            onupdate=key.onupdate,
            ondelete=key.ondelete,
            initially=key.initially,
            deferrable=key.deferrable or None,
            use_alter=key.use_alter or None,
            match=key.match,
        )
        local = [element.parent.name for element in key.elements]
        return cls(
            sqla.given_name(key),
            key.table.name,
            referent,
            local,
            remote,
            source_schema=key.table.schema,
            referent_schema=referent_schema,
            **options,
            **key.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ForeignKeyConstraint:
        """The foreign key, made anew between throw-away tables."""
        return SchemaObjects(migration_context).foreign_key_constraint(
            self.constraint_name, self.source_table, self.referent_table, self.local_cols, self.remote_cols, **self.kw
        )

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """``("add_fk", ForeignKeyConstraint)``."""
        return ("add_fk", self.to_constraint())

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_foreign_key(name, source, referent, [local], [remote], source_schema=, ..., <dialect>_...=)``."""
        first = ("referent_schema",) if batch else ("source_schema", "referent_schema")
        named = (*first, "onupdate", "ondelete", "initially", "deferrable", "use_alter", "match")
        options = given(**{name: self.kw.get(name) for name in named})
        options |= {name: value for name, value in self.kw.items() if name not in named and name != "source_schema"}
        where = (self.constraint_name,) if batch else (self.constraint_name, self.source_table)
        args = (*where, self.referent_table, list(self.local_cols), list(self.remote_cols))
        return Call("create_foreign_key", args, options)


@AddConstraintOp.register_add_constraint("check_constraint")
@AddConstraintOp.register_add_constraint("table_or_column_check_constraint")
@AddConstraintOp.register_add_constraint("column_check_constraint")
class CreateCheckConstraintOp(AddConstraintOp):
    """Create a check.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param condition: the condition, SQL as a string or an expression.
    :param schema: the table's schema.
    :param kw: ``deferrable``, ``initially``, ``<dialect>_...``.
    """

    constraint_type = "check"

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        call = "op.create_check_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        expect_optional_name(call, "schema", schema)
        if condition is None or isinstance(condition, bool | list | tuple):
            raise bad_call(call, f"argument 'condition' is a SQL expression, not {condition!r}")
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.condition = condition
        self.schema = schema
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateCheckConstraintOp:
        """The operation that creates the check ``constraint``."""
        check: CheckConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        table = check.table
        options = given(deferrable=check.deferrable or None, initially=check.initially or None)
        return cls(
            sqla.given_name(check),
            table.name,
            check.sqltext,
            schema=table.schema,
            **options,
            **check.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> CheckConstraint:
        """The check, made anew on a throw-away table."""
        return SchemaObjects(migration_context).check_constraint(
            self.constraint_name, self.table_name, self.condition, schema=self.schema, **self.kw
        )

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_check_constraint(name, table, condition, deferrable=, initially=, <dialect>_...=, schema=)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = self.kw | given(schema=None if batch else self.schema)
        return Call("create_check_constraint", (*where, self.condition), options)


@AddConstraintOp.register_add_constraint("exclude_constraint")
class CreateExcludeConstraintOp(AddConstraintOp):
    """Create an exclusion constraint (PostgreSQL).

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param table_name: the table.
    :param elements: pairs of column or expression, and operator.
    :param where: the rows that it is about.
    :param schema: the table's schema.
    :param kw: ``using``, ``deferrable``, ``initially``, ``ops``.
    """

    constraint_type = "exclude"

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        elements: Sequence[tuple[Any, str]],
        where: str | ColumnElement[bool] | TextClause | None = None,
        schema: str | None = None,
        _orig_constraint: ExcludeConstraint | None = None,
        **kw: Any,
    ) -> None:
        call = "op.create_exclude_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        for element in elements:
            if not isinstance(element, list | tuple) or len(element) != _PAIR:
                raise bad_call(call, f"each element is a pair of column and operator, not {element!r}")
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.elements = elements
        self.where = where
        self.schema = schema
        self._orig_constraint = _orig_constraint
        self.kw = kw

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateExcludeConstraintOp:
        """The operation that creates the exclusion constraint ``constraint``."""
        exclude: ExcludeConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        options = given(
            deferrable=exclude.deferrable, initially=exclude.initially, using=exclude.using, ops=exclude.ops or None
        )
        return cls(
            sqla.given_name(exclude),
            exclude.table.name,
            sqla.exclude_elements(exclude),
            where=exclude.where,
            schema=exclude.table.schema,
            _orig_constraint=exclude,
            **options,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ExcludeConstraint:
        """The exclusion constraint; made anew, unless this operation was made from one."""
        from sqlalchemy.dialects.postgresql import ExcludeConstraint

        if self._orig_constraint is not None:
            return self._orig_constraint
        names = [column if isinstance(column, str) else getattr(column, "name", None) for column, _ in self.elements]
        columns = [Column(name, NULLTYPE) for name in dict.fromkeys(names) if name]
        table = SchemaObjects(migration_context).table(self.table_name, *columns, schema=self.schema)
        constraint = ExcludeConstraint(*self.elements, name=self.constraint_name, where=self.where, **self.kw)
        table.append_constraint(constraint)
        return constraint

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_exclude_constraint(name, table, *elements, where=, schema=, using=, ...)``."""
        where = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = given(where=self.where, schema=None if batch else self.schema) | self.kw
        return Call("create_exclude_constraint", (*where, *self.elements), options)


_PAIR = 2


class DropConstraintOp(MigrateOperation):
    """Drop a constraint.

    :param constraint_name: its name.
    :param table_name: the table.
    :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
    :param schema: the table's schema.
    :param if_exists: do nothing where it is gone already.
    :param columns: its columns, by which it is found where its name is not known.
    """

    def __init__(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
        _reverse: AddConstraintOp | None = None,
    ) -> None:
        call = "op.drop_constraint"
        expect_optional_name(call, "constraint_name", constraint_name)
        expect_name(call, "table_name", table_name)
        expect_optional_name(call, "schema", schema)
        if columns is not None:
            expect_columns(call, "columns", columns)
        self.constraint_name = constraint_name
        self.table_name = table_name
        self.constraint_type = type_
        self.schema = schema
        self.if_exists = if_exists
        self.columns = columns
        self._reverse = _reverse

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
        """``drop_constraint(name, table, schema=, type_=, columns=, if_exists=)``."""
        args = (self.constraint_name,) if batch else (self.constraint_name, self.table_name)
        options = given(
            schema=None if batch else self.schema,
            type_=self.constraint_type,
            columns=self.columns,
            if_exists=self.if_exists,
        )
        return Call("drop_constraint", args, options)


class ConstraintOperations(AbstractOperations):
    """What ``op.`` offers for constraints."""

    def create_primary_key(
        self, constraint_name: str | None, table_name: str, columns: Sequence[str], *, schema: str | None = None
    ) -> None:
        """Create the primary key of a table that has none.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param columns: names of its columns.
        :param schema: the table's schema; default: the connection's own.
        """
        self.invoke(CreatePrimaryKeyOp(constraint_name, table_name, columns, schema=schema))

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

    def create_check_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        condition: str | TextClause | ColumnElement[Any],
        *,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Create a check.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param condition: the condition, SQL as a string or an expression over `sqlalchemy.column`.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``deferrable`` (bool), ``initially`` ("DEFERRED" or "IMMEDIATE"), ``<dialect>_...``.
        """
        self.invoke(CreateCheckConstraintOp(constraint_name, table_name, condition, schema=schema, **kw))

    def create_foreign_key(
        self,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Create a foreign key.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param source_table: the table that refers.
        :param referent_table: the table that is referred to.
        :param local_cols: the columns that refer.
        :param remote_cols: the columns that are referred to.
        :param onupdate: what happens with a change of the row referred to: ``CASCADE``, ``SET NULL``, ...
        :param ondelete: what happens with its deletion.
        :param deferrable: whether the check may wait for the end of the transaction.
        :param initially: ``DEFERRED`` or ``IMMEDIATE``.
        :param match: ``FULL``, ``PARTIAL`` or ``SIMPLE``.
        :param source_schema: schema of the table that refers; default: the connection's own.
        :param referent_schema: schema of the table that is referred to; default: the connection's own.
        :param dialect_kw: ``<dialect>_...``, such as ``postgresql_not_valid``.
        """
        self.invoke(
            CreateForeignKeyOp(
                constraint_name,
                source_table,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=source_schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )

    def create_exclude_constraint(
        self, constraint_name: str | None, table_name: str, *elements: tuple[Any, str], **kw: Any
    ) -> None:
        """Create an exclusion constraint (PostgreSQL).

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param table_name: the table.
        :param elements: pairs of column or expression, and operator: ``("period", "&&")``.
        :param kw: ``where``, ``schema``, ``using`` (default ``gist``), ``deferrable``, ``initially``.
        """
        self.invoke(CreateExcludeConstraintOp(constraint_name, table_name, elements, **kw))

    def drop_constraint(
        self,
        constraint_name: str | None,
        table_name: str,
        type_: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        """Drop a constraint.

        :param constraint_name: its name; None only with ``columns``, with ``type_="primary"``, or with a naming
            convention that needs no column.
        :param table_name: the table.
        :param type_: ``foreignkey``, ``primary``, ``unique`` or ``check``, which MySQL must know; None elsewhere.
        :param schema: the table's schema; default: the connection's own.
        :param if_exists: do nothing where it is gone already, on databases that can say so.
        :param columns: its columns, by which the catalogue finds an unnamed one.
        :raises CommandError: no name, and none to be found.
        """
        self.invoke(
            DropConstraintOp(constraint_name, table_name, type_, schema=schema, if_exists=if_exists, columns=columns)
        )


class BatchConstraintOperations(BatchBase):
    """What ``batch_op.`` offers for constraints."""

    def create_primary_key(self, constraint_name: str | None, columns: Sequence[str]) -> None:
        """Create the primary key of the table of this block; parameters as for `op.create_primary_key`."""
        self.invoke(CreatePrimaryKeyOp(constraint_name, self._table_name, columns, schema=self._schema))

    def create_unique_constraint(self, constraint_name: str | None, columns: Sequence[str], **kw: Any) -> None:
        """Create a unique constraint on the table of this block; parameters as for `op.create_unique_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateUniqueConstraintOp(constraint_name, self._table_name, columns, **kw))

    def create_check_constraint(
        self, constraint_name: str | None, condition: str | TextClause | ColumnElement[Any], **kw: Any
    ) -> None:
        """Create a check on the table of this block; parameters as for `op.create_check_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateCheckConstraintOp(constraint_name, self._table_name, condition, **kw))

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Create a foreign key from the table of this block; parameters as for `op.create_foreign_key`."""
        self.invoke(
            CreateForeignKeyOp(
                constraint_name,
                self._table_name,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=self._schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )

    def create_exclude_constraint(self, constraint_name: str | None, *elements: tuple[Any, str], **kw: Any) -> None:
        """Create an exclusion constraint on the table of this block; parameters as for `op.create_exclude_constraint`."""
        kw["schema"] = self._schema
        self.invoke(CreateExcludeConstraintOp(constraint_name, self._table_name, elements, **kw))

    def drop_constraint(
        self,
        constraint_name: str | None,
        type_: str | None = None,
        *,
        if_exists: bool | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        """Drop a constraint of the table of this block; parameters as for `op.drop_constraint`."""
        self.invoke(
            DropConstraintOp(
                constraint_name, self._table_name, type_, schema=self._schema, if_exists=if_exists, columns=columns
            )
        )


@implementations.dispatch_for(AddConstraintOp)
def create_constraint(operations: AbstractOperations, operation: AddConstraintOp) -> None:
    """Create the constraint."""
    operations.impl.add_constraint(operation.to_constraint(operations.migration_context))


@implementations.dispatch_for(DropConstraintOp)
def drop_constraint(operations: AbstractOperations, operation: DropConstraintOp) -> None:
    """Drop the constraint; one without a name is looked for first."""
    name = operation.constraint_name
    if name is None:
        name = name_by_convention(operations, operation) or name_by_columns(operations, operation)
    constraint = operations.schema_obj.generic_constraint(
        name, operation.table_name, operation.constraint_type, schema=operation.schema
    )
    operations.impl.drop_constraint(constraint, **given(if_exists=operation.if_exists))
