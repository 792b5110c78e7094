"""PostgreSQL: it alters everything in place; types, identities and rebuilds are in the modules beside this one."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.dialects.postgresql.named_types import NamedType

from limbeck import sqla
from limbeck.ddl.base import (
    AlterColumn,
    ColumnComment,
    ColumnDefault,
    ColumnNullable,
    IdentityColumnDefault,
    format_name,
    is_identity,
)
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.unsupported import unsupported
from limbeck.operations.checks import CreateExcludeConstraintOp as CreateExcludeConstraintOp

from .compare import PostgresqlComparison
from .dependents import column_addresses, suspended
from .domains import Domains
from .elements import (
    PostgresqlColumnType,
    visit_column_comment,
    visit_column_type,
    visit_identity_column,
    visit_rename_table,
)
from .enums import EnumTypes
from .identities import continue_after_rows, owned_sequence, ownership_statements
from .index_keys import with_parentheses
from .object_catalogue import PostgresqlObjects
from .objects import Objects
from .schema_facts import PostgresqlFacts
from .session import NAME, PostgresqlSession
from .table_options import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.column_change import NotGiven, ServerDefault
    from limbeck.errors import CommandError

    from .rebuild import PostgresqlRebuild
    from .shapes import PostgresqlNormalizer

__all__ = [
    "ColumnComment",
    "CreateExcludeConstraintOp",
    "PostgresqlColumnType",
    "PostgresqlImpl",
    "visit_column_comment",  # dialects that descend from PostgreSQL register these for their names
    "visit_column_type",
    "visit_identity_column",
    "visit_rename_table",
]

DATATYPE_MISMATCH = "42804"


class PostgresqlImpl(
    PostgresqlComparison, PostgresqlFacts, PostgresqlSession, EnumTypes, Domains, Objects, DefaultImpl
):
    """The impl of PostgreSQL."""

    __dialect__ = "postgresql"

    transactional_ddl = True
    type_synonyms = (*DefaultImpl.type_synonyms, {"FLOAT", "DOUBLE PRECISION"})
    alter_order: ClassVar[tuple[str, ...]] = ("type", "nullable", "server_default", "comment", "name")
    alters_identity: ClassVar[bool] = True
    looks_for_types: ClassVar[bool] = True
    concurrently_option = "postgresql_concurrently"
    _current_schema: str | None = None

    # -- primitives ------------------------------------------------------------------------------------------------

    @property
    def can_query(self) -> bool:
        """Whether the catalogue can be asked: dialects of other names that are derived from PostgreSQL's lack it."""
        return super().can_query and self.dialect.name == NAME

    def create_table(self, table: sa.Table, **kw: Any) -> None:
        """As the default's; online, an enum type that exists already is used. A script creates it once.

        If it has other values, that is a warning, and under an edition a `CommandError`.
        """
        if self.can_query:
            for key in [key for key in self.memo if str(key).startswith("pg_")]:
                del self.memo[key]  # SQLAlchemy's cache of types created for earlier tables: they may have been dropped
            for column in table.columns:
                for type_ in sqla.type_and_items(column.type, self.dialect):
                    if isinstance(type_, ENUM) and type_.create_type:
                        self._check_same_values(type_)
        super().create_table(table, **kw)
        schema = self.translated(table.schema)
        if not sqla.SQLA_2_1 and (storage := table.dialect_kwargs.get("postgresql_with")):
            for statement in self.table_option_statements(table.name, schema, {"postgresql_with": storage}, {}):
                self.execute(statement)

    def _check_same_values(self, type_: ENUM) -> None:
        name = str(type_.name)
        present = self.enum_values(name, self.translated(type_.schema))
        if present is not None and present != list(type_.enums):
            self.refuse_or_warn(
                f"Type {name} is there already, with the values {', '.join(present)}",
                code="enum-differs",
                hint=f"drop it with op.drop_enum({name!r}), or change it with op.replace_enum_values({name!r}, [...]), "
                "or say postgresql.ENUM(..., create_type=False) to use it as it is",
            )

    def add_column(self, table_name: str, column: sa.Column[Any], **kw: Any) -> None:
        """As the default's; online, an ENUM or DOMAIN type that the catalogue lacks is created first."""
        self._create_missing_types(column.type)
        super().add_column(table_name, column, **kw)

    def _create_missing_types(self, type_: Any) -> None:
        if not self.can_query:
            return
        for used in reversed([*sqla.type_and_items(type_, self.dialect)]):
            if isinstance(used, NamedType) and used.create_type:
                used.create(self.require_connection("CREATE TYPE"), checkfirst=True)

    def change_column(self, change: ColumnChange) -> None:
        """As the default's; a default that changes with the type is dropped first, since it may not have a cast.

        Option ``postgresql_using`` is the expression after ``USING``; it needs a new type.

        :raises CommandError: the database needs ``USING``, which the hint shows.
        """
        if change.changes("type"):
            self._create_missing_types(change.new.type)
            change = self._drop_old_default(change)
        elif self._using(change) is not None:
            raise unsupported(
                "postgresql_using must be used with the type_ parameter",
                code="using-without-type",
                hint="give type_=, the type that the column shall have",
            )
        looks = self.can_query and self.dialect.name == "postgresql"  # not a database whose impl is made from this
        if change.changes("server_default") and looks:
            change = change.known(server_default=self._prepare_identity(change))
        if change.new.nullable is True and self._drops_identity(change):
            super().change_column(change.only("server_default"))
            change = change.without("server_default")
        try:
            with self._without_dependents(change):
                super().change_column(change)
        except exc.DBAPIError as error:
            if change.changes("type") and sqla.sqlstate(error) == DATATYPE_MISMATCH:
                raise self._needs_using(change, error) from error
            raise
        if isinstance(change.new.server_default, sa.Identity) and looks:
            name = change.new.name or change.column_name
            continue_after_rows(self, change.table_name, name, change.schema, change.new.server_default)

    def _without_dependents(self, change: ColumnChange) -> AbstractContextManager[None]:
        """A block in which the column of ``change`` has nothing that would not let its type change."""
        if not change.changes("type") or not self.suspends_dependents:
            return nullcontext()
        connection = self.require_connection("ALTER COLUMN")
        table = self._quoted(change.table_name, self.translated(change.schema))
        columns = column_addresses(connection, table, change.column_name)
        what = f"column {change.table_name}.{change.column_name} was changed"
        return suspended(self, columns, what)

    @staticmethod
    def _drops_identity(change: ColumnChange) -> bool:
        """Whether the column ceases to be an identity, which is NOT NULL as long as it is one."""
        default = change.new.server_default
        gone = default is not NOT_GIVEN and not isinstance(default, sa.Identity)
        return gone and isinstance(change.existing.server_default, sa.Identity)

    def _drop_old_default(self, change: ColumnChange) -> ColumnChange:
        """Drop a default that is replaced together with the type; returns the rest of the change."""
        default = change.new.server_default
        if default is NOT_GIVEN or change.existing.server_default is None or is_identity(default):
            return change
        for element in self._alter_server_default(change.to(server_default=None)):
            self._exec(element)
        left = change.without("server_default") if default is None else change
        return left.known(server_default=None)

    @staticmethod
    def _using(change: ColumnChange) -> Any:
        """The expression after ``USING``; None where there is none."""
        return change.options.get("postgresql_using", change.options.get("using"))

    def _alter_type(self, change: ColumnChange) -> list[AlterColumn]:
        using = self._using(change)
        follows = self.edition is not None
        return [change.element(partial(PostgresqlColumnType, using=using, type_follows_map=follows), change.new.type)]

    def _needs_using(self, change: ColumnChange, error: exc.DBAPIError) -> CommandError:
        said = str(error.orig).splitlines()[0]
        name = sqla.for_script(self.dialect).identifier_preparer.quote(change.column_name)
        type_ = cast("TypeEngine[Any]", change.new.type).dialect_impl(self.dialect)
        target = self.dialect.type_compiler_instance.process(type_)
        if "default" in said:
            hint = "give server_default= in the same call, the default in the new type or None"
        elif isinstance(type_, ENUM):
            hint = f'add postgresql_using="{name}::text::{target}"'
        else:
            hint = f'add postgresql_using="{name}::{target}", or another expression that gives the new value'
        column = f"{change.table_name}.{change.column_name}"
        return unsupported(f"Column {column} cannot become {target}: {said}", code="needs-using", hint=hint)

    def _alter_server_default(self, change: ColumnChange) -> list[AlterColumn]:
        existing, default = change.existing.server_default, change.new.server_default
        if isinstance(existing, sa.Identity):
            if isinstance(default, sa.Identity):
                changed, *_ = self._compare_identity_default(default, existing)
                return super()._alter_server_default(change) if changed else []
            if default is not None:
                dropped = change.element(IdentityColumnDefault, None, self)
                return [dropped, change.element(ColumnDefault, default)]
        return super()._alter_server_default(change)

    def _prepare_identity(self, change: ColumnChange) -> ServerDefault | NotGiven:
        """Make the column ready for an identity: drop its default, or a serial's with its sequence, and set NOT NULL.

        :return: what the column has then: its identity, or no default; if there is no new identity, what is stated.
        """
        table, column, schema = change.table_name, change.column_name, change.schema
        existing = change.existing.server_default
        catalogue = sa.inspect(self.require_connection("ALTER COLUMN"))
        if not catalogue.has_table(table, schema):
            return existing  # the statement will fail
        live = next((found for found in catalogue.get_columns(table, schema) if found["name"] == column), None)
        if live is None:
            return existing
        if identity := live.get("identity"):
            return sa.Identity(**identity)
        if not is_identity(change.new.server_default):
            return existing
        if live["nullable"]:
            self._exec(ColumnNullable(table, column, False, schema=schema))
        if live["default"] is not None:
            sequence = owned_sequence(self, table, column, schema)
            self._exec(ColumnDefault(table, column, None, schema=schema))
            if sequence is not None:
                self._exec(f"DROP SEQUENCE {sequence}")
        return None

    def _quoted(self, name: str, schema: str | None) -> str:
        return format_name(sqla.for_script(self.dialect).identifier_preparer, name, schema)

    def add_constraint(self, const: sa.Constraint, **kw: Any) -> None:
        """As the default's; columns of ``postgresql_include`` may be given by name."""
        if isinstance(const, (sa.UniqueConstraint, sa.PrimaryKeyConstraint)):
            sqla.add_missing_columns(const, const.dialect_options["postgresql"]["include"] or ())
        super().add_constraint(const, **kw)

    def create_sequence(self, sequence: sa.Sequence, *, owned_by: tuple[str, str] | None = None) -> None:
        """As the default's; with ``owned_by`` it begins after the largest value of the column."""
        super().create_sequence(sequence)
        for statement in () if owned_by is None else ownership_statements(self.dialect, sequence, *owned_by):
            self.execute(statement)

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """As the default's; columns of ``postgresql_include`` may be given by name.

        Online and with ``postgresql_concurrently``, an INVALID index that a failure has left is dropped. Under an
        edition a key that is text gets the parentheses that it needs.
        """
        sqla.add_missing_columns(index, index.dialect_options["postgresql"]["include"] or ())
        if index.dialect_options["postgresql"]["concurrently"] and self.can_query:
            self._drop_invalid(index)
        if self.edition is not None:
            index = with_parentheses(index)
        super().create_index(index, **kw)

    def _drop_invalid(self, index: sa.Index) -> None:
        query = sa.text(
            "SELECT c.oid::regclass::text FROM pg_catalog.pg_index i "
            "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
            "WHERE NOT i.indisvalid AND i.indrelid = to_regclass(:table) AND c.relname = :name"
        )
        table = sqla.table_of_index(index)
        values = {
            "table": self._quoted(table.name, self.translated(table.schema)),
            "name": sqla.constraint_name(index, self.dialect),
        }
        for (leftover,) in self.require_connection("CREATE INDEX").execute(query, values).all():
            self._exec(f"DROP INDEX CONCURRENTLY {leftover}")

    def table_option_statements(
        self, table: str, schema: str | None, options: Mapping[str, Any], existing: Mapping[str, Any]
    ) -> list[str]:
        """A statement for each kind of option."""
        return statements(self.dialect, table, schema, options, existing)

    # -- batch -----------------------------------------------------------------------------------------------------

    def rebuild_strategy(self) -> PostgresqlRebuild:
        """A copy by the definitions in the catalogue."""
        from .rebuild import PostgresqlRebuild

        return PostgresqlRebuild(self)

    def prep_table_for_batch(self, batch_impl: Any, table: sa.Table) -> None:
        """Drop the old table's named constraints: the copy needs their names, which are unique in a schema."""
        for constraint in (*batch_impl.original, table.primary_key):
            if sqla.given_name(constraint) is not None:
                self.drop_constraint(constraint)

    # -- the exact comparison --------------------------------------------------------------------------------------

    @property
    def default_schema(self) -> str | None:
        """In an exact comparison the first of the search path, which env.py may have set; else as the default's."""
        return self._current_schema or super().default_schema

    def object_catalogue(self, reader: Connection) -> PostgresqlObjects:
        """Views, routines and triggers as `pg_catalog` has them."""
        connection = self.require_connection("A comparison")
        self._current_schema = connection.scalar(sa.text("SELECT current_schema()"))
        return PostgresqlObjects(connection, str(self._current_schema))

    @property
    def suspends_dependents(self) -> bool:  # type: ignore[override]
        """``configure(suspend_dependents=...)``; default: under an edition."""
        wanted = self.context_opts.get("suspend_dependents")
        return self.can_query and (self.edition is not None if wanted is None else bool(wanted))

    def normalizer(self, reader: Connection) -> PostgresqlNormalizer:
        """Tables as `pg_catalog` has them, and as the search path of the connection finds them at this moment."""
        from .shapes import PostgresqlNormalizer

        self._current_schema = reader.scalar(sa.text("SELECT current_schema()"))
        return PostgresqlNormalizer(self)
