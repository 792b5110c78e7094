"""Microsoft SQL Server: sp_rename, defaults that are constraints, comments that are extended properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import ColumnDefault, ColumnNullable, ColumnType
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.unsupported import unsupported
from limbeck.errors import warn

from .compare import MSSQLComparison
from .elements import DropUnnamedConstraint, Guarded
from .elements import (
    visit_add_column as visit_add_column,
)
from .elements import (
    visit_column_comment as visit_column_comment,
)
from .elements import (
    visit_column_default as visit_column_default,
)
from .elements import (
    visit_column_name as visit_column_name,
)
from .elements import (
    visit_column_nullable as visit_column_nullable,
)
from .elements import (
    visit_column_type as visit_column_type,
)
from .elements import (
    visit_rename_table as visit_rename_table,
)
from .session import MSSQLSession

if TYPE_CHECKING:
    import sqlalchemy as sa

    from limbeck.ddl.base import AddColumn

NO_TYPE = "MS-SQL ALTER COLUMN operations with NULL or NOT NULL require the existing_type or a new type_ be passed."
NO_NULLABLE = (
    "MS-SQL ALTER COLUMN operations that specify type_= should also specify a nullable= or existing_nullable= argument "
    "to avoid implicit conversion of NOT NULL columns to NULL."
)


class MSSQLImpl(MSSQLComparison, MSSQLSession, DefaultImpl):
    """The impl of Microsoft SQL Server."""

    __dialect__ = "mssql"

    transactional_ddl = True
    batch_separator = "GO"
    type_synonyms = (*DefaultImpl.type_synonyms, {"VARCHAR", "NVARCHAR"})
    identity_attrs_ignore = (
        *DefaultImpl.identity_attrs_ignore,
        "minvalue",
        "maxvalue",
        "nominvalue",
        "nomaxvalue",
        "cycle",
        "cache",
    )
    index_needs_table: ClassVar[bool] = True
    foreign_key_options: ClassVar[tuple[str, ...]] = ()
    names_of_schema: ClassVar[frozenset[str]] = frozenset({"unique", "primarykey", "foreignkey"})
    # by a condition before the statement: see Guarded
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table", "index", "column"})

    # -- primitives ------------------------------------------------------------------------------------------------

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.batch_separator = self.context_opts.get("mssql_batch_separator", self.batch_separator) or ""
        if self._script is not None and self._script.dialect.default_schema_name is None:
            self._script.dialect.default_schema_name = "dbo"  # comments want a schema by name

    def emit_begin(self) -> None:
        """Write the start of a transaction into the script."""
        self.static_output("BEGIN TRANSACTION" + self.command_terminator)

    def emit_commit(self) -> None:
        """Write the end of a transaction, and the batch separator, into the script."""
        self._write_statement("COMMIT" + self.command_terminator)

    def change_column(self, change: ColumnChange) -> None:
        """As the default's; one ALTER COLUMN sets type and nullability; a default is dropped before it is replaced.

        :raises CommandError: nullability changes and no type is known.
        """
        default, existing_default = change.new.server_default, change.existing.server_default
        if change.changes("server_default"):
            self._check_generated(default, existing_default)
            if default is None or existing_default is not NOT_GIVEN:
                self._exec(DropUnnamedConstraint("default", change.table_name, change.column_name, change.schema))
        if change.changes("type", "nullable"):
            self._restate_type(change)
        rest = change.without("type", "nullable", "server_default")
        super().change_column(rest.without("name"))
        if change.changes("server_default") and default is not None:
            self._exec(change.element(ColumnDefault, default))
        super().change_column(rest.without("comment"))

    def _restate_type(self, change: ColumnChange) -> None:
        """One ALTER COLUMN with type and nullability."""
        type_, nullable = change.result.type, change.result.nullable
        if type_ is NOT_GIVEN:
            raise unsupported(
                NO_TYPE, code="mssql-needs-type", hint="give existing_type=, the type that the column has now"
            )
        if nullable is NOT_GIVEN:
            file, line = caller()
            warn(NO_NULLABLE, code="mssql-nullable-unknown", file=file, line=line)
            self._exec(change.element(ColumnType, type_))
        else:
            self._exec(change.known(type=type_).element(ColumnNullable, nullable))

    def _add_column_statement(self, element: AddColumn) -> Any:
        if not element.if_not_exists:
            return element
        return Guarded(element, "column", element.table_name, element.schema, element.column.name)

    def drop_column(
        self,
        table_name: str,
        column: sa.Column[Any],
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """As the default's; first drops the constraints whose names only the catalogue knows.

        :param mssql_drop_default: (keyword) drop the column's default first.
        :param mssql_drop_check: (keyword) drop its check first.
        :param mssql_drop_foreign_key: (keyword) drop its foreign key first.
        """
        for kind in ("default", "check", "foreign_key"):
            if kw.pop(f"mssql_drop_{kind}", False):
                self._exec(DropUnnamedConstraint(kind, table_name, column.name, schema))
        super().drop_column(table_name, column, schema=schema, if_exists=if_exists, **kw)

    def _create_table_statement(self, table: sa.Table, kw: dict[str, Any]) -> Any:
        guarded = kw.pop("if_not_exists", False)
        element = super()._create_table_statement(table, kw)
        return Guarded(element, "table", table.name, table.schema) if guarded else element

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """As the default's; columns of ``mssql_include`` may be given by name."""
        sqla.add_missing_columns(index, index.dialect_options["mssql"]["include"] or ())
        super().create_index(index, **kw)

    def _create_index_statement(self, index: sa.Index, kw: dict[str, Any]) -> Any:
        guarded = kw.pop("if_not_exists", False)
        element = super()._create_index_statement(index, kw)
        if not guarded:
            return element
        table = sqla.table_of_index(index)
        return Guarded(element, "index", table.name, table.schema, sqla.constraint_name(index, self.dialect))

    def bulk_insert(self, table: Any, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """As the default's; in a script keys may be given for IDENTITY columns."""
        if not self.as_sql or not rows:
            super().bulk_insert(table, rows, multiinsert)
            return
        name = self.dialect.identifier_preparer.format_table(table)
        self._exec(f"SET IDENTITY_INSERT {name} ON")
        super().bulk_insert(table, rows, multiinsert)
        self._exec(f"SET IDENTITY_INSERT {name} OFF")
