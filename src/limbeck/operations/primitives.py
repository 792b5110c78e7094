"""What operations are carried out by: an impl, or in a batch the collector in front of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Constraint, Executable, Index, Table
    from sqlalchemy import Sequence as SequenceObject
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.expression import TableClause

    Row = Mapping[str, Any]


class Primitives(Protocol):
    """The statements, or groups of statements, that an operation consists of.

    `limbeck.ddl.impl.DefaultImpl` has the parameters of each.
    """

    @property
    def dialect(self) -> Dialect:
        """SQLAlchemy's dialect."""
        ...

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column, without its constraints and indexes, but for those that are to be inline."""
        ...

    def alter_column(self, table_name: str, column_name: str, **keywords: Any) -> None:
        """Change a column; keywords as for `limbeck.ddl.impl.DefaultImpl.alter_column`."""
        ...

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column."""
        ...

    def create_column_comment(self, column: Column[Any]) -> None:
        """Set the comment of a column."""
        ...

    def add_constraint(self, const: Constraint, **kw: Any) -> None:
        """Add a constraint to its table."""
        ...

    def drop_constraint(self, const: Constraint, **kw: Any) -> None:
        """Drop a constraint of its table."""
        ...

    def create_table(self, table: Table, **kw: Any) -> None:
        """Create a table with its indexes and comments."""
        ...

    def drop_table(self, table: Table, **kw: Any) -> None:
        """Drop a table."""
        ...

    def rename_table(self, old_table_name: str, new_table_name: str, schema: str | None = None) -> None:
        """Rename a table."""
        ...

    def create_table_comment(self, table: Table) -> None:
        """Set the comment that the table carries."""
        ...

    def drop_table_comment(self, table: Table) -> None:
        """Drop the comment of a table."""
        ...

    def create_index(self, index: Index, **kw: Any) -> None:
        """Create an index."""
        ...

    def drop_index(self, index: Index, **kw: Any) -> None:
        """Drop an index."""
        ...

    def create_sequence(self, sequence: SequenceObject, *, owned_by: tuple[str, str] | None = None) -> None:
        """Create a sequence; ``owned_by`` is a table and its column."""
        ...

    def alter_sequence(self, sequence: SequenceObject) -> None:
        """Give a sequence the options that it carries."""
        ...

    def drop_sequence(self, sequence: SequenceObject) -> None:
        """Drop a sequence."""
        ...

    def bulk_insert(self, table: TableClause, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """Insert rows."""
        ...

    def execute(
        self,
        sql: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        params: Row | Sequence[Row] | None = None,
    ) -> None:
        """Execute a statement."""
        ...


class CollectsChanges(Primitives, Protocol):
    """The collector of a batch, which carries everything out when the block ends.

    :ivar table_name: the table of the block.
    :ivar schema: its schema.
    """

    table_name: str
    schema: str | None

    def set_table_options(self, options: Mapping[str, Any]) -> None:
        """Rebuild the table with other options."""
        ...
