"""`Operations` and `BatchOperations`: all families put together."""

from __future__ import annotations

from sqlalchemy.sql.elements import conv as conv

from .abstract import AbstractOperations as AbstractOperations
from .batch import BatchAlterTable, BatchOperationsImpl
from .checks import BatchCheckOperations, CheckOperations
from .columns import BatchColumnOperations, ColumnOperations
from .comments import BatchCommentOperations, CommentOperations
from .constraints import BatchConstraintOperations, ConstraintOperations
from .data import BatchDataOperations, DataOperations
from .domains import DomainOperations
from .enums import EnumOperations
from .foreign_keys import BatchForeignKeyOperations, ForeignKeyOperations
from .indexes import BatchIndexOperations, IndexOperations
from .sequences import SequenceOperations
from .table_options import BatchTableOptionsOperations, TableOptionsOperations
from .tables import TableOperations


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
    """What ``op.batch_alter_table`` hands to its block: the operations on one table, which is named once."""

    impl: BatchOperationsImpl


class Operations(
    ColumnOperations,
    TableOperations,
    ConstraintOperations,
    ForeignKeyOperations,
    CheckOperations,
    IndexOperations,
    CommentOperations,
    DataOperations,
    EnumOperations,
    DomainOperations,
    SequenceOperations,
    TableOptionsOperations,
    BatchAlterTable,
):
    """The operations of a migration, carried out on the database of a `MigrationContext`, or written as SQL.

    Scripts reach it through the module ``op``; it also stands alone: ``Operations(migration_context).add_column(...)``.
    """

    batch_operations = BatchOperations
    _also_registered = (BatchOperations,)
