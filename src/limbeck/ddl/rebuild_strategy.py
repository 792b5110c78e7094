"""A table made anew by a database that can alter it in place: the changes are plain ALTERs, the copy is the dialect's.

SQLite rebuilds because it must, and `limbeck.ddl.rebuild` makes the changes in the copy. Elsewhere
``recreate="always"`` asks for the columns in another order, or for a fresh table; a dialect that can do that without a
loss says so here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Column, MetaData, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Insert

    from .changed_table import ApplyBatchImpl
    from .impl import DefaultImpl

    Change = tuple[str, tuple[Any, ...], dict[str, Any]]

_MOVING = frozenset({"add_column", "drop_column", "alter_column", "rename_table"})
_PLACES = frozenset({"insert_before", "insert_after"})


class RebuildStrategy:
    """The part of `DefaultImpl` that a rebuild stands on.

    1. `recreate_table` is for a dialect with `can_rebuild_natively`, under an edition: nothing of the table is lost.
    2. `watching` surrounds a rebuild by SQLAlchemy's means, which knows of a table what reflection reads.
    3. `replace_table` is the end of such a rebuild.
    """

    rebuilds_as_sqlite: ClassVar[bool] = False
    """Whether a rebuild goes by ``sqlite_master`` and PRAGMAs, as on SQLite and its kind."""

    can_rebuild_natively: ClassVar[bool] = False
    """Whether `recreate_table` makes a table anew without a loss."""

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

    @contextmanager
    def watching(self, plan: ApplyBatchImpl, table: Table) -> Iterator[None]:
        """Surround the rebuild of ``table`` by ``plan``, and name what it loses; nothing by default.

        :raises CommandError: something is in the way, or under an edition lost; all is as before.
        """
        yield

    def replace_table(self: Any, plan: ApplyBatchImpl, table: Table, new: Table, fill: Insert | None) -> None:
        """Copy the rows, put the copy in the table's place, and give it its indexes.

        :param plan: the changes. :param table: the old table. :param new: the copy, which is there.
        :param fill: the statement that copies; None where no column is left of the old table.
        """
        if fill is not None:
            with plan.progress.copying(self, fill):
                self._exec(fill)
        self.drop_table(Table(table.name, MetaData(), schema=table.schema))
        self.rename_table(new.name, table.name, schema=table.schema)
        bare = [Column(column.name, column.type) for column in new.columns]
        final = Table(table.name, MetaData(), *bare, schema=table.schema)
        for index in plan.indexes_on(final):
            with plan.progress.during(str(index.name)):
                self.create_index(index)
        self.finish_table_for_batch(final)


def recreate(impl: DefaultImpl, plan: ApplyBatchImpl, changes: Sequence[Change]) -> None:
    """Have ``impl`` make the table of ``plan`` anew with ``changes``.

    :raises CommandError: what `RebuildStrategy.recreate_table` raises; a column that is not there.
    """
    for name, args, options in changes:
        if name in _MOVING:
            getattr(plan, name)(*args, **options)

    def alter() -> None:
        for name, args, options in changes:
            getattr(impl, name)(*args, **{key: value for key, value in options.items() if key not in _PLACES})

    columns = [plan.columns[each].name for each in plan.ordered()]
    impl.recreate_table(plan.table.name, plan.final_name, plan.table.schema, columns, alter)
