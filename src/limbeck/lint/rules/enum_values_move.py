"""ENUM and SET of MySQL and MariaDB whose values are cut, or get another place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import ChangeType
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.lint.step import Placed, Step

_LIST = re.compile(r"\b(?P<kind>enum|set)\s*\((?P<values>(?:\s*'(?:[^']|'')*'\s*,?)+)\)", re.IGNORECASE)
_VALUE = re.compile(r"'(?:[^']|'')*'")


def check(step: Step) -> Iterator[Found]:
    """Lists that do not begin with the values of before."""
    for placed, one in step.of(ChangeType):
        before = _values(one.old or step.live_type(one.table, one.column))
        after = _values(one.type)
        if not before or not after or after[: len(before)] == before:
            continue
        gone = [value for value in before if value not in after]
        if gone:
            message = (
                f"{one.table}.{one.column} no longer takes {', '.join(gone)}: rows that have it stop the run, or lose "
                "it outside strict mode, and code that is still running goes on writing it"
            )
        else:
            message = (
                f"The values of {one.table}.{one.column} get other places: ORDER BY and comparisons go by the place, "
                "and the table is copied; new values belong at the end"
            )
        added = [value for value in after if value not in before]
        yield Found(placed, message, _at_the_end(step, placed, [*before, *added]) if added else ())


def _values(type_: str | None) -> list[str]:
    found = _LIST.search(type_ or "")
    return _VALUE.findall(found["values"]) if found else []


def _at_the_end(step: Step, placed: Placed, values: Sequence[str]) -> tuple[str, ...]:
    """The call with the values of before in their places, and the new ones behind them."""
    own = step.sql(placed)
    if own is None:
        return ()
    return (execute(_LIST.sub(lambda found: f"{found['kind']}({', '.join(values)})", own, count=1)),)


RULE = Rule(
    "enum-values-move",
    "warning",
    "MySQL and MariaDB store the place of a value in its list. Values at the end of the list are added at once; any "
    "other change copies the table, and rows are sorted anew. A value that is cut stops the run where a row has it, "
    "or becomes an empty text outside strict mode. First change the rows, and release code that does not write it.",
    check,
    Examples(
        given=("CREATE TABLE person (id integer PRIMARY KEY, mood enum('sad', 'happy') NOT NULL)",),
        found=(
            "op.execute(\"ALTER TABLE person MODIFY mood enum('sad', 'blue', 'happy') NOT NULL\")",
            (
                'op.alter_column("person", "mood", existing_type=sa.Enum("sad", "happy"),'
                ' type_=sa.Enum("blue", "sad", "happy"), existing_nullable=False)'
            ),
            "op.execute(\"ALTER TABLE person MODIFY mood enum('sad', 'blue') NOT NULL\")",
        ),
        near=("op.execute(\"ALTER TABLE person MODIFY mood enum('sad', 'happy', 'blue') NOT NULL\")",),
        exempt="op.execute(\"CREATE TABLE fresh (id int PRIMARY KEY, mood enum('sad', 'happy'))\")\n"
        "op.execute(\"ALTER TABLE fresh MODIFY mood enum('happy', 'sad')\")",
    ),
    dialects=MYSQL,
)
