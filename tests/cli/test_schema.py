"""`limbeck schema`: of the database, of the models, and as it was at a revision."""

from __future__ import annotations

import pytest
from command_line import REVISION, Environment
from json_document import document
from terminal_session import at_terminal

MODELS = """
import sqlalchemy as sa
target_metadata = sa.MetaData()
sa.Table("planned", target_metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
"""


@pytest.fixture
def there(environment: Environment) -> Environment:
    """a1 - a2, both applied."""
    assert environment.limbeck("upgrade", "head").returncode == 0
    return environment


def test_of_the_database(there: Environment) -> None:
    done = there.limbeck("schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
sqlite:///test.db: 2 tables

t_a1
  id  INTEGER  PRIMARY KEY

t_a2
  id  INTEGER  PRIMARY KEY
"""
    )


def test_at_a_terminal(there: Environment) -> None:
    shown = at_terminal(there.root, "schema")
    assert shown.screen == there.limbeck("schema").stdout
    assert "\x1b[1mt_a1\x1b[0m" in shown.raw


def test_as_it_was_at_a_revision(there: Environment) -> None:
    done = there.limbeck("schema", "a1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "sqlite:///test.db, as it is at a1: 1 table\n\nt_a1\n  id  INTEGER  PRIMARY KEY\n"
    assert there.limbeck("schema", "current").stdout == there.limbeck("schema").stdout
    assert there.limbeck("schema", "base").stdout == "sqlite:///test.db, as it is at base: 0 tables\n"
    assert "t_a2" in there.limbeck("schema").stdout, "the real database is as before"


def test_of_the_models(there: Environment) -> None:
    none = there.limbeck("schema", "--models")
    assert (none.returncode, none.stderr.splitlines()[0]) == (3, "error[no-metadata]: env.py gives no models")
    env = there.root / "migrations" / "env.py"
    there.write("migrations/env.py", env.read_text(encoding="utf-8").replace("target_metadata = None", MODELS))
    done = there.limbeck("schema", "--models")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == """\
sqlite:///test.db, as the models are: 1 table

planned
  id    INTEGER      PRIMARY KEY
  name  VARCHAR(40)
"""
    )
    both = there.limbeck("schema", "a1", "--models")
    assert (both.returncode, both.stderr.splitlines()[0]) == (2, "error[usage]: Models have no revision")


def test_the_document(there: Environment) -> None:
    found = document(there.limbeck("schema", "a1", "--json").stdout)
    assert (found["schema"], found["version"], found["source"]) == ("limbeck.schemas", 1, "a1")
    assert [(one["database"], one["dialect"]) for one in found["databases"]] == [("sqlite:///test.db", "sqlite")]
    assert [table["name"] for table in found["databases"][0]["tables"]] == ["t_a1"]


@pytest.mark.parametrize(
    ("format", "line"),
    [("mermaid", "erDiagram"), ("dbml", 'Table "t_a1" {'), ("sql", "CREATE TABLE t_a1 ("), ("json", "{")],
)
def test_for_other_programs(there: Environment, format: str, line: str) -> None:
    assert line in there.limbeck("schema", "--format", format).stdout.splitlines()


def test_a_database_that_is_missing_is_an_error_and_not_made(environment: Environment) -> None:
    done = environment.limbeck("schema")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error[no-database-file]: ")
    assert not (environment.root / "test.db").exists()


def test_a_revision_that_there_is_not_and_one_that_fails(there: Environment) -> None:
    wrong = there.limbeck("schema", "zz")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (
        3,
        "error[unknown-revision]: Can't locate revision identified by 'zz'",
    )
    text = REVISION.format(about="third", revision="a3", down="a2").replace(
        "def upgrade():", "def upgrade():\n    1 / 0"
    )
    there.write("migrations/versions/a3.py", text)
    failing = there.limbeck("schema", "a3")
    assert failing.returncode == 3
    assert "while the history was run on an empty scratch database" in failing.stderr
