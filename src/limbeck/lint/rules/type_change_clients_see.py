"""Another kind of values in a column that code reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import ChangeType
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import second_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_NAME = re.compile(r"[a-z][a-z ]*[a-z]|[a-z]\w*", re.IGNORECASE)
_KINDS = {
    "a whole number": "smallint integer int bigint tinyint mediumint int2 int4 int8 serial bigserial smallserial",
    "a text": "text varchar char character nvarchar nchar citext clob mediumtext longtext tinytext enum set",
    "an exact number": "numeric decimal money",
    "a floating point number": "float real double float4 float8",
    "a date": "date",
    "a time": "time",
    "a date with time": "timestamp timestamptz datetime",
    "a truth value": "boolean bool",
    "a UUID": "uuid",
    "JSON": "json jsonb",
    "bytes": "bytea blob binary varbinary longblob mediumblob",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}


def kind_of(type_: str) -> str | None:
    """What values of a type are to a program; None where that is not known."""
    found = _NAME.match(type_.strip())
    return None if found is None else _KIND_OF.get(found[0].lower().partition(" ")[0])


def check(step: Step) -> Iterator[Found]:
    """Columns that get a type whose values are something else to a program."""
    for placed, one in step.of(ChangeType):
        old = one.old or step.live_type(one.table, one.column)
        was, becomes = kind_of(old or ""), kind_of(one.type)
        if was is None or becomes is None or was == becomes:
            continue
        message = (
            f"{one.table}.{one.column} is {was} to code that is still running, and {becomes} from then on: it compares "
            "and sends the wrong one, and prepared statements fail; add a second column, and drop this one later"
        )
        safe = second_column(step, one.table, one.column, f"{one.column}_new", one.type, cast=True)
        yield Found(placed, message, safe)


RULE = Rule(
    "type-change-clients-see",
    "warning",
    "Processes of the release before read and send values of the old kind while the new one starts: a text where they "
    "expect a number, a comparison that the database refuses, a prepared statement whose result has changed. A second "
    "column, which the application fills beside the first, lets both releases work.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, number integer, note varchar(20))",),
        found=(
            'op.alter_column("invoice", "number", existing_type=sa.Integer(), type_=sa.String(20))',
            'op.execute("ALTER TABLE invoice ALTER COLUMN number TYPE text")',
        ),
        near=(
            'op.alter_column("invoice", "note", existing_type=sa.String(20), type_=sa.Text())',
            'op.execute("ALTER TABLE invoice ALTER COLUMN number TYPE bigint")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer), sa.Column("number", sa.Integer))\n'
        'op.alter_column("fresh", "number", existing_type=sa.Integer(), type_=sa.Text())',
    ),
)
