"""The commands as functions: what they print, what they return, what they leave in the database."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from limbeck import aio, command
from limbeck.config import Config
from limbeck.errors import CommandError, DatabaseNotAtHead, UsageError

ENV = """\
from limbeck import context
context.run()
"""

SCRIPT = '''\
"""{message}"""
revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {depends!r}
from limbeck import op
import sqlalchemy as sa
def upgrade():
    op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True))
def downgrade():
    op.drop_table("t_{id}")
'''


class Project:
    """An environment in a folder, with a SQLite database.

    :param edition: the key of the configuration, or None for an environment of the reference.
    """

    def __init__(self, root: Path, edition: int | None = None) -> None:
        self.root = root
        self.url = f"sqlite:///{root / 'test.db'}"
        (root / "m" / "versions").mkdir(parents=True)
        (root / "m" / "env.py").write_text(ENV)
        key = "" if edition is None else f"edition = {edition}\n"
        (root / "alembic.ini").write_text(
            f"[alembic]\nscript_location = %(here)s/m\npath_separator = os\nsqlalchemy.url = {self.url}\n{key}"
        )
        self.out = io.StringIO()
        self.config = Config(root / "alembic.ini", stdout=self.out)

    def script(self, id_: str, down: object = None, labels: object = None, depends: object = None) -> None:
        text = SCRIPT.format(id=id_, down=down, labels=labels, depends=depends, message=f"make {id_}")
        (self.root / "m" / "versions" / f"{id_}.py").write_text(text)

    def said(self) -> list[str]:
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text.splitlines()

    def rows(self) -> list[str] | None:
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return sorted(connection.scalars(sa.text("select version_num from alembic_version")))

    def tables(self) -> set[str]:
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            found = set(sa.inspect(connection).get_table_names())
        return found - {"alembic_version", "limbeck_history"}


@pytest.fixture(params=[None, 2026], ids=["as the reference", "edition 2026"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    """
    a1 - b1 - d1 (merges b1, c1)
       - c1 (label side) -/
    """
    made = Project(tmp_path, request.param)
    made.script("a1")
    made.script("b1", "a1")
    made.script("c1", "a1", labels=("side",))
    made.script("d1", ("b1", "c1"))
    return made


def test_heads_history_branches_show_return_what_they_print(project: Project) -> None:
    assert [script.revision for script in command.heads(project.config)] == ["d1"]
    assert project.said() == ["d1 (side) (head)"]

    assert {script.revision for script in command.history(project.config)} == {"a1", "b1", "c1", "d1"}
    said = project.said()
    assert said[0] == "b1, c1 -> d1 (side) (head) (mergepoint), make d1"
    assert said[-1] == "<base> -> a1 (branchpoint), make a1"

    assert [script.revision for script in command.branches(project.config)] == ["a1"]
    assert project.said() == ["a1 (branchpoint)", "   -> b1", "   -> c1 (side)", ""]

    assert [script.revision for script in command.show(project.config, "side")] == ["c1"]
    assert project.said()[0] == "Rev: c1"


def test_up_and_down_and_where_it_is(project: Project) -> None:
    steps = command.upgrade(project.config, "b1")
    assert [step.short_log for step in steps] == ["upgrade  -> a1", "upgrade a1 -> b1"]
    assert (project.rows(), project.tables()) == (["b1"], {"t_a1", "t_b1"})

    assert [script.revision for script in command.current(project.config)] == ["b1"]
    assert project.said() == ["b1"]
    with pytest.raises(DatabaseNotAtHead):
        command.current(project.config, check_heads=True)

    command.upgrade(project.config, "heads")
    assert project.rows() == ["d1"]
    command.current(project.config, check_heads=True)
    assert project.said()[-1] == "d1 (head) (mergepoint)"
    assert command.upgrade(project.config, "heads") == []

    command.history(project.config, indicate_current=True)
    assert project.said()[0] == "b1, c1 -> d1 (side) (head) (current) (mergepoint), make d1"

    assert len(command.downgrade(project.config, "base")) == 4
    assert (project.rows(), project.tables()) == ([], set())


def test_stamp_runs_no_script(project: Project) -> None:
    command.stamp(project.config, ["b1", "c1"])
    assert (project.rows(), project.tables()) == (["b1", "c1"], set())
    command.stamp(project.config, "d1", purge=True)
    assert project.rows() == ["d1"]
    command.stamp(project.config, "base")
    assert project.rows() == []


def test_history_up_to_an_empty_database_is_empty(project: Project) -> None:
    """Alembic lists everything there: a range that ends at no rows is none for it."""
    assert command.history(project.config, ":current") == []
    command.upgrade(project.config, "b1")
    assert [script.revision for script in command.history(project.config, ":current")] == ["b1", "a1"]
    assert [script.revision for script in command.history(project.config, "current:")] == ["d1", "b1"]
    assert [script.revision for script in command.history(project.config, "current:+1")] == ["d1", "b1"]
    assert [script.revision for script in command.history(project.config, "-1:current")] == ["b1", "a1"]


def test_looking_makes_no_version_table(project: Project) -> None:
    command.current(project.config)
    command.history(project.config, "a1:current", indicate_current=True)
    command.show(project.config, "current")
    assert project.rows() is None
    command.ensure_version(project.config)
    assert project.rows() == []


def test_rows_that_the_history_does_not_know_are_marked_and_named(project: Project) -> None:
    """The database is ahead of the checkout, as after a release was rolled back."""
    project.script("e1", "d1")
    command.upgrade(project.config, "e1")
    (project.root / "m" / "versions" / "e1.py").unlink()

    assert command.current(project.config) == []
    assert project.said() == ["e1 (unknown to this history)"]
    assert len(command.history(project.config, indicate_current=True)) == 4
    with pytest.raises(CommandError, match="e1") as refused:
        command.upgrade(project.config, "head")
    assert refused.value.hint is not None
    assert project.rows() == ["e1"]
    command.stamp(project.config, "d1", purge=True)
    assert project.rows() == ["d1"]


def test_a_script_for_a_dba(project: Project) -> None:
    buffer = io.StringIO()
    config = Config(project.root / "alembic.ini", output_buffer=buffer, stdout=project.out)
    steps = command.upgrade(config, "a1:b1", sql=True)
    assert [step.short_log for step in steps] == ["upgrade a1 -> b1"]
    assert "UPDATE alembic_version SET version_num='b1' WHERE alembic_version.version_num = 'a1';" in buffer.getvalue()
    assert project.rows() is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: command.upgrade(c, "a1:b1"), "Range revision not allowed"),
        (lambda c: command.downgrade(c, "a1", sql=True), "downgrade with --sql requires <fromrev>:<torev>"),
        (lambda c: command.history(c, "a1"), r"History range requires \[start\]:\[end\], \[start\]:, or :\[end\]"),
        (lambda c: command.stamp(c, "a1", sql=True, purge=True), "Can't use --purge with --sql mode"),
        (
            lambda c: command.stamp(c, ["a1:b1", "c1:d1"], sql=True),
            "Stamp operation with --sql only supports a single starting revision at a time",
        ),
        (
            lambda c: command.revision(c, sql=True, autogenerate=True),
            "Using --sql with --autogenerate does not make any sense",
        ),
    ],
)
def test_calls_that_make_no_sense(project: Project, call, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call(project.config)


def test_a_broken_file_stops_only_who_needs_it(project: Project) -> None:
    """``d1`` fails when it is imported; commands that do not run it work."""
    broken = project.root / "m" / "versions" / "d1.py"
    broken.write_text(broken.read_text() + "\nimport no_such_module\n")
    assert len(command.history(project.config)) == 4
    command.upgrade(project.config, "b1")
    with pytest.raises(CommandError, match="no_such_module") as refused:
        command.upgrade(project.config, "head")
    assert refused.value.file == str(broken)
    assert project.rows() == ["b1"]


def test_heads_cannot_be_meant_while_a_file_cannot_be_read(project: Project) -> None:
    (project.root / "m" / "versions" / "e1.py").write_text("revision = (\n")
    with pytest.warns(UserWarning, match="e1.py|can't be read"):
        assert [script.revision for script in command.heads(project.config)] == ["d1"]
    with pytest.warns(UserWarning, match="can.t be read"), pytest.raises(CommandError):
        command.upgrade(project.config, "head")
    with pytest.warns(UserWarning, match="can.t be read"):
        command.upgrade(project.config, "b1")
    assert project.rows() == ["b1"]


def test_models_that_scripts_alone_import_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in MLflow, whose env.py names an empty base class: the reference imports every script on every command.

    An edition does without, and says what is missing instead of dropping it.
    """
    (tmp_path / "base_of_models.py").write_text("import sqlalchemy as sa\nmetadata = sa.MetaData()\n")
    (tmp_path / "models_by_script.py").write_text(
        "import sqlalchemy as sa\nfrom base_of_models import metadata\n"
        "sa.Table('t_a1', metadata, sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    old = Project(tmp_path)
    (tmp_path / "m" / "env.py").write_text(
        "from base_of_models import metadata\nfrom limbeck import context\ncontext.run(metadata)\n"
    )
    old.script("a1")
    command.upgrade(old.config, "head")
    script = tmp_path / "m" / "versions" / "a1.py"
    script.write_text(script.read_text() + "import models_by_script\n")
    with (tmp_path / "alembic.ini").open("a") as file:
        file.write("edition = 2026\n")
    with pytest.raises(CommandError) as refused:
        command.check(Config(tmp_path / "alembic.ini"))
    assert refused.value.code == "mass-drop"
    command.check(old.config)
    assert old.said()[-1] == "No new upgrade operations detected."


def test_every_command_is_awaitable_too() -> None:
    assert {name for name in command.__all__ if not callable(getattr(aio, name, None))} == set()


def test_json_of_a_program_goes_where_its_configuration_prints(project: Project) -> None:
    command.upgrade(project.config, "b1")
    assert [script.revision for script in command.current(project.config, json=True)] == ["b1"]
    (database,) = json.loads("\n".join(project.said()))["databases"]
    assert (database["rows"], database["database"]) == (["b1"], project.url)
    with pytest.raises(DatabaseNotAtHead):
        command.current(project.config, check_heads=True, json=True)
    assert json.loads("\n".join(project.said()))["databases"][0]["is_at_heads"] is False
