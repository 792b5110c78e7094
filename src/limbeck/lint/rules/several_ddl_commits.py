"""Several DDL statements in a revision of MySQL or MariaDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import SetVariable, Unread, Write
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.safe import call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step

_CHECKED = re.compile(r"\bIF\s+(?:NOT\s+)?EXISTS\b", re.IGNORECASE)


def check(step: Step) -> Iterator[Found]:
    """The second of several statements that are each committed by themselves, and cannot be repeated."""
    by_action = {id(placed.action): placed for placed in reversed(step.changes) if not _is_no_ddl(placed.change)}
    ddl = sorted(by_action.values(), key=step.changes.index)
    open_ = [placed for placed in ddl if not any(_CHECKED.search(sql) for sql in placed.action.sql)]
    if len(open_) > 1:
        message = (
            f"This is one of {len(open_)} DDL statements of the revision, each of which is committed by itself: where "
            "it fails, those before it stay, and a second run fails at the first; give each a revision of its own, or "
            "go on by `limbeck upgrade --resume`"
        )
        yield Found(open_[1], message, tuple(call(step, placed) for placed in ddl))


def _is_no_ddl(change: object) -> bool:
    return isinstance(change, SetVariable | Unread | Write)


RULE = Rule(
    "several-ddl-commits",
    "info",
    "MySQL and MariaDB commit before and after each DDL statement, so that a revision with several can stop half done. "
    "One statement a revision is done or not. MariaDB takes IF [NOT] EXISTS in nearly every statement, by which a "
    "revision can run again; `limbeck upgrade --resume` goes on behind what is committed.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(
            (
                'op.add_column("account", sa.Column("state", sa.Text))\n'
                'op.add_column("account", sa.Column("city", sa.Text))'
            ),
            (
                'op.create_table("event", sa.Column("id", sa.Integer, primary_key=True))\n'
                'op.create_index("ix_event", "event", ["id"])'
            ),
        ),
        near=(
            'op.execute("ALTER TABLE account ADD COLUMN state text, ADD COLUMN city text")',
            (
                'op.execute("ALTER TABLE account ADD COLUMN IF NOT EXISTS state text")\n'
                'op.add_column("account", sa.Column("city", sa.Text))'
            ),
        ),
    ),
    dialects=MYSQL,
)
