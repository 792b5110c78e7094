"""Table comments: set, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import TYPE_CHECKING

from .abstract import AbstractOperations, BatchBase
from .arguments import expect_optional_name
from .call import Call
from .operation import AlterTableOp, implementations, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.runtime.migration import MigrationContext


@operation("create_table_comment", in_batch=True)
class CreateTableCommentOp(AlterTableOp):
    """Set the comment of a table.

    :param table_name: the table.
    :param comment: its new comment.
    :param schema: its schema.
    :param existing_comment: its present comment.
    """

    comment: str | None
    _: KW_ONLY
    existing_comment: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.comment != "":  # an empty comment is one, an empty name is none
            expect_optional_name(self.call, "comment", self.comment)

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """A table with the comment."""
        return SchemaObjects(migration_context).table(self.table_name, schema=self.schema, comment=self.comment)

    def reverse(self) -> CreateTableCommentOp | DropTableCommentOp:
        """The existing comment; where there was none, the drop of the new one."""
        if self.existing_comment is None:
            return DropTableCommentOp(self.table_name, existing_comment=self.comment, schema=self.schema)
        return CreateTableCommentOp(
            self.table_name, self.existing_comment, existing_comment=self.comment, schema=self.schema
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("add_table_comment", Table, existing comment)``."""
        return ("add_table_comment", self.to_table(), self.existing_comment)

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_table_comment(table, comment, existing_comment=, schema=)``."""
        args = (self.comment,) if batch else (self.table_name, self.comment)
        schema = {} if batch else {"schema": self.schema}
        return Call("create_table_comment", args, {"existing_comment": self.existing_comment, **schema})


@operation("drop_table_comment", in_batch=True)
class DropTableCommentOp(AlterTableOp):
    """Drop the comment of a table.

    :param table_name: the table.
    :param schema: its schema.
    :param existing_comment: its present comment.
    """

    _: KW_ONLY
    existing_comment: str | None = None

    def to_table(self, migration_context: MigrationContext | None = None) -> Table:
        """A table without a comment."""
        return SchemaObjects(migration_context).table(self.table_name, schema=self.schema)

    def reverse(self) -> CreateTableCommentOp:
        """The existing comment."""
        return CreateTableCommentOp(self.table_name, self.existing_comment, schema=self.schema)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("remove_table_comment", Table)``."""
        return ("remove_table_comment", self.to_table())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_table_comment(table, existing_comment=, schema=)``."""
        schema = {} if batch else {"schema": self.schema}
        args = () if batch else (self.table_name,)
        return Call("drop_table_comment", args, {"existing_comment": self.existing_comment, **schema})


class CommentOperations(AbstractOperations):
    """What ``op.`` offers for table comments."""

    def create_table_comment(
        self,
        table_name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Set the comment of a table.

        :param table_name: the table.
        :param comment: its new comment.
        :param existing_comment: its present comment, which SQL Server needs.
        :param schema: its schema; default: the connection's own.
        """
        self.invoke(CreateTableCommentOp(table_name, comment, existing_comment=existing_comment, schema=schema))

    def drop_table_comment(
        self, table_name: str, *, existing_comment: str | None = None, schema: str | None = None
    ) -> None:
        """Drop the comment of a table.

        :param table_name: the table.
        :param existing_comment: its present comment.
        :param schema: its schema; default: the connection's own.
        """
        self.invoke(DropTableCommentOp(table_name, existing_comment=existing_comment, schema=schema))


class BatchCommentOperations(BatchBase):
    """What ``batch_op.`` offers for table comments."""

    def create_table_comment(self, comment: str | None, *, existing_comment: str | None = None) -> None:
        """Set the comment of the table of this block; parameters as for `op.create_table_comment`."""
        self.invoke(
            CreateTableCommentOp(self._table_name, comment, existing_comment=existing_comment, schema=self._schema)
        )

    def drop_table_comment(self, *, existing_comment: str | None = None) -> None:
        """Drop the comment of the table of this block; parameters as for `op.drop_table_comment`."""
        self.invoke(DropTableCommentOp(self._table_name, existing_comment=existing_comment, schema=self._schema))


@implementations.dispatch_for(CreateTableCommentOp)
def create_table_comment(operations: AbstractOperations, operation: CreateTableCommentOp) -> None:
    """Set the comment."""
    operations.impl.create_table_comment(operation.to_table(operations.migration_context))


@implementations.dispatch_for(DropTableCommentOp)
def drop_table_comment(operations: AbstractOperations, operation: DropTableCommentOp) -> None:
    """Drop the comment."""
    operations.impl.drop_table_comment(operation.to_table(operations.migration_context))
