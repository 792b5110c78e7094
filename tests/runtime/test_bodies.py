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
import sqlalchemy as sa
from project import Project

import limbeck
from limbeck import command
from limbeck.errors import CommandError
from limbeck.script.bodies import name_of, written

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


WRONG = {
    "postgresql": (
        "op.create_function('touch', {})",
        "CREATE FUNCTION touch() RETURNS integer LANGUAGE plpgsql AS $$\nBEGIN\n    RETURM 1;\nEND $$",
        'syntax error at or near "RETURM"',
    ),
    "mariadb": (
        "op.create_function('touch', {})",
        "CREATE FUNCTION touch() RETURNS INT DETERMINISTIC\nBEGIN\n    RETURM 1;\nEND",
        "right syntax to use near '1;",
    ),
    "sqlite": (
        "op.create_trigger('touch', {}, table_name='t_a')",
        "CREATE TRIGGER touch AFTER INSERT ON t_a BEGIN\n    SELECT 1;\n    SELEKT t_a FROM SELEKT;\nEND",
        'near "SELEKT": syntax error',
    ),
}
VIEW = (
    "op.create_view('v', {})",
    "SELECT id,\n    '100%' AS a\nFORM t_a",
    {"postgresql": 'near "FORM"', "mariadb": "near 'FORM", "sqlite": 'near "FORM"'},
)


@pytest.mark.parametrize("kind", ["a whole statement", "a query"])
@pytest.mark.parametrize("backend", ["postgresql", "mariadb", "sqlite"])
@pytest.mark.parametrize("place", ["a file", "the script"])
def test_a_syntax_error_has_its_file_and_line_while_a_revision_runs(
    make: Callable[..., Project], backend: str, kind: str, place: str
) -> None:
    """Of a body beside the script, and of a text in it; what ran before stays, or is rolled back, as ever."""
    project = make(backend, 2026)
    project.script("a")
    call, text, words = WRONG[backend] if kind == "a whole statement" else (VIEW[0], VIEW[1], VIEW[2][backend])
    with written({name_of(text, "touch"): text}, project.root / "m" / "versions" / "b.py"):
        given = f"op.body({name_of(text, 'touch')!r})" if place == "a file" else repr(f"\n{text}\n")
        project.script("b", "a", f"op.execute('SELECT 1')\n{call.format(given)}")
    with pytest.raises(CommandError) as raised:
        project.upgrade()
    error = raised.value
    expected = ("touch.", 3) if place == "a file" else ("b.py", script_line(project, call))
    assert (error.code, Path(str(error.file)).name[: len(expected[0])], error.line) == ("text-refused", *expected)
    assert f", line {3 if place == 'a file' else 4} of its text: " in str(error)
    assert words in str(error)
    assert "\n" not in str(error)
    assert project.rows() == ["a"]


def script_line(project: Project, call: str) -> int:
    lines = (project.root / "m" / "versions" / "b.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(call.partition("{")[0]))


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_what_is_not_there_names_the_file_too(make: Callable[..., Project], backend: str) -> None:
    """PostgreSQL says at which line, MariaDB does not."""
    project = make(backend, 2026)
    text = "SELECT 1 AS a,\n    id\nFROM missing"
    with written({name_of(text): text}, project.root / "m" / "versions" / "a.py"):
        project.script("a", None, f"op.create_view('v', op.body({name_of(text)!r}))")
    with pytest.raises(CommandError, match=r"refuses view v.*missing") as raised:
        project.upgrade()
    error = raised.value
    assert (error.code, Path(str(error.file)).name) == ("text-refused", name_of(text))
    assert error.line == (3 if backend == "postgresql" else 1)


def test_a_view_that_is_there_is_no_fault_of_its_text(make: Callable[..., Project]) -> None:
    project = make("postgresql", 2026)
    project.script("a", None, "op.create_view('v', 'SELECT 1 AS a')\nop.create_view('v', 'SELECT 1 AS a')")
    with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
        project.upgrade()


def test_a_name_that_is_none(project: Project) -> None:
    project.script("a", None, "op.create_view('v', op.body('view.sql'))")
    with pytest.raises(CommandError, match=r"'view\.sql' is no name of a body") as raised:
        project.upgrade()
    assert (raised.value.code, Path(str(raised.value.file)).name) == ("body-name", "a.py")


def test_a_number_that_is_none(project: Project) -> None:
    project.configure(longest_body="many")
    with pytest.raises(CommandError, match="'longest_body' is a number of lines, not 'many'"):
        project.upgrade()
