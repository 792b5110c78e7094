"""Repeatable objects where nothing is to stay: rehearsals, dry runs, scratch databases, checks of the history.

base -> a (table account) -> b            repeatable_objects = sql: names.sql

No revision makes a repeatable object: a database that the history made anew has none before the end of its upgrade.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project
from test_repeatables import LONG, NAMES, replaced, views, write

import limbeck
from limbeck import command
from limbeck.errors import CommandError

BAD = "CREATE VIEW bad AS\nSELECT nonsense FROM account"
WITHOUT_NAME = "CREATE VIEW names AS SELECT id FROM account"


def tried(project: Project, how: str) -> tuple[int, str]:
    return project.run("plan", how, "--sql")


@pytest.mark.parametrize("backend", ["postgresql", "mariadb", "sqlite"])
@pytest.mark.parametrize("how", ["--dry-run", "--scratch"])
def test_a_trial_creates_and_replaces_them_and_leaves_nothing(
    make: Callable[..., Project], backend: str, how: str
) -> None:
    if (backend, how) == ("mariadb", "--dry-run"):
        return  # DDL commits there, and a dry run is refused: tests of plans have that
    project = make(backend, 2026)
    write(project, names=NAMES)
    project.upgrade()
    write(project, names=NAMES.replace("id, name", "id, name, 1 AS one"), long_names=LONG)
    code, said = tried(project, how)
    assert code == 0, said
    assert "then repeatable view names is replaced" in said
    assert "then repeatable view long_names is created" in said
    assert "tried: 1 statement in" in said
    assert "    CREATE VIEW long_names AS" in said
    assert (views(project), replaced(project)) == ({"names"}, ["view names"])


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
@pytest.mark.parametrize("how", ["--dry-run", "--scratch"])
def test_a_trial_finds_the_one_that_is_refused(make: Callable[..., Project], backend: str, how: str) -> None:
    project = make(backend, 2026)
    write(project, names=NAMES)
    project.upgrade()
    (project.root / "sql" / "bad.sql").write_text(BAD if backend == "postgresql" else BAD.replace("SELECT", "SELEKT"))
    code, said = tried(project, how)
    assert code != 0
    assert "refuses repeatable view bad" in said
    assert "the database is as before" in said
    assert (views(project), replaced(project)) == ({"names"}, ["view names"])


def test_a_scratch_database_has_those_of_the_real_one(make: Callable[..., Project]) -> None:
    """PostgreSQL drops no column that a view shows: the next upgrade would fail, and a trial says so."""
    project = make("postgresql", 2026)
    write(project, names=NAMES)
    project.upgrade()
    write(project, names=WITHOUT_NAME)
    project.script("b", "a", 'op.drop_column("account", "name")')
    code, said = tried(project, "--scratch")
    assert code != 0
    assert "view names depends on column name" in said
    project.script("b", "a", 'op.drop_view("names", if_exists=True)\nop.drop_column("account", "name")')
    code, said = tried(project, "--scratch")
    assert code == 0, said
    assert project.column("SELECT name FROM names") == []


def test_a_scratch_database_knows_what_ran(make: Callable[..., Project]) -> None:
    """What did not change is not replaced there either; its text is that of the real database, not of the file."""
    project = make("postgresql", 2026)
    write(project, names=NAMES, long_names=LONG)
    project.upgrade()
    write(project, names=NAMES, long_names=LONG.replace("10", "11"))
    _, said = tried(project, "--scratch")
    assert "CREATE OR REPLACE VIEW long_names" in said
    assert "VIEW names" not in said


def test_json_has_what_was_sent(make: Callable[..., Project]) -> None:
    project = make("sqlite", 2026)
    write(project)
    project.upgrade()
    write(project, names=NAMES)
    _, said = project.run("plan", "--scratch", "--json")
    (found,) = json.loads(said)["runs"][0]["repeatables"]
    assert ([each["sql"].split()[:3] for each in found["sent"]], found["seconds"] >= 0) == (
        [["CREATE", "VIEW", "names"]],
        True,
    )


def test_a_revision_that_drops_one_first_runs_on_an_empty_database_too(modern: Project) -> None:
    write(modern, names=WITHOUT_NAME)
    modern.script(
        "b",
        "a",
        'op.drop_view("names", if_exists=True)\n'
        'with op.batch_alter_table("account") as batch:\n    batch.drop_column("name")',
    )
    modern.upgrade()
    assert views(modern) == {"names"}
    modern.execute("DROP VIEW names")
    modern.script("c", "b", 'op.drop_view("names", if_exists=True)')
    modern.upgrade()
    assert (views(modern), replaced(modern)) == ({"names"}, ["view names", "view names"])


def test_autogenerate_drops_one_so_and_its_downgrade_leaves_it(make: Callable[..., Project]) -> None:
    """A column goes beneath a repeatable view: up, down and up again, and on an empty database."""
    project = make("postgresql", 2026)
    shutil.copy(Path(limbeck.__file__).parent / "templates_2026" / "generic" / "script.py.mako", project.root / "m")
    write(project, names=NAMES)
    project.upgrade()
    project.execute("GRANT SELECT ON names TO PUBLIC")
    write(project, names=WITHOUT_NAME)
    project.env((project.root / "m" / "env.py").read_text().replace(', sa.Column("name", sa.String(20))', ""))
    made = command.revision(project.configure(), "b", autogenerate=True, rev_id="b")
    text = open(made.path).read()  # type: ignore[union-attr]  # noqa: SIM115
    assert "op.drop_view('names', recreated=True, if_exists=True)" in text
    assert "create_view" not in text
    project.upgrade()
    granted = (
        "SELECT count(*) FROM information_schema.table_privileges WHERE table_name = 'names' AND grantee = 'PUBLIC'"
    )
    assert (views(project), project.column(granted)) == ({"names"}, [1])
    project.downgrade("-1")
    assert views(project) == {"names"}
    project.upgrade()
    command.check(project.configure())
    assert project.run("test")[0] == 0


@pytest.mark.parametrize("backend", ["postgresql", "mariadb", "sqlite"])
def test_stamp_verify_leaves_them_out(make: Callable[..., Project], backend: str) -> None:
    project = make(backend, 2026)
    write(project, names=NAMES)
    project.upgrade()
    command.stamp(project.configure(), "head", purge=True, verify=True)
    project.execute("CREATE VIEW other AS SELECT 1 AS a")
    with pytest.raises(CommandError, match="1 difference") as raised:
        command.stamp(project.configure(), "head", purge=True, verify=True)
    assert raised.value.__notes__ == ["view other: no revision up to a makes it"]
    assert project.rows() == ["a"]


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
def test_the_history_is_tested_with_them(make: Callable[..., Project], backend: str) -> None:
    project = make(backend, 2026)
    write(project, names=NAMES)
    assert project.run("test")[0] == 0
    write(project, bad=BAD.replace("SELECT", "SELEKT"))
    code, said = project.run("test", "--only", "upgrades-from-empty")
    assert code == 1
    assert "refuses repeatable view bad" in said
    assert "bad.sql" in said
    project.upgrade("a", sql=True)
    assert views(project) == set()


def test_the_schema_of_a_revision_has_none(make: Callable[..., Project]) -> None:
    project = make("sqlite", 2026)
    write(project, names=NAMES)
    project.upgrade()
    assert "names" in json.dumps(project.run("schema", "--format", "json")[1])
    assert project.run("diff", "a", "base")[1].count("names") == 0
