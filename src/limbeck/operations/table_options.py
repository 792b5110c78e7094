"""Options of tables: how a table is stored."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from limbeck.errors import CommandError

from .abstract import AbstractOperations, BatchBase
from .arguments import caller
from .call import Call, given
from .operation import AlterTableOp, implementations, operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@operation("alter_table_options", in_batch=True)
class AlterTableOptionsOp(AlterTableOp):
    """Change options of a table.

    :param table_name: the table.
    :param options: new values by the names that `sqlalchemy.Table` has for them (``mysql_engine``,
        ``postgresql_with``), and ``postgresql_unlogged``; None is the database's default.
    :param schema: the table's schema.
    :param existing: the present values, so that the operation can be reversed.
    """

    options: Mapping[str, Any]
    _: KW_ONLY
    existing: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.options = dict(self.options)
        self.existing = None if self.existing is None else dict(self.existing)

    def reverse(self) -> AlterTableOptionsOp:
        """The change back to the existing options.

        :raises ValueError: they are not known.
        """
        if self.existing is None:
            raise ValueError("operation is not reversible; the existing options are not present")
        back = {name: self.existing.get(name) for name in self.options}
        return AlterTableOptionsOp(self.table_name, back, schema=self.schema, existing=self.options)

    def changes_collation(self) -> bool:
        """Whether the table's character set or collation changes, which its columns have unless they name another."""
        return any(name.endswith(("_charset", "_collate", "_character_set", "_collation")) for name in self.options)

    def to_diff_tuple(self) -> tuple[object, ...]:
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


@runtime_checkable
class TableOptionPrimitives(Protocol):
    """An impl whose database changes options of a table in place."""

    def table_option_statements(
        self, table: str, schema: str | None, options: Mapping[str, Any], existing: Mapping[str, Any]
    ) -> Iterable[str]:
        """The statements that do so."""
        ...


@implementations.dispatch_for(AlterTableOptionsOp)
def alter_table_options(operations: AbstractOperations, operation: AlterTableOptionsOp) -> None:
    """Execute the statements of the dialect; where it has none, a batch rebuilds the table.

    :raises CommandError: the dialect has none, and there is no batch.
    """
    table, options, existing = operation.table_name, operation.options, operation.existing or {}
    dialect_impl = operations.migration_context.impl
    if isinstance(dialect_impl, TableOptionPrimitives):
        for statement in dialect_impl.table_option_statements(table, operation.schema, options, existing):
            operations.impl.execute(statement)
    elif isinstance(operations, BatchBase):
        operations.impl.set_table_options(options)
    else:
        file, line = caller()
        raise CommandError(
            f"{operation.call}(): {dialect_impl.dialect.name} cannot change how a table is stored",
            code="no-table-options",
            hint="create a new table, copy the rows, drop the old table, rename the new one",
            file=file,
            line=line,
        )
