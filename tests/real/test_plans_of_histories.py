"""Over whole histories the plan's SQL equals what is sent, script by script.

What it cannot know it says of the scripts that read results, and of no other.

The shop of `examples/` runs on three databases, a history of scripts that read on SQLite; projects from PyPI in
`make campaign`.
"""

from __future__ import annotations

import io
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from plan_and_run import Both, plan_and_run
from projects import PROJECTS, Project

from limbeck import command
from limbeck.config import Config

PROGRAM = Path(__file__).with_name("plan_and_run.py")
SHOP = Path(__file__).parents[2] / "examples" / "shop"


def shop(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The shop's environment, with another database."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("*.db", "__pycache__"))
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:  # another test's
        monkeypatch.delitem(sys.modules, name)
    config = Config(folder / "alembic.ini", stdout=io.StringIO())
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_shop(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.db").touch()  # that of SQLite: a plan makes no database
    config = shop(tmp_path / "shop", request.getfixturevalue(f"{kind}_url"), monkeypatch)
    for target in ("heads", "base", "heads"):
        both = plan_and_run(config, target)
        assert len(both.planned) == 5
        assert both.differing == {}
        assert (both.unknown, both.reading, both.raised) == ({}, [], {})


def test_the_shop_on_mariadb(mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that the plan itself adds is not there to be restated when it is altered."""
    both = plan_and_run(shop(tmp_path / "shop", mariadb_url, monkeypatch))
    assert both.differing == {}
    assert list(both.unknown.values()) == [
        ["needs the database: Column product.price_cents must be restated as a whole, and a script cannot look at it"]
    ]


UNREAD = "needs the database: Reading a result (.context)"
OWN = """
        engine = sa.create_engine(op.get_bind().engine.url)
        with engine.connect() as own:
            if own.scalar(sa.text("SELECT count(*) FROM sqlite_master WHERE name = 'account'")):
                op.execute("UPDATE account SET id = 3")
        """
IMPORTS = "from limbeck import op\nimport sqlalchemy as sa\nfrom sqlalchemy import orm\n"
READING = {
    "creates": """
        account = op.create_table("account", sa.Column("id", sa.Integer), sa.Column("name", sa.String(9)))
        op.bulk_insert(account, [{"id": 1, "name": "a"}, {"id": 2, "name": "100%"}])
        """,
    "executes": """
        op.get_bind().execute(sa.text("UPDATE account SET name = :name WHERE id = 1"), {"name": "it's"})
        """,
    "counts": """
        if op.get_bind().scalar(sa.text("SELECT count(*) FROM account")):
            op.execute("DELETE FROM account WHERE id = 2")
        """,
    "batch": """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("name", nullable=False)
        """,
    "session": """
        session = orm.Session(op.get_bind())
        session.execute(sa.text("UPDATE account SET name = 'o' WHERE id = 7"))
        session.commit()
        """,
    "maps": """
        class Account(orm.declarative_base()):
            __tablename__ = "account"
            id = sa.Column(sa.Integer, primary_key=True)
        session = orm.Session(op.get_bind())
        for account in session.query(Account):
            op.execute(f"DELETE FROM account WHERE id = {account.id} + 7")
        """,
    "loops": """
        for row in op.get_bind().execute(sa.text("SELECT id FROM account")):
            op.execute(f"UPDATE account SET name = 'n' WHERE id = {row.id}")
        """,
    "inspects": """
        if "name" in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("account")}:
            op.drop_column("account", "name")
        """,
    "own": OWN,
    "catches": """
        try:
            op.drop_index("ix_gone", table_name="account")
        except sa.exc.OperationalError:
            op.execute("UPDATE account SET id = 4 WHERE id = 1")
        """,
    "begins": """
        with op.get_bind().engine.begin() as connection:
            sa.Table("made", sa.MetaData(), sa.Column("id", sa.Integer)).create(connection)
        """,
    "ends": """
        op.rename_table("account", "person")
        """,
}


def history(folder: Path, bodies: dict[str, str]) -> Config:
    """An environment whose revisions, one on top of the other, do what ``bodies`` say."""
    versions = folder / "m" / "versions"
    versions.mkdir(parents=True)
    (folder / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
    down = None
    for name, body in bodies.items():
        head = f"{IMPORTS}revision = {name!r}\ndown_revision = {down!r}\n"
        (versions / f"{name}.py").write_text(f"{head}def upgrade():{body}\ndef downgrade():\n    pass\n")
        down = name
    (folder / "real.db").touch()
    ini = folder / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = %(here)s/m\nsqlalchemy.url = sqlite:///{folder / 'real.db'}\n")
    return Config(ini, stdout=io.StringIO())


def test_scripts_that_read(tmp_path: Path) -> None:
    """Taken one after the other; what a script leaves out because it has read nothing is what the run only knows."""
    both = plan_and_run(history(tmp_path, READING))
    assert both.differing == {}
    assert {Path(path).stem: what for path, what in both.unknown.items()} == {
        "counts": ["reads a result"],
        "maps": [UNREAD],
        "loops": ["loops over rows"],
        "inspects": [
            "asks what there is in the database, which is answered as it is before the first step",
            "raises NoSuchTableError: account",
        ],
        "own": ["asks the database on a connection of its own, which is answered as it is before the first step"],
        "catches": ["catches an error of the database, if there is one"],
    }
    reading = {Path(path).stem for path in both.reading} - {"session"}  # which takes a result and drops it
    assert {Path(path).stem for path in both.unknown} == reading | {"catches"}  # which is told by an error


def test_scripts_that_write_on_a_connection_of_their_own(tmp_path: Path) -> None:
    """Nothing is written; the rest of the step is not known."""
    body = """
        engine = sa.create_engine(op.get_bind().engine.url)
        with engine.begin() as own:
            own.execute(sa.text("CREATE TABLE made (id INTEGER)"))
        op.execute("UPDATE account SET name = 'own'")
        """
    config = history(tmp_path, {"creates": READING["creates"], "own": body})
    (run,) = command.plan(config, "heads").runs
    assert [one.what for one in run.steps[1].unknown] == snapshot(
        [
            "asks the database on a connection of its own, which is answered as it is before the first step",
            "raises CommandError: a script writes on a connection of its own, and a rehearsal changes nothing",
        ]
    )
    assert run.steps[1].actions == ()
    with sqlite3.connect(tmp_path / "real.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


UNKNOWN_TABLE = {
    "account": """
        op.create_table("account", sa.Column("id", sa.Integer), sa.Column("name", sa.String(9)))
        """,
    "perhaps": """
        if op.get_bind().scalar(sa.text("SELECT count(*) FROM account")) == 0:
            op.create_table("extra", sa.Column("id", sa.Integer))
        """,
    "indexes": """
        op.create_index("ix_extra", "extra", ["id"])
        op.create_index("ix_name", "account", ["name"])
        """,
    "first": """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("name", nullable=False)
        """,
    "second": """
        with op.batch_alter_table("account") as batch:
            batch.alter_column("id", nullable=False)
        """,
}


def test_after_a_statement_on_a_table_that_the_plan_does_not_know(tmp_path: Path) -> None:
    """What is written of other tables is known."""
    both = plan_and_run(history(tmp_path, UNKNOWN_TABLE))
    assert both.differing == {}
    assert [Path(path).stem for path in both.unknown] == ["perhaps"]
    assert any("INDEX ix_name" in each for path, found in both.planned.items() if "second" in path for each in found)


DROPPING = {"87ce15c59bbe_add_revert_to_snapshot_support", "fd6107509ccd_ovn_distributed_device_owner"}
"""Scripts of the projects that take a result of a session, and drop it."""
WITHOUT_A_RESULT = ("reflect the table", "asks what there is in the database", "catches an error of the database")
"""What scripts ask other than by statements of their own."""

CASES = [(project, kind) for project in PROJECTS for kind in project.kinds]


@pytest.mark.campaign
@pytest.mark.xdist_group("real")
@pytest.mark.parametrize(("project", "kind"), CASES, ids=[f"{project.name} on {kind}" for project, kind in CASES])
def test_a_history_from_pypi(project: Project, kind: str, told: Callable[[Path, Project, str], Any]) -> None:
    both = Both(**told(PROGRAM, project, kind))
    assert len(both.planned) >= 3
    assert both.differing == {}
    assert {Path(path).stem for path in both.reading if path not in both.unknown} <= DROPPING
    others = [what for path, what in both.unknown.items() if path not in both.reading]
    assert all(any(known in what[0] for known in WITHOUT_A_RESULT) for what in others), others
    assert both.raised == {}
