"""What a table says of itself beside columns and constraints: how it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.errors import CommandError

from .abstract import AbstractOperations, BatchBase
from .arguments import caller
from .operation import AlterTableOp, Call, given, implementations

if TYPE_CHECKING:
    from collections.abc import Mapping


class AlterTableOptionsOp(AlterTableOp):
    """Change options of a table.

    :param table_name: the table.
    :param options: new values by the names that `sqlalchemy.Table` has for them (``mysql_engine``,
        ``postgresql_with``), and ``postgresql_unlogged``; None is the database's default.
    :param schema: the table's schema.
    :param existing: the present values, so that the operation can be reversed.
    """

    def __init__(
        self,
        table_name: str,
        options: Mapping[str, Any],
        *,
        schema: str | None = None,
        existing: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(table_name, schema=schema)
        self.options = dict(options)
        self.existing = None if existing is None else dict(existing)

    def reverse(self) -> AlterTableOptionsOp:
        """The options that were there.

        :raises ValueError: they are not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing options are not present")
        back = {name: self.existing.get(name) for name in self.options}
        return AlterTableOptionsOp(self.table_name, back, schema=self.schema, existing=self.options)

    def recodes(self) -> bool:
        """Whether the collation changes that columns have unless they say another."""
        return any(name.endswith(("_charset", "_collate", "_character_set", "_collation")) for name in self.options)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """``("modify_table_options", schema, table, existing, new)``."""
        return ("modify_table_options", self.schema, self.table_name, self.existing, self.options)

    def to_call(self, *, batch: bool = False) -> Call:
        """``alter_table_options(table, {option: value}, existing=, schema=)``."""
        args = (self.options,) if batch else (self.table_name, self.options)
        return Call("alter_table_options", args, given(existing=self.existing, schema=None if batch else self.schema))


class TableOptionsOperations(AbstractOperations):
    """What ``op.`` offers for options of tables."""

    def alter_table_options(
        self,
        table_name: str,
        options: Mapping[str, Any],
        *,
        existing: Mapping[str, Any] | None = None,
        schema: str | None = None,
    ) -> None:
        """Change how a table is stored (PostgreSQL, MySQL, MariaDB; in a batch SQLite too).

        :param table_name: the table.
        :param options: new values: ``postgresql_with`` (a dictionary), ``postgresql_tablespace``, ``postgresql_using``,
            ``postgresql_unlogged`` (a bool); ``mysql_engine`` and all others that the server knows, ``mysql_`` before
            the name. None is the database's default.
        :param existing: the present values, for the operation's reverse; and, for ``postgresql_with``, what to reset.
        :param schema: the table's schema; default: the connection's own.
        """
        self.invoke(AlterTableOptionsOp(table_name, options, existing=existing, schema=schema))


class BatchTableOptionsOperations(BatchBase):
    """What ``batch_op.`` offers for options of tables."""

    def alter_table_options(self, options: Mapping[str, Any], *, existing: Mapping[str, Any] | None = None) -> None:
        """Change how the table of this block is stored; parameters as for `op.alter_table_options`."""
        self.invoke(AlterTableOptionsOp(self._table_name, options, existing=existing, schema=self._schema))


@implementations.dispatch_for(AlterTableOptionsOp)
def alter_table_options(operations: AbstractOperations, operation: AlterTableOptionsOp) -> None:
    """Send the statements of the dialect; raises `CommandError` where it has none."""
    impl: Any = getattr(operations.impl, "impl", operations.impl)
    if not hasattr(impl, "table_option_statements"):
        if hasattr(operations.impl, "set_table_options"):  # a batch, which makes the table anew
            operations.impl.set_table_options(operation.options)
            return
        file, line = caller()
        raise CommandError(
            f"op.alter_table_options(): {impl.dialect.name} cannot change how a table is stored",
            code="no-table-options",
            hint="make the table anew",
            file=file,
            line=line,
        )
    for statement in impl.table_option_statements(
        operation.table_name, operation.schema, operation.options, operation.existing or {}
    ):
        operations.impl.execute(statement)
