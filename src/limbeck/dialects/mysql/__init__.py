"""MySQL and MariaDB: a change of a column restates its whole definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropConstraint

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.unsupported import unsupported
from limbeck.errors import warn

from .column_state import LiveColumn, checks, leaves_on_update, losses, read, without_marks
from .compare import MySQLComparison
from .elements import AddColumnAndChecks, MySQLAlterDefault, MySQLChangeColumn, MySQLModifyColumn
from .objects import MySQLObjects, Objects
from .schema_facts import MySQLFacts
from .session import MySQLSession
from .table_options import statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

    from limbeck.ddl.base import AddColumn

    from .rebuild import MySQLRebuild
    from .shapes import MySQLNormalizer

NO_TYPE = "All MySQL CHANGE/MODIFY COLUMN operations require the existing type."
NO_DROP = "No generic 'DROP CONSTRAINT' in MySQL - please specify constraint type"


class MySQLImpl(MySQLComparison, MySQLFacts, MySQLSession, Objects, DefaultImpl):
    """The impl of MySQL."""

    __dialect__ = "mysql"

    transactional_ddl = False
    type_synonyms = (*DefaultImpl.type_synonyms, {"BOOL", "TINYINT"}, {"JSON", "LONGTEXT"})
    type_arg_extract = (r"character set ([\w\-_]+)", r"collate ([\w\-_]+)")
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    index_needs_table: ClassVar[bool] = True
    names_primary_keys: ClassVar[bool] = False
    restates_columns: ClassVar[bool] = True

    # -- primitives ------------------------------------------------------------------------------------------------

    def _supports_clause(self, word: str, kind: str) -> bool:
        """MariaDB has all clauses; a script for ``mysql`` may be meant for it, except where constraints are dropped."""
        if self._is_mariadb:
            return True
        return kind == "table" or (self.as_sql and kind != "constraint")

    @property
    def _is_mariadb(self) -> bool:
        return bool(getattr(self.dialect, "is_mariadb", False))

    @property
    def has_sequences(self) -> bool:
        """Whether the server has sequences, as MariaDB has; a script for ``mysql`` may be meant for it."""
        return self.dialect.supports_sequences or self.as_sql

    def change_column(self, change: ColumnChange) -> None:
        """CHANGE if the name changes, MODIFY if anything else does, ALTER if only the default does.

        :raises CommandError: the column must be restated and no type is known.
        """
        column = f"{change.table_name}.{change.column_name}"
        if change.options.get("using") is not None:
            raise unsupported(
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
            raise unsupported(
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
            comment=None if result.comment is NOT_GIVEN else result.comment,
        )
        if live is not None:
            element.kept = (live, change)
        self._exec(element)

    def _live_column(self, change: ColumnChange) -> LiveColumn | None:
        """Under an edition, the column that is to be kept; without one, warn of what the restatement loses.

        :raises CommandError: under an edition in offline mode, the call does not state what the column is.
        """
        column = f"{change.table_name}.{change.column_name}"
        if self.as_sql:
            if self.edition is not None:
                self._check_restatable(column, change)
            return None
        live = self._read(change)
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

    def _read(self, change: ColumnChange) -> LiveColumn | None:
        """The column as the catalogue has it; without an edition None where the server, or a stand-in, does not say."""
        if not self.can_query:
            return None
        try:
            return read(self.require_connection("ALTER TABLE"), change.table_name, change.column_name, change.schema)
        except DBAPIError:
            if self.edition is not None:
                raise
            return None

    def _check_restatable(self, column: str, change: ColumnChange) -> None:
        missing = [
            f"existing_{aspect}="
            for aspect in ("type", "nullable", "server_default")
            if aspect not in change.result.given()
        ]
        if missing:
            raise unsupported(
                f"Column {column} must be restated as a whole, and a script cannot look at it",
                code="mysql-restatement-unknown",
                hint=f"give {', '.join(missing)} as they are now (None for no default), or run with a connection",
            )

    def add_column(self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any) -> None:
        """As the default's; warns of a NOT NULL column without a default on a table that has rows.

        The server fills these rows with 0 or an empty string. Under an edition it is an error.
        """
        there = self._has_column(table_name, column, schema)
        if self._already_satisfied("if_not_exists", kw.get("if_not_exists"), "column", there):
            return
        if self.can_query and _filled_by_server(column) and self._has_rows(table_name, schema):
            self.refuse_or_warn(
                f"Column {table_name}.{column.name} is NOT NULL without a default: the server fills the rows there are",
                code="mysql-fills-rows",
                hint="give server_default=, or add the column with nullable=True, fill it, and alter it to "
                "nullable=False",
            )
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

        A check that belongs to a column's type is dropped under an edition; without one it is kept as in Alembic, with
        a warning.
        """
        if type(const) is sa.Constraint:
            raise unsupported(
                NO_DROP,
                code="mysql-needs-constraint-type",
                hint="give type_='foreignkey', 'primary', 'unique' or 'check'",
            )
        if sqla.is_type_bound(const) and self.edition is None:
            file, line = caller()
            name = None if sqla.lacks_a_name(const) else sqla.constraint_name(const, self.dialect)
            warn(
                f"{'A check' if name is None else f'Check {name}'} of the column's old type stays",
                code="mysql-check-stays",
                hint="drop it with op.drop_constraint(..., type_='check'), or set edition = 2026, which does that",
                file=file,
                line=line,
            )
            return
        if isinstance(const, sa.CheckConstraint) and const.name is None and self._is_mariadb and self.can_query:
            self._drop_check(const)
            return
        super().drop_constraint(const, **kw)

    def _drop_check(self, check: sa.CheckConstraint) -> None:
        """Drop the check with that condition; one in a column's definition by restating the column without it."""
        connection, table = self.require_connection("ALTER TABLE"), check.table
        schema = self.translated(table.schema)
        condition = without_marks(self.render_ddl_sql_expr(check.sqltext))
        listed = checks(connection, table.name, schema)
        found = [each for each in listed if without_marks(each.condition) == condition]
        if len(found) != 1:
            raise unsupported(
                f"{'No check' if not found else 'More than one check'} of table {table.name!r} "
                f"has the condition {str(check.sqltext)!r}",
                code="constraint-not-found",
                hint="SHOW CREATE TABLE tells; a check at the end of that text has a name, by which it can be dropped",
            )
        [(name, _, in_line)] = found
        live = read(connection, table.name, name, schema) if in_line else None
        if live is None:
            self._exec(DropConstraint(sa.CheckConstraint("", name=sqla.conv(name), table=table)))
            return
        element = MySQLModifyColumn(table.name, name, schema=schema, type_=sa.types.NULLTYPE)
        element.kept = (live._replace(check=None), ColumnChange(table.name, name))
        self._exec(element)

    def _check_named(self, const: sa.Constraint) -> None:
        if not isinstance(const, sa.PrimaryKeyConstraint):
            super()._check_named(const)

    def table_option_statements(
        self, table: str, schema: str | None, options: Mapping[str, Any], existing: Mapping[str, Any]
    ) -> list[str]:
        """One statement; what is None gets the server's default."""
        return statements(self.dialect, table, schema, options)

    # -- batch -----------------------------------------------------------------------------------------------------

    def rebuild_strategy(self) -> MySQLRebuild:
        """A rebuild by the server."""
        from .rebuild import MySQLRebuild

        return MySQLRebuild(self)

    # -- the exact comparison --------------------------------------------------------------------------------------

    def object_catalogue(self, reader: Connection) -> MySQLObjects:
        """Views, routines and triggers as information_schema and SHOW CREATE have them."""
        return MySQLObjects(self.require_connection("A comparison"), str(self.default_schema))

    def normalizer(self, reader: Connection) -> MySQLNormalizer:
        """Tables as SHOW CREATE TABLE has them."""
        from .shapes import MySQLNormalizer

        return MySQLNormalizer(self, reader)


def _may_default_to_function(change: ColumnChange) -> bool:
    """Whether the default may be a function, which old servers accept in a restated date column only.

    As in the reference, a date column whose default is not dropped is restated, whatever else changes.
    """
    type_, default = change.result.type, change.new.server_default
    return default is not None and type_ is not NOT_GIVEN and sqla.affinity(type_) is sa.DateTime


def _filled_by_server(column: sa.Column[Any]) -> bool:
    generated = column.server_default is not None or column.computed is not None or column.identity is not None
    return not column.nullable and not generated and not column.primary_key


class MariaDBImpl(MySQLImpl):
    """The impl of MariaDB, where the URL says ``mariadb``."""

    __dialect__ = "mariadb"

    if_not_exists: ClassVar[frozenset[str]] = DefaultImpl.if_not_exists
    if_exists: ClassVar[frozenset[str]] = DefaultImpl.if_exists


def _take_named_checks(column: sa.Column[Any]) -> list[sa.CheckConstraint]:
    """Remove the column's checks with a name, and return them: in MariaDB they are table constraints."""
    named = [check for check in column.constraints if isinstance(check, sa.CheckConstraint) and check.name is not None]
    column.constraints.difference_update(named)
    return named
