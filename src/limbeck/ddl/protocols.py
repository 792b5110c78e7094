"""What modules of this package below the impl need of it: small Protocols in place of an import of `DefaultImpl`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy import Executable
    from sqlalchemy.engine import Connection, Dialect, Inspector
    from sqlalchemy.types import TypeEngine

    from .comparison_result import ComparisonResult


class ComparesConstraints(Protocol):
    """Compares indexes and constraints of the models with those of the database."""

    dialect: Dialect
    usual_actions: frozenset[str]

    @property
    def default_schema(self) -> str | None:
        """The schema that is meant where none is named."""
        ...

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        """How two indexes of one name compare."""
        ...

    def compare_unique_constraint(
        self, metadata_constraint: sa.UniqueConstraint, reflected_constraint: sa.UniqueConstraint
    ) -> ComparisonResult:
        """How two unique constraints of one name compare."""
        ...


class ComparesIdentities(Protocol):
    """Tells which options of two identities differ."""

    def _compare_identity_default(
        self, metadata_identity: sa.Identity | None, inspector_identity: sa.Identity | None
    ) -> tuple[set[str], set[str], bool]: ...


class CastsColumns(Protocol):
    """Says how a rebuild of a table copies a column that gets another type."""

    dialect: Dialect

    @property
    def edition(self) -> int | None:
        """The edition of the environment."""
        ...

    def cast_for_batch_migrate(
        self, existing: sa.Column[Any], existing_transfer: dict[str, Any], new_type: TypeEngine[Any]
    ) -> None:
        """Set ``existing_transfer["expr"]`` to the expression that gives the new value."""
        ...


class RebuildsTables(CastsColumns, Protocol):
    """Executes the steps of a rebuild."""

    as_sql: bool
    transactional_ddl: bool

    def require_connection(self, what: str) -> Connection:
        """The connection; raises `CommandError` where there is none."""
        ...

    def execute(self, sql: Executable | str) -> None:
        """Run one statement."""
        ...

    def create_table(self, table: sa.Table) -> None:
        """Create a table with its indexes."""
        ...

    def drop_table(self, table: sa.Table, *, if_exists: bool = False) -> None:
        """Drop a table."""
        ...

    def rename_table(self, old_table_name: str, new_table_name: str, schema: str | None = None) -> None:
        """Give a table another name in the same schema."""
        ...

    def create_index(self, index: sa.Index) -> None:
        """Create an index."""
        ...

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, object]) -> None:
        """Change what was reflected of a column so that it can be written again."""
        ...

    def prep_table_for_batch(self, batch_impl: object, table: sa.Table) -> None:
        """Called with the old table before its copy is created."""
        ...
