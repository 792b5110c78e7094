"""Revisions that came in between, and files that were edited, by real git histories: `status`, `upgrade --skipped`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from project import Project

from limbeck import Migrator, command
from limbeck.errors import CommandError, UsageError
from limbeck.results import DatabaseStatus

ME = ["-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false"]


class Repository:
    """A git repository with the revisions of a project; production runs what a branch has.

    :param project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.versions = project.root / "m" / "versions"
        self("init", "-q", "-b", "main")
        (project.root / ".gitignore").write_text("*.db\n*.lock\n__pycache__\nsaid.*\n")
        self.commit("begin")

    def __call__(self, *words: str, check: bool = True) -> None:
        done = subprocess.run(
            ["git", *ME, *words], check=False, cwd=self.project.root, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr

    def commit(self, message: str) -> None:
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "-m", message)

    def revision(self, id_: str, down: str | None = None) -> None:
        """Write a revision and commit it."""
        self.project.script(id_, down)
        self.commit(id_)

    def edit(self, id_: str, old: str, new: str) -> None:
        path = self.versions / f"{id_}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def state(project: Project) -> DatabaseStatus:
    (found,) = command.status(project.configure())
    return found


def skipped(project: Project) -> list[str]:
    return [row.revision for row in state(project).skipped]


def edited(project: Project) -> dict[str, str]:
    return {row.revision: row.differs for row in state(project).edited}


def ids(steps: list[Any]) -> list[str]:
    return [step.revision.revision for step in steps]


@pytest.fixture
def git(make: Callable[..., Project]) -> Repository:
    return Repository(make("sqlite", edition=2026))


def test_a_merge_below_what_is_applied(modern: Project) -> None:
    """Production is at a2 of a1 - a2; b1 was written on a branch and came below a2 as the branches were merged."""
    git = Repository(modern)
    git.revision("a1")
    git("branch", "feature")
    git.revision("a2", "a1")
    modern.upgrade()
    git("checkout", "-q", "feature")
    git.revision("b1", "a1")
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-edit", "feature")
    git.edit("a2", "down_revision = 'a1'", "down_revision = 'b1'")
    git.commit("one line of revisions again")

    found = state(modern)
    assert [(row.revision, row.doc) for row in found.skipped] == [("b1", "b1 is made")]
    assert [row.path for row in found.skipped] == [str(git.versions / "b1.py")]
    assert edited(modern) == {"a2": "text"}, "another parent is no other operation"
    assert (found.pending, found.is_at_heads, found.amiss) == ((), True, ("skipped",))
    assert modern.upgrade() == [], "upgrade says that all is done"

    assert ids(modern.upgrade(None, skipped=True)) == ["b1"]
    assert modern.rows() == ["a2"]
    assert "t_b1" in modern.tables()
    assert (skipped(modern), state(modern).amiss) == ([], ())
    assert modern.upgrade(None, skipped=True) == []
    modern.downgrade("base")
    assert [name for name in modern.tables() if name.startswith("t_")] == []


def test_a_cherry_pick(git: Repository) -> None:
    """
    main     a1 - a2 - a3
    release  a1 - a3, where a3 was needed first; a2 follows with the next merge
    """
    git.revision("a1")
    git("branch", "release")
    git.revision("a2", "a1")
    git.revision("a3", "a2")
    git("checkout", "-q", "release")
    git("cherry-pick", "main")
    git.edit("a3", "down_revision = 'a2'", "down_revision = 'a1'")
    git.commit("a3 without a2")
    git.project.upgrade()
    assert skipped(git.project) == []

    git("merge", "-q", "--no-edit", "-X", "theirs", "main")
    git("checkout", "main", "--", ".")
    assert skipped(git.project) == ["a2"]
    git.revision("a4", "a3")
    assert [row.revision for row in state(git.project).pending] == ["a4"]
    assert ids(git.project.upgrade("head", skipped=True)) == ["a2", "a4"]
    assert (skipped(git.project), git.project.rows()) == ([], ["a4"])


def test_a_rebase(git: Repository) -> None:
    """A developer's database is at f1 above a1; main has got a2 and a3, and the branch is rebased on them."""
    git.revision("a1")
    git("checkout", "-q", "-b", "feature")
    git.revision("f1", "a1")
    git.project.upgrade()
    git("checkout", "-q", "main")
    git.revision("a2", "a1")
    git.revision("a3", "a2")
    git("checkout", "-q", "feature")
    git("rebase", "-q", "main")
    git.edit("f1", "down_revision = 'a1'", "down_revision = 'a3'")
    assert skipped(git.project) == ["a2", "a3"]
    assert ids(git.project.upgrade(None, skipped=True)) == ["a2", "a3"]
    assert skipped(git.project) == []


def test_a_merge_revision_skips_nothing(git: Repository) -> None:
    """What is on the other branch is pending, and runs by itself."""
    git.revision("a1")
    git("branch", "feature")
    git.revision("a2", "a1")
    git.project.upgrade()
    git("checkout", "-q", "feature")
    git.revision("b1", "a1")
    git("merge", "-q", "--no-edit", "main")
    git.project.script("m1", ("a2", "b1"))
    git.commit("m1")
    assert (skipped(git.project), [row.revision for row in state(git.project).pending]) == ([], ["b1", "m1"])
    git.project.upgrade()
    assert (skipped(git.project), state(git.project).amiss) == ([], ())


@pytest.mark.parametrize(
    ("old", "new", "differs", "amiss"),
    [
        ('"id"', '"ident"', "operations", ("edited",)),
        ("def upgrade", "# a comment\ndef upgrade", "text", ()),
        ("primary_key=True", "primary_key = True", "text", ()),
    ],
)
def test_an_edited_file(modern: Project, old: str, new: str, differs: str, amiss: tuple[str, ...]) -> None:
    git = Repository(modern)
    git.revision("a1")
    git.revision("a2", "a1")
    modern.upgrade()
    assert edited(modern) == {}
    git.edit("a1", old, new)
    git.commit("a1 edited")
    assert edited(modern) == {"a1": differs}
    assert state(modern).edited[0].ran is not None
    assert state(modern).amiss == amiss
    git("revert", "--no-edit", "HEAD")
    assert edited(modern) == {}


def test_line_ends_are_no_edit(git: Repository) -> None:
    git.revision("a1")
    git.project.upgrade()
    path = git.versions / "a1.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert edited(git.project) == {}


def test_a_pending_revision_may_be_edited(git: Repository) -> None:
    git.revision("a1")
    git.revision("a2", "a1")
    git.project.upgrade("a1")
    git.edit("a2", '"id"', '"ident"')
    assert edited(git.project) == {}


def test_what_the_file_did_may_be_unknown(git: Repository) -> None:
    """A run of more than a hundred steps notes nothing of the operations of the first ones."""
    git.project.line("a1", "a2")
    git.project.upgrade()
    git.project.execute("UPDATE limbeck_history SET operations_checksum = NULL")
    git.edit("a1", '"id"', '"ident"')
    assert edited(git.project) == {"a1": "unknown"}
    assert state(git.project).amiss == ("edited",)


def test_what_the_file_did_is_known_where_it_is_kept(git: Repository) -> None:
    git.project.env("context.run(history_scripts=True)")
    git.project.line("a1", "a2")
    git.project.upgrade()
    git.project.execute("UPDATE limbeck_history SET operations_checksum = NULL")
    git.edit("a1", '"id"', '"ident"')
    git.edit("a2", "def upgrade", "# a comment\ndef upgrade")
    assert edited(git.project) == {"a1": "operations", "a2": "text"}


def test_a_file_that_is_gone(git: Repository) -> None:
    """Old revisions were squashed: a2 is the base now."""
    git.revision("a1")
    git.revision("a2", "a1")
    git.project.upgrade()
    git("rm", "-q", "m/versions/a1.py")
    git.edit("a2", "down_revision = 'a1'", "down_revision = None")
    assert (skipped(git.project), edited(git.project), state(git.project).amiss) == ([], {"a2": "text"}, ())


def test_what_was_done_by_hand_is_stamped(git: Repository) -> None:
    git.revision("a1")
    git.project.script("a3", "a1")
    git.project.upgrade()
    git.revision("a2", "a1")
    git.edit("a3", "down_revision = 'a1'", "down_revision = 'a2'")
    assert skipped(git.project) == ["a2"]
    command.stamp(git.project.configure(), "a3", purge=True)
    assert skipped(git.project) == []


def test_a_row_of_another_branch(git: Repository) -> None:
    """The database was migrated by code that is not checked out: the history tells what its row is."""
    git.revision("a1")
    git("checkout", "-q", "-b", "feature")
    git.revision("b1", "a1")
    git.revision("b2", "b1")
    git.project.upgrade()
    git("checkout", "-q", "main")
    git.revision("a2", "a1")
    found = state(git.project)
    (row,) = found.unknown
    assert (row.revision, row.doc, row.ancestors) == ("b2", "b2 is made", ("a1",))
    assert row.ran is not None
    assert row.user is not None
    assert [(head.revision, head.behind) for head in found.heads] == [("a2", 1)]
    assert [pending.revision for pending in found.pending] == ["a2"]
    assert found.amiss == ("pending", "unknown")


def test_two_runs_at_once_run_it_once(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.line("a1", "a2")
    project.upgrade()
    project.script("b1", "a1", 'op.execute("SELECT pg_sleep(1)")\nop.create_table("t_b1", sa.Column("id", sa.Integer))')
    project.script("a2", "b1")
    both = [project.fork("upgrade", "--skipped") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0], [process.said.read_text() for process in both]
    assert skipped(project) == []


def test_a_skipped_revision_that_fails_stays_skipped(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.line("a1", "a2")
    project.upgrade()
    project.script("b1", "a1", 'op.execute("SELECT nothing FROM nowhere")')
    project.script("a2", "b1")
    code, output = project.run("upgrade", "--skipped")
    assert (code, "nowhere" in output) == (3, True)
    assert (skipped(project), project.rows()) == (["b1"], ["a2"])


# --- without a history ----------------------------------------------------------------------------------------------


def test_without_a_history_nothing_tells(lite: Project) -> None:
    lite.line("a1", "a2")
    lite.upgrade()
    lite.script("b1", "a1")
    lite.script("a2", "b1")
    found = state(lite)
    assert (found.has_history, found.skipped, found.edited, found.amiss) == (False, (), (), ())
    with pytest.raises(CommandError) as caught:
        lite.upgrade(None, skipped=True)
    assert (caught.value.code, caught.value.exit_code) == ("history-missing", 3)
    assert lite.rows() == ["a2"]


def test_an_empty_database_has_skipped_nothing(lite: Project) -> None:
    lite.line("a1")
    assert ids(lite.upgrade("head", skipped=True)) == ["a1"]


def test_a_history_that_began_late(lite: Project) -> None:
    """What was applied before counts as run; what comes below it afterwards does not."""
    lite.line("a1", "a2")
    lite.upgrade()
    lite.configure(edition="2026")
    lite.script("a3", "a2")
    lite.upgrade()
    assert skipped(lite) == []
    lite.script("b1", "a1")
    lite.script("a2", "b1")
    assert skipped(lite) == ["b1"]


# --- a history that is not as it should be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "unread"),
    [
        ("ALTER TABLE limbeck_history ADD COLUMN color text", []),
        ("ALTER TABLE limbeck_history DROP COLUMN operations_checksum", []),
        ("UPDATE limbeck_history SET rows_before = 'nonsense'", ["runs"]),
        ("ALTER TABLE limbeck_history DROP COLUMN position", []),
    ],
    ids=["newer", "older", "foreign values", "another table"],
)
def test_a_history_of_others(make: Callable[..., Project], statement: str, unread: list[str]) -> None:
    project = make("postgresql", edition=2026)
    project.line("a1", "a2")
    project.upgrade("a1")
    project.execute(statement)
    found = state(project)
    assert [part.part for part in found.unread] == unread
    assert [row.revision for row in found.pending] == ["a2"]


def test_a_history_in_another_schema(make: Callable[..., Project]) -> None:
    project = make("postgresql", edition=2026)
    project.execute("CREATE SCHEMA versions")
    project.env("context.run(version_table_schema='versions')")
    project.line("a1", "a2")
    project.upgrade()
    project.script("b1", "a1")
    project.script("a2", "b1")
    assert skipped(project) == ["b1"]
    assert ids(project.upgrade(None, skipped=True)) == ["b1"]
    assert skipped(project) == []


# --- what is shown --------------------------------------------------------------------------------------------------


def test_the_text(git: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    project = git.project
    monkeypatch.setenv("LIMBECK_APPLICATION", "shop")
    git.revision("a1")
    git.revision("a2", "a1")
    project.upgrade()
    git.revision("b1", "a1")
    git.edit("a2", "down_revision = 'a1'", "down_revision = 'b1'")
    git.edit("a1", '"id"', '"ident"')
    project.execute(
        "UPDATE limbeck_history SET started = '2026-11-29 12:00:00', seconds = 0.25, username = 'me', host = 'here'"
    )
    project.out.truncate(0)
    project.out.seek(0)
    command.status(project.configure())
    assert project.out.getvalue().partition("\n")[2] == snapshot("""\
  current   a2, a2 is made
  heads     a2, a2 is made: applied
  skipped   b1, b1 is made: never ran here, what follows it did
  edited    a1, a1 is made: its operations are not those that ran (2026-11-29T12:00:00Z)
            a2, a2 is made: nothing but its text differs from what ran (2026-11-29T12:00:00Z)
  lock      free
  runs      2026-11-29T12:00:00Z upgrade a1, a2: done, 0.5 s by me from here with shop
  do        skipped: limbeck upgrade --skipped
            edited: put the file back as it ran, and write the change as a new revision
""")


def test_the_last_five_runs(git: Repository) -> None:
    git.project.line(*(f"a{number}" for number in range(8)))
    for number in range(4):
        git.project.upgrade(f"a{number}")
    git.project.downgrade("a1")
    command.stamp(git.project.configure(), "a2")
    git.project.upgrade()
    runs = state(git.project).runs
    assert [(run.kind, run.revisions, run.state) for run in runs] == [
        ("upgrade", ("a3", "a4", "a5", "a6", "a7"), "done"),
        ("stamp", ("a2",), "done"),
        ("downgrade", ("a3", "a2"), "done"),
        ("upgrade", ("a3",), "done"),
        ("upgrade", ("a2",), "done"),
    ]


# --- how it is asked for --------------------------------------------------------------------------------------------


def test_on_the_command_line(git: Repository) -> None:
    git.revision("a1")
    git.project.script("a3", "a1")
    git.project.upgrade()
    git.revision("a2", "a1")
    git.edit("a3", "down_revision = 'a1'", "down_revision = 'a2'")
    code, output = git.project.run("status", "--check")
    assert (code, ": skipped\n" in output) == (1, True)
    code, output = git.project.run("upgrade", "--skipped")
    assert (code, "error" in output) == (0, False)
    assert git.project.run("status", "--check")[0] == 0
    code, output = git.project.run("upgrade")
    assert (code, "error[usage]: the following arguments are required: revision" in output) == (2, True)


def test_from_a_program(git: Repository) -> None:
    git.revision("a1")
    git.project.script("a3", "a1")
    git.project.upgrade()
    git.revision("a2", "a1")
    git.edit("a3", "down_revision = 'a1'", "down_revision = 'a2'")
    migrator = Migrator(git.project.url, git.project.root / "m")
    run = migrator.upgrade(skipped=True)
    assert [(step.revision, run.start, run.end) for step in run.steps] == [("a2", ("a3",), ("a3",))]
    assert migrator.status().skipped == ()


def test_a_script_knows_no_history(git: Repository) -> None:
    with pytest.raises(UsageError):
        git.project.upgrade("head", sql=True, skipped=True)


def test_alembic_in_between(make: Callable[..., Project], reference: Path) -> None:
    """
    a1 - a2 by Limbeck, a3 by Alembic, which does not notice that b1 came below a2
    """
    project = make("sqlite", edition=2026)
    git = Repository(project)

    def for_both(*names: str) -> None:
        for path in (project.root / "m" / "env.py", *(git.versions / f"{name}.py" for name in names)):
            path.write_text(path.read_text().replace("from limbeck import", "from alembic import"))

    project.connected()
    project.line("a1", "a2")
    for_both("a1", "a2")
    assert project.run("upgrade", "head")[0] == 0
    project.line("a1", "b1", "a2", "a3")
    for_both("a1", "b1", "a2", "a3")
    subprocess.run([reference, "-m", "alembic", "upgrade", "head"], check=True, cwd=project.root, capture_output=True)
    assert project.rows() == ["a3"]
    code, output = project.run("status", "--check")
    assert (code, ": skipped\n" in output) == (1, True), output
    assert "b1, b1 is made: never ran here" in output
    code, output = project.run("upgrade", "--skipped")
    assert code == 0, output
    assert project.run("status", "--check")[0] == 0


def shared(project: Project) -> tuple[Repository, Callable[[str, str | None], None]]:
    """A repository that both tools read, and what commits a revision to it: its scripts import the name of Alembic."""
    project.connected()
    git = Repository(project)

    def commit(id_: str, down: str | None) -> None:
        project.script(id_, down)
        for path in (project.root / "m" / "env.py", git.versions / f"{id_}.py"):
            path.write_text(path.read_text().replace("from limbeck import", "from alembic import"))
        git.commit(id_)

    return git, commit


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_both_tools_in_turn_over_a_cherry_pick_and_an_edit(
    make: Callable[..., Project], reference: Path, backend: str
) -> None:
    """
    main     a1 - a2 - a3 - a4
    release  a1 - a3         Alembic applies a1, Limbeck a3, Alembic a4 after the merge
    """
    project = make(backend, edition=2026)
    git, commit = shared(project)

    def alembic(*words: str) -> None:
        subprocess.run([reference, "-m", "alembic", *words], check=True, cwd=project.root, capture_output=True)

    def amiss() -> tuple[list[str], dict[str, str]]:
        (found,) = json.loads(project.run("status", "--json")[1])["databases"]
        return [row["revision"] for row in found["skipped"]], {
            row["revision"]: row["differs"] for row in found["edited"]
        }

    commit("a1", None)
    alembic("upgrade", "head")
    git("branch", "release")
    commit("a2", "a1")
    commit("a3", "a2")
    git("checkout", "-q", "release")
    git("cherry-pick", "main")
    git.edit("a3", "down_revision = 'a2'", "down_revision = 'a1'")
    git.commit("a3 without a2")
    assert project.run("upgrade", "head") == (0, "")

    git("checkout", "-q", "main")
    commit("a4", "a3")
    alembic("upgrade", "head")
    assert (project.rows(), *amiss()) == (["a4"], ["a2"], {"a3": "text"})  # which follows a2 by now
    assert project.run("upgrade", "--skipped") == (0, "")
    kinds = "SELECT kind FROM limbeck_history ORDER BY position"
    assert project.column(kinds) == ["found", "script", "found", "script"]

    for id_ in ("a2", "a4"):  # Alembic does not write down what a4 was
        git.edit(id_, "sa.Integer", "sa.BigInteger")
    assert amiss() == ([], {"a2": "operations", "a3": "text"})
    git("checkout", "-q", "--", ".")
    alembic("downgrade", "-1")
    assert (project.rows(), *amiss()) == (["a3"], [], {"a3": "text"})


@pytest.mark.parametrize("backend", ["sqlite", "postgresql", "mariadb"])
def test_both_tools_in_turn_over_a_rebase(make: Callable[..., Project], reference: Path, backend: str) -> None:
    """
    main     a1 - a2
    feature  a1 - f1   before the rebase, a1 - a2 - f1 - f2 after it: Limbeck applies f1, Alembic f2
    """
    project = make(backend, edition=2026)
    git, commit = shared(project)

    def left_out() -> list[str]:
        (found,) = json.loads(project.run("status", "--json")[1])["databases"]
        return [row["revision"] for row in found["skipped"]]

    commit("a1", None)
    git("checkout", "-q", "-b", "feature")
    commit("f1", "a1")
    assert project.run("upgrade", "head") == (0, "")
    git("checkout", "-q", "main")
    commit("a2", "a1")
    git("checkout", "-q", "feature")
    git("rebase", "-q", "main")
    git.edit("f1", "down_revision = 'a1'", "down_revision = 'a2'")
    git.commit("f1 after a2")
    commit("f2", "f1")
    subprocess.run([reference, "-m", "alembic", "upgrade", "head"], check=True, cwd=project.root, capture_output=True)
    assert project.rows() == ["f2"]
    assert left_out() == ["a2"]
    assert project.run("upgrade", "--skipped") == (0, "")
    assert (left_out(), project.rows()) == ([], ["f2"])
    assert project.tables() == ["t_a1", "t_a2", "t_f1", "t_f2"]
