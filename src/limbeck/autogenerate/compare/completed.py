"""What reflection leaves out of what is dropped: under an edition a downgrade brings it back (1G)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, text
from sqlalchemy.dialects.mysql import BIT

from limbeck import sqla
from limbeck.operations.ops import DropColumnOp, DropTableOp

from .aside import each_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from limbeck.operations.ops import MigrateOperation, UpgradeOps

_AUTOINCREMENT = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
_DEFAULT = text(
    "SELECT column_default FROM information_schema.columns "
    "WHERE table_schema = coalesce(:schema, database()) AND table_name = :table AND column_name = :column"
)


def complete(upgrade_ops: UpgradeOps, connection: Connection) -> None:
    """Give what is dropped the facts that SQLAlchemy does not reflect."""
    drops = [op for op in each_of(upgrade_ops.ops) if isinstance(op, DropTableOp | DropColumnOp)]
    for drop in drops:
        if connection.dialect.name == "sqlite" and isinstance(drop, DropTableOp):
            _autoincrement(drop, connection)
        elif connection.dialect.name in ("mysql", "mariadb"):
            for column in _columns(drop):
                _bit_default(drop, column, connection)


def _columns(drop: MigrateOperation) -> Iterator[Column[Any]]:
    if isinstance(drop, DropColumnOp):
        yield drop.to_column()
    elif isinstance(drop, DropTableOp) and drop._reverse is not None:
        yield from (item for item in drop._reverse.columns if isinstance(item, Column))


def _autoincrement(drop: DropTableOp, connection: Connection) -> None:
    """The word in the table's own text."""
    sql = connection.scalar(_AUTOINCREMENT, {"name": drop.table_name})
    if sql and "AUTOINCREMENT" in sql.upper():
        drop.table_kw["sqlite_autoincrement"] = True


def _bit_default(drop: DropTableOp | DropColumnOp, column: Column[Any], connection: Connection) -> None:
    """The default of a BIT, ``b'101'``, in which the inspector finds no quoted text that it knows."""
    if not isinstance(column.type, BIT) or column.server_default is not None:
        return
    where = {"schema": drop.schema, "table": drop.table_name, "column": column.name}
    default = connection.scalar(_DEFAULT, where)
    if default and default != "NULL":
        sqla.set_server_default(column, text(default))
