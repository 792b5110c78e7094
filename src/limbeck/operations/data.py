"""Data: insert rows, execute SQL."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable
from sqlalchemy.sql.expression import TableClause

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_type
from .call import Call
from .operation import MigrateOperation, implementations, operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

    from .call import Options
    from .primitives import Row


@operation("bulk_insert")
class BulkInsertOp(MigrateOperation):
    """Insert rows.

    :param table: the table, with at least the columns of the rows.
    :param rows: a dictionary each, by column name.
    :param multiinsert: send them all at once.
    """

    table: Table | TableClause
    rows: list[dict[str, Any]]
    _: KW_ONLY
    multiinsert: bool = True

    def __post_init__(self) -> None:
        wanted = "a table, from create_table() or sqlalchemy.table()"
        expect_type(self.call, "table", self.table, TableClause, wanted)
        if not isinstance(self.rows, list):
            raise bad_call(self.call, f"List expected as 'rows', not {type(self.rows).__name__}")
        if self.rows and not isinstance(self.rows[0], dict):
            raise bad_call(self.call, f"List of dictionaries expected as 'rows', not of {type(self.rows[0]).__name__}")

    def to_diff_tuple(self) -> tuple[object, ...]:
        """``("bulk_insert", Table, rows)``."""
        return ("bulk_insert", self.table, self.rows)


@operation("execute", in_batch=True)
class ExecuteSQLOp(MigrateOperation):
    r"""Execute SQL.

    :param sqltext: a string, whose ``:name`` and ``%`` are sent as they are, or any SQLAlchemy statement.
    :param execution_options: options of the connection for this statement.
    :param params: values for the binds of the statement; with them, ``:name`` in a string is a bind.
    """

    sqltext: Executable | str
    _: KW_ONLY
    execution_options: Mapping[str, Any] | None = None
    params: Row | Sequence[Row] | None = None

    def __post_init__(self) -> None:
        expect_type(self.call, "sqltext", self.sqltext, (str, Executable), "a string or a SQLAlchemy statement")

    def to_diff_tuple(self) -> tuple[str, Executable | str]:
        """``("execute", sqltext)``."""
        return ("execute", self.sqltext)

    def to_call(self, *, batch: bool = False) -> Call:
        """``execute(sqltext, execution_options=, params=)``."""
        options: Options = {}
        if self.execution_options:
            options["execution_options"] = dict(self.execution_options)
        if self.params is not None:
            options["params"] = self.params
        return Call("execute", (self.sqltext,), options)


class DataOperations(AbstractOperations):
    """What ``op.`` offers for data."""

    def bulk_insert(self, table: Table | TableClause, rows: list[dict[str, Any]], *, multiinsert: bool = True) -> None:
        """Insert rows.

        :param table: what `op.create_table` returned, or ``sqlalchemy.table("t", column("a"), ...)``.
        :param rows: a dictionary each, by column name.
        :param multiinsert: send them all at once; False sends one INSERT per row, as `op.inline_literal` requires.
        :raises TypeError: ``rows`` is not a list of dictionaries.
        """
        self.invoke(BulkInsertOp(table, rows, multiinsert=multiinsert))

    def execute(
        self,
        sqltext: Executable | str,
        *,
        execution_options: Mapping[str, Any] | None = None,
        params: Row | Sequence[Row] | None = None,
    ) -> None:
        r"""Execute SQL. Nothing is returned; to read rows, execute on `op.get_bind`.

        :param sqltext: a string, sent as it is: ``:name`` and ``%`` are no binds (``\:`` means a colon, as in older
            scripts); or any SQLAlchemy statement.
        :param execution_options: options of the connection for this statement.
        :param params: values for binds; with them, ``:name`` in a string is a bind.
        """
        self.invoke(ExecuteSQLOp(sqltext, execution_options=execution_options, params=params))


class BatchDataOperations(BatchBase):
    """What ``batch_op.`` offers for data."""

    def execute(
        self,
        sqltext: Executable | str,
        *,
        execution_options: Mapping[str, Any] | None = None,
        params: Row | Sequence[Row] | None = None,
    ) -> None:
        """Execute SQL in order with the other operations of this block; parameters as for `op.execute`."""
        self.invoke(ExecuteSQLOp(sqltext, execution_options=execution_options, params=params))


@implementations.dispatch_for(BulkInsertOp)
def bulk_insert(operations: AbstractOperations, operation: BulkInsertOp) -> None:
    """Insert the rows."""
    operations.impl.bulk_insert(operation.table, operation.rows, multiinsert=operation.multiinsert)


@implementations.dispatch_for(ExecuteSQLOp)
def execute_sql(operations: AbstractOperations, operation: ExecuteSQLOp) -> None:
    """Execute the SQL."""
    from sqlalchemy import text

    statement, options = operation.sqltext, operation.execution_options
    if operation.params is None:
        operations.impl.execute(statement, execution_options=options)
        return
    statement = text(statement) if isinstance(statement, str) else statement
    operations.impl.execute(statement, execution_options=options, params=operation.params)
