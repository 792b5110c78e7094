# ruff: noqa: E501 - what is printed, as it is printed
"""`upgrade --lint` refuses a run before anything is sent; `plan --lint` shows findings beside the steps."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator
from reviewing import Reviewed

import limbeck.aio
from limbeck import Migrator, command, rehearsal
from limbeck.cli import CommandLine
from limbeck.errors import CommandError, UsageError

RENAME = 'op.rename_table("p", "q")'
"""An error."""
DROP = 'op.execute("DROP TABLE p")'
"""A warning."""
FINE = 'op.create_table("fine", sa.Column("id", sa.Integer, primary_key=True))'

BOTH = """
import sqlalchemy as sa
from limbeck import context
for url in context.config.get_main_option("urls").split():
    with sa.create_engine(url).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Reviewed:
    """A database with a table."""
    place = Reviewed(tmp_path, sqlite_url)
    place.sql("CREATE TABLE p (a int)")
    return place


def tables(place: Reviewed) -> set[str]:
    with sa.create_engine(place.url, poolclass=sa.NullPool).connect() as connection:
        return set(sa.inspect(connection).get_table_names())


def refused(place: Reviewed, target: str | None = "heads", **options: Any) -> str:
    """What a run is refused with, before it has done anything."""
    before = tables(place)
    with pytest.raises(CommandError) as raised:
        command.upgrade(place.config(), target, **options)
    assert tables(place) == before
    assert (raised.value.code, raised.value.exit_code) == ("lint-refused", 3)
    return str(raised.value)


# --- upgrade ----------------------------------------------------------------------------------------------------------


def test_it_names_the_findings(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)
    place.write(FINE, RENAME, "\n".join(f'op.rename_table("r{n}", "s{n}")' for n in range(3)))
    assert refused(place, lint=True) == snapshot(
        "The review of this upgrade has 4 findings of severity error: m/versions/a1_.py:10 rename-table; m/versions/a2_.py:10 rename-table; m/versions/a2_.py:11 rename-table; and 1 more. No step was run"
    )
    assert command.upgrade(place.config(), "a0", lint=True)
    assert tables(place) >= {"p", "fine"}


@pytest.mark.parametrize(
    ("body", "settings", "options", "runs"),
    [
        (RENAME, "", {}, True),
        (RENAME, "", {"lint": True}, False),
        (RENAME, "", {"fail_on": "error"}, False),
        (RENAME, "lint_on_upgrade = error", {}, False),
        (RENAME, "lint_on_upgrade = error", {"lint": False}, True),
        (RENAME, "lint_on_upgrade = off", {}, True),
        (RENAME, "lint_rules = rename-table = off", {"lint": True}, True),
        (f"# limbeck: allow(rename-table): nobody reads it\n{RENAME}", "", {"lint": True}, True),
        (DROP, "", {"lint": True}, True),
        (DROP, "", {"fail_on": "warning"}, False),
        (DROP, "lint_fail_on = warning", {"lint": True}, False),
        (DROP, "lint_fail_on = warning", {}, True),
        (DROP, "lint_on_upgrade = info", {}, False),
        (DROP, "lint_on_upgrade = info", {"fail_on": "error"}, True),
    ],
)
def test_what_is_refused(place: Reviewed, body: str, settings: str, options: dict[str, Any], runs: bool) -> None:
    place.settings += f"\n{settings}"
    place.write(body)
    if runs:
        command.upgrade(place.config(), "heads", **options)
        assert "p" not in tables(place)
    else:
        refused(place, **options)


def test_a_wrong_setting(place: Reviewed) -> None:
    place.settings += "\nlint_on_upgrade = always"
    place.write("pass")
    with pytest.raises(CommandError, match="lint_on_upgrade = 'always' is no severity") as raised:
        command.upgrade(place.config(), "heads")
    assert raised.value.code == "lint-setting"


def test_only_what_it_would_run(place: Reviewed) -> None:
    place.write(RENAME, 'op.rename_table("q", "p")')
    command.upgrade(place.config(), "a0")
    assert "a1_.py" in refused(place, lint=True)
    assert "a0_.py" not in refused(place, lint=True)
    place.settings += "\nlint_start = a0"
    assert "1 finding" in refused(place, lint=True)


def test_an_old_history_on_an_empty_database(place: Reviewed) -> None:
    """Its tables are new in the same run, also those of revisions that are not reviewed."""
    place.write('op.create_table("old", sa.Column("id", sa.Integer))', 'op.rename_table("old", "new")')
    place.settings += "\nlint_start = a1"
    command.upgrade(place.config(), "heads", lint=True)
    assert "new" in tables(place)


def test_what_was_skipped(place: Reviewed) -> None:
    place.write(FINE, "pass")
    command.upgrade(place.config(), "heads")
    (place.versions / "b_.py").write_text(
        (place.versions / "a0_.py").read_text().replace(FINE, RENAME).replace('"a0"', '"b"')
    )
    text = (place.versions / "a0_.py").read_text().replace("down_revision = None", 'down_revision = "b"')
    (place.versions / "a0_.py").write_text(text)
    assert "b_.py:10 rename-table" in refused(place, None, skipped=True, lint=True)
    command.upgrade(place.config(), None, skipped=True)
    assert "q" in tables(place)


def test_a_plan_in_a_file(place: Reviewed) -> None:
    place.write(DROP, RENAME)
    file = str(place.root / "plan.json")
    command.plan(place.config(), "a0", save=file)
    assert "a0_.py" in refused(place, None, plan_file=file, fail_on="warning")
    command.upgrade(place.config(), plan_file=file, lint=True)
    assert "p" not in tables(place)


def test_of_several_databases_none_gets_a_statement(place: Reviewed, tmp_path: Path) -> None:
    """The first is up to date, and would have nothing to object to."""
    place.write(FINE, RENAME)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    (place.root / "m" / "env.py").write_text(BOTH)
    place.settings += f"\nurls = {place.url}"
    command.upgrade(place.config(), "heads")
    place.settings = place.settings.replace("urls = ", f"urls = {other} ")
    second = Reviewed(tmp_path / "second", other)
    second.sql("CREATE TABLE p (a int)", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    second.sql("INSERT INTO alembic_version VALUES ('a0')")
    assert "1 finding" in refused(place, lint=True)
    assert tables(second) == {"p", "alembic_version"}
    command.upgrade(place.config(), "heads")
    assert "q" in tables(second)


def test_a_script_is_not_reviewed(place: Reviewed) -> None:
    place.settings += "\nlint_on_upgrade = error"
    place.write(RENAME)
    command.upgrade(place.config(), "heads", sql=True)
    with pytest.raises(UsageError, match="--lint with --sql"):
        command.upgrade(place.config(), "heads", sql=True, lint=True)


def test_a_database_ahead_is_left_to_the_run(place: Reviewed) -> None:
    place.write(RENAME)
    place.sql("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    place.sql("INSERT INTO alembic_version VALUES ('elsewhere')")
    with pytest.raises(CommandError) as raised:
        command.upgrade(place.config(), "heads", lint=True)
    assert raised.value.code == "unknown-revision"


# --- plan -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> Reviewed:
    monkeypatch.chdir(place.root)
    place.write(f'{RENAME}\nop.execute("DROP TABLE r")', FINE, doc="Tables of the shop")
    return place


def said(place: Reviewed, **options: Any) -> str:
    command.plan(place.config(), **options)
    return place.out.getvalue().replace(place.url, "URL")


def test_text(planned: Reviewed) -> None:
    assert said(planned, lint=True) == snapshot("""\
URL: 2 steps up

upgrade base -> a0, Tables of the shop
  m/versions/a0_.py
  rename table p to q (line 10)
    locks p (whole file, one writer): writes wait
  execute DROP TABLE r (line 11)
    locks r (whole file, one writer): writes wait
  error[rename-table]: Code that is still running knows the table as p and fails from the rename on; a view of that name serves it, reads and writes, until it is gone (line 10)
  warning[drop-table]: The rows of r are gone for good, and code that is still running fails; release code that does not use the table first, and keep a backup (line 11)
  way back: downgrade() raises

upgrade a0 -> a1, Tables of the shop
  m/versions/a1_.py
  create table fine (line 10)
  way back: downgrade() raises

version rows: base -> a1
each step has its own transaction
table p: 0 rows
review: 1 error, 1 warning; `limbeck lint` says what to write instead
""")


def test_markdown(planned: Reviewed) -> None:
    text = said(planned, lint=True, markdown=True)
    assert text.partition("**Review**")[2].partition("\n\n**")[0] == snapshot("""\


- error **rename-table** `m/versions/a0_.py:10`: Code that is still running knows the table as p and fails from the rename on; a view of that name serves it, reads and writes, until it is gone
- warning **drop-table** `m/versions/a0_.py:11`: The rows of r are gone for good, and code that is still running fails; release code that does not use the table first, and keep a backup\
""")


def test_json(planned: Reviewed) -> None:
    document = json.loads(said(planned, lint=True, json=True))
    file = Path(__file__).parents[2] / "docs" / "schemas" / "limbeck.plan-1.json"
    Draft202012Validator(json.loads(file.read_text())).validate(document)
    found = [step["findings"] for step in document["runs"][0]["steps"]]
    assert [[one["rule"] for one in each] for each in found] == [["rename-table", "drop-table"], []]


@pytest.mark.parametrize(
    ("settings", "options", "shown"),
    [
        ("", {}, False),
        ("", {"lint": True}, True),
        ("lint_on_upgrade = error", {}, True),
        ("lint_on_upgrade = error", {"lint": False}, False),
    ],
)
def test_where_it_is_asked_for(planned: Reviewed, settings: str, options: dict[str, Any], shown: bool) -> None:
    planned.settings += f"\n{settings}"
    assert ("warning[drop-table]" in said(planned, **options)) is shown
    assert all((step.findings is not None) is shown for step in command.plan(planned.config(), **options).runs[0].steps)


def test_a_way_down_is_not_reviewed(planned: Reviewed) -> None:
    planned.write(FINE, back='op.drop_table("fine")')
    planned.upgrade()
    (run,) = command.plan(planned.config(), "base", lint=True).runs
    assert (run.findings, "review" in said(planned, target="base", lint=True)) == (None, False)


def test_the_steps_are_rehearsed_once(planned: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    times = []
    rehearse = rehearsal.rehearse
    monkeypatch.setattr(rehearsal, "rehearse", lambda *given, **options: times.append(1) or rehearse(*given, **options))
    assert command.plan(planned.config(), lint=True).runs[0].findings
    assert len(times) == 1


# --- a program --------------------------------------------------------------------------------------------------------


def rules(found: object) -> list[str]:
    return [one.rule for one in found.findings]  # type: ignore[attr-defined]


def test_a_migrator(place: Reviewed) -> None:
    place.write(RENAME, DROP)
    migrator = Migrator(place.url, place.root / "m")
    found = migrator.lint()
    assert (found.revisions, rules(found), len(found.failing)) == (("a0", "a1"), ["rename-table", "drop-table"], 1)
    assert len(migrator.lint(fail_on="warning").failing) == 2
    assert rules(migrator.lint("a1")) == ["drop-table"]
    with pytest.raises(CommandError, match="1 finding of severity error"):
        migrator.upgrade(lint="error")
    assert "p" in tables(place)
    lenient = Migrator(place.url, place.root / "m", lint_rules=["rename-table = off"])
    assert rules(lenient.lint()) == ["drop-table"]
    assert lenient.upgrade("a0", lint="error").end == ("a0",)
    with pytest.raises(CommandError, match="no such rule"):
        Migrator(place.url, place.root / "m", lint_rules=["rename = off"]).lint()


def test_in_an_event_loop(place: Reviewed) -> None:
    place.write(RENAME)

    async def found() -> Any:
        return await limbeck.aio.Migrator(place.url, place.root / "m", lint_rules=["rename-table = info"]).lint()

    assert [(one.rule, one.severity) for one in asyncio.run(found()).findings] == [("rename-table", "info")]


@pytest.mark.parametrize(("words", "given"), [("--lint", True), ("--no-lint", False), ("", None)])
@pytest.mark.parametrize("verb", ["upgrade head", "plan"])
def test_the_command_line(verb: str, words: str, given: bool | None) -> None:
    assert CommandLine(prog="limbeck").parse(f"{verb} {words}".split()).lint is given
