"""`Operations` and `BatchOperations`: all families put together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.elements import conv as conv

from .abstract import AbstractOperations as AbstractOperations
from .any_objects import AnyObjectOperations
from .arguments import expect_name, expect_optional_name
from .batch import BatchOperationsImpl
from .bodies import BodyOperations
from .checks import BatchCheckOperations, CheckOperations
from .columns import BatchColumnOperations, ColumnOperations
from .comments import BatchCommentOperations, CommentOperations
from .constraints import BatchConstraintOperations, ConstraintOperations
from .data import BatchDataOperations, DataOperations
from .domains import DomainOperations
from .enums import EnumOperations
from .foreign_keys import BatchForeignKeyOperations, ForeignKeyOperations
from .frozen import FrozenTables
from .indexes import BatchIndexOperations, IndexOperations
from .partitions import PartitionOperations
from .routines import RoutineOperations
from .sequences import SequenceOperations
from .table_options import BatchTableOptionsOperations, TableOptionsOperations
from .tables import TableOperations
from .triggers import TriggerOperations
from .views import ViewOperations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem

    from .batch import Recreate


class BatchOperations(
    BatchColumnOperations,
    BatchConstraintOperations,
    BatchForeignKeyOperations,
    BatchCheckOperations,
    BatchIndexOperations,
    BatchCommentOperations,
    BatchTableOptionsOperations,
    BatchDataOperations,
):
    """What ``op.batch_alter_table`` gives to its block: the operations on one table."""

    impl: BatchOperationsImpl  # pyright: ignore[reportIncompatibleVariableOverride]


class Operations(
    ColumnOperations,
    TableOperations,
    ConstraintOperations,
    ForeignKeyOperations,
    FrozenTables,
    CheckOperations,
    IndexOperations,
    CommentOperations,
    DataOperations,
    EnumOperations,
    DomainOperations,
    SequenceOperations,
    TableOptionsOperations,
    ViewOperations,
    RoutineOperations,
    TriggerOperations,
    AnyObjectOperations,
    BodyOperations,
    PartitionOperations,
):
    """The operations of a migration, carried out on the database of a `MigrationContext`, or written as SQL.

    Scripts call it through the module ``op``; a program can call ``Operations(migration_context).add_column(...)``.
    """

    _also_registered = (BatchOperations,)

    batch_kind: type[BatchOperations] = BatchOperations
    """What a block of `batch_alter_table` gets."""

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
        :param partial_reordering: tuples of column names, which have this order in the rebuilt table. Under an edition
            the other columns stay in order; without one all are sorted anew as Alembic sorts them, those that are to
            follow another one behind the rest.
        :param copy_from: the present table, instead of reading it from the database; needed for a rebuild in
            ``--sql`` mode.
        :param table_args: constraints and other arguments for the rebuilt table, such as unnamed checks.
        :param table_kwargs: keyword arguments for the rebuilt table.
        :param reflect_args: columns that override what is read from the database.
        :param reflect_kwargs: keyword arguments for reading the table, such as ``listeners``.
        :param naming_convention: names for constraints that are read without one, so that they can be dropped.
        :return: the operations on this table, by custom called ``batch_op``.
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
        yield self.batch_kind(self.migration_context, impl=impl)
        impl.flush()
