"""Tables: create, drop, rename."""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.schema import PrimaryKeyConstraint, SchemaItem

from limbeck import sqla

from .abstract import AbstractOperations
from .arguments import expect_name, expect_optional_name, expect_type, name_given
from .call import Call, given
from .operation import AlterTableOp, DropOp, TakesOptions, implementations, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import MetaData

    from limbeck.runtime.migration import MigrationContext

    from .call import Options


@operation("create_table", init=False, makes=Table)
class CreateTableOp(TakesOptions):
    """Create a table.

    :param table_name: the table.
    :param columns: its columns and constraints.
    :param schema: its schema.
    :param if_not_exists: do nothing if it exists.
    :param comment: its comment; ``info``, ``prefixes`` likewise, as for `sqlalchemy.Table`.
    :param kw: whatever else `sqlalchemy.Table` takes.
    """

    table_name: str
    columns: Sequence[SchemaItem]
    _: KW_ONLY
    schema: str | None = None
    comment: str | None = None
    info: dict[Any, Any] = field(default_factory=dict)  # pyright: ignore[reportIncompatibleVariableOverride]
    prefixes: Sequence[str] | None = None
    if_not_exists: bool | None = None
    _namespace_metadata: MetaData | None = None
    _constraints_included: bool = False

    def __post_init__(self) -> None:
        expect_name(self.call, "table_name", self.table_name)
        expect_optional_name(self.call, "schema", self.schema)
        for column in self.columns:
            expect_type(self.call, "columns", column, SchemaItem, "columns and constraints")

    @classmethod
    def from_table(cls, table: Table, *, _namespace_metadata: MetaData | None = None) -> CreateTableOp:
        """The operation that creates ``table``, without its indexes, which are operations of their own."""
        constraints = [
            constraint
            for constraint in sqla.in_order(table.constraints)
            if not sqla.is_type_bound(constraint)
            and not (isinstance(constraint, PrimaryKeyConstraint) and not constraint.columns)
        ]
        return cls(
            table.name,
            [*table.c, *constraints],
            schema=table.schema,
            _namespace_metadata=table.metadata if _namespace_metadata is None else _namespace_metadata,
            _constraints_included=True,
            comment=table.comment,
            info=table.info.copy(),
            prefixes=list(sqla.table_prefixes(table)),
            **table.kwargs,
        )

    @property
    def constraints_included(self) -> bool:
        """Whether `columns` holds all constraints, so that those are not made again from flags of the columns."""
        return self._constraints_included

    @property
    def namespace_metadata(self) -> MetaData | None:
        """The MetaData whose default schema names are left out; None: none."""
        return self._namespace_metadata

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """The table as an object of SQLAlchemy."""
        return SchemaObjects(migration_context).table(
            self.table_name,
            *self.columns,
            schema=self.schema,
            prefixes=list(self.prefixes or ()),
            comment=self.comment,
            info=dict(self.info),
            _constraints_included=self._constraints_included,
            **self.kw,
        )

    def reverse(self) -> DropTableOp:
        """The drop of the table."""
        if not self._constraints_included:
            return DropTableOp.from_table(
                self.to_table(), if_exists=self.if_not_exists, _namespace_metadata=self._namespace_metadata
            )
        # then the operation says all that a table made of it would say
        options = {"comment": self.comment, "info": dict(self.info), "prefixes": self.prefixes, **self.kw}
        back = CreateTableOp(
            self.table_name,
            list(self.columns),
            schema=self.schema,
            if_not_exists=self.if_not_exists,
            _namespace_metadata=self._namespace_metadata,
            _constraints_included=True,
            **options,
        )
        return DropTableOp(
            self.table_name, schema=self.schema, if_exists=self.if_not_exists, table_kw=options, _reverse=back
        )

    def to_diff_tuple(self) -> tuple[str, Table]:
        """``("add_table", Table)``."""
        return ("add_table", self.to_table())

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_table(table, *columns, schema=, comment=, info=, <dialect>_...=, prefixes=, if_not_exists=)``."""
        options = given(schema=self.schema, comment=self.comment, info=self.info or None)
        options |= {name: self.kw[name] for name in sorted(self.kw)}
        options |= given(prefixes=self.prefixes or None, if_not_exists=self.if_not_exists)
        return Call("create_table", (self.table_name, *self.columns), options)


@operation("drop_table", makes=Table)
class DropTableOp(DropOp[CreateTableOp]):
    """Drop a table.

    :param table_name: the table.
    :param schema: its schema.
    :param if_exists: do nothing if it does not exist.
    :param table_kw: ``comment``, ``info``, ``prefixes`` and whatever else `sqlalchemy.Table` takes.
    """

    table_name: str
    _: KW_ONLY
    schema: str | None = None
    if_exists: bool | None = None
    table_kw: Options = None  # type: ignore[assignment]  # a dictionary once the operation is made

    def __post_init__(self) -> None:
        self.table_name = name_given(self.call, "table_name", self.table_name)
        expect_optional_name(self.call, "schema", self.schema)
        options = dict(self.table_kw or {})
        self.comment: str | None = options.pop("comment", None)
        self.info = options.pop("info", {})
        self.prefixes: Sequence[str] | None = options.pop("prefixes", None)
        self.table_kw = options

    @classmethod
    def from_table(
        cls, table: Table, *, if_exists: bool | None = None, _namespace_metadata: MetaData | None = None
    ) -> DropTableOp:
        """The operation that drops ``table``; its reverse creates the table again."""
        back = CreateTableOp.from_table(table, _namespace_metadata=_namespace_metadata)
        back.if_not_exists = if_exists
        options = {"comment": table.comment, "info": table.info.copy(), "prefixes": back.prefixes, **table.kwargs}
        return cls(table.name, schema=table.schema, if_exists=if_exists, table_kw=options, _reverse=back)

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """The table; where its columns are not known, one of the same name without any."""
        back = self._reverse
        return SchemaObjects(migration_context).table(
            self.table_name,
            *(() if back is None else back.columns),
            schema=self.schema,
            comment=self.comment,
            info=dict(self.info),
            prefixes=list(self.prefixes or ()),
            _constraints_included=back is not None and back.constraints_included,
            **self.table_kw,
        )

    def reverse(self) -> CreateTableOp:
        """The creation of the table.

        :raises ValueError: the operation was made without the table that it drops.
        """
        if self._reverse is None:
            raise ValueError("operation is not reversible; original table is not present")
        return CreateTableOp(
            self.table_name,
            self._reverse.columns,
            schema=self.schema,
            if_not_exists=self._reverse.if_not_exists,
            _namespace_metadata=self._reverse.namespace_metadata,
            _constraints_included=self._reverse.constraints_included,
            comment=self.comment,
            info=dict(self.info),
            prefixes=list(self.prefixes or ()),
            **self.table_kw,
        )

    def to_diff_tuple(self) -> tuple[str, Table]:
        """``("remove_table", Table)``."""
        return ("remove_table", self.to_table())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_table(table, schema=, if_exists=)``."""
        return Call("drop_table", (self.table_name,), given(schema=self.schema, if_exists=self.if_exists))


@operation("rename_table")
class RenameTableOp(AlterTableOp):
    """Rename a table.

    :param old_table_name: its name.
    :param new_table_name: its new name.
    :param schema: its schema, which stays.
    """

    table_name: str = field(init=False)
    old_table_name: InitVar[str]
    new_table_name: str

    def __post_init__(self, old_table_name: str) -> None:
        self.table_name = old_table_name
        super().__post_init__()
        expect_name(self.call, "new_table_name", self.new_table_name)

    def reverse(self) -> RenameTableOp:
        """The renaming back."""
        return RenameTableOp(self.new_table_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[str, str | None, str, str]:
        """``("rename_table", schema, old, new)``."""
        return ("rename_table", self.schema, self.table_name, self.new_table_name)

    def to_call(self, *, batch: bool = False) -> Call:
        """``rename_table(old, new, schema=)``."""
        return Call("rename_table", (self.table_name, self.new_table_name), given(schema=self.schema))


class TableOperations(AbstractOperations):
    """What ``op.`` offers for tables."""

    def create_table(
        self, table_name: str, *columns: SchemaItem, if_not_exists: bool | None = None, **kw: Any
    ) -> Table:
        """Create a table, then its indexes and, where these are separate statements, its comments.

        :param table_name: the table.
        :param columns: columns and constraints. A foreign key names its target as text, ``"account.id"``; the target
            table need not be defined here.
        :param if_not_exists: do nothing if the table exists, on databases that support the clause.
        :param kw: ``schema``, ``comment``, ``info``, ``prefixes``, ``<dialect>_...`` and whatever else
            `sqlalchemy.Table` takes.
        :return: the table, to be used with `op.bulk_insert`.
        """
        table: Table = self.invoke(CreateTableOp(table_name, columns, if_not_exists=if_not_exists, **kw))
        return table

    def drop_table(
        self, table_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any
    ) -> None:
        """Drop a table.

        :param table_name: the table.
        :param schema: its schema; default: the connection's own.
        :param if_exists: do nothing if it does not exist, on databases that support the clause.
        :param kw: what `sqlalchemy.Table` takes, for listeners of its events.
        """
        self.invoke(DropTableOp(table_name, schema=schema, if_exists=if_exists, table_kw=kw))

    def rename_table(self, old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
        """Rename a table.

        :param old_table_name: its name.
        :param new_table_name: its new name.
        :param schema: its schema, which stays; default: the connection's own.
        """
        self.invoke(RenameTableOp(old_table_name, new_table_name, schema=schema))


@implementations.dispatch_for(CreateTableOp)
def create_table(operations: AbstractOperations, operation: CreateTableOp) -> Table:
    """Create the table and return it."""
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table(table, **given(if_not_exists=operation.if_not_exists))
    return table


@implementations.dispatch_for(DropTableOp)
def drop_table(operations: AbstractOperations, operation: DropTableOp) -> None:
    """Drop the table."""
    table = operation.to_table(operations.migration_context)
    operations.impl.drop_table(table, **given(if_exists=operation.if_exists))


@implementations.dispatch_for(RenameTableOp)
def rename_table(operations: AbstractOperations, operation: RenameTableOp) -> None:
    """Rename the table."""
    operations.impl.rename_table(operation.table_name, operation.new_table_name, schema=operation.schema)
