"""Killed in the middle of a rebuild: the table is the old one or the new one, whole, and the next run completes.

Killed before each statement that the upgrade sends, and at points in time all over the copy of 100,000 rows.
"""

import os
import shutil
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from test_batch_losses import LaterDriver

from limbeck import command
from limbeck.config import Config
from limbeck.errors import CommandError

ROWS = 100_000
ENV = """
import sqlite3
import sqlalchemy as sa
from limbeck import context
from test_batch_losses import LaterDriver
config = context.config
engine = sa.create_engine(config.get_main_option("sqlalchemy.url"), connect_args={"factory": DRIVER})
sa.event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ENFORCED"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
SCRIPT = """
from limbeck import op
revision, down_revision = "two", "one"
def upgrade():
    with op.batch_alter_table("p") as batch_op:
        batch_op.alter_column("a", nullable=False)
        batch_op.drop_column("b")
        batch_op.create_index("ix_new", ["a"])
def downgrade():
    pass
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A parent and its children at revision one."""
    path = tmp_path_factory.mktemp("filled") / "t.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, a INTEGER, b TEXT UNIQUE)")
        connection.execute("CREATE TABLE c (id INTEGER PRIMARY KEY, p_id REFERENCES p (id) ON DELETE CASCADE)")
        connection.execute("CREATE INDEX ix_p ON p (a, id)")
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute("INSERT INTO alembic_version VALUES ('one')")
        connection.executemany(
            "INSERT INTO p (a, b) VALUES (?, ?)", [(number, f"{number:020}") for number in range(ROWS)]
        )
        connection.executemany("INSERT INTO c (p_id) VALUES (?)", [(number,) for number in range(1, 1001)])
    connection.close()
    return path


class Environment:
    """An environment over a copy of the filled database."""

    def __init__(self, folder, filled, *, edition, enforced, driver):
        self.filled, self.path = filled, folder / "t.db"
        self.driver, self.edition = driver, edition
        versions = folder / "versions"
        versions.mkdir()
        written = ENV.replace("DRIVER", "LaterDriver" if driver is LaterDriver else "sqlite3.Connection")
        (folder / "env.py").write_text(written.replace("ENFORCED", "ON" if enforced else "OFF"))
        (versions / "one.py").write_text('revision, down_revision = "one", None\ndef upgrade():\n    pass\n')
        (versions / "two.py").write_text(SCRIPT)
        self.config = Config(stdout=open(os.devnull, "w"))  # noqa: SIM115 as long as the test
        self.config.set_main_option("script_location", str(folder))
        self.config.set_main_option("sqlalchemy.url", f"sqlite:///{self.path}")
        if edition:
            self.config.set_main_option("edition", str(edition))

    def renew(self):
        shutil.copy(self.filled, self.path)

    def upgrade(self):
        command.upgrade(self.config, "head")

    def killed(self, *, after=None, before=None):
        """Upgrade in a process that dies ``after`` so many seconds, or ``before`` the statement of that number.

        :return: whether it was alive until then.
        """
        pid = os.fork()
        if pid == 0:
            try:
                with open(os.devnull, "w") as nowhere:
                    sys.stderr = sys.stdout = nowhere
                    if before is not None:
                        sa.event.listen(sa.Engine, "before_cursor_execute", dying(before))
                    self.upgrade()
            finally:
                os._exit(0)
        if after is not None:
            time.sleep(after)
            os.kill(pid, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

    def look(self):
        """Whether the table is the new one, and the version row; both whole."""
        connection = sqlite3.connect(self.path)

        def ask(sql):
            return connection.execute(sql).fetchall()

        assert ask("PRAGMA integrity_check") == [("ok",)]
        assert ask("SELECT count(*), sum(a), sum(id) FROM p") == [
            (ROWS, ROWS * (ROWS - 1) // 2, ROWS * (ROWS + 1) // 2)
        ]
        assert ask("SELECT count(*), sum(p_id) FROM c") == [(1000, 500500)]
        assert ask("PRAGMA foreign_key_check") == []
        columns = [row[1] for row in ask("PRAGMA table_info(p)")]
        indexes = {name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'p'")}
        assert not ask("SELECT 1 FROM sqlite_master WHERE name LIKE '_alembic_tmp%'")
        assert (columns, {"ix_p", "ix_new"} & indexes) in (
            (["id", "a", "b"], {"ix_p"}),
            (["id", "a"], {"ix_p", "ix_new"}),
        )
        if columns == ["id", "a", "b"]:
            assert ask("SELECT min(b), max(b), count(DISTINCT b) FROM p") == [(f"{0:020}", f"{ROWS - 1:020}", ROWS)]
        ((version,),) = ask("SELECT version_num FROM alembic_version")
        connection.close()
        return "b" not in columns, version

    def check_and_complete(self, *, two_commits):
        """The table and its version row belong together, and the next run completes.

        :param two_commits: the rebuild is committed before the version row (docs/differences.md).
        """
        is_new, version = self.look()
        if two_commits and (is_new, version) == (True, "one"):
            with pytest.raises(CommandError) as caught:
                self.upgrade()
            assert caught.value.code == ("half-done" if self.edition else "no-such-column")
            command.stamp(self.config, "two", purge=True)
            assert self.look() == (True, "two")
            return
        assert (is_new, version) in ((False, "one"), (True, "two"))
        self.upgrade()
        assert self.look() == (True, "two")


def dying(before):
    sent = []

    def listen(*arguments):
        sent.append(arguments[2])
        if len(sent) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    return listen


MODES = {
    "without an edition": {"edition": None, "enforced": False, "driver": sqlite3.Connection},
    "edition": {"edition": 2026, "enforced": False, "driver": sqlite3.Connection},
    "foreign keys, without an edition": {"edition": None, "enforced": True, "driver": sqlite3.Connection},
    "foreign keys, edition": {"edition": 2026, "enforced": True, "driver": sqlite3.Connection},
    "foreign keys, without an edition, Python 3.12": {"edition": None, "enforced": True, "driver": LaterDriver},
    "foreign keys, edition, Python 3.12": {"edition": 2026, "enforced": True, "driver": LaterDriver},
}
QUIET = pytest.mark.filterwarnings("ignore::limbeck.errors.LimbeckWarning")


@pytest.fixture(params=MODES.values(), ids=MODES)
def environment(request, tmp_path: Path, filled):
    return Environment(tmp_path, filled, **request.param)


def two_commits(environment, request):
    return "foreign keys" in request.node.name and environment.driver is not LaterDriver and sys.version_info < (3, 12)


def check_at_times(environment, request, number):
    environment.renew()
    begun = time.monotonic()
    environment.upgrade()
    took = time.monotonic() - begun
    assert environment.look() == (True, "two")
    for point in range(number):
        environment.renew()
        environment.killed(after=took * (point + 0.5) / number)
        environment.check_and_complete(two_commits=two_commits(environment, request))


@QUIET
def test_killed_at_any_time(environment, request):
    check_at_times(environment, request, 4)


@pytest.mark.campaign
@QUIET
def test_killed_at_any_time_often(environment, request):
    check_at_times(environment, request, 50)


def check_before_statements(environment, request, step):
    statement, died = 1, True
    while died:
        environment.renew()
        died = environment.killed(before=statement)
        environment.check_and_complete(two_commits=two_commits(environment, request))
        statement += step
    assert statement > 40


@pytest.mark.campaign
@QUIET
def test_killed_before_every_statement(environment, request):
    check_before_statements(environment, request, 1)


@QUIET
def test_killed_before_statements(environment, request):
    check_before_statements(environment, request, 14)
