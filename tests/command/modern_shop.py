"""An environment with edition 2026 and a table of three rows, on any of the databases."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from limbeck import command
from limbeck.config import Config
from limbeck.databases import Environment
from limbeck.environment import EnvironmentContext
from limbeck.results import PlannedRun, PlanResult
from limbeck.script import ScriptDirectory

SCRIPT = '''\
"""{doc}"""
from limbeck import context, op
import sqlalchemy as sa
revision = {id!r}
down_revision = {down!r}
def upgrade():
    {up}
def downgrade():
    {undo}
'''


class Shop:
    """An environment with edition 2026 in ``root``."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        (root / "m" / "versions").mkdir(parents=True)
        (root / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
        self.out = io.StringIO()

    def config(self) -> Config:
        ini = self.root / "alembic.ini"
        url = self.url.replace("%", "%%")
        ini.write_text(
            f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\nedition = 2026\nsqlalchemy.url = {url}\n"
        )
        self.out = io.StringIO()
        return Config(ini, stdout=self.out, output_buffer=self.out)

    def environment(self) -> Environment:
        """The same as a command sees it."""
        config = self.config()
        script = ScriptDirectory.from_config(config)

        def run(fn: Callable[..., object], **options: object) -> None:
            with EnvironmentContext(config, script, fn=fn, **options):
                script.run_env()

        return Environment(config, script, run)

    def script(self, id_: str, down: str | None, up: str = "pass", undo: str = "pass", doc: str = "") -> None:
        text = SCRIPT.format(id=id_, down=down, up=up.replace("\n", "\n    "), undo=undo, doc=doc or f"make {id_}")
        (self.root / "m" / "versions" / f"{id_}.py").write_text(text)

    def plan(self, target: str = "heads", **options: Any) -> PlanResult:
        return command.plan(self.config(), target, **options)

    def run(self, target: str = "heads") -> PlannedRun:
        (run,) = self.plan(target).runs
        return run

    def said(self, target: str = "heads", **options: Any) -> str:
        self.plan(target, **options)
        return self.plain(self.out.getvalue())

    def upgrade(self, target: str = "heads") -> None:
        command.upgrade(self.config(), target)

    def limbeck(self, *words: str) -> tuple[int, str, str]:
        """Run the command line; its exit code, and what it says on stdout and stderr."""
        self.config()
        done = subprocess.run(
            [sys.executable, "-m", "limbeck", *words], cwd=self.root, capture_output=True, text=True, check=False
        )
        return done.returncode, self.plain(done.stdout), self.plain(done.stderr)

    def plain(self, text: str) -> str:
        """``text`` without what changes from test to test."""
        shown = sa.make_url(self.url).render_as_string(hide_password=True)
        return text.replace(self.url, "URL").replace(shown, "URL").replace(str(self.root), "/shop")

    def rows(self) -> list[str]:
        """The version rows."""
        return [row[0] for row in self.look("SELECT version_num FROM alembic_version ORDER BY 1")]

    def look(self, statement: str) -> list[Any]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(statement)
            return list(result.all()) if result.returns_rows else []


ACCOUNT = (
    'op.create_table("account", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("name", sa.String(20)), sa.Column("age", sa.Integer))'
)
ROWS = "INSERT INTO account (id, name, age) VALUES (1, 'x', NULL), (2, NULL, 3), (3, 'z', 4)"
