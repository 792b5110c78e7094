"""What SQLAlchemy does not reflect of what is dropped: with it, the downgrade creates the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, text

from limbeck import sqla
from limbeck.operations.ops import DropColumnOp, DropTableOp, MigrateOperation

from .edits import changed, each_changed

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.ddl.schema_facts import SchemaFacts
    from limbeck.sqla import AnyColumn

    from .edits import Operations
    from .facts import Facts


def complete_drops(operations: Operations, facts: Facts) -> Operations:
    """Give drops of tables and columns those options and defaults of the catalogue that are not reflected."""
    if facts.connection is None:
        return operations
    completion = _Completion(facts.impl, facts.connection)
    return each_changed(operations, completion.completed)


class _Completion:
    """Completes drops.

    :param impl: knows what is not reflected. :param connection: the database, which still has what is dropped.
    """

    def __init__(self, impl: SchemaFacts, connection: Connection) -> None:
        self._impl = impl
        self._connection = connection

    def completed(self, operation: MigrateOperation) -> MigrateOperation:
        if isinstance(operation, DropTableOp):
            return self._completed_table(operation)
        if isinstance(operation, DropColumnOp) and operation.creation is not None:
            column = self._completed_column(operation.creation.column, operation)
            return changed(operation, creation=changed(operation.creation, column=column))
        return operation

    def _completed_table(self, drop: DropTableOp) -> DropTableOp:
        options = self._impl.unreflected_options(self._connection, drop.table_name, drop.schema)
        creation = drop.creation
        if creation is not None:
            items = [
                self._completed_column(item, drop) if isinstance(item, Column) else item for item in creation.columns
            ]
            creation = changed(creation, columns=items)
        return changed(drop, table_kw={**drop.table_kw, **options}, creation=creation)

    def _completed_column(self, column: AnyColumn, drop: DropTableOp | DropColumnOp) -> AnyColumn:
        """The column, or a copy with the default that was not reflected."""
        if column.server_default is not None:
            return column
        default = self._impl.unreflected_default(self._connection, column, drop.table_name, drop.schema)
        if default is None:
            return column
        twin = sqla.copy_column(column)
        sqla.set_server_default(twin, text(default))
        return twin
