"""Migrations from a program: no configuration file, no env.py."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from project import Project
from sqlalchemy.ext.asyncio import create_async_engine

from limbeck import Migrator
from limbeck.errors import CommandError, LimbeckWarning
from limbeck.results import CheckResult, RunResult, StepResult, WrittenResult

METADATA = sa.MetaData()
sa.Table("t_a1", METADATA, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("t_a2", METADATA, sa.Column("id", sa.Integer, primary_key=True))


@pytest.fixture
def folder(lite: Project) -> Path:
    """A folder of two revisions, and nothing else."""
    lite.line("a1", "a2")
    return lite.root / "m" / "versions"


@pytest.fixture
def migrator(lite: Project, folder: Path) -> Migrator:
    return Migrator(lite.url, folder, METADATA)


UP = (
    StepResult("upgrade", "a1", (), ("a1",), "a1 is made"),
    StepResult("upgrade", "a2", ("a1",), ("a2",), "a2 is made"),
)


def test_upgrade_says_what_ran(migrator: Migrator, lite: Project) -> None:
    assert migrator.upgrade() == RunResult("upgrade", (), UP, ("a2",), database=lite.url)
    assert (lite.rows(), lite.tables()) == (["a2"], ["t_a1", "t_a2"])
    assert migrator.upgrade() == RunResult("upgrade", ("a2",), (), ("a2",), database=lite.url)


def test_downgrade_and_stamp(migrator: Migrator, lite: Project) -> None:
    migrator.upgrade()
    down = StepResult("downgrade", "a2", ("a2",), ("a1",), "a2 is made")
    assert migrator.downgrade("-1") == RunResult("downgrade", ("a2",), (down,), ("a1",), database=lite.url)
    assert lite.tables() == ["t_a1"]
    assert migrator.stamp("heads").end == ("a2",)
    assert lite.tables() == ["t_a1"]
    assert migrator.stamp("a1", purge=True) == RunResult(
        "stamp", ("a2",), (StepResult("stamp", None, (), ("a1",), None),), ("a1",), database=lite.url
    )
    assert lite.rows() == ["a1"]


def test_a_plan_changes_nothing(migrator: Migrator, lite: Project) -> None:
    assert migrator.plan() == RunResult("upgrade", (), UP, ("a2",))
    assert lite.rows() is None
    migrator.upgrade("a1")
    assert migrator.plan("base", "downgrade").end == ()
    assert migrator.plan("a2", "stamp").end == ("a2",)
    assert lite.rows() == ["a1"]


def test_current(migrator: Migrator, lite: Project) -> None:
    def current() -> tuple[tuple[str, ...], tuple[str, ...], bool, list[str]]:
        found = migrator.current()
        return found.rows, found.unknown, found.is_at_heads, [one.revision for one in found.revisions]

    assert current() == ((), (), False, [])
    migrator.upgrade("a1")
    assert current() == (("a1",), (), False, ["a1"])
    migrator.upgrade()
    assert current() == (("a2",), (), True, ["a2"])
    lite.execute("UPDATE alembic_version SET version_num = 'zz'")
    assert current() == (("zz",), ("zz",), False, [])
    assert migrator.current().database == lite.url


def test_history(migrator: Migrator) -> None:
    migrator.upgrade("a1")
    newest, oldest = migrator.history()
    assert (newest.revision, newest.down_revisions, newest.is_head, newest.is_current) == ("a2", ("a1",), True, False)
    assert (oldest.revision, oldest.down_revisions, oldest.is_head, oldest.is_current) == ("a1", (), False, True)
    assert oldest.path.endswith("a1.py")


def test_check(migrator: Migrator, lite: Project) -> None:
    with pytest.raises(CommandError, match="not up to date"):
        migrator.check()
    migrator.upgrade()
    assert migrator.check() == CheckResult(())
    lite.execute("DROP TABLE t_a2")
    found = migrator.check()
    assert not found.is_clean
    (difference,) = found.differences
    assert (difference.kind, difference.table, difference.name) == ("add_table", "t_a2", None)
    kind, table = difference.diff
    assert (kind, table.name) == ("add_table", "t_a2")


def test_revision(migrator: Migrator, folder: Path) -> None:
    written = migrator.revision("something", rev_id="a3")
    assert written == WrittenResult("a3", str(folder / "a3_something.py"))
    assert migrator.history()[0].down_revisions == ("a2",)


def test_revision_from_models(migrator: Migrator, lite: Project) -> None:
    migrator.upgrade()
    sa.Table("more", METADATA, sa.Column("id", sa.Integer, primary_key=True))
    try:
        written = migrator.revision("more", autogenerate=True, rev_id="a3")
    finally:
        METADATA.remove(METADATA.tables["more"])
    assert "op.create_table('more'" in Path(written.path).read_text().replace('"', "'")
    assert migrator.upgrade().end == ("a3",)
    assert "more" in lite.tables()


def test_values_are_frozen(migrator: Migrator) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        migrator.current().rows = ()  # type: ignore[misc]


def test_it_works_by_the_edition(migrator: Migrator, lite: Project) -> None:
    """DDL on SQLite is transactional, and an unknown option an error."""
    lite.script("a3", "a2", 'op.execute("CREATE TABLE half (id int)")\nop.execute("SELECT * FROM nowhere")')
    with pytest.raises(sa.exc.DBAPIError):
        migrator.upgrade()
    assert (lite.rows(), lite.tables()) == (["a2"], ["t_a1", "t_a2"])
    with pytest.raises(CommandError) as error:
        Migrator(lite.url, lite.root / "m", compare_typ=False).current()
    assert error.value.code == "unknown-option"


def test_options_of_configure_go_through(lite: Project, folder: Path) -> None:
    Migrator(lite.url, folder, version_table="mine").upgrade()
    assert lite.rows("mine") == ["a2"]


def test_on_each_backend(project: Project) -> None:
    project.line("a1", "a2")
    assert Migrator(project.url, project.root / "m").upgrade().end == ("a2",)
    assert project.rows() == ["a2"]


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "in-a-running-loop"])
def test_an_asyncio_engine(lite: Project, folder: Path, inside: bool) -> None:
    engine = create_async_engine(lite.url.replace("sqlite:", "sqlite+aiosqlite:"))

    async def upgrade() -> RunResult:
        return Migrator(engine, folder).upgrade()

    run = asyncio.run(upgrade()) if inside else Migrator(engine, folder).upgrade()
    assert run.end == ("a2",)
    assert lite.rows() == ["a2"]
    asyncio.run(engine.dispose())


def test_a_connection_stays_its_owners(postgres: Project) -> None:
    postgres.line("a1")
    with sa.create_engine(postgres.url).connect() as connection:
        with connection.begin() as transaction:
            Migrator(connection, postgres.root / "m").upgrade()
            transaction.rollback()
        assert postgres.rows() is None
        Migrator(connection, postgres.root / "m").upgrade()
    assert postgres.rows() == ["a1"]


def test_a_url_of_no_use(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as error:
        Migrator("nothing", tmp_path)
    assert error.value.code == "bad-url"
    with pytest.raises(CommandError) as error:
        Migrator("sqlite:///x.db", tmp_path / "missing").current()
    assert error.value.code == "script-location-missing"


def test_the_package_gives_it_when_it_is_named_and_imports_nothing_before() -> None:
    code = (
        "import sys, limbeck\n"
        "assert not {'limbeck.migrator', 'sqlalchemy'} & set(sys.modules)\n"
        "from limbeck import Migrator\n"
        "assert Migrator is sys.modules['limbeck.migrator'].Migrator\n"
        "assert not hasattr(limbeck, 'Migrater')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.upgrade(None), "A target is text, not None"),
        (lambda m: m.downgrade(["a1"]), "A target is text, not ['a1']"),
        (lambda m: m.stamp(["a1", "a2"]), "A target is text, not ['a1', 'a2']"),
        (lambda m: m.stamp(), "stamp() needs a target"),
        (lambda m: m.plan(kind="bogus"), "There is no plan of kind 'bogus'"),
        (lambda m: m.plan(1), "A target is text, not 1"),
        (lambda m: m.history(end=None), "A target is text, not None"),
    ],
)
def test_an_argument_that_is_none(
    migrator: Migrator, lite: Project, call: Callable[[Migrator], object], message: str
) -> None:
    with pytest.raises(CommandError) as failed:
        call(migrator)
    assert (str(failed.value), failed.value.code) == (message, "usage")
    assert failed.value.hint
    assert lite.rows() is None


def test_without_models(lite: Project, folder: Path) -> None:
    """The hint is for a program, which has no env.py."""
    bare = Migrator(lite.url, folder)
    for call in (bare.check, partial(bare.revision, autogenerate=True)):
        with pytest.raises(CommandError) as failed:
            call()
        assert failed.value.code == "no-metadata"
        assert "target_metadata=Base.metadata" in str(failed.value.hint)
        assert "env" not in failed.value.report()


def test_a_new_revision_prints_nothing(migrator: Migrator, capfd: pytest.CaptureFixture[str]) -> None:
    migrator.revision("another")
    assert capfd.readouterr().out == ""


def test_an_id_that_contains_head_is_an_id(migrator: Migrator, folder: Path, lite: Project) -> None:
    """Only heads as targets need every file: an unreadable one may be a head itself."""
    (folder / "ahead.py").write_text((folder / "a1.py").read_text(encoding="utf-8").replace("a1", "ahead"))
    (folder / "broken.py").write_text("revision = 'b1'\ndown_revision = (\n")
    with pytest.warns(LimbeckWarning):
        run = migrator.upgrade("ahead")
    assert run.end == ("ahead",)
    with pytest.warns(LimbeckWarning), pytest.raises(CommandError, match="can't be read"):
        migrator.upgrade("heads")
    assert lite.rows() == ["ahead"]


def test_a_merge_is_taken_back(lite: Project) -> None:
    """``a1 <- (a2, a3) <- m1``: one step down from the merge point leaves both its parents."""
    lite.line("a1", "a2")
    lite.script("a3", "a1")
    lite.script("m1", ("a2", "a3"))
    migrator = Migrator(lite.url, lite.root / "m" / "versions")
    migrator.upgrade()
    run = migrator.downgrade("-1")
    assert [step.revision for step in run.steps] == ["m1"]
    assert sorted(run.end) == sorted(lite.rows() or []) == ["a2", "a3"]
    migrator.upgrade()
    with pytest.raises(CommandError, match="Ambiguous walk"):
        migrator.downgrade("-2")


def test_a_database_in_memory(folder: Path) -> None:
    """It is that of an engine or a connection; by a URL every call would have another one."""
    with pytest.raises(CommandError, match="gone when that is closed"):
        Migrator("sqlite://", folder)
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    assert Migrator(engine, folder).upgrade().end == ("a2",)
    assert Migrator(engine, folder).current().rows == ("a2",)
