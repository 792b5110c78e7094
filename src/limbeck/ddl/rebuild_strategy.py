"""How a table is made anew: by a copy that takes its place, or by the database itself.

Each impl has a strategy of its own (`DefaultImpl.rebuild_strategy`). `RebuildStrategy` copies by SQLAlchemy's means,
which know of a table what reflection reads. `NativeRebuildStrategy` is for databases that alter a table in place and
are asked to rebuild it for another order of its columns, or by ``recreate="always"``.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import Column, MetaData, Table

from .protocols import RebuildsTables
from .rebuild import temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Insert

    from .changed_table import ApplyBatchImpl, Change
    from .rebuild import RebuildRequest

I_co = TypeVar("I_co", bound=RebuildsTables, covariant=True)
Operations = TypeVar("Operations")

_MOVING = frozenset({"add_column", "drop_column", "alter_column", "rename_table"})
_PLACES = frozenset({"insert_before", "insert_after"})


class CannotRehearse(Exception):  # noqa: N818 it names what is the matter
    """The table of a batch is not known while a script is written; the text says why."""


class RebuildStrategy(Generic[I_co]):
    """Creates a changed copy of the table, copies the rows, and puts the copy in the table's place.

    :param impl: the impl of the table's database.
    """

    def __init__(self, impl: I_co) -> None:
        self.impl = impl

    def alter_in_place(self, changes: Sequence[Change], apply: Callable[[], None]) -> bool:
        """Whether ``changes``, of which the impl says that they need a rebuild, could be made without one after all.

        False by default. Otherwise they have been made, by ``apply``.
        """
        return False

    def rehearse(
        self, operations: Operations, table: str, schema: str | None, batch: Callable[[Operations], None]
    ) -> bool:
        """Write into the script what ``batch`` does to ``table`` in a database of its own; whether there is a way to.

        False by default.

        :param operations: the operations that write the script.
        :param batch: carries the batch out by other operations of the same kind.
        :raises CannotRehearse: the table is not known.
        """
        return False

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """Make the table of ``request`` anew with ``changes``.

        :raises CommandError: the table cannot be read, or something would be lost.
        :raises ValueError: a constraint or an index that is to be dropped is not there.
        """
        table = request.table(self.impl)
        plan = request.plan(self.impl, table)
        plan.apply(changes)
        new = plan.new_table(temporary_name(request.table_name))
        with self.watching(plan, table):
            self._copy(plan, table, new)
        if plan.final_name != table.name:
            self.impl.rename_table(table.name, plan.final_name, schema=table.schema)

    def _copy(self, plan: ApplyBatchImpl, table: Table, new: Table) -> None:
        self.impl.prep_table_for_batch(plan, table)
        self.impl.create_table(new)
        try:
            self.replace_table(plan, table, new, plan.fill(new))
        except BaseException:
            if not self.impl.as_sql and not self.impl.transactional_ddl:
                self.impl.drop_table(new, if_exists=True)
            raise

    @contextmanager
    def watching(self, plan: ApplyBatchImpl, table: Table) -> Iterator[None]:
        """Surround the rebuild of ``table`` by ``plan``, and name what it loses; nothing by default.

        :raises CommandError: something is in the way, or under an edition lost; all is as before.
        """
        yield

    def replace_table(self, plan: ApplyBatchImpl, table: Table, new: Table, fill: Insert | None) -> None:
        """Copy the rows, put the copy in the table's place, and give it its indexes.

        :param plan: the changes. :param table: the old table. :param new: the copy, which is there.
        :param fill: the statement that copies; None where no column is left of the old table.
        """
        if fill is not None:
            self.impl.execute(fill)
        final = self.put_in_place(table, new)
        for index in plan.indexes_on(final):
            self.impl.create_index(index)

    def put_in_place(self, table: Table, new: Table) -> Table:
        """Drop ``table``, and give ``new`` its name; returns the columns of ``new`` under that name."""
        self.impl.drop_table(Table(table.name, MetaData(), schema=table.schema))
        self.impl.rename_table(new.name, table.name, schema=table.schema)
        bare = [Column(column.name, column.type) for column in new.columns]
        return Table(table.name, MetaData(), *bare, schema=table.schema)


class NativeRebuildStrategy(RebuildStrategy[I_co]):
    """Under an edition, alters the table in place and leaves it to the database to make it anew; nothing is lost.

    A copy by SQLAlchemy's means remains for what a batch says beside its changes, and for environments without an
    edition, which get what Alembic does.
    """

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """As the default's; raises what `recreate_table` raises."""
        if self.impl.edition is None or self.impl.as_sql or not request.has_only_changes:
            super().rebuild(request, changes)
            return
        plan = request.plan(self.impl, request.table(self.impl))
        plan.apply([change for change in changes if change[0] in _MOVING])

        def alter() -> None:
            for name, args, options in changes:
                kept = {key: value for key, value in options.items() if key not in _PLACES}
                getattr(self.impl, name)(*args, **kept)

        columns = [plan.columns[each].name for each in plan.ordered()]
        self.recreate_table(request.table_name, plan.final_name, request.schema, columns, alter)

    def recreate_table(
        self, name: str, final_name: str, schema: str | None, columns: Sequence[str], alter: Callable[[], None]
    ) -> None:
        """Alter the table, and make it anew with its columns in another order; everything else of it stays.

        :param name: the table. :param final_name: its name after ``alter``. :param schema: its schema.
        :param columns: its columns after ``alter``, in their new order.
        :param alter: sends the ALTERs.
        :raises CommandError: something cannot be kept; it is named, and nothing has happened.
        """
        raise NotImplementedError
