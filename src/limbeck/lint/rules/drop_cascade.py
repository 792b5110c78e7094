"""CASCADE behind a DROP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import DropColumn, DropConstraint, DropObject, DropTable
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Drops that take along what depends on them."""
    for placed in step.changes:
        change = placed.change
        if isinstance(change, DropColumn | DropConstraint | DropObject | DropTable) and change.cascade:
            what = change.what if isinstance(change, DropObject) else change.table
            message = (
                f"CASCADE drops whatever depends on it in this database, views and foreign keys of {what} "
                "included, and names none of them; drop these by name, and a forgotten one stops the run"
            )
            own = step.sql(placed) or ""
            bare = execute(re.sub(r"\s+CASCADE\b", "", own, flags=re.IGNORECASE))
            rules = {DropTable: "drop-table", DropColumn: "drop-column"}
            allow = rules.get(type(change))
            line = "" if allow is None else f"# limbeck: allow({allow}): nothing uses it any more\n"
            yield Found(placed, message, (f"{line}{bare}",))


RULE = Rule(
    "drop-cascade",
    "error",
    "DROP ... CASCADE drops views, foreign keys and whatever else depends on the object, and says so in a notice that "
    "no run shows. What that is differs from database to database. Without CASCADE the statement fails and names them.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text CONSTRAINT there CHECK (email > ''))",),
        found=(
            'op.execute("ALTER TABLE account DROP CONSTRAINT there CASCADE")',
            'op.execute("DROP TABLE account CASCADE")',
            'op.execute("ALTER TABLE account DROP COLUMN email CASCADE")',
            'op.execute("DROP TYPE IF EXISTS mood CASCADE")',
        ),
        near=('op.execute("ALTER TABLE account DROP CONSTRAINT there")', 'op.execute("DROP TYPE IF EXISTS mood")'),
    ),
    dialects=POSTGRESQL,
)
