"""A database ahead of the code: `upgrade` says so, `downgrade` runs kept scripts, `switch` goes to a git branch."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from zlib import compress

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from project import Project

from limbeck import Migrator, command
from limbeck.errors import CommandError, LimbeckWarning
from limbeck.runtime import history


def forget(project: Project, *ids: str) -> None:
    """Take files of revisions away, as an older image has it."""
    for id_ in ids:
        (project.root / "m" / "versions" / f"{id_}.py").unlink()


def told(project: Project) -> str:
    """Who ran the last row, as the messages have it."""
    row = project.look(history.read)[-1]
    return f"applied {row.started} by {row.user} from {row.host}"


def four(project: Project) -> Project:
    """
    a1 - a2 - a3 - a4, all applied; a3 and a4 have no file any more, and the history keeps what they were
    """
    project.configure(edition="2026", history_scripts="true")
    project.line("a1", "a2", "a3", "a4")
    project.upgrade()
    forget(project, "a3", "a4")
    return project


@pytest.fixture(params=["sqlite", "postgresql"])
def ahead(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Project:
    return four(make(request.param))


@pytest.fixture
def lite_ahead(lite: Project) -> Project:
    return four(lite)


# --- upgrade --------------------------------------------------------------------------------------------------------

CLASSIC = """\
error[database-ahead]: Can't locate revision identified by 'a4': the database is ahead of this code, or beside it on \
another branch
  hint: run the code that has these revisions, or add their files; where the schema is known to equal a revision of \
this code, `stamp --purge <revision>` writes the version table anew.
"""


def test_an_upgrade_says_what_the_history_knows_of_the_row_and_ends_with_3(ahead: Project) -> None:
    code, said = ahead.run("upgrade", "head")
    assert code == 3
    assert said == f"{CLASSIC}  a4, a4 is made, {told(ahead)}, above a2: no file has this id\n"


def test_accepted_it_is_a_warning_and_nothing_is_run(ahead: Project) -> None:
    ahead.configure(ahead="accept")
    runs = len(ahead.look(history.read))
    for target in ("head", "heads"):
        code, said = ahead.run("upgrade", target)
        assert code == 0
        assert said == (
            "warning[database-ahead]: The database is ahead of this code, and nothing is run: "
            f"a4, a4 is made, {told(ahead)}, above a2: no file has this id\n"
            "  hint: ahead = accept allows this; `limbeck status` says more\n"
        )
    assert ahead.rows() == ["a4"]
    assert len(ahead.look(history.read)) == runs


def test_accepted_a_pod_that_waits_for_the_heads_goes_on(ahead: Project) -> None:
    assert ahead.run("status", "--wait", "0")[0] == 1
    ahead.configure(ahead="accept")
    code, said = ahead.run("status", "--wait", "0")
    assert code == 0
    assert "unknown   a4" in said
    assert ahead.run("status", "--wait", "0", "--check")[0] == 1, "a check has it amiss all the same"


def test_another_target_than_the_heads_is_not_accepted(lite_ahead: Project) -> None:
    lite_ahead.configure(ahead="accept")
    assert lite_ahead.run("upgrade", "a2")[0] == 3


def test_a_database_beside_the_code_is_not_accepted(lite_ahead: Project) -> None:
    """
    a1 - a2 - a3 - a4   applied, a3 and a4 without a file
            - b3        of this code, not applied
    """
    lite_ahead.script("b3", "a2")
    lite_ahead.configure(ahead="accept")
    code, said = lite_ahead.run("upgrade", "head")
    assert code == 3
    assert said == (
        "error[database-ahead]: The database is not ahead of this code but beside it, on another branch: it lacks b3; "
        f"a4, a4 is made, {told(lite_ahead)}, above a2: no file has this id\n"
        "  hint: run the code that has these revisions and merges them with its own, or `limbeck switch`\n"
    )
    assert "t_b3" not in lite_ahead.tables()
    assert lite_ahead.run("status", "--wait", "0")[0] == 1, "a pod waits for the run that merges"


def test_accepted_without_a_history_that_tells(lite_ahead: Project) -> None:
    lite_ahead.execute("DROP TABLE limbeck_history")
    lite_ahead.configure(ahead="accept")
    code, said = lite_ahead.run("upgrade", "head")
    assert code == 0
    assert "nothing is run: a4: no file has this id; no history tells whether it has all that this code needs" in said


def test_without_an_edition_the_error_is_as_it_was(lite: Project) -> None:
    lite.line("a1", "a2", "a3", "a4")
    lite.upgrade()
    forget(lite, "a3", "a4")
    assert lite.run("upgrade", "head") == (3, CLASSIC)
    assert lite.run("downgrade", "a1") == (3, CLASSIC)


def test_without_an_edition_it_can_be_accepted_too(lite: Project) -> None:
    lite.line("a1", "a2")
    lite.upgrade()
    forget(lite, "a2")
    lite.configure(ahead="accept")
    assert lite.run("upgrade", "head")[0] == 0


def test_a_word_that_ahead_cannot_be(lite_ahead: Project) -> None:
    lite_ahead.configure(ahead="yes")
    code, said = lite_ahead.run("upgrade", "head")
    assert (code, said) == (
        3,
        snapshot("""\
error[unknown-ahead]: 'ahead' is 'yes'
  hint: write accept, or refuse, which is the default
"""),
    )
    assert "unknown-ahead" in lite_ahead.run("doctor")[1]


def test_a_program_accepts_by_an_option(lite_ahead: Project) -> None:
    migrator = Migrator(lite_ahead.url, lite_ahead.root / "m", ahead="accept")
    with pytest.warns(LimbeckWarning, match="ahead of this code"):
        done = migrator.upgrade()
    assert (done.start, done.steps, done.end) == (("a4",), (), ("a4",))


# --- downgrade ------------------------------------------------------------------------------------------------------


def test_a_downgrade_runs_the_texts_that_the_history_keeps(project: Project) -> None:
    ahead = four(project)
    assert [step.revision.revision for step in ahead.downgrade("a1")] == ["a4", "a3", "a2"]
    assert ahead.rows() == ["a1"]
    assert ahead.tables() == ["t_a1"]
    last = ahead.look(history.read)[-3:]
    assert [(row.revision, row.direction, row.state, row.message) for row in last] == [
        ("a4", "downgrade", "done", "a4 is made"),
        ("a3", "downgrade", "done", "a3 is made"),
        ("a2", "downgrade", "done", "a2 is made"),
    ]
    ahead.upgrade()
    assert ahead.tables() == ["t_a1", "t_a2"]


def test_a_downgrade_by_steps(lite_ahead: Project) -> None:
    lite_ahead.downgrade("-1")
    assert lite_ahead.rows() == ["a3"]
    assert lite_ahead.run("downgrade", "--json", "--", "-1")[0] == 0
    assert lite_ahead.rows() == ["a2"]


def test_status_lists_the_revisions_as_unknown(lite_ahead: Project) -> None:
    (found,) = command.status(lite_ahead.configure())
    assert [(row.revision, row.ancestors) for row in found.unknown] == [("a4", ("a2",))]
    assert [head.revision for head in found.heads] == ["a2"]


def test_a_merge_and_dependencies_without_files(lite: Project) -> None:
    """
    a1 - a2 - m1     m1 and b2 have no file
       - b2 -        b2 depends on c1
    c1
    """
    lite.configure(history="true", history_scripts="true")
    lite.line("a1", "a2")
    lite.script("c1", labels="c")
    lite.script("b2", "a1", depends="c")
    lite.script("m1", ("a2", "b2"))
    lite.upgrade("heads")
    forget(lite, "m1", "b2")
    lite.downgrade("a2")
    assert lite.rows() == ["a2", "b2"]
    lite.downgrade("a1")
    assert lite.rows() == ["a1", "c1"]
    assert lite.tables() == ["t_a1", "t_c1"]


def test_texts_run_only_where_that_is_asked_for(lite_ahead: Project) -> None:
    lite_ahead.configure(history_scripts="false")
    code, said = lite_ahead.run("downgrade", "a2")
    assert (code, said) == (
        3,
        snapshot("""\
error[script-not-kept]: Can't take back a4, a3: this code has no file of it, and the history is not asked for its text
  hint: set history_scripts = true, so that the text runs which the history may keep; or run the code that has the file
"""),
    )
    assert lite_ahead.rows() == ["a4"]


@pytest.mark.parametrize("change", ["SET script = NULL", "SET script_checksum = 'other'", "SET script = :damaged"])
def test_a_text_that_is_not_what_ran_stops_the_run_before_its_first_step(lite_ahead: Project, change: str) -> None:
    statement = f"UPDATE limbeck_history {change} WHERE revision = 'a3'"
    damaged = {"damaged": compress(b"revision = 'a3'\n")} if ":damaged" in change else {}
    lite_ahead.look(lambda connection: connection.execute(sa.text(statement), damaged))
    code, said = lite_ahead.run("downgrade", "a2")
    assert code == 3
    assert "Can't take back a3: " in said
    assert "the history keeps no text of it that is as it ran" in said
    assert lite_ahead.rows() == ["a4"]
    lite_ahead.downgrade("a3")
    assert lite_ahead.rows() == ["a3"]


def test_bytes_that_cannot_be_read(lite_ahead: Project) -> None:
    lite_ahead.execute("UPDATE limbeck_history SET script = x'00' WHERE revision = 'a3'")
    code, said = lite_ahead.run("downgrade", "a2")
    assert code == 3
    assert "Can't take back a3" in said


def test_a_history_that_does_not_know_what_a_revision_follows(lite_ahead: Project) -> None:
    lite_ahead.execute("DELETE FROM limbeck_history WHERE revision = 'a3'")
    code, said = lite_ahead.run("downgrade", "a1")
    assert code == 3
    assert said.startswith(CLASSIC)


def test_an_error_names_the_source(lite: Project) -> None:
    lite.configure(edition="2026", history_scripts="true")
    lite.script("a1")
    lite.script("a2", "a1", undo="op.execute('nonsense')")
    lite.upgrade()
    forget(lite, "a2")
    code, said = lite.run("downgrade", "a1")
    assert code == 3
    assert 'near "nonsense": syntax error' in said
    assert "a2.0.py:" in said
    assert "  this code has no file of a2: limbeck_history keeps what ran\n" in said
    assert lite.rows() == ["a2"]
    assert not list(Path(gettempdir()).glob("limbeck_history-*/a2.0.py"))


def test_the_scripts_of_this_code_stay_as_they_are(lite_ahead: Project) -> None:
    """What was added for a downgrade is no head afterwards, for a program that goes on."""
    migrator = Migrator(lite_ahead.url, lite_ahead.root / "m", history_scripts=True)
    done = migrator.downgrade("a2")
    assert [(step.revision, step.doc) for step in done.steps] == [("a4", "a4 is made"), ("a3", "a3 is made")]
    assert migrator.current().is_at_heads


TWO_DATABASES = """
for name in ("one", "two"):
    engine = sa.create_engine(f"sqlite:///{config.get_main_option('here')}/{name}.db")
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


def test_two_databases_of_which_each_keeps_what_ran_there(lite: Project) -> None:
    def tables(name: str) -> list[str]:
        engine = sa.create_engine(f"sqlite:///{lite.root}/{name}.db", poolclass=sa.NullPool)
        with engine.connect() as connection:
            return sa.inspect(connection).get_table_names()

    lite.configure(edition="2026", history_scripts="true", here=str(lite.root))
    lite.env(TWO_DATABASES)
    lite.script("a1")
    for name in ("one", "two"):
        lite.env(TWO_DATABASES.replace('("one", "two")', f'("{name}",)'))
        lite.script("a2", "a1", up="pass", undo=f'op.execute("CREATE TABLE undone_on_{name} (id INTEGER)")')
        lite.upgrade()
    forget(lite, "a2")
    lite.env(TWO_DATABASES)
    lite.downgrade("a1")
    for name in ("one", "two"):
        assert [table for table in tables(name) if table.startswith("undone")] == [f"undone_on_{name}"]


# --- switch ---------------------------------------------------------------------------------------------------------

ME = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


class Repository:
    """A git repository with a project in it.

    :param project: the project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        (project.root / ".gitignore").write_text("*.db\n*.lock\n*.ini\n__pycache__\nsaid.*\n")
        self("init", "-q", "-b", "main")

    def __call__(self, *words: str) -> None:
        subprocess.run(["git", *ME, *words], check=True, cwd=self.project.root, capture_output=True, timeout=60)

    def revision(self, id_: str, down: object = None) -> None:
        """Write and commit a revision."""
        self.project.script(id_, down)
        self.commit()

    def commit(self) -> None:
        self("add", "-A")
        self("commit", "-q", "-m", "work")


def branches(project: Project) -> Repository:
    """
    main     a1 - a2 - a3
    feature     - b2 - b3      checked out, and applied
    """
    project.configure(edition="2026", history_scripts="true")
    git = Repository(project)
    git.revision("a1")
    git("branch", "feature")
    git.revision("a2", "a1")
    git.revision("a3", "a2")
    git("switch", "-q", "feature")
    git.revision("b2", "a1")
    git.revision("b3", "b2")
    project.upgrade()
    return git


@pytest.fixture(params=["sqlite", "postgresql"])
def git(request: pytest.FixtureRequest, make: Callable[..., Project]) -> Repository:
    return branches(make(request.param))


@pytest.fixture
def lite_git(lite: Project) -> Repository:
    return branches(lite)


def test_after_git_switch_the_history_takes_the_other_branch_back(git: Repository) -> None:
    git("switch", "-q", "main")
    steps = command.switch(git.project.configure())
    assert [(step.script and step.script.revision, step.is_upgrade) for step in steps] == [
        ("b3", False),
        ("b2", False),
        ("a2", True),
        ("a3", True),
    ]
    assert git.project.rows() == ["a3"]
    assert git.project.tables() == ["t_a1", "t_a2", "t_a3"]
    assert command.switch(git.project.configure()) == []


def test_before_git_switch_it_goes_down_to_what_is_common(git: Repository) -> None:
    code, said = git.project.run("switch", "main")
    assert code == 0
    assert said.endswith("next: `git checkout main`, then `limbeck upgrade heads`\n")
    assert git.project.rows() == ["a1"]
    assert git.project.tables() == ["t_a1"]
    git("switch", "-q", "main")
    git.project.upgrade("heads")
    assert git.project.rows() == ["a3"]


def test_a_switch_that_would_lose_rows_needs_yes(git: Repository) -> None:
    """Also where the history has kept the script."""
    git.project.execute("INSERT INTO t_b3 VALUES (1)")
    git("switch", "-q", "main")
    code, said = git.project.run("switch")
    assert (code, said.splitlines()[0]) == (
        3,
        "error[would-lose-rows]: This downgrade deletes for good: table t_b3, 1 row. No step was run",
    )
    assert git.project.rows() == ["b3"]
    assert git.project.run("switch", "--yes")[0] == 0
    assert git.project.rows() == ["a3"]


def test_a_branch_that_is_checked_out_is_gone_up_to(lite_git: Repository) -> None:
    lite_git.project.downgrade("b2")
    code, said = lite_git.project.run("switch", "feature")
    assert (code, said) == (0, "")
    assert lite_git.project.rows() == ["b3"]


def test_a_branch_with_the_same_revisions_takes_nothing_back(lite_git: Repository) -> None:
    lite_git("switch", "-q", "-c", "further")
    lite_git.revision("b4", "b3")
    lite_git("switch", "-q", "feature")
    lite_git.project.run("switch", "further")
    assert lite_git.project.rows() == ["b3"]


def test_a_revision_in_another_place_is_taken_back_with_what_follows(lite_git: Repository) -> None:
    """
    feature  a1 - b2 - b3
    rebased  a1 - a2 - a3 - b2 - b3
    """
    lite_git("switch", "-q", "-c", "rebased")
    lite_git("merge", "-q", "--no-edit", "main")
    lite_git.revision("b2", "a3")
    lite_git("switch", "-q", "feature")
    lite_git.project.run("switch", "rebased")
    assert lite_git.project.rows() == ["a1"]
    lite_git("switch", "-q", "rebased")
    lite_git.project.run("switch")
    assert lite_git.project.rows() == ["b3"]
    assert lite_git.project.tables() == ["t_a1", "t_a2", "t_a3", "t_b2", "t_b3"]


def test_a_branch_that_has_nothing_in_common(lite_git: Repository) -> None:
    lite_git("switch", "-q", "--orphan", "squashed")
    lite_git.project.env("context.run()")
    (lite_git.project.root / "m" / "versions").mkdir(exist_ok=True)
    lite_git.revision("s1")
    code, said = lite_git.project.run("switch")
    assert (code, said) == (
        3,
        snapshot("""\
error[nothing-in-common]: The revisions of this database, b3, have nothing in common with what is checked out
  hint: `limbeck downgrade base` takes back all of them, if that is meant
"""),
    )
    assert lite_git.project.rows() == ["b3"]


def test_a_ref_that_git_does_not_know(lite_git: Repository) -> None:
    code, said = lite_git.project.run("switch", "nowhere")
    assert code == 3
    assert said.startswith("error[git-ref]: git knows no branch or commit 'nowhere' in ")


def test_a_folder_that_is_no_repository(lite_ahead: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(lite_ahead.root))
    with pytest.raises(CommandError) as caught:
        command.switch(lite_ahead.configure(), "main")
    assert caught.value.code == "git-ref"
    command.switch(lite_ahead.configure())  # which needs no git
    assert lite_ahead.rows() == ["a2"]


def test_a_broken_file_on_the_other_branch(lite_git: Repository) -> None:
    lite_git("switch", "-q", "main")
    (lite_git.project.root / "m" / "versions" / "a3.py").write_text("revision = (")
    lite_git.commit()
    lite_git("switch", "-q", "feature")
    code, said = lite_git.project.run("switch", "main")
    assert code == 3
    assert "error[broken-revision-file]" in said
    assert lite_git.project.rows() == ["b3"]
