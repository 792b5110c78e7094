"""``limbeck merge --auto``: what clashes is shown and nothing written; what does not is merged.

    first --- o1     (account with id, name, age; team with id)
        \\
         --- t1
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clones import Clone
from command_line import limbeck
from inline_snapshot import snapshot
from json_document import document

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.maintenance.merge import Merge, examine

TABLES = """\
op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50)),
        sa.Column("age", sa.Integer),
    )
    op.create_table("team", sa.Column("id", sa.Integer, primary_key=True))"""

ADD_CITY = 'op.add_column("account", sa.Column("city", sa.String(50)))'
ADD_ZIP = 'op.add_column("account", sa.Column("zip", sa.String(9)))'
DROP_AGE = 'op.drop_column("account", "age")'
NEW_TABLE = 'op.create_table("invoice", sa.Column("id", sa.Integer, primary_key=True))'
DROP_TEAM = 'op.drop_table("team")'
INDEX_NAME = 'op.create_index("ix_name", "account", ["name"])'
INDEX_AGE = 'op.create_index("ix_age", "account", ["age"])'
UPDATE = """op.execute("UPDATE account SET name = 'x'")"""
INSERT = """op.execute("INSERT INTO team VALUES (1)")"""
REFERS = """\
op.create_table(
        "member",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("team.id")),
    )"""

DISJOINT = {
    "columns of one table": (ADD_CITY, ADD_ZIP),
    "tables": (NEW_TABLE, ADD_CITY),
    "an index and another column": (INDEX_NAME, DROP_AGE),
    "rows and a column": (UPDATE, ADD_CITY),
    "rows of two tables": (UPDATE, INSERT),
    "a foreign key to a table that gets a column": (REFERS, 'op.add_column("team", sa.Column("name", sa.Text))'),
    "SQL": (
        'op.execute("ALTER TABLE account ADD COLUMN a INTEGER")',
        'op.execute("ALTER TABLE account ADD b INTEGER")',
    ),
    "nothing": ("pass", DROP_TEAM),
}

CLASHES = {
    "the same column": (ADD_CITY, ADD_CITY, ("account", "column city")),
    "the same column, in SQL": (
        ADD_CITY,
        'op.execute("ALTER TABLE account ADD COLUMN city VARCHAR(9)")',
        ("account", "column city"),
    ),
    "the same table": (NEW_TABLE, NEW_TABLE, ("invoice", None)),
    "a column that is dropped and indexed": (DROP_AGE, INDEX_AGE, ("account", "column age")),
    "a column of a table that is dropped": (
        DROP_TEAM,
        'op.add_column("team", sa.Column("x", sa.Text))',
        ("team", "column x"),
    ),
    "a foreign key to a table that is dropped": (REFERS, DROP_TEAM, ("team", None)),
    "an index of a table that is renamed": (
        'op.rename_table("account", "user")',
        INDEX_NAME,
        ("account", "index ix_name"),
    ),
    "one name for two indexes": (
        'op.create_index("ix_x", "account", ["age"])',
        'op.create_index("ix_x", "team", ["id"])',
        (None, "index ix_x"),
    ),
    "rows": (UPDATE, """op.execute("UPDATE account SET name = 'y'")""", ("account", "rows")),
    "rows and a column that is dropped": (UPDATE, DROP_AGE, ("account", "rows")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository with three revisions, two of them heads that do nothing."""
    clone = Clone.first(tmp_path_factory.mktemp("merge") / "clone")
    clone.add("first", TABLES, commit=False)
    clone.add("o1", commit=False)
    clone.add("t1", head="first", splice=True, commit=False)
    return clone


def give(clone: Clone, ours: str, theirs: str) -> None:
    """Have the heads do something."""
    for name, body in (("o1", ours), ("t1", theirs)):
        path = clone.path(name)
        head, upgrade, _ = path.read_text().partition("def upgrade() -> None:\n")
        path.write_text(f"{head}{upgrade}    {body}\n\n\ndef downgrade() -> None:\n    pass\n")


def examined(clone: Clone, ours: str, theirs: str) -> Merge:
    give(clone, ours, theirs)
    return examine(environment_of(clone.config()), ["o1", "t1"])


@pytest.mark.parametrize(("ours", "theirs"), DISJOINT.values(), ids=DISJOINT)
def test_disjoint(made: Clone, ours: str, theirs: str) -> None:
    assert examined(made, ours, theirs) == Merge(("o1", "t1"))


@pytest.mark.parametrize(("ours", "theirs", "what"), CLASHES.values(), ids=CLASHES)
def test_clash(made: Clone, ours: str, theirs: str, what: tuple[str | None, str | None]) -> None:
    """Whichever side has which, the table and the part of it are named once, with both revisions."""
    for one, other in ((ours, theirs), (theirs, ours)):
        (clash,) = examined(made, one, other).clashes
        assert (clash.table, clash.part) == what
        assert [side.revision for side in clash.sides] == ["o1", "t1"]


@pytest.fixture(params=["postgresql", "mariadb"])
def served(made: Clone, request: pytest.FixtureRequest) -> Iterator[Clone]:
    """The same repository for a database on a server."""
    url = request.getfixturevalue(f"{request.param}_url")
    ini = made.root / "alembic.ini"
    before = ini.read_text()
    ini.write_text(before.replace("sqlite:///%(here)s/test.db", url.replace("%", "%%")))
    yield made
    ini.write_text(before)


def test_on_servers(served: Clone) -> None:
    assert examined(served, f"{ADD_CITY}\n    {INDEX_NAME}", f"{ADD_ZIP}\n    {REFERS}") == Merge(("o1", "t1"))
    (clash,) = examined(
        served, 'op.alter_column("account", "age", existing_type=sa.Integer, type_=sa.Text)', DROP_AGE
    ).clashes
    assert (clash.table, clash.part) == ("account", "column age")


@pytest.mark.parametrize("served", ["postgresql"], indirect=True)
def test_what_only_the_database_knows(served: Clone) -> None:
    """A view reads a column that the other side drops: no name is shared, and one order fails."""
    found = examined(served, 'op.create_view("grown", "SELECT age FROM account")', DROP_AGE)
    assert found.clashes == ()
    assert [line.partition(":")[0] for line in found.differs] == ["t1 fails after o1"]


def test_what_cannot_be_known(made: Clone) -> None:
    found = examined(made, 'for row in op.get_bind().exec_driver_sql("SELECT 1"):\n        pass', ADD_CITY)
    assert [one.what for one in found.unknown] == ["loops over rows"]
    found = examined(made, 'op.execute("VACUUM INTO nowhere WHATEVER account")', ADD_CITY)
    assert len(found.unknown) == 1


def test_three_heads(made: Clone, tmp_path: Path) -> None:
    """
    first --- o1 --- o2
        \\     \\
         \\     --- o3     (o1 is in two of the sides, and clashes with neither)
          --- t1
    """
    import shutil

    clone = Clone(shutil.copytree(made.root, tmp_path / "three"))
    give(clone, ADD_CITY, ADD_ZIP)
    clone.add("o2", INDEX_NAME, head="o1", commit=False)
    clone.add("o3", 'op.create_index("ix_city", "account", ["city"])', head="o1", splice=True, commit=False)
    environment = environment_of(clone.config())
    assert examine(environment, environment.script.get_heads()).is_safe
    result = command.merge(clone.config(), "heads", "all", auto=True, rev_id="m")
    assert sorted(clone.history()[0].partition(" <- ")[0].split(", ")) == ["o2", "o3", "t1"]
    assert clone.heads() == "m  all\n"
    assert result is not None


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Clone, Clone]:
    """Two clones with a revision each, the second one in a merge that git has stopped at the file of the heads."""
    theirs = Clone.first(tmp_path / "theirs")
    theirs.add("first", TABLES)
    ours = theirs.clone("ours")
    theirs.add("t1", ADD_CITY)
    ours.add("o1", ADD_ZIP)
    ours.git("fetch", "-q")
    assert "CONFLICT" in ours.git("merge", "origin/main", fails=True)
    return ours, theirs


def test_two_clones(clones: tuple[Clone, Clone]) -> None:
    """The merge revision and the file of the heads resolve the conflict, and both clones end at one history."""
    ours, theirs = clones
    done = limbeck(ours.root, "merge", "--auto", "-m", "both", "--rev-id", "m")
    assert done.returncode == 3
    assert "error[not-confirmed]: Nothing was merged" in done.stderr
    assert not list(ours.versions.glob("m_*"))
    done = limbeck(ours.root, "merge", "--auto", "-m", "both", "--rev-id", "m", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    found = document(done.stdout)
    assert (found["schema"], found["heads"], found["clashes"]) == ("limbeck.merge", ["o1", "t1"], [])
    assert found["written"]["revision"] == "m"
    assert ours.heads() == "m  both\n"
    ours.commit("merged")
    theirs.git("pull", "-q", "--ff-only", str(ours.root), "main")
    command.upgrade(theirs.config(), "head")
    assert theirs.files() == ours.files()


def test_a_clash_is_shown(clones: tuple[Clone, Clone]) -> None:
    ours, _ = clones
    path = ours.path("o1")
    path.write_text(path.read_text().replace(ADD_ZIP, DROP_AGE))
    path = ours.path("t1")
    path.write_text(path.read_text().replace(ADD_CITY, INDEX_AGE))
    before = ours.files()
    done = limbeck(ours.root, "merge", "--auto", "--yes")
    assert done.returncode == 1
    assert ours.files() == before
    assert done.stdout == snapshot("""\
Clash: column age of table account
  o1, add o1: drop column account.age (migrations/versions/o1_add_o1.py:22)
  t1, add t1: create index ix_age on account (migrations/versions/t1_add_t1.py:22)
""")
    assert done.stderr == snapshot("""\
error[merge-clash]: o1, t1 are not merged: 1 clash
  hint: change one of them, put one on top of the other by `limbeck rebase`, or merge without --auto
""")
    done = limbeck(ours.root, "merge", "--auto", "--json")
    assert done.returncode == 1
    (clash,) = document(done.stdout)["clashes"]
    assert (clash["table"], clash["part"], clash["sides"][0]["revision"]) == ("account", "column age", "o1")
    assert ours.files() == before


def test_one_head(tmp_path: Path) -> None:
    clone = Clone.first(tmp_path / "clone")
    clone.add("first", commit=False)
    with pytest.raises(CommandError) as raised:
        command.merge(clone.config(), auto=True)
    assert raised.value.code == "nothing-to-merge"


def test_nothing_is_named(tmp_path: Path) -> None:
    clone = Clone.first(tmp_path / "clone")
    done = limbeck(clone.root, "merge")
    assert done.returncode == 2
    assert done.stderr == snapshot("""\
error[usage]: Which revisions are to be merged?
  hint: as in `limbeck merge heads`
""")


def test_a_file_of_the_heads_that_cannot_be_written(made: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    give(made, ADD_CITY, ADD_ZIP)
    before = made.files()

    def fail(*_: object) -> None:
        raise CommandError("Can't write: No space left on device", code="not-writable")

    monkeypatch.setattr("limbeck.script.heads_file.write", fail)
    with pytest.raises(CommandError, match="No space left"):
        command.merge(made.config(), auto=True)
    assert made.files() == before
