"""SQLAlchemy objects for what an operation names: tables, columns, constraints and indexes of a temporary MetaData.

That MetaData has the naming convention of the target metadata, which therefore applies to unnamed constraints and to
names with ``%(constraint_name)s``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import Constraint
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

from .arguments import bad_call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.types import TypeEngine

    from limbeck.runtime.migration import MigrationContext


_DEFAULT_CONVENTION = MetaData().naming_convention
"""SQLAlchemy's own, which names nothing but indexes."""


class SchemaObjects:
    """Makes schema objects, each on a table in a MetaData of its own.

    :param migration_context: has the target metadata, whose naming convention applies; None: none applies.
    """

    def __init__(self, migration_context: MigrationContext | None = None) -> None:
        self.migration_context = migration_context

    def naming_convention(self) -> Mapping[Any, Any] | None:
        """The naming convention of the target metadata; of several, of the first that has one."""
        if self.migration_context is None:
            return None
        target = self.migration_context.opts.get("target_metadata")
        for metadata in target if isinstance(target, list | tuple) else [target]:
            convention: Mapping[Any, Any] | None = getattr(metadata, "naming_convention", None)
            if convention and convention != _DEFAULT_CONVENTION:
                return convention
        return None

    def metadata(self) -> MetaData:
        """A new, empty MetaData with the naming convention of the target metadata."""
        convention = self.naming_convention()
        return MetaData() if convention is None else MetaData(naming_convention=dict(convention))

    def table(self, name: str, *columns: SchemaItem | None, **kw: Any) -> Table:
        """A table of ``columns``, constraints and indexes; those that belong to another table already are copied.

        The tables that foreign keys refer to are created in the MetaData too, so that the keys can be rendered.

        :param kw: as for `sqlalchemy.Table`; ``_constraints_included=True``: all constraints are given, none is made
            from flags of the columns.
        """
        included = kw.pop("_constraints_included", False)
        foreign = [item for item in columns if isinstance(item, Constraint) and sqla.is_attached(item)]
        indexes = [item for item in columns if isinstance(item, Index) and item.table is not None]
        moved = {id(item) for item in (*foreign, *indexes)}
        own = [_own_column(item, bare=included) for item in columns if item is not None and id(item) not in moved]
        table = sqla.table(name, self.metadata(), *own, **kw)
        for constraint in foreign:
            table.append_constraint(sqla.copy_constraint(constraint, table))
        for index in indexes:
            sqla.copy_index(index, table)
        for key in sorted(table.foreign_keys, key=lambda key: key.target_fullname):
            sqla.make_referent(key, table.metadata)
        return table

    def column(self, name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] = NULLTYPE, **kw: Any) -> Column[Any]:
        """A column without a table; ``kw`` as for `sqlalchemy.Column`."""
        return Column(name, type_, **kw)

    def primary_key_constraint(
        self, name: str | None, table_name: str, cols: Sequence[str], schema: str | None = None, **kw: Any
    ) -> PrimaryKeyConstraint:
        """The primary key ``name`` of the columns ``cols``."""
        table = Table(table_name, self.metadata(), *_bare_columns(cols), schema=schema)
        constraint = PrimaryKeyConstraint(*[table.c[column] for column in cols], name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def unique_constraint(
        self, name: str | None, source: str, local_cols: Sequence[str], schema: str | None = None, **kw: Any
    ) -> UniqueConstraint:
        """The unique constraint ``name`` of the columns ``local_cols``."""
        table = Table(source, self.metadata(), *_bare_columns(local_cols), schema=schema)
        constraint = UniqueConstraint(*[table.c[column] for column in local_cols], name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def check_constraint(
        self,
        name: str | None,
        source: str,
        condition: str | TextClause | ColumnElement[Any],
        schema: str | None = None,
        **kw: Any,
    ) -> CheckConstraint:
        """The check ``name`` with ``condition``."""
        table = Table(source, self.metadata(), Column("x", Integer), schema=schema)
        if isinstance(condition, ClauseElement):
            condition = _on(condition, table)
        constraint = CheckConstraint(condition, name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def foreign_key_constraint(
        self,
        name: str | None,
        source: str,
        referent: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> ForeignKeyConstraint:
        """The foreign key ``name`` between two tables, or of a table to itself."""
        metadata = self.metadata()
        to_itself = source == referent and source_schema == referent_schema
        names = [*local_cols, *remote_cols] if to_itself else local_cols
        table = Table(source, metadata, *_bare_columns(names), schema=source_schema)
        target = table
        if not to_itself:
            target = Table(referent, metadata, *_bare_columns(remote_cols), schema=referent_schema)
        constraint = ForeignKeyConstraint(
            list(local_cols),
            [target.c[column] for column in remote_cols],
            name=name,
            onupdate=onupdate,
            ondelete=ondelete,
            deferrable=deferrable,
            initially=initially,
            match=match,
            **dialect_kw,
        )
        table.append_constraint(constraint)
        return constraint

    def generic_constraint(
        self, name: str | None, table_name: str, type_: str | None, schema: str | None = None, **kw: Any
    ) -> Constraint:
        """A constraint without columns or condition, to be dropped by its name.

        :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
        :raises TypeError: another type.
        """
        table = Table(table_name, self.metadata(), schema=schema)
        constraint: Constraint
        if type_ is None:
            constraint = Constraint(name=name, **kw)
        elif type_ == "foreignkey":
            constraint = ForeignKeyConstraint([], [], name=name, **kw)
        elif type_ == "check":
            constraint = CheckConstraint("", name=name, **kw)
        elif type_ == "primary":
            constraint = PrimaryKeyConstraint(name=name, **kw)
        elif type_ == "unique":
            constraint = UniqueConstraint(name=name, **kw)
        else:
            raise bad_call(
                "op.drop_constraint", "'type' can be one of 'check', 'foreignkey', 'primary', 'unique', None"
            )
        table.append_constraint(constraint)
        return constraint

    def index(
        self,
        name: str | None,
        tablename: str | None,
        columns: Sequence[str | TextClause | ColumnElement[Any]],
        schema: str | None = None,
        **kw: Any,
    ) -> Index:
        """The index ``name`` over ``columns``: names, `text()`, expressions.

        :param tablename: None if it is not known; some dialects drop an index without its table.
        """
        table = Table(tablename or "no_table", self.metadata(), schema=schema)
        expressions = [_indexed(table, column) for column in columns]
        return sqla.index_of(table, name, expressions, **kw)


def _bare_columns(names: Sequence[str]) -> list[Column[Any]]:
    return [Column(name, NULLTYPE) for name in dict.fromkeys(names)]


def _indexed(table: Table, column: Any) -> Any:
    if not isinstance(column, str):
        return _on(column, table)
    if column not in table.c:
        table.append_column(Column(column, NULLTYPE))
    return table.c[column]


def _on(expression: Any, table: Table) -> Any:
    """``expression`` on the columns of ``table`` that have the names of those that it is written with."""

    def counterpart(part: Any, **_: Any) -> Column[Any] | None:
        if not isinstance(part, Column) or part.table is None or part.table is table:
            return None
        if part.name not in table.c:
            table.append_column(_own_column(part, bare=True))  # type: ignore[arg-type]  # a column stays one
        return table.c[part.name]

    return replacement_traverse(expression, {}, counterpart)  # type: ignore[call-overload]  # None leaves a part as it is


def _own_column(item: SchemaItem, *, bare: bool) -> SchemaItem:
    """``item``, a column copied if it belongs to a table.

    :param bare: without the flags ``unique`` and ``index``.
    """
    if not isinstance(item, Column) or (item.table is None and not bare):
        return item
    copy = sqla.copy_column(item)
    if bare:
        copy.unique = copy.index = None
    return copy
