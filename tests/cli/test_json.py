"""``--json``: stdout is one document of a published schema, whatever happens; stderr and exit code are as without."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import REVISION, Environment
from json_document import document

MODELS = """
import sqlalchemy as sa
target_metadata = sa.MetaData(naming_convention={"uq": "uq_%(column_0_name)s"})
t_a1 = sa.Table("t_a1", target_metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
sa.Index("ix_name", t_a1.c.name)
sa.Table("new", target_metadata, sa.Column("id", sa.Integer, primary_key=True))
"""


def with_models(environment: Environment) -> None:
    """Models that have `new`, `t_a1.name` and its index, and lack `t_a2`."""
    env = environment.root / "migrations" / "env.py"
    environment.write("migrations/env.py", env.read_text(encoding="utf-8").replace("target_metadata = None", MODELS))


@pytest.fixture
def branched(environment: Environment) -> Environment:
    """
    a1 - a2 (label side, depends on b1)
       - b1
    """
    second = REVISION.format(about="second", revision="a2", down="a1")
    labelled = second.replace("branch_labels = None", 'branch_labels = "side"')
    environment.write("migrations/versions/a2_second.py", labelled.replace("depends_on = None", 'depends_on = "b1"'))
    environment.write(
        "migrations/versions/b1.py", REVISION.format(about="other\n\nAnd more.", revision="b1", down="a1")
    )
    return environment


def test_heads(branched: Environment) -> None:
    done = branched.limbeck("heads", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = document(done.stdout)
    assert (found["schema"], found["version"]) == ("limbeck.revisions", 1)
    assert found["revisions"][0] == {
        "revision": "a2",
        "down_revisions": ["a1"],
        "depends_on": ["b1"],
        "branch_labels": ["side"],
        "doc": "second",
        "path": str(branched.versions / "a2_second.py"),
        "is_head": True,
        "is_current": None,
        "is_effective_head": False,
        "is_branch_point": False,
        "is_merge_point": False,
        "children": [],
        "longdoc": None,
        "date": None,
        "author": None,
    }
    assert [(head["revision"], head["is_effective_head"]) for head in found["revisions"]] == [
        ("a2", False),
        ("b1", True),
    ]
    alone = document(branched.limbeck("heads", "--resolve-dependencies", "--json").stdout)
    assert [head["revision"] for head in alone["revisions"]] == ["a2"]


@pytest.mark.parametrize("command", ["heads", "history", "show heads", "branches"])
def test_json_names_what_text_names(branched: Environment, command: str) -> None:
    text = branched.limbeck(*command.split(), "-v") if command != "show heads" else branched.limbeck(*command.split())
    found = document(branched.limbeck(*command.split(), "--json").stdout)
    revisions = found.get("revisions") or [point["revision"] for point in found["branch_points"]]
    assert [one["revision"] for one in revisions] == re.findall(r"^Rev: (\w+)", text.stdout, flags=re.MULTILINE)


def test_branches(branched: Environment) -> None:
    (point,) = document(branched.limbeck("branches", "--json").stdout)["branch_points"]
    assert (point["revision"]["revision"], point["revision"]["is_branch_point"]) == ("a1", True)
    assert point["revision"]["children"] == [branch["revision"] for branch in point["branches"]] == ["a2", "b1"]


def test_the_whole_docstring_is_there_where_text_shows_it(branched: Environment) -> None:
    for command, expected in (("show b1", "other\n\nAnd more."), ("heads -v", "other\n\nAnd more."), ("heads", None)):
        shown = document(branched.limbeck(*command.split(), "--json").stdout)["revisions"]
        assert shown[-1]["longdoc"] == expected, command


def test_history_says_what_is_current_where_it_asks_a_database(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    for option, current in ((("-i",), [False, True]), ((), [None, None])):
        found = document(environment.limbeck("history", *option, "--json").stdout)
        assert [(one["revision"], one["is_current"]) for one in found["revisions"]] == [
            ("a2", current[0]),
            ("a1", current[1]),
        ]


def test_current(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    (database,) = document(environment.limbeck("current", "--json").stdout)["databases"]
    assert [one["revision"] for one in database.pop("revisions")] == ["a1"]
    assert database == {"rows": ["a1"], "unknown": [], "is_at_heads": False, "database": "sqlite:///test.db"}

    (environment.versions / "a2_second.py").rename(environment.versions / "a2.txt")
    (environment.versions / "a1_first.py").unlink()
    (database,) = document(environment.limbeck("current", "--json").stdout)["databases"]
    assert database["rows"] == database["unknown"] == ["a1"]
    assert database["revisions"] == []


def test_current_and_check_exit_with_1_after_their_document(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    done = environment.limbeck("current", "--check-heads", "--json")
    assert done.returncode == 1
    assert document(done.stdout)["databases"][0]["is_at_heads"] is False
    assert "error[database-not-at-head]" in done.stderr
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("current", "--check-heads", "--json")
    assert done.returncode == 0
    assert document(done.stdout)["databases"][0]["is_at_heads"] is True


def test_several_databases(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    environment.limbeck("init", "-t", "multidb", "--edition", "none", "migrations")
    ini = environment.root / "alembic.ini"
    environment.write("alembic.ini", re.sub(r"driver://\S*", lambda _: "sqlite:///one.db", ini.read_text(), count=1))
    environment.write("alembic.ini", re.sub(r"driver://\S*", lambda _: "sqlite:///two.db", ini.read_text()))
    environment.write(
        "migrations/versions/a1.py", "revision = 'a1'\ndown_revision = None\ndef upgrade(engine_name): pass"
    )
    environment.limbeck("upgrade", "head")
    databases = document(environment.limbeck("current", "--json").stdout)["databases"]
    assert [(one["database"], one["rows"]) for one in databases] == [
        ("sqlite:///one.db", ["a1"]),
        ("sqlite:///two.db", ["a1"]),
    ]
    statuses = document(environment.limbeck("status", "--json").stdout)["databases"]
    assert [(one["database"], one["current"][0]["revision"]) for one in statuses] == [
        ("sqlite:///one.db", "a1"),
        ("sqlite:///two.db", "a1"),
    ]


def test_status(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    done = environment.limbeck("status", "--json", "--check")
    assert (done.returncode, "error[amiss]" in done.stderr) == (1, True)
    (database,) = document(done.stdout)["databases"]
    assert {"database", "heads", "current", "pending", "skipped", "edited", "unknown", "half_done", "lock"} < set(
        database
    )
    assert database["database"] == "sqlite:///test.db"
    assert database["heads"] == [{"revision": "a2", "doc": "second", "behind": 1}]
    assert database["current"] == [{"revision": "a1", "doc": "first"}]
    assert database["pending"] == [{"revision": "a2", "doc": "second"}]
    assert database["amiss"] == ["pending"]


def test_check(environment: Environment) -> None:
    with_models(environment)
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("check", "--allow-drops", "--json")
    assert done.returncode == 1
    differences = document(done.stdout)["differences"]
    assert {(one["kind"], one["schema"], one["table"], one["name"]) for one in differences} == {
        ("add_table", None, "new", None),
        ("remove_table", None, "t_a2", None),
        ("add_column", None, "t_a1", "name"),
        ("add_index", None, "t_a1", "ix_name"),
    }
    assert "error[differences-found]: New upgrade operations detected: [" in done.stderr
    for one in differences:
        assert one["text"] in done.stderr


def test_check_of_a_database_without_differences(environment: Environment) -> None:
    environment.write("migrations/versions/a2_second.py", "revision = 'a2'\ndown_revision = 'a1'\ndef upgrade(): pass")
    with_models(environment)
    environment.limbeck("upgrade", "head")
    environment.limbeck("revision", "--autogenerate")
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("check", "--json")
    assert (done.returncode, document(done.stdout)["differences"]) == (0, [])


def test_models_that_lack_most_tables_are_an_error(environment: Environment) -> None:
    """Nothing was compared then: the exit code is not that of differences, and there is a document."""
    empty = "import sqlalchemy as sa\nfrom limbeck import context\ncontext.run(sa.MetaData())\n"
    environment.write("migrations/env.py", empty)
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("check", "--json")
    assert (done.returncode, document(done.stdout)["code"]) == (3, "mass-drop")


def test_list_templates(environment: Environment) -> None:
    text = environment.limbeck("list_templates").stdout
    templates = document(environment.limbeck("list_templates", "--json").stdout)["templates"]
    assert [f"{one['name']} - {one['about']}" for one in templates] == re.findall(r"^\w+ - .+", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "code", "exit_code"),
    [
        ("show a3", "unknown-revision", 3),
        ("heads --nonsense", "usage", 2),
        ("headz", "usage", 2),
        ("-c other.ini heads", "config-missing", 3),
        ("history -r a1", "usage", 2),
        ("check", "not-up-to-date", 3),
    ],
)
def test_an_error_is_a_document_too(environment: Environment, command: str, code: str, exit_code: int) -> None:
    plain, done = environment.limbeck(*command.split()), environment.limbeck(*command.split(), "--json")
    error = document(done.stdout)
    assert (error["schema"], error["code"], error["exit_code"]) == ("limbeck.error", code, exit_code)
    assert done.returncode == plain.returncode == exit_code
    assert done.stderr == plain.stderr
    assert f"error[{code}]: {error['message']}" in done.stderr
    assert f"hint: {error['hint']}" in done.stderr


def test_an_error_of_a_script_has_its_place(environment: Environment) -> None:
    environment.write("migrations/env.py", "\n\nimport nowhere\n")
    error = document(environment.limbeck("current", "--json").stdout)
    assert (error["code"], error["line"]) == ("script-failed", 3)
    assert error["file"].endswith("env.py")


def test_what_env_py_prints_is_not_among_it(environment: Environment) -> None:
    env = environment.root / "migrations" / "env.py"
    environment.write("migrations/env.py", "print('hello')\n" + env.read_text(encoding="utf-8"))
    done = environment.limbeck("current", "--json")
    assert document(done.stdout)["databases"][0]["rows"] == []
    assert "hello" in done.stderr


def test_quiet_prints_no_document_but_that_of_an_error(environment: Environment) -> None:
    assert environment.limbeck("-q", "heads", "--json").stdout == ""
    assert document(environment.limbeck("-q", "show", "a3", "--json").stdout)["code"] == "unknown-revision"


def test_letters_that_stdout_cannot_encode_arrive(environment: Environment) -> None:
    environment.write("migrations/versions/a2_second.py", REVISION.format(about="größer", revision="a2", down="a1"))
    done = environment.limbeck("heads", "--json", environment={"PYTHONIOENCODING": "ascii"})
    assert document(done.stdout)["revisions"][0]["doc"] == "größer"


def test_upgrade_downgrade_and_stamp_say_what_they_did(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "heads", "--json")
    (run,) = document(done.stdout)["runs"]
    assert [(step["revision"], step["doc"]) for step in run["steps"]] == [("a1", "first"), ("a2", "second")]
    assert (run["kind"], run["start"], run["end"], run["database"]) == ("upgrade", [], ["a2"], "sqlite:///test.db")
    (run,) = document(environment.limbeck("upgrade", "heads", "--json").stdout)["runs"]
    assert (run["start"], run["steps"], run["end"]) == (["a2"], [], ["a2"])
    (run,) = document(environment.limbeck("downgrade", "-1", "--json").stdout)["runs"]
    assert (run["kind"], [step["revision"] for step in run["steps"]], run["end"]) == ("downgrade", ["a2"], ["a1"])
    (run,) = document(environment.limbeck("stamp", "a2", "--json").stdout)["runs"]
    assert (run["kind"], run["start"], run["end"]) == ("stamp", ["a1"], ["a2"])


def test_revision_and_merge_say_what_they_wrote(branched: Environment) -> None:
    done = branched.limbeck("revision", "-m", "third", "--head", "b1", "--rev-id", "b2", "--json")
    assert document(done.stdout)["scripts"] == [{"revision": "b2", "path": str(branched.versions / "b2_third.py")}]
    assert "Generating" in done.stderr
    (written,) = document(branched.limbeck("merge", "heads", "--rev-id", "m", "--json").stdout)["scripts"]
    assert written["revision"] == "m"


@pytest.mark.parametrize("command", ["upgrade a2 --sql", "revision --sql --autogenerate"])
def test_a_script_is_no_document(environment: Environment, command: str) -> None:
    done = environment.limbeck(*command.split(), "--json")
    assert (done.returncode, document(done.stdout)["code"]) == (2, "usage")
