"""`limbeck report`: what it finds, and what it says where it cannot."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import jsonschema
import pytest

from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.report.finding import report
from limbeck.results import ReportResult, TableDescription

ENV = """
from limbeck import context
from sqlalchemy import create_engine

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "limbeck.report-1.json"


class Folder:
    """An environment with revisions a, b, c ... one after the other.

    :param root: its folder. :param url: its database.
    """

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        if url.startswith("sqlite"):
            Path(url.removeprefix("sqlite:///")).touch()  # a database without tables
        self.versions = root / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        (root / "migrations" / "env.py").write_text(ENV, encoding="utf-8")
        ini = f"[alembic]\nscript_location = %(here)s/migrations\nedition = 2026\nsqlalchemy.url = {url}\n"
        (root / "alembic.ini").write_text(ini.replace("%", "%%").replace("%%(here)s", "%(here)s"), encoding="utf-8")

    def write(self, *upgrades: str) -> None:
        for number, upgrade in enumerate(upgrades):
            name = "abcdefgh"[number]
            down = repr("abcdefgh"[number - 1]) if number else None
            body = dedent(upgrade).strip().replace("\n", "\n    ")
            (self.versions / f"{name}.py").write_text(
                f'"""revision {name}\n\nCreate Date: 2026-0{number + 1}-01 10:00:00\n"""\n'
                f"import sqlalchemy as sa\nfrom limbeck import op\n\nrevision = {name!r}\ndown_revision = {down}\n\n\n"
                f"def upgrade():\n    {body}\n\n\ndef downgrade():\n    pass\n",
                encoding="utf-8",
            )

    def report(self, *, applied: bool = False, dialects: Sequence[str] = ()) -> ReportResult:
        return report(environment_of(Config(self.root / "alembic.ini")), applied=applied, dialects=dialects)

    def limbeck(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "limbeck", *arguments], cwd=self.root, capture_output=True, text=True, check=False
        )


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return Folder(tmp_path / "shop", request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def small(tmp_path: Path, sqlite_url: str) -> Folder:
    made = Folder(tmp_path / "shop", sqlite_url)
    made.write('op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))')
    return made


def columns(table: TableDescription | None) -> tuple[str, list[str]] | None:
    return None if table is None else (table.name, [column.name for column in table.columns])


def test_tables_before_and_after_each_revision(folder: Folder) -> None:
    folder.write(
        'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))',
        'op.add_column("orders", sa.Column("total", sa.Integer))',
        'op.rename_table("orders", "sales")',
        'op.execute("CREATE TABLE notes (id INTEGER)")\nop.get_bind().execute(sa.text("DROP TABLE notes"))',
        'op.drop_table("sales")',
    )
    found = folder.report()
    assert found.unread == ()
    assert {
        one.revision: [(columns(change.before), columns(change.after)) for change in one.tables]
        for one in found.histories[0].revisions
    } == {
        "a": [(None, ("orders", ["id"]))],
        "b": [(("orders", ["id"]), ("orders", ["id", "total"]))],
        "c": [(("orders", ["id", "total"]), ("sales", ["id", "total"]))],
        "d": [],
        "e": [(("sales", ["id", "total"]), None)],
    }
    assert found.histories[0].revisions[1].upgrade[0].text == "add column orders.total"
    assert "ADD COLUMN total" in found.histories[0].revisions[1].upgrade[0].sql[0]
    assert [one.source for one in found.schemas] == ["heads"]
    assert found.schemas[0].databases[0].tables == ()


def test_sql_of_other_dialects(folder: Folder) -> None:
    """Each operation as the other databases get it, or why one cannot have it; the database's own is not repeated."""
    folder.write(
        'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))',
        'op.add_column("orders", sa.Column("total", sa.Numeric(8, 2)))',
        """
        with op.batch_alter_table("orders") as batch:
            batch.alter_column("total", nullable=False, existing_type=sa.Numeric(8, 2))
        """,
        'op.execute("DELETE FROM orders")',
    )
    found = folder.report(dialects=["sqlite", "postgresql", "mssql"])
    (history,) = found.histories
    by = {one.revision: {each.dialect: each for each in one.elsewhere} for one in history.revisions}
    assert {*by["a"]} == {"sqlite", "postgresql", "mssql"} - {history.dialect}
    assert "id INTEGER NOT NULL IDENTITY" in by["a"]["mssql"].upgrade[0].sql
    assert by["b"]["mssql"].upgrade[0].sql.startswith("ALTER TABLE orders ADD total NUMERIC(8, 2)")
    assert by["c"]["mssql"].upgrade[0].sql.startswith("ALTER TABLE orders ALTER COLUMN total NUMERIC(8, 2) NOT NULL")
    assert by["d"]["mssql"].upgrade[0].sql.startswith("DELETE FROM orders")
    assert [len(one.elsewhere[0].upgrade) for one in history.revisions] == [
        len(one.upgrade) for one in history.revisions
    ]
    if history.dialect != "sqlite":
        (refused,) = by["c"]["sqlite"].upgrade
        assert (refused.sql, refused.refused) == (
            "",
            "SQLite cannot change the nullability of column orders.total in place",
        )


def test_a_dialect_that_there_is_not(small: Folder) -> None:
    done = small.limbeck("report", "--html", "report.html", "--dialect", "postgres")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error[usage]: No dialect is named 'postgres'\n  hint: there are sqlite, postgresql, "
    )


def test_the_databases_are_left_as_they_are(folder: Folder) -> None:
    folder.write('op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))')
    found = folder.report(applied=True)
    assert found.plan is not None
    assert [step.revision for step in found.plan.runs[0].steps] == ["a"]
    assert found.status is not None
    assert [one.revision for one in found.status.databases[0].pending] == ["a"]
    assert [one.source for one in found.schemas] == ["database", "heads"]
    assert [[table.name for table in one.databases[0].tables] for one in found.schemas] == [[], ["orders"]]
    assert found.graph.rows[0].applied_to == ()
    assert folder.report(applied=True).status == found.status


def test_a_history_that_fails_on_an_empty_database(small: Folder) -> None:
    small.write(
        'op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))',
        'raise RuntimeError("rows are needed")',
    )
    found = small.report()
    assert [(one.part, one.reason) for one in found.unread] == [
        ("tables", "the history fails on an empty database: RuntimeError: rows are needed")
    ]
    assert [len(one.tables) for one in found.histories[0].revisions] == [1, 0]
    assert found.schemas == ()


def test_without_a_database_the_files_are_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "shop", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    folder.write('op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))')
    done = folder.limbeck("report", "--html", "report.html")
    assert done.returncode == 0
    assert done.stdout == "report.html: 1 revision\n"
    assert done.stderr.startswith("left out: operations: ")
    assert "op.create_table" in (folder.root / "report.html").read_text(encoding="utf-8")
    refused = folder.limbeck("report", "--html", "other.html", "--applied")
    assert refused.returncode == 3
    assert not (folder.root / "other.html").exists()


def test_json(small: Folder) -> None:
    done = small.limbeck("report", "--json", "--applied")
    found = json.loads(done.stdout)
    jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (found["schema"], found["title"]) == ("limbeck.report", "shop")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "Where should the report go?"),
        ("--serve --html x.html", "ask for one of them"),
        ("--port 8000 --html x.html", "--port goes with --serve"),
        ("--html no/such/folder.html", "Can't write"),
        ("--serve --port 99999", "Nothing can be served on port 99999"),
    ],
)
def test_mistakes(small: Folder, arguments: str, says: str) -> None:
    done = small.limbeck("report", *arguments.split())
    assert done.returncode in (2, 3)
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


# --- served -----------------------------------------------------------------------------------------------------------


@contextmanager
def served(folder: Folder, *arguments: str) -> Iterator[str]:
    """Serves a report for a block; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "limbeck", "report", "--serve", *arguments],
        cwd=folder.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 no threads here
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in errors) == (0, False), errors
    finally:
        process.kill()


def asked(address: str, path: str, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_served_to_this_machine_and_again_when_a_file_changes(small: Folder) -> None:
    with served(small, "--applied") as address:
        place, path = urlsplit(address).netloc, urlsplit(address).path
        assert re.fullmatch(r"127\.0\.0\.1:\d+", place)
        status, page = asked(address, path)
        assert status == 200
        assert "revision a" in page
        assert "connect-src 'self'" in page
        for wrong in ("/", "/x/", path + "x", path.rstrip("/"), path[:-2] + "/"):
            assert asked(address, wrong)[0] == 404, wrong
        assert asked(address, path, Host="evil.example")[0] == 404, "another name that leads here"
        connection = HTTPConnection(place, timeout=60)
        connection.request("GET", path + "changes")
        events = connection.getresponse()
        lines = (line.decode().strip() for line in events if line.strip())
        assert [next(lines), next(lines)] == ["event: made", "data: 1"]
        small.write("pass", "pass")
        assert [next(lines), next(lines)] == ["event: made", "data: 2"]
        assert "revision b" in asked(address, path)[1]
        (small.versions / "b.py").write_text("revision = 'b'\ndown_revision = (", encoding="utf-8")
        assert next(lines) in {"event: made", "event: failed"}, "the page says that a file cannot be read"
