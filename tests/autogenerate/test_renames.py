"""Renamed tables and columns keep their rows, constraints and indexes."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from running import Database, Fill, nothing, tables
from sqlalchemy import CheckConstraint, Column, Computed, ForeignKey, Index, Integer, String, UniqueConstraint, text

from limbeck import console
from limbeck.autogenerate import compare_metadata
from limbeck.autogenerate.context import AutogenContext
from limbeck.autogenerate.read.renamed import in_words
from limbeck.errors import CommandError

WORDS = {"shoppe": "shop", "nom": "name", "quantite": "amount"}
EDITIONS = [{}, {"edition": 2026, "compare": "classic"}, {"edition": 2026, "compare": "exact"}]


def french(word: str) -> str:
    return next(old for old, new in WORDS.items() if new == word)


def same(word: str) -> str:
    return word


def shop(say: Callable[[str], str], **said: Any) -> Fill:
    """A table with a key, an index, a unique constraint and a check, and one that refers to it.

    :param say: the names.
    """
    shop, name, amount = say("shop"), say("name"), say("amount")

    def fill(m: sa.MetaData) -> None:
        sa.Table(
            shop,
            m,
            Column("id", Integer, primary_key=True),
            Column(name, String(20), nullable=False, server_default="none", info=said.get("name", {})),
            Column(amount, Integer, info=said.get("amount", {})),
            UniqueConstraint(name, name="uq_one"),
            CheckConstraint(f"{amount} > 1", name="ck_one"),
            Index("ix_one", amount, name),
            info=said.get("shop", {}),
        )
        sa.Table(
            "visit",
            m,
            Column("id", Integer, primary_key=True),
            Column("shop_id", Integer, ForeignKey(f"{shop}.id", name="fk_shop", ondelete="CASCADE")),
            Column("shop_name", String(20), ForeignKey(f"{shop}.{name}", name="fk_name")),
        )

    return fill


ROWS = (
    "INSERT INTO shoppe (id, nom, quantite) VALUES (1, 'baker', 5)",
    "INSERT INTO visit (id, shop_id, shop_name) VALUES (7, 1, 'baker')",
)
ANSWERS = ["shoppe:shop", "shoppe.nom:name", "shop.quantite:amount"]
INFO = {name: {"renamed_from": french(name)} for name in ("shop", "name", "amount")}


def in_new_words(value: Any) -> str:
    """The words of a schema in no order, with the new names."""
    renamed = re.sub(r"\b(" + "|".join(WORDS) + r")\b", lambda found: WORDS[found[1]], repr(value))
    return " ".join(sorted(re.findall(r"[\w.']+", renamed)))


def renames(database: Database, before: Fill, after: Fill, *rows: str, **options: Any) -> Any:
    """Upgrade ``before`` to ``after`` and downgrade; nothing but names changes, and no row is lost."""
    database.create(before, *rows)
    there, had = database.schema(), database.rows()
    revision = database.write(after, options=options)
    database.run(revision.upgrade, revision.imports)
    assert in_new_words(database.schema()) == in_new_words(there)
    assert in_new_words(database.rows()) == in_new_words(had)
    assert database.write(after).upgrade == "pass"
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there
    assert database.rows() == had
    return revision


@pytest.mark.parametrize("options", EDITIONS, ids=["as the reference", "edition, classic", "edition, exact"])
@pytest.mark.parametrize("batch", [False, True], ids=["", "batch"])
def test_a_table_and_its_columns_at_once(database: Database, options: dict[str, Any], batch: bool) -> None:
    database.options |= {"render_as_batch": batch, **options}
    renames(database, shop(french), shop(same), *ROWS, rename=ANSWERS)


def test_declared_by_the_models(database: Database) -> None:
    renames(database, shop(french), shop(same, **INFO), *ROWS)


def test_the_text_of_the_script(sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).connect() as connection:
        revision = renames(Database(connection), shop(french), shop(same), *ROWS, rename=ANSWERS)
    assert revision.upgrade == snapshot("""\
op.rename_table('shoppe', 'shop')
op.alter_column('shop', 'nom',
           existing_type=sa.VARCHAR(length=20),
           new_column_name='name',
           existing_nullable=False,
           existing_server_default=sa.text("'none'"))
op.alter_column('shop', 'quantite',
           existing_type=sa.INTEGER(),
           new_column_name='amount',
           existing_nullable=True)\
""")
    assert revision.downgrade == snapshot("""\
op.alter_column('shop', 'amount',
           existing_type=sa.INTEGER(),
           new_column_name='quantite',
           existing_nullable=True)
op.alter_column('shop', 'name',
           existing_type=sa.VARCHAR(length=20),
           new_column_name='nom',
           existing_nullable=False,
           existing_server_default=sa.text("'none'"))
op.rename_table('shop', 'shoppe')\
""")


def test_other_changes_come_after_it(database: Database) -> None:
    """A renamed column gets another type, its table another column and another index."""
    database.create(tables(t=lambda: [Column("a", String(10)), Index("ix", "a")]), "INSERT INTO t VALUES (1, 'x')")
    there = database.schema()
    after = tables(t=lambda: [Column("b", String(30)), Column("c", Integer), Index("ix", "b", "c")])
    revision = database.write(after, options={"render_as_batch": True, "rename": ["t.a:b"]})
    database.run(revision.upgrade, revision.imports)
    assert database.rows()["t"] == ["[('b', 'x'), ('c', None), ('id', 1)]"]
    assert database.write(after).upgrade == "pass"
    database.run(revision.downgrade, revision.imports)
    assert database.schema() == there


@pytest.mark.parametrize("options", EDITIONS, ids=["as the reference", "edition, classic", "edition, exact"])
def test_expressions_follow(options: dict[str, Any], postgresql_url: str) -> None:
    """The database renames in computed columns, keys and predicates of indexes: so does the comparison."""

    def model(name: str) -> Fill:
        return tables(
            t=lambda: [
                Column(name, Integer),
                Column("twice", Integer, Computed(f"{name} * 2")),
                Index("ix", text(f"abs({name})"), postgresql_where=text(f"{name} > 0")),
            ]
        )

    with sa.create_engine(postgresql_url).connect() as connection:
        database = Database(connection, **options)
        rows = "INSERT INTO t (id, quantite) VALUES (1, 5)"
        renames(database, model("quantite"), model("amount"), rows, rename=["t.quantite:amount"])


def test_a_serial_stays_a_serial(postgresql_url: str) -> None:
    """Its sequence keeps the old name, and is not taken for a default that the models lack."""
    with sa.create_engine(postgresql_url).connect() as connection:
        database = Database(connection)
        database.create(tables(old=lambda: [Column("a", Integer)]))
        after = tables(new=lambda: [Column("a", Integer)])
        revision = database.write(after, options={"rename": ["old:new"]})
        assert revision.upgrade == "op.rename_table('old', 'new')"


def test_a_renamed_serial_becomes_a_plain_column(postgresql_url: str) -> None:
    """Its sequence is found under the names before renaming."""

    def model(table: str, key: str, **options: Any) -> Fill:
        return lambda metadata: sa.Table(table, metadata, Column(key, Integer, primary_key=True, **options))

    with sa.create_engine(postgresql_url).connect() as connection:
        database = Database(connection, edition=2026, compare="exact")
        database.create(model("old", "number"))
        had = database.schema()
        answers = {"rename": ["old:new", "old.number:id"]}
        revision = database.write(model("new", "id", autoincrement=False), options=answers)
        assert "op.drop_sequence('old_number_seq', owned_by=('new', 'id')" in revision.upgrade
        database.run(revision.upgrade, revision.imports)
        assert database.write(model("new", "id", autoincrement=False)).upgrade == "pass"
        database.run(revision.downgrade, revision.imports)
        assert database.schema() == had


def test_one_table_takes_the_name_that_another_leaves(database: Database) -> None:
    database.create(tables(a=lambda: [Column("x", Integer)], b=lambda: [Column("y", Integer)]))
    after = tables(b=lambda: [Column("x", Integer)], c=lambda: [Column("y", Integer)])
    revision = database.write(after, options={"rename": ["a:b", "b:c"]})
    assert revision.upgrade.splitlines() == ["op.rename_table('b', 'c')", "op.rename_table('a', 'b')"]
    database.run(revision.upgrade, revision.imports)
    assert database.write(after).upgrade == "pass"


# --- questions ----------------------------------------------------------------------------------------------------

BEFORE = tables(old=lambda: [Column("x", Integer)], t=lambda: [Column("a", Integer), Column("z", String(5))])
AFTER = tables(new=lambda: [Column("x", Integer)], t=lambda: [Column("b", Integer), Column("z", String(5))])


def test_an_open_question_is_a_drop_and_an_addition_below_a_comment(database: Database) -> None:
    database.options |= {"edition": 2026}
    database.create(BEFORE)
    revision = database.write(AFTER)
    assert revision.warnings == [
        "table 'old' is dropped and 'new' added: they may be one that was renamed",
        "column 'a' of 't' is dropped and 'b' added: they may be one that was renamed",
    ]
    table = """\
# table 'old' is dropped and 'new' added: they may be one that was renamed;
# if so, say --rename old:new, or info={"renamed_from": "old"} in the model.
"""
    column = """\
# column 'a' of 't' is dropped and 'b' added: they may be one that was renamed;
# if so, say --rename t.a:b, or info={"renamed_from": "a"} in the model.
"""
    for remark, call in [
        (table, "op.create_table('new'"),
        (table, "op.drop_table('old')"),
        (column, "op.add_column('t'"),
        (column, "op.drop_column('t', 'a')"),
    ]:
        assert remark + call in revision.upgrade
    assert "#" not in revision.downgrade


def test_without_an_edition_the_log_alone_says_so(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    database.create(BEFORE)
    revision = database.write(AFTER)
    assert "#" not in revision.upgrade
    assert revision.warnings == []
    said = [record.getMessage() for record in caplog.records if record.name == "limbeck.autogenerate.renames"]
    assert [line.partition("; if so, say ")[2] for line in said] == snapshot(
        [
            '--rename old:new, or info={"renamed_from": "old"} in the model',
            '--rename t.a:b, or info={"renamed_from": "a"} in the model',
        ]
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (tables(a=lambda: [Column("x", Integer)]), tables(b=lambda: [Column("y", Integer)])),
        (tables(a=lambda: [Column("x", Integer)]), tables(b=lambda: [Column("x", String(5))])),
        (tables(t=lambda: [Column("x", Integer)]), tables(t=lambda: [Column("y", String(5))])),
        (tables(t=lambda: [Column("x", Integer)]), tables(t=lambda: [Column("y", Integer, nullable=False)])),
        (tables(t=lambda: [Column("x", Integer)]), tables(t=list)),
        (tables(a=lambda: [Column("x", Integer)]), nothing),
    ],
    ids=["columns", "types", "type", "nullability", "only dropped", "only a dropped table"],
)
def test_different_columns_are_no_question(before: Fill, after: Fill, sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection, edition=2026, compare="classic")
        database.create(before)
        assert "renamed" not in str(database.write(after).warnings)


def test_questions_at_a_terminal(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    asked = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return "table" in question

    monkeypatch.setattr(AutogenContext, "can_ask", True)
    monkeypatch.setattr(console, "confirm", confirm)
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection, edition=2026, compare="classic")
        database.create(BEFORE)
        revision = database.write(AFTER)
    assert asked == ["Was table old renamed to new?", "Was column t.a renamed to b?"]
    assert revision.upgrade == snapshot("""\
op.rename_table('old', 'new')
op.add_column('t', sa.Column('b', sa.Integer(), nullable=True))
op.drop_column('t', 'a')\
""")
    assert revision.warnings == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("old", "not of the form old:new"),
        ("olt:new", "no such table or column"),
        ("old:nwe", "no such table or column"),
        ("t.q:b", "no such table or column"),
        ("t.a:q", "no such table or column"),
        ("u.a:b", "no such table or column"),
        ("old:t", "the database has a table of that name"),
        ("t.a:z", "the database has a column of that name"),
    ],
)
def test_rename_of_what_does_not_exist(answer: str, message: str, sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection)
        database.create(BEFORE)
        with pytest.raises(CommandError, match=message) as caught:
            database.write(AFTER, options={"rename": [answer]})
    assert caught.value.exit_code == 2
    assert caught.value.hint is not None


def test_a_similar_name_is_suggested(sqlite_url: str) -> None:
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection)
        database.create(BEFORE)
        with pytest.raises(CommandError) as caught:
            database.write(AFTER, options={"rename": ["olt:new"]})
    assert caught.value.hint == "did you mean 'old'? say table:new or table.column:new"


def test_a_model_may_keep_the_declaration(sqlite_url: str) -> None:
    """A renaming that was carried out is not one any more."""
    with sa.create_engine(sqlite_url).connect() as connection:
        database = Database(connection)
        database.create(shop(same))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert compare_metadata(database.context(), _metadata(shop(same, **INFO))) == []


def _metadata(fill: Fill) -> sa.MetaData:
    metadata = sa.MetaData()
    fill(metadata)
    return metadata


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("a > 1 AND aa > 2", "b > 1 AND aa > 2"),
        ("name = 'a' OR a IS NULL", "name = 'a' OR b IS NULL"),
        ("a(a)", "a(b)"),
        ("\"a\" = 'it''s a'", "\"b\" = 'it''s a'"),
        (None, None),
    ],
)
def test_names_in_sql(sql: str | None, wanted: str | None) -> None:
    assert in_words(sql, {"a": "b"}) == wanted


ENV = """
import sqlalchemy as sa
from limbeck import context

metadata = sa.MetaData()
sa.Table("new", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))
with sa.create_engine("sqlite:///test.db").connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, edition=2026)
    with context.begin_transaction():
        context.run_migrations()
"""
TEMPLATE = """
revision = ${repr(up_revision)}
down_revision = None


def upgrade():
    ${upgrades}
"""


@pytest.mark.parametrize(("answer", "call"), [("y", "op.rename_table('old', 'new')"), ("", "op.drop_table('old')")])
def test_the_command_asks(answer: str, call: str, tmp_path: Path) -> None:
    (tmp_path / "m" / "versions").mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text(ENV)
    (tmp_path / "m" / "script.py.mako").write_text(TEMPLATE)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    with sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE old (id INTEGER NOT NULL PRIMARY KEY, x INTEGER)")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    program = [sys.executable, "-m", "limbeck", "revision", "--autogenerate", "--allow-drops"]
    subprocess.run(program, cwd=tmp_path, check=False, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, timeout=60)
    os.close(theirs)
    said = os.read(ours, 4000).decode()
    assert "Was table old renamed to new? [y/N] " in said, said
    os.close(ours)
    (script,) = (tmp_path / "m" / "versions").glob("*.py")
    assert call in script.read_text()


@pytest.mark.parametrize("command", ["revision --autogenerate", "check"])
def test_the_option_of_the_command(command: str, tmp_path: Path) -> None:
    (tmp_path / "m" / "versions").mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text(ENV)
    (tmp_path / "m" / "script.py.mako").write_text(TEMPLATE)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    with sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE old (id INTEGER NOT NULL PRIMARY KEY, x INTEGER)")
    program = [sys.executable, "-m", "limbeck", *command.split(), "--rename", "old:new"]
    done = subprocess.run(program, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60)
    scripts = [path.read_text() for path in (tmp_path / "m" / "versions").glob("*.py")]
    if command == "check":
        assert (done.returncode, scripts) == (1, [])
        assert "[('rename_table', None, 'old', 'new')]" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert "op.rename_table('old', 'new')" in scripts[0]
