"""Two clones of a git repository with an environment, in which two people work."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import limbeck
from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config

TEMPLATE = Path(limbeck.__file__).parent / "templates_2026" / "generic" / "script.py.mako"
ENV = """\
import sqlalchemy as sa
from limbeck import context

engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=sa.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=sa.MetaData())
    with context.begin_transaction():
        context.run_migrations()
"""
ME = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


@dataclass
class Clone:
    """A working copy with an environment in it.

    :param root: its folder, with ``alembic.ini`` in it.
    """

    root: Path
    out: io.StringIO = field(default_factory=io.StringIO)

    @classmethod
    def first(cls, root: Path, url: str = "", **settings: str) -> Clone:
        """A new repository with an environment and no revision.

        :param settings: keys of its configuration.
        """
        made = cls(root)
        made.versions.mkdir(parents=True)
        shutil.copy(TEMPLATE, root / "migrations" / "script.py.mako")
        (root / "migrations" / "env.py").write_text(ENV)
        keys = {
            "script_location": "%(here)s/migrations",
            "edition": "2026",
            "sqlalchemy.url": url or "sqlite:///%(here)s/test.db",
            "heads_file": "true",
            **settings,
        }
        lines = "".join(f"{name} = {value}\n" for name, value in keys.items())
        (root / "alembic.ini").write_text(f"[alembic]\n{lines}")
        (root / ".gitignore").write_text("__pycache__/\n*.db\n")
        made.git("init", "-q", "--initial-branch=main")
        made.commit("an environment")
        return made

    def clone(self, name: str) -> Clone:
        """A clone of it beside it."""
        self.git("clone", "-q", str(self.root), str(self.root.parent / name))
        return Clone(self.root.parent / name)

    def git(self, *words: str, fails: bool = False) -> str:
        """Run git here; what it prints."""
        done = subprocess.run(
            ["git", *ME, *words], check=False, cwd=self.root, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def commit(self, message: str) -> None:
        self.git("add", "--all", ".")
        self.git("commit", "-qm", message)

    def config(self) -> Config:
        """Its configuration; what commands print goes to ``out``."""
        self.out = io.StringIO()
        return Config(str(self.root / "alembic.ini"), stdout=self.out)

    def add(self, name: str, body: str = "", *, commit: bool = True, **options: str) -> None:
        """Write a revision ``name`` on top of the head, and commit it.

        :param body: what its ``upgrade()`` does. :param options: of `limbeck.command.revision`.
        """
        command.revision(self.config(), f"add {name}", rev_id=name, **options)  # type: ignore[arg-type]
        if body:
            path = self.path(name)
            path.write_text(path.read_text().replace("    pass\n", f"    {body}\n", 1))
        if commit:
            self.commit(f"add {name}")

    def path(self, name: str) -> Path:
        """The file of a revision."""
        return Path(environment_of(self.config()).script.get_revision(name).path)

    @property
    def versions(self) -> Path:
        return self.root / "migrations" / "versions"

    def heads(self) -> str:
        """What the file of the heads holds."""
        return (self.versions / "HEADS").read_text()

    def files(self) -> dict[str, str]:
        """The revision files and the file of the heads."""
        return {path.name: path.read_text() for path in sorted(self.versions.iterdir()) if path.is_file()}

    def history(self) -> list[str]:
        """A line for each revision, the newest first: what it follows, and its id."""
        found = environment_of(self.config()).script.walk_revisions()
        return [f"{', '.join(one.parents) or '-'} <- {one.revision}" for one in found]
