"""A change that copies the table on MySQL and MariaDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, ChangeType, SetVariable
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.safe import second_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Placed, Step


_VARCHAR = re.compile(r"varchar\((\d+)\)", re.IGNORECASE)
_ENUM = re.compile(r"(enum|set)\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_COPIES = re.compile(
    r"\bDROP\s+PRIMARY\s+KEY\b(?!.*\bADD\s+PRIMARY\s+KEY\b)|\bCONVERT\s+TO\s+CHARACTER\s+SET\b",
    re.IGNORECASE | re.DOTALL,
)
_BYTES = 4  # of a character in utf8mb4
_SHORT = 255  # bytes whose length takes one byte
_SHORTER = 128  # bytes whose length InnoDB of MariaDB writes in the same way in both cases


def keeps_rows(old: str, new: str, *, writes_lengths_alike: bool) -> bool:
    """Whether InnoDB changes the type without copying rows: a longer varchar, more values at the end of an enum.

    :param writes_lengths_alike: whether lengths of up to 128 bytes and of more are written in the same way.
    """
    was, becomes = _VARCHAR.fullmatch(old.strip()), _VARCHAR.fullmatch(new.strip())
    if was and becomes:
        before, after = int(was[1]), int(becomes[1])
        same_side = (before * _BYTES > _SHORT) == (after * _BYTES > _SHORT)
        return before <= after and (same_side or (writes_lengths_alike and before * _BYTES < _SHORTER))
    was, becomes = _ENUM.fullmatch(old.strip()), _ENUM.fullmatch(new.strip())
    if was and becomes and was[1].lower() == becomes[1].lower():
        values, others = re.findall(r"'(?:[^']|'')*'", was[2]), re.findall(r"'(?:[^']|'')*'", becomes[2])
        return others[: len(values)] == values
    return " ".join(old.lower().split()) == " ".join(new.lower().split())


def check(step: Step) -> Iterator[Found]:
    """Other types, stored columns, and primary keys that the server has to copy the table for."""
    alike = bool(getattr(step.context.dialect, "is_mariadb", False)) and step.since(10, 4)
    for placed, one in step.of(ChangeType):
        old = one.old or step.live_type(one.table, one.column)
        if old is not None and keeps_rows(old, one.type, writes_lengths_alike=alike):
            continue
        message = (
            f"The change of {one.table}.{one.column} from {old or 'its type'} to {one.type} copies the table "
            "(ALGORITHM=COPY): writes wait until every row is copied"
        )
        yield Found(placed, message, second_column(step, one.table, one.column, f"{one.column}_new", one.type))
    for placed, added in step.of(AddColumn):
        if added.column.generated == "stored":
            message = (
                f"The stored column {added.column.name} copies {added.table}, and writes wait; a VIRTUAL one does not"
            )
            yield Found(placed, message)
    for placed, constraint in step.of(AddConstraint):
        if constraint.kind == "foreign key" and not _is_unchecked(step, placed):
            message = (
                f"A foreign key copies {constraint.table} (ALGORITHM=COPY) while foreign_key_checks is on, and writes "
                "wait: run it when few use the table, or by a tool that copies beside it"
            )
            yield Found(placed, message)
        elif constraint.kind == "check":
            message = (
                f"A check copies {constraint.table} (ALGORITHM=COPY), and writes wait: run it when few use the table, "
                "or have the application check"
            )
            yield Found(placed, message)
    for placed in step.changes:
        what = next((found[0] for sql in placed.action.sql if (found := _COPIES.search(sql))), None)
        if what is not None and not placed.is_new:
            message = (
                f"{' '.join(what.upper().split())} copies {placed.change.table} (ALGORITHM=COPY), and writes wait: run "
                "it when few use the table, or by a tool that copies beside it"
            )
            yield Found(placed, message)


def _is_unchecked(step: Step, key: Placed) -> bool:
    """Whether foreign_key_checks is off where a key is added: no row is looked at then."""
    settings = [one.change for one in step.before(key) if isinstance(one.change, SetVariable)]
    checks = [one.value.upper() for one in settings if one.name.lower() == "foreign_key_checks"]
    return bool(checks) and checks[-1] in {"0", "OFF"}


RULE = Rule(
    "alter-copies-table",
    "error",
    "InnoDB changes much in place, but not the type of a column (other than a longer varchar on the same side of 255 "
    "bytes, and values at the end of an enum or set), a stored generated column, a check, the loss of the primary key, "
    "another character set, or a foreign key while foreign_key_checks is on: the table is copied with ALGORITHM=COPY, "
    "and all writes wait. Add a second column instead and fill it in batches.",
    check,
    Examples(
        given=(
            "CREATE TABLE customer (id integer PRIMARY KEY)",
            (
                "CREATE TABLE invoice (id integer PRIMARY KEY, amount integer, note varchar(40), customer_id integer, "
                "mood enum('sad', 'happy'))"
            ),
        ),
        found=(
            'op.execute("ALTER TABLE invoice MODIFY amount bigint")',
            'op.execute("ALTER TABLE invoice MODIFY note varchar(100)")',
            "op.execute(\"ALTER TABLE invoice MODIFY mood enum('happy', 'sad')\")",
            'op.add_column("invoice", sa.Column("twice", sa.Integer, sa.Computed("amount * 2", persisted=True)))',
            'op.create_foreign_key("fk_invoice", "invoice", "customer", ["customer_id"], ["id"])',
            'op.execute("ALTER TABLE invoice ADD COLUMN payer_id int REFERENCES customer (id)")',
            'op.create_check_constraint("ck_amount", "invoice", "amount > 0")',
            'op.execute("ALTER TABLE invoice DROP PRIMARY KEY")',
            'op.execute("ALTER TABLE invoice CONVERT TO CHARACTER SET latin1")',
        ),
        near=(
            'op.execute("ALTER TABLE invoice MODIFY note varchar(60)")',
            "op.execute(\"ALTER TABLE invoice MODIFY mood enum('sad', 'happy', 'blue')\")",
            'op.add_column("invoice", sa.Column("due", sa.Date))',
            'op.execute("ALTER TABLE invoice DROP PRIMARY KEY, ADD PRIMARY KEY (id)")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.alter_column("fresh", "id", existing_type=sa.Integer(), type_=sa.BigInteger())',
    ),
    dialects=MYSQL,
    by_size=True,
    rewrites=True,
    lock="ALGORITHM=COPY, LOCK=SHARED",
)
