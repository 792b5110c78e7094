# ruff: noqa: E501 - what is printed, as it is printed
"""`limbeck lint`: which revisions, what is allowed and configured, how findings are printed, and the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from reviewing import Reviewed

from limbeck import command
from limbeck.errors import CommandError
from limbeck.lint import rules
from limbeck.lint.changes import CreateTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.step import Step

DROP = 'op.execute("DROP TABLE {}")'


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Reviewed:
    return Reviewed(tmp_path, sqlite_url)


def said(found: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(one["revision"], one["line"], one["severity"], one["rule"]) for one in found]


def test_a_statement_that_cannot_be_written(place: Reviewed) -> None:
    """As one for each row that a script reads, whose rehearsal has none."""
    place.write('op.execute(sa.table("p", sa.column("a")).update().values(b=1))')
    (found,) = place.lint("a0")
    assert (found["rule"], found["message"]) == (
        "rest-not-reviewed",
        (
            "The rest of the revision is not reviewed: it needs the database: This statement cannot be written into "
            "a SQL script: Unconsumed column names: b"
        ),
    )


# --- which revisions --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(place: Reviewed) -> Reviewed:
    """Three revisions that each drop a table."""
    place.write(*(DROP.format(name) for name in "pqr"))
    return place


@pytest.mark.parametrize(
    ("range", "reviewed"),
    [("a1", ["a1"]), ("a0:a1", ["a0", "a1"]), ("a1:", ["a1", "a2"]), ("head", ["a2"]), (None, ["a0", "a1", "a2"])],
)
def test_a_range(three: Reviewed, range: str | None, reviewed: list[str]) -> None:
    assert [one["revision"] for one in three.lint(range)] == reviewed


def test_without_a_range_what_the_database_lacks_else_the_last_revision(place: Reviewed) -> None:
    place.sql("CREATE TABLE p (a int)", "CREATE TABLE q (a int)", "CREATE TABLE r (a int)")
    place.write(*(DROP.format(name) for name in "pqr"))
    command.upgrade(place.config(), "a0")
    assert [one["revision"] for one in place.lint(None)] == ["a1", "a2"]
    place.upgrade()
    assert [one["revision"] for one in place.lint(None)] == ["a2"]


def test_what_a_branch_of_git_does_not_have(three: Reviewed) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *identity, *words], cwd=three.root, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("add", "m/versions/a0_.py", "m/env.py")
    git("commit", "-m", "first")
    assert [one["revision"] for one in three.lint(None, since="main")] == ["a1", "a2"]
    with pytest.raises(CommandError, match="git knows no branch or commit 'elsewhere'"):
        command.lint(three.config(), since="elsewhere")


def test_old_revisions_are_left_out(three: Reviewed) -> None:
    three.settings += "\nlint_start = a1"
    assert [one["revision"] for one in three.lint()] == ["a1", "a2"]


def test_nothing_is_done(three: Reviewed) -> None:
    three.sql("CREATE TABLE p (a int)")
    three.lint()
    three.sql("SELECT * FROM p")


def test_a_table_that_the_range_creates_is_exempt_whichever_revision_does(place: Reviewed) -> None:
    make = 'op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))'
    place.write(make, 'op.rename_table("p", "q")', DROP.format("q"))
    assert said(place.lint()) == []
    assert said(place.lint("a2")) == [("a2", 10, "warning", "drop-table")]


# --- comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (f"{DROP.format('p')}  # limbeck: allow(drop-table): nobody has it", []),
        (f"# limbeck: allow(drop-table): nobody has it\n# since May\n{DROP.format('p')}", []),
        ('op.execute(\n    # limbeck: allow(drop-table): nobody has it\n    "DROP TABLE p"\n)', []),
        (f"# limbeck: allow(drop-column, drop-table): nobody has it\n{DROP.format('p')}", ["unneeded-allow"]),
        (f"# limbeck: allow(drop-table)\n{DROP.format('p')}", ["allow-without-reason", "drop-table"]),
        (f"# limbeck: allow(drop-table): nobody has it\n\n{DROP.format('p')}", ["unneeded-allow", "drop-table"]),
        (f"# limbeck: allow(drop-tables): nobody has it\n{DROP.format('p')}", ["unneeded-allow", "drop-table"]),
        ("# limbeck: allow(drop-table): nobody has it\nop.execute('SELECT 1')", ["unneeded-allow"]),
        ("# limbeck: allow(index-locks-table): PostgreSQL only\nop.execute('SELECT 1')", []),
        (f"with op.get_context().begin_transaction():  # limbeck: allow(drop-table): not it\n    {DROP.format('p')}",
         ["unneeded-allow", "drop-table"]),
    ],
)  # fmt: skip
def test_allowed_by_a_comment(place: Reviewed, code: str, found: list[str]) -> None:
    assert [one["rule"] for one in place.found(code)] == found


def test_a_comment_above_all_functions_is_about_the_file(place: Reviewed) -> None:
    place.write(f"{DROP.format('p')}\n{DROP.format('q')}", header="# limbeck: allow(drop-table): nobody has them")
    assert place.lint() == []


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ("", "warning"),
        ("lint_rules = drop-table = error", "error"),
        ("lint_rules = drop-table = off", None),
        ("lint_rules = drop-table@audit_* = off", "warning"),
        ("lint_rules = drop-table = off, drop-table@p* = info", "info"),
        ("lint_rules =\n  drop-table = error\n  drop-table@p = off", None),
    ],
)
def test_severities(place: Reviewed, settings: str, severity: str | None) -> None:
    place.settings += f"\n{settings}"
    assert [one["severity"] for one in place.found(DROP.format("p"))] == ([] if severity is None else [severity])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("lint_rules = drop-tabel = off", "lint_rules names 'drop-tabel', and there is no such rule"),
        ("lint_rules = drop-table = never", "lint_rules has 'drop-table = never', which is no rule with a severity"),
        ("lint_fail_on = never", "lint_fail_on = 'never' is no severity"),
        ("lint_rules = naming-pattern=info\nlint_names = view=x", "lint_names has 'view=x'"),
        ("lint_rules = naming-pattern=info\nlint_names = table=(", "lint_names has 'table=\\('"),
    ],
)
def test_wrong_settings(place: Reviewed, settings: str, message: str) -> None:
    place.settings += f"\n{settings}"
    place.write("pass")
    with pytest.raises(CommandError, match=message) as raised:
        command.lint(place.config())
    assert (raised.value.code, raised.value.exit_code) == ("lint-setting", 3)


@pytest.mark.parametrize(("fail_on", "fails"), [("error", False), ("warning", True), ("info", True), (None, False)])
def test_what_fails(place: Reviewed, fail_on: str | None, fails: bool) -> None:
    place.write(DROP.format("p"))
    if not fails:
        assert len(command.lint(place.config(), "head", fail_on=fail_on).findings) == 1
        return
    with pytest.raises(CommandError, match="1 finding") as raised:
        command.lint(place.config(), "head", fail_on=fail_on)
    assert (raised.value.code, raised.value.exit_code) == ("lint", 1)


# --- rules of others --------------------------------------------------------------------------------------------------


def _without_a_date(step: Step) -> object:
    for placed, table in step.of(CreateTable, new=True):
        if "created_at" not in {column.name for column in table.columns}:
            yield Found(placed, f"{table.table} has no created_at")


AUDIT = Rule("audit-columns", "warning", "Rows say when they came.", _without_a_date, Examples((), ()))  # type: ignore[arg-type]


def _declare(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr(rules, "entry_points", lambda group: iter([EntryPoint("audit", value, group)]))


def test_a_rule_of_a_package(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    _declare(monkeypatch, f"{__name__}:AUDIT")
    found = place.found('op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))')
    assert said(found) == [("a0", 10, "warning", "audit-columns")]


def test_what_is_no_rule(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    _declare(monkeypatch, f"{__name__}:DROP")
    place.write("pass")
    with pytest.raises(CommandError, match=r"The entry point 'audit' of limbeck.rules is no limbeck.lint.rule.Rule"):
        command.lint(place.config())


def test_without_sqlglot_operations_are_reviewed(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    found = place.found(f'op.drop_table("q")\n{DROP.format("p")}')
    assert [(one["rule"], one["line"]) for one in found] == [("drop-table", 10), ("sql-not-read", 11)]
    assert "pip install limbeck[lint]" in found[1]["message"]


# --- how it is printed ------------------------------------------------------------------------------------------------


def printed(place: Reviewed, format: str, monkeypatch: pytest.MonkeyPatch) -> str:
    place.write('op.rename_table("p", "q")\nop.execute("DROP TABLE r")')
    monkeypatch.chdir(place.root)
    with pytest.raises(CommandError):
        command.lint(place.config(), format=format)
    return place.out.getvalue()


def test_text(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(place, "text", monkeypatch) == snapshot("""\
m/versions/a0_.py:10: error[rename-table]: Code that is still running knows the table as p and fails from the rename on; a view of that name serves it, reads and writes, until it is gone
  write instead:
    op.rename_table('p', 'q')
    op.execute("CREATE VIEW p AS SELECT * FROM q")
m/versions/a0_.py:11: warning[drop-table]: The rows of r are gone for good, and code that is still running fails; release code that does not use the table first, and keep a backup
  write instead:
    # limbeck: allow(drop-table): no release uses it, rows are saved
    op.execute("DROP TABLE r")
1 revision reviewed: 1 error, 1 warning
""")


def test_github(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(place, "github", monkeypatch) == snapshot("""\
::error file=m/versions/a0_.py,line=10,title=rename-table::Code that is still running knows the table as p and fails from the rename on; a view of that name serves it, reads and writes, until it is gone%0Awrite instead:%0Aop.rename_table('p', 'q')%0Aop.execute("CREATE VIEW p AS SELECT * FROM q")
::warning file=m/versions/a0_.py,line=11,title=drop-table::The rows of r are gone for good, and code that is still running fails; release code that does not use the table first, and keep a backup%0Awrite instead:%0A# limbeck: allow(drop-table): no release uses it, rows are saved%0Aop.execute("DROP TABLE r")
1 revision reviewed: 1 error, 1 warning
""")


def test_markdown(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert printed(place, "markdown", monkeypatch) == snapshot("""\
1 revision reviewed: 1 error, 1 warning

| | where | what |
| --- | --- | --- |
| error | `m/versions/a0_.py:10` | **rename-table**: Code that is still running knows the table as p and fails from the rename on; a view of that name serves it, reads and writes, until it is gone |
| warning | `m/versions/a0_.py:11` | **drop-table**: The rows of r are gone for good, and code that is still running fails; release code that does not use the table first, and keep a backup |

<details><summary>Safe code for <code>m/versions/a0_.py:10</code> (rename-table)</summary>

```python
op.rename_table('p', 'q')
op.execute("CREATE VIEW p AS SELECT * FROM q")
```

</details>

<details><summary>Safe code for <code>m/versions/a0_.py:11</code> (drop-table)</summary>

```python
# limbeck: allow(drop-table): no release uses it, rows are saved
op.execute("DROP TABLE r")
```

</details>
""")


def test_gitlab(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.loads(printed(place, "gitlab", monkeypatch))
    assert [(one["check_name"], one["severity"], one["location"]) for one in report] == snapshot(
        [
            ("rename-table", "critical", {"path": "m/versions/a0_.py", "lines": {"begin": 10}}),
            ("drop-table", "major", {"path": "m/versions/a0_.py", "lines": {"begin": 11}}),
        ]
    )
    assert len({one["fingerprint"] for one in report}) == 2


def test_sarif(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = json.loads(printed(place, "sarif", monkeypatch))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == snapshot(["drop-table", "rename-table"])
    assert [
        (one["ruleId"], one["level"], one["locations"][0]["physicalLocation"]) for one in run["results"]
    ] == snapshot(
        [
            ("rename-table", "error", {"artifactLocation": {"uri": "m/versions/a0_.py"}, "region": {"startLine": 10}}),
            ("drop-table", "warning", {"artifactLocation": {"uri": "m/versions/a0_.py"}, "region": {"startLine": 11}}),
        ]
    )


def test_json(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(printed(place, "json", monkeypatch))
    assert (document["schema"], document["revisions"], document["fail_on"]) == ("limbeck.lint", ["a0"], "error")
    assert [set(one) for one in document["findings"]] == [
        {"rule", "severity", "file", "line", "revision", "message", "safe", "fixable"}
    ] * 2
