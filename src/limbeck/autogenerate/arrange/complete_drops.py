"""What reflection leaves out of what is dropped: under an edition a downgrade brings it back (1G)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, text

from limbeck import sqla
from limbeck.operations.ops import DropColumnOp, DropTableOp

from .suspend_foreign_keys import each_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.ddl.schema_facts import SchemaFacts
    from limbeck.operations.ops import UpgradeOps


def complete(upgrade_ops: UpgradeOps, impl: SchemaFacts, connection: Connection) -> None:
    """Give what is dropped the facts that SQLAlchemy does not reflect.

    :param impl: knows them. :param connection: to the database, which still has what is dropped.
    """
    for drop in each_of(upgrade_ops.ops):
        if isinstance(drop, DropTableOp):
            drop.table_kw.update(impl.unreflected_options(connection, drop.table_name, drop.schema))
        if isinstance(drop, DropTableOp | DropColumnOp):
            for column in _columns(drop):
                default = impl.unreflected_default(connection, column, drop.table_name, drop.schema)
                if default is not None:
                    sqla.set_server_default(column, text(default))


def _columns(drop: DropTableOp | DropColumnOp) -> Iterator[Column[Any]]:
    if isinstance(drop, DropColumnOp):
        columns = [drop.to_column()]
    else:
        columns = [] if drop._reverse is None else [item for item in drop._reverse.columns if isinstance(item, Column)]
    return (column for column in columns if column.server_default is None)
