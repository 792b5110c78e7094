"""How a table is rebuilt: by a copy that replaces it, or by the database itself.

Each impl has a strategy of its own (`DefaultImpl.rebuild_strategy`). `RebuildStrategy` creates the copy by SQLAlchemy's
means, so that it has what SQLAlchemy reflects of the old table. `NativeRebuildStrategy` is for databases that can alter
a table in place, where it is rebuilt only for another order of its columns, or as ``recreate="always"`` asks.
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


class CannotRehearse(Exception):  # noqa: N818 a fact, not an error: the caller may have another way
    """`RebuildStrategy.rehearse` cannot know the table of a batch while a script is written; the message says why."""


class RebuildStrategy(Generic[I_co]):
    """Creates a changed copy of the table, copies the rows, and replaces the table by the copy.

    :param impl: the impl of the table's database.
    """

    def __init__(self, impl: I_co) -> None:
        self.impl = impl

    def alter_in_place(self, changes: Sequence[Change], apply: Callable[[], None]) -> bool:
        """Make ``changes`` by ALTER statements, where the database accepts these although the impl asks for a rebuild.

        :param apply: sends the statements.
        :return: whether they were made; by default False.
        """
        return False

    def rehearse(
        self, operations: Operations, table: str, schema: str | None, batch: Callable[[Operations], None]
    ) -> bool:
        """Carry out ``batch`` on a copy of the schema, and write the statements that it sends there into the script.

        :param operations: the operations that write the script.
        :param table: the table of the batch.
        :param schema: the table's schema.
        :param batch: carries the batch out by other operations of the same kind.
        :return: whether the dialect has such a copy; by default False.
        :raises CannotRehearse: the copy cannot be brought to the point of the batch.
        """
        return False

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """Rebuild the table of ``request`` with ``changes``.

        :raises CommandError: the table cannot be read, or the rebuild would lose something.
        :raises ValueError: a constraint or an index that is to be dropped is not there.
        """
        plan = request.plan(self.impl, request.table(self.impl))
        plan.apply(changes)
        self.carry_out(plan)

    def carry_out(self, plan: ApplyBatchImpl) -> None:
        """Put the changed table of ``plan`` in the place of the old one; raises what `rebuild` raises."""
        table = plan.table
        new = plan.new_table(temporary_name(table.name))
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
        """Surround the rebuild of ``table`` with checks for what it loses; by default none.

        :raises CommandError: something prevents the rebuild, or is lost by it under an edition; nothing has changed.
        """
        yield

    def replace_table(self, plan: ApplyBatchImpl, table: Table, new: Table, fill: Insert | None) -> None:
        """Copy the rows, replace the table by the copy, and create its indexes.

        :param plan: the changed table. :param table: the old table. :param new: the copy, which exists.
        :param fill: the statement that copies; None where no column of the old table is kept.
        """
        if fill is not None:
            self.impl.execute(fill)
        final = self.put_in_place(table, new)
        for index in plan.indexes_on(final):
            self.impl.create_index(index)

    def put_in_place(self, table: Table, new: Table) -> Table:
        """Drop ``table`` and rename ``new`` to its name; returns a table of that name with the columns of ``new``."""
        self.impl.drop_table(Table(table.name, MetaData(), schema=table.schema))
        self.impl.rename_table(new.name, table.name, schema=table.schema)
        bare = [Column(column.name, column.type) for column in new.columns]
        return Table(table.name, MetaData(), *bare, schema=table.schema)


class NativeRebuildStrategy(RebuildStrategy[I_co]):
    """Under an edition, alters the table in place and has the database rebuild it; nothing is lost.

    Without an edition, and where a batch describes its table by other arguments, the table is copied as in Alembic.
    """

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """Rebuild the table in place by `recreate_table`, or by a copy; raises what these raise."""
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
        """Alter the table, and rebuild it with its columns in another order; everything else of it is kept.

        :param name: the table. :param final_name: its name after ``alter``. :param schema: its schema.
        :param columns: its columns after ``alter``, in their new order.
        :param alter: sends the ALTER statements.
        :raises CommandError: something cannot be kept; nothing has changed.
        """
        raise NotImplementedError
