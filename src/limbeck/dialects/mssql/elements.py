"""The DDL elements in T-SQL, and those that only SQL Server has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from limbeck.ddl.base import (
    AddColumn,
    AlterColumn,
    ColumnComment,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    RenameTable,
    alter_column,
    alter_table,
    column_line,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
)

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


class Guarded(ExecutableDDLElement):
    """A CREATE or ADD under the condition that the object does not exist, which T-SQL has before the statement.

    :param element: the statement.
    :param kind: table, index or column.
    :param table: the table's name.
    :param schema: its schema.
    :param name: name of the index or column.
    """

    inherit_cache = False

    def __init__(self, element: Any, kind: str, table: str, schema: str | None, name: str | None = None) -> None:
        self.element = element
        self.kind = kind
        self.table = table
        self.schema = schema
        self.name = name


class DropUnnamedConstraint(ExecutableDDLElement):
    """Look up a constraint of one column in the catalogue, and drop it.

    :param kind: default, check or foreign_key.
    :param table: the table's name.
    :param column: the column's.
    :param schema: the table's schema.
    """

    inherit_cache = False

    def __init__(self, kind: str, table: str, column: str, schema: str | None) -> None:
        self.kind = kind
        self.table = table
        self.column = column
        self.schema = schema


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _object(compiler: DDLCompiler, table: str, schema: str | None) -> str:
    """The table as a string for ``object_id()``."""
    return _string(format_table_name(compiler, table, schema))


@compiles(Guarded, "mssql")
def visit_guarded(element: Guarded, compiler: DDLCompiler, **kw: object) -> str:
    """``IF <it does not exist>`` and the statement."""
    table = _object(compiler, element.table, element.schema)
    missing = {
        "table": f"OBJECT_ID({table}) IS NULL",
        "column": f"COL_LENGTH({table}, {_string(element.name or '')}) IS NULL",
        "index": f"INDEXPROPERTY(OBJECT_ID({table}), {_string(element.name or '')}, 'IndexID') IS NULL",
    }
    return f"IF {missing[element.kind]}\n{compiler.process(element.element, **kw).strip()}"


@compiles(DropUnnamedConstraint, "mssql")
def visit_drop_unnamed_constraint(element: DropUnnamedConstraint, compiler: DDLCompiler, **kw: object) -> str:
    """One batch that looks up the name and drops the constraint."""
    table = format_table_name(compiler, element.table, element.schema)
    if element.kind == "foreign_key":
        source = (
            "from\nsys.foreign_keys fk join sys.foreign_key_columns fkc\non fk.object_id=fkc.constraint_object_id\n"
        )
        prefix = "fkc."
    else:
        source, prefix = f"from sys.{element.kind}_constraints\n", ""
    return (
        "declare @const_name varchar(256)\n"
        f"select @const_name = QUOTENAME([name]) {source}"
        f"where {prefix}parent_object_id = object_id({_string(table)})\n"
        f"and col_name({prefix}parent_object_id, {prefix}parent_column_id) = {_string(element.column)}\n"
        f"exec({_string(f'alter table {table} drop constraint ')} + @const_name)"
    )


@compiles(AddColumn, "mssql")
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL; inline checks and references included."""
    line = column_line(compiler, element.column, element.inline_references, element.inline_primary_key, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} ADD {line}"


@compiles(ColumnDefault, "mssql")
def visit_column_default(element: ColumnDefault, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    default = format_server_default(compiler, element.default)
    return f"{table} ADD DEFAULT {default} FOR {format_column_name(compiler, element.column_name)}"


@compiles(ColumnName, "mssql")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = format_table_name(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"EXEC sp_rename {_string(f'{table}.{old}')}, {new}, 'COLUMN'"


@compiles(RenameTable, "mssql")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    new = format_table_name(compiler, element.new_table_name, None)
    return f"EXEC sp_rename {_object(compiler, element.table_name, element.schema)}, {new}"


@compiles(ColumnNullable, "mssql")
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL: T-SQL restates the type."""
    type_ = format_type(compiler, element.existing_type)
    return f"{_altered(element, compiler)} {type_} {'NULL' if element.nullable else 'NOT NULL'}"


@compiles(ColumnType, "mssql")
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    return f"{_altered(element, compiler)} {format_type(compiler, element.type_)}"


@compiles(ColumnComment, "mssql")
def visit_column_comment(element: ColumnComment, compiler: DDLCompiler, **kw: object) -> str:
    """The procedure that adds, updates or drops the extended property that is the comment."""
    quote = compiler.preparer.quote
    schema = element.schema or compiler.dialect.default_schema_name or "dbo"
    verb = "drop" if element.comment is None else "update" if element.existing_comment is not None else "add"
    value = "" if element.comment is None else f"N{_string(element.comment)}, "
    return (
        f"exec sp_{verb}extendedproperty 'MS_Description', {value}'schema', {quote(schema)}, "
        f"'table', {quote(element.table_name)}, 'column', {quote(element.column_name)}"
    )


def _altered(element: AlterColumn, compiler: DDLCompiler) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)}"
