"""`plan --dry-run` and `plan --scratch`: the steps run for real, and leave nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from modern_shop import Shop

from limbeck.errors import CommandError
from limbeck.results import PlannedStep, SentStatement

TRANSACTIONAL = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
EVERYWHERE = pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
LOOP = (
    'for row in op.get_bind().execute(sa.text("SELECT id FROM account ORDER BY id")).all():\n'
    "    op.execute(f\"UPDATE account SET name = 'new' WHERE id = {row.id}\")"
)


def state(shop: Shop) -> object:
    """All that a trial must leave as it is."""
    engine = sa.create_engine(shop.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        columns = {
            name: [(column["name"], str(column["type"])) for column in inspector.get_columns(name)]
            for name in sorted(inspector.get_table_names())
        }
    return columns, shop.look("SELECT * FROM account ORDER BY id"), shop.rows()


def grow(shop: Shop) -> None:
    shop.script("a2", "a1", LOOP)
    shop.script("a3", "a2", 'op.drop_column("account", "age")\nop.create_table("cart", sa.Column("id", sa.Integer))')


def sent(step: PlannedStep) -> list[str]:
    return [one.sql for one in step.sent]


@TRANSACTIONAL
def test_a_dry_run(make: Callable[[str], Shop], kind: str) -> None:
    """What a loop over rows sends is known; the database is as before."""
    shop = make(kind)
    grow(shop)
    before = state(shop)
    plan = shop.plan(dry_run=True)
    assert state(shop) == before
    assert plan.tried == "rolled back"
    first, second = plan.runs[0].steps
    assert [(one.sql, one.rows) for one in first.sent if one.sql.startswith("UPDATE")] == [
        (f"UPDATE account SET name = 'new' WHERE id = {number}", 1) for number in (1, 2, 3)
    ]
    assert any("DROP COLUMN age" in statement for statement in sent(second))
    assert first.seconds is not None


@EVERYWHERE
def test_on_a_scratch_database(make: Callable[[str], Shop], kind: str) -> None:
    """Its schema is where the real one is, and it has no rows."""
    shop = make(kind)
    grow(shop)
    before = state(shop)
    plan = shop.plan(scratch=True)
    assert state(shop) == before
    assert plan.tried == "scratch"
    first, second = plan.runs[0].steps
    assert [(one.sql, one.times) for one in first.sent] == [("SELECT id FROM account ORDER BY id", 1)]
    assert any("CREATE TABLE cart" in statement for statement in sent(second))


@TRANSACTIONAL
def test_a_dry_run_down(make: Callable[[str], Shop], kind: str) -> None:
    shop = make(kind)
    before = state(shop)
    (step,) = shop.plan("base", dry_run=True).runs[0].steps
    assert any("DROP TABLE account" in statement for statement in sent(step))
    assert state(shop) == before


@TRANSACTIONAL
def test_a_batch(make: Callable[[str], Shop], kind: str) -> None:
    """On SQLite a table is rebuilt."""
    shop = make(kind)
    shop.script(
        "a2",
        "a1",
        'with op.batch_alter_table("account") as batch_op:\n'
        '    batch_op.alter_column("name", type_=sa.String(99), existing_type=sa.String(20))',
    )
    before = state(shop)
    assert shop.plan(dry_run=True).runs[0].steps[0].sent
    assert state(shop) == before


def test_as_text(shop: Shop) -> None:
    shop.script("a2", "a1", LOOP + "\nop.execute('DELETE FROM account')")
    said = shop.said(dry_run=True, sql=True)
    tried = said[said.index("  tried:") :].replace(said.split("statements in ")[1].split(" ms")[0], "N", 1)
    assert tried == snapshot("""\
  tried: 5 statements in N ms
    SELECT id FROM account ORDER BY id
    UPDATE account SET name = 'new' WHERE id = 1
    -- 1 row
    UPDATE account SET name = 'new' WHERE id = 2
    -- 1 row
    UPDATE account SET name = 'new' WHERE id = 3
    -- 1 row
    DELETE FROM account
    -- 3 rows
  LOST: table account, 3 rows
  way back: downgrade() does nothing

version rows: a1 -> a2
each step has its own transaction
table account: 3 rows
LOST: table account, 3 rows
tried: all steps ran in a transaction on the database, which was rolled back
""")
    assert shop.said(dry_run=True, markdown=True).endswith(
        "\nTried: all steps ran in a transaction on the database, which was rolled back.\n"
    )


def test_equal_statements_count_as_one(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.script(
        "a2",
        "a1",
        'update = sa.text("UPDATE account SET age = :age WHERE id < :id")\n'
        "for number in range(3):\n"
        '    op.get_bind().execute(update, {"age": number, "id": 3})',
    )
    (one,) = shop.plan(dry_run=True).runs[0].steps[0].sent
    assert one == SentStatement("UPDATE account SET age = %(age)s WHERE id < %(id)s", 3, 6)


@TRANSACTIONAL
@pytest.mark.parametrize("trial", ["dry_run", "scratch"])
def test_a_script_that_fails(make: Callable[[str], Shop], kind: str, trial: str) -> None:
    shop = make(kind)
    shop.script("a2", "a1", 'op.drop_column("account", "age")')
    shop.script("a3", "a2", 'op.execute("SELECT nothing FROM nowhere")')
    before = state(shop)
    with pytest.raises(sa.exc.DBAPIError) as raised:
        shop.plan(**{trial: True})
    assert any("the database is as before" in note for note in raised.value.__notes__)
    assert state(shop) == before


# --- where there is none ----------------------------------------------------------------------------------------------


@TRANSACTIONAL
@pytest.mark.parametrize(
    ("up", "why"),
    [
        ("with op.get_context().autocommit_block():\n    pass", "autocommit_block() commits what is open"),
        ("op.get_bind().commit()", "the script commits by itself"),
        ("op.get_bind().rollback()", "the script rolls back by itself"),
        ('op.execute("COMMIT")', "a statement ends the transaction: COMMIT"),
        ('op.execute(" rollback;")', "a statement ends the transaction: rollback;"),
    ],
)
def test_a_script_that_would_commit(make: Callable[[str], Shop], kind: str, up: str, why: str) -> None:
    shop = make(kind)
    shop.script("a2", "a1", f"op.execute('UPDATE account SET age = 9')\n{up}\nop.execute('UPDATE account SET age = 8')")
    before = state(shop)
    with pytest.raises(CommandError) as raised:
        shop.plan(dry_run=True)
    assert (raised.value.code, str(raised.value)) == ("no-dry-run", f"There is no dry run: {why}")
    assert str(raised.value.file).endswith("a2.py")
    assert raised.value.line == 8
    assert state(shop) == before


def test_a_block_of_a_function_body_is_no_end(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.script("a2", "a1", 'op.execute("DO $$ BEGIN UPDATE account SET age = 1; END $$")')
    before = state(shop)
    assert shop.plan(dry_run=True).tried
    assert state(shop) == before


def test_mariadb_has_none(make: Callable[[str], Shop]) -> None:
    shop = make("mariadb")
    grow(shop)
    before = state(shop)
    code, _, err = shop.limbeck("plan", "--dry-run")
    assert (code, err) == snapshot(
        (
            3,
            """\
error[no-dry-run]: There is no dry run: on mysql DDL commits by itself
  hint: `limbeck plan --scratch` runs it on a throwaway database instead
""",
        )
    )
    assert state(shop) == before


def test_a_transaction_of_env_py(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    grow(shop)
    (shop.root / "m" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom limbeck import context\n"
        f"engine = sa.create_engine({shop.url!r}, poolclass=sa.NullPool)\n"
        "with engine.begin() as connection:\n"
        "    context.configure(connection=connection)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    )
    before = state(shop)
    with pytest.raises(CommandError, match="a transaction is open that is the caller's"):
        shop.plan(dry_run=True)
    assert state(shop) == before


def test_one_transaction_a_run(make: Callable[[str], Shop]) -> None:
    """Where env.py's transaction holds the whole run, that one is rolled back."""
    shop = make("postgresql")
    grow(shop)
    (shop.root / "m" / "env.py").write_text(
        "from limbeck import context\ncontext.run(transaction_per_migration=False)\n"
    )
    before = state(shop)
    assert shop.plan(dry_run=True).tried
    assert state(shop) == before


def test_both_is_one_too_many(shop: Shop) -> None:
    code, _, err = shop.limbeck("plan", "--dry-run", "--scratch")
    assert (code, err.splitlines()[0]) == (2, "error[usage]: --dry-run and --scratch are two ways to try a plan")


def test_scratch_databases_of_a_killed_plan_are_dropped(make: Callable[[str], Shop]) -> None:
    """By the next use."""
    shop = make("mariadb")
    shop.script("a2", "a1", 'import time\nif op.get_bind().scalar(sa.text("SELECT 1")):\n    time.sleep(100)')
    shop.config()
    running = subprocess.Popen([sys.executable, "-m", "limbeck", "plan", "--scratch"], cwd=shop.root)
    names = f"SHOW DATABASES LIKE 'limbeck\\_scratch\\_%\\_{running.pid}\\_%'".replace("%", "%%")
    deadline = time.monotonic() + 60
    while not shop.look(names) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = shop.look(names)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert left
    shop.script("a2", "a1")
    shop.plan(scratch=True)
    assert shop.look(names) == []
