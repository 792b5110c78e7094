"""SQLite: it renames, adds and drops columns; every other change of a column or a constraint needs a batch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import JSON

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.base import inline_foreign_key
from limbeck.ddl.unsupported import unsupported
from limbeck.errors import CommandError, warn

from .compare import SQLiteComparison, parenthesised
from .elements import (
    visit_add_column as visit_add_column,
)
from .elements import (
    visit_column_name as visit_column_name,
)
from .elements import (
    visit_rename_table as visit_rename_table,
)
from .in_place import needs_rebuild
from .objects import Objects, SQLiteObjects
from .rehearsable import RehearsableImpl
from .schema_facts import SQLiteFacts
from .session import SQLiteSession

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.column_change import ColumnChange

    from .rebuild import SQLiteRebuild
    from .shapes import SQLiteNormalizer

NO_CONSTRAINTS = (
    "No support for ALTER of constraints in SQLite dialect. Please refer to the batch mode feature which allows for "
    "SQLite migrations using a copy-and-move strategy."
)
SKIPPED_IMPLICIT = (
    "Skipping unsupported ALTER for {what} of implicit constraint. Please refer to the batch mode feature which allows "
    "for SQLite migrations using a copy-and-move strategy."
)
# a default that is a constant to SQLite when it adds a column to a table with rows
_LITERAL = re.compile(r"""[\d.]+(?:[eE][+-]?\d+)?|'(?:[^']|'')*'|[xX]'[0-9a-fA-F]*'|(?i:null|true|false)""", re.DOTALL)
_AROUND_A_CONSTANT = re.compile(r"\((.*)\)|[+-](.*)|(?i:cast)\s*\((.*)\s(?i:as)\s[\w\s(),]+\)", re.DOTALL)
"""What may stand around a literal in the default of an added column (`sqlite3ValueFromExpr` of SQLite)."""
NO_DEFAULT = "as NOT NULL without a default"
STORED = "as STORED"


def _is_constant(expression: str) -> bool:
    """Whether SQLite takes an expression as the default of a column that it adds to rows."""
    text = expression.strip()
    if _LITERAL.fullmatch(text):
        return True
    around = _AROUND_A_CONSTANT.fullmatch(text)
    return around is not None and _is_constant(next(part for part in around.groups() if part is not None))


class SQLiteImpl(SQLiteComparison, SQLiteFacts, SQLiteSession, Objects, RehearsableImpl):
    """The impl of SQLite."""

    __dialect__ = "sqlite"

    transactional_ddl = False
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})

    # -- primitives ------------------------------------------------------------------------------------------------

    def _needs_batch(self, what: str, table: str) -> CommandError:
        return unsupported(
            f"SQLite cannot {what}",
            code="sqlite-needs-batch",
            hint=f"write it as `with op.batch_alter_table({table!r}) as batch_op:` and call batch_op instead",
        )

    def _needs_default(self, what: str) -> CommandError:
        return unsupported(
            f"SQLite cannot {what}",
            code="sqlite-needs-default",
            hint="give server_default=, or add it with nullable=True, fill it, and alter it in batch_alter_table",
        )

    def change_column(self, change: ColumnChange) -> None:
        """Rename natively; any other change is refused, and the hint shows the batch."""
        if change.changes("server_default"):
            self._check_generated(change.new.server_default, change.existing.server_default)
        words = {"nullable": "nullability", "server_default": "default", "type": "type"}
        if wanted := [word for aspect, word in words.items() if change.changes(aspect)]:
            what = f"change the {' and the '.join(wanted)} of column {change.table_name}.{change.column_name} in place"
            raise self._needs_batch(what, change.table_name)
        super().change_column(change.without("comment"))  # SQLite has no comments

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """Add natively; what SQLite refuses is refused before anything is sent.

        That is a PRIMARY KEY or UNIQUE, and on a table with rows a STORED column, a default that is an expression, and
        NOT NULL without a default (SQLite manual, ALTER TABLE ADD COLUMN).
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
        if reason == STORED and self.as_sql and self.edition is not None:
            raise self._needs_batch(f"add column {name} {reason} to a table that may have rows", table_name)
        if reason is not None and self.can_query and self._has_rows(table_name, schema):
            what = f"add column {name} {reason} to a table that has rows"
            raise self._needs_default(what) if reason == NO_DEFAULT else self._needs_batch(what, table_name)
        super().add_column(table_name, column, **kw)

    def _only_when_empty(self, column: sa.Column[Any]) -> str | None:
        """Why SQLite can add ``column`` to an empty table only; None where it can to any."""
        default = column.server_default
        if column.computed is not None:
            return STORED if column.computed.persisted else None
        if not isinstance(default, sa.DefaultClause):
            return None if column.nullable else NO_DEFAULT
        return None if self._constant(default.arg) else "with a default that is an expression"

    def _constant(self, default: Any) -> bool:
        return isinstance(default, str) or _is_constant(self.render_ddl_sql_expr(default))

    def drop_column(self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any) -> None:
        """Drop natively (SQLite 3.35); a column of a key or an index is refused, and the hint shows the batch."""
        if self.can_query and (user := self._user_of(table_name, column.name, schema)) is not None:
            raise self._needs_batch(f"drop column {table_name}.{column.name}, which {user} uses", table_name)
        super().drop_column(table_name, column, schema=schema, **kw)

    def _user_of(self, table: str, column: str, schema: str | None) -> str | None:
        catalogue = sa.inspect(self.require_connection("DROP COLUMN"))
        if not catalogue.has_table(table, schema):
            return None  # the statement will fail
        if column in catalogue.get_pk_constraint(table, schema)["constrained_columns"]:
            return "the primary key"
        if any(column in key["constrained_columns"] for key in catalogue.get_foreign_keys(table, schema)):
            return "a foreign key"
        if any(column in unique["column_names"] for unique in catalogue.get_unique_constraints(table, schema)):
            return "a unique constraint"
        index = next((index for index in catalogue.get_indexes(table, schema) if column in index["column_names"]), None)
        return None if index is None else f"index {index['name']!r}"

    def add_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Refused; a check that belongs to a type is left out with a warning, as in Alembic."""
        if not sqla.is_conditional(const):
            raise self._constraints_need_batch(const)
        if sqla.wanted_by(const, self):
            self._skip_implicit("creation")

    def drop_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Refused; a check that belongs to a type is left out with a warning."""
        if not sqla.is_conditional(const):
            raise self._constraints_need_batch(const)
        self._skip_implicit("drop")

    def _constraints_need_batch(self, const: sa.Constraint) -> CommandError:
        table = "..." if const.table is None else const.table.name
        return unsupported(
            NO_CONSTRAINTS,
            code="sqlite-needs-batch",
            hint=f"write it as `with op.batch_alter_table({table!r}) as batch_op:` and call batch_op instead",
        )

    def _skip_implicit(self, what: str) -> None:
        file, line = caller()
        warn(SKIPPED_IMPLICIT.format(what=what), code="sqlite-implicit-constraint", file=file, line=line)

    def create_table_comment(self, table: sa.Table) -> None:
        """Do nothing: SQLite has no comments."""

    def drop_table_comment(self, table: sa.Table) -> None:
        """Do nothing: SQLite has no comments."""

    def create_column_comment(self, column: sa.Column[Any]) -> None:
        """Do nothing: SQLite has no comments."""

    # -- batch -----------------------------------------------------------------------------------------------------

    def needs_batch(self, operation: object) -> bool:
        """All but adding and dropping a simple column, renaming one, comments, and creating or dropping indexes."""
        from .batch_form import needs_batch

        return needs_batch(operation)

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        """Anything but adding a simple column, and creating or dropping indexes."""
        return any(needs_rebuild(change) for change in batch_op.batch)

    def rebuild_strategy(self) -> SQLiteRebuild:
        """A copy by the text that SQLite stores."""
        from .rebuild import SQLiteRebuild

        return SQLiteRebuild(self)

    def cast_for_batch_migrate(
        self, existing: sa.Column[Any], existing_transfer: dict[str, Any], new_type: TypeEngine[Any]
    ) -> None:
        """As the default, but JSON, which is text in SQLite, is copied as it is."""
        if not isinstance(new_type, JSON):
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def render_ddl_sql_expr(self, expr: Any, is_server_default: bool = False, **kw: Any) -> str:
        """As the default; an expression after DEFAULT gets the parentheses that SQLite wants."""
        text = super().render_ddl_sql_expr(expr, is_server_default, **kw)
        return parenthesised(text) if is_server_default else text

    # -- the exact comparison --------------------------------------------------------------------------------------

    def object_catalogue(self, reader: Connection) -> SQLiteObjects:
        """Views and triggers as SQLite stores them."""
        return SQLiteObjects(self.require_connection("A comparison"))

    def normalizer(self, reader: Connection) -> SQLiteNormalizer:
        """Tables as SQLite stores them."""
        from .shapes import SQLiteNormalizer

        return SQLiteNormalizer(self)
