"""``limbeck rebase``: two clones that both add revisions, one of which puts its own on top of the other's.

first --- t1 --- t2                first --- t1 --- t2 --- o1 --- o2
     \\                      ->
      --- o1 --- o2
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from clones import Clone
from command_line import limbeck
from inline_snapshot import snapshot
from json_document import document

from limbeck import command
from limbeck.errors import CommandError, UsageError
from limbeck.script import file_change


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository ``theirs`` of one revision, and the two of them as they are at the end of `ours`."""
    root = tmp_path_factory.mktemp("clones")
    theirs = Clone.first(root / "theirs")
    theirs.add("first")
    shutil.copytree(root / "theirs", root / "first")
    ours = theirs.clone("ours")
    ours.git("checkout", "-qb", "feature")
    ours.add("o1")
    ours.add("o2")
    theirs.add("t1")
    theirs.add("t2")
    ours.git("fetch", "-q")
    return root


@pytest.fixture
def first(made: Path, tmp_path: Path) -> Clone:
    """A repository with one revision."""
    return Clone(shutil.copytree(made / "first", tmp_path / "theirs"))


@pytest.fixture
def theirs(made: Path, tmp_path: Path) -> Clone:
    """The repository that all work goes into, with three revisions."""
    return Clone(shutil.copytree(made / "theirs", tmp_path / "theirs"))


@pytest.fixture
def ours(theirs: Clone, made: Path, tmp_path: Path) -> Clone:
    """A clone with two revisions on a branch, while there are two others in the repository."""
    clone = Clone(shutil.copytree(made / "ours", tmp_path / "ours"))
    clone.git("remote", "set-url", "origin", str(theirs.root))
    return clone


def merged(clone: Clone) -> Clone:
    """The clone, after git has merged ``origin/main`` and stopped at the file of the heads."""
    assert "Merge conflict in migrations/versions/HEADS" in clone.git("merge", "origin/main", fails=True)
    return clone


def refusal(clone: Clone, **options: object) -> CommandError:
    """What keeps the revisions of a clone where they are."""
    before = clone.files()
    with pytest.raises(CommandError) as raised:
        command.rebase(clone.config(), **options)  # type: ignore[arg-type]
    assert clone.files() == before
    return raised.value


ON_TOP = ["o1 <- o2", "t2 <- o1", "t1 <- t2", "first <- t1", "- <- first"]


def test_after_a_merge(ours: Clone) -> None:
    """Git stops at HEADS; the revisions follow the others, and the file has one line."""
    merged(ours)
    result = command.rebase(ours.config())
    assert ours.history() == ON_TOP
    assert ours.heads() == "o2  add o2\n"
    assert (result.onto, result.heads) == ("origin/main", ("o2",))
    assert [(one.revision, one.before, one.after) for one in result.revisions] == [
        ("o1", ("first",), ("t2",)),
        ("o2", ("o1",), ("o1",)),
    ]
    text = ours.path("o1").read_text()
    assert (
        re.findall(r"^(?:Revises|down_revision).*", text, flags=re.MULTILINE)
        == [
            "Revises: t2",
            'down_revision: str | Sequence[str] | None = "t2"',
        ]
        or "'t2'" in text
    )
    ours.commit("merged")
    assert ours.git("status", "--porcelain") == ""


def test_in_the_middle_of_a_rebase_of_git(ours: Clone) -> None:
    """Git stops at the first commit; the second one then comes on top of it without a conflict."""
    assert "CONFLICT" in ours.git("rebase", "origin/main", fails=True)
    command.rebase(ours.config())
    assert ours.heads() == "o1  add o1\n"
    ours.git("add", "--all", ".")
    ours.git("-c", "core.editor=true", "rebase", "--continue")
    assert ours.history() == ON_TOP
    assert ours.heads() == "o2  add o2\n"
    assert ours.git("log", "--format=%s", "origin/main..").split("\n")[:2] == ["add o2", "add o1"]


def test_both_clones_end_at_one_history(theirs: Clone, ours: Clone) -> None:
    """The rebased branch is pulled without a conflict, and its history runs on a database that has the other's."""
    command.upgrade(theirs.config(), "head")
    merged(ours)
    command.rebase(ours.config())
    ours.commit("merged")
    theirs.git("pull", "-q", "--ff-only", str(ours.root), "feature")
    command.upgrade(theirs.config(), "head")
    assert ours.files() == theirs.files()
    engine = sa.create_engine(f"sqlite:///{theirs.root}/test.db")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == ["o2"]
    engine.dispose()


def test_what_is_done_already_is_not_done_again(ours: Clone) -> None:
    merged(ours)
    command.rebase(ours.config())
    before = ours.files()
    result = command.rebase(ours.config())
    assert (result.revisions, result.files) == ((), ())
    assert ours.files() == before
    assert ours.out.getvalue() == "Nothing to move: what origin/main lacks is on top of it already\n"


def test_names_with_dates_get_another_date(tmp_path: Path) -> None:
    """A name that the template has made gets a new one, one by hand keeps its own; line ends stay as they are."""
    theirs = Clone.first(
        tmp_path / "theirs",
        file_template="%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s",
    )
    theirs.add("first")
    ours = theirs.clone("ours")
    theirs.add("t1")
    ours.add("o1", commit=False)
    ours.add("o2", commit=False)
    old = ours.path("o1").rename(ours.versions / "2001_02_03_0405-o1_add_o1.py")
    text = old.read_text()
    old.write_bytes(re.sub(r"Create Date: .*", "Create Date: 2001-02-03 04:05:06", text).replace("\n", "\r\n").encode())
    ours.path("o2").rename(ours.versions / "by_hand.py")
    ours.commit("two revisions")
    ours.git("fetch", "-q")
    merged(ours)
    result = command.rebase(ours.config())
    assert not old.exists()
    assert re.fullmatch(r"20[2-9]\d_\d\d_\d\d_\d{4}-o1_add_o1\.py", ours.path("o1").name)
    assert ours.path("o2").name == "by_hand.py"
    assert sorted(map(str, [old, ours.path("o1"), ours.path("o2"), ours.versions / "HEADS"])) == sorted(result.files)
    data = ours.path("o1").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n")
    assert b"2001" not in data
    dates = [re.search(r"Create Date: (.*)", ours.path(name).read_text())[1] for name in ("o1", "o2")]  # type: ignore[index]
    assert dates == sorted(dates)


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        ("down_revision = ('first',)\n", "down_revision = 't1'\n"),
        ('down_revision = ["first"]\n', 'down_revision = "t1"\n'),
        ('down_revision: str | None = "first"  # comes first\n', 'down_revision: str | None = "t1"  # comes first\n'),
    ],
)
def test_headers_in_other_forms(first: Clone, edit: str, line: str) -> None:
    ours = first.clone("ours")
    first.add("t1")
    ours.add("o1", commit=False)
    path = ours.path("o1")
    path.write_text(re.sub(r"down_revision: .*\n", edit, path.read_text()))
    ours.commit("o1")
    ours.git("fetch", "-q")
    merged(ours)
    command.rebase(ours.config())
    assert line in ours.path("o1").read_text()


# --- refused ----------------------------------------------------------------------------------------------------------


def test_what_is_not_here_yet(ours: Clone) -> None:
    error = refusal(ours)
    assert (error.code, str(error)) == ("not-merged", "origin/main has revisions that are not here: t1, t2")


def test_what_is_on_the_upstream(ours: Clone) -> None:
    """A branch that was pushed may be another person's too; ``--pushed`` says that it is not."""
    ours.git("push", "-q", "--set-upstream", "origin", "feature")
    merged(ours)
    error = refusal(ours)
    assert error.code == "published"
    assert str(error) == "Published on origin/feature already, so that others may have run it: o1, o2"
    command.rebase(ours.config(), pushed=True)
    assert ours.history() == ON_TOP


def test_what_is_on_the_branch_of_the_remote(theirs: Clone, ours: Clone) -> None:
    """Nobody moves what is there, whatever else is asked for."""
    ours.git("push", "-q", "origin", "feature")
    theirs.git("checkout", "-q", "feature")
    ours.git("remote", "set-head", "origin", "feature")
    ours.git("branch", "other", "origin/main")
    ours.git("merge", "other", fails=True)
    assert refusal(ours, branch="other", pushed=True).code == "published"


def test_what_has_run_on_the_database(ours: Clone) -> None:
    """By its version rows, and by its history of runs where another tool has written the rows."""
    command.upgrade(ours.config(), "o1")
    merged(ours)
    error = refusal(ours)
    assert error.code == "has-run"
    assert str(error) == f"It has run on sqlite:///{ours.root}/test.db: o1"
    assert error.hint == "take it back there first: `limbeck downgrade first`"
    engine = sa.create_engine(f"sqlite:///{ours.root}/test.db")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'first'"))
    engine.dispose()
    assert refusal(ours).code == "has-run"
    with_rows = command.rebase(ours.config(), no_database=True)
    assert [one.revision for one in with_rows.revisions] == ["o1", "o2"]


def test_what_was_taken_back_may_move(ours: Clone) -> None:
    command.upgrade(ours.config(), "o2")
    command.downgrade(ours.config(), "first")
    merged(ours)
    command.rebase(ours.config())
    command.upgrade(ours.config(), "head")
    assert ours.history() == ON_TOP


def test_a_database_that_does_not_answer(ours: Clone) -> None:
    ini = ours.root / "alembic.ini"
    ini.write_text(re.sub(r"sqlite:///.*", "postgresql+psycopg://nobody@127.0.0.1:1/none", ini.read_text()))
    merged(ours)
    error = refusal(ours)
    assert (error.code, error.hint) == ("not-asked", "--no-database leaves that question out")
    command.rebase(ours.config(), no_database=True)
    assert ours.history() == ON_TOP


def test_another_parent_here_than_there(theirs: Clone, ours: Clone) -> None:
    merged(ours)
    path = ours.path("t2")
    path.write_text(path.read_text().replace("'t1'", "'first'").replace('"t1"', '"first"'))
    error = refusal(ours)
    assert (error.code, str(error)) == ("not-merged", "Revision t2 follows first here, and t1 in origin/main")
    assert error.file == str(path)


def test_several_heads_there(theirs: Clone, ours: Clone) -> None:
    theirs.add("t3", head="first", splice=True)  # type: ignore[arg-type]
    ours.git("fetch", "-q")
    merged(ours)
    error = refusal(ours)
    assert (error.code, str(error)) == ("several-heads-there", "Of revision first come several heads: t2, t3")


def test_a_header_that_only_an_import_can_tell(ours: Clone) -> None:
    path = ours.path("o1")
    path.write_text(re.sub(r"(down_revision.*) = (.*)", r"\1 = str(\2)", path.read_text()))
    ours.commit("a call")
    merged(ours)
    error = refusal(ours)
    assert (error.code, str(error)) == (
        "not-rewritable",
        "The parents of a revision cannot be rewritten: its header is not plain",
    )
    assert error.file == str(path)


def test_no_branch_to_follow(tmp_path: Path) -> None:
    alone = Clone.first(tmp_path / "alone")
    alone.add("first")
    with pytest.raises(UsageError, match=r"git knows no branch that the one of .* goes into"):
        command.rebase(alone.config())
    with pytest.raises(CommandError, match="git knows no branch or commit 'elsewhere'"):
        command.rebase(alone.config(), "elsewhere")


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_file_that_cannot_be_written(ours: Clone, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """Two revisions and the file of the heads: whichever fails, all are as they were."""
    merged(ours)
    write, count = file_change.write_whole, iter(range(100))

    def failing_once(path: str, data: bytes) -> None:
        if path.startswith(str(ours.root)) and next(count) == failing:
            raise CommandError("Can't write: No space left on device", code="not-writable", file=path)
        write(path, data)

    monkeypatch.setattr(file_change, "write_whole", failing_once)
    assert refusal(ours).code == "not-writable"


# --- shapes -----------------------------------------------------------------------------------------------------------


def test_a_merge_on_this_branch_becomes_part_of_the_line(first: Clone) -> None:
    """
    first --- t1 --- t2               first --- t1 --- t2 --- o1 --- m
       \\        \\             ->
        -- o1 --- m
    """
    ours = first.clone("ours")
    ours.add("o1")
    first.add("t1")
    ours.git("fetch", "-q")
    merged(ours)
    command.merge(ours.config(), "heads", "m", rev_id="m")
    ours.commit("merged")
    first.add("t2")
    ours.git("fetch", "-q")
    merged(ours)
    command.rebase(ours.config())
    assert ours.history() == ["o1 <- m", "t2 <- o1", "t1 <- t2", "first <- t1", "- <- first"]
    assert ours.heads() == "m  m\n"


def test_first_revisions_on_both_sides(tmp_path: Path) -> None:
    """Two bases become one line; one with a label is a branch of its own, and stays."""
    theirs = Clone.first(tmp_path / "theirs")
    ours = theirs.clone("ours")
    theirs.add("t1")
    ours.add("o1")
    ours.add("s1", head="base", branch_label="side")
    ours.git("fetch", "-q")
    merged(ours)
    command.rebase(ours.config())
    assert sorted(ours.history()) == ["- <- s1", "- <- t1", "t1 <- o1"]
    assert ours.heads() == "o1  add o1\ns1  add s1\n"


# --- the command line -------------------------------------------------------------------------------------------------


def test_needs_yes_where_nobody_can_be_asked(ours: Clone) -> None:
    merged(ours)
    before = ours.files()
    done = limbeck(ours.root, "rebase")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == snapshot("""\
error[not-confirmed]: Nothing was moved: it was not confirmed
  hint: `--yes` does it without asking
  This puts 2 revisions on top of origin/main:
  o1, add o1: follows t2 instead of first (migrations/versions/o1_add_o1.py)
  o2, add o2: follows o1 (migrations/versions/o2_add_o2.py)
  migrations/versions/HEADS is written
""")
    assert ours.files() == before
    done = limbeck(ours.root, "rebase", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout == snapshot("""\
o1, add o1: follows t2 instead of first (migrations/versions/o1_add_o1.py)
o2, add o2: follows o1 (migrations/versions/o2_add_o2.py)
""")


def test_json(ours: Clone) -> None:
    merged(ours)
    done = limbeck(ours.root, "rebase", "origin/main", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    found = document(done.stdout)
    assert (found["schema"], found["onto"], found["heads"]) == ("limbeck.rebase", "origin/main", ["o2"])
    assert found["revisions"][0] == {
        "revision": "o1",
        "doc": "add o1",
        "before": ["first"],
        "after": ["t2"],
        "path": str(ours.path("o1")),
        "new_path": str(ours.path("o1")),
    }
    assert found["files"] == [
        str(ours.path("o1")),
        str(ours.path("o2")),
        str(ours.versions / "HEADS"),
    ]
