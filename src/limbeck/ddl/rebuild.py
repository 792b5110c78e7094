"""A table made anew: its rows are copied into a changed copy, which takes its place (behaviour 6.5).

Three steps, a value between each: the table is read, the changes are made to that reading, and the statements that
lead there are sent. What only SQLite needs around them stands in `limbeck.dialects.sqlite.rebuild_checks`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, exc, insert, select

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.dialects.sqlite.dependents import as_stored, refuse_indexes_of_dropped_columns, stored_beside
from limbeck.dialects.sqlite.lossy_casts import refuse_lossy_casts
from limbeck.dialects.sqlite.progress import Progress
from limbeck.dialects.sqlite.rebuild_checks import checked, sheltered
from limbeck.dialects.sqlite.rebuild_text import restated
from limbeck.errors import CommandError

from .changed_table import ApplyBatchImpl as ApplyBatchImpl
from .rebuild_strategy import recreate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .impl import DefaultImpl

    Change = tuple[str, tuple[Any, ...], dict[str, Any]]

_LONGEST_NAME = 50  # characters of the temporary table's name


def temporary_name(table_name: str) -> str:
    """The name of the copy while both tables exist; existing scripts know it."""
    return f"_alembic_tmp_{table_name}"[:_LONGEST_NAME]


def needs_copy_from(table: str, dialect: str, why: str | None = None) -> CommandError:
    """The error of a batch whose table is not known in a script (behaviour 6.5).

    :param why: why its history does not tell it, where that was tried.
    """
    file, line = caller()
    return CommandError(
        f"This operation cannot proceed in --sql mode; batch mode with dialect {dialect} requires a live database "
        f'connection with which to reflect the table "{table}". To generate a batch SQL migration script using table '
        '"move and copy", a complete Table object should be passed to the "copy_from" argument of the '
        "batch_alter_table() method so that table reflection can be skipped.",
        code="batch-needs-table",
        hint=f"give copy_from=sa.Table({table!r}, sa.MetaData(), ...), the table as it is before the batch"
        + (f": {why}" if why else ""),
        file=file,
        line=line,
    )


@dataclass
class Rebuild:
    """The rebuild of one table.

    :param impl: the impl whose database it is in.
    :param table_name: the table.
    :param schema: its schema.
    :param copy_from: the table as it is now, instead of reading it.
    :param table_args: constraints for the new table.
    :param table_kwargs: keyword arguments for the new table.
    :param reflect_args: columns that override what is read.
    :param reflect_kwargs: keyword arguments for reading.
    :param naming_convention: names for constraints that are read without one.
    :param partial_reordering: tuples of column names that shall stand in this order.
    :param outside_transaction: opens a block outside the run's transaction; raises `CommandError` where it cannot.
    """

    impl: DefaultImpl
    table_name: str
    schema: str | None
    _: KW_ONLY
    copy_from: Table | None = None
    table_args: Sequence[Any] = ()
    table_kwargs: Mapping[str, Any] = field(default_factory=dict)
    reflect_args: Sequence[Any] = ()
    reflect_kwargs: Mapping[str, Any] = field(default_factory=dict)
    naming_convention: Mapping[Any, Any] | None = None
    partial_reordering: Sequence[tuple[str, ...]] | None = None
    outside_transaction: Callable[[], AbstractContextManager[None]] = nullcontext

    def run(self, changes: Iterable[Change], first: Iterable[Change] = ()) -> None:
        """Rebuild the table with ``changes``: (method of an impl, its arguments, its keyword arguments) each.

        :param first: changes that the database makes in place before, in the same transaction.
        :raises CommandError: the table cannot be read, or something would be lost.
        :raises ValueError: a constraint or an index that is to be dropped is not there (behaviour 6.5).
        """
        if self._is_left_to_the_database():
            recreate(self.impl, self._plan(self._table(), ()), list(changes))
            return
        with sheltered(self.impl, self.table_name, self.schema, self.outside_transaction) as shelter:
            for name, args, options in first:
                getattr(self.impl, name)(*args, **options)
            self.table_name = as_stored(self.impl, self.table_name, self.schema)
            table = self._table()
            plan = self._plan(table, changes)
            new = plan.new_table(temporary_name(self.table_name))
            text = restated(self.impl, plan, new)
            refuse_lossy_casts(self.impl, table, plan)
            with checked(self.impl, table, new, plan, shelter), self.impl.watching(plan, table):
                self._replace(plan, table, new, text)
            if plan.final_name != table.name:
                self.impl.rename_table(table.name, plan.final_name, schema=self.schema)

    def _is_left_to_the_database(self) -> bool:
        """Whether the dialect makes the table anew by itself: under an edition, where changes are all that is said."""
        says_more = self.copy_from is not None or any(
            (self.table_args, self.table_kwargs, self.reflect_args, self.reflect_kwargs)
        )
        return (
            self.impl.can_rebuild_natively and self.impl.edition is not None and not self.impl.as_sql and not says_more
        )

    def _plan(self, table: Table, changes: Iterable[Change]) -> ApplyBatchImpl:
        """The table as it is to be."""
        plan = ApplyBatchImpl(
            self.impl,
            table,
            self.table_args,
            dict(self.table_kwargs),
            reflected=self.copy_from is None,
            partial_reordering=self.partial_reordering or (),
            overridden=bool(self.reflect_args or self.reflect_kwargs),
        )
        plan.progress = Progress.of(self.impl, table)
        plan.unread, plan.stored_indexes = stored_beside(self.impl, table)
        for name, args, options in changes:
            getattr(plan, name)(*args, **options)
        plan.settle()
        refuse_indexes_of_dropped_columns(plan)
        return plan

    def _replace(self, plan: ApplyBatchImpl, table: Table, new: Table, text: str | None) -> None:
        """Create the copy, by ``text`` where there is one, fill it, and put it in the table's place."""
        impl = self.impl
        impl.prep_table_for_batch(plan, table)
        impl.create_table(new) if text is None else impl.execute(text)
        targets, values = plan.transfer(new)
        fill = insert(new).from_select(targets, select(*values)) if targets else None
        try:
            impl.replace_table(plan, table, new, fill)
        except BaseException:
            if not impl.as_sql and not impl.transactional_ddl:
                impl.drop_table(new, if_exists=True)
            raise

    def _table(self) -> Table:
        """The table as it is now."""
        if self.copy_from is not None:
            return self.copy_from
        if self.impl.as_sql:
            raise needs_copy_from(self.table_name, self.impl.dialect.name)
        return self._read()

    def _read(self) -> Table:
        options: dict[str, Any] = {"resolve_fks": False, **self.reflect_kwargs}
        try:
            table = Table(
                self.table_name,
                MetaData(),
                *self.reflect_args,
                schema=self.schema,
                autoload_with=self.impl.bind,
                **options,
            )
        except exc.NoSuchTableError as error:
            raise self._missing() from error
        except exc.ArgumentError as error:
            file, line = caller()
            raise CommandError(
                f"Table '{self.table_name}' cannot be read: {error}",
                code="unreadable-table",
                hint="look for a foreign key to a table that is not there; or describe the table in copy_from=",
                file=file,
                line=line,
            ) from error
        self._name_the_unnamed(table)
        return table

    def _missing(self) -> Exception:
        from sqlalchemy import inspect

        file, line = caller()
        copy = temporary_name(self.table_name)
        if inspect(self.impl.connection).has_table(copy, schema=self.schema):
            return CommandError(
                f"Table '{self.table_name}' is not there, but '{copy}' is: a rebuild ended between the two, and the "
                "rows are in the latter",
                code="rebuild-interrupted",
                hint=f"look at it, then run: ALTER TABLE {copy} RENAME TO {self.table_name}",
                file=file,
                line=line,
            )
        return exc.NoSuchTableError(self.table_name)

    def _name_the_unnamed(self, table: Table) -> None:
        """Give constraints that were read without a name the one that `naming_convention` has for them."""
        if not self.naming_convention:
            return
        for constraint in sqla.in_order(table.constraints):
            if sqla.given_name(constraint) is None:
                named = Table(
                    table.name,
                    MetaData(naming_convention=dict(self.naming_convention)),
                    *[Column(column.name, column.type) for column in table.columns],
                    schema=table.schema,
                )
                copy = sqla.copy_constraint(constraint, named)
                named.append_constraint(copy)
                for key in named.foreign_keys:
                    sqla.make_referent(key, named.metadata)
                constraint.name = copy.name
