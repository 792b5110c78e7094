"""The DDL elements in PostgreSQL's SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from limbeck import sqla
from limbeck.ddl.base import (
    AlterColumn,
    ColumnComment,
    ColumnType,
    IdentityColumnDefault,
    RenameTable,
    alter_column,
    alter_table,
    format_column_name,
    format_table_name,
)

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import DDLCompiler


class PostgresqlColumnType(ColumnType):
    """Give the column another type, by the expression ``using``.

    :param using: SQL after ``USING``.
    :param type_follows_map: whether the type's schema is translated by the connection's ``schema_translate_map``.
    """

    def __init__(self, name: str, column_name: str, type_: Any, **kw: Any) -> None:
        using = kw.pop("using", None)
        self.type_follows_map = kw.pop("type_follows_map", False)
        super().__init__(name, column_name, type_, **kw)
        self.using = None if using is None else sqla.as_written(using) if isinstance(using, str) else using


@compiles(RenameTable, "postgresql")
def visit_rename_table(element: RenameTable, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {format_table_name(compiler, element.new_table_name, None)}"


@compiles(PostgresqlColumnType, "postgresql")
def visit_column_type(element: PostgresqlColumnType, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    using = (
        "" if element.using is None else f" USING {compiler.sql_compiler.process(element.using, literal_binds=True)}"
    )
    names = {"identifier_preparer": compiler.preparer} if element.type_follows_map else {}
    type_ = compiler.dialect.type_compiler_instance.process(element.type_, **names)
    return f"{_altered(element, compiler)} TYPE {type_}{using}"


@compiles(ColumnComment, "postgresql")
def visit_column_comment(element: ColumnComment, compiler: DDLCompiler, **kw: object) -> str:
    """The element as SQL."""
    table = format_table_name(compiler, element.table_name, element.schema)
    comment = "NULL" if element.comment is None else compiler.render_default_string(element.comment)
    return f"COMMENT ON COLUMN {table}.{format_column_name(compiler, element.column_name)} IS {comment}"


@compiles(IdentityColumnDefault, "postgresql")
def visit_identity_column(element: IdentityColumnDefault, compiler: DDLCompiler, **kw: object) -> str:
    """ADD, DROP, or SET the options that differ."""
    altered = _altered(element, compiler)
    identity: Any = element.default
    existing = element.existing_server_default
    if identity is None:
        return f"{altered} DROP IDENTITY"
    if not isinstance(existing, sa.Identity):
        return f"{altered} ADD {sqla.identity_clause(compiler, identity)}"
    differing, *_ = element.impl._compare_identity_default(identity, existing)  # noqa: SLF001 impls override this name
    changes = []
    for option in sorted(differing):
        if option == "always":
            changes.append(f"SET GENERATED {'ALWAYS' if identity.always else 'BY DEFAULT'}")
        else:
            changes.append(f"SET {compiler.get_identity_options(sa.Identity(**{option: getattr(identity, option)}))}")
    return f"{altered} {' '.join(changes)}"


def _altered(element: AlterColumn, compiler: DDLCompiler) -> str:
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} {alter_column(compiler, element.column_name)}"
