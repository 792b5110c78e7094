"""Throw-away tables: what an operation names becomes SQLAlchemy objects in a MetaData made for the moment.

The MetaData has the naming convention of the target metadata, so that unnamed constraints and names with
``%(constraint_name)s`` come out as the models say (behaviour 6.1, appendix B "Naming").
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


class SchemaObjects:
    """Maker of throw-away schema objects.

    :param migration_context: where the target metadata, and with it the naming convention, comes from.
    """

    def __init__(self, migration_context: MigrationContext | None = None) -> None:
        self.migration_context = migration_context

    def naming_convention(self) -> Mapping[Any, Any] | None:
        """The naming convention of the target metadata; of several metadatas, the first that has one of its own."""
        if self.migration_context is None:
            return None
        target = self.migration_context.opts.get("target_metadata")
        plain = MetaData().naming_convention
        for metadata in target if isinstance(target, list | tuple) else [target]:
            convention: Mapping[Any, Any] | None = getattr(metadata, "naming_convention", None)
            if convention and convention != plain:
                return convention
        return None

    def metadata(self) -> MetaData:
        """A new, empty MetaData with the naming convention of the target metadata."""
        convention = self.naming_convention()
        return MetaData() if convention is None else MetaData(naming_convention=dict(convention))

    def table(self, name: str, *columns: SchemaItem | None, **kw: Any) -> Table:
        """A table of ``columns`` and constraints; those that belong to another table already are copied.

        Tables that foreign keys name are made up where they are missing, so that the keys can be written.

        :param kw: as for `sqlalchemy.Table`; ``_constraints_included=True`` says that the constraints stand beside
            the columns, so that none is made from the columns' own flags.
        """
        included = kw.pop("_constraints_included", False)
        foreign = [item for item in columns if isinstance(item, Constraint) and sqla.is_attached(item)]
        moved = {id(item) for item in foreign}
        own = [_own_column(item, bare=included) for item in columns if item is not None and id(item) not in moved]
        table = sqla.table(name, self.metadata(), *own, **kw)
        for constraint in foreign:
            table.append_constraint(sqla.copy_constraint(constraint, table))
        for key in sorted(table.foreign_keys, key=lambda key: key.target_fullname):
            sqla.make_referent(key, table.metadata)
        return table

    def column(self, name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]] = NULLTYPE, **kw: Any) -> Column[Any]:
        """A column of its own; ``kw`` as for `sqlalchemy.Column`."""
        return Column(name, type_, **kw)

    def primary_key_constraint(
        self, name: str | None, table_name: str, cols: Sequence[str], schema: str | None = None, **kw: Any
    ) -> PrimaryKeyConstraint:
        """The primary key ``name`` over ``cols`` of a throw-away table."""
        table = Table(table_name, self.metadata(), *_bare_columns(cols), schema=schema)
        constraint = PrimaryKeyConstraint(*[table.c[column] for column in cols], name=name, **kw)
        table.append_constraint(constraint)
        return constraint

    def unique_constraint(
        self, name: str | None, source: str, local_cols: Sequence[str], schema: str | None = None, **kw: Any
    ) -> UniqueConstraint:
        """The unique constraint ``name`` over ``local_cols`` of a throw-away table."""
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
        """The check ``name`` with ``condition`` on a throw-away table."""
        table = Table(source, self.metadata(), Column("x", Integer), schema=schema)
        if isinstance(condition, ClauseElement):
            condition = _over(condition, table)
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
        """The foreign key ``name`` between two throw-away tables (one, where a table refers to itself)."""
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
        """A constraint of which no more than name, table and type are known: one that is to be dropped.

        :param type_: ``foreignkey``, ``primary``, ``unique``, ``check`` or None.
        :raises TypeError: another type (behaviour 6.3).
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

        :param tablename: None where the dialect can name an index without its table.
        """
        table = Table(tablename or "no_table", self.metadata(), schema=schema)
        expressions = [_indexed(table, column) for column in columns]
        return sqla.index_of(table, name, expressions, **kw)


def _bare_columns(names: Sequence[str]) -> list[Column[Any]]:
    return [Column(name, NULLTYPE) for name in dict.fromkeys(names)]


def _indexed(table: Table, column: Any) -> Any:
    if not isinstance(column, str):
        return _over(column, table)
    if column not in table.c:
        table.append_column(Column(column, NULLTYPE))
    return table.c[column]


def _over(expression: Any, table: Table) -> Any:
    """``expression`` with the columns of ``table`` in place of those of the same names that belong to another table."""

    def counterpart(part: Any, **_: Any) -> Column[Any] | None:
        if not isinstance(part, Column) or part.table is None or part.table is table:
            return None
        if part.name not in table.c:
            table.append_column(_own_column(part, bare=True))  # type: ignore[arg-type]  # a column stays one
        return table.c[part.name]

    return replacement_traverse(expression, {}, counterpart)  # type: ignore[call-overload]  # it may say None: leave it


def _own_column(item: SchemaItem, *, bare: bool) -> SchemaItem:
    """A column that may go into a new table; ``bare``: without flags whose constraints stand beside it already."""
    if not isinstance(item, Column) or (item.table is None and not bare):
        return item
    copy = sqla.copy_column(item)
    if bare:
        copy.unique = copy.index = None
    return copy
