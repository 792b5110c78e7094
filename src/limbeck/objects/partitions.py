"""Partitions of tables, declared with the table that they are of (PostgreSQL)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table

from .declared import SchemaObject
from .definition import PARTITION, ObjectId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import MetaData
    from sqlalchemy.engine import Dialect


class Partition(SchemaObject):
    """A partition (PostgreSQL): ``Partition("orders_2026", orders, "FOR VALUES FROM (2026) TO (2027)")``.

    :param name: its name.
    :param parent: the table, which has ``postgresql_partition_by``; or another partition, which has ``partition_by``.
    :param bounds: ``FOR VALUES FROM (...) TO (...)``, ``FOR VALUES IN (...)``, ``FOR VALUES WITH (...)``, ``DEFAULT``.
    :param partition_by: how the partition is partitioned itself: ``RANGE (day)``; default: it is not.
    :param dialect: the name of the only dialect that it is for, or several; default: every one.
    :raises CommandError: the arguments are no partition, or the MetaData has it already.
    """

    kind = PARTITION

    def __init__(
        self,
        name: str,
        parent: Table | Partition,
        bounds: str,
        *,
        partition_by: str | None = None,
        dialect: str | Sequence[str] | None = None,
    ) -> None:
        self.parent = parent
        self.partition_by = partition_by
        self.metadata: MetaData | None = getattr(parent, "metadata", None)
        super().__init__(name, self.metadata, bounds, schema=getattr(parent, "schema", None), dialect=dialect)  # type: ignore[arg-type]  # checked there

    def _check(self, metadata: object) -> None:
        what = f"Partition {self.name!r}"
        if not isinstance(self.parent, Table | Partition):
            raise self.refused(
                f"{what}: its second argument is the partitioned Table, not {type(self.parent).__name__}",
                f"write Partition({self.name!r}, table, 'FOR VALUES ...')",
            )
        key = "postgresql_partition_by" if isinstance(self.parent, Table) else "partition_by"
        given = self.parent.dialect_options["postgresql"] if isinstance(self.parent, Table) else vars(self.parent)
        if not given.get("partition_by"):
            raise self.refused(
                f"{what}: {self.parent.name} is not partitioned", f'declare it with {key}="RANGE (...)" or the like'
            )
        super()._check(metadata)

    @property
    def id(self) -> ObjectId:
        """What identifies it: the table that it is of, too."""
        return ObjectId(self.kind, self.schema, self.name, str(self.parent.name))

    def sql(self, dialect: Dialect) -> str:
        """Its bounds, and how it is partitioned itself."""
        return super().sql(dialect) + ("" if self.partition_by is None else f" PARTITION BY {self.partition_by}")
