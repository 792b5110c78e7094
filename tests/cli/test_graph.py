"""`limbeck graph`: the history in the terminal and for other tools, and what databases have."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from command_line import REVISION, Environment
from json_document import document
from terminal_session import at_terminal

LONG = "rates of the bank in all currencies that anybody has ever asked us for"


@pytest.fixture
def branched(environment: Environment) -> Environment:
    """
    a1 - a2 - a4      x1 (label shop) - x2, x1 depends on a2
       - b1 -'
    """
    for revision, about, down, more in (
        ("b1", LONG, "'a1'", ""),
        ("a4", "join", "('a2', 'b1')", ""),
        ("x1", "shop", "None", "depends_on = 'a2'; branch_labels = 'shop'"),
        ("x2", "carts", "'x1'", ""),
    ):
        text = REVISION.format(about=about, revision=revision, down="DOWN").replace("'DOWN'", down)
        environment.write(
            f"migrations/versions/{revision}.py", text.replace("depends_on = None", more or "depends_on = None")
        )
    return environment


def test_the_picture_in_a_pipe(branched: Environment) -> None:
    done = branched.limbeck("graph")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "\n" + done.stdout
        == f"""
● a4 (head) join
├─╮
│ ● b1 {LONG}
│ │ ● x2 (shop, head) carts
│ │ ● x1 (shop) shop
●┄│┄╯ a2 second
╰─┤
  ● a1 first
"""
    )


def test_the_picture_at_a_terminal(branched: Environment) -> None:
    shown = at_terminal(branched.root, "graph", columns=50)
    assert max(map(len, shown.screen.splitlines())) <= 50
    assert "● b1 rates of the bank in all currencies that a…" in shown.screen
    assert "\x1b[35m" in shown.raw, "lanes have colours"


def test_a_range(branched: Environment) -> None:
    assert branched.limbeck("graph", "-r", "b1:a4").stdout == f"● a4 (head) join\n● b1 {LONG}\n"
    wrong = branched.limbeck("graph", "-r", "a4")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (
        2,
        "error[usage]: History range requires [start]:[end], [start]:, or :[end]",
    )


def test_what_a_database_has(branched: Environment) -> None:
    branched.limbeck("upgrade", "a2")
    done = branched.limbeck("graph", "--applied", "-r", ":a4")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "\n" + done.stdout
        == """
sqlite:///test.db: 2 of 4 revisions applied
○ a4 (head) join
├─╮
● │ a2 (current) second
│ ○ b1 rates of the bank in all currencies that anybody has ever asked us for
├─╯
● a1 first
"""
    )


def test_a_row_that_no_file_has_is_named(branched: Environment) -> None:
    branched.limbeck("upgrade", "x2")
    (branched.versions / "x2.py").unlink()
    first = branched.limbeck("graph", "--applied").stdout.splitlines()[0]
    assert first == "sqlite:///test.db: 0 of 5 revisions applied; no revision file has x2, a row of its version table"


def test_a_database_that_is_missing_is_an_error_and_not_made(branched: Environment) -> None:
    done = branched.limbeck("graph", "--applied")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error[no-database-file]: ")
    assert not (branched.root / "test.db").exists()


def test_the_document(branched: Environment) -> None:
    branched.limbeck("upgrade", "a2")
    done = branched.limbeck("graph", "--applied", "--json")
    assert done.stdout == branched.limbeck("graph", "--applied", "--format", "json").stdout
    found = document(done.stdout)
    rows = {row["revision"]["revision"]: row for row in found["rows"]}
    assert (found["schema"], found["version"]) == ("limbeck.graph", 1)
    assert found["databases"] == [{"database": "sqlite:///test.db", "rows": ["a2"], "unknown": []}]
    assert [line["revision"] for line in rows["a4"]["lines"]] == ["a2", "b1"]
    assert [(line["revision"], line["kind"]) for line in rows["x1"]["lines"]] == [("a2", "dependency")]
    assert (rows["a2"]["applied_to"], rows["b1"]["applied_to"]) == (["sqlite:///test.db"], [])
    assert (rows["x1"]["labels"], rows["x2"]["labels"], rows["x2"]["revision"]["branch_labels"]) == (
        ["shop"],
        [],
        ["shop"],
    )


@pytest.mark.parametrize("format", ["text", "mermaid", "dot", "svg", "json"])
def test_an_empty_history(environment: Environment, format: str) -> None:
    for path in environment.versions.glob("*.py"):
        path.unlink()
    done = environment.limbeck("graph", "--format", format)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_format_that_there_is_not(environment: Environment) -> None:
    done = environment.limbeck("graph", "--format", "sarif")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "error[usage]: argument --format: invalid choice: 'sarif'",
            "  hint: it takes text, mermaid, dot, svg, json",
        ],
    )


def test_svg_of_the_command(branched: Environment) -> None:
    found = ET.fromstring(branched.limbeck("graph", "--format", "svg").stdout)  # noqa: S314 our own
    assert found.get("aria-label") == "history of 6 revisions"
