"""SQLite: it can rename, add and drop; everything else about a column or constraint needs "move and copy" (batch)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import JSON
from sqlalchemy.ext.compiler import compiles

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import (
    AddColumn,
    ColumnName,
    RenameTable,
    add_column,
    alter_table,
    format_column_name,
    format_table_name,
    inline_foreign_key,
)
from limbeck.ddl.comparison_result import bare_default
from limbeck.ddl.locking import FileLock
from limbeck.errors import CommandError, warn

from .in_place import needs_rebuild
from .pragmas import Pragmas
from .rehearsable import RehearsableImpl
from .shapes import StoredNormalizer

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Inspector
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.column_change import ColumnChange

    from .rebuild import SQLiteRebuild

NO_CONSTRAINTS = (
    "No support for ALTER of constraints in SQLite dialect. Please refer to the batch mode feature which allows for "
    "SQLite migrations using a copy-and-move strategy."
)
SKIPPED_IMPLICIT = (
    "Skipping unsupported ALTER for {what} of implicit constraint. Please refer to the batch mode feature which allows "
    "for SQLite migrations using a copy-and-move strategy."
)
# a value that may stand after DEFAULT without parentheses
_PLAIN_DEFAULT = re.compile(r"""^(?:[0-9.]|'(?:[^']|'')*'|"(?:[^"]|"")*"|\(.*\))$""", re.DOTALL)
# a default that SQLite counts as a constant when it adds a column to a table with rows
_CONSTANT = re.compile(
    r"""^(?:[+-]?[\d.]+(?:[eE][+-]?\d+)?|'(?:[^']|'')*'|[xX]'[0-9a-fA-F]*'|(?i:null|true|false))$""", re.DOTALL
)
# a PRAGMA that is given a value, and that a transaction makes deaf
_DEAF_PRAGMA = re.compile(r"\s*PRAGMA\s+(?:\w+\s*\.\s*)?(foreign_keys|journal_mode)\s*[=(]", re.IGNORECASE)
_MARK = "limbeck_revision"
_TABLE_TEXT = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
NO_DEFAULT = "as NOT NULL without a default"


class SQLiteImpl(RehearsableImpl):
    """The impl of SQLite."""

    __dialect__ = "sqlite"

    transactional_ddl = False
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})
    names_of_schema: ClassVar[frozenset[str]] = frozenset({"index"})

    # -- primitives ------------------------------------------------------------------------------------------------

    def _needs_batch(self, what: str, table: str) -> CommandError:
        return self._refuse(
            f"SQLite cannot {what}",
            code="sqlite-needs-batch",
            hint=f"write it as `with op.batch_alter_table({table!r}) as batch_op:` and call batch_op instead",
        )

    def _needs_default(self, what: str) -> CommandError:
        return self._refuse(
            f"SQLite cannot {what}",
            code="sqlite-needs-default",
            hint="give server_default=, or add it with nullable=True, fill it, and alter it in batch_alter_table",
        )

    def change_column(self, change: ColumnChange) -> None:
        """Rename natively; any other change is refused with the batch form as the hint."""
        if change.changes("server_default"):
            self._check_generated(change.new.server_default, change.existing.server_default)
        words = {"nullable": "nullability", "server_default": "default", "type": "type"}
        if wanted := [word for aspect, word in words.items() if change.changes(aspect)]:
            what = f"change the {' and the '.join(wanted)} of column {change.table_name}.{change.column_name} in place"
            raise self._needs_batch(what, change.table_name)
        super().change_column(change.without("comment"))  # SQLite has no comments

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Add natively; what SQLite refuses is refused before anything is sent.

        SQLite manual, ALTER TABLE ADD COLUMN: never a PRIMARY KEY or UNIQUE; on a table with rows no STORED column, no
        default that is an expression, no NOT NULL without a default.
        """
        name, schema = f"{table_name}.{column.name}", kw.get("schema")
        there = self._has_column(table_name, column, schema)
        if self._already_satisfied("if_not_exists", kw.get("if_not_exists"), "column", there):
            return
        if kw.get("inline_primary_key") and column.primary_key:
            raise self._needs_batch(f"add column {name} as PRIMARY KEY to an existing table", table_name)
        for constraint in () if column.table is None else column.table.constraints:
            inline = kw.get("inline_references") and constraint is inline_foreign_key(column)
            if isinstance(constraint, (sa.ForeignKeyConstraint, sa.UniqueConstraint)) and not inline:
                raise self._constraints_need_batch(constraint)
        reason = self._only_when_empty(column)
        if reason is not None and not self.as_sql and self._has_rows(table_name, schema):
            what = f"add column {name} {reason} to a table that has rows"
            raise self._needs_default(what) if reason == NO_DEFAULT else self._needs_batch(what, table_name)
        super().add_column(table_name, column, **kw)

    def _only_when_empty(self, column: sa.Column[Any]) -> str | None:
        """Why SQLite adds ``column`` to an empty table only; None where it always does."""
        default = column.server_default
        if column.computed is not None:
            return "as STORED" if column.computed.persisted else None
        if not isinstance(default, sa.DefaultClause):
            return None if column.nullable else NO_DEFAULT
        return None if self._constant(default.arg) else "with a default that is an expression"

    def _constant(self, default: Any) -> bool:
        return isinstance(default, str) or _CONSTANT.match(self.render_ddl_sql_expr(default).strip()) is not None

    def drop_column(self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any) -> None:
        """Drop natively (SQLite 3.35); a column that a key or an index needs is refused, with the batch form."""
        if not self.as_sql and (user := self._user_of(table_name, column.name, schema)) is not None:
            raise self._needs_batch(f"drop column {table_name}.{column.name}, which {user} uses", table_name)
        super().drop_column(table_name, column, schema=schema, **kw)

    def _user_of(self, table: str, column: str, schema: str | None) -> str | None:
        catalogue = sa.inspect(self.require_connection("DROP COLUMN"))
        if not catalogue.has_table(table, schema):
            return None  # the database says so itself
        if column in catalogue.get_pk_constraint(table, schema)["constrained_columns"]:
            return "the primary key"
        if any(column in key["constrained_columns"] for key in catalogue.get_foreign_keys(table, schema)):
            return "a foreign key"
        if any(column in unique["column_names"] for unique in catalogue.get_unique_constraints(table, schema)):
            return "a unique constraint"
        index = next((index for index in catalogue.get_indexes(table, schema) if column in index["column_names"]), None)
        return None if index is None else f"index {index['name']!r}"

    def add_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Refused; a check that comes with a type is left out with a warning, as the reference does."""
        if const._create_rule is None:
            raise self._constraints_need_batch(const)
        if sqla.wanted_by(const, self):
            self._skip_implicit("creation")

    def drop_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Refused; a check that comes with a type is left out with a warning."""
        if const._create_rule is None:
            raise self._constraints_need_batch(const)
        self._skip_implicit("drop")

    def _constraints_need_batch(self, const: sa.Constraint) -> CommandError:
        table = "..." if const.table is None else const.table.name
        return self._refuse(
            NO_CONSTRAINTS,
            code="sqlite-needs-batch",
            hint=f"write it as `with op.batch_alter_table({table!r}) as batch_op:` and call batch_op instead",
        )

    def _skip_implicit(self, what: str) -> None:
        file, line = caller()
        warn(SKIPPED_IMPLICIT.format(what=what), code="sqlite-implicit-constraint", file=file, line=line)

    def create_table_comment(self, table: sa.Table) -> None:
        """Nothing: SQLite has no comments."""

    def drop_table_comment(self, table: sa.Table) -> None:
        """Nothing: SQLite has no comments."""

    def create_column_comment(self, column: sa.Column[Any]) -> None:
        """Nothing: SQLite has no comments."""

    # -- sessions --------------------------------------------------------------------------------------------------

    can_transact_ddl = True
    enforces_length = False

    def open_transaction(self, connection: Connection) -> None:
        """Begin in SQLite too, where DDL is to be transactional.

        Python's driver begins by itself only before INSERT, UPDATE, DELETE and REPLACE (Python manual, sqlite3,
        "Transaction control via the isolation_level attribute"); a ``BEGIN`` of ours puts DDL into the transaction.
        """
        if self.transactional_ddl:
            self._begin(connection)

    def _begin(self, connection: Connection) -> None:
        if not _in_transaction(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def can_mark_revisions(self, connection: Connection) -> bool:
        """Yes, since one writer locks the whole file anyway; but not where a commit would check foreign keys.

        Nor by a driver that does not tell whether it is in a transaction.
        """
        if not hasattr(connection.connection.driver_connection, "in_transaction"):
            return False
        return not connection.exec_driver_sql("PRAGMA foreign_keys").scalar()

    def begin_revisions(self, connection: Connection) -> None:
        """Begin in SQLite, whether the environment takes DDL as transactional or not."""
        self._begin(connection)
        self._send_bare(connection, f"SAVEPOINT {_MARK}")

    def mark_revision(self, connection: Connection) -> None:
        """Set the savepoint anew."""
        self._send_bare(connection, f"RELEASE {_MARK}", f"SAVEPOINT {_MARK}")

    def return_to_mark(self, connection: Connection) -> bool:
        """Roll back to the savepoint; some errors have rolled back everything by then (SQLite manual, ROLLBACK)."""
        if not _in_transaction(connection):
            return False
        if self.transactional_ddl:
            self._send_bare(connection, f"ROLLBACK TO {_MARK}")
        return True

    def _send_bare(self, connection: Connection, *statements: str) -> None:
        """Send what is sent for every revision by the driver alone."""
        cursor = connection.connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()

    def check_statement(self, connection: Connection, statement: str) -> None:
        """Refuse a PRAGMA that has no effect within a transaction (SQLite manual, PRAGMA foreign_keys, journal_mode).

        Only where DDL is transactional: elsewhere the reference's scripts run it outside of one.
        """
        found = _DEAF_PRAGMA.match(statement)
        if found and self.transactional_ddl and _in_transaction(connection):
            raise self._refuse(
                f"PRAGMA {found[1].lower()} has no effect within a transaction, and this revision is in one",
                code="pragma-in-transaction",
                hint="run it in `with op.get_context().autocommit_block():`; what came before is committed there",
            )

    def commits_itself(self, connection: Connection, statement: str) -> bool:
        """Whether the driver has no transaction open after the statement."""
        return not _in_transaction(connection)

    def is_begun_by_hand(self, connection: Connection) -> bool:
        """Whether SQLite is in a transaction, as within a rebuild that has an autocommit block of its own."""
        return _in_transaction(connection)

    def session_scope(self, connection: Connection, table: str, schema: str | None) -> tuple[str, str | None]:
        """The database file, and the name under which it is attached."""
        return self._file(connection, schema), schema

    def has_other_sessions(self, connection: Connection) -> bool:
        """Whether the database is a file: one in memory belongs to its connection."""
        return bool(self._file(connection, None))

    def run_lock(self, connection: Connection, scope: str) -> FileLock | None:
        """A file beside the database file, named after both it and the version table."""
        file, _, table = scope.split("\x1f")
        table = re.sub(r"\W", "_", table)
        return FileLock(f"{file}.{table}.lock") if file else None

    def begin_run(self, connection: Connection) -> None:
        """Keep the rollback journal between transactions of the run, instead of making and removing it for each.

        As safe as DELETE, and less than half the time of a small transaction (SQLite manual, PRAGMA journal_mode);
        another mode, which is then somebody's choice, is left alone.
        """
        if not _in_transaction(connection) and _journal_mode(connection) == "delete":
            self.memo["journal"] = _journal_mode(connection, "persist")

    def end_run(self, connection: Connection) -> None:
        """Remove the journal that was kept."""
        if self.memo.pop("journal", None) == "persist" and not _in_transaction(connection):
            _journal_mode(connection, "delete")

    def _file(self, connection: Connection, schema: str | None) -> str:
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
        return next((str(row[2] or "") for row in rows if row[1] == (schema or "main")), "")

    # -- batch -----------------------------------------------------------------------------------------------------

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        """Anything but adding a simple column and creating or dropping indexes (behaviour 6.5)."""
        return any(needs_rebuild(change) for change in batch_op.batch)

    def rebuild_strategy(self) -> SQLiteRebuild:
        """By the text that SQLite stores."""
        from .rebuild import SQLiteRebuild

        return SQLiteRebuild(self)

    def cast_for_batch_migrate(
        self, existing: sa.Column[Any], existing_transfer: dict[str, Any], new_type: TypeEngine[Any]
    ) -> None:
        """As the default, but JSON is text to SQLite and is copied as it is."""
        if not isinstance(new_type, JSON):
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def render_ddl_sql_expr(self, expr: Any, is_server_default: bool = False, **kw: Any) -> str:
        """As the default; an expression after DEFAULT gets the parentheses that SQLite wants."""
        text = super().render_ddl_sql_expr(expr, is_server_default, **kw)
        return self._parenthesised(text) if is_server_default else text

    # -- compare ---------------------------------------------------------------------------------------------------

    def normalizer(self, reader: Connection) -> StoredNormalizer:
        """Tables as SQLite stores them."""
        return StoredNormalizer(self)

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ, outer parentheses and quotes left out."""
        return bare_default(rendered_metadata_default) != bare_default(rendered_inspector_default)

    def unreflected_options(self, connection: Connection, table: str, schema: str | None) -> dict[str, Any]:
        """AUTOINCREMENT, a word in the table's own text."""
        sql = connection.scalar(_TABLE_TEXT, {"name": table})
        return {"sqlite_autoincrement": True} if sql and "AUTOINCREMENT" in sql.upper() else {}

    def catalogue_reader(self, connection: Connection) -> Pragmas:
        """One that answers for all tables at once."""
        return Pragmas(connection)

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, Any]) -> None:
        """Give a reflected default that is an expression its parentheses back."""
        default = column_info.get("default")
        if isinstance(default, str):
            column_info["default"] = self._parenthesised(default)

    def _parenthesised(self, default: str) -> str:
        return default if _PLAIN_DEFAULT.match(default) else f"({default})"


def _in_transaction(connection: Connection) -> bool:
    """Whether SQLite itself is in a transaction, by its driver's word (aiosqlite's stands behind an adapter)."""
    driver = connection.connection.driver_connection
    return bool(getattr(driver, "in_transaction", False))


def _journal_mode(connection: Connection, wanted: str | None = None) -> str:
    """The journal mode of the session, after setting it to ``wanted`` where that is given."""
    return str(connection.exec_driver_sql(f"PRAGMA journal_mode{f'={wanted}' if wanted else ''}").scalar())


# -- compile -------------------------------------------------------------------------------------------------------


@compiles(RenameTable, "sqlite")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, None)}"


@compiles(ColumnName, "sqlite")
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"{table} RENAME COLUMN {old} TO {new}"


@compiles(AddColumn, "sqlite")
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: Any) -> str:
    """The element as SQL."""
    added = add_column(compiler, element.column, None, element.inline_references, element.inline_primary_key, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} {added}"
