"""The DDL elements in the SQL of MySQL and MariaDB, and those that only they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DropConstraint

from limbeck.ddl.base import (
    AddColumn,
    AlterColumn,
    AlterTable,
    ColumnDefault,
    ColumnName,
    ColumnNullable,
    ColumnType,
    RenameTable,
    alter_table,
    as_type,
    format_column_name,
    format_server_default,
    format_table_name,
    format_type,
)
from limbeck.ddl.unsupported import unsupported

from .column_state import specification

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler

NO_SINGLE = "Individual alter column constructs not supported by MySQL"


class MySQLAlterDefault(AlterColumn):
    """``ALTER COLUMN ... SET DEFAULT``; None is ``DROP DEFAULT``."""

    def __init__(self, name: str, column_name: str, default: Any, schema: str | None = None) -> None:
        super().__init__(name, column_name, schema=schema)
        self.default = default


class MySQLChangeColumn(AlterColumn):
    """``CHANGE``: the column restated under a new name.

    :param newname: its new name; None in `MySQLModifyColumn`.
    :param type_: its new type.
    :param nullable: whether it takes NULL.
    :param default: its new default; False and None for none.
    :param autoincrement: whether it has AUTO_INCREMENT.
    :param comment: its new comment.
    :param kept: the existing column and the change, if all else of it is to be kept; None: only what is given here.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | None = None,
        newname: str | None = None,
        type_: Any = None,
        nullable: bool | None = None,
        default: Any = False,
        autoincrement: bool | None = None,
        comment: str | bool | None = False,
        kept: Any = None,
    ) -> None:
        super().__init__(name, column_name, schema=schema)
        self.newname = newname
        self.nullable = nullable
        self.default = default
        self.autoincrement = autoincrement
        self.comment = comment
        self.type_ = as_type(type_)
        self.kept = kept


class MySQLModifyColumn(MySQLChangeColumn):
    """``MODIFY``: the column restated under its name."""


class AddColumnAndChecks(AlterTable):
    """``ADD COLUMN`` and the column's named checks, in one statement.

    :param added: the column's part.
    :param checks: its named checks.
    """

    def __init__(self, added: AddColumn, checks: list[sa.CheckConstraint]) -> None:
        super().__init__(added.table_name, schema=added.schema)
        self.added = added
        self.checks = checks


@compiles(AddColumnAndChecks, "mysql", "mariadb")
def visit_add_column_and_checks(element: AddColumnAndChecks, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    condition = "CONSTRAINT IF NOT EXISTS " if element.added.if_not_exists else "CONSTRAINT "
    checks = [compiler.process(check).replace("CONSTRAINT ", condition, 1) for check in element.checks]
    return ", ADD ".join([compiler.process(element.added, **kw), *checks])


@compiles(RenameTable, "mysql", "mariadb")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL; without a schema in the new name the table would move to the session's database."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, element.schema)}"


@compiles(ColumnNullable, "mysql", "mariadb")
@compiles(ColumnName, "mysql", "mariadb")
@compiles(ColumnDefault, "mysql", "mariadb")
@compiles(ColumnType, "mysql", "mariadb")
def visit_single(element: AlterColumn, compiler: DDLCompiler, **kw: object) -> str:
    """Raises `NotImplementedError`: a column is restated as a whole."""
    raise NotImplementedError(NO_SINGLE)


@compiles(MySQLAlterDefault, "mysql", "mariadb")
def visit_alter_default(element: MySQLAlterDefault, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    change = (
        "DROP DEFAULT" if element.default is None else f"SET DEFAULT {format_server_default(compiler, element.default)}"
    )
    return f"{table} ALTER COLUMN {format_column_name(compiler, element.column_name)} {change}"


@compiles(MySQLModifyColumn, "mysql", "mariadb")
def visit_modify_column(element: MySQLModifyColumn, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} MODIFY {format_column_name(compiler, element.column_name)} {_specification(element, compiler)}"


@compiles(MySQLChangeColumn, "mysql", "mariadb")
def visit_change_column(element: MySQLChangeColumn, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (
        format_column_name(compiler, name) for name in (element.column_name, element.newname or element.column_name)
    )
    return f"{table} CHANGE {old} {new} {_specification(element, compiler)}"


def _specification(element: MySQLChangeColumn, compiler: DDLCompiler) -> str:
    if element.kept is not None:
        live, change = element.kept
        stated = element.default if change.changes("server_default") else None
        return specification(
            live,
            change,
            None if stated is None else format_server_default(compiler, stated),
            old=element.column_name,
            new=element.newname or element.column_name,
            compiler=compiler,
        )
    parts = [format_type(compiler, element.type_), "NULL" if element.nullable else "NOT NULL"]
    if element.autoincrement:
        parts.append("AUTO_INCREMENT")
    if element.default is not False and element.default is not None:
        parts.append(f"DEFAULT {_default(element.default, compiler)}")
    if element.comment is not None and element.comment is not False:
        parts.append(f"COMMENT {compiler.render_default_string(str(element.comment))}")
    return " ".join(parts)


def _default(default: object, compiler: DDLCompiler) -> str:
    """What stands after DEFAULT; generated columns and identities have nothing that could."""
    text = format_server_default(compiler, default)
    if not text:
        raise unsupported(
            NO_SINGLE,
            code="default-not-restated",
            hint=f"{type(default).__name__} is no DEFAULT: write the whole column by op.execute(), or use "
            "edition = 2026, which keeps what the column has",
        )
    return text


@compiles(DropConstraint, "mysql", "mariadb")
def visit_drop_constraint(element: DropConstraint, compiler: DDLCompiler, **kw: object) -> str:
    """``DROP FOREIGN KEY | PRIMARY KEY | INDEX | CHECK | CONSTRAINT``, by the kind of constraint."""
    constraint = element.element
    table = f"ALTER TABLE {compiler.preparer.format_table(constraint.table)}"
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        return f"{table} DROP PRIMARY KEY"
    if isinstance(constraint, sa.ForeignKeyConstraint):
        word = "FOREIGN KEY"
    elif isinstance(constraint, sa.UniqueConstraint):
        word = "INDEX"
    else:
        word = "CONSTRAINT" if getattr(compiler.dialect, "is_mariadb", False) else "CHECK"
    condition = "IF EXISTS " if element.if_exists else ""
    return f"{table} DROP {word} {condition}{compiler.preparer.format_constraint(constraint)}"
