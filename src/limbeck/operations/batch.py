"""``op.batch_alter_table``: operations on one table are collected, then applied one by one or by a rebuild.

Databases that can alter a table in place do so. SQLite mostly cannot: there the table is made anew, its rows are
copied, and it takes the old one's place. How, is the impl's `rebuild_strategy`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from limbeck.ddl.changed_table import ApplyBatchImpl as ApplyBatchImpl
from limbeck.ddl.rebuild import RebuildRequest, needs_copy_from
from limbeck.ddl.rebuild_strategy import CannotRehearse
from limbeck.errors import CommandError

from .abstract import AbstractOperations
from .arguments import bad_value, caller, expect_name, expect_optional_name
from .autocommit import outside_transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Executable, Index, Table
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.schema import Column, Constraint, SchemaItem

    from limbeck.ddl.changed_table import Change
    from limbeck.ddl.protocols import RebuildsTables
    from limbeck.ddl.rebuild_strategy import RebuildStrategy

    from .base import BatchOperations

Recreate = Literal["auto", "always", "never"]


@dataclass(eq=False)
class BatchOperationsImpl:
    """Collects what an impl is told to do to one table, and does it all when the block ends.

    :param operations: the operations whose impl it stands before.
    :param table_name: the table.
    :param schema: its schema.
    :param recreate: ``auto``: rebuild where the dialect needs it; ``always``; ``never``.

    Other parameters: as for `op.batch_alter_table`.
    """

    operations: AbstractOperations
    _: KW_ONLY
    table_name: str
    schema: str | None = None
    recreate: Recreate = "auto"
    copy_from: Table | None = None
    table_args: Sequence[Any] = ()
    table_kwargs: Mapping[str, Any] = field(default_factory=dict)
    reflect_args: Sequence[Any] = ()
    reflect_kwargs: Mapping[str, Any] = field(default_factory=dict)
    naming_convention: Mapping[Any, Any] | None = None
    partial_reordering: Sequence[tuple[str, ...]] | None = None
    batch: list[Change] = field(default_factory=list, init=False)
    _steps: list[list[Change] | Change] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if self.recreate not in {"auto", "always", "never"}:
            raise bad_value("op.batch_alter_table", "recreate may be one of 'auto', 'always', or 'never'.")

    @property
    def impl(self) -> Any:
        """The impl that does the work in the end."""
        return self.operations.impl

    @property
    def dialect(self) -> Dialect:
        """Its dialect."""
        dialect: Dialect = self.impl.dialect
        return dialect

    @property
    def bind(self) -> Connection:
        """Its connection."""
        bind: Connection = self.impl.bind
        return bind

    @property
    def _strategy(self) -> RebuildStrategy[RebuildsTables]:
        strategy: RebuildStrategy[RebuildsTables] = self.impl.rebuild_strategy()
        return strategy

    def _should_recreate(self) -> bool:
        if self.recreate == "auto":
            return bool(self.impl.requires_recreate_in_batch(self))
        return self.recreate == "always"

    def flush(self) -> None:
        """Apply what was collected: table changes together, statements between them in their place."""
        for step in self._steps_in_order():
            if isinstance(step, tuple):
                name, args, options = step
                getattr(self.impl, name)(*args, **options)
                continue
            if self._is_rehearsed(step):
                continue
            self.batch = step
            if not self._should_recreate():
                self._apply(step)
            elif not self._is_made_in_place(step):
                self._rebuild(step)

    def _is_rehearsed(self, changes: list[Change]) -> bool:
        """Whether ``changes``, which belong into a script, are written as they were made in a database of its own.

        :raises CommandError: the table is not known, and the changes cannot be written without it.
        """
        self.batch = changes
        if not self.impl.as_sql or self.copy_from is not None or not self._should_recreate():
            return False

        def perform(operations: AbstractOperations) -> None:
            twin = replace(self, operations=operations)
            twin._steps = [changes]
            twin.flush()

        try:
            return self._strategy.rehearse(self.operations, self.table_name, self.schema, perform)
        except CannotRehearse as error:
            if self._is_made_in_place(changes):
                return True
            raise needs_copy_from(self.table_name, self.dialect.name, str(error)) from error

    def _steps_in_order(self) -> list[list[Change] | Change]:
        return self._steps or ([[]] if self.recreate == "always" else [])

    def _is_made_in_place(self, changes: list[Change]) -> bool:
        """Whether ``changes`` could be applied one by one after all, by a dialect that must try to know."""
        return self.recreate == "auto" and self._strategy.alter_in_place(changes, lambda: self._apply(changes))

    def _apply(self, changes: list[Change]) -> None:
        for _, _, options in changes:
            if options.get("insert_before") or options.get("insert_after"):
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

    def _rebuild(self, changes: list[Change]) -> None:
        request = RebuildRequest(
            self.table_name,
            self.schema,
            copy_from=self.copy_from,
            table_args=self.table_args,
            table_kwargs=self.table_kwargs,
            reflect_args=self.reflect_args,
            reflect_kwargs=self.reflect_kwargs,
            naming_convention=self.naming_convention,
            partial_reordering=self.partial_reordering,
            outside_transaction=lambda: outside_transaction(
                self.operations, "op.batch_alter_table", "rebuilds a table that others refer to"
            ),
        )
        self._strategy.rebuild(request, changes)

    def _collect(self, name: str, /, *args: Any, **options: Any) -> None:
        if not self._steps or isinstance(self._steps[-1], tuple):
            self._steps.append([])
        change = (name, args, options)
        self._steps[-1].append(change)  # type: ignore[union-attr]  # the branch above made it a list
        self.batch.append(change)

    def alter_column(self, *args: Any, **options: Any) -> None:
        """Change a column, later."""
        self._collect("alter_column", *args, **options)

    def add_column(self, *args: Any, **options: Any) -> None:
        """Add a column, later."""
        self._collect("add_column", *args, **options)

    def drop_column(self, *args: Any, **options: Any) -> None:
        """Drop a column, later."""
        self._collect("drop_column", *args, **options)

    def add_constraint(self, const: Constraint, **options: Any) -> None:
        """Add a constraint, later."""
        self._collect("add_constraint", const, **options)

    def drop_constraint(self, const: Constraint, **options: Any) -> None:
        """Drop a constraint, later."""
        self._collect("drop_constraint", const, **options)

    def rename_table(self, *args: Any, **options: Any) -> None:
        """Rename the table, later."""
        self._collect("rename_table", *args, **options)

    def create_index(self, idx: Index, **options: Any) -> None:
        """Create an index, later."""
        self._collect("create_index", idx, **options)

    def drop_index(self, idx: Index, **options: Any) -> None:
        """Drop an index, later."""
        self._collect("drop_index", idx, **options)

    def create_table_comment(self, table: Table) -> None:
        """Set the table's comment, later."""
        self._collect("create_table_comment", table)

    def drop_table_comment(self, table: Table) -> None:
        """Drop the table's comment, later."""
        self._collect("drop_table_comment", table)

    def create_column_comment(self, column: Column[Any]) -> None:
        """Set a column's comment, later."""
        self._collect("create_column_comment", column)

    def set_table_options(self, options: Mapping[str, Any]) -> None:
        """Make the table anew with other options, later."""
        self._collect("set_table_options", options)

    def create_table(self, table: Table, **_: Any) -> None:
        """Refuse."""
        raise NotImplementedError("Can't create table in batch mode")

    def drop_table(self, table: Table, **_: Any) -> None:
        """Refuse."""
        raise NotImplementedError("Can't drop table in batch mode")

    def execute(self, sql: Executable | str, execution_options: Mapping[str, Any] | None = None) -> None:
        """Execute a statement, later, in its place."""
        self._steps.append(("execute", (sql,), {"execution_options": execution_options}))

    def _exec(self, construct: Any, **options: Any) -> None:
        """Execute a construct, later, in its place."""
        self._steps.append(("_exec", (construct,), options))


class BatchAlterTable(AbstractOperations):
    """What ``op.`` offers for several changes of one table at once."""

    batch_operations: type[BatchOperations]

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: Recreate = "auto",
        partial_reordering: Sequence[tuple[str, ...]] | None = None,
        copy_from: Table | None = None,
        table_args: Sequence[SchemaItem] = (),
        table_kwargs: Mapping[str, Any] = {},
        reflect_args: Sequence[SchemaItem] = (),
        reflect_kwargs: Mapping[str, Any] = {},
        naming_convention: Mapping[str, str] | None = None,
    ) -> Iterator[BatchOperations]:
        """Change one table in several ways: a ``with`` block whose operations are applied together at its end.

        :param table_name: the table.
        :param schema: its schema; default: the connection's own.
        :param recreate: ``"auto"``: alter the table, and rebuild it only where the database cannot (SQLite);
            ``"always"``: rebuild it; ``"never"``: alter it.
        :param partial_reordering: tuples of column names that shall stand in this order in the rebuilt table.
        :param copy_from: the table as it is now, instead of reading it from the database; needed for a rebuild in
            ``--sql`` mode.
        :param table_args: constraints and other arguments for the rebuilt table, such as unnamed checks.
        :param table_kwargs: keyword arguments for the rebuilt table.
        :param reflect_args: columns that override what is read from the database.
        :param reflect_kwargs: keyword arguments for reading the table, such as ``listeners``.
        :param naming_convention: names for constraints that are read without one, so that they can be dropped.
        :return: what the block calls ``batch_op``.
        """
        expect_name("op.batch_alter_table", "table_name", table_name)
        expect_optional_name("op.batch_alter_table", "schema", schema)
        impl = BatchOperationsImpl(
            self,
            table_name=table_name,
            schema=schema,
            recreate=recreate,
            copy_from=copy_from,
            table_args=table_args,
            table_kwargs=table_kwargs,
            reflect_args=reflect_args,
            reflect_kwargs=reflect_kwargs,
            naming_convention=naming_convention,
            partial_reordering=partial_reordering,
        )
        yield self.batch_operations(self.migration_context, impl=impl)
        impl.flush()
