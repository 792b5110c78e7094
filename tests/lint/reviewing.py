"""An environment whose revisions are bodies of ``upgrade()``, one after the other, and what is found in them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.errors import CommandError
from limbeck.lint.rule import Rule
from limbeck.rehearsal import Action, rehearse
from limbeck.script.steps import MigrationStep

SCRIPT = '''\
"""{doc}"""
import sqlalchemy as sa
from limbeck import op

revision = "{id}"
down_revision = {down}
{header}

def upgrade():
    {body}


def downgrade():
    {back}
'''


class Reviewed:
    """An environment with edition 2026 in ``root``.

    :param settings: lines of the configuration.
    """

    def __init__(self, root: Path, url: str, settings: str = "edition = 2026") -> None:
        self.root, self.url, self.settings = root, url, settings
        self.versions = root / "m" / "versions"
        self.versions.mkdir(parents=True)
        (root / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
        self.out = io.StringIO()

    def config(self) -> Config:
        ini, url = self.root / "alembic.ini", self.url.replace("%", "%%")
        head = f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\nsqlalchemy.url = {url}\n"
        ini.write_text(head + self.settings + "\n")
        self.out = io.StringIO()
        return Config(ini, stdout=self.out, output_buffer=self.out)

    def write(
        self,
        *bodies: str,
        back: str = "raise NotImplementedError",
        header: str = "",
        doc: str = "",
        twin: bool = False,
    ) -> None:
        """Make ``bodies`` the revisions a0, a1, ...; with a ``twin``, b0 stands beside them, which does nothing."""
        for old in self.versions.rglob("*.py*"):  # bytecode too: two texts of one length in one second look the same
            old.unlink()
        for number, body in enumerate(bodies):
            text = SCRIPT.format(
                id=f"a{number}",
                down=repr(f"a{number - 1}") if number else None,
                body=body.replace("\n", "\n    "),
                back=back.replace("\n", "\n    "),
                header=header,
                doc=doc or f"Change the accounts, part {number}",
            )
            (self.versions / f"a{number}_.py").write_text(text)
        if twin:
            text = SCRIPT.format(id="b0", down=None, body="pass", back="pass", header="", doc="Stand beside")
            (self.versions / "b0_.py").write_text(text)

    def lint(self, range: str | None = "base:heads", **options: Any) -> list[dict[str, Any]]:
        """What is found in a range."""
        with suppress(CommandError):
            command.lint(self.config(), range, json=True, **options)
        return json.loads(self.out.getvalue())["findings"]

    def found(
        self, *bodies: str, back: str = "raise NotImplementedError", doc: str = "", twin: bool = False
    ) -> list[dict[str, Any]]:
        """What is found in ``bodies``, revisions one after the other."""
        self.write(*bodies, back=back, doc=doc, twin=twin)
        return [one for one in self.lint() if one["revision"] != "b0"]

    def found_by(self, rule: Rule, code: str) -> list[dict[str, Any]]:
        """What a rule finds in ``code``, with what its examples ask for beside it."""
        beside = rule.examples
        found = self.found(code, back=beside.back, doc=beside.message, twin=beside.twin)
        return [one for one in found if one["rule"] == rule.name]

    def actions(self) -> list[Action]:
        """What the revisions do, rehearsed."""
        found: list[Action] = []
        environment = environment_of(self.config())
        script = environment.script

        def steps(rows: tuple[str, ...], _context: object) -> Sequence[MigrationStep]:
            return script.steps(script.plan_upgrade("heads", rows))

        rehearse(environment, steps, lambda run: found.extend(one for step in run.steps for one in step.actions))
        return found

    def upgrade(self) -> None:
        command.upgrade(self.config(), "heads")

    def sql(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
