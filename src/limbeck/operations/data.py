"""Data: insert rows, execute SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Executable
from sqlalchemy.sql.expression import TableClause

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_type
from .operation import Call, MigrateOperation, implementations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table


class BulkInsertOp(MigrateOperation):
    """Insert rows.

    :param table: the table, with at least the columns of the rows.
    :param rows: a dictionary each, by column name.
    :param multiinsert: send them all at once.
    """

    def __init__(self, table: Table | TableClause, rows: list[dict[str, Any]], *, multiinsert: bool = True) -> None:
        call = "op.bulk_insert"
        expect_type(call, "table", table, TableClause, "a table, from create_table() or sqlalchemy.table()")
        if not isinstance(rows, list):
            raise bad_call(call, f"List expected as 'rows', not {type(rows).__name__}")
        if rows and not isinstance(rows[0], dict):
            raise bad_call(call, f"List of dictionaries expected as 'rows', not of {type(rows[0]).__name__}")
        self.table = table
        self.rows = rows
        self.multiinsert = multiinsert

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("bulk_insert", Table, rows)``."""
        return ("bulk_insert", self.table, self.rows)

    def to_call(self, *, batch: bool = False) -> Call:
        """``bulk_insert(table, rows, multiinsert=)``."""
        return Call("bulk_insert", (self.table, self.rows), {} if self.multiinsert else {"multiinsert": False})


class ExecuteSQLOp(MigrateOperation):
    r"""Execute SQL.

    :param sqltext: a string, whose ``:name`` and ``%`` are sent as they are, or any SQLAlchemy statement.
    :param execution_options: options of the connection for this statement.
    :param params: values for the binds of the statement; with them, ``:name`` in a string is a bind.
    """

    def __init__(
        self,
        sqltext: Executable | str,
        *,
        execution_options: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        expect_type("op.execute", "sqltext", sqltext, (str, Executable), "a string or a SQLAlchemy statement")
        self.sqltext = sqltext
        self.execution_options = execution_options
        self.params = params

    def to_diff_tuple(self) -> tuple[str, Executable | str]:
        """``("execute", sqltext)``."""
        return ("execute", self.sqltext)

    def to_call(self, *, batch: bool = False) -> Call:
        """``execute(sqltext, execution_options=, params=)``."""
        options: dict[str, Any] = {}
        if self.execution_options:
            options["execution_options"] = dict(self.execution_options)
        if self.params is not None:
            options["params"] = self.params
        return Call("execute", (self.sqltext,), options)


class BatchDataOperations(BatchBase):
    """What ``batch_op.`` offers for data."""

    def execute(
        self,
        sqltext: Executable | str,
        *,
        execution_options: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Execute SQL, in its place among the operations of this block; parameters as for `op.execute`."""
        self.invoke(ExecuteSQLOp(sqltext, execution_options=execution_options, params=params))


class DataOperations(AbstractOperations):
    """What ``op.`` offers for data."""

    def bulk_insert(self, table: Table | TableClause, rows: list[dict[str, Any]], *, multiinsert: bool = True) -> None:
        """Insert rows.

        :param table: what `op.create_table` returned, or ``sqlalchemy.table("t", column("a"), ...)``.
        :param rows: a dictionary each, by column name.
        :param multiinsert: send them all at once; False sends one INSERT a row, which `op.inline_literal` needs.
        :raises TypeError: ``rows`` is no list of dictionaries.
        """
        self.invoke(BulkInsertOp(table, rows, multiinsert=multiinsert))

    def execute(
        self,
        sqltext: Executable | str,
        *,
        execution_options: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        r"""Execute SQL; nothing is returned, for which `op.get_bind` is there.

        :param sqltext: a string, sent as it is: ``:name`` and ``%`` are no binds (``\:`` means a colon, as in older
            scripts); or any SQLAlchemy statement.
        :param execution_options: options of the connection for this statement.
        :param params: values for binds; with them, ``:name`` in a string is a bind.
        """
        self.invoke(ExecuteSQLOp(sqltext, execution_options=execution_options, params=params))


@implementations.dispatch_for(BulkInsertOp)
def bulk_insert(operations: AbstractOperations, operation: BulkInsertOp) -> None:
    """Insert the rows."""
    operations.impl.bulk_insert(operation.table, operation.rows, multiinsert=operation.multiinsert)


@implementations.dispatch_for(ExecuteSQLOp)
def execute_sql(operations: AbstractOperations, operation: ExecuteSQLOp) -> None:
    """Execute the SQL."""
    from sqlalchemy import text

    statement = operation.sqltext
    if operation.params is None:
        operations.impl.execute(statement, execution_options=operation.execution_options)
        return
    statement = text(statement) if isinstance(statement, str) else statement
    many = isinstance(operation.params, list | tuple)
    operations.impl._exec(
        statement,
        execution_options=operation.execution_options,
        multiparams=operation.params if many else None,
        params={} if many else operation.params,
    )
