"""Microsoft SQL Server: sp_rename, defaults as constraints with names of their own, extended properties as comments."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from limbeck import sqla
from limbeck.call_site import caller
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
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.locking import SessionLock
from limbeck.errors import warn

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.compiler import DDLCompiler

NO_TYPE = "MS-SQL ALTER COLUMN operations with NULL or NOT NULL require the existing_type or a new type_ be passed."
NO_NULLABLE = (
    "MS-SQL ALTER COLUMN operations that specify type_= should also specify a nullable= or existing_nullable= argument "
    "to avoid implicit conversion of NOT NULL columns to NULL."
)


class MSSQLImpl(DefaultImpl):
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
    # IF NOT EXISTS is said by a condition before the statement; see Guarded
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
            if default is None or not (existing_default is None or existing_default is NOT_GIVEN):
                self._exec(DropUnnamedConstraint("default", change.table_name, change.column_name, change.schema))
        if change.changes("type", "nullable"):
            self._restate_type(change)
        if change.changes("server_default") and default is not None:
            self._exec(change.element(ColumnDefault, default))
        super().change_column(change.without("type", "nullable", "server_default"))

    def _restate_type(self, change: ColumnChange) -> None:
        """One ALTER COLUMN with type and nullability."""
        type_, nullable = change.result.type, change.result.nullable
        if type_ is NOT_GIVEN:
            raise self._refuse(
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
        """As the default's; columns of ``mssql_include`` may be names alone."""
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

    # -- sessions --------------------------------------------------------------------------------------------------

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """Database and schema of the session."""
        database, own = connection.execute(sa.text("SELECT DB_NAME(), SCHEMA_NAME()")).one()
        return database, schema or own

    def run_lock(self, connection: Connection, scope: str) -> SessionLock:
        """An application lock of the session (Transact-SQL reference, sp_getapplock)."""
        name = f"N'limbeck:{sha256(scope.encode()).hexdigest()}'"
        return SessionLock(
            acquire="DECLARE @got int; EXEC @got = sp_getapplock @Resource = " + name + ", @LockMode = 'Exclusive', "
            "@LockOwner = 'Session', @LockTimeout = 0; SELECT CASE WHEN @got >= 0 THEN 1 ELSE 0 END",
            release=f"EXEC sp_releaseapplock @Resource = {name}, @LockOwner = 'Session'",
            holder="SELECT TOP 1 CONCAT('session ', s.session_id, ' of ', s.login_name, ' from ', s.host_name, "
            "' since ', s.login_time) FROM sys.dm_tran_locks l "
            "JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id "
            "WHERE l.resource_type = 'APPLICATION' AND l.request_status = 'GRANT' AND l.resource_database_id = DB_ID()",
        )

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} ALTER COLUMN version_num VARCHAR({max(length, 255)}) NOT NULL"

    # -- compare ---------------------------------------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, without spaces, parentheses and quotes."""
        return _bare(rendered_metadata_default) != _bare(rendered_inspector_default)


def _bare(default: str | None) -> str | None:
    return None if default is None else re.sub(r"""[\s()'"]""", "", default)


# -- compile -------------------------------------------------------------------------------------------------------


class Guarded(ExecutableDDLElement):
    """A CREATE or ADD under the condition that the object is not there, which T-SQL says before the statement.

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
    """Finds a constraint of one column by the catalogue and drops it.

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
def visit_guarded(element: Guarded, compiler: DDLCompiler, **kw: Any) -> str:
    """``IF <not there>`` and the statement."""
    table = _object(compiler, element.table, element.schema)
    missing = {
        "table": f"OBJECT_ID({table}) IS NULL",
        "column": f"COL_LENGTH({table}, {_string(element.name or '')}) IS NULL",
        "index": f"INDEXPROPERTY(OBJECT_ID({table}), {_string(element.name or '')}, 'IndexID') IS NULL",
    }
    return f"IF {missing[element.kind]}\n{compiler.process(element.element, **kw).strip()}"


@compiles(DropUnnamedConstraint, "mssql")
def visit_drop_unnamed_constraint(element: DropUnnamedConstraint, compiler: DDLCompiler, **kw: Any) -> str:
    """One batch: look the name up, drop by it."""
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
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL; inline checks and references included."""
    line = column_line(compiler, element.column, element.inline_references, element.inline_primary_key, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} ADD {line}"


@compiles(ColumnDefault, "mssql")
def visit_column_default(element: ColumnDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    default = format_server_default(compiler, element.default)
    return f"{table} ADD DEFAULT {default} FOR {format_column_name(compiler, element.column_name)}"


@compiles(ColumnName, "mssql")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = format_table_name(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"EXEC sp_rename {_string(f'{table}.{old}')}, {new}, 'COLUMN'"


@compiles(RenameTable, "mssql")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    new = format_table_name(compiler, element.new_table_name, None)
    return f"EXEC sp_rename {_object(compiler, element.table_name, element.schema)}, {new}"


@compiles(ColumnNullable, "mssql")
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL: T-SQL restates the type."""
    type_ = format_type(compiler, element.existing_type)
    return f"{_altered(element, compiler)} {type_} {'NULL' if element.nullable else 'NOT NULL'}"


@compiles(ColumnType, "mssql")
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    return f"{_altered(element, compiler)} {format_type(compiler, element.type_)}"


@compiles(ColumnComment, "mssql")
def visit_column_comment(element: ColumnComment, compiler: DDLCompiler, **kw: Any) -> str:
    """A comment is an extended property: added, changed or dropped by a procedure each."""
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
