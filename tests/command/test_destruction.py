"""A run that would lose rows is asked about before its first step: at a terminal, else `--yes` is needed."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from modern_shop import ACCOUNT, Shop

from limbeck import command, verbs
from limbeck.destruction import Consent, losses
from limbeck.errors import CommandError
from limbeck.operations.drops import Unclear, changes, drops
from limbeck.operations.in_words import Change
from limbeck.results import Loss
from limbeck.runtime.migration import MigrationContext
from limbeck.script.load import load_script
from limbeck.script.steps import MigrationStep

EVERYWHERE = pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])


def found(shop: Shop, target: str = "heads", kind: verbs.Kind = "upgrade") -> list[Loss]:
    """What a run would lose, by the check that asks; nothing is run."""
    seen: list[Loss] = []

    def look(context: MigrationContext, steps: list[MigrationStep]) -> None:
        seen.extend(losses(context, steps)[0])
        raise KeyboardInterrupt

    environment = shop.environment()
    with pytest.raises(KeyboardInterrupt):
        verbs.carry_out(environment, kind, target, look)  # type: ignore[arg-type]
    return seen


# --- the command ------------------------------------------------------------------------------------------------------


def test_a_downgrade_in_a_pipe_needs_yes(shop: Shop) -> None:
    code, out, err = shop.limbeck("downgrade", "base")
    assert (code, out) == (3, "")
    assert err == snapshot("""\
error[would-lose-rows]: This downgrade deletes for good: table account, 3 rows. No step was run
  hint: `--yes` runs it all the same; `limbeck plan` shows it step by step
""")
    assert (shop.rows(), len(shop.look("SELECT * FROM account"))) == (["a1"], 3)
    assert shop.limbeck("downgrade", "base", "--yes")[0] == 0
    assert shop.rows() == []


def test_an_upgrade_with_a_drop(shop: Shop) -> None:
    shop.script("a2", "a1", 'op.create_table("other", sa.Column("id", sa.Integer))')
    shop.script("a3", "a2", 'op.drop_column("account", "age")')
    code, _, err = shop.limbeck("upgrade", "head")
    assert (code, err.splitlines()[0]) == snapshot(
        (
            3,
            (
                "error[would-lose-rows]: This upgrade deletes for good: column account.age, 2 values in 3 rows. "
                "No step was run"
            ),
        )
    )
    assert shop.rows() == ["a1"]
    shop.look("UPDATE account SET age = NULL")
    assert shop.limbeck("upgrade", "head")[0] == 0
    assert shop.rows() == ["a3"]


@pytest.mark.parametrize("call", ["replace_object", "drop_object"])
def test_the_rows_of_a_virtual_table(shop: Shop, call: str) -> None:
    created = '"virtual_table", "docs", "CREATE VIRTUAL TABLE docs USING fts5({})"'
    shop.script("a2", "a1", f"op.create_object({created.format('a')})")
    shop.upgrade()
    shop.script("a3", "a2", f"op.{call}({created.format('a, b')})")
    assert found(shop) == []
    shop.look("INSERT INTO docs VALUES ('x')")
    assert [(loss.table, loss.count) for loss in found(shop)] == [("docs", 1)]
    assert "docs" in shop.said()


def test_the_error_as_json(shop: Shop) -> None:
    code, out, _ = shop.limbeck("downgrade", "base", "--json")
    assert code == 3
    assert '"would-lose-rows"' in out


@pytest.mark.parametrize(("reply", "code", "left"), [("y", 0, []), ("n", 3, ["a1"]), ("", 3, ["a1"])])
def test_at_a_terminal(shop: Shop, monkeypatch: pytest.MonkeyPatch, reply: str, code: int, left: list[str]) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "cli"))
    from terminal_session import Session

    shop.config()
    session = Session(shop.root, "downgrade", "base")
    session.answer("Go on? [y/N]", reply)
    assert session.end().code == code
    said = shop.plain(session.screen)
    assert said.startswith("This downgrade of URL deletes for good:\n  table account, 3 rows\nGo on? [y/N] ")
    assert ("error[not-confirmed]: The downgrade was not run: it was not confirmed" in said) == bool(code)
    assert shop.rows() == left


def test_a_program_is_not_asked(shop: Shop) -> None:
    command.downgrade(shop.config(), "base")
    assert shop.rows() == []


def test_without_an_edition_nothing_is_asked(shop: Shop) -> None:
    ini = shop.root / "alembic.ini"
    shop.config()
    ini.write_text(ini.read_text().replace("edition = 2026\n", ""))
    (shop.root / "m" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import context\n"
        f"with sa.create_engine({shop.url!r}).connect() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    shop.config = lambda: None  # type: ignore[method-assign, assignment, return-value]  # the file is there
    assert shop.limbeck("downgrade", "base")[0] == 0
    assert shop.rows() == []


def test_a_plain_upgrade_has_no_more_queries(shop: Shop) -> None:
    """One that has nothing to do, and one whose scripts delete nothing."""

    def count(interactive: bool) -> int:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        try:
            config = shop.config()
            config.interactive = interactive
            command.upgrade(config, "heads")
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", note)
        return len(statements)

    assert count(True) == count(False)
    shop.script("a2", "a1", 'op.add_column("account", sa.Column("x", sa.Integer))', 'op.drop_column("account", "x")')
    asked = count(True)
    command.downgrade(shop.config(), "a1")
    assert asked == count(False)


def test_one_question_for_what_was_agreed_to(shop: Shop) -> None:
    """Also where the steps are planned again under the lock, since others had changed the rows."""
    asked: list[list[str]] = []
    consent = Consent(lambda lines: not asked.append(list(lines)))

    def twice(context: MigrationContext, steps: list[MigrationStep]) -> None:
        consent(context, steps)
        consent(context, steps)

    verbs.carry_out(shop.environment(), "downgrade", "base", twice)  # type: ignore[arg-type]
    assert [lines[1:] for lines in asked] == [["table account, 3 rows"]]


def test_nothing_is_held_while_a_person_is_asked(make: Callable[[str], Shop]) -> None:
    """The reads of the check are over: another session can alter the table."""
    shop = make("postgresql")

    def no(_lines: Iterable[str]) -> bool:
        shop.look("SET lock_timeout = '1s'; ALTER TABLE account ADD COLUMN meanwhile INTEGER")
        return False

    with pytest.raises(CommandError) as raised:
        verbs.carry_out(shop.environment(), "downgrade", "base", Consent(no))
    assert raised.value.code == "not-confirmed"
    assert shop.look("SELECT meanwhile FROM account") == [(None,)] * 3


# --- what is counted --------------------------------------------------------------------------------------------------


@EVERYWHERE
def test_what_is_lost_equals_what_is_planned(make: Callable[[str], Shop], kind: str) -> None:
    """By operation, in a batch, by SQL, and under a name that the run itself gives."""
    shop = make(kind)
    shop.look("CREATE TABLE cart (id INTEGER, note VARCHAR(9))")
    shop.look("INSERT INTO cart VALUES (1, NULL), (2, 'x')")
    shop.look("CREATE TABLE bare (id INTEGER)")
    shop.script("b1", "a1", 'with op.batch_alter_table("account") as batch_op:\n    batch_op.drop_column("age")')
    shop.script("b2", "b1", 'op.rename_table("account", "person")\nop.execute("ALTER TABLE person DROP COLUMN name")')
    shop.script("b3", "b2", 'op.execute("DELETE FROM cart")\nop.drop_table("person")\nop.drop_table("bare")')
    shop.script("b4", "b3", ACCOUNT.replace("account", "made") + '\nop.drop_table("made")\nop.drop_table("none")')
    expected = [Loss("account", None, "age", 3, 2), Loss("account", None, "name", 3, 2)]
    expected += [Loss("cart", None, None, 2, None), Loss("account", None, None, 3, None)]
    assert found(shop) == expected
    assert [loss for loss in shop.run().losses if loss.count] == expected


@EVERYWHERE
def test_an_empty_database_loses_nothing(make: Callable[[str], Shop], kind: str) -> None:
    shop = make(kind)
    shop.script("a2", "a1", 'op.drop_table("account")', ACCOUNT)
    command.downgrade(shop.config(), "base")
    assert found(shop) == []


def test_another_schema(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.look("CREATE SCHEMA app")
    shop.look("CREATE TABLE app.cart AS SELECT 1 AS id")
    shop.script("a2", "a1", 'op.drop_table("cart", schema="app")\nop.execute("DROP TABLE app.cart")')
    assert found(shop) == [Loss("cart", "app", None, 1, None)]


# --- what a text says -------------------------------------------------------------------------------------------------

READ = {
    'op.drop_table("account")': [("account", None)],
    "op.drop_table(table_name=TABLE)": [("account", None)],
    'op.drop_table(op.f("account"))': [("account", None)],
    'op.drop_column("account", "age")': [("account", "age")],
    'op.drop_column("account", column_name=COLUMN)': [("account", "age")],
    'with op.batch_alter_table("account") as b:\n    b.drop_column("age")': [("account", "age")],
    'for name in ("age", "name"):\n    op.drop_column("account", name)': [("account", "age"), ("account", "name")],
    "for name in TABLES:\n    op.drop_table(name)": [("account", None), ("cart", None)],
    "[op.drop_table(name) for name in TABLES]": [("account", None), ("cart", None)],
    'if sa.inspect(op.get_bind()).has_table("account"):\n    op.drop_table("account")': [("account", None)],
    'op.execute("DROP TABLE account")': [("account", None)],
    'op.execute("SELECT 1; DROP TABLE account, cart;")': [("account", None), ("cart", None)],
    'op.execute(sa.text("TRUNCATE account"))': [("account", None)],
    "op.execute(SQL)": [("account", "age")],
    'op.execute(f"DROP TABLE {TABLE}")': [("account", None)],
    "drop_it(TABLE)": [("account", None)],
    "drop_it('cart')": [("cart", None)],
    'op.execute("DELETE FROM account WHERE id = 1")': [],
    'op.drop_index("ix", "account")': [],
    'op.drop_constraint("uq", "account")': [],
    '"""op.drop_table"""': [],
    "op.execute('DROP TYPE mood')": [],
    "op.alter_column('account', 'age', server_default=None)": [],
    "sa.Enum(name='mood').drop(op.get_bind())": [],
}
UNCLEAR = [
    "for row in op.get_bind().execute(sa.text('SELECT 1')):\n    op.drop_table(row.name)",
    'op.drop_table("account", schema=op.get_context().opts["x"])',
    "op.execute(f'DROP TABLE {op.get_bind()}')",
    "sa.MetaData().drop_all(op.get_bind())",
    "op.execute('DROP SCHEMA app CASCADE')",
]
NAMES = (
    'TABLE = "account"\nCOLUMN = "age"\nTABLES = ["account", "cart"]\nSQL = "ALTER TABLE account DROP COLUMN age"\n'
    "def drop_it(name):\n    op.drop_table(name)\n"
)


def loaded(folder: Path, body: str) -> types.FunctionType:
    file = folder / "s.py"
    lines = body.replace("\n", "\n    ")
    file.write_text(
        f"from limbeck import op\nimport sqlalchemy as sa\nrevision = 'x'\n{NAMES}def upgrade():\n    {lines}\n"
    )
    function: types.FunctionType = load_script(str(file)).upgrade
    return function


@pytest.mark.parametrize(("body", "expected"), READ.items())
def test_what_a_text_drops(tmp_path: Path, body: str, expected: list[tuple[str, str | None]]) -> None:
    function = loaded(tmp_path, body)
    read = [change for change in changes(function) if not (isinstance(change, Change) and not change.lost)]
    assert [name[1:] for change in read if isinstance(change, Change) for name in change.lost] == expected
    assert not any(isinstance(change, Unclear) for change in read)
    assert drops(function) or not expected


@pytest.mark.parametrize("body", UNCLEAR)
def test_what_a_text_does_not_tell(tmp_path: Path, body: str) -> None:
    function = loaded(tmp_path, body)
    last = 11 + body.count("\n")
    assert [one for one in changes(function) if isinstance(one, Unclear)] == [Unclear(str(tmp_path / "s.py"), last)]
    assert drops(function)


def test_what_is_unclear_is_asked(shop: Shop) -> None:
    shop.script("a2", "a1", UNCLEAR[0])
    code, _, err = shop.limbeck("upgrade", "head")
    assert (code, err.splitlines()[0]) == snapshot(
        (
            3,
            (
                "error[would-lose-rows]: This upgrade deletes for good: what /shop/m/versions/a2.py:8 drops, "
                "which only the run tells. No step was run"
            ),
        )
    )


def test_a_script_that_is_not_run_twice(shop: Shop) -> None:
    """The check reads it; what it does besides is done once."""
    shop.script("a2", "a1", f"open({str(shop.root / 'log')!r}, 'a').write('x')\nop.drop_table('account')")
    assert shop.limbeck("upgrade", "head")[0] == 3
    assert not (shop.root / "log").exists()
    assert shop.limbeck("upgrade", "head", "--yes")[0] == 0
    assert (shop.root / "log").read_text() == "x"


# --- no way back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("undo", "says", "why"),
    [
        ("raise NotImplementedError('no')", "", "its downgrade() raises"),
        ("pass", "irreversible = True\n", "its script says `irreversible = True`"),
    ],
)
def test_no_way_back_is_seen_before_the_first_step(shop: Shop, undo: str, says: str, why: str) -> None:
    shop.script("a2", "a1", "pass", undo)
    shop.script("a3", "a2")
    file = shop.root / "m" / "versions" / "a2.py"
    file.write_text(file.read_text().replace("def upgrade", f"{says}def upgrade"))
    shop.upgrade()
    with pytest.raises(CommandError) as raised:
        command.downgrade(shop.config(), "a1")
    assert str(raised.value) == f"Revision a2 cannot be taken back: {why}. No step was run"
    assert (raised.value.code, raised.value.file, raised.value.line) == ("irreversible", str(file), 9)
    assert shop.rows() == ["a3"]
    command.downgrade(shop.config(), "a2")
    assert shop.rows() == ["a2"]


def test_a_single_step_raises_what_it_raises(shop: Shop) -> None:
    shop.script("a2", "a1", "pass", "raise NotImplementedError('no')")
    shop.upgrade()
    with pytest.raises(NotImplementedError, match="no"):
        command.downgrade(shop.config(), "a1")
