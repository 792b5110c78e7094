"""An environment whose one change is fixed, and what is proved of the result."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from reviewing import Reviewed

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.runtime.migration import MigrationContext
from limbeck.schema import Schema, differences, read

TABLES = """\
op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True))
op.create_table(
    "invoice",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer),
    sa.Column("amount", sa.Integer),
    sa.Column("note", sa.Text),
)
op.create_index("ix_amount", "invoice", ["amount"])"""

ROWS = (
    "INSERT INTO customer SELECT i FROM generate_series(1, 50) i",
    "INSERT INTO invoice SELECT i, i, i, 'note ' || i FROM generate_series(1, 50) i",
)


class Fixing(Reviewed):
    """An environment: a revision ``a0`` with two tables, which the database has, and those that are to be fixed."""

    def history(self, *bodies: str, back: str = "raise NotImplementedError", header: str = "") -> None:
        """Make ``bodies`` the revisions on top of the tables, and give the database these and their rows."""
        self.write(TABLES, *bodies, back=back, header=header)
        first = self.versions / "a0_.py"
        above = first.read_text().partition("def downgrade():\n")[0]
        first.write_text(f"{above}def downgrade():\n    op.drop_table('invoice')\n    op.drop_table('customer')\n")
        command.upgrade(self.config(), "a0")
        self.sql(*ROWS)

    def fix(self, range: str = "a1:", **options: object) -> str:
        """Fix what is above the tables; the revisions that there are then."""
        with suppress(CommandError):
            command.lint(self.config(), range, fix=True, **options)  # type: ignore[arg-type]
        return self.text()

    def fixes(self, range: str = "a1:") -> dict[str, Any]:
        """What is written and left."""
        with suppress(CommandError):
            command.lint(self.config(), range, fix=True, json=True)
        found: dict[str, Any] = json.loads(self.out.getvalue())["fixes"]
        return found

    def order(self) -> list[str]:
        """The ids of the revisions, parents first."""
        script = environment_of(self.config()).script
        return [one.revision for one in reversed(list(script.walk_revisions()))]

    def text(self) -> str:
        """What the revisions above the tables do, one after the other."""
        script = environment_of(self.config()).script
        shown = []
        for name in self.order()[1:]:
            source = script.get_revision(name).path
            with open(source, encoding="utf-8") as stream:
                shown.append(re.sub(r"\n\n+", "\n", stream.read().partition("\n\n\n")[2]).strip())
        return "\n---\n".join(shown) + "\n"

    def schema(self) -> Schema:
        """The schema of the database."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return read(MigrationContext.configure(connection))

    def schema_at_head(self) -> Schema:
        """The schema that the history leads to; the database is as before then."""
        command.upgrade(self.config(), "heads")
        found = self.schema()
        self.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        command.upgrade(self.config(), "a0")
        self.sql(*ROWS)
        return found

    def proved(self, wanted: Schema | None, added: Collection[str] = ()) -> None:
        """Go up with rows in place, down and up revision by revision; the end is what is wanted, and the start too.

        :param wanted: None where nothing else leads there. :param added: indexes that only the fixed history makes.
        """
        start = self.schema()
        names = self.order()
        for name, below in zip(names[1:], names, strict=False):
            command.upgrade(self.config(), name)
            if "NotImplementedError" not in self.text():
                command.downgrade(self.config(), below)
                command.upgrade(self.config(), name)
        if wanted is not None:
            lines = differences(self.schema(), wanted)
            assert [line for line in lines if not any(f"index {name} " in line for name in added)] == []
        again = [one for one in self.lint("a1:") if one["fixable"]]
        assert again == []
        if "NotImplementedError" not in self.text():
            command.downgrade(self.config(), "a0")
            assert differences(self.schema(), start) == []
