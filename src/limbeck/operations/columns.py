"""Columns: add, alter, drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Column, PrimaryKeyConstraint
from sqlalchemy.types import NULLTYPE, TypeEngine

from limbeck import sqla
from limbeck.ddl.base import inline_foreign_key
from limbeck.errors import warn

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, caller, expect_name, expect_optional_name, expect_type
from .operation import AlterTableOp, Call, DropOp, given, implementations
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Computed, Identity
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql.elements import ColumnElement, TextClause
    from sqlalchemy.sql.functions import Function

    from limbeck.runtime.migration import MigrationContext

    ServerDefault = str | Literal[False] | Identity | Computed | TextClause | ColumnElement[Any] | Function[Any] | None
    AnyType = TypeEngine[Any] | type[TypeEngine[Any]]


class AddColumnOp(AlterTableOp):
    """Add a column.

    :param table_name: the table.
    :param column: the new column.
    :param schema: the table's schema.
    :param if_not_exists: do nothing where the column is there already.
    :param inline_references: write the column's foreign key with the column, not as a statement after it.
    :param inline_primary_key: write ``PRIMARY KEY`` with the column.
    :param kw: ``insert_before`` and ``insert_after`` of a batch.
    """

    column: Column[Any]
    if_not_exists: bool | None
    inline_references: bool | None
    inline_primary_key: bool | None
    kw: dict[str, Any]

    def __init__(
        self,
        table_name: str,
        column: Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        expect_type("op.add_column", "column", column, Column, "a sqlalchemy.Column")
        if column.name is None:
            raise bad_call("op.add_column", "the column has no name", hint='write Column("name", ...)')
        self._fill(
            column=column,
            if_not_exists=if_not_exists,
            inline_references=inline_references,
            inline_primary_key=inline_primary_key,
            kw=kw,
        )

    @classmethod
    def from_column(cls, col: Column[Any]) -> AddColumnOp:
        """The operation that adds ``col``, which belongs to a table, to that table."""
        return cls(col.table.name, col, schema=col.table.schema)

    @classmethod
    def from_column_and_tablename(cls, schema: str | None, tname: str, col: Column[Any]) -> AddColumnOp:
        """The operation that adds ``col`` to table ``tname``."""
        return cls(tname, col, schema=schema)

    def to_column(self) -> Column[Any]:
        """The new column itself."""
        return self.column

    def reverse(self) -> DropColumnOp:
        """The drop of the column."""
        return DropColumnOp.from_column_and_tablename(
            self.schema, self.table_name, self.column, if_exists=self.if_not_exists
        )

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        """``("add_column", schema, table, Column)``."""
        return ("add_column", self.schema, self.table_name, self.column)

    def to_call(self, *, batch: bool = False) -> Call:
        """``add_column(table, column, schema=, if_not_exists=, inline_references=, inline_primary_key=)``."""
        options = given(
            schema=None if batch else self.schema,
            if_not_exists=self.if_not_exists,
            inline_references=self.inline_references,
            inline_primary_key=self.inline_primary_key,
            **self.kw,
        )
        return Call("add_column", (self.column,) if batch else (self.table_name, self.column), options)


class DropColumnOp(AlterTableOp, DropOp[AddColumnOp]):
    """Drop a column.

    :param table_name: the table.
    :param column_name: the column.
    :param schema: the table's schema.
    :param if_exists: do nothing where the column is gone already.
    :param kw: ``existing_type`` of a batch, ``mssql_drop_default``, ``mssql_drop_check``, ``mssql_drop_foreign_key``.
    """

    column_name: str
    if_exists: bool | None
    kw: dict[str, Any]

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        _reverse: AddColumnOp | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        expect_name("op.drop_column", "column_name", column_name)
        self._fill(
            column_name=column_name,
            if_exists=if_exists,
            kw=kw,
            _reverse=_reverse,
        )

    @classmethod
    def from_column_and_tablename(
        cls, schema: str | None, tname: str, col: Column[Any], *, if_exists: bool | None = None
    ) -> DropColumnOp:
        """The operation that drops ``col`` from table ``tname``, and knows how to add it again."""
        back = AddColumnOp.from_column_and_tablename(schema, tname, col)
        back.if_not_exists = if_exists
        return cls(tname, col.name, schema=schema, if_exists=if_exists, _reverse=back)

    def to_column(self, migration_context: MigrationContext | None = None) -> Column[Any]:
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

    def to_diff_tuple(self) -> tuple[str, str | None, str, Column[Any]]:
        """``("remove_column", schema, table, Column)``."""
        return ("remove_column", self.schema, self.table_name, self.to_column())

    def to_call(self, *, batch: bool = False) -> Call:
        """``drop_column(table, column, schema=, if_exists=, ...)``."""
        options = given(schema=None if batch else self.schema, if_exists=self.if_exists, **self.kw)
        return Call("drop_column", (self.column_name,) if batch else (self.table_name, self.column_name), options)


class AlterColumnOp(AlterTableOp):
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
    existing_type: Any | None
    existing_server_default: Any
    existing_nullable: bool | None
    existing_comment: str | None
    modify_nullable: bool | None
    modify_comment: str | Literal[False] | None
    modify_server_default: Any
    modify_name: str | None
    modify_type: Any | None
    kw: dict[str, Any]

    def __init__(
        self,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        existing_type: Any | None = None,
        existing_server_default: Any = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        modify_nullable: bool | None = None,
        modify_comment: str | Literal[False] | None = False,
        modify_server_default: Any = False,
        modify_name: str | None = None,
        modify_type: Any | None = None,
        **kw: Any,
    ) -> None:
        super().__init__(table_name, schema=schema)
        expect_name("op.alter_column", "column_name", column_name)
        expect_optional_name("op.alter_column", "new_column_name", modify_name)
        self._fill(
            column_name=column_name,
            existing_type=existing_type,
            existing_server_default=existing_server_default,
            existing_nullable=existing_nullable,
            existing_comment=existing_comment,
            modify_nullable=modify_nullable,
            modify_comment=modify_comment,
            modify_server_default=modify_server_default,
            modify_name=modify_name,
            modify_type=modify_type,
            kw=kw,
        )

    def has_changes(self) -> bool:
        """Whether anything is to be changed at all."""
        return (
            self.modify_nullable is not None
            or self.modify_server_default is not False
            or self.modify_type is not None
            or self.modify_comment is not False
            or self.modify_name is not None
            or any(name.startswith("modify_") or name == "autoincrement" for name in self.kw)
        )

    def reverse(self) -> AlterColumnOp:
        """The change back: what exists and what is to be changes places; a renamed column gets its old name."""
        there = {name: getattr(self, name) for name in _EXISTING}
        back: dict[str, Any] = dict(there)
        for name, unchanged in _PAIRS.items():
            new = getattr(self, f"modify_{name}")
            if new is not unchanged:
                back[f"existing_{name}"] = new
                back[f"modify_{name}"] = there[f"existing_{name}"]
        kw = dict(self.kw)
        for name in self.kw:
            for prefix in ("modify_", ""):
                other = f"existing_{name.removeprefix('modify_')}"
                if name.startswith(prefix) and not name.startswith("existing_") and other in self.kw:
                    kw[name], kw[other] = self.kw[other], self.kw[name]
        renamed = None if self.modify_name is None else self.column_name
        return AlterColumnOp(
            self.table_name, self.modify_name or self.column_name, schema=self.schema, modify_name=renamed, **back, **kw
        )

    def to_diff_tuple(self) -> list[tuple[Any, ...]]:
        """A list of ``("modify_x", schema, table, column, {existing_...}, old, new)``, one a change."""
        where = (self.schema, self.table_name, self.column_name)
        there = {name: getattr(self, name) for name in _EXISTING}
        changes: list[tuple[Any, ...]] = []
        for name, word in (("type", "type"), ("nullable", "nullable"), ("server_default", "default")):
            changes += self._change(name, word, where, there)
        changes += self._change("comment", "comment", where, there)
        if self.modify_name is not None:
            changes.append(("modify_name", *where, {}, self.column_name, self.modify_name))
        return changes

    def _change(self, name: str, word: str, where: tuple[Any, ...], there: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
        new = getattr(self, f"modify_{name}")
        if new is _PAIRS[name]:
            return
        mine = f"existing_{name}"
        beside = {
            key: there[key]
            for key in _EXISTING
            if key != mine and not (name == "comment" and key == "existing_comment")
        }
        yield (f"modify_{word}", *where, beside, there[mine], new)

    def _has_identity(self) -> bool:
        """Whether an identity is there: it goes by other words than a default, as ``--sql`` has to know."""
        return getattr(self.existing_server_default, "__visit_name__", None) == "identity_column"

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
        if (self.modify_server_default is False and self.existing_server_default) or self._has_identity():
            options["existing_server_default"] = self.existing_server_default
        if not batch:
            options |= given(schema=self.schema)
        return Call("alter_column", (self.column_name,) if batch else (self.table_name, self.column_name), options)


_PAIRS: dict[str, Any] = {"type": None, "nullable": None, "server_default": False, "comment": False}
_EXISTING = ("existing_nullable", "existing_type", "existing_server_default", "existing_comment")
_KNOWN_OPTIONS = ("existing_", "modify_", "autoincrement", "insert_before", "insert_after", "using", "lossy")


class ColumnOperations(AbstractOperations):
    """What ``op.`` offers for columns."""

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
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
        :param if_not_exists: do nothing where the column is there already, on databases that can say so.
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
        """Change a column; what is not said stays as it is.

        :param table_name: the table.
        :param column_name: the column.
        :param nullable: True or False: whether it may be NULL.
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
        _check_options(self, kw)
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
        :param kw: ``if_exists`` (do nothing where the column is gone already), ``mssql_drop_default``,
            ``mssql_drop_check`` and ``mssql_drop_foreign_key`` (drop first, on SQL Server, what hangs on the column).
        """
        self.invoke(DropColumnOp(table_name, column_name, schema=schema, **kw))


class BatchColumnOperations(BatchBase):
    """What ``batch_op.`` offers for columns."""

    def add_column(
        self,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        """Add a column to the table of this block.

        :param column: the new column.
        :param insert_before: the column that it shall stand before, where the table is rebuilt.
        :param insert_after: the column that it shall stand after, where the table is rebuilt.
        :param if_not_exists: do nothing where the column is there already.
        :param inline_references: write the foreign key with the column.
        :param inline_primary_key: write ``PRIMARY KEY`` with the column.
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

        :param insert_before: the column that it shall stand before, where the table is rebuilt.
        :param insert_after: the column that it shall stand after, where the table is rebuilt.

        Other parameters: as for `op.alter_column`.
        """
        _check_options(self, kw)
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
        :param kw: ``if_exists``; ``existing_type``, whose check is dropped too; the options of `op.drop_column`.
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
    if column.comment and impl.dialect.supports_comments and not impl.dialect.inline_comments:
        impl.create_column_comment(column)


def _written_with_column(constraint: Constraint, column: Column[Any], operation: AddColumnOp) -> bool:
    if isinstance(constraint, PrimaryKeyConstraint):
        return True
    return bool(operation.inline_references) and constraint is inline_foreign_key(column)


@implementations.dispatch_for(DropColumnOp)
def drop_column(operations: AbstractOperations, operation: DropColumnOp) -> None:
    """Drop the column."""
    operations.impl.drop_column(
        operation.table_name,
        operation.to_column(operations.migration_context),
        schema=operation.schema,
        **given(if_exists=operation.if_exists),
        **operation.kw,
    )


@implementations.dispatch_for(AlterColumnOp)
def alter_column(operations: AbstractOperations, operation: AlterColumnOp) -> None:
    """Change the column; a check that belongs to its old type goes first, one of its new type comes last."""
    impl = operations.impl
    if operation.existing_type is not None and operation.modify_type is not None:
        for constraint in _checks_of(operations, operation, operation.column_name, operation.existing_type):
            impl.drop_constraint(constraint)
    impl.alter_column(
        operation.table_name,
        operation.column_name,
        nullable=operation.modify_nullable,
        server_default=operation.modify_server_default,
        name=operation.modify_name,
        type_=operation.modify_type,
        schema=operation.schema,
        existing_type=operation.existing_type,
        existing_server_default=operation.existing_server_default,
        existing_nullable=operation.existing_nullable,
        comment=operation.modify_comment,
        existing_comment=operation.existing_comment,
        **{name.removeprefix("modify_"): value for name, value in operation.kw.items()},
    )
    if operation.modify_type is not None:
        name = operation.modify_name or operation.column_name
        for constraint in _checks_of(operations, operation, name, operation.modify_type):
            impl.add_constraint(constraint)


def _checks_of(
    operations: AbstractOperations, operation: AlterColumnOp, column_name: str, type_: Any
) -> list[Constraint]:
    """The checks that ``type_`` (a Boolean or Enum with ``create_constraint``) brings with it on this dialect."""
    column = operations.schema_obj.column(column_name, type_)
    table = operations.schema_obj.table(operation.table_name, column, schema=operation.schema)
    return [
        constraint
        for constraint in sqla.in_order(table.constraints)
        if sqla.is_type_bound(constraint) and sqla.wanted_by(constraint, operations.migration_context.impl)
    ]


def _check_options(operations: AbstractOperations, options: dict[str, Any]) -> None:
    """Refuse keyword arguments that no dialect knows; without an edition, where they were swallowed, warn."""
    from sqlalchemy.dialects import __all__ as own

    dialects = (*own, operations.impl.dialect.name)
    for name in options:
        if name.startswith(_KNOWN_OPTIONS) or name.partition("_")[0] in dialects:
            continue
        fault = f"nobody knows the keyword argument '{name}'"
        hint = "see the signature for the names; options of a dialect begin with its name, as in postgresql_using"
        if operations.edition is not None:
            raise bad_call("op.alter_column", fault, hint=hint, code="unknown-argument")
        file, line = caller()
        warn(f"op.alter_column(): {fault}", code="unknown-argument", hint=hint, file=file, line=line)
