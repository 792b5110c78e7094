"""An environment written into a folder, run in this process or in one of its own, and a look into its database."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import sqlalchemy as sa

from limbeck import command
from limbeck.config import Config

_numbers = count(1)

ENGINE = "engine = sa.create_engine(config.get_main_option('sqlalchemy.url'), poolclass=sa.pool.NullPool)"

CONNECTED = f"""\
import sqlalchemy as sa
from limbeck import context
config = context.config
{ENGINE}
with engine.connect() as connection:
{{body}}
"""

RUN = """\
with context.begin_transaction():
    context.run_migrations()
"""

SCRIPT = '''\
"""{id} is made"""
from limbeck import context, op
import sqlalchemy as sa
revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}
def upgrade(**kw):
{up}
def downgrade(**kw):
{undo}
'''


def table(name: str) -> str:
    """A line of a script that makes a table of one column."""
    return f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True))'


def sync_url(url: str) -> sa.URL:
    """``url`` with a driver that needs no event loop."""
    plain = {"sqlite+aiosqlite": "sqlite", "postgresql+asyncpg": "postgresql+psycopg"}
    plain |= dict.fromkeys(["mysql+aiomysql", "mysql+asyncmy"], "mysql+pymysql")
    made = sa.make_url(url)
    return made.set(drivername=plain.get(made.drivername, made.drivername))


def _hear_interrupts() -> None:
    """A shell that puts the test run into the background has it ignore SIGINT, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Forked:
    """A process that runs the command, without the second that it takes to start one.

    :param words: the command. :param said: where to put what it says.
    """

    def __init__(self, words: tuple[str, ...], root: Path) -> None:
        from limbeck import cli

        sys.stdout.flush()
        sys.stderr.flush()
        self.said = root / f"said.{next(_numbers)}"
        self.pid = os.fork()
        if self.pid == 0:
            code = 70
            try:
                os.chdir(root)
                with self.said.open("w") as out, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                    cli.main(list(words))
                    code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
            finally:
                os._exit(code)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 120) -> int:
        """Its exit code; negative where a signal ended it, also ours after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                self.kill()
            time.sleep(0.005)


class Project:
    """An environment in ``root``, by default with the env.py that `init` writes.

    :param url: the database. :param edition: the key of the configuration; None for an environment without one.
    """

    def __init__(self, root: Path, url: str, edition: int | None = None) -> None:
        self.root = root
        self.url = url
        (root / "m" / "versions").mkdir(parents=True)
        self.settings = {"script_location": "%(here)s/m", "path_separator": "os", "sqlalchemy.url": url}
        if edition is not None:
            self.settings["edition"] = str(edition)
        self.out = io.StringIO()
        self.env("context.run()")
        self.configure()

    def configure(self, **settings: str) -> Config:
        """Write the configuration, and return it read."""
        self.settings.update(settings)
        lines = "\n".join(f"{key} = {value.replace('%40', '%%40')}" for key, value in self.settings.items())
        self.ini.write_text(f"[alembic]\n{lines}\n")
        self.config = Config(self.ini, stdout=self.out, output_buffer=self.out)
        return self.config

    @property
    def ini(self) -> Path:
        return self.root / "alembic.ini"

    def env(self, body: str) -> None:
        """Write an env.py; ``context`` and ``config`` are there."""
        start = "from limbeck import context\nimport sqlalchemy as sa\nconfig = context.config\n"
        (self.root / "m" / "env.py").write_text(start + dedent(body))

    def connected(self, body: str = RUN, configure: str = "", before: str = "") -> None:
        """Write an env.py of the long-hand kind: ``before``, ``context.configure(connection, configure)``, ``body``."""
        steps = f"{dedent(before)}\ncontext.configure(connection=connection, {configure})\n{dedent(body)}"
        (self.root / "m" / "env.py").write_text(CONNECTED.format(body=indent(steps, "    ")))

    def script(
        self,
        id_: str,
        down: object = None,
        up: str | None = None,
        undo: str = "pass",
        *,
        labels: object = None,
        depends: object = None,
    ) -> None:
        """Write a revision; by default it makes the table ``t_<id>``."""
        up = table(f"t_{id_}") if up is None else up
        undo = f'op.drop_table("t_{id_}")' if undo == "pass" and "create_table" in up else undo
        text = SCRIPT.format(
            id=id_,
            down=down,
            labels=labels,
            depends=depends,
            up=indent(dedent(up).strip(), "    "),
            undo=indent(dedent(undo).strip(), "    "),
        )
        (self.root / "m" / "versions" / f"{id_[:40]}.py").write_text(text)

    def line(self, *ids: str) -> None:
        """Write revisions that follow one another, each making its table."""
        for down, id_ in zip((None, *ids), ids, strict=False):
            self.script(id_, down)

    def upgrade(self, revision: str = "head", **kw: Any) -> list[Any]:
        return command.upgrade(self.configure(), revision, **kw)

    def downgrade(self, revision: str = "base", **kw: Any) -> list[Any]:
        return command.downgrade(self.configure(), revision, **kw)

    def sql(self, revision: str = "head") -> str:
        """What `upgrade --sql` writes."""
        self.out = io.StringIO()
        command.upgrade(self.configure(), revision, sql=True)
        return self.out.getvalue()

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command in a process of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALEMBIC_", "LIMBECK_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "limbeck", *words],
            cwd=self.root,
            env={**kept, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hear_interrupts,  # noqa: PLW1509 the tests' processes start no threads before
        )

    def fork(self, *words: str) -> Forked:
        """Start the command in a copy of this process, which has everything imported already."""
        return Forked(words, self.root)

    def run(self, *words: str) -> tuple[int, str]:
        """Exit code and all that was said, but for what is logged."""
        process = self.fork(*words)
        return process.wait(), process.said.read_text()

    def run_afresh(self, *words: str, **variables: str) -> tuple[int, str]:
        """As `run`, in a process that starts from nothing."""
        process = self.start(*words, **variables)
        out, err = process.communicate(timeout=120)
        return process.returncode, out + err

    def look(self, ask: Callable[[sa.Connection], Any]) -> Any:
        """The answer to ``ask`` on a fresh connection."""
        engine = sa.create_engine(sync_url(self.url), poolclass=sa.NullPool)
        with engine.begin() as connection:
            return ask(connection)

    def execute(self, *statements: str) -> None:
        self.look(lambda connection: [connection.exec_driver_sql(statement) for statement in statements])

    def column(self, statement: str) -> list[Any]:
        """The first column of a query."""
        return list(self.look(lambda connection: connection.scalars(sa.text(statement)).all()))

    def tables(self, schema: str | None = None) -> list[str]:
        """The tables but those of the runtime: version table, journal and history."""
        names = self.look(lambda connection: sa.inspect(connection).get_table_names(schema))
        return sorted(name for name in names if not name.startswith(("alembic_version", "limbeck_history")))

    def rows(self, table: str = "alembic_version") -> list[str] | None:
        """The version rows; None where there is no version table."""

        def ask(connection: sa.Connection) -> list[str] | None:
            schema, _, name = table.rpartition(".")
            if not sa.inspect(connection).has_table(name, schema or None):
                return None
            return sorted(connection.scalars(sa.text(f"SELECT version_num FROM {table}")))

        found: list[str] | None = self.look(ask)
        return found
