"""Oracle: MODIFY instead of ALTER COLUMN, ``/`` after each statement of a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.ext.compiler import compiles

from limbeck import sqla
from limbeck.ddl.base import (
    AddColumn,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    IdentityColumnDefault,
    RenameTable,
    alter_table,
    column_line,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
)
from limbeck.ddl.comparison_result import bare_default
from limbeck.ddl.impl import DefaultImpl

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.sql.compiler import DDLCompiler


class OracleImpl(DefaultImpl):
    """The impl of Oracle."""

    __dialect__ = "oracle"

    transactional_ddl = False
    batch_separator = "/"
    command_terminator = ""
    type_synonyms = (
        *DefaultImpl.type_synonyms,
        {"VARCHAR", "VARCHAR2"},
        {"BIGINT", "INTEGER", "SMALLINT", "DECIMAL", "NUMERIC", "NUMBER"},
        {"DOUBLE", "FLOAT", "DOUBLE_PRECISION"},
    )
    identity_attrs_ignore = ()
    alters_identity: ClassVar[bool] = True
    foreign_key_options: ClassVar[tuple[str, ...]] = ("deferrable", "initially")
    names_of_schema: ClassVar[frozenset[str]] = frozenset({"index", "unique", "primarykey", "foreignkey"})
    # Oracle 23ai knows IF [NOT] EXISTS for tables and indexes, SQLAlchemy writes it for CREATE TABLE and both DROPs
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})

    # -- primitives ------------------------------------------------------------------------------------------------

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.batch_separator = self.context_opts.get("oracle_batch_separator", self.batch_separator) or ""

    def emit_begin(self) -> None:
        """Write the start of a transaction into the script."""
        self._write_statement("SET TRANSACTION READ WRITE")

    def emit_commit(self) -> None:
        """Write the end of a transaction into the script."""
        self._write_statement("COMMIT")

    # -- sessions --------------------------------------------------------------------------------------------------

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} MODIFY version_num VARCHAR2({max(length, 255)})"

    # -- compare ---------------------------------------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, outer parentheses and quotes left out."""
        return bare_default(rendered_metadata_default) != bare_default(rendered_inspector_default)


# -- compile -------------------------------------------------------------------------------------------------------


@compiles(RenameTable, "oracle")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, None)}"


@compiles(AddColumn, "oracle")
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL; inline checks and references included."""
    line = column_line(compiler, element.column, element.inline_references, element.inline_primary_key, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} ADD {line}"


@compiles(ColumnNullable, "oracle")
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    return f"{_modify(element, compiler)} {'NULL' if element.nullable else 'NOT NULL'}"


@compiles(ColumnType, "oracle")
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    return f"{_modify(element, compiler)} {format_type(compiler, element.type_)}"


@compiles(ColumnName, "oracle")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"{table} RENAME COLUMN {old} TO {new}"


@compiles(ColumnDefault, "oracle")
def visit_column_default(element: ColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL; a default is taken away by DEFAULT NULL."""
    default = "NULL" if element.default is None else format_server_default(compiler, element.default)
    return f"{_modify(element, compiler)} DEFAULT {default}"


@compiles(ColumnComment, "oracle")
def visit_column_comment(element: ColumnComment, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL; a comment is taken away by an empty one."""
    table = format_table_name(compiler, element.table_name, element.schema)
    column = format_column_name(compiler, element.column_name)
    comment = compiler.render_default_string(element.comment or "")
    return f"COMMENT ON COLUMN {table}.{column} IS {comment}"


@compiles(IdentityColumnDefault, "oracle")
def visit_identity_column(element: IdentityColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL: Oracle restates an identity as a whole."""
    change = "DROP IDENTITY" if element.default is None else sqla.identity_clause(compiler, element.default)
    return f"{_modify(element, compiler)} {change}"


def _modify(element: ColumnNullable | ColumnType | ColumnDefault | IdentityColumnDefault, compiler: DDLCompiler) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} MODIFY {format_column_name(compiler, element.column_name)}"
