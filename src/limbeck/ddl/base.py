"""The DDL elements that SQLAlchemy lacks, and the SQL that most databases have for them.

A dialect compiles one otherwise with ``@compiles(Element, "name")``, and may call the functions below for the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Computed, Identity, exc
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import NULLTYPE

from limbeck import sqla

if TYPE_CHECKING:
    import functools
    from collections.abc import Callable

    from sqlalchemy.sql.compiler import DDLCompiler, IdentifierPreparer
    from sqlalchemy.types import TypeEngine

    from .protocols import ComparesIdentities

    ServerDefault = Any  # a str, a SQL expression, FetchedValue, Computed, Identity, None (drop), False (as it is)

NO_COMPUTED_CHANGE = (
    'Adding or removing a "computed" construct, e.g. GENERATED ALWAYS AS, to or from an existing column is not '
    "supported."
)
NO_IDENTITY_CHANGE = (
    'Adding, removing or modifying an "identity" construct, e.g. GENERATED AS IDENTITY, to or from an existing '
    "column is not supported in this dialect."
)


class AlterTable(ExecutableDDLElement):
    """The base of elements that change one table.

    :param table_name: its name.
    :param schema: its schema; dots separate names that are quoted one by one; None is the default schema.
    """

    inherit_cache = False

    def __init__(self, table_name: str, schema: str | quoted_name | None = None) -> None:
        self.table_name = table_name
        self.schema = schema


class RenameTable(AlterTable):
    """``RENAME TO new_table_name``."""

    def __init__(
        self, old_table_name: str, new_table_name: str | quoted_name, schema: str | quoted_name | None = None
    ) -> None:
        super().__init__(old_table_name, schema=schema)
        self.new_table_name = new_table_name


class AlterColumn(AlterTable):
    """The base of elements that change one existing column.

    :param name: the table's name.
    :param column_name: the column's name.
    :param existing_type: its present type, as far as known.
    :param existing_nullable: whether it takes NULL now, as far as known.
    :param existing_server_default: its present default; False where unknown.
    :param existing_comment: its present comment.
    """

    def __init__(
        self,
        name: str,
        column_name: str,
        schema: str | quoted_name | None = None,
        existing_type: TypeEngine[Any] | None = None,
        existing_nullable: bool | None = None,
        existing_server_default: ServerDefault = None,
        existing_comment: str | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column_name = column_name
        self.existing_type = as_type(existing_type)
        self.existing_nullable = existing_nullable
        self.existing_server_default = existing_server_default
        self.existing_comment = existing_comment


class ColumnNullable(AlterColumn):
    """``DROP NOT NULL`` or ``SET NOT NULL``."""

    def __init__(self, name: str, column_name: str, nullable: bool, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.nullable = nullable


class ColumnType(AlterColumn):
    """Give the column another type."""

    type_: TypeEngine[Any]

    def __init__(self, name: str, column_name: str, type_: Any, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.type_ = as_type(type_) or NULLTYPE


class ColumnName(AlterColumn):
    """Give the column another name."""

    def __init__(self, name: str, column_name: str, newname: str, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.newname = newname


class ColumnDefault(AlterColumn):
    """Give the column another default in the database; None takes it away."""

    def __init__(self, name: str, column_name: str, default: ServerDefault, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class ComputedColumnDefault(AlterColumn):
    """Make the column computed, or no longer so; no dialect in `limbeck.dialects` can."""

    def __init__(self, name: str, column_name: str, default: ServerDefault, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default


class IdentityColumnDefault(AlterColumn):
    """Make the column an identity, change the identity's options, or drop it.

    :param impl: the impl that compares identity options.
    """

    def __init__(
        self, name: str, column_name: str, default: ServerDefault, impl: ComparesIdentities, **kw: Any
    ) -> None:
        super().__init__(name, column_name, **kw)
        self.default = default
        self.impl = impl


class AddColumn(AlterTable):
    """``ADD COLUMN``.

    :param name: the table's name.
    :param column: the column, with its own column constraints.
    :param if_not_exists: add ``IF NOT EXISTS``.
    :param inline_references: write its foreign key as a column constraint.
    :param inline_primary_key: write ``PRIMARY KEY`` as a column constraint.
    """

    def __init__(
        self,
        name: str,
        column: Column[Any],
        schema: str | quoted_name | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_not_exists = if_not_exists
        self.inline_references = inline_references
        self.inline_primary_key = inline_primary_key


class DropColumn(AlterTable):
    """``DROP COLUMN``.

    :param if_exists: add ``IF EXISTS``.
    """

    def __init__(
        self, name: str, column: Column[Any], schema: str | None = None, if_exists: bool | None = None
    ) -> None:
        super().__init__(name, schema=schema)
        self.column = column
        self.if_exists = if_exists


class ColumnComment(AlterColumn):
    """Set the column's comment; None takes it away."""

    def __init__(self, name: str, column_name: str, comment: str | None, **kw: Any) -> None:
        super().__init__(name, column_name, **kw)
        self.comment = comment


def as_type(type_: Any) -> Any:
    """An instance of ``type_``, which may be a class or an instance; None stays None."""
    return type_() if isinstance(type_, type) else type_


@compiles(RenameTable)
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, element.schema)}"


@compiles(AddColumn)
def visit_add_column(element: AddColumn, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    added = add_column(
        compiler,
        element.column,
        if_not_exists=element.if_not_exists,
        inline_references=element.inline_references,
        inline_primary_key=element.inline_primary_key,
        **kw,
    )
    return f"{alter_table(compiler, element.table_name, element.schema)} {added}"


@compiles(DropColumn)
def visit_drop_column(element: DropColumn, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    dropped = drop_column(compiler, element.column.name, if_exists=element.if_exists, **kw)
    return f"{alter_table(compiler, element.table_name, element.schema)} {dropped}"


@compiles(ColumnNullable)
def visit_column_nullable(element: ColumnNullable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    return f"{_altered(element, compiler)} {'DROP' if element.nullable else 'SET'} NOT NULL"


@compiles(ColumnType)
def visit_column_type(element: ColumnType, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    return f"{_altered(element, compiler)} TYPE {format_type(compiler, element.type_)}"


@compiles(ColumnName)
def visit_column_name(element: ColumnName, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"{table} RENAME {old} TO {new}"


@compiles(ColumnDefault)
def visit_column_default(element: ColumnDefault, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    change = (
        "DROP DEFAULT" if element.default is None else f"SET DEFAULT {format_server_default(compiler, element.default)}"
    )
    return f"{_altered(element, compiler)} {change}"


@compiles(ComputedColumnDefault)
def visit_computed_column(element: ComputedColumnDefault, compiler: DDLCompiler, **kw: object) -> str:
    """Raises `CompileError`."""
    raise exc.CompileError(NO_COMPUTED_CHANGE)


@compiles(IdentityColumnDefault)
def visit_identity_column(element: IdentityColumnDefault, compiler: DDLCompiler, **kw: object) -> str:
    """Raises `CompileError`: only dialects with identities have SQL for it."""
    raise exc.CompileError(NO_IDENTITY_CHANGE)


def _altered(element: AlterColumn, compiler: DDLCompiler) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)}"


def quote_dotted(name: str | quoted_name, quote: functools.partial[str] | Callable[[str], str]) -> str | quoted_name:
    """``name`` with each of its dotted parts quoted by ``quote``; a `quoted_name` is one part, dots or not."""
    if isinstance(name, quoted_name):
        return quote(name)
    return ".".join(quote(part) for part in name.split("."))


def format_name(preparer: IdentifierPreparer, name: str | quoted_name, schema: str | quoted_name | None = None) -> str:
    """The name of a table, type or the like for SQL, schema first."""
    quote: Callable[[str], str] = preparer.quote
    return f"{quote_dotted(schema, quote)}.{quote(name)}" if schema else str(quote(name))


def format_table_name(compiler: DDLCompiler, name: str | quoted_name, schema: str | quoted_name | None) -> str:
    """The table's name for SQL, schema first."""
    return format_name(compiler.preparer, name, schema)


def format_column_name(compiler: DDLCompiler, name: str | quoted_name | None) -> str:
    """The column's name for SQL."""
    return str(compiler.preparer.quote(name or ""))


def format_server_default(compiler: DDLCompiler, default: ServerDefault) -> str:
    """The default as SQL, without the word ``DEFAULT``."""
    text = compiler.get_column_default_string(Column("x", NULLTYPE, server_default=default))
    return text or ""


def format_type(compiler: DDLCompiler, type_: Any) -> str:
    """The type's name for SQL."""
    return compiler.dialect.type_compiler_instance.process(type_)


def alter_table(compiler: DDLCompiler, name: str, schema: str | quoted_name | None) -> str:
    """``ALTER TABLE name``."""
    return f"ALTER TABLE {format_table_name(compiler, name, schema)}"


def alter_column(compiler: DDLCompiler, name: str) -> str:
    """``ALTER COLUMN name``."""
    return f"ALTER COLUMN {format_column_name(compiler, name)}"


def drop_column(compiler: DDLCompiler, name: str, if_exists: bool | None = None, **kw: Any) -> str:
    """``DROP COLUMN [IF EXISTS] name``."""
    return f"DROP COLUMN {'IF EXISTS ' if if_exists else ''}{format_column_name(compiler, name)}"


def add_column(
    compiler: DDLCompiler,
    column: Column[Any],
    if_not_exists: bool | None = None,
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    **kw: Any,
) -> str:
    """``ADD COLUMN [IF NOT EXISTS] <specification>``; arguments as those of `AddColumn`."""
    line = column_line(compiler, column, inline_references, inline_primary_key, **kw)
    return f"ADD COLUMN {'IF NOT EXISTS ' if if_not_exists else ''}{line}"


def column_line(
    compiler: DDLCompiler,
    column: Column[Any],
    inline_references: bool | None = None,
    inline_primary_key: bool | None = None,
    **kw: Any,
) -> str:
    """The column's definition in ``CREATE TABLE`` or after ``ADD``: name, type, default, column constraints.

    A foreign key is written without its name, as Alembic does.
    """
    parts = [compiler.get_column_specification(column, **kw)]
    parts += [compiler.process(constraint) for constraint in column.constraints]
    if inline_primary_key and column.primary_key:
        parts.append("PRIMARY KEY")
    if inline_references and (reference := inline_foreign_key(column)) is not None:
        parts.append(_references(compiler, reference))
    return " ".join(part for part in parts if part)


def inline_foreign_key(column: Column[Any]) -> Any:
    """The foreign key that can be a column constraint, which is the column's only one and its alone; else None."""
    if len(column.foreign_keys) != 1:
        return None
    constraint = next(iter(column.foreign_keys)).constraint
    return constraint if constraint is not None and len(constraint.elements) == 1 else None


def _references(compiler: DDLCompiler, constraint: Any) -> str:
    target = constraint.elements[0].column
    preparer = compiler.preparer
    table = sqla.referenced_table(compiler, constraint)
    return "".join(
        (
            f"REFERENCES {table} ({preparer.quote(target.name)})",
            compiler.define_constraint_match(constraint),
            compiler.define_constraint_cascades(constraint),
            compiler.define_constraint_deferrability(constraint),
        )
    )


def is_computed(*defaults: ServerDefault) -> bool:
    """Whether one of ``defaults`` is a `Computed`."""
    return any(isinstance(default, Computed) for default in defaults)


def is_identity(*defaults: ServerDefault) -> bool:
    """Whether one of ``defaults`` is an `Identity`."""
    return any(isinstance(default, Identity) for default in defaults)
