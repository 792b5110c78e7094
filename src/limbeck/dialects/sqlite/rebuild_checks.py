"""What surrounds a rebuild, so that no row is lost: foreign keys off, one transaction, checks before and after."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, column, exc, func, inspect, select
from sqlalchemy import table as sa_table

from limbeck.call_site import caller
from limbeck.errors import CommandError, warn

from .dependents import catalogue, restore, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.changed_table import ApplyBatchImpl
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.rebuild import RebuildRequest

    from .progress import Progress

    Switch = Callable[[bool], None]

_ENABLE_FKEY = 1002  # SQLITE_DBCONFIG_ENABLE_FKEY, which Python's sqlite3 names since 3.12


@dataclass(frozen=True)
class ForeignKeys:
    """The foreign keys to a table that is rebuilt.

    :param referring: the tables with a foreign key to it; it may be one of them.
    :param enforced: whether the session enforces foreign keys, but for the rebuild.
    """

    referring: tuple[str, ...] = ()
    enforced: bool = False


@contextmanager
def without_foreign_keys(impl: DefaultImpl, request: RebuildRequest) -> Iterator[ForeignKeys]:
    """A block for the rebuild of a table: a transaction and, where other tables refer to it, foreign keys off.

    :raises CommandError: foreign keys are on, and cannot be turned off here.
    """
    connection, name = impl.require_connection("A rebuild"), request.table_name
    keys = ForeignKeys(referring(connection, name, request.schema), _are_foreign_keys_on(connection))
    with ExitStack() as stack:
        if keys.enforced and keys.referring:
            switch = _switch_in_transaction(connection)
            if switch is None:
                stack.enter_context(request.outside_transaction())
            stack.enter_context(_foreign_keys_off(connection, name, switch or _switch_outside_transaction(connection)))
        stack.enter_context(atomic(connection))
        yield keys


@contextmanager
def checked(
    impl: DefaultImpl, table: Table, new: Table, plan: ApplyBatchImpl, keys: ForeignKeys, progress: Progress
) -> Iterator[None]:
    """Drop the copy of a killed run; compare rows and references before and after; create indexes and triggers again.

    :param new: the copy that replaces ``table``.
    :param plan: the changed table.
    :param keys: the foreign keys to the table.
    :raises CommandError: rows are missing, or a row, view or trigger elsewhere has lost what it refers to.
    """
    connection = impl.require_connection("A rebuild")
    if inspect(connection).has_table(new.name, schema=new.schema):
        impl.drop_table(Table(new.name, MetaData(), schema=new.schema))
    rows, changes = _count(connection, table.name, table.schema), _row_changes(connection)
    highest = _sequence(connection, table)
    references = _References.read(connection, keys, table)
    gone = plan.dropped() | plan.renamed().keys()
    broken = unreadable(connection, table.schema, gone) if gone else {}
    with _renaming_only_the_table(connection):
        yield
    _compare_rows(connection, table, rows, _row_changes(connection) - changes)
    restore(impl, plan, progress)
    _continue_sequence(connection, table, highest)
    _compare_references(impl, table, references, _References.read(connection, keys, table), keys)
    if gone and (lost := unreadable(connection, table.schema, gone).items() - broken.items()):
        raise _rolled_back(
            table, "is needed as it was by " + " and ".join(f"{name} ({said})" for name, said in sorted(lost))
        )


def _rolled_back(table: Table, what: str) -> CommandError:
    file, line = caller()
    return CommandError(
        f"Table '{table.name}' {what}; everything is as it was before",
        code="rebuild-amiss",
        hint="look at the changes of this batch: a new key, a dropped column that others need",
        file=file,
        line=line,
    )


# -- one transaction -----------------------------------------------------------------------------------------------


@contextmanager
def atomic(connection: Connection) -> Iterator[None]:
    """All or nothing: a transaction, or a savepoint, which is slower, where a transaction is open."""
    driver: Any = connection.connection.driver_connection
    began = not driver.in_transaction
    connection.exec_driver_sql("BEGIN IMMEDIATE" if began else "SAVEPOINT limbeck_rebuild")
    try:
        yield
    except BaseException:
        if driver.in_transaction:  # some errors, such as a full disk, roll back by themselves
            connection.exec_driver_sql("ROLLBACK" if began else "ROLLBACK TO limbeck_rebuild")
            if not began:
                connection.exec_driver_sql("RELEASE limbeck_rebuild")
        raise
    if not began:
        connection.exec_driver_sql("RELEASE limbeck_rebuild")
    elif driver.isolation_level is None:
        connection.exec_driver_sql("COMMIT")


@contextmanager
def _renaming_only_the_table(connection: Connection) -> Iterator[None]:
    """Have RENAME TABLE change the name only: views, triggers and foreign keys mention the final name already."""
    before = connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar()
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table={'ON' if before else 'OFF'}")


# -- foreign keys --------------------------------------------------------------------------------------------------


def _are_foreign_keys_on(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("PRAGMA foreign_keys").scalar())


def _switch_in_transaction(connection: Connection) -> Switch | None:
    """The function that turns foreign keys on and off within a transaction; None before Python 3.12."""
    driver = connection.connection.driver_connection
    configure: Callable[[int, bool], None] | None = getattr(driver, "setconfig", None)
    return None if configure is None else lambda on: configure(_ENABLE_FKEY, on)


def _switch_outside_transaction(connection: Connection) -> Switch:
    def switch(on: bool) -> None:
        connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")

    return switch


@contextmanager
def _foreign_keys_off(connection: Connection, table_name: str, switch: Switch) -> Iterator[None]:
    """With foreign keys on, DROP TABLE would delete rows of tables that refer to it, or set them to NULL."""
    switch(False)
    if _are_foreign_keys_on(connection):
        file, line = caller()
        raise CommandError(
            f"Foreign keys are on in this transaction, and other tables refer to '{table_name}': its rebuild would "
            "delete or change their rows",
            code="foreign-keys-on",
            hint="run PRAGMA foreign_keys=OFF before the transaction begins, and ON after it",
            file=file,
            line=line,
        )
    try:
        yield
    finally:
        switch(True)


def referring(connection: Connection, table_name: str, schema: str | None) -> tuple[str, ...]:
    """The tables with a foreign key to ``table_name``; it may be one of them."""
    master = catalogue(schema)
    keys = func.pragma_foreign_key_list(master.c.name, *([] if schema is None else [schema])).table_valued("table")
    asked = select(master.c.name).distinct().join_from(master, keys, master.c.type == "table")
    named = func.lower(keys.c.table) == table_name.lower()
    return tuple(connection.execute(asked.where(named).order_by(master.c.name)).scalars())


@dataclass(frozen=True)
class _References:
    """The state of the references of a table and of the tables that refer to it.

    :param without_key: the tables whose foreign key refers to columns that are no key.
    :param without_row: by table, the number of rows that refer to a missing row; empty if keys are not enforced.
    """

    without_key: frozenset[str]
    without_row: dict[str, int]

    @classmethod
    def read(cls, connection: Connection, keys: ForeignKeys, table: Table) -> _References:
        """Ask SQLite; about rows only if foreign keys were turned off for the rebuild, since otherwise they hold."""
        schema = "" if table.schema is None else connection.dialect.identifier_preparer.quote(table.schema) + "."
        quote = connection.dialect.identifier_preparer.quote_identifier
        without_key, without_row = set(), {}
        for name in keys.referring:
            check = f"PRAGMA {schema}foreign_key_check({quote(name)})"
            try:
                connection.exec_driver_sql(f"EXPLAIN {check}").close()  # compiled only: no row is read
            except exc.DBAPIError:
                without_key.add(name)
        if keys.enforced and keys.referring:
            for name in {*keys.referring, table.name} - without_key:
                check = f"PRAGMA {schema}foreign_key_check({quote(name)})"
                without_row[name] = len(connection.exec_driver_sql(check).all())
        return cls(frozenset(without_key), without_row)


def _compare_references(
    impl: DefaultImpl, table: Table, before: _References, after: _References, keys: ForeignKeys
) -> None:
    lost = ", ".join(f"'{name}'" for name in sorted(after.without_key - before.without_key))
    if lost and (impl.edition is not None or keys.enforced):
        raise _rolled_back(table, f"has no longer the key that {lost} refers to")
    if lost:
        file, line = caller()
        warn(
            f"The rebuild of table '{table.name}' takes away the key that {lost} refers to",
            code="lost-in-rebuild",
            hint="change the foreign key there too, in a batch of its own; or set edition = 2026: there, references "
            "follow a renamed column, and a column that is referred to is not dropped",
            file=file,
            line=line,
        )
    for name, rows in after.without_row.items():
        if rows > before.without_row.get(name, 0):
            new = rows - before.without_row.get(name, 0)
            raise _rolled_back(table, f"leaves {new} rows of '{name}' without the row that they refer to")


# -- rows ----------------------------------------------------------------------------------------------------------


def _count(connection: Connection, name: str, schema: str | None) -> int:
    counted = select(func.count()).select_from(Table(name, MetaData(), schema=schema))
    return int(connection.execute(counted).scalar_one())


def _row_changes(connection: Connection) -> int:
    """The rows that this session has inserted, changed or deleted so far, those of foreign key actions included."""
    return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())


def _compare_rows(connection: Connection, table: Table, rows: int, changes: int) -> None:
    """Refuse a rebuild that has written other rows than those of the table, or not all of these.

    SQLite counts them, so no table is read a second time; but it does not count rows that REPLACE deletes.
    """
    if changes > rows:
        raise _rolled_back(table, f"had {rows} rows, and its rebuild wrote {changes}: rows of other tables changed")
    if _replaces(connection, table):
        changes = _count(connection, table.name, table.schema)
    if changes != rows:
        raise _rolled_back(table, f"had {rows} rows before its rebuild, and {changes} after it")


def _replaces(connection: Connection, table: Table) -> bool:
    return "REPLACE" in _sql(connection, table).upper()


def _sql(connection: Connection, table: Table) -> str:
    master = catalogue(table.schema)
    named = func.lower(master.c.name) == table.name.lower()
    return str(connection.execute(select(master.c.sql).where(master.c.type == "table", named)).scalar())


def _sequence(connection: Connection, table: Table) -> int | None:
    """The highest id that AUTOINCREMENT has given in ``table``; None if it has given none."""
    if not inspect(connection).has_table("sqlite_sequence", schema=table.schema):
        return None
    sequence = _sequences(table)
    found: int | None = connection.execute(
        select(sequence.c.seq).where(func.lower(sequence.c.name) == table.name.lower())
    ).scalar()
    return found


def _continue_sequence(connection: Connection, table: Table, highest: int | None) -> None:
    """Have AUTOINCREMENT continue after ``highest``, if the new table has it."""
    if highest is None or "AUTOINCREMENT" not in _sql(connection, table).upper():
        return
    sequence = _sequences(table)
    connection.execute(sequence.delete().where(func.lower(sequence.c.name) == table.name.lower()))
    connection.execute(sequence.insert().values(name=table.name, seq=highest))


def _sequences(table: Table) -> Any:
    return sa_table("sqlite_sequence", column("name"), column("seq"), schema=table.schema)
