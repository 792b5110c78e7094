"""``objects = "sql/"``: a folder of ``.sql`` files, one object a file, declared beside the models.

project/
  alembic.ini         objects = sql
  m/env.py            the table account
  sql/views/*.sql     CREATE VIEW ...
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
from limbeck.migrator import Migrator
from limbeck.script import Script

ENV = """\
metadata = sa.MetaData()
sa.Table("account", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
{further}
context.run(target_metadata=metadata)
"""
NAMES = "\nCREATE VIEW names AS\nSELECT id, name FROM account;\n"
LONG = "-- on a view\nCREATE VIEW long_names AS SELECT id FROM names WHERE length(name) > 10; -- the end\n"


def write(project: Project, further: str = "", **files: str) -> None:
    """The folder ``sql`` with ``files``, and env.py with ``further`` declarations."""
    folder = project.root / "sql" / "views"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text, errors="surrogateescape")
    template = Path(limbeck.__file__).parent / "templates_2026" / "generic" / "script.py.mako"
    shutil.copy(template, project.root / "m")
    project.env(ENV.format(further=further))
    project.configure(objects="sql")


def revise(project: Project) -> str:
    """The text of the revision that autogenerate writes."""
    written = command.revision(project.configure(), "next", autogenerate=True)
    assert isinstance(written, Script)
    return Path(written.path).read_text()


def test_files_are_compared_beside_the_models(modern: Project) -> None:
    write(modern, a=LONG, b=NAMES)
    assert re.findall(r"create_view\(\s*'(\w+)'", revise(modern)) == ["names", "long_names"]
    modern.upgrade()
    command.check(modern.configure())

    write(modern, a=LONG.replace("10", "12"))
    with pytest.raises(CommandError, match="modify_view"):
        command.check(modern.configure())
    assert revise(modern).count("op.replace_view(") == 2
    modern.upgrade()
    (modern.root / "sql" / "views" / "a.sql").unlink()
    assert revise(modern).count("op.drop_view(") == 1
    modern.upgrade()
    command.check(modern.configure())
    modern.downgrade()
    assert modern.tables() == []


def test_a_pyproject_names_it(make: Callable[..., Project]) -> None:
    project = make("sqlite", 2026)
    write(project, a=NAMES)
    (project.root / "pyproject.toml").write_text('[tool.limbeck]\nobjects = "sql/"\n')
    del project.settings["objects"]
    project.configure()
    code, said = project.run("revision", "--autogenerate", "-m", "a view")
    assert code == 0, said
    (written,) = (project.root / "m" / "versions").glob("*.py")
    assert re.findall(r"create_view\(\s*'(\w+)'", written.read_text()) == ["names"]


def test_a_program_names_it(make: Callable[..., Project]) -> None:
    project = make("sqlite", 2026)
    write(project, a=NAMES)
    migrator = Migrator(project.url, project.root / "m", sa.MetaData(), objects=project.root / "sql")
    assert [(each.kind, each.name) for each in migrator.check().differences] == [("add_view", "names")]


def test_indexes_and_a_comment_follow_the_statement(make: Callable[..., Project]) -> None:
    project = make("postgresql", 2026)
    totals = (
        "CREATE MATERIALIZED VIEW totals AS SELECT id, 'a;b' AS what FROM account;\n"
        "CREATE UNIQUE INDEX ix_totals ON totals (id);\n"
        "COMMENT ON MATERIALIZED VIEW totals IS 'it''s refreshed; nightly';\n"
    )
    touch = (
        "CREATE FUNCTION touch() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;\n"
        "COMMENT ON FUNCTION touch() IS 'one';\n"
    )
    write(project, totals=totals, touch=touch)
    revise(project)
    project.upgrade()
    assert project.column("SELECT obj_description('totals'::regclass)") == ["it's refreshed; nightly"]
    assert project.column("SELECT obj_description('touch()'::regprocedure)") == ["one"]
    assert project.column("SELECT indexname::text FROM pg_indexes WHERE tablename = 'totals'") == ["ix_totals"]
    command.check(project.configure())


IN_MODELS = "from limbeck.objects import View\nView('names', metadata, 'SELECT 1 AS id')"

WRONG = [
    (
        {"a": NAMES + "CREATE VIEW b AS SELECT 1;"},
        "",
        "a.sql has a second statement: CREATE VIEW b AS SELECT 1",
        "a.sql:4",
    ),
    ({"a": NAMES + "CREATE INDEX i ON names (id);"}, "", "a.sql has indexes, and a view has none", "a.sql:2"),
    (
        {"a": "\n\nCREATE TABLE t (id integer)"},
        "",
        "a.sql does not begin with a CREATE statement of a view, ",
        "a.sql:3",
    ),
    ({"a": "-- later\n"}, "", "a.sql does not begin with a CREATE statement of a view, ", "a.sql:1"),
    ({"a": NAMES, "b": NAMES}, "", "View 'names' is declared twice, first in .*/a.sql:2", "b.sql:2"),
    ({"a": NAMES}, IN_MODELS, "view names is declared twice, first in .*/env.py:7", "a.sql:2"),
    (
        {"a": "CREATE VIEW names AS SELECT '\udce4'"},
        "",
        "a.sql cannot be read: 'utf-8' codec can't decode",
        "a.sql:None",
    ),
]


@pytest.mark.parametrize(("files", "further", "message", "place"), WRONG)
def test_files_that_cannot_be(
    make: Callable[..., Project], files: dict[str, str], further: str, message: str, place: str
) -> None:
    project = make("sqlite", 2026)
    write(project, further, **files)
    with pytest.raises(CommandError, match=message) as raised:
        command.check(project.configure())
    assert f"{Path(str(raised.value.file)).name}:{raised.value.line}" == place


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"])
def test_a_syntax_error_is_shown_in_its_file(make: Callable[..., Project], backend: str) -> None:
    project = make(backend, 2026)
    write(project, a="\n-- names\nCREATE VIEW names AS\nSELECT id,\n    name\nFORM account")
    with pytest.raises(CommandError, match="refuses view names, line 5 of its text: ") as raised:
        command.check(project.configure())
    assert raised.value.code == "object-syntax"
    assert raised.value.file == str(project.root / "sql" / "views" / "a.sql")
    assert raised.value.line == 6


def test_a_folder_that_is_not_there(make: Callable[..., Project]) -> None:
    project = make("sqlite", 2026)
    write(project)
    project.configure(objects="nowhere")
    with pytest.raises(CommandError, match="There is no folder ") as raised:
        command.check(project.configure())
    assert (raised.value.code, raised.value.file, raised.value.line) == ("no-definition", str(project.ini), 6)
