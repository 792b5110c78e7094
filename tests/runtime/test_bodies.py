"""``longest_body = 3``: longer texts of objects stand in files beside the script, by the hash of their text.

versions/
  1_touch.py                  op.create_function("touch", op.body("touch.<hash of the first text>.sql"))
  2_touch.py                  op.replace_function("touch", op.body("touch.<hash of the second text>.sql"), ...)
  bodies/touch.<hash>.sql     a file each
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project

import limbeck
from limbeck import command
from limbeck.errors import CommandError

ENV = """\
from limbeck.objects import Function
metadata = sa.MetaData()
Function("touch", metadata, '''CREATE FUNCTION touch() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN {value};
END $$''')
Function("short", metadata, "CREATE FUNCTION short() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
context.run(target_metadata=metadata)
"""


@pytest.fixture
def project(make: Callable[..., Project]) -> Project:
    made = make("postgresql", 2026)
    shutil.copy(Path(limbeck.__file__).parent / "templates_2026" / "generic" / "script.py.mako", made.root / "m")
    made.configure(longest_body="3")
    return made


def revise(project: Project, value: int) -> str:
    """The text of a revision that has ``touch()`` return ``value``, which is run."""
    project.env(ENV.format(value=value))
    written = command.revision(project.configure(), f"return {value}", autogenerate=True)
    project.upgrade()
    return Path(written.path).read_text()  # type: ignore[union-attr]


def bodies(project: Project) -> list[Path]:
    return sorted((project.root / "m" / "versions" / "bodies").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def value(project: Project) -> int:
    return int(project.column("SELECT touch()")[0])


def test_an_old_revision_runs_the_text_of_its_day(project: Project) -> None:
    first = revise(project, 1)
    assert re.findall(r"op\.create_\w+\(\s*'(\w+)',\s*(op\.body|.CREATE)", first) == [
        ("touch", "op.body"),
        ("short", '"CREATE'),
    ]
    (body,) = bodies(project)
    assert re.fullmatch(r"touch\.[0-9a-f]{16}\.sql", body.name)
    assert body.read_text().splitlines()[2] == "    RETURN 1;"

    revise(project, 2)
    assert value(project) == 2
    project.downgrade("-1")
    assert value(project) == 1
    project.downgrade()
    project.upgrade("+1")
    assert value(project) == 1
    project.upgrade()
    command.check(project.configure())


def test_scripts_plans_and_lint_read_them(project: Project) -> None:
    revise(project, 1)
    project.downgrade()
    assert "    RETURN 1;\n" in project.sql()
    for words in (["plan", "--sql"], ["lint"]):
        code, said = project.run(*words)
        assert code in (0, 1), said
        assert "body-" not in said
    assert "RETURN 1" in project.run("plan", "--sql")[1]


def test_ends_of_lines_and_of_the_file_are_no_change(project: Project) -> None:
    revise(project, 1)
    (body,) = bodies(project)
    body.write_bytes(b"\r\n" + body.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    project.downgrade()
    project.upgrade()
    assert value(project) == 1


@pytest.mark.parametrize(
    ("spoil", "code", "hint"),
    [
        (lambda path: path.write_text(path.read_text().replace("1", "3")), "body-changed", "git checkout --"),
        (lambda path: path.unlink(), "body-missing", "version control"),
    ],
)
def test_a_body_that_was_changed_or_is_missing(
    project: Project, spoil: Callable[[Path], object], code: str, hint: str
) -> None:
    revise(project, 1)
    project.downgrade()
    (body,) = bodies(project)
    spoil(body)
    before = project.tables()
    with pytest.raises(CommandError) as raised:
        project.upgrade()
    assert raised.value.code == code
    assert hint in str(raised.value.hint)
    assert (project.rows() or [], project.tables()) == ([], before)
    for words in (["upgrade", "head", "--sql"], ["doctor"]):
        said = project.run(*words)
        assert said[0] in (1, 3)
        assert code in said[1]
    assert body.name in project.run("plan")[1]


def test_a_script_that_cannot_be_written_leaves_no_bodies(project: Project) -> None:
    (project.root / "m" / "script.py.mako").write_text("${nonsense")
    with pytest.raises(CommandError):
        revise(project, 1)
    assert not (project.root / "m" / "versions" / "bodies").exists()


def test_a_name_that_is_none(project: Project) -> None:
    project.script("a", None, "op.create_view('v', op.body('view.sql'))")
    with pytest.raises(CommandError, match=r"'view\.sql' is no name of a body") as raised:
        project.upgrade()
    assert (raised.value.code, Path(str(raised.value.file)).name) == ("body-name", "a.py")


def test_a_number_that_is_none(project: Project) -> None:
    project.configure(longest_body="many")
    with pytest.raises(CommandError, match="'longest_body' is a number of lines, not 'many'"):
        project.upgrade()
