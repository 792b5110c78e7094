"""MySQL and MariaDB: a column is restated as a whole whenever one thing about it changes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DropConstraint

from limbeck import sqla
from limbeck.call_site import caller
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
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.locking import SessionLock
from limbeck.errors import warn

from .already_applied import is_so_already
from .column_state import (
    LiveColumn,
    checks,
    leaves_on_update,
    losses,
    read,
    specification,
    without_marks,
)
from .compare import MySQLComparison
from .schema_facts import MySQLFacts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.compiler import DDLCompiler

    from .rebuild import MySQLRebuild

NO_TYPE = "All MySQL CHANGE/MODIFY COLUMN operations require the existing type."
NO_SINGLE = "Individual alter column constructs not supported by MySQL"
NO_DROP = "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type"


class MySQLImpl(MySQLComparison, MySQLFacts, DefaultImpl):
    """The impl of MySQL."""

    __dialect__ = "mysql"

    transactional_ddl = False
    type_synonyms = (*DefaultImpl.type_synonyms, {"BOOL", "TINYINT"}, {"JSON", "LONGTEXT"})
    type_arg_extract = (r"character set ([\w\-_]+)", r"collate ([\w\-_]+)")
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    index_needs_table: ClassVar[bool] = True
    restates_columns: ClassVar[bool] = True

    # -- primitives ------------------------------------------------------------------------------------------------

    def _supports_clause(self, word: str, kind: str) -> bool:
        """MariaDB has all conditions; a script for ``mysql`` may be meant for it, except where a key is named."""
        if self._is_mariadb:
            return True
        return kind == "table" or (self.as_sql and kind != "constraint")

    @property
    def _is_mariadb(self) -> bool:
        return bool(getattr(self.dialect, "is_mariadb", False))

    def change_column(self, change: ColumnChange) -> None:
        """CHANGE where the name changes, MODIFY where the rest does, else ALTER for the default alone.

        :raises CommandError: the column must be restated and no type is known.
        """
        column = f"{change.table_name}.{change.column_name}"
        if change.options.get("using") is not None:
            raise self._refuse(
                f"The expression for the new values of {column} cannot stand in an ALTER TABLE here",
                code="mysql-using",
                hint="add a column of the new type, fill it with op.execute(), drop the old one, rename the new one",
            )
        default = change.new.server_default
        if change.changes("server_default"):
            self._check_generated(default, change.existing.server_default)
        restated = change.changes("nullable", "type", "autoincrement", "comment")
        if self.edition is not None:  # ALTER ... SET DEFAULT would leave it
            restated = restated or leaves_on_update(change)
        renamed = change.changes("name") or _may_default_to_function(change)
        if not renamed and not restated:
            if change.changes("server_default"):
                self._exec(MySQLAlterDefault(change.table_name, change.column_name, default, schema=change.schema))
            return
        live = self._live_column(change)
        result = change.result
        if live is None and result.type is NOT_GIVEN:
            raise self._refuse(
                NO_TYPE, code="mysql-needs-type", hint="give existing_type=, the type that the column has now"
            )
        element = (MySQLChangeColumn if renamed else MySQLModifyColumn)(
            change.table_name,
            change.column_name,
            schema=change.schema,
            newname=(change.new.name or change.column_name) if renamed else None,
            type_=result.type or None,
            nullable=True if result.nullable is NOT_GIVEN else result.nullable,
            default=False if result.server_default is NOT_GIVEN else result.server_default,
            autoincrement=bool(result.autoincrement),
            comment=result.comment or None,
        )
        if live is not None:
            element.kept = (live, change)
        self._exec(element)

    def _live_column(self, change: ColumnChange) -> LiveColumn | None:
        """The column to keep things of, under an edition; else a warning names what the restatement loses.

        :raises CommandError: under an edition in offline mode, the call leaves open what the column has.
        """
        column = f"{change.table_name}.{change.column_name}"
        if self.as_sql:
            if self.edition is not None:
                self._check_restatable(column, change)
            return None
        live = read(self.require_connection("ALTER TABLE"), change.table_name, change.column_name, change.schema)
        if live is None or self.edition is not None:
            return live
        if lost := losses(live, change, self.dialect):
            file, line = caller()
            warn(
                f"Restating column {column} takes away {', '.join(thing for thing, _ in lost)}",
                code="mysql-restatement-loses",
                hint=f"add {', '.join(way for _, way in lost)}, or set edition = 2026, under which all of it is kept",
                file=file,
                line=line,
            )
        return None

    def _check_restatable(self, column: str, change: ColumnChange) -> None:
        missing = [
            f"existing_{aspect}="
            for aspect in ("type", "nullable", "server_default")
            if aspect not in change.result.given()
        ]
        if missing:
            raise self._refuse(
                f"Column {column} must be restated as a whole, and a script cannot look at it",
                code="mysql-restatement-unknown",
                hint=f"give {', '.join(missing)}, or run with a connection",
            )

    def add_column(self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any) -> None:
        """As the default's; says where the server would fill rows with a value of its own choice (failures M6).

        That is a NOT NULL column without a default on a table that has rows: an error under an edition, else a warning.
        """
        there = self._has_column(table_name, column, schema)
        if self._already_satisfied("if_not_exists", kw.get("if_not_exists"), "column", there):
            return
        if not self.as_sql and _filled_by_server(column) and self._has_rows(table_name, schema):
            fact = (
                f"Column {table_name}.{column.name} is NOT NULL without a default: the server fills the rows there are"
            )
            hint = "give server_default=, or add the column with nullable=True, fill it, and alter it to nullable=False"
            if self.edition is not None:
                raise self._refuse(fact, code="mysql-fills-rows", hint=hint)
            file, line = caller()
            warn(fact, code="mysql-fills-rows", hint=hint, file=file, line=line)
        super().add_column(table_name, column, schema=schema, **kw)

    def _add_column_statement(self, element: AddColumn) -> Any:
        checks = _take_named_checks(element.column) if self._is_mariadb else []
        return AddColumnAndChecks(element, checks) if checks else element

    def _create_table_statement(self, table: sa.Table, kw: dict[str, Any]) -> Any:
        if self._is_mariadb:
            for column in table.columns:
                for check in _take_named_checks(column):
                    table.append_constraint(check)
        return super()._create_table_statement(table, kw)

    def drop_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """As the default's; raises `CommandError` where the kind of constraint is not known.

        A check that came with a column's type is dropped under an edition; without one it stays, as it does with the
        reference, and a warning says so.
        """
        if type(const) is sa.Constraint:
            raise self._refuse(
                NO_DROP,
                code="mysql-needs-constraint-type",
                hint="give type_='foreignkey', 'primary', 'unique' or 'check'",
            )
        if sqla.is_type_bound(const) and self.edition is None:
            file, line = caller()
            warn(
                f"Check {sqla.constraint_name(const, self.dialect)} of the column's old type stays",
                code="mysql-check-stays",
                hint="drop it with op.drop_constraint(..., type_='check'), or set edition = 2026, which does that",
                file=file,
                line=line,
            )
            return
        if isinstance(const, sa.CheckConstraint) and const.name is None and self._is_mariadb and not self.as_sql:
            self._drop_check(const)
            return
        super().drop_constraint(const, **kw)

    def _drop_check(self, check: sa.CheckConstraint) -> None:
        """Drop the check with that condition; one in a column's line goes as the column is restated without it."""
        connection, table = self.require_connection("ALTER TABLE"), check.table
        condition = without_marks(self.render_ddl_sql_expr(check.sqltext))
        listed = checks(connection, table.name, table.schema)
        found = [each for each in listed if without_marks(each.condition) == condition]
        if len(found) != 1:
            raise self._refuse(
                f"{'No check' if not found else 'More than one check'} of table {table.name!r} "
                f"has the condition {str(check.sqltext)!r}",
                code="constraint-not-found",
                hint="SHOW CREATE TABLE tells; a check at the end of that text has a name, by which it can be dropped",
            )
        [(name, _, in_line)] = found
        live = read(connection, table.name, name, table.schema) if in_line else None
        if live is None:
            self._exec(DropConstraint(sa.CheckConstraint("", name=sqla.conv(name), table=table)))
            return
        element = MySQLModifyColumn(table.name, name, schema=table.schema, type_=sa.types.NULLTYPE)
        element.kept = (live._replace(check=None), ColumnChange(table.name, name))
        self._exec(element)

    def _check_named(self, const: sa.Constraint) -> None:
        if not isinstance(const, sa.PrimaryKeyConstraint):
            super()._check_named(const)

    # -- batch -----------------------------------------------------------------------------------------------------

    def rebuild_strategy(self) -> MySQLRebuild:
        """The server's own rebuild."""
        from .rebuild import MySQLRebuild

        return MySQLRebuild(self)

    # -- sessions --------------------------------------------------------------------------------------------------

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The database that the session uses, or the one that is named: MySQL's schemas are its databases."""
        database = schema or str(connection.scalar(sa.text("SELECT DATABASE()")))
        return database, database

    def run_lock(self, connection: Connection, scope: str) -> SessionLock:
        """Two user locks: a statement of a killed run goes on in its session, and must not meet the next run's."""
        name = f"limbeck:{sha256(scope.encode()).hexdigest()[:48]}"
        return _user_lock(name)._replace(at_work=_user_lock(f"{name}:work"))

    def is_so_already(self, statement: str, error: BaseException) -> bool:
        """By the number of the server's refusal."""
        return is_so_already(statement, error)

    def widen_version_column(self, table: sa.Table, length: int) -> str:
        """The statement that lets column version_num of ``table`` hold ``length`` characters."""
        name = self.dialect.identifier_preparer.format_table(table)
        return f"ALTER TABLE {name} MODIFY version_num VARCHAR({max(length, 255)}) NOT NULL"


def _user_lock(name: str) -> SessionLock:
    """A user lock (MySQL manual, 14.14); its names are those of the whole server and have 64 characters at most."""
    return SessionLock(
        acquire=f"SELECT GET_LOCK('{name}', 0)",
        release=f"SELECT RELEASE_LOCK('{name}')",
        holder="SELECT CONCAT('session ', ID, ' of ', USER, ' from ', HOST, ' since ', "  # noqa: S608 a hash of ours
        f"NOW() - INTERVAL TIME SECOND) FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{name}')",
    )


def _may_default_to_function(change: ColumnChange) -> bool:
    """Whether the new default may be a function, which only a restated date column takes on old servers."""
    type_, default = change.result.type, change.new.server_default
    is_new = default is not NOT_GIVEN and default is not None
    return is_new and type_ is not NOT_GIVEN and sqla.affinity(type_) is sa.DateTime


def _filled_by_server(column: sa.Column[Any]) -> bool:
    generated = column.server_default is not None or column.computed is not None or column.identity is not None
    return not column.nullable and not generated and not column.primary_key


class MariaDBImpl(MySQLImpl):
    """The impl of MariaDB, where the URL says ``mariadb``."""

    __dialect__ = "mariadb"

    if_not_exists: ClassVar[frozenset[str]] = DefaultImpl.if_not_exists
    if_exists: ClassVar[frozenset[str]] = DefaultImpl.if_exists


def _take_named_checks(column: sa.Column[Any]) -> list[sa.CheckConstraint]:
    """The column's own checks that have a name, taken out of it: MariaDB has none in a line (manual, CHECK)."""
    named = [check for check in column.constraints if isinstance(check, sa.CheckConstraint) and check.name is not None]
    column.constraints.difference_update(named)
    return named


# -- compile -------------------------------------------------------------------------------------------------------


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
    :param kept: the live column and the `ColumnChange`, where everything else shall stay.
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
    """The column restated under its name."""


class AddColumnAndChecks(AlterTable):
    """``ADD COLUMN`` and the column's named checks beside it, in one statement.

    :param added: the column's part.
    :param checks: its named checks.
    """

    def __init__(self, added: AddColumn, checks: list[sa.CheckConstraint]) -> None:
        super().__init__(added.table_name, schema=added.schema)
        self.added = added
        self.checks = checks


@compiles(AddColumnAndChecks, "mysql", "mariadb")
def visit_add_column_and_checks(element: AddColumnAndChecks, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    condition = "CONSTRAINT IF NOT EXISTS " if element.added.if_not_exists else "CONSTRAINT "
    checks = [compiler.process(check).replace("CONSTRAINT ", condition, 1) for check in element.checks]
    return ", ADD ".join([compiler.process(element.added, **kw), *checks])


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
