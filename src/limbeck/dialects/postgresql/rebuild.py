"""PostgreSQL's rebuild: a copy by the definitions in the catalogue, which is read again to prove that nothing was lost.

All of it is one transaction, or a savepoint of the run's; what cannot be kept is refused before it begins.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.impl import DefaultImpl
from limbeck.ddl.rebuild import temporary_name
from limbeck.ddl.rebuild_strategy import NativeRebuildStrategy
from limbeck.ddl.sql_text import rename_columns_in
from limbeck.ddl.unsupported import unsupported
from limbeck.errors import CommandError, warn

from .identities import continue_after_rows, owned_sequence
from .inventory import NOT_NULL, Fact, Inventory, obstacles, oid_of, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.ddl.changed_table import ApplyBatchImpl

_HANGING = ("view", "foreign key of")
"""Kinds of facts about other objects that prevent PostgreSQL from dropping the table."""


class PostgresqlRebuild(NativeRebuildStrategy[DefaultImpl]):
    """Creates a copy with everything that the catalogue has about the table, and compares the two."""

    def recreate_table(
        self, name: str, final_name: str, schema: str | None, columns: Sequence[str], alter: Callable[[], None]
    ) -> None:
        """Alter the table in place, and copy it with its columns in the order of ``columns``."""
        connection: Connection = self.impl.require_connection("A rebuild")
        if (oid := oid_of(connection, self._name(name, schema))) is None:
            raise exc.NoSuchTableError(name)
        self._refuse_rebuild(name, obstacles(connection, oid))
        with _atomic(connection):
            alter()
            self.impl.execute(f"LOCK TABLE {self._name(final_name, schema)} IN ACCESS EXCLUSIVE MODE")
            self._copy_by_catalogue(connection, read(connection, oid), final_name, schema, columns)

    def _copy_by_catalogue(
        self, connection: Connection, old: Inventory, name: str, schema: str | None, columns: Sequence[str]
    ) -> None:
        new = self._name(temporary_name(name), schema)
        old_name = f"limbeck_{old.oid}"
        before, after = old.made_with
        self.impl.execute(f"CREATE {before}TABLE {new} ({', '.join(old.columns[each] for each in columns)}){after}")
        self.impl.execute(f"ALTER TABLE {old.name} DISABLE ROW LEVEL SECURITY")  # which would hide rows from their copy
        names = ", ".join(old.stored[each] for each in columns if each in old.stored)
        self.impl.execute(f"INSERT INTO {new} ({names}) SELECT {names} FROM {old.name}")  # noqa: S608 quoted
        self._check_count(connection, old.name, new)
        for number, rename in enumerate(old.satellites):
            self.impl.execute(f"{rename}{old_name}_{number}")
        self.impl.execute(f"ALTER TABLE {old.name} RENAME TO {old_name}")
        self.impl.execute(f"ALTER TABLE {new} RENAME TO {self._name(name)}")
        oid = oid_of(connection, self._name(name, schema))
        if oid is None:
            raise AssertionError("the copy has the table's name")
        for _ in range(2):  # what the first pass makes may come with rights of its own, by default
            self._restore(old, read(connection, oid))
        for position in old.positions:
            self.impl.execute(position)
        self.impl.execute(f"DROP TABLE {self._name(old_name, schema)}")
        self.impl.execute(f"ANALYZE {old.name}")  # the planner knows nothing of a new table
        now = read(connection, oid)
        wrong = [f"column {each}" for each, text in old.columns.items() if now.columns.get(each) != text]
        wrong += [str(fact) for fact in old.facts if not fact.is_in(now.facts)]
        wrong += [str(fact) for fact in now.facts if not fact.is_in(old.facts)]
        if wrong or now.positions != old.positions:
            raise self._rolled_back(
                name, f"would have another {_listed(wrong) or 'position of its identity'} after its rebuild"
            )

    def _check_count(self, connection: Connection, old: str, new: str) -> None:
        asked = [f"SELECT count(*) FROM {each}" for each in (old, new)]  # noqa: S608 quoted
        counts = [connection.execute(sqla.as_written(each)).scalar() for each in asked]
        if counts[0] != counts[1]:
            raise self._rolled_back(old, f"has {counts[0]} rows, and its copy {counts[1]}")

    def _restore(self, old: Inventory, new: Inventory) -> None:
        """Create what the copy lacks; remove what default privileges have granted."""
        for fact in new.facts:
            if fact.undo is not None and not fact.is_in(old.facts):
                self.impl.execute(fact.undo)
        for fact in old.facts:
            if not fact.is_in(new.facts):
                if fact.kind.startswith("foreign key of"):
                    self.impl.execute(fact.undo)
                self.impl.execute(fact.sql)

    def _name(self, name: str, schema: str | None = None) -> str:
        """The name, quoted for SQL without driver parameters."""
        preparer = sqla.for_script(self.impl.dialect).identifier_preparer
        return preparer.quote(name) if schema is None else f"{preparer.quote_schema(schema)}.{preparer.quote(name)}"

    def _refuse_rebuild(self, table: str, lost: Iterable[object]) -> None:
        if what := _listed(lost):
            raise unsupported(
                f"The rebuild of table '{table}' would lose {what}",
                code="rebuild-refused",
                hint="with recreate='auto' PostgreSQL alters the table in place, and keeps everything; or drop what is "
                "in the way before the batch, and make it again after it",
            )

    def _rolled_back(self, table: str, what: str) -> CommandError:
        error: CommandError = unsupported(
            f"Table '{table}' {what}; everything is as it was before",
            code="rebuild-amiss",
            hint="with recreate='auto' PostgreSQL alters the table in place",
        )
        return error

    # -- a copy by SQLAlchemy's means: without an edition, and where arguments of the batch describe the table ---------

    @contextmanager
    def watching(self, plan: ApplyBatchImpl, table: sa.Table) -> Iterator[None]:
        """Report what the rebuild loses: under an edition as an error, which rolls it back, else as warnings."""
        connection = None if self.impl.as_sql else self.impl.require_connection("A rebuild")
        oid = None if connection is None else oid_of(connection, self._name(table.name, table.schema))
        if connection is None or oid is None:
            yield
            return
        old = read(connection, oid)
        self._refuse_rebuild(table.name, [fact for fact in old.facts if fact.kind.startswith(_HANGING)])
        with _atomic(connection):
            yield
            rebuilt = oid_of(connection, self._name(table.name, table.schema))
            if self.impl.edition is not None and rebuilt is not None:
                self._name_not_null(table.name, old, read(connection, rebuilt))
            lost = [] if rebuilt is None else _lost(old, read(connection, rebuilt), plan)
            if self.impl.edition is not None:
                self._refuse_rebuild(table.name, lost)
        file, line = caller()
        for fact in lost:
            way = f"add after the batch: op.execute({fact.sql!r})" if fact.sql else "give the column in reflect_args="
            warn(
                f"The rebuild of table '{table.name}' loses {fact}",
                code="lost-in-rebuild",
                hint=f"{way}; or set edition = 2026, which keeps it",
                file=file,
                line=line,
            )

    def _name_not_null(self, table: str, old: Inventory, new: Inventory) -> None:
        """Rename NOT NULL constraints, which PostgreSQL 18 has named by the temporary name of the table."""
        for column, name in new.not_null.items():
            prefix = f"{temporary_name(table)}_"
            wanted = old.not_null.get(column, name.replace(prefix, f"{table}_") if name.startswith(prefix) else name)
            if wanted != name:
                self.impl.execute(
                    f"ALTER TABLE {new.name} RENAME CONSTRAINT {self._name(name)} TO {self._name(wanted)}"
                )

    def replace_table(self, plan: ApplyBatchImpl, table: sa.Table, new: sa.Table, fill: sa.Insert | None) -> None:
        """As the default's; then set the copy's sequences after its rows, since that of a serial column begins at 1."""
        super().replace_table(plan, table, new, fill)
        for column in () if self.impl.as_sql else new.columns:
            if owned_sequence(self.impl, table.name, column.name, table.schema) is not None:
                continue_after_rows(self.impl, table.name, column.name, table.schema, sa.Identity())


def _lost(old: Inventory, new: Inventory, plan: ApplyBatchImpl) -> list[Fact]:
    """What the new table lacks, except for what the changes of ``plan`` are about."""
    touched, dropped = plan.touched(), _dropped(plan)
    kept = new.not_null.keys()  # without an edition under another name, as with Alembic
    quote = sqla.for_script(plan.impl.dialect).identifier_preparer.quote
    replaced = [(_sequence_of(fact.columns, new), _sequence(fact)) for fact in old.facts if _sequence(fact)]

    def in_old_names(text: str) -> str:
        for there, name in replaced:
            text = text if there is None else text.replace(_unqualified(there), _unqualified(name))
        return text

    here = {
        (fact.kind, in_old_names(fact.name)): fact.sql if _sequence(fact) else in_old_names(fact.sql)
        for fact in new.facts
    }
    columns = [
        Fact("definition of column", name, (name,), "")
        for name, text in old.columns.items()
        if _plain(rename_columns_in(text, plan.renamed(), quote)) != _plain(new.columns.get(name, ""))
    ]
    lost = [
        fact
        for fact in (*columns, *old.facts)
        if here.get((fact.kind, fact.name)) != fact.sql
        and not touched & set(fact.columns)
        and fact.name not in dropped
        and not (fact.kind == NOT_NULL and kept >= set(fact.columns))
    ]
    return [_renamed_back(fact, new) if _sequence(fact) else fact for fact in lost]


def _dropped(plan: ApplyBatchImpl) -> set[str]:
    """The names of constraints and indexes that ``plan`` drops."""
    dropped = {str(each.name) for each in plan.original if each not in plan.constraints}
    dropped |= {str(each.name) for each in plan.table.indexes if each not in plan.indexes.values()}
    return dropped | ({str(plan.table.primary_key.name)} if plan.key_changed() else set())


def _sequence_of(columns: tuple[str, ...], inventory: Inventory) -> str | None:
    return next(filter(None, (_sequence(fact) for fact in inventory.facts if fact.columns == columns)), None)


def _sequence(fact: Fact) -> str | None:
    """The sequence of a serial column or an identity."""
    found = re.search(r"\(SEQUENCE NAME (.+?) START WITH ", fact.sql)
    return fact.name if fact.kind == "sequence" else found[1] if found is not None else None


def _renamed_back(lost: Fact, new: Inventory) -> Fact:
    """The loss of a sequence that was replaced by another one, with the statement that gives that its name."""
    there = _sequence_of(lost.columns, new)
    name = _unqualified(_sequence(lost))
    return lost._replace(sql="" if there is None else f"ALTER SEQUENCE {there} RENAME TO {name}")


def _unqualified(name: str | None) -> str:
    return str(name).rpartition(".")[2]


def _plain(column: str) -> str:
    """A column's definition without the name of its sequence."""
    return re.sub(r" DEFAULT nextval\(.*?::regclass\)", " SERIAL", column)


def _listed(what: Iterable[object]) -> str:
    return ", ".join(map(str, what))


@contextmanager
def _atomic(connection: Connection) -> Iterator[None]:
    """All or nothing: a savepoint, or a transaction where each statement is one of its own."""
    if not sqla.is_autocommit(connection):
        with connection.begin_nested():
            yield
        return
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
