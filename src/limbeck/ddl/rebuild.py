"""The request for a rebuild: the table of a batch, how it is read, and what the new one is to have."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table, exc, inspect

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError

from .changed_table import ApplyBatchImpl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from .protocols import RebuildsTables

_LONGEST_NAME = 50  # characters of the temporary table's name


def temporary_name(table_name: str) -> str:
    """The name of the copy while both tables exist; as in Alembic, since existing scripts mention it."""
    return f"_alembic_tmp_{table_name}"[:_LONGEST_NAME]


def needs_copy_from(table: str, dialect: str, why: str | None = None) -> CommandError:
    """The error for a batch in a script whose table is not known.

    :param why: why it could not be derived from the history, where that was tried.
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


@dataclass(frozen=True)
class RebuildRequest:
    """What a batch says of its table, beside the changes.

    :param table_name: the table.
    :param schema: its schema.
    :param copy_from: the table as it is now, instead of reading it.
    :param table_args: constraints for the new table.
    :param table_kwargs: keyword arguments for the new table.
    :param reflect_args: columns that override what is read.
    :param reflect_kwargs: keyword arguments for reading.
    :param naming_convention: names for constraints that are read without one.
    :param partial_reordering: tuples of column names that are to have this order.
    :param outside_transaction: opens a block outside the run's transaction; raises `CommandError` where it cannot.
    """

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

    @property
    def has_only_changes(self) -> bool:
        """Whether the new table is to differ from the old one by nothing but the changes."""
        return self.copy_from is None and not any(
            (self.table_args, self.table_kwargs, self.reflect_args, self.reflect_kwargs)
        )

    def plan(self, impl: RebuildsTables, table: Table) -> ApplyBatchImpl:
        """``table``, as returned by `table()`, ready to be changed."""
        return ApplyBatchImpl(
            impl,
            table,
            self.table_args,
            dict(self.table_kwargs),
            reflected=self.copy_from is None,
            partial_reordering=self.partial_reordering or (),
            overridden=bool(self.reflect_args or self.reflect_kwargs),
        )

    def table(self, impl: RebuildsTables) -> Table:
        """The table as it is now.

        :raises CommandError: it cannot be read, or there is no database to read it from.
        :raises NoSuchTableError: there is none.
        """
        if self.copy_from is not None:
            return self.copy_from
        if impl.as_sql:
            raise needs_copy_from(self.table_name, impl.dialect.name)
        options: dict[str, Any] = {"resolve_fks": False, **self.reflect_kwargs}
        adapt = ("column_reflect", impl.autogen_column_reflect)
        try:
            table = Table(
                self.table_name,
                MetaData(),
                *self.reflect_args,
                schema=self.schema,
                autoload_with=impl.require_connection("A rebuild"),
                listeners=[adapt, *options.pop("listeners", ())],
                **options,
            )
        except exc.NoSuchTableError as error:
            raise self._missing(impl) from error
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

    def _missing(self, impl: RebuildsTables) -> Exception:
        file, line = caller()
        copy = temporary_name(self.table_name)
        if inspect(impl.require_connection("A rebuild")).has_table(copy, schema=self.schema):
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
        """Name constraints that were read without a name by `naming_convention`."""
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
