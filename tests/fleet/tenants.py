"""A project whose revisions each leave a row in table ``ran``, so that one that ran twice shows, and many databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import dedent, indent

import sqlalchemy as sa

from limbeck.config import Config
from limbeck.fleet import Target

ENV = "from limbeck import context\ncontext.run()\n"

CLASSIC_ENV = """\
from sqlalchemy import engine_from_config, pool
from limbeck import context
engine = engine_from_config(context.config.get_section("alembic"), prefix="sqlalchemy.", poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

FIRST = 'op.create_table("ran", sa.Column("revision", sa.String(10)))'


def _hear_interrupts() -> None:
    """A shell that puts the test run into the background has it ignore SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Tenants:
    """A project in ``root`` with revisions ``r1 <- r2 <- ...``, each with a table of its own and a row in ``ran``."""

    def __init__(self, root: Path, revisions: int = 4, env: str = ENV, edition: str = "edition = 2026") -> None:
        self.root = root
        (root / "m" / "versions").mkdir(parents=True)
        (root / "m" / "env.py").write_text(env)
        (root / "alembic.ini").write_text(f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\n{edition}\n")
        self.ids: list[str] = []
        for _ in range(revisions):
            self.revision()

    def revision(self, before: str = "", after: str = "") -> str:
        """Write the next revision; ``before`` and ``after`` what else it does."""
        number = len(self.ids) + 1
        id_, down = f"r{number}", self.ids[-1] if self.ids else None
        body = [dedent(before), FIRST if number == 1 else f'op.create_table("t{number}", sa.Column("id", sa.Integer))']
        body += [f"op.execute(\"INSERT INTO ran VALUES ('{id_}')\")", dedent(after)]
        text = f"revision, down_revision = {id_!r}, {down!r}\nfrom limbeck import op\nimport sqlalchemy as sa\n\n"
        text += "def upgrade():\n" + indent("\n".join(body), "    ") + "\n\ndef downgrade():\n    pass\n"
        (self.root / "m" / "versions" / f"{id_}.py").write_text(text)
        self.ids.append(id_)
        return id_

    @property
    def config(self) -> Config:
        return Config(self.root / "alembic.ini")

    def files(self, count: int) -> list[Target]:
        return [Target(f"f{n:03}", f"sqlite:///{self.root / f'f{n:03}.db'}") for n in range(count)]

    def listed(self, targets: Iterable[Target]) -> str:
        """The path of a CSV file with targets."""
        lines = [f"{each.name},{each.url},{each.schema or ''}" for each in targets]
        path = self.root / "fleet.csv"
        path.write_text("name,url,schema\n" + "\n".join(lines) + "\n")
        return str(path)

    def start(self, *words: str, stderr: int = subprocess.PIPE, **variables: str) -> subprocess.Popen[str]:
        """Start ``limbeck fleet``, as the leader of a group of processes."""
        return subprocess.Popen(
            [sys.executable, "-m", "limbeck", "fleet", *words],
            cwd=self.root,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=_hear_interrupts,  # noqa: PLW1509 the tests' processes start no threads before
        )

    def run(self, *words: str, stderr: int = subprocess.PIPE, **variables: str) -> tuple[int, str, str]:
        """Exit code, what it says on stdout and on stderr; nothing of the latter where it goes to ``stderr``."""
        process = self.start(*words, stderr=stderr, **variables)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err or ""


def ran(target: Target) -> list[str]:
    """The revisions that ran on a target, as often as they did, in their order."""
    engine = sa.create_engine(str(target.url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("ran", target.schema):
            return []
        table = sa.table("ran", sa.column("revision"), schema=target.schema)
        return sorted(connection.scalars(sa.select(table.c.revision)))


def rows(target: Target) -> list[str]:
    """The version rows of a target."""
    engine = sa.create_engine(str(target.url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        table = sa.table("alembic_version", sa.column("version_num"), schema=target.schema)
        return sorted(connection.scalars(sa.select(table.c.version_num)))


def all_ran(targets: Sequence[Target], ids: Sequence[str]) -> bool:
    """Whether every revision ran on every target, once, and the version row says so."""
    assert Counter((tuple(ran(each)), tuple(rows(each))) for each in targets) == {
        (tuple(sorted(ids)), (ids[-1],)): len(targets)
    }
    return True
