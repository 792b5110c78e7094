"""``op.batch_alter_table``: operations on one table are collected, then applied one by one or by a rebuild.

Databases that can alter a table in place do so. Where one cannot, as SQLite mostly, the impl's `rebuild_strategy`
creates a changed copy of the table, copies the rows, and puts the copy in the table's place.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, cast

from limbeck import sqla
from limbeck.ddl.changed_table import ApplyBatchImpl as ApplyBatchImpl
from limbeck.ddl.rebuild import RebuildRequest, needs_copy_from
from limbeck.ddl.rebuild_strategy import CannotRehearse
from limbeck.errors import CommandError

from .arguments import bad_value, caller
from .autocommit import outside_transaction
from .call import given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Executable, Index, Table
    from sqlalchemy import Sequence as SequenceObject
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.schema import Column, Constraint
    from sqlalchemy.sql.expression import TableClause

    from limbeck.ddl.changed_table import Change
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.ddl.offline import OfflineConnection

    from .abstract import AbstractOperations
    from .primitives import Row

Recreate = Literal["auto", "always", "never"]


@dataclass(eq=False)
class BatchOperationsImpl:
    """Collects the changes of one table, and has the impl make them when the block ends.

    :param operations: the operations whose impl makes them.
    :param table_name: the table.
    :param schema: its schema.
    :param recreate: ``auto``: rebuild the table if the dialect needs it; ``always``; ``never``.

    Other parameters: as for `op.batch_alter_table`.
    """

    operations: AbstractOperations
    _: KW_ONLY
    table_name: str
    schema: str | None = None
    recreate: Recreate = "auto"
    copy_from: Table | None = None
    table_args: Sequence[object] = ()
    table_kwargs: Mapping[str, Any] = field(default_factory=dict)
    reflect_args: Sequence[object] = ()
    reflect_kwargs: Mapping[str, Any] = field(default_factory=dict)
    naming_convention: Mapping[Any, Any] | None = None
    partial_reordering: Sequence[tuple[str, ...]] | None = None
    batch: list[Change] = field(default_factory=list)
    """What was collected; while it is applied, the changes that are applied together."""

    def __post_init__(self) -> None:
        if self.recreate not in {"auto", "always", "never"}:
            raise bad_value("op.batch_alter_table", "recreate may be one of 'auto', 'always', or 'never'.")

    @property
    def impl(self) -> DefaultImpl:
        """The impl that makes the changes."""
        return cast("DefaultImpl", self.operations.impl)  # batches do not nest

    @property
    def dialect(self) -> Dialect:
        """Its dialect."""
        return self.impl.dialect

    @property
    def bind(self) -> Connection | OfflineConnection | None:
        """Its connection."""
        return self.impl.bind

    def _should_recreate(self) -> bool:
        if self.recreate == "auto":
            return bool(self.impl.requires_recreate_in_batch(self))
        return self.recreate == "always"

    def flush(self) -> None:
        """Apply what was collected, in the open transaction, or in one of its own where none is open."""
        connection = self.impl.require_connection("A batch") if self.impl.can_query else None
        with nullcontext() if connection is None else sqla.in_transaction(connection):
            groups = _groups(self.batch)
            if self.recreate == "always" and all(_is_statement(changes) for changes in groups):
                groups.append([])
            for changes in groups:
                self.batch = changes
                if _is_statement(changes):
                    self._apply(changes)
                elif not self._is_rehearsed(changes):
                    self._make(changes)

    def _make(self, changes: list[Change]) -> None:
        if not self._should_recreate():
            self._apply(changes)
        elif self.copy_from is not None and not self.copy_from.columns:
            raise bad_value("op.batch_alter_table", "copy_from is a table without columns")
        elif not self._is_made_in_place(changes):
            self.impl.rebuild_strategy().rebuild(self._request(), changes)

    def _is_rehearsed(self, changes: list[Change]) -> bool:
        """Write ``changes`` into the script as they were made in a database of its own; whether that was to be done.

        :raises CommandError: the table is not known, and the changes cannot be written without it.
        """
        if not self.impl.as_sql or self.copy_from is not None or not self._should_recreate():
            return False

        def perform(operations: AbstractOperations) -> None:
            replace(self, operations=operations, batch=changes).flush()

        try:
            return self.impl.rebuild_strategy().rehearse(self.operations, self.table_name, self.schema, perform)
        except CannotRehearse as error:
            if self._is_made_in_place(changes):
                return True
            raise needs_copy_from(self.table_name, self.dialect.name, str(error)) from error

    def _is_made_in_place(self, changes: list[Change]) -> bool:
        """Whether ``changes`` could be applied one by one after all, by a dialect that must try to know."""
        strategy = self.impl.rebuild_strategy()
        return self.recreate == "auto" and strategy.alter_in_place(changes, lambda: self._apply(changes))

    def _apply(self, changes: list[Change]) -> None:
        # Alembic refuses a place for a new column only; the place of another has no effect without an edition
        refused = {"add_column"} if self.operations.edition is None else {"add_column", "alter_column"}
        for name, _, options in changes:
            if name in refused and (options.get("insert_before") or options.get("insert_after")):
                file, line = caller()
                raise CommandError(
                    "Can't specify insert_before or insert_after when using ALTER; please specify recreate='always'",
                    code="position-without-rebuild",
                    file=file,
                    line=line,
                )
        for name, args, options in changes:
            placed = {"insert_before", "insert_after"}
            getattr(self.impl, name)(*args, **{key: value for key, value in options.items() if key not in placed})

    def _request(self) -> RebuildRequest:
        return RebuildRequest(
            self.table_name,
            self.impl.translated(self.schema),
            copy_from=self.copy_from,
            table_args=self.table_args,
            table_kwargs=self.table_kwargs,
            reflect_args=self.reflect_args,
            reflect_kwargs=self.reflect_kwargs,
            naming_convention=self.naming_convention,
            partial_reordering=self.partial_reordering,
            outside_transaction=lambda: outside_transaction(
                self.operations.migration_context, "op.batch_alter_table", "rebuilds a table that others refer to"
            ),
        )

    def _collect(self, name: str, /, *args: object, **options: object) -> None:
        self.batch.append((name, args, options))

    def add_column(self, table_name: str, column: Column[Any], **options: object) -> None:
        """Collect a new column."""
        self._collect("add_column", table_name, column, **options)

    def alter_column(self, table_name: str, column_name: str, **keywords: object) -> None:
        """Collect a change of a column."""
        self._collect("alter_column", table_name, column_name, **keywords)

    def drop_column(self, table_name: str, column: Column[Any], **options: object) -> None:
        """Collect the drop of a column."""
        self._collect("drop_column", table_name, column, **options)

    def create_column_comment(self, column: Column[Any]) -> None:
        """Collect the comment of a column."""
        self._collect("create_column_comment", column)

    def add_constraint(self, const: Constraint, **options: object) -> None:
        """Collect a new constraint."""
        self._collect("add_constraint", const, **options)

    def drop_constraint(self, const: Constraint, **options: object) -> None:
        """Collect the drop of a constraint."""
        self._collect("drop_constraint", const, **options)

    def create_index(self, index: Index, **options: object) -> None:
        """Collect a new index."""
        self._collect("create_index", index, **options)

    def drop_index(self, index: Index, **options: object) -> None:
        """Collect the drop of an index."""
        self._collect("drop_index", index, **options)

    def rename_table(self, old_table_name: str, new_table_name: str, schema: str | None = None) -> None:
        """Collect a new name of the table."""
        self._collect("rename_table", old_table_name, new_table_name, schema=schema)

    def create_table_comment(self, table: Table) -> None:
        """Collect the comment of the table."""
        self._collect("create_table_comment", table)

    def drop_table_comment(self, table: Table) -> None:
        """Collect the drop of the table's comment."""
        self._collect("drop_table_comment", table)

    def set_table_options(self, options: Mapping[str, Any]) -> None:
        """Collect other options of the table, which is rebuilt with them."""
        self._collect("set_table_options", options)

    def create_table(self, table: Table, **_: object) -> None:
        """Refuse."""
        raise NotImplementedError("Can't create table in batch mode")

    def drop_table(self, table: Table, **_: object) -> None:
        """Refuse."""
        raise NotImplementedError("Can't drop table in batch mode")

    def create_sequence(self, sequence: SequenceObject, **options: object) -> None:
        """Create a sequence, in order."""
        self._collect("create_sequence", sequence, **options)

    def alter_sequence(self, sequence: SequenceObject) -> None:
        """Change a sequence, in order."""
        self._collect("alter_sequence", sequence)

    def drop_sequence(self, sequence: SequenceObject) -> None:
        """Drop a sequence, in order."""
        self._collect("drop_sequence", sequence)

    def bulk_insert(self, table: TableClause, rows: list[dict[str, Any]], multiinsert: bool = True) -> None:
        """Insert rows, in order."""
        self._collect("bulk_insert", table, rows, multiinsert=multiinsert)

    def execute(
        self,
        sql: Executable | str,
        execution_options: Mapping[str, Any] | None = None,
        params: Row | Sequence[Row] | None = None,
    ) -> None:
        """Execute a statement, in order; without an edition at once, before all changes, as Alembic does."""
        if self.operations.edition is None:
            self.impl.execute(sql, execution_options, **given(params=params))
        else:
            self._collect("execute", sql, execution_options=execution_options, **given(params=params))


_STATEMENTS = frozenset({"execute", "bulk_insert", "create_sequence", "alter_sequence", "drop_sequence"})


def _is_statement(changes: list[Change]) -> bool:
    return bool(changes) and changes[0][0] in _STATEMENTS


def _groups(batch: list[Change]) -> list[list[Change]]:
    """``batch`` in groups that are applied together: changes of the table in a row, and each statement by itself."""
    groups: list[list[Change]] = []
    for is_statement, group in groupby(batch, key=lambda change: change[0] in _STATEMENTS):
        changes = list(group)
        groups += [[change] for change in changes] if is_statement else [changes]
    return groups
