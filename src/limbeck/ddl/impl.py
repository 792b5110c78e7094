"""The impl: the class that a dialect subclasses, with a method for each operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import schema as sa_schema

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError, warn
from limbeck.plugins import load_dialect

from . import base
from .classic_compare import Comparison
from .column_change import NOT_GIVEN, ColumnChange, with_column_keywords
from .comparison_result import ComparisonResult as ComparisonResult
from .comparison_result import compare_identity_options
from .if_exists import IfExists
from .rebuild_strategy import RebuildStrategy
from .schema_facts import SchemaFacts
from .session import SessionFacts
from .types import Params as Params
from .unsupported import unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.sql.elements import quoted_name
    from sqlalchemy.types import TypeEngine

    from .normalizer import Normalizer
    from .objects import ObjectCatalogue

__all__ = ["ComparisonResult", "DefaultImpl", "ImplMeta", "Params", "_compare_identity_options", "_impls"]

NO_TABLE = "no_table"
"""The name of the stand-in for an index's table where DROP INDEX is called without one."""

_impls: dict[str, type[DefaultImpl]] = {}


def _compare_identity_options(
    metadata_io: Any, inspector_io: Any, default_io: Any, skip: set[str]
) -> tuple[set[str], set[str]]:
    """`compare_identity_options` under the name and with the arguments that third-party impls know."""
    return compare_identity_options(metadata_io, inspector_io, skip)


class ImplMeta(type):
    """Registers a subclass under its ``__dialect__``; the last definition of a name wins."""

    def __init__(cls, classname: str, bases: tuple[type, ...], dict_: dict[str, Any]) -> None:
        super().__init__(classname, bases, dict_)
        if "__dialect__" in dict_:
            _impls[dict_["__dialect__"]] = cls  # type: ignore[assignment]


class DefaultImpl(Comparison, SchemaFacts, IfExists, SessionFacts, metaclass=ImplMeta):
    """Writes the SQL that most databases share; parameters as those of `limbeck.ddl.execution.Execution`."""

    __dialect__ = "default"

    type_synonyms: tuple[set[str], ...] = ({"NUMERIC", "DECIMAL"},)
    type_arg_extract: Sequence[str] = ()
    identity_attrs_ignore: tuple[str, ...] = ("order", "on_null")

    #: the aspects of a column (fields of `ColumnState`) in the order in which ALTERs are sent, by ``_alter_<aspect>``
    alter_order: ClassVar[tuple[str, ...]] = ("nullable", "server_default", "type", "comment", "name")
    #: whether an existing column can become, or cease to be, an identity
    alters_identity: ClassVar[bool] = False
    #: whether types of a table's columns are created only if the catalogue lacks them
    looks_for_types: ClassVar[bool] = False
    #: options of a foreign key that the database has, beside ON DELETE and ON UPDATE
    foreign_key_options: ClassVar[tuple[str, ...]] = ("match", "deferrable", "initially")
    #: whether DROP INDEX names the table too
    index_needs_table: ClassVar[bool] = False
    #: whether a primary key has a name, by which it is dropped
    names_primary_keys: ClassVar[bool] = True
    #: whether a change of a column has to restate its whole definition
    restates_columns: ClassVar[bool] = False

    @classmethod
    def get_by_dialect(cls, dialect: Dialect) -> type[DefaultImpl]:
        """The class for ``dialect``, loading its module where it is not registered yet.

        :raises CommandError: none is registered.
        """
        if dialect.name not in _impls:
            load_dialect(dialect.name)
        try:
            return _impls[dialect.name]
        except KeyError:
            raise CommandError(
                f"No impl for the dialect {dialect.name!r}",
                code="unknown-dialect",
                hint="install the package that brings it (entry point group limbeck.dialects), or define "
                f"`class MyImpl(DefaultImpl): __dialect__ = {dialect.name!r}` before the run",
            ) from None

    def start_migrations(self) -> None:
        """Called once before the first step, with the connection in place; does nothing by default."""

    def version_table_impl(
        self, *, version_table: str, version_table_schema: str | None, version_table_pk: bool, **kw: Any
    ) -> sa.Table:
        """The table that holds the version rows: one string column ``version_num``.

        :param version_table: its name.
        :param version_table_schema: its schema.
        :param version_table_pk: make ``version_num`` the primary key, named ``<table>_pkc``.
        """
        table = sa.Table(
            version_table,
            sa.MetaData(),
            sa.Column("version_num", sa.String(32), nullable=False),
            schema=version_table_schema,
        )
        if version_table_pk:
            table.append_constraint(sa.PrimaryKeyConstraint("version_num", name=f"{version_table}_pkc"))
        return table

    # -- columns ---------------------------------------------------------------------------------------------------

    @with_column_keywords
    def alter_column(self, table_name: str, column_name: str, **keywords: Any) -> None:
        """Change one column: what operations call, and what an impl written for Alembic overrides.

        :param nullable: whether it takes NULL; None leaves it.
        :param server_default: the new default; None drops it, False leaves it.
        :param name: the new name; None leaves it.
        :param type_: the new type; None leaves it.
        :param autoincrement: whether it has AUTO_INCREMENT (MySQL, MariaDB); elsewhere a warning.
        :param comment: the new comment; None drops it, False leaves it.
        :param existing_type: and the other ``existing_...``: what the column is now, as far as the caller says.
        :raises CommandError: the dialect cannot make the change.
        """
        self.change_column(ColumnChange.from_keywords(table_name, column_name, **keywords))

    def change_column(self, change: ColumnChange) -> None:
        """Make ``change``, each aspect by a statement of its own, in the order of `alter_order`.

        :raises CommandError: the dialect cannot make the change.
        """
        if change.result.autoincrement is not NOT_GIVEN:
            file, line = caller()
            warn(
                "autoincrement and existing_autoincrement only make sense for MySQL",
                code="autoincrement-ignored",
                file=file,
                line=line,
            )
        for aspect in self.alter_order:
            if change.changes(aspect):
                for element in getattr(self, f"_alter_{aspect}")(change):
                    self._exec(element)

    def _alter_nullable(self, change: ColumnChange) -> list[base.AlterColumn]:
        return [change.element(base.ColumnNullable, change.new.nullable)]

    def _alter_type(self, change: ColumnChange) -> list[base.AlterColumn]:
        return [change.element(base.ColumnType, change.new.type)]

    def _alter_comment(self, change: ColumnChange) -> list[base.AlterColumn]:
        return [change.element(base.ColumnComment, change.new.comment)]

    def _alter_name(self, change: ColumnChange) -> list[base.AlterColumn]:
        return [change.element(base.ColumnName, change.new.name)]

    def _alter_server_default(self, change: ColumnChange) -> list[base.AlterColumn]:
        default = change.new.server_default
        self._check_generated(default, change.existing.server_default)
        if base.is_identity(default, change.existing.server_default):
            return [change.element(base.IdentityColumnDefault, default, self)]
        return [change.element(base.ColumnDefault, default)]

    def _check_generated(self, default: Any, existing_default: Any) -> None:
        """Refuse to make a column computed, or an identity where the dialect cannot."""
        if base.is_computed(default, existing_default):
            raise unsupported(
                base.NO_COMPUTED_CHANGE,
                code="computed-change",
                hint="drop the column and add it again, which loses nothing that cannot be computed",
            )
        if base.is_identity(default, existing_default) and not self.alters_identity:
            raise unsupported(
                base.NO_IDENTITY_CHANGE,
                code="identity-change",
                hint="add a column of the new kind, copy the values, drop the old column and rename the new one",
            )

    def add_column(
        self,
        table_name: str,
        column: sa.Column[Any],
        *,
        schema: str | quoted_name | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add ``column``; its constraints and indexes are operations of their own, except inline ones."""
        if self._already_satisfied(
            "if_not_exists", if_not_exists, "column", self._has_column(table_name, column, schema)
        ):
            return
        if inline_references:
            self._check_foreign_key(base.inline_foreign_key(column))
        element = base.AddColumn(
            table_name,
            column,
            schema=schema,
            if_not_exists=if_not_exists and self._supports_clause("if_not_exists", "column"),
            inline_references=inline_references,
            inline_primary_key=inline_primary_key,
        )
        self._exec(self._add_column_statement(element))

    def _add_column_statement(self, element: base.AddColumn) -> Any:
        return element

    def drop_column(
        self,
        table_name: str,
        column: sa.Column[Any],
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop ``column``."""
        if self._already_satisfied("if_exists", if_exists, "column", self._has_column(table_name, column, schema)):
            return
        if_exists = if_exists and self._supports_clause("if_exists", "column")
        self._exec(base.DropColumn(table_name, column, schema=schema, if_exists=if_exists))

    def create_column_comment(self, column: sa.Column[Any]) -> None:
        """Set the comment that ``column`` carries."""
        self._exec(sa_schema.SetColumnComment(column))

    # -- constraints -----------------------------------------------------------------------------------------------

    def add_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Add ``const`` to its table, unless the dialect does not need it (a Boolean's check on PostgreSQL)."""
        if sqla.wanted_by(const, self):
            self._check_foreign_key(const)
            self._exec(sqla.add_constraint(const))

    def _check_foreign_key(self, const: sa.Constraint | None) -> None:
        """Refuse options of a foreign key that this database does not have."""
        for option in ("match", "deferrable", "initially") if isinstance(const, sa.ForeignKeyConstraint) else ():
            if getattr(const, option) is not None and option not in self.foreign_key_options:
                raise unsupported(
                    f"{self.dialect.name} has no foreign keys with {option}={getattr(const, option)!r}",
                    code="foreign-key-option",
                    hint=f"leave {option}= out where op.get_context().dialect.name is {self.dialect.name!r}",
                )

    def drop_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """Drop ``const``; ``if_exists=True`` adds ``IF EXISTS``."""
        self._check_named(const)
        if not self._already_satisfied("if_exists", kw.get("if_exists"), "constraint", self._has_constraint(const)):
            self._exec(sqla.drop_constraint(const, **self._supported_clauses("constraint", kw)))

    def _check_named(self, const: sa.Constraint) -> None:
        if sqla.constraint_name(const, self.dialect) is None:
            table = "" if const.table is None else f" of table {const.table.fullname!r}"
            raise unsupported(
                f"A constraint{table} without a name cannot be dropped",
                code="constraint-without-name",
                hint="give the name that the database gave it (sa.inspect(...).get_unique_constraints "
                "and its like show it), or set a naming convention on target_metadata",
            )

    # -- tables and indexes ----------------------------------------------------------------------------------------

    def rename_table(
        self, old_table_name: str, new_table_name: str | quoted_name, schema: str | quoted_name | None = None
    ) -> None:
        """Give the table another name in the same schema."""
        self._exec(base.RenameTable(old_table_name, new_table_name, schema=schema))

    def create_table(self, table: sa.Table, **kw: Any) -> None:
        """Create ``table`` with its indexes and comments; fires ``before_create`` and ``after_create``.

        :param if_not_exists: (keyword) add ``IF NOT EXISTS``.
        """
        if self._already_satisfied("if_not_exists", kw.get("if_not_exists"), "table", self._has_table(table)):
            return
        checkfirst = self.looks_for_types and not self.as_sql
        table.dispatch.before_create(table, self.bind, checkfirst=checkfirst, _ddl_runner=self)
        self._exec(self._create_table_statement(table, self._supported_clauses("table", kw)))
        table.dispatch.after_create(table, self.bind, checkfirst=checkfirst, _ddl_runner=self)
        for index in sorted(table.indexes, key=_by_columns):
            if "if_not_exists" in kw and (not self.as_sql or "index" in self.if_not_exists):
                self.create_index(index, if_not_exists=kw["if_not_exists"])
            else:
                self.create_index(index)
        if self.dialect.supports_comments and not self.dialect.inline_comments:
            self._create_comments(table)

    def _create_table_statement(self, table: sa.Table, kw: dict[str, Any]) -> Any:
        return sa_schema.CreateTable(table, **kw)

    def _create_comments(self, table: sa.Table) -> None:
        if table.comment is not None:
            self.create_table_comment(table)
        for column in table.columns:
            if column.comment is not None:
                self.create_column_comment(column)

    def drop_table(self, table: sa.Table, **kw: Any) -> None:
        """Drop ``table``; fires ``before_drop`` and ``after_drop``; ``if_exists=True`` adds ``IF EXISTS``."""
        if self._already_satisfied("if_exists", kw.get("if_exists"), "table", self._has_table(table)):
            return
        kw = self._supported_clauses("table", kw)
        table.dispatch.before_drop(table, self.bind, checkfirst=False, _ddl_runner=self)
        self._exec(sa_schema.DropTable(table, **kw))
        table.dispatch.after_drop(table, self.bind, checkfirst=False, _ddl_runner=self)

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """Create ``index``; ``if_not_exists=True`` adds ``IF NOT EXISTS``."""
        if not self._already_satisfied("if_not_exists", kw.get("if_not_exists"), "index", self._has_index(index)):
            self._exec(self._create_index_statement(index, self._supported_clauses("index", kw)))

    def _create_index_statement(self, index: sa.Index, kw: dict[str, Any]) -> Any:
        return sa_schema.CreateIndex(index, **kw)

    def drop_index(self, index: sa.Index, **kw: Any) -> None:
        """Drop ``index``; ``if_exists=True`` adds ``IF EXISTS``."""
        if self.index_needs_table and sqla.table_of_index(index).name == NO_TABLE:
            raise unsupported(
                f"{self.dialect.name} drops an index by its name and its table, and no table is given for "
                f"{index.name!r}",
                code="index-needs-table",
                hint=f"write op.drop_index({str(index.name)!r}, table_name=...)",
            )
        if not self._already_satisfied("if_exists", kw.get("if_exists"), "index", self._has_index(index)):
            self._exec(sa_schema.DropIndex(index, **self._supported_clauses("index", kw)))

    def create_table_comment(self, table: sa.Table) -> None:
        """Set the comment that ``table`` carries."""
        self._exec(sa_schema.SetTableComment(table))

    def drop_table_comment(self, table: sa.Table) -> None:
        """Drop the comment of ``table``."""
        self._exec(sa_schema.DropTableComment(table))

    # -- sequences -------------------------------------------------------------------------------------------------

    @property
    def has_sequences(self) -> bool:
        """Whether the database has sequences."""
        return self.dialect.supports_sequences

    def _demand_sequences(self) -> None:
        """Raise `CommandError` where the database has no sequences, in a script too."""
        if not self.has_sequences:
            raise unsupported(
                f"{self.dialect.name} has no sequences",
                code="no-sequences",
                hint="write it under a test of `op.get_context().dialect.name`",
            )

    def create_sequence(self, sequence: sa.Sequence, *, owned_by: tuple[str, str] | None = None) -> None:
        """Create ``sequence``.

        :param owned_by: a table and its column that own it; raises `CommandError` where the database has no such thing.
        """
        self._demand_sequences()
        if owned_by is not None:
            raise unsupported(
                f"{self.dialect.name} has no sequences that a column owns",
                code="no-owned-sequences",
                hint="leave out owned_by=, and drop the sequence with op.drop_sequence()",
            )
        self._exec(sa_schema.CreateSequence(sequence))

    def alter_sequence(self, sequence: sa.Sequence) -> None:
        """Give ``sequence`` the options that it has here; its next value stays."""
        self._demand_sequences()
        name = sqla.for_script(self.dialect).identifier_preparer.format_sequence(sequence)
        types = self.dialect.type_compiler_instance
        type_ = "" if sequence.data_type is None else f" AS {types.process(sequence.data_type)}"
        options = sqla.sequence_options(self.dialect, sequence)
        self._exec(f"ALTER SEQUENCE {name}{type_} {options}".rstrip())

    def drop_sequence(self, sequence: sa.Sequence) -> None:
        """Drop ``sequence``."""
        self._demand_sequences()
        self._exec(sa_schema.DropSequence(sequence))

    # -- rows ------------------------------------------------------------------------------------------------------

    def bulk_insert(self, table: Any, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """Insert ``rows``.

        :param table: a Table or `sa.table()`.
        :param rows: one dict a row; an empty list does nothing.
        :param multiinsert: one statement for all; False: one a row, which `inline_literal` values need.
        """
        if not isinstance(rows, list):
            raise TypeError("List expected")
        if rows and not isinstance(rows[0], dict):
            raise TypeError("List of dictionaries expected")
        insert = table.insert().inline()
        if self.as_sql:
            for row in rows:
                self._exec(insert.values(**sqla.with_client_defaults(table, row)))
        elif rows and multiinsert:
            self._exec(insert, multiparams=rows)
        else:
            for row in rows:
                self._exec(insert.values(**row))

    # -- batch -----------------------------------------------------------------------------------------------------

    def needs_batch(self, operation: object) -> bool:
        """Whether the dialect carries out ``operation``, on one table, in a batch only; by default not."""
        return False

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        """Whether the queued operations need "move and copy" on this dialect."""
        return False

    def rebuild_strategy(self) -> RebuildStrategy[DefaultImpl]:
        """How a table is rebuilt; by default as a copy that replaces it."""
        return RebuildStrategy(self)

    def prep_table_for_batch(self, batch_impl: Any, table: sa.Table) -> None:
        """Called with the old table before its copy is created; does nothing by default."""

    def cast_for_batch_migrate(
        self, existing: sa.Column[Any], existing_transfer: dict[str, Any], new_type: TypeEngine[Any]
    ) -> None:
        """Set ``existing_transfer["expr"]`` to a CAST where the type's affinity changes."""
        if sqla.affinity(existing.type) is not sqla.affinity(new_type):
            existing_transfer["expr"] = sa.cast(existing_transfer["expr"], new_type)

    # -- the exact comparison --------------------------------------------------------------------------------------

    def applies(self, item: sa.Constraint | sa.Index) -> bool:
        """Whether ``ddl_if()`` of the models lets a constraint or an index be created in this database."""
        return sqla.applies(item, self.require_connection("ddl_if()"))

    #: whether what stands on a column stays through a change of its type: dropped and made again where it must
    suspends_dependents: bool = False
    #: the kinds of objects, besides tables, that the database has: ``view``, ``function``, ...
    object_kinds: ClassVar[frozenset[str]] = frozenset()

    #: whether these have comments
    comments_objects: ClassVar[bool] = False

    def object_catalogue(self, reader: Connection) -> ObjectCatalogue | None:
        """Views, functions, triggers and the like of the database; None where this dialect does not compare them.

        :param reader: the `catalogue_reader` of this comparison.
        """
        return None

    def normalizer(self, reader: Connection) -> Normalizer | None:
        """How this dialect compares exactly; None where it cannot, and the classic comparison is used.

        :param reader: the `catalogue_reader` of this comparison.
        """
        return None


def _by_columns(index: sa.Index) -> tuple[list[int], str]:
    """The sort key of an index among those of its table, which are a set: a script is the same in every run."""
    order = [] if index.table is None else [column.name for column in index.table.columns]
    return [order.index(column.name) for column in index.columns], str(index.name)
