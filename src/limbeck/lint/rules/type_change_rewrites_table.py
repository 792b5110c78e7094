"""A change of type that writes the table anew."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import ChangeType
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import second_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


_TYPE = re.compile(r"(?P<name>[a-z ]+?)\s*(?:\((?P<size>\d+)(?:\s*,\s*(?P<scale>-?\d+))?\))?(?P<rest>\s+with.*)?")
_TEXTS = ("varchar", "character varying")
_SAME = {"character varying": "varchar", "decimal": "numeric", "int": "integer", "int8": "bigint", "int4": "integer"}


def keeps_rows(old: str, new: str) -> bool:
    """Whether PostgreSQL changes the type in its catalogue alone (manual, ALTER TABLE, "Notes")."""
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        return False
    if before == after:
        return True
    (was, size, scale), (becomes, new_size, new_scale) = before, after
    if was == "varchar" and becomes in {"varchar", "text"}:
        return new_size is None or (size is not None and size <= new_size)
    if was == becomes == "numeric":
        return new_size is None or (size is not None and size <= new_size and scale == new_scale)
    if was == becomes and was in {"varbit", "bit varying"}:
        return new_size is None or (size is not None and size <= new_size)
    return (was, becomes) in {("text", "varchar"), ("cidr", "inet"), ("citext", "text")} and new_size is None


def _parts(text: str) -> tuple[str, int | None, int] | None:
    found = _TYPE.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    name = _SAME.get(found["name"].strip(), found["name"].strip()) + (found["rest"] or "")
    return name, int(found["size"]) if found["size"] else None, int(found["scale"] or 0)


def is_rewritten(step: Step, one: ChangeType) -> bool:
    """Whether a change of type goes through the rows."""
    old = one.old or step.live_type(one.table, one.column)
    return one.using or old is None or not keeps_rows(old, one.type)


def check(step: Step) -> Iterator[Found]:
    """Types that are changed, but for those that PostgreSQL need not rewrite."""
    for placed, one in step.of(ChangeType):
        if not is_rewritten(step, one):
            continue
        old = one.old or step.live_type(one.table, one.column)
        message = (
            f"The change of {one.table}.{one.column} from {old or 'its type'} to {one.type} writes every row and every "
            "index of the table anew, and blocks reads and writes meanwhile"
        )
        safe = second_column(step, one.table, one.column, f"{one.column}_new", one.type, cast=True)
        yield Found(placed, message, safe)


RULE = Rule(
    "type-change-rewrites-table",
    "error",
    "ALTER COLUMN ... TYPE takes an ACCESS EXCLUSIVE lock and writes the table and its indexes anew. Not rewritten "
    "are: varchar to a longer varchar or to text, text to varchar without a length, numeric to a greater precision of "
    "the same scale, varbit to a longer one, cidr to inet, citext to text. Otherwise add a second column, let the "
    "application write both, fill it in batches, read it, and drop the first column in a later release.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, amount integer, note varchar(20))",),
        found=(
            'op.alter_column("invoice", "amount", existing_type=sa.Integer(), type_=sa.BigInteger())',
            'op.alter_column("invoice", "note", existing_type=sa.String(20), type_=sa.String(10))',
            'op.execute("ALTER TABLE invoice ALTER COLUMN amount TYPE bigint")',
        ),
        near=(
            'op.alter_column("invoice", "note", existing_type=sa.String(20), type_=sa.String(40))',
            'op.alter_column("invoice", "note", type_=sa.Text())',
            'op.execute("ALTER TABLE invoice ALTER COLUMN note TYPE varchar(30)")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.alter_column("fresh", "id", existing_type=sa.Integer(), type_=sa.BigInteger())',
    ),
    dialects=POSTGRESQL,
    lock="ACCESS EXCLUSIVE",
    by_size=True,
    rewrites=True,
)
