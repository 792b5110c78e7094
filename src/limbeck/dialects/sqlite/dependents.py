"""What depends on a table: its indexes and triggers, and views and triggers elsewhere that mention it.

SQLite drops the former with the table, and leaves the latter as they are.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, exc, func, select
from sqlalchemy import table as sa_table

from limbeck.call_site import caller
from limbeck.ddl.sql_text import names_in, words_of
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.ddl.changed_table import ApplyBatchImpl
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.rebuild import RebuildRequest

    from .progress import Progress

_BEFORE_NAME = re.compile(r"(CREATE\s+(?:UNIQUE\s+)?(?:INDEX|TRIGGER|VIEW)\s+)", re.IGNORECASE)


def catalogue(schema: str | None) -> Any:
    """The catalogue of ``schema``, as a table."""
    return sa_table("sqlite_master", *map(column, ("type", "name", "tbl_name", "sql", "rowid")), schema=schema)


def stored_text(impl: DefaultImpl, table: Table) -> str:
    """The statement that created ``table``; nothing where there is none."""
    master = catalogue(table.schema)
    named = func.lower(master.c.name) == table.name.lower()
    asked = select(master.c.sql).where(master.c.type == "table", named)
    return impl.require_connection("A rebuild").execute(asked).scalar() or ""


def stored_definitions(impl: DefaultImpl, table: Table) -> tuple[dict[str, str], dict[str, str]]:
    """The statements that created the indexes and triggers of ``table``, by name.

    :return: triggers, and indexes that SQLAlchemy does not reflect; the other indexes.
    """
    read = {str(index.name) for index in table.indexes}
    master = catalogue(table.schema)
    asked = (
        select(master.c.name, master.c.sql, master.c.type)
        .where(func.lower(master.c.tbl_name) == table.name.lower(), master.c.sql.is_not(None))
        .where(master.c.type.in_(["index", "trigger"]))
        .order_by(master.c.type, master.c.rowid)
    )
    rows = impl.require_connection("A rebuild").execute(asked)
    stored = [(name, sql, kind == "index" and name in read) for name, sql, kind in rows]
    unread = {name: sql for name, sql, is_read in stored if not is_read}
    return unread, {name: sql for name, sql, is_read in stored if is_read}


def stored_name(impl: DefaultImpl, request: RebuildRequest) -> str:
    """The table's name as it is stored, under an edition: SQLite ignores upper and lower case when it looks for one."""
    if impl.edition is None:
        return request.table_name
    master = catalogue(request.schema)
    named = func.lower(master.c.name) == request.table_name.lower()
    asked = select(master.c.name).where(master.c.type == "table", named)
    return impl.require_connection("A rebuild").execute(asked).scalar() or request.table_name


def refuse_indexes_of_dropped_columns(plan: ApplyBatchImpl) -> None:
    """Refuse to drop a column that an expression or a condition of an index mentions.

    :raises CommandError: the first such index.
    """
    dropped = plan.dropped()
    kept = plan.stored_indexes if plan.impl.edition is None else plan.unread | plan.stored_indexes
    for name, sql in kept.items():
        found = dropped & names_in(sql.partition("(")[2]) if words_of(sql)[1] != "TRIGGER" else set()
        if found:
            file, line = caller()
            raise CommandError(
                f"Column '{min(found)}' is dropped, and index '{name}' of table '{plan.table.name}' needs it: {sql}",
                code="index-of-dropped-column",
                hint=f"drop the index too: batch_op.drop_index({name!r})",
                file=file,
                line=line,
            )


def restore(impl: DefaultImpl, plan: ApplyBatchImpl, progress: Progress) -> None:
    """Create the indexes and triggers of the table again, under an edition, by the statements that created them."""
    if impl.edition is None:
        return
    schema = plan.table.schema
    prefix = "" if schema is None else impl.dialect.identifier_preparer.quote(schema) + "."
    replayed = plan.stored_indexes if plan.replays_indexes() else {}
    for name, sql in (replayed | plan.unread).items():
        with progress.during(name):
            impl.execute(_BEFORE_NAME.sub(rf"\g<1>{prefix}", sql, count=1))


def unreadable(connection: Connection, schema: str | None, columns: Collection[str]) -> dict[str, str]:
    """The views and triggers of ``schema`` that SQLite cannot compile, each with its error.

    :param columns: columns that are or will be dropped. SQLite takes a name in double quotes for a string if there is
        no such column; so these names are written in brackets while it is asked.
    """
    master = catalogue(schema)
    kinds = master.c.type.in_(["view", "trigger"])
    asked = select(master.c.type, master.c.name, master.c.tbl_name, master.c.sql).where(kinds)
    stored = connection.execute(asked.order_by(master.c.type.desc(), master.c.rowid)).all()
    found: dict[str, str] = {}
    if not stored:
        return found
    with _undone(connection):
        _bracket(connection, schema, stored, columns)
        for kind, name, table, sql in stored:
            probe = _probe_of_view(name) if kind == "view" else _probe_of_trigger(connection, table, sql)
            try:
                connection.exec_driver_sql(f"EXPLAIN {probe}").close()
            except exc.DBAPIError as error:
                found[f"{kind} '{name}'"] = str(error.orig)
    return found


@contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("SAVEPOINT limbeck_probe")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK TO limbeck_probe")
        connection.exec_driver_sql("RELEASE limbeck_probe")


def _bracket(connection: Connection, schema: str | None, stored: Iterable[Any], columns: Collection[str]) -> None:
    """Create views and triggers again, with brackets in place of double quotes around ``columns``."""
    prefix = "" if schema is None else _quoted(schema) + "."
    quotes = {_quoted(name): f"[{name}]" for name in columns if "]" not in name}
    recreated = set()
    for kind, name, table, sql in stored:
        bracketed = sql
        for quote, bracket in quotes.items():
            bracketed = bracket.join(re.split(re.escape(quote), bracketed, flags=re.IGNORECASE))
        if bracketed != sql or table in recreated:
            recreated.add(name)
            connection.exec_driver_sql(f"DROP {kind} IF EXISTS {prefix}{_quoted(name)}")
            connection.exec_driver_sql(_BEFORE_NAME.sub(rf"\g<1>{prefix}", bracketed, count=1))


def _probe_of_view(name: str) -> str:
    return f"SELECT * FROM {_quoted(name)}"  # noqa: S608  the catalogue's own name, quoted


def _probe_of_trigger(connection: Connection, table: str, sql: str) -> str:
    """A statement that would fire the trigger: SQLite compiles the trigger with it."""
    words = iter(words_of(sql)[3:])
    event = next(word for word in words if word.upper() in {"DELETE", "INSERT", "UPDATE"}).upper()
    if event == "DELETE":
        return f"DELETE FROM {_quoted(table)}"  # noqa: S608  the catalogue's own name, quoted
    if event == "INSERT":
        return f"INSERT INTO {_quoted(table)} DEFAULT VALUES"
    columns = _columns_of_update(words) or [_quoted(_first_column(connection, table))]
    changes = ", ".join(f"{each} = NULL" for each in columns)
    return f"UPDATE {_quoted(table)} SET {changes}"  # noqa: S608  as above


def _columns_of_update(words: Iterator[str]) -> list[str]:
    """The columns in ``UPDATE OF a, b ON``, quoted as they are."""
    if next(words).upper() != "OF":
        return []
    listed = []
    for word in words:
        if word.upper() == "ON":
            break
        listed += [] if word == "," else [word]
    return listed


def _first_column(connection: Connection, table: str) -> str:
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({_quoted(table)})").all()
    return next(str(row[1]) for row in rows if not row[6])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
