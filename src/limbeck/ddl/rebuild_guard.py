"""What SQLite needs around a rebuild, so that no row is lost: foreign keys, one transaction, a look before and after.

SQLite manual, "Making Other Kinds Of Table Schema Changes", and failures B1 to B5, B16, B17.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Cast,
    Date,
    DateTime,
    Interval,
    MetaData,
    Table,
    Time,
    column,
    func,
    inspect,
    literal_column,
    select,
)
from sqlalchemy import table as sa_table

from limbeck.errors import CommandError, warn

from .place import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .impl import DefaultImpl
    from .rebuild_changes import ApplyBatchImpl

_BEYOND_FLOAT = 15  # significant digits that SQLite keeps when it turns text into a number


def stored_beside(impl: DefaultImpl, table: Table) -> tuple[dict[str, str], dict[str, str]]:
    """The SQL of what SQLite keeps beside ``table``, by name.

    :return: triggers, and indexes that SQLAlchemy's reflection leaves out; in an edition, the other indexes.
    """
    if impl.as_sql or impl.dialect.name != "sqlite":
        return {}, {}
    read = {str(index.name) for index in table.indexes}
    stored = _stored(impl, table)
    unread = {name: sql for kind, name, sql in stored if kind == "trigger" or name not in read}
    indexes = {name: sql for kind, name, sql in stored if name in read and kind == "index"}
    return unread, {} if impl.edition is None else indexes


@contextmanager
def guarded(
    impl: DefaultImpl,
    table: Table,
    new: Table,
    plan: ApplyBatchImpl,
    outside_transaction: Callable[[], AbstractContextManager[None]],
) -> Iterator[None]:
    """Surround the rebuild of ``table`` by ``new``; other databases than SQLite, and scripts, need nothing.

    :param plan: the changes, with the casts of the copy.
    :param outside_transaction: opens a block outside the run's transaction; raises `CommandError` where it cannot.
    :raises CommandError: a value would be changed by its new type, or a row is missing afterwards. All is as before.
    """
    if impl.as_sql or impl.dialect.name != "sqlite":
        yield
        return
    connection = impl._online("A rebuild")
    _refuse_lossy_casts(connection, table, plan)
    referring = _referring(connection, table)
    if not referring or not connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        with whole(connection), _checked(impl, table, new, plan, ()):
            yield
        return
    with (
        outside_transaction(),
        _foreign_keys_off(connection, table),
        whole(connection),
        _checked(impl, table, new, plan, referring),
    ):
        yield


@contextmanager
def _checked(
    impl: DefaultImpl, table: Table, new: Table, plan: ApplyBatchImpl, referring: tuple[str, ...]
) -> Iterator[None]:
    """Clear what a dead run left, look at rows and foreign keys before and after, restore what hangs on the table."""
    connection = impl._online("A rebuild")
    _clear_leftover(connection, impl, new)
    rows = _count(connection, table.name, table.schema)
    highest = _sequence(connection, table)
    broken = _violations(connection, referring)
    with _views_left_alone(connection):
        yield
    _restore(impl, plan)
    _continue_sequence(connection, table, plan.final_name, highest)
    if (now := _count(connection, plan.final_name, table.schema)) != rows:
        raise _amiss(table, f"had {rows} rows before its rebuild, and {now} after it")
    if new_ones := _violations(connection, referring) - broken:
        raise _amiss(table, f"is referred to by {len(new_ones)} rows that its rebuild leaves without a row to refer to")


def _amiss(table: Table, what: str) -> CommandError:
    file, line = caller()
    return CommandError(
        f"Table '{table.name}' {what}; everything is as it was before",
        code="rebuild-amiss",
        hint="look at the changes of this batch: a new key, a dropped column that others refer to",
        file=file,
        line=line,
    )


@contextmanager
def whole(connection: Connection) -> Iterator[None]:
    """All or nothing: a transaction where none is open, otherwise a savepoint, which costs time."""
    driver: Any = connection.connection.driver_connection
    began = not driver.in_transaction
    connection.exec_driver_sql("BEGIN IMMEDIATE" if began else "SAVEPOINT limbeck_rebuild")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK" if began else "ROLLBACK TO limbeck_rebuild")
        if not began:
            connection.exec_driver_sql("RELEASE limbeck_rebuild")
        raise
    if not began:
        connection.exec_driver_sql("RELEASE limbeck_rebuild")
    elif driver.isolation_level is None:
        connection.exec_driver_sql("COMMIT")


@contextmanager
def _foreign_keys_off(connection: Connection, table: Table) -> Iterator[None]:
    """Without foreign keys, DROP TABLE deletes or nulls no rows of the tables that refer to it (B1, B2, B3)."""
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        file, line = caller()
        raise CommandError(
            f"Foreign keys are on in this transaction, and other tables refer to '{table.name}': its rebuild would "
            "delete or change their rows",
            code="foreign-keys-on",
            hint="run PRAGMA foreign_keys=OFF before the transaction begins, and ON after it",
            file=file,
            line=line,
        )
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


@contextmanager
def _views_left_alone(connection: Connection) -> Iterator[None]:
    """Let RENAME TABLE touch nothing but the name: views, triggers and keys mean the new table already (B5)."""
    before = connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar()
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table={'ON' if before else 'OFF'}")


def _clear_leftover(connection: Connection, impl: DefaultImpl, new: Table) -> None:
    """Drop the copy that a run left which died before it could drop the old table, which is there (B16)."""
    if inspect(connection).has_table(new.name, schema=new.schema):
        impl.drop_table(Table(new.name, MetaData(), schema=new.schema))


def _restore(impl: DefaultImpl, plan: ApplyBatchImpl) -> None:
    """Make again, in an edition, what reflection cannot read; otherwise name what is lost (B4, B6)."""
    file, line = caller()
    for sql in plan.stored_indexes.values():
        impl.execute(sql)
    for name, sql in plan.unread.items():
        if impl.edition is not None:
            impl.execute(sql)
            continue
        warn(
            f"The rebuild of table '{plan.table.name}' loses {name}, which hangs on it",
            code="lost-in-rebuild",
            hint=f"add after the batch: op.execute({sql!r}); or set edition = 2026, which keeps it",
            file=file,
            line=line,
        )


def _referring(connection: Connection, table: Table) -> tuple[str, ...]:
    """The tables with a foreign key to ``table``; it may be one of them."""
    inspector = inspect(connection)
    names = inspector.get_table_names(schema=table.schema)
    keys = inspector.get_multi_foreign_keys(schema=table.schema, filter_names=names)
    wanted = table.name.lower()
    return tuple(
        name for (_, name), found in keys.items() if any(key["referred_table"].lower() == wanted for key in found)
    )


def _violations(connection: Connection, tables: tuple[str, ...]) -> set[tuple[Any, ...]]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return {
        tuple(row) for name in tables for row in connection.exec_driver_sql(f"PRAGMA foreign_key_check({quote(name)})")
    }


def _sequence(connection: Connection, table: Table) -> int | None:
    """The highest id that AUTOINCREMENT has given in ``table``; None where nothing counts (B9)."""
    if table.schema is not None or not connection.dialect.has_table(connection, "sqlite_sequence"):
        return None
    asked = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    found: int | None = connection.exec_driver_sql(asked, (table.name,)).scalar()
    return found


def _continue_sequence(connection: Connection, table: Table, name: str, highest: int | None) -> None:
    """Have AUTOINCREMENT go on where it was, if the new table has it."""
    if highest is None:
        return
    sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar()
    if "AUTOINCREMENT" in str(sql).upper():
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name IN (?, ?)", (name, table.name))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, highest))


def _count(connection: Connection, name: str, schema: str | None) -> int:
    counted = select(func.count()).select_from(Table(name, MetaData(), schema=schema))
    return int(connection.execute(counted).scalar_one())


def _stored(impl: DefaultImpl, table: Table) -> list[tuple[str, str, str]]:
    """Kind, name and SQL of what SQLite keeps for ``table`` beside itself."""
    master = sa_table("sqlite_master", *map(column, ("type", "name", "tbl_name", "sql", "rowid")), schema=table.schema)
    asked = (
        select(master.c.type, master.c.name, master.c.sql)
        .where(master.c.tbl_name == table.name, master.c.type != "table", master.c.sql.is_not(None))
        .order_by(master.c.type, master.c.rowid)
    )
    return [(kind, name, sql) for kind, name, sql in impl._online("A rebuild").execute(asked)]


def _refuse_lossy_casts(connection: Connection, table: Table, plan: ApplyBatchImpl) -> None:
    """Refuse a copy whose CAST gives a value that does not equal the old one (B17).

    Dates and times are text in SQLite, and are copied as they are.
    """
    for name, value in list(plan.casts.items()):
        if not isinstance(value, Cast) or name in plan.lossy or name not in plan.columns:
            continue
        if isinstance(plan.columns[name].type, Date | DateTime | Time | Interval):
            plan.casts[name] = table.c[name]
            continue
        old = table.c[name]
        text = func.replace(func.replace(old, ".", ""), "-", "")
        changed = value != old
        too_long = (
            (func.typeof(old) == "text")
            & (func.typeof(value) == "real")
            & (func.length(text) > literal_column(str(_BEYOND_FLOAT)))
        )
        asked = select(func.count(), func.min(old)).where(old.is_not(None), changed | too_long)
        count, example = connection.execute(asked).one()
        if count:
            type_ = plan.columns[name].type.compile(connection.dialect)
            fact = f"{count} values of {table.name}.{name} would change in the cast to {type_}, {example!r} among them"
            raise _lossy(name, fact)


def _lossy(column: str, fact: str) -> CommandError:
    file, line = caller()
    return CommandError(
        fact,
        code="lossy-cast",
        hint=f"give the expression for the new value: batch_op.alter_column({column!r}, type_=..., using='...'), "
        "or say lossy=True",
        file=file,
        line=line,
    )
