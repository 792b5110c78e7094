"""Columns: add, alter, drop."""

from __future__ import annotations

from dataclasses import KW_ONLY, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Column, Identity, PrimaryKeyConstraint
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import NULLTYPE, TypeEngine

from limbeck import sqla
from limbeck.ddl.base import inline_foreign_key

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_name, expect_optional_name, expect_type, name_given
from .call import Call, ColumnDefinition, given
from .operation import AlterTableOp, DropOp, TakesOptions, implementations, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from sqlalchemy.schema import Constraint, FetchedValue
    from sqlalchemy.sql.elements import ColumnElement, TextClause

    from limbeck.runtime.migration import MigrationContext

    from .call import Options

    ServerDefault = str | Literal[False] | FetchedValue | TextClause | ColumnElement[Any] | None
    AnyType = TypeEngine[Any] | type[TypeEngine[Any]]


@operation("add_column", in_batch=True, init=False, more_keywords=("insert_before", "insert_after"))
class AddColumnOp(TakesOptions, AlterTableOp):
    """Add a column.

    :param table_name: the table.
    :param column: the new column.
    :param schema: the table's schema.
    :param if_not_exists: do nothing if the column exists.
    :param inline_references: write the column's foreign key with the column, not as a statement after it.
    :param inline_primary_key: write ``PRIMARY KEY`` with the column.
    :param kw: ``insert_before`` and ``insert_after`` of a batch.
    """

    column: sqla.AnyColumn
    _: KW_ONLY
    if_not_exists: bool | None = None
    inline_references: bool | None = None
    inline_primary_key: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_type(self.call, "column", self.column, Column, "a sqlalchemy.Column")
        if self.column.name is None:
            raise bad_call(self.call, "the column has no name", hint='write Column("name", ...)')

    @classmethod
    def from_column(cls, col: sqla.AnyColumn) -> AddColumnOp:
        """The operation that adds ``col``, which belongs to a table, to that table."""
        return cls(col.table.name, col, schema=col.table.schema)

    @classmethod
    def from_column_and_tablename(cls, schema: str | None, tname: str, col: sqla.AnyColumn) -> AddColumnOp:
        """The operation that adds ``col`` to table ``tname``."""
        return cls(tname, col, schema=schema)

    def to_column(self) -> sqla.AnyColumn:
        """The new column itself."""
        return self.column

    def reverse(self) -> DropColumnOp:
        """The drop of the column."""
        return DropColumnOp.from_column_and_tablename(
            self.schema, self.table_name, self.column, if_exists=self.if_not_exists
        )

    def to_diff_tuple(self) -> tuple[str, str | None, str, sqla.AnyColumn]:
        """``("add_column", schema, table, Column)``."""
        return ("add_column", self.schema, self.table_name, self.column)

    def to_call(self, *, batch: bool = False) -> Call:
        """``add_column(table, Column(...), schema=, if_not_exists=, inline_references=, inline_primary_key=)``."""
        call = super().to_call(batch=batch)
        return replace(call, args=(*call.args[:-1], ColumnDefinition(self.column)))


@operation(
    "drop_column",
    in_batch=True,
    init=False,
    more_keywords=("existing_type", "existing_nullable", "existing_server_default", "existing_comment"),
)
class DropColumnOp(TakesOptions, AlterTableOp, DropOp[AddColumnOp]):
    """Drop a column.

    :param table_name: the table.
    :param column_name: the column.
    :param schema: the table's schema.
    :param if_exists: do nothing if the column does not exist.
    :param kw: ``existing_type`` of a batch, ``mssql_drop_default``, ``mssql_drop_check``, ``mssql_drop_foreign_key``.
    """

    column_name: str
    _: KW_ONLY
    if_exists: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        expect_name(self.call, "column_name", self.column_name)

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: sqla.AnyColumn, *, if_exists: bool | None = None
    ) -> DropColumnOp:
        """The operation that drops ``col`` from table ``tname``; its reverse adds the column again."""
        back = AddColumnOp.from_column_and_tablename(schema, tname, col)
        back.if_not_exists = if_exists
        return cls(tname, col.name, schema=schema, if_exists=if_exists, _reverse=back)

    def to_column(self, migration_context: MigrationContext | None = None) -> sqla.AnyColumn:
        """The dropped column; where it is not known, one of the same name."""
        if self._reverse is not None:
            return self._reverse.column
        return SchemaObjects(migration_context).column(self.column_name, NULLTYPE)

    def reverse(self) -> AddColumnOp:
        """The addition of the column.

        :raises ValueError: the operation was made without the column that it drops.
        """
        if self._reverse is None:
            raise ValueError("operation is not reversible; original column is not present")
        return AddColumnOp(
            self.table_name, self._reverse.column, schema=self.schema, if_not_exists=self._reverse.if_not_exists
        )

    def to_diff_tuple(self) -> tuple[str, str | None, str, sqla.AnyColumn]:
        """``("remove_column", schema, table, Column)``."""
        return ("remove_column", self.schema, self.table_name, self.to_column())


@operation(
    "alter_column",
    in_batch=True,
    init=False,
    more_keywords=(
        "type",
        "autoincrement",
        "existing_autoincrement",
        "insert_before",
        "insert_after",
        "using",
        "lossy",
    ),
)
class AlterColumnOp(TakesOptions, AlterTableOp):
    """Change a column.

    :param table_name: the table.
    :param column_name: the column.
    :param schema: the table's schema.
    :param existing_type: its present type; likewise ``existing_server_default`` (False: not known),
        ``existing_nullable`` and ``existing_comment``.
    :param modify_nullable: its new nullability; None leaves it.
    :param modify_comment: its new comment; False leaves it, None drops it. Likewise ``modify_server_default``.
    :param modify_name: its new name; None leaves it. Likewise ``modify_type``.
    :param kw: pairs ``existing_x``/``modify_x`` of a dialect, ``autoincrement``, ``postgresql_using``,
        ``insert_before`` and ``insert_after`` of a batch.
    """

    column_name: str
    _: KW_ONLY
    existing_type: AnyType | None = None
    existing_server_default: ServerDefault = False
    existing_nullable: bool | None = None
    existing_comment: str | None = None
    modify_nullable: bool | None = None
    modify_comment: str | Literal[False] | None = False
    modify_server_default: ServerDefault = False
    modify_name: str | None = None
    modify_type: AnyType | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.column_name = name_given(self.call, "column_name", self.column_name)
        expect_optional_name(self.call, "new_column_name", self.modify_name)

    def has_changes(self) -> bool:
        """Whether anything is to be changed at all."""
        return (
            self.modify_name is not None
            or any(self._changes(aspect) for aspect in _UNCHANGED)
            or any(name.startswith("modify_") or name == "autoincrement" for name in self.kw)
        )

    def _changes(self, aspect: str) -> bool:
        return getattr(self, f"modify_{aspect}") is not _UNCHANGED[aspect]

    def reverse(self) -> AlterColumnOp:
        """The change back: what exists and what is to be change places; a renamed column gets its old name."""
        sides = {f"existing_{aspect}": getattr(self, f"existing_{aspect}") for aspect in _UNCHANGED}
        for aspect in filter(self._changes, _UNCHANGED):
            sides[f"modify_{aspect}"] = sides[f"existing_{aspect}"]
            sides[f"existing_{aspect}"] = getattr(self, f"modify_{aspect}")
        options = dict(self.kw)
        for name in self.kw:
            existing = f"existing_{name.removeprefix('modify_')}"
            if not name.startswith("existing_") and existing in self.kw:
                options[name], options[existing] = self.kw[existing], self.kw[name]
        renamed = None if self.modify_name is None else self.column_name
        name = self.modify_name or self.column_name
        return AlterColumnOp(self.table_name, name, schema=self.schema, modify_name=renamed, **sides, **options)

    def to_diff_tuple(self) -> list[tuple[object, ...]]:
        """A list of ``("modify_x", schema, table, column, {existing_...}, old, new)``, one a change."""
        place = (self.schema, self.table_name, self.column_name)
        changes: list[tuple[object, ...]] = []
        for aspect in filter(self._changes, _UNCHANGED):
            old, new = (getattr(self, f"{side}_{aspect}") for side in ("existing", "modify"))
            existing = {f"existing_{other}": getattr(self, f"existing_{other}") for other in _SHOWN if other != aspect}
            changes.append((f"modify_{_DIFF_NAMES.get(aspect, aspect)}", *place, existing, old, new))
        if self.modify_name is not None:
            changes.append(("modify_name", *place, {}, self.column_name, self.modify_name))
        return changes

    def keywords(self) -> Options:
        """The change by the keywords of an impl's ``alter_column``: ``type_``, ``existing_type``, ..."""
        stated = [each.name for each in fields(self) if each.name.startswith(("existing_", "modify_"))]
        said = {name: getattr(self, name) for name in stated} | self.kw
        return {_KEYWORDS.get(name, name.removeprefix("modify_")): value for name, value in said.items()}

    def to_call(self, *, batch: bool = False) -> Call:
        """``alter_column(table, column, existing_type=, server_default=, ..., schema=)``, what is said and no more."""
        options = given(existing_type=self.existing_type)
        if self.modify_server_default is not False:
            options["server_default"] = self.modify_server_default
        options |= given(new_column_name=self.modify_name, type_=self.modify_type, nullable=self.modify_nullable)
        if self.modify_comment is not False:
            options["comment"] = self.modify_comment
        options |= given(existing_comment=self.existing_comment)
        if self.modify_nullable is None:
            options |= given(existing_nullable=self.existing_nullable)
        options |= {name.removeprefix("modify_"): value for name, value in self.kw.items()}
        # an identity is changed by other statements than a default, as a script has to know
        is_identity = isinstance(self.existing_server_default, Identity)
        if is_identity or (self.modify_server_default is False and is_default(self.existing_server_default)):
            options["existing_server_default"] = self.existing_server_default
        if not batch:
            options |= given(schema=self.schema)
        return Call("alter_column", (self.column_name,) if batch else (self.table_name, self.column_name), options)


_UNCHANGED: dict[str, Literal[False] | None] = {
    "type": None,
    "nullable": None,
    "server_default": False,
    "comment": False,
}
"""The values of ``modify_...`` that leave an aspect as it is."""
_SHOWN = ("nullable", "type", "server_default", "comment")  # in this order in diff tuples
_DIFF_NAMES = {"server_default": "default"}
_KEYWORDS = {"modify_type": "type_"}


def is_default(default: ServerDefault) -> bool:
    """Whether ``default`` is one: neither unknown (False) nor none. An SQL expression has no truth value."""
    return isinstance(default, ClauseElement) or bool(default)


class ColumnOperations(AbstractOperations):
    """What ``op.`` offers for columns."""

    def add_column(
        self,
        table_name: str,
        column: sqla.AnyColumn,
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to a table.

        :param table_name: the table.
        :param column: the new column, with its type, default, nullability, comment, foreign key and checks.
            ``unique=True`` and ``index=True`` add the constraint and the index after it.
        :param schema: the table's schema; default: the connection's own.
        :param if_not_exists: do nothing if the column exists.
        :param inline_references: write a single-column foreign key as ``REFERENCES`` with the column, instead of as
            a constraint after it.
        :param inline_primary_key: write ``PRIMARY KEY`` with the column.
        """
        self.invoke(
            AddColumnOp(
                table_name,
                column,
                schema=schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
            )
        )

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: ServerDefault = False,
        new_column_name: str | None = None,
        type_: AnyType | None = None,
        existing_type: AnyType | None = None,
        existing_server_default: ServerDefault = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column; arguments that are left out change nothing.

        :param table_name: the table.
        :param column_name: the column.
        :param nullable: whether it takes NULL; None leaves that.
        :param comment: its comment; None drops it, False leaves it.
        :param server_default: its default in the database, a string or an SQL expression; None drops it, False
            leaves it.
        :param new_column_name: its new name.
        :param type_: its new type.
        :param existing_type: its present type. SQL Server and MySQL need it where they must repeat the column; it is
            also how a check that belongs to an old Boolean or Enum type is found.
        :param existing_server_default: its present default, likewise ``existing_nullable`` and ``existing_comment``.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``autoincrement`` and ``existing_autoincrement`` (MySQL, MariaDB), ``postgresql_using`` (the
            expression that turns old values into new ones), other ``<dialect>_...`` options.
        """
        self.invoke(
            AlterColumnOp(
                table_name,
                column_name,
                schema=schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_name=new_column_name,
                modify_type=type_,
                modify_server_default=server_default,
                modify_nullable=nullable,
                modify_comment=comment,
                **kw,
            )
        )

    def drop_column(self, table_name: str, column_name: str, *, schema: str | None = None, **kw: Any) -> None:
        """Drop a column.

        :param table_name: the table.
        :param column_name: the column.
        :param schema: the table's schema; default: the connection's own.
        :param kw: ``if_exists`` (do nothing if the column does not exist); ``mssql_drop_default``,
            ``mssql_drop_check`` and ``mssql_drop_foreign_key`` (on SQL Server, drop these of the column first).
        """
        self.invoke(DropColumnOp(table_name, column_name, schema=schema, **kw))


class BatchColumnOperations(BatchBase):
    """What ``batch_op.`` offers for columns."""

    def add_column(
        self,
        column: sqla.AnyColumn,
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to the table of this block.

        :param insert_before: the column to put it before, if the table is rebuilt.
        :param insert_after: the column to put it after, if the table is rebuilt.

        Other parameters: as for `op.add_column`.
        """
        self.invoke(
            AddColumnOp(
                self._table_name,
                column,
                schema=self._schema,
                if_not_exists=if_not_exists,
                inline_references=inline_references,
                inline_primary_key=inline_primary_key,
                **given(insert_before=insert_before, insert_after=insert_after),
            )
        )

    def alter_column(
        self,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: ServerDefault = False,
        new_column_name: str | None = None,
        type_: AnyType | None = None,
        existing_type: AnyType | None = None,
        existing_server_default: ServerDefault = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column of the table of this block.

        :param insert_before: the column to put it before, if the table is rebuilt; without an edition it stays in its
            place, as in Alembic.
        :param insert_after: likewise the column to put it after.

        Other parameters: as for `op.alter_column`.
        """
        self.invoke(
            AlterColumnOp(
                self._table_name,
                column_name,
                schema=self._schema,
                existing_type=existing_type,
                existing_server_default=existing_server_default,
                existing_nullable=existing_nullable,
                existing_comment=existing_comment,
                modify_name=new_column_name,
                modify_type=type_,
                modify_server_default=server_default,
                modify_nullable=nullable,
                modify_comment=comment,
                **given(insert_before=insert_before, insert_after=insert_after),
                **kw,
            )
        )

    def drop_column(self, column_name: str, **kw: Any) -> None:
        """Drop a column of the table of this block.

        :param column_name: the column.
        :param kw: ``existing_type``, whose check is dropped too; otherwise as for `op.drop_column`.
        """
        self.invoke(DropColumnOp(self._table_name, column_name, schema=self._schema, **kw))


@implementations.dispatch_for(AddColumnOp)
def add_column(operations: AbstractOperations, operation: AddColumnOp) -> None:
    """Add the column, then what belongs to it and is not written with it: keys, checks, indexes, the comment."""
    impl = operations.impl
    column = operation.column if operation.column.table is None else sqla.copy_column(operation.column)
    table = operations.schema_obj.table(operation.table_name, column, schema=operation.schema)
    options = given(
        if_not_exists=operation.if_not_exists,
        inline_references=operation.inline_references,
        inline_primary_key=operation.inline_primary_key,
    )
    impl.add_column(operation.table_name, column, schema=operation.schema, **options, **operation.kw)
    for constraint in sqla.in_order(table.constraints):
        if not _written_with_column(constraint, column, operation):
            impl.add_constraint(constraint)
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        impl.create_index(index)
    if column.comment is not None and impl.dialect.supports_comments and not impl.dialect.inline_comments:
        impl.create_column_comment(column)


def _written_with_column(constraint: Constraint, column: sqla.AnyColumn, operation: AddColumnOp) -> bool:
    if isinstance(constraint, PrimaryKeyConstraint):
        return True
    return bool(operation.inline_references) and constraint is inline_foreign_key(column)


@implementations.dispatch_for(DropColumnOp)
def drop_column(operations: AbstractOperations, operation: DropColumnOp) -> None:
    """Drop the column."""
    column = operation.to_column(operations.migration_context)
    options = given(if_exists=operation.if_exists)
    operations.impl.drop_column(operation.table_name, column, schema=operation.schema, **options, **operation.kw)


@implementations.dispatch_for(AlterColumnOp)
def alter_column(operations: AbstractOperations, operation: AlterColumnOp) -> None:
    """Change the column; a check that belongs to its old type goes first, one of its new type comes last."""
    impl, table, name, schema = operations.impl, operation.table_name, operation.column_name, operation.schema
    if operation.existing_type is not None and operation.modify_type is not None:
        for constraint in _checks_of_type(operations, operation, name, operation.existing_type):
            impl.drop_constraint(constraint)
    impl.alter_column(table, name, schema=schema, **operation.keywords())
    if operation.modify_type is not None:
        for constraint in _checks_of_type(operations, operation, operation.modify_name or name, operation.modify_type):
            impl.add_constraint(constraint)


def _checks_of_type(
    operations: AbstractOperations, operation: AlterColumnOp, column_name: str, type_: AnyType
) -> list[Constraint]:
    """The checks that ``type_`` (a Boolean or Enum with ``create_constraint``) brings with it on this dialect."""
    column = operations.schema_obj.column(column_name, type_)
    table = operations.schema_obj.table(operation.table_name, column, schema=operation.schema)
    return [
        constraint
        for constraint in sqla.in_order(table.constraints)
        if sqla.is_type_bound(constraint) and sqla.wanted_by(constraint, operations.migration_context.impl)
    ]
