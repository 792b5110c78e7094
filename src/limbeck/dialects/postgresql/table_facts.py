"""How large a table of PostgreSQL is, by its catalogue, and how it is used, by its statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from limbeck.ddl.table_facts import TableSize, TableUse

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# a partitioned table has no pages of its own: those of its partitions count
_SIZES = """
SELECT sum(greatest(c.reltuples, 0))::bigint, sum(pg_catalog.pg_total_relation_size(c.oid))::bigint,
    bool_or(c.reltuples < 0)
FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND (
    c.oid = to_regclass(:name) OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(to_regclass(:name)))
) HAVING count(*) > 0
"""
_SMALL = 1_000_000
"""Bytes up to which rows are counted, not estimated."""

# the time of the last read is known from PostgreSQL 16 on
_USE = """
SELECT sum(s.seq_scan + coalesce(s.idx_scan, 0))::bigint,
    sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::bigint,
    (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()),
    max(greatest((to_jsonb(s) ->> 'last_seq_scan')::timestamptz, (to_jsonb(s) ->> 'last_idx_scan')::timestamptz))
FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = to_regclass(:name)
    OR s.relid IN (SELECT relid FROM pg_catalog.pg_partition_tree(to_regclass(:name)))
HAVING count(*) > 0
"""


def table_size(connection: Connection, name: str) -> TableSize | None:
    """The size of a table; its rows as the planner estimates them, where there are many.

    :param name: the table, quoted where it has to be.
    """
    found = connection.execute(sa.text(_SIZES), {"name": name}).first()
    if found is None:
        return None
    rows, size, unknown = found
    if unknown or size <= _SMALL:
        return TableSize(int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()), size)  # noqa: S608 quoted
    return TableSize(rows, size, is_estimate=True)


def table_use(connection: Connection, name: str) -> TableUse | None:
    """How a table is used, as the statistics of the database say.

    :param name: the table, quoted where it has to be.
    """
    found = connection.execute(sa.text(_USE), {"name": name}).first()
    return None if found is None else TableUse(*found)
