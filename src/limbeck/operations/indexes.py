"""Indexes: create, drop."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index

from .abstract import AbstractOperations, BatchBase
from .arguments import expect_columns, expect_name, expect_optional_name
from .autocommit import outside_transaction
from .call import Call, LiteralColumn, given
from .operation import DropOp, TakesOptions, implementations, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Table
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from limbeck.runtime.migration import MigrationContext

    from .call import Options

    IndexColumn = str | TextClause | ColumnElement[Any]


@operation("create_index", in_batch=True, init=False, makes=Index)
class CreateIndexOp(TakesOptions):
    """Create an index.

    :param index_name: its name; None: the naming convention's.
    :param table_name: the table.
    :param columns: names, `text()` and SQL expressions.
    :param schema: the table's schema.
    :param unique: whether it is a unique index.
    :param if_not_exists: do nothing if it exists.
    :param kw: ``quote`` and ``<dialect>_...`` options.
    """

    index_name: str | None
    table_name: str
    columns: Sequence[IndexColumn]
    _: KW_ONLY
    schema: str | None = None
    unique: bool = False
    if_not_exists: bool | None = None

    def __post_init__(self) -> None:
        expect_optional_name(self.call, "index_name", self.index_name)
        expect_name(self.call, "table_name", self.table_name)
        expect_columns(self.call, "columns", self.columns)
        expect_optional_name(self.call, "schema", self.schema)

    @classmethod
    def from_index(cls, index: Index) -> CreateIndexOp:
        """The operation that creates ``index``, which belongs to a table."""
        table = _table_of(index)
        return cls(
            index.name,
            table.name,
            list(index.expressions),
            schema=table.schema,
            unique=bool(index.unique),
            **index.dialect_kwargs,
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """The index as an object of SQLAlchemy."""
        return SchemaObjects(migration_context).index(
            self.index_name, self.table_name, self.columns, schema=self.schema, unique=self.unique, **self.kw
        )

    def reverse(self) -> DropIndexOp:
        """The drop of the index."""
        if _is_plain(self.index_name, self.columns, self.kw):
            back = CreateIndexOp(
                self.index_name,
                self.table_name,
                list(self.columns),
                schema=self.schema,
                unique=bool(self.unique),
                if_not_exists=self.if_not_exists,
            )
            return DropIndexOp(
                self.index_name,
                self.table_name,
                schema=self.schema,
                if_exists=self.if_not_exists,
                _reverse=back,
                unique=self.unique,
            )
        return DropIndexOp.from_index(self.to_index(), if_exists=self.if_not_exists)

    def to_diff_tuple(self) -> tuple[str, Index]:
        """``("add_index", Index)``."""
        return ("add_index", self.to_index())

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_index(index, table, [columns], unique=, schema=, <dialect>_...=, if_not_exists=)``."""
        columns = [_as_written(each) for each in self.columns]
        args = (self.index_name, columns) if batch else (self.index_name, self.table_name, columns)
        options: Options = {"unique": self.unique}
        options |= given(schema=None if batch else self.schema) | self.kw
        return Call("create_index", args, options | given(if_not_exists=self.if_not_exists))


@operation("drop_index", in_batch=True, init=False, makes=Index)
class DropIndexOp(TakesOptions, DropOp[CreateIndexOp]):
    """Drop an index.

    :param index_name: the index.
    :param table_name: its table, which MySQL, MariaDB and SQL Server need.
    :param schema: the table's schema.
    :param if_exists: do nothing if it does not exist.
    :param kw: ``<dialect>_...`` options.
    """

    index_name: str | None
    table_name: str | None = None
    _: KW_ONLY
    schema: str | None = None
    if_exists: bool | None = None

    def __post_init__(self) -> None:
        for argument in ("index_name", "table_name", "schema"):
            expect_optional_name(self.call, argument, getattr(self, argument))

    @classmethod
    def from_index(cls, index: Index, *, if_exists: bool | None = None) -> DropIndexOp:
        """The operation that drops ``index``; its reverse creates the index again."""
        table = _table_of(index)
        back = CreateIndexOp.from_index(index)
        back.if_not_exists = if_exists
        return cls(
            index.name,
            table.name,
            schema=table.schema,
            if_exists=if_exists,
            _reverse=back,
            unique=index.unique,
            **index.dialect_kwargs,
        )

    def to_index(self, migration_context: MigrationContext | None = None) -> Index:
        """The index; where its columns are not known, one of the same name."""
        columns: Sequence[IndexColumn] = ["x"] if self._reverse is None else self._reverse.columns
        return SchemaObjects(migration_context).index(
            self.index_name, self.table_name, columns, schema=self.schema, **self.kw
        )

    def reverse(self) -> CreateIndexOp:
        """The creation of the index.

        :raises ValueError: the operation was made without the index that it drops.
        """
        if self._reverse is None:
            raise ValueError("operation is not reversible; original index is not present")
        options = {name: value for name, value in self.kw.items() if name != "unique"}
        if self.table_name is not None and _is_plain(self.index_name, self._reverse.columns, options):
            return CreateIndexOp(
                self.index_name,
                self.table_name,
                list(self._reverse.columns),
                schema=self.schema,
                unique=bool(self.kw.get("unique")),
                if_not_exists=self._reverse.if_not_exists,
            )
        back = CreateIndexOp.from_index(self.to_index())
        back.if_not_exists = self._reverse.if_not_exists
        return back

    def to_diff_tuple(self) -> tuple[str, Index]:
        """``("remove_index", Index)``."""
        return ("remove_index", self.to_index())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_index(index, table_name=, schema=, <dialect>_...=, if_exists=)``."""
        options = {} if batch else given(table_name=self.table_name, schema=self.schema)
        options |= {name: value for name, value in self.kw.items() if name != "unique"}
        return Call("drop_index", (self.index_name,), options | given(if_exists=self.if_exists))


def _as_written(column: IndexColumn) -> str | LiteralColumn | None:
    """A column by its name, an expression as ``literal_column("...")``."""
    if isinstance(column, Column):
        return column.name
    return column if isinstance(column, str) else LiteralColumn(column)


def _is_plain(name: str | None, columns: Sequence[IndexColumn], options: Options) -> bool:
    """Whether an index made of these would have just these: name, columns and nothing else."""
    return name is not None and not options and all(isinstance(column, Column) for column in columns)


class IndexOperations(AbstractOperations):
    """What ``op.`` offers for indexes."""

    def create_index(
        self,
        index_name: str | None,
        table_name: str,
        columns: Sequence[IndexColumn],
        *,
        schema: str | None = None,
        unique: bool = False,
        if_not_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Create an index.

        With ``postgresql_concurrently=True`` it is created outside the transaction, as PostgreSQL requires; no other
        statement of its revision may come before it.

        :param index_name: its name; None: the naming convention's.
        :param table_name: the table.
        :param columns: column names, ``text("lower(name)")``, ``desc("created")`` and other SQL expressions.
        :param schema: the table's schema; default: the connection's own.
        :param unique: whether it is a unique index.
        :param if_not_exists: do nothing if it exists, on databases that support the clause.
        :param kw: ``quote`` and ``<dialect>_...`` options, such as ``postgresql_where``, ``mysql_length``.
        :raises CommandError: ``postgresql_concurrently`` after other statements of the same transaction.
        """
        self.invoke(
            CreateIndexOp(
                index_name, table_name, columns, schema=schema, unique=unique, if_not_exists=if_not_exists, **kw
            )
        )

    def drop_index(
        self,
        index_name: str,
        table_name: str | None = None,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop an index.

        :param index_name: the index.
        :param table_name: its table, which MySQL, MariaDB and SQL Server need.
        :param schema: the table's schema; default: the connection's own.
        :param if_exists: do nothing if it does not exist, on databases that support the clause.
        :param kw: ``<dialect>_...`` options, such as ``postgresql_concurrently``.
        """
        self.invoke(DropIndexOp(index_name, table_name, schema=schema, if_exists=if_exists, **kw))


class BatchIndexOperations(BatchBase):
    """What ``batch_op.`` offers for indexes."""

    def create_index(self, index_name: str | None, columns: Sequence[IndexColumn], **kw: Any) -> None:
        """Create an index on the table of this block.

        :param index_name: its name.
        :param columns: column names and SQL expressions.
        :param kw: ``unique``, ``if_not_exists`` and ``<dialect>_...`` options, as for `op.create_index`.
        """
        self.invoke(CreateIndexOp(index_name, self._table_name, columns, schema=self._schema, **kw))

    def drop_index(self, index_name: str, **kw: Any) -> None:
        """Drop an index of the table of this block.

        :param index_name: the index.
        :param kw: ``if_exists`` and ``<dialect>_...`` options.
        """
        kw.pop("table_name", None)
        self.invoke(DropIndexOp(index_name, table_name=self._table_name, schema=self._schema, **kw))


@implementations.dispatch_for(CreateIndexOp)
def create_index(operations: AbstractOperations, operation: CreateIndexOp) -> None:
    """Create the index; concurrently, in an autocommit block of its own."""
    index = operation.to_index(operations.migration_context)
    with _block(operations, operation, "creates an index concurrently"):
        operations.impl.create_index(index, **given(if_not_exists=operation.if_not_exists))


@implementations.dispatch_for(DropIndexOp)
def drop_index(operations: AbstractOperations, operation: DropIndexOp) -> None:
    """Drop the index; concurrently, in an autocommit block of its own."""
    index = operation.to_index(operations.migration_context)
    with _block(operations, operation, "drops an index concurrently"):
        operations.impl.drop_index(index, **given(if_exists=operation.if_exists))


def _block(
    operations: AbstractOperations, operation: CreateIndexOp | DropIndexOp, what: str
) -> AbstractContextManager[None]:
    """An autocommit block where the operation asks for CONCURRENTLY, on a dialect that has it."""
    option = operations.migration_context.impl.concurrently_option
    if option is None or not operation.kw.get(option):
        return nullcontext()
    return outside_transaction(operations.migration_context, operation.call, what)


def _table_of(index: Index) -> Table:
    if index.table is None:
        raise ValueError(f"index {index.name!r} belongs to no table")
    return index.table
