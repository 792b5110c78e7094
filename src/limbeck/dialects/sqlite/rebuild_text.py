"""The new table's CREATE TABLE, made from the old one's text: under an edition nothing is lost that was not mentioned.

Without an edition the text only serves to name what the rebuild loses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.sql_text import names_in
from limbeck.errors import CommandError

from .create_table import StoredColumn, StoredTable, UnreadableTable
from .dependents import stored_text
from .rebuild_losses import TAILS, name_losses

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.schema import Constraint
    from sqlalchemy.sql.compiler import DDLCompiler

    from limbeck.ddl.changed_table import ApplyBatchImpl
    from limbeck.ddl.impl import DefaultImpl

_KINDS: tuple[tuple[type, str], ...] = (
    (UniqueConstraint, "UNIQUE"),
    (ForeignKeyConstraint, "FOREIGN"),
    (PrimaryKeyConstraint, "PRIMARY"),
    (CheckConstraint, "CHECK"),
)


def restated(impl: DefaultImpl, plan: ApplyBatchImpl, new: Table) -> str | None:
    """CREATE TABLE for ``new`` by the text of the old table; None if SQLAlchemy is to write it.

    :raises CommandError: a constraint to be dropped cannot be found, one to be kept needs a dropped column, or under an
        edition something would be lost that was not mentioned, which is a warning without one.
    """
    sql = stored_text(impl, plan.table)
    by_text = impl.edition is not None and plan.reflected and not plan.says_more_than_changes()
    text = _restated(impl, plan, new, sql) if by_text else None
    name_losses(impl, plan, new, sql, restated=by_text)
    return text


def _restated(impl: DefaultImpl, plan: ApplyBatchImpl, new: Table, sql: str) -> str:
    """The old table's text with the changes made in it."""
    try:
        stored = StoredTable.read(sql)
    except UnreadableTable:
        fact = f"it is no ordinary table of this database: {sql or 'a view, or a temporary table'}"
        raise _refused(plan, fact, "make it anew with op.execute(), or describe it in copy_from=") from None
    compiler: DDLCompiler = impl.dialect.ddl_compiler(impl.dialect, None)  # type: ignore[arg-type]  # as SQLAlchemy does
    _drop_constraints(plan, stored)
    _drop_columns(plan, stored)
    stored.columns = [
        _column(compiler, new.c[name])
        if name in plan.added
        else _changed(compiler, plan, name, stored.column(name), new.c[name])
        for name in plan.ordered()
    ]
    quote = impl.dialect.identifier_preparer.quote
    added = [compiler.process(constraint) for constraint in plan.made]
    if plan.key_changed() and new.primary_key.columns:
        added.insert(0, compiler.process(new.primary_key) or _with_column(compiler, new.primary_key, stored))
    elif "sqlite_autoincrement" in plan.options:
        stored.set_autoincrement(autoincrement=bool(plan.options["sqlite_autoincrement"]))
    for name, (word, value) in TAILS.items():
        if name in plan.options:
            stored.set_option(word, present=plan.options[name] is value)
    for text in filter(None, added):
        stored.add(StoredTable.read(f"CREATE TABLE x (y, {text})").constraints[0])
    return stored.statement(impl.dialect.identifier_preparer.format_table(new), quote)


def _with_column(compiler: DDLCompiler, key: PrimaryKeyConstraint, stored: StoredTable) -> str:
    """Write a primary key with AUTOINCREMENT as a column constraint; returns nothing for the table."""
    for column in key.columns:
        said = next(part.text for part in _column(compiler, column).parts if part.kind == "PRIMARY")
        stored.column(column.name).replace("PRIMARY", said)
    return ""


def _drop_columns(plan: ApplyBatchImpl, stored: StoredTable) -> None:
    """Take dropped columns away, with the keys and unique constraints that they are part of."""
    gone = {name.lower() for name in plan.dropped()}
    stored.columns = [each for each in stored.columns if each.name.lower() not in gone]
    stored.constraints = [each for each in stored.constraints if each.kind == "CHECK" or not gone & set(each.columns)]
    parts = [*stored.constraints, *(part for each in stored.columns for part in each.parts)]
    for part in parts:
        for name in sorted(gone & {word.lower() for word in names_in(part.text)}):
            if part.kind in {"CHECK", "GENERATED"}:
                raise _refused(plan, f"Column '{name}' is dropped, and this needs it: {part.text}")


def _drop_constraints(plan: ApplyBatchImpl, stored: StoredTable) -> None:
    gone = set(plan.dropped())
    names: set[str | None] = set()  # SQLite allows a name twice, and all that have it go at once
    for constraint in plan.original:
        name, columns = sqla.given_name(constraint), plan.columns_of(constraint)
        if constraint in plan.constraints or gone & set(columns) or name in names:
            continue
        names |= {name} - {None}
        condition = str(constraint.sqltext) if isinstance(constraint, CheckConstraint) else None
        if not stored.drop(_kind(constraint), name, columns, condition):
            raise _refused(plan, f"Constraint {name or _kind(constraint)} was not found in the text of the table")
    if plan.key_changed() and (old := plan.table.primary_key).columns:
        stored.drop("PRIMARY", sqla.given_name(old), [each.name for each in old.columns])


def _kind(constraint: Constraint) -> str:
    return next(kind for type_, kind in _KINDS if isinstance(constraint, type_))


def _refused(plan: ApplyBatchImpl, fact: str, hint: str | None = None) -> CommandError:
    file, line = caller()
    return CommandError(
        f"Table '{plan.table.name}' cannot be rebuilt: {fact}",
        code="rebuild-refused",
        hint=hint
        or "drop what is in the way in the same batch; an unnamed check goes with copy_from=, which gives the table",
        file=file,
        line=line,
    )


def _column(compiler: DDLCompiler, new: Column[Any]) -> StoredColumn:
    """The column as SQLAlchemy writes it."""
    checks = "".join(f" {compiler.process(check)}" for check in new.constraints)
    return StoredTable.read(f"CREATE TABLE x ({compiler.get_column_specification(new)}{checks})").columns[0]


def _changed(
    compiler: DDLCompiler, plan: ApplyBatchImpl, name: str, stored: StoredColumn, new: Column[Any]
) -> StoredColumn:
    """The stored column, with what was changed as SQLAlchemy writes it."""
    changes = plan.changed.get(name, set())
    if "type" in changes:
        fresh = _column(compiler, new)
        stored.retype(fresh.type_)
        if "collation" in changes:
            stored.replace("COLLATE", None)
        for part in fresh.parts:
            if part.kind == "COLLATE":
                stored.replace("COLLATE", part.text)
    if "nullable" in changes:
        stored.replace("NULL", None if new.nullable else "NOT NULL")
    if "default" in changes:
        default = compiler.get_column_default_string(new)
        stored.replace("DEFAULT", None if default is None else f"DEFAULT {default}")
    return stored
