"""`plan --save`, and runs of such a plan: exactly its steps, and none where anything that it depends on has moved."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator
from modern_shop import Shop

from limbeck import command
from limbeck.errors import CommandError

EVERYWHERE = pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "limbeck.plan-file-1.json"


def saved(shop: Shop, target: str = "heads") -> str:
    """A plan of the shop, in a file."""
    file = shop.root / "plan.json"
    shop.plan(target, save=str(file))
    return str(file)


def grow(shop: Shop) -> None:
    """Two revisions more."""
    shop.script("a2", "a1", 'op.add_column("account", sa.Column("mail", sa.String(9)))')
    shop.script("a3", "a2", 'op.create_table("cart", sa.Column("id", sa.Integer))', 'op.drop_table("cart")')


def refused(shop: Shop, file: str, verb: str = "upgrade") -> str:
    """What a run of the plan is refused with; the version rows stay as they are."""
    before = shop.rows()
    with pytest.raises(CommandError) as raised:
        getattr(command, verb)(shop.config(), plan_file=file)
    assert shop.rows() == before
    assert raised.value.file == file
    return f"{raised.value.code}: {shop.plain(str(raised.value))}"


@EVERYWHERE
def test_up_and_down(make: Callable[[str], Shop], kind: str) -> None:
    shop = make(kind)
    grow(shop)
    file = saved(shop)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(Path(file).read_text()))
    steps = command.upgrade(shop.config(), plan_file=file)
    assert [step.name for step in steps] == ["upgrade", "upgrade"]
    assert shop.rows() == ["a3"]
    command.downgrade(shop.config(), plan_file=saved(shop, "a2"))
    assert shop.rows() == ["a2"]


def test_exactly_its_steps(shop: Shop) -> None:
    """A revision that came later is no part of it."""
    grow(shop)
    file = saved(shop)
    shop.script("a4", "a3")
    command.upgrade(shop.config(), plan_file=file)
    assert shop.rows() == ["a3"]


def test_a_plan_of_nothing(shop: Shop) -> None:
    assert command.upgrade(shop.config(), plan_file=saved(shop)) == []


def test_several_databases(shop: Shop) -> None:
    """Each has its own plan in the file; all are looked at before anything runs on the first."""
    urls = [shop.url, f"sqlite:///{shop.root}/second.db"]
    env = shop.root / "m" / "env.py"
    env.write_text(
        "import sqlalchemy as sa\nfrom limbeck import context\n"
        f"for url in {urls!r}:\n"
        "    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        with context.begin_transaction():\n            context.run_migrations()\n"
    )
    shop.upgrade()
    grow(shop)
    file = saved(shop)
    first = shop.url
    shop.url = urls[1]
    shop.look("ALTER TABLE account ADD COLUMN x INTEGER")
    assert "table account: column x is new" in refused(shop, file)
    shop.url = first
    assert shop.rows() == ["a1"]
    env.write_text(env.read_text().replace(f", {urls[1]!r}", ""))
    assert "env.py configures 1 of the 2 databases that the plan is for" in refused(shop, file)
    env.write_text(env.read_text().replace(f"[{urls[0]!r}", f"[{urls[0]!r}, {urls[1]!r}"))
    shop.url = urls[1]
    shop.look("ALTER TABLE account DROP COLUMN x")
    command.upgrade(shop.config(), plan_file=file)
    assert shop.rows() == ["a3"]
    shop.url = first
    assert shop.rows() == ["a3"]


# --- what has moved ---------------------------------------------------------------------------------------------------


def test_a_script_was_edited(shop: Shop) -> None:
    grow(shop)
    file = saved(shop)
    shop.script("a2", "a1")
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: the script of a2 was edited. No step was run"
    )


def test_other_ends_of_lines_are_no_edit(shop: Shop) -> None:
    grow(shop)
    file = saved(shop)
    script = shop.root / "m" / "versions" / "a2.py"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    command.upgrade(shop.config(), plan_file=file)
    assert shop.rows() == ["a3"]


def test_a_script_is_gone(shop: Shop) -> None:
    grow(shop)
    file = saved(shop)
    os.unlink(shop.root / "m" / "versions" / "a3.py")
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: the script of a3 is gone. No step was run"
    )


def test_a_script_stands_elsewhere_in_the_history(shop: Shop) -> None:
    """A revision was put between two of the plan."""
    grow(shop)
    file = saved(shop)
    shop.script("between", "a1")
    script = shop.root / "m" / "versions" / "a2.py"
    text = script.read_text()
    script.write_text(text.replace("'a1'", "'between'"))
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: the script of a2 was edited. No step was run"
    )


def test_the_version_rows_have_moved(shop: Shop) -> None:
    grow(shop)
    file = saved(shop)
    shop.upgrade("a2")
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: the version rows are a2 now, and were a1; "
        "table account: column mail is new. No step was run"
    )


@EVERYWHERE
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("ALTER TABLE account ADD COLUMN x INTEGER", "table account: column x is new"),
        ("ALTER TABLE account DROP COLUMN age", "table account: column age is gone"),
        ("CREATE INDEX ix_age ON account (age)", "table account: index ix_age is new"),
        ("ALTER TABLE account RENAME TO other", "table account is gone"),
        ("CREATE TABLE cart (id INTEGER)", "table cart is there now"),
    ],
)
def test_a_table_has_moved(make: Callable[[str], Shop], kind: str, change: str, what: str) -> None:
    shop = make(kind)
    grow(shop)
    file = saved(shop)
    shop.look(change)
    assert refused(shop, file) == f"plan-moved: The plan no longer holds: {what}. No step was run"


def test_a_type_has_moved(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    grow(shop)
    file = saved(shop)
    shop.look("ALTER TABLE account ALTER COLUMN age TYPE BIGINT")
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: table account: column age is BIGINT NULL now, and was INTEGER NULL. "
        "No step was run"
    )


@EVERYWHERE
def test_other_tables_and_rows_may_move(make: Callable[[str], Shop], kind: str) -> None:
    shop = make(kind)
    grow(shop)
    file = saved(shop)
    shop.look("CREATE TABLE elsewhere (id INTEGER)")
    shop.look("DELETE FROM account WHERE id = 1")
    command.upgrade(shop.config(), plan_file=file)
    assert shop.rows() == ["a3"]


def test_another_kind_of_database(shop: Shop, postgresql_url: str) -> None:
    grow(shop)
    file = saved(shop)
    shop.url = postgresql_url
    shop.upgrade("a1")
    assert refused(shop, file) == snapshot(
        "plan-moved: The plan no longer holds: the plan is for sqlite, and this database is postgresql. No step was run"
    )


# --- the file ---------------------------------------------------------------------------------------------------------


def edited(file: str, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(Path(file).read_text())
    change(document)
    Path(file).write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda file: Path(file).write_text("{"), "it is no JSON document"),
        (lambda file: Path(file).write_bytes(b"\xff\xfe"), "it is no JSON document"),
        (lambda file: Path(file).write_text("[1]"), "it is no plan file"),
        (lambda file: Path(file).write_text('{"schema": "limbeck.plan"}'), "it is what `limbeck plan --json` shows"),
        (lambda file: edited(file, lambda it: it["plan"].update(target="base")), "it is not as it was written"),
        (lambda file: edited(file, lambda it: it.pop("fingerprints")), "it is not as it was written"),
    ],
)
def test_a_damaged_file(shop: Shop, change: Callable[[str], object], says: str) -> None:
    grow(shop)
    file = saved(shop)
    change(file)
    assert refused(shop, file) == f"plan-file: The plan file cannot be used: {says}"


def test_a_newer_file(shop: Shop) -> None:
    file = saved(shop)
    edited(file, lambda document: document.update(version=2))
    assert refused(shop, file).startswith("plan-file: The plan file has version 2, and this Limbeck, ")


def test_no_file(shop: Shop) -> None:
    assert refused(shop, str(shop.root / "none")) == "plan-file: The plan cannot be read: No such file or directory"


def test_a_file_that_cannot_be_written(shop: Shop) -> None:
    with pytest.raises(CommandError, match="Can't write"):
        shop.plan(save=str(shop.root / "none" / "plan.json"))


# --- the command ------------------------------------------------------------------------------------------------------


def test_by_the_command_line(shop: Shop) -> None:
    """The losses that the plan shows are agreed to; those that have come since are not."""
    shop.script("a2", "a1", 'op.drop_column("account", "age")')
    code, out, err = shop.limbeck("plan", "--save", "plan.json")
    assert (code, err) == (0, "the plan is in plan.json; next: `limbeck upgrade --plan plan.json`\n")
    assert "LOST: column account.age, 2 values in 3 rows" in out
    assert shop.limbeck("upgrade", "--plan", "plan.json")[0] == 0
    assert shop.rows() == ["a2"]


def test_a_loss_that_the_plan_does_not_show(shop: Shop) -> None:
    shop.look("UPDATE account SET age = NULL")
    shop.script("a2", "a1", 'op.drop_column("account", "age")')
    saved(shop)
    shop.look("UPDATE account SET age = 1")
    assert shop.limbeck("upgrade", "--plan", "plan.json")[0] == 3
    assert shop.rows() == ["a1"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("downgrade --plan plan.json", "error[usage]: The plan is one of upgrade"),
        ("upgrade head --plan plan.json", "error[usage]: A plan says itself what to run"),
        ("upgrade --sql --plan plan.json", "error[usage]: A plan says itself what to run"),
        ("downgrade", "error[usage]: the following arguments are required: revision"),
    ],
)
def test_usage(shop: Shop, words: str, says: str) -> None:
    grow(shop)
    saved(shop)
    code, _, err = shop.limbeck(*words.split())
    assert (code, err.splitlines()[0]) == (2, says)


def test_a_plan_makes_no_database(tmp_path: Path) -> None:
    """A file of SQLite that does not exist is not made."""
    shop = Shop(tmp_path, f"sqlite:///{tmp_path}/none.db")
    shop.script("a1", None)
    with pytest.raises(CommandError) as raised:
        shop.plan()
    assert raised.value.code == "no-database-file"
    assert not (tmp_path / "none.db").exists()
