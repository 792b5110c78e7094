"""Throwaway databases for an application's tests: the history is run once, and each test has a copy of what it made."""

from __future__ import annotations

import io
import unittest
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from good import GOOD, Shop, fresh_models
from sqlalchemy import make_url
from test_pytest_plugin import run

from limbeck import verbs
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.scratch import PREFIX, Templates
from limbeck.test_databases import AsyncStagedDatabase, MigrationsMixin, migrated
from limbeck.test_databases.template import history_hash

URLS = ["sqlite_url", "postgresql_url", "mariadb_url"]
NAMES = {"postgresql": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}

TESTS = """
import pytest
import sqlalchemy as sa

urls = set()

@pytest.mark.parametrize("number", range(4))
def test_rows(migrated_database, number):
    urls.add(str(migrated_database.url))
    with migrated_database.engine.begin() as connection:
        print("TAGS", connection.scalar(sa.text("SELECT count(*) FROM tag")), len(urls), "/")
        connection.execute(sa.text("DELETE FROM tag"))
"""

TOGETHER = """
import os, pathlib, time
import pytest

@pytest.fixture(autouse=True)
def together(migrated_database):
    pathlib.Path("worker-" + os.environ["PYTEST_XDIST_WORKER"]).touch()
    while len(list(pathlib.Path().glob("worker-*"))) < 2:
        time.sleep(0.05)
"""
"""Has each worker wait until the other one has its database too: else one may begin when the other has ended."""

ASYNC_TESTS = """
import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def test_it_is_migrated(async_migrated_database):
    async with async_migrated_database.engine.begin() as connection:
        assert await connection.scalar(sa.text("SELECT count(*) FROM tag")) == 2
    await async_migrated_database.migrate_to("r06")
    assert await async_migrated_database.rows("tag") == []

async def test_one_revision(async_migrate_before, async_migrate_to):
    database = async_migrate_before("r09")
    await database.insert("account", id=1, name="Ada", active=True)
    await database.migrate_to("r09")
    assert [row["age"] for row in await database.rows("account")] == [0]
    assert await async_migrate_to("r06").rows("tag") == []
"""


def counted(root: Path, url: str) -> Shop:
    """The good history up to tags, whose first revision notes in a file that it runs."""
    note = f"open({str(root / 'runs')!r}, 'a').write('.')\n"
    return Shop(root, url).write([replace(GOOD[0], up=note + dedent(GOOD[0].up)), *GOOD[1:10]])


def runs(shop: Shop) -> int:
    """How often the history was run."""
    return len((shop.root / "runs").read_text())


def scratch_databases(shop: Shop) -> list[str]:
    """Those that are there, of whatever process."""
    url = make_url(shop.url)
    if url.get_backend_name() == "sqlite":
        return [str(path) for path in shop.root.rglob(f"{PREFIX}*.db")]
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return [name for name in connection.scalars(sa.text(NAMES[url.get_backend_name()])) if name.startswith(PREFIX)]


@pytest.mark.parametrize("url", URLS)
def test_the_history_is_run_once_and_each_copy_is_a_database_of_its_own(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = counted(tmp_path, request.getfixturevalue(url))
    with fresh_models(), migrated(shop.config(), tmp_path / "templates") as copy:
        with copy() as one, copy() as other:
            one.execute("DELETE FROM tag")
            assert (len(one.rows("tag")), len(other.rows("tag"))) == (0, 2)
            other.migrate_to("r06")
            with one.engine.connect() as connection:
                assert connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all() == ["r10"]
            names = {str(one.url.database), str(other.url.database)}
        assert (runs(shop), len(names)) == (1, 2)
        assert not names & set(scratch_databases(shop))


@pytest.mark.parametrize("url", URLS)
def test_nothing_is_left(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shop = counted(tmp_path, request.getfixturevalue(url))
    environment = environment_of(shop.config())
    with fresh_models():
        templates = Templates(environment, lambda twin: verbs.carry_out(twin, "upgrade", "r07"))
        template = templates.make(str(tmp_path))
        with templates.copy(template) as twin:
            assert len({*template.names, twin.places[0].name} & {Path(n).stem for n in scratch_databases(shop)}) == 2
        templates.drop(template)
    if shop.url.startswith("sqlite"):
        assert [Path(name).stem for name in scratch_databases(shop)] == [*template.names]  # it ends with its folder
    else:
        assert not {*template.names, twin.places[0].name} & set(scratch_databases(shop))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param([], {"TAGS 2 1 /", "TAGS 2 2 /", "TAGS 2 3 /", "TAGS 2 4 /"}, id="one a test"),
        pytest.param(["--limbeck-database-scope", "session"], {"TAGS 2 1 /", "TAGS 0 1 /"}, id="one a session"),
        pytest.param(["-o", "limbeck_database_scope=module"], {"TAGS 2 1 /", "TAGS 0 1 /"}, id="one a module"),
    ],
)
def test_the_fixture_of_pytest(options: list[str], expected: set[str], tmp_path: Path, sqlite_url: str) -> None:
    shop = counted(tmp_path, sqlite_url)
    (tmp_path / "test_own.py").write_text(TESTS)
    done = run(shop, "test_own.py", *options)
    assert (done.returncode, runs(shop)) == (0, 1), done.stdout
    assert {line for line in done.stdout.splitlines() if line.startswith("TAGS")} == expected


def test_a_scope_that_there_is_not(tmp_path: Path, sqlite_url: str) -> None:
    shop = counted(tmp_path, sqlite_url)
    (tmp_path / "test_own.py").write_text(TESTS)
    done = run(shop, "test_own.py", "-o", "limbeck_database_scope=test")
    assert done.returncode != 0
    assert "limbeck_database_scope is 'test': it is one of function, class, module, package, session" in done.stdout


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_workers_of_pytest_xdist_share_one_run_of_the_history(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = counted(tmp_path, request.getfixturevalue(url))
    (tmp_path / "test_own.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text(TOGETHER)
    done = run(shop, "test_own.py", "-p", "xdist.plugin", "-n", "2", "--basetemp", str(tmp_path / "temporary"))
    assert (done.returncode, "4 passed" in done.stdout, runs(shop)) == (0, True, 1), done.stdout


def test_asyncio(tmp_path: Path, sqlite_url: str) -> None:
    shop = Shop(tmp_path, sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")).write(GOOD[:10])
    (tmp_path / "test_own.py").write_text(ASYNC_TESTS)
    done = run(shop, "test_own.py", "-p", "anyio.pytest_plugin")
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_unittest(tmp_path: Path, sqlite_url: str) -> None:
    """A mixin gives test cases the same databases, also those with an event loop."""
    shop = counted(tmp_path, sqlite_url)

    class TestTags(MigrationsMixin, unittest.TestCase):
        limbeck_config = shop.config()

        def test_rows(self) -> None:
            for _ in range(2):
                database = self.migrated_database()
                assert len(database.rows("tag")) == 2
                database.execute("DELETE FROM tag")

        def test_one_revision(self) -> None:
            database = self.migrate_before("r09")
            database.insert("account", id=1, name="Ada", active=True)
            database.migrate_to("r09")
            assert [row["age"] for row in database.rows("account")] == [0]
            assert self.migrate_to("r06").rows("tag") == []

    class TestInALoop(MigrationsMixin, unittest.IsolatedAsyncioTestCase):
        limbeck_config = TestTags.limbeck_config

        async def test_rows(self) -> None:
            database = self.async_migrated_database()
            assert isinstance(database, AsyncStagedDatabase)
            assert len(await database.rows("tag")) == 2
            assert await self.async_migrate_to("r06").rows("tag") == []

    load = unittest.defaultTestLoader.loadTestsFromTestCase
    told = io.StringIO()
    with fresh_models():
        result = unittest.TextTestRunner(stream=told).run(unittest.TestSuite([load(TestTags), load(TestInALoop)]))
    assert (result.wasSuccessful(), result.testsRun, runs(shop)) == (True, 3, 4), told.getvalue()


def test_another_history_is_another_template(tmp_path: Path, sqlite_url: str) -> None:
    shop = Shop(tmp_path, sqlite_url).write(GOOD[:2])
    environment = environment_of(shop.config())
    before = history_hash(environment, [shop.url])
    with fresh_models(), migrated(shop.config(), tmp_path / "templates"):  # which leaves files, but no other history
        assert history_hash(environment_of(shop.config()), [shop.url]) == before
    assert history_hash(environment, ["sqlite:///another.db"]) != before
    (shop.versions / "r02_.py").write_text((shop.versions / "r02_.py").read_text() + "# changed\n")
    assert history_hash(environment_of(shop.config()), [shop.url]) != before


def test_several_databases_have_a_copy_each(tmp_path: Path) -> None:
    """env.py goes from one database to the next; there is no one URL then, but several."""
    (tmp_path / "a.db").touch()
    (tmp_path / "b.db").touch()
    shop = Shop(tmp_path, f"sqlite:///{tmp_path / 'a.db'}").write(GOOD[:1])
    (tmp_path / "migrations" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom limbeck import context\n"
        f"for name in ['a.db', 'b.db']:\n"
        f"    context.run(connectable=sa.create_engine('sqlite:///{tmp_path}/' + name))\n"
    )
    with migrated(shop.config(), tmp_path / "templates") as copy, copy() as database:
        for url in database.urls:
            assert sa.inspect(sa.create_engine(url)).has_table("account")
        with pytest.raises(CommandError, match=r"env\.py connects to 2 databases: there is no one URL"):
            _ = database.url


def test_an_account_that_may_make_no_database_runs_the_history_again(tmp_path: Path, postgresql_url: str) -> None:
    """It has a schema each time, which no URL names: that of the real database would be written into."""
    admin = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE lb_poor LOGIN")
        connection.exec_driver_sql(f'GRANT CREATE ON DATABASE "{make_url(postgresql_url).database}" TO lb_poor')
    try:
        url = make_url(postgresql_url).set(username="lb_poor").render_as_string(hide_password=False)
        shop = counted(tmp_path, url)
        with fresh_models(), migrated(shop.config(), tmp_path / "templates") as copy:
            for _ in range(2):
                with copy() as database:
                    assert len(database.rows("tag")) == 2
                    with pytest.raises(CommandError, match="is a schema in the real database, which no URL names"):
                        _ = database.engine
        assert runs(shop) == 2
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP OWNED BY lb_poor")
            connection.exec_driver_sql("DROP ROLE lb_poor")


EVERYTHING = [
    "CREATE SEQUENCE numbers START WITH 5",
    """CREATE TABLE `a` (id INT AUTO_INCREMENT PRIMARY KEY, n INT DEFAULT nextval(numbers),
        twice INT AS (n * 2) STORED, b_id INT, note VARCHAR(20) DEFAULT '100%' COMMENT 'one''s :note',
        since TIMESTAMP DEFAULT '0000-00-00') AUTO_INCREMENT 40""",
    "CREATE TABLE b (id INT PRIMARY KEY, a_id INT, FOREIGN KEY (a_id) REFERENCES a (id))",
    "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id)",
    "INSERT INTO a (b_id) VALUES (NULL)",
    "INSERT INTO b VALUES (0, 40), (1, NULL)",
    "UPDATE a SET b_id = 1",
    "CREATE VIEW z AS SELECT id, note FROM a WHERE note LIKE '100%'",
    "CREATE VIEW a_of_z AS SELECT count(*) AS n FROM z",
    "CREATE FUNCTION half (x INT) RETURNS INT DETERMINISTIC RETURN x / 2",
    "CREATE PROCEDURE fill () BEGIN INSERT INTO a (note) VALUES ('50%'); END",
    "CREATE TRIGGER noted BEFORE INSERT ON b FOR EACH ROW SET NEW.a_id = coalesce(NEW.a_id, 40)",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM b WHERE id > 9",
]


def test_a_copy_on_mariadb_has_everything(tmp_path: Path, mariadb_url: str) -> None:
    """It is made by SHOW CREATE: sequences, generated columns, keys in a circle, views of views, routines, rows."""
    up = "op.execute(\"SET sql_mode = ''\")\n" + "\n".join(
        f"op.get_bind().exec_driver_sql({sql.replace('%', '%%')!r})" for sql in EVERYTHING
    )
    shop = Shop(tmp_path, mariadb_url).write([replace(GOOD[0], up=up)])
    with fresh_models(), migrated(shop.config(), tmp_path / "templates") as copy, copy() as one, copy() as other:
        one.execute("CALL fill()")
        for database, notes in ((one, ["100%", "50%"]), (other, ["100%"])):
            rows = database.rows("a")
            assert [(row["note"], row["n"], row["twice"], row["b_id"]) for row in rows] == [
                (note, 5 + 1000 * number, 10 + 2000 * number, 1 if number == 0 else None)
                for number, note in enumerate(notes)
            ]
            assert [row["id"] for row in rows] == [40, 41][: len(notes)]
        other.insert("b", id=7)
        assert [tuple(row.values()) for row in other.rows("b")] == [(0, 40), (1, None), (7, 40)]
        with other.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT half(8)")) == 4
            assert connection.scalar(sa.text("SELECT n FROM a_of_z")) == 1
            assert len(connection.execute(sa.text("SHOW EVENTS")).all()) == 1
            assert make_url(mariadb_url).database not in str(connection.execute(sa.text("SHOW CREATE VIEW z")).all())
