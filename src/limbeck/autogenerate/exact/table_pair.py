"""A table that is on both sides of an exact comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from sqlalchemy import Table

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.autogenerate.read.snapshot import Snapshot
    from limbeck.ddl.normalizer import Normalizer
    from limbeck.ddl.shape import ModelShape, TableShape
    from limbeck.operations.ops import ModifyTableOps


def normalizer_of(autogen_context: AutogenContext) -> Normalizer:
    """How the dialect compares exactly: a run in which it does not has no comparator that asks."""
    return cast("Normalizer", autogen_context.state.normalizer)


def snapshot_of(autogen_context: AutogenContext) -> Snapshot:
    """Both sides, which are read before columns and tables are compared."""
    return cast("Snapshot", autogen_context.state.snapshot)


@dataclass(frozen=True)
class TablePair:
    """A table that is on both sides of an exact comparison.

    :param context: the comparison. :param changes: receives the operations.
    :param conn_table: the reflected table. :param metadata_table: the table of the models.
    :param database: the shape of the table. :param model: the shape that the database would give to the model.
    """

    context: AutogenContext
    changes: ModifyTableOps
    conn_table: Table
    metadata_table: Table
    database: TableShape
    model: ModelShape

    @property
    def normalizer(self) -> Normalizer:
        """How the dialect compares exactly."""
        return normalizer_of(self.context)

    @property
    def name(self) -> TableName:
        """Schema and table."""
        return self.changes.schema, self.changes.table_name

    @property
    def common_columns(self) -> list[str]:
        """The names of the columns that are on both sides, in the order of the model."""
        return [name for name in self.model.columns if name in self.database.columns]
