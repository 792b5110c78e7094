"""ATTACH PARTITION of a table whose rows nothing proves to lie in its bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint, AttachPartition
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, execute, validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Placed, Step

_KEY = re.compile(r"(?P<kind>RANGE|LIST) \((?P<column>\w+)\)")
_RANGE = re.compile(r"FOR\s+VALUES\s+FROM\s*\((?P<low>[^)]*)\)\s*TO\s*\((?P<high>[^)]*)\)\s*", re.IGNORECASE)
_LIST = re.compile(r"FOR\s+VALUES\s+IN\s*(?P<values>\(.*\))\s*", re.IGNORECASE | re.DOTALL)


def check(step: Step) -> Iterator[Found]:
    """Tables with rows that become partitions, and have no check on the key."""
    for placed, one in step.of(AttachPartition):
        key = step.partition_key(one.table)
        column = re.sub(r"\W.*", "", (key or "").partition("(")[2])
        earlier = (other.change for other in [*step.run_before, *step.before(placed)])
        proved = any(
            isinstance(other, AddConstraint) and other.table == one.partition and column in (other.condition or "")
            for other in earlier
        )
        if key is None or one.partition in step.new_tables or proved or step.has_check(one.partition, column):
            continue
        message = (
            f"ATTACH PARTITION reads every row of {one.partition} under a lock that blocks reads and writes of it, to "
            "see that they lie within the bounds; a check that is validated first proves it, and then no row is read"
        )
        yield Found(placed, message, _proved_first(step, placed, one, key), locked=one.partition)


def _proved_first(step: Step, placed: Placed, one: AttachPartition, key: str) -> tuple[str, ...]:
    """The check, its validation, and the partition; nothing where the bounds cannot be written as a check."""
    of_key, bounds = _KEY.fullmatch(key), _condition(key, one.bounds)
    if of_key is None or bounds is None:
        return ()
    name = f"{one.partition.rpartition('.')[2]}_bounds"
    table, quoted = step.quoted(one.partition), step.quoted(name)
    condition = f"{of_key['column']} IS NOT NULL AND {bounds}"
    return (
        execute(f"ALTER TABLE {table} ADD CONSTRAINT {quoted} CHECK ({condition}) NOT VALID"),
        validation(step, AddConstraint(one.partition, "check", name)),
        call(step, placed),
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {quoted}"),
    )


def _condition(key: str, bounds: str) -> str | None:
    """What the bounds say of the key, as a condition."""
    column = key.partition("(")[2].rstrip(")")
    if (
        (found := _RANGE.fullmatch(bounds))
        and found["low"].upper() != "MINVALUE"
        and found["high"].upper() != "MAXVALUE"
    ):
        return f"{column} >= {found['low'].strip()} AND {column} < {found['high'].strip()}"
    if found := _LIST.fullmatch(bounds):
        return f"{column} IN {found['values']}"
    return None


RULE = Rule(
    "attach-partition-reads-rows",
    "error",
    "ATTACH PARTITION takes an ACCESS EXCLUSIVE lock on the table that becomes the partition, and on the DEFAULT "
    "partition, and reads their rows under it. Where a valid check says that the key IS NOT NULL and lies within the "
    "bounds, no row is read. Add it NOT VALID, validate it while reads and writes go on, attach, and drop the check.",
    check,
    Examples(
        given=(
            "CREATE TABLE event (id integer, day date) PARTITION BY RANGE (day)",
            "CREATE TABLE event_2026 (id integer, day date)",
            "CREATE TABLE place (id integer, land text) PARTITION BY LIST (land)",
            "CREATE TABLE alps (id integer, land text)",
            "CREATE TABLE proved (id integer, day date CHECK (day IS NOT NULL AND day >= '2027-01-01'))",
        ),
        found=(
            (
                "op.execute(\"ALTER TABLE event ATTACH PARTITION event_2026 FOR VALUES FROM ('2026-01-01') TO "
                "('2027-01-01')\")"
            ),
            "op.execute(\"ALTER TABLE place ATTACH PARTITION alps FOR VALUES IN ('at', 'ch')\")",
        ),
        near=(
            (
                "op.execute(\"ALTER TABLE event ATTACH PARTITION proved FOR VALUES FROM ('2027-01-01') TO "
                "('2028-01-01')\")"
            ),
            (
                'op.create_table("event_2028", sa.Column("id", sa.Integer), sa.Column("day", sa.Date))\n'
                "op.execute(\"ALTER TABLE event ATTACH PARTITION event_2028 FOR VALUES FROM ('2028-01-01') TO "
                "('2029-01-01')\")"
            ),
        ),
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
)
