"""MySQL and MariaDB: a column is restated as a whole whenever one thing about it changes."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DropConstraint

from limbeck import sqla
from limbeck.ddl.base import (
    AlterColumn,
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
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.locking import SessionLock

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.types import TypeEngine

NO_TYPE = "All MySQL CHANGE/MODIFY COLUMN operations require the existing type."
NO_SINGLE = "Individual alter column constructs not supported by MySQL"
NO_DROP = "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type"


class MySQLImpl(DefaultImpl):
    """The impl of MySQL."""

    __dialect__ = "mysql"

    transactional_ddl = False
    type_synonyms = (*DefaultImpl.type_synonyms, {"BOOL", "TINYINT"}, {"JSON", "LONGTEXT"})
    type_arg_extract = (r"character set ([\w\-_]+)", r"collate ([\w\-_]+)")
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    index_needs_table: ClassVar[bool] = True

    # -- primitives ----------------------------------------------------------------------------------------------------

    def _says(self, word: str, kind: str) -> bool:
        """MariaDB has all conditions; a script for ``mysql`` may be meant for it, except where names of keys are given."""
        if self._is_mariadb:
            return True
        return kind == "table" or (self.as_sql and kind != "constraint")

    @property
    def _is_mariadb(self) -> bool:
        return bool(getattr(self.dialect, "is_mariadb", False))

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        server_default: Any = False,
        name: str | None = None,
        type_: TypeEngine[Any] | None = None,
        schema: str | None = None,
        autoincrement: bool | None = None,
        comment: str | None | bool = False,
        existing_comment: str | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_server_default: Any = False,
        existing_nullable: bool | None = None,
        existing_autoincrement: bool | None = None,
        **kw: Any,
    ) -> None:
        """CHANGE where the name changes, MODIFY where the specification does, else ALTER for the default alone (appendix B).

        Raises `CommandError` where the column must be restated and no type is known.
        """
        if server_default is not False:
            self._check_generated(server_default, existing_server_default)
        restated = any(given is not None for given in (nullable, type_, autoincrement)) or comment is not False
        functional = self._is_functional_default(existing_type if type_ is None else type_, server_default)
        if name is None and not functional and not restated:
            if server_default is not False:
                self._exec(MySQLAlterDefault(table_name, column_name, server_default, schema=schema))
            return
        facts = {
            "schema": schema,
            "type_": existing_type if type_ is None else type_,
            "nullable": _first_known(nullable, existing_nullable, True),
            "default": existing_server_default if server_default is False else server_default,
            "autoincrement": _first_known(autoincrement, existing_autoincrement, False),
            "comment": existing_comment if comment is False else comment,
        }
        if facts["type_"] is None:
            raise self._refuse(
                NO_TYPE, code="mysql-needs-type", hint="give existing_type=, the type that the column has now"
            )
        if name is not None or functional:
            self._exec(MySQLChangeColumn(table_name, column_name, newname=name or column_name, **facts))
        else:
            self._exec(MySQLModifyColumn(table_name, column_name, **facts))

    def _is_functional_default(self, type_: TypeEngine[Any] | None, server_default: Any) -> bool:
        """Whether the default may be a function, which only a restated date column takes on old servers."""
        return (
            type_ is not None
            and type_._type_affinity is sa.DateTime
            and server_default is not False
            and server_default is not None
        )

    def drop_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """As the default's; raises `CommandError` where the kind of constraint is not known."""
        if type(const) is sa.Constraint:
            raise self._refuse(
                NO_DROP,
                code="mysql-needs-constraint-type",
                hint="give type_='foreignkey', 'primary', 'unique' or 'check'",
            )
        super().drop_constraint(const, **kw)

    def _check_named(self, const: sa.Constraint) -> None:
        if not isinstance(const, sa.PrimaryKeyConstraint):
            super()._check_named(const)

    # -- sessions ------------------------------------------------------------------------------------------------------

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:  # noqa: ARG002
        """The database that the session uses, or the one that is named: MySQL's schemas are its databases."""
        database = schema or str(connection.scalar(sa.text("SELECT DATABASE()")))
        return database, database

    def run_lock(self, connection: Connection, scope: str) -> SessionLock:  # noqa: ARG002 the same for any connection
        """A user lock (MySQL manual, 14.14); its names are those of the whole server and have 64 characters at most."""
        name = f"'limbeck:{sha256(scope.encode()).hexdigest()[:48]}'"
        return SessionLock(
            acquire=f"SELECT GET_LOCK({name}, 0)",
            release=f"SELECT RELEASE_LOCK({name})",
            holder="SELECT CONCAT('session ', ID, ' of ', USER, ' from ', HOST, ' since ', "  # noqa: S608 a name of ours
            f"NOW() - INTERVAL TIME SECOND) FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK({name})",
        )

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} MODIFY version_num VARCHAR({max(length, 255)}) NOT NULL"


class MariaDBImpl(MySQLImpl):
    """The impl of MariaDB, where the URL says ``mariadb``."""

    __dialect__ = "mariadb"

    if_not_exists: ClassVar[frozenset[str]] = DefaultImpl.if_not_exists
    if_exists: ClassVar[frozenset[str]] = DefaultImpl.if_exists


def _first_known(*values: Any) -> Any:
    return next(value for value in values if value is not None)


# -- compile ------------------------------------------------------------------------------------------------------------


class MySQLAlterDefault(AlterColumn):
    """The default alone; None takes it away."""

    def __init__(self, name: str, column_name: str, default: Any, schema: str | None = None) -> None:
        super().__init__(name, column_name, schema=schema)
        self.default = default


class MySQLChangeColumn(AlterColumn):
    """The column restated under a name.

    :param newname: its name afterwards; None where `MODIFY` says the same.
    :param type_: the type it shall have.
    :param nullable: whether it shall take NULL.
    :param default: the default it shall have; False and None for none.
    :param autoincrement: say AUTO_INCREMENT.
    :param comment: the comment it shall have.
    :param kept: clauses of the live column to say again, as written.
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
        comment: str | None | bool = False,
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
    """The column restated under its name."""


@compiles(RenameTable, "mysql", "mariadb")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL: the new name carries the schema, else the table would move to the current one."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, element.schema)}"


@compiles(ColumnNullable, "mysql", "mariadb")
@compiles(ColumnName, "mysql", "mariadb")
@compiles(ColumnDefault, "mysql", "mariadb")
@compiles(ColumnType, "mysql", "mariadb")
def visit_single(element: AlterColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """Refuses: raises `NotImplementedError`; a column is restated as a whole here."""
    raise NotImplementedError(NO_SINGLE)


@compiles(MySQLAlterDefault, "mysql", "mariadb")
def visit_alter_default(element: MySQLAlterDefault, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    change = (
        "DROP DEFAULT" if element.default is None else f"SET DEFAULT {format_server_default(compiler, element.default)}"
    )
    return f"{table} ALTER COLUMN {format_column_name(compiler, element.column_name)} {change}"


@compiles(MySQLModifyColumn, "mysql", "mariadb")
def visit_modify_column(element: MySQLModifyColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} MODIFY {format_column_name(compiler, element.column_name)} {_specification(element, compiler)}"


@compiles(MySQLChangeColumn, "mysql", "mariadb")
def visit_change_column(element: MySQLChangeColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (
        format_column_name(compiler, name) for name in (element.column_name, element.newname or element.column_name)
    )
    return f"{table} CHANGE {old} {new} {_specification(element, compiler)}"


def _specification(element: MySQLChangeColumn, compiler: DDLCompiler) -> str:
    parts = [format_type(compiler, element.type_), "NULL" if element.nullable else "NOT NULL"]
    if element.autoincrement:
        parts.append("AUTO_INCREMENT")
    if element.default is not False and element.default is not None:
        parts.append(f"DEFAULT {format_server_default(compiler, element.default)}")
    if element.comment:
        parts.append(f"COMMENT {compiler.render_default_string(str(element.comment))}")
    return " ".join(parts)


@compiles(DropConstraint, "mysql", "mariadb")
def visit_drop_constraint(element: DropConstraint, compiler: DDLCompiler, **kw: Any) -> str:
    """``DROP FOREIGN KEY | PRIMARY KEY | INDEX | CHECK | CONSTRAINT``, by the kind of constraint."""
    constraint = element.element
    table = alter_table(compiler, constraint.table.name, constraint.table.schema)
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
