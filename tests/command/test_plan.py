# ruff: noqa: E501 a row of a Markdown table is one line
"""`limbeck plan`: what a run will do, found without doing it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator
from modern_shop import ACCOUNT, Shop

from limbeck.errors import CommandError
from limbeck.results import Loss


def fill(shop: Shop) -> None:
    shop.script(
        "a2",
        "a1",
        'op.add_column("account", sa.Column("mail", sa.String(50)))\nop.create_index("ix_name", "account", ["name"])',
        'op.drop_index("ix_name", "account")',
        doc="mail",
    )
    shop.script(
        "a3",
        "a2",
        'for row in op.get_bind().execute(sa.text("SELECT id FROM account")):\n'
        "    op.execute(f\"UPDATE account SET name = 'x' WHERE id = {row.id}\")\n"
        'with op.batch_alter_table("account") as batch_op:\n'
        '    batch_op.drop_column("age")\n'
        '    batch_op.alter_column("name", nullable=False, existing_type=sa.String(20))',
        'raise NotImplementedError("there is no way")',
        doc="names",
    )


def test_as_text(shop: Shop) -> None:
    fill(shop)
    assert shop.said() == snapshot("""\
URL: 2 steps up, 1 loss

upgrade a1 -> a2, mail
  /shop/m/versions/a2.py
  add column account.mail (line 7)
    locks account (whole file, one writer): writes wait
  create index ix_name on account (line 8)
    locks account (whole file, one writer): writes wait

upgrade a2 -> a3, names
  /shop/m/versions/a3.py
  execute SELECT id FROM account; (line 7)
  drop column account.age (line 10)
  alter column account.name (line 11)
    locks account (whole file, one writer): writes wait
    locks account (whole file, one writer): writes wait, rewrites the table
  unknown: loops over rows (line 7)
  LOST: column account.age, 2 values in 3 rows
  way back: downgrade() raises

version rows: a1 -> a3
each step has its own transaction
table account: 3 rows
LOST: column account.age, 2 values in 3 rows
""")


def test_a_file_is_called_as_from_the_current_folder(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop)
    monkeypatch.chdir(shop.root)
    assert "\n  m/versions/a2.py\n" in shop.said()


def test_with_the_statements(shop: Shop) -> None:
    fill(shop)
    assert shop.said("a2", sql=True) == snapshot("""\
URL: 1 step up

upgrade a1 -> a2, mail
  /shop/m/versions/a2.py
  add column account.mail (line 7)
    locks account (whole file, one writer): writes wait
    ALTER TABLE account ADD COLUMN mail VARCHAR(50);
  create index ix_name on account (line 8)
    locks account (whole file, one writer): writes wait
    CREATE INDEX ix_name ON account (name);

version rows: a1 -> a2
each step has its own transaction
table account: 3 rows
""")


def test_as_markdown(shop: Shop) -> None:
    fill(shop)
    assert shop.said(markdown=True) == snapshot("""\
### Upgrade of `URL`

2 steps up, 1 loss. Version rows: `a1` → `a3`.

| revision | message | author | does | locks | way back |
|---|---|---|---|---|---|
| `a2` | mail |  | add column account.mail<br>create index ix_name on account | locks account (whole file, one writer): writes wait | complete |
| `a3` | names |  | execute SELECT id FROM account;<br>drop column account.age<br>alter column account.name | locks account (whole file, one writer): writes wait<br>locks account (whole file, one writer): writes wait, rewrites the table | downgrade() raises |

**Lost for good**

- column account.age, 2 values in 3 rows

**Known only by running it**

- `a3`: loops over rows (line 7)

**Tables**

- `account`: 3 rows

<details><summary>SQL</summary>

```sql
ALTER TABLE account ADD COLUMN mail VARCHAR(50);
CREATE INDEX ix_name ON account (name);
SELECT id FROM account;
PRAGMA legacy_alter_table=ON;
CREATE TABLE _alembic_tmp_account (
	id INTEGER NOT NULL, \n\
	name VARCHAR(20) NOT NULL, \n\
	mail VARCHAR(50), \n\
	PRIMARY KEY (id)
);
INSERT INTO _alembic_tmp_account (id, name, mail) SELECT account.id, account.name, account.mail \n\
FROM account;
DROP TABLE account;
ALTER TABLE _alembic_tmp_account RENAME TO account;
PRAGMA legacy_alter_table=OFF;
CREATE INDEX ix_name ON account (name);
```

</details>
""")


def test_as_json(shop: Shop) -> None:
    fill(shop)
    document = json.loads(shop.said(json=True))
    file = Path(__file__).parents[2] / "docs" / "schemas" / "limbeck.plan-1.json"
    Draft202012Validator(json.loads(file.read_text())).validate(document)
    (run,) = document["runs"]
    assert [step["revision"] for step in run["steps"]] == ["a2", "a3"]
    assert (run["start"], run["end"]) == (["a1"], ["a3"])


def test_nothing_to_do(shop: Shop) -> None:
    assert shop.said() == "URL: nothing to do\n"


def test_it_changes_nothing(shop: Shop) -> None:
    fill(shop)
    before = shop.look("SELECT sql FROM sqlite_master"), shop.look("SELECT * FROM account")
    shop.plan()
    shop.plan("base")
    assert (shop.look("SELECT sql FROM sqlite_master"), shop.look("SELECT * FROM account")) == before
    assert shop.look("SELECT version_num FROM alembic_version") == [("a1",)]


def test_nobody_is_told_that_a_step_runs(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.script("a2", "a1", "op.execute('SELECT 1')")
    with caplog.at_level("INFO", logger="alembic.runtime.migration"):
        shop.plan()
        assert caplog.messages == []
        shop.upgrade()
    assert "Running upgrade a1 -> a2, make a2" in caplog.messages


@pytest.mark.parametrize(
    ("at", "target", "kind", "steps"),
    [
        ("a1", "heads", "upgrade", ["a2", "a3"]),
        ("a1", "+1", "upgrade", ["a2"]),
        ("a1", "a2", "upgrade", ["a2"]),
        ("a1", "a1", "upgrade", []),
        ("a1", "base", "downgrade", ["a1"]),
        ("a2", "-1", "downgrade", ["a2"]),
        ("a2", "a1", "downgrade", ["a2"]),
        ("a2", "a2", "upgrade", []),
    ],
)
def test_up_or_down(shop: Shop, at: str, target: str, kind: str, steps: list[str]) -> None:
    fill(shop)
    shop.upgrade(at)
    run = shop.run(target)
    assert (run.kind, [step.revision for step in run.steps]) == (kind, steps)


def test_a_target_that_does_not_exist(shop: Shop) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        shop.plan("nowhere")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_what_is_lost_is_counted(make: Callable[[str], Shop], kind: str) -> None:
    """A column and a table, by operation, by batch and by SQL; also under a name that the plan itself gave."""
    shop = make(kind)
    shop.look("CREATE TABLE cart (id INTEGER, note VARCHAR(9))")
    shop.look("INSERT INTO cart VALUES (1, NULL), (2, 'x')")
    shop.script("b1", "a1", 'op.drop_column("account", "age")')
    shop.script("b2", "b1", 'op.rename_table("account", "person")\nop.execute("ALTER TABLE person DROP COLUMN name")')
    shop.script("b3", "b2", 'op.execute("DELETE FROM cart")\nop.drop_table("person")')
    shop.script("b4", "b3", ACCOUNT.replace("account", "made") + '\nop.drop_table("made")\nop.drop_table("cart")')
    run = shop.run()
    assert [step.losses for step in run.steps] == [
        (Loss("account", None, "age", 3, 2),),
        (Loss("account", None, "name", 3, 2),),
        (Loss("cart", None, None, 2, None), Loss("account", None, None, 3, None)),
        (Loss("cart", None, None, 2, None),),
    ]
    rows = {loss.table: loss.rows for loss in run.losses}
    assert rows == {table: shop.look(f"SELECT count(*) FROM {table}")[0][0] for table in rows}


def test_what_only_the_run_tells(shop: Shop) -> None:
    """Each with its line; what comes after is rehearsed all the same."""
    reads = {
        "op.get_bind().scalar(sa.text('SELECT 1'))": ["reads a result"],
        "op.get_bind().execute(sa.text('SELECT 1')).fetchall()": ["reads rows"],
        "op.get_bind().execute(sa.text('SELECT 1')).scalars().first()": ["reads a result"],
        "print([row for row in op.get_bind().execute(sa.text('SELECT 1'))])": ["loops over rows"],
        "op.get_bind().execute(sa.text('DELETE FROM account WHERE id = 0')).rowcount": [
            "reads how many rows a statement concerned"
        ],
        "sa.inspect(op.get_bind()).get_table_names()": [],
        "op.execute('SELECT 1')": [],
    }
    for number, (call, expected) in enumerate(reads.items()):
        shop.script(
            f"c{number}", f"c{number - 1}" if number else "a1", f"{call}\nop.execute('UPDATE account SET id = 7')"
        )
        step = shop.run().steps[-1]
        assert [one.what for one in step.unknown] == expected, call
        assert [one.line for one in step.unknown] == [7] * len(expected)
        assert step.actions[-1].line == 8
        shop.look(f"UPDATE alembic_version SET version_num = 'c{number}'")


def test_the_catalogue_is_that_of_before_the_first_step(shop: Shop) -> None:
    shop.script("c1", "a1", "op.execute('UPDATE account SET id = 7 WHERE id = 7')")
    shop.script("c2", "c1", "sa.inspect(op.get_bind()).get_table_names()")
    assert [[one.what for one in step.unknown] for step in shop.run().steps] == [
        [],
        ["asks what there is in the database, which is answered as it is before the first step"],
    ]


def test_what_ends_the_rehearsal_of_a_step(shop: Shop) -> None:
    shop.script(
        "c1", "a1", "number = op.get_bind().scalar(sa.text('SELECT 1'))\nprint(number + 1)\nop.drop_table('account')"
    )
    shop.script("c2", "c1", "raise ValueError('not on a Sunday')")
    first, second = shop.run().steps
    assert [(one.what, one.line, one.ends) for one in first.unknown] == [
        ("reads a result", 7, False),
        ("raises TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'", 8, True),
    ]
    assert (first.raises, second.raises) == (None, "ValueError: not on a Sunday")


@pytest.mark.parametrize(
    ("undo", "expected"),
    [
        ('op.drop_column("account", "new")', "there"),
        ("pass", "empty"),
        ("'''nothing'''", "empty"),
        ("raise NotImplementedError", "raises"),
        ("raise NotImplementedError('no way back')", "raises"),
        ("if context.is_offline_mode(): raise ValueError", "there"),
        ("op.execute('SELECT 1'); raise ValueError", "there"),
    ],
)
def test_the_way_back(shop: Shop, undo: str, expected: str) -> None:
    shop.script("c1", "a1", 'op.add_column("account", sa.Column("new", sa.Integer))', undo)
    assert shop.run().steps[0].way_back == expected


def test_the_way_back_of_a_drop(shop: Shop) -> None:
    shop.script("c1", "a1", 'op.drop_table("account")', ACCOUNT)
    assert shop.run().steps[0].way_back == "without rows"


def test_the_way_back_that_a_script_denies(shop: Shop) -> None:
    shop.script("c1", "a1", "op.execute('SELECT 1')", "op.execute('SELECT 1')")
    file = shop.root / "m" / "versions" / "c1.py"
    file.write_text(file.read_text().replace("def upgrade", "irreversible = True\ndef upgrade"))
    assert shop.run().steps[0].way_back == "irreversible"


def test_a_way_down_that_a_script_denies(shop: Shop) -> None:
    shop.script("c1", "a1")
    file = shop.root / "m" / "versions" / "c1.py"
    file.write_text(file.read_text().replace("def upgrade", "irreversible = True\ndef upgrade"))
    shop.upgrade()
    assert "  REFUSED: the script says that it is irreversible\n" in shop.said("a1")


def test_outside_of_a_transaction(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.script(
        "c1", "a1", 'op.create_index("i", "account", ["age"], postgresql_concurrently=True)\nop.execute("SELECT 1")'
    )
    assert [action.in_transaction for action in shop.run().steps[0].actions] == [False, True]


def test_sizes_on_postgresql_and_locks(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.script("c1", "a1", 'op.alter_column("account", "name", nullable=False)')
    run = shop.run()
    (table,) = run.tables
    assert (table.name, table.rows, table.is_estimate) == ("account", 3, False)
    assert table.bytes is not None
    (lock,) = run.steps[0].actions[0].locks
    assert (lock.mode, lock.blocks, lock.scans) == ("ACCESS EXCLUSIVE", "reads and writes", True)


def test_nobody_waits_for_a_table_that_the_run_creates(make: Callable[[str], Shop]) -> None:
    shop = make("postgresql")
    shop.script("b1", "a1", 'op.create_table("fresh", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))')
    shop.script("b2", "b1", 'op.create_index("ix_fresh", "fresh", ["a"])\nop.drop_column("fresh", "b")')
    run = shop.run()
    assert [action.locks for step in run.steps for action in step.actions] == [(), (), ()]


def test_authors(shop: Shop) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=a@b", *words], cwd=shop.root, check=True)

    git("init", "-q")
    shop.script("c1", "a1")
    git("add", "m")
    git("commit", "-q", "-m", "one")
    shop.script("c2", "c1")
    assert [step.author for step in shop.run().steps] == ["Ada", None]


def test_env_py_is_respected(shop: Shop) -> None:
    """Its naming convention names a constraint."""
    (shop.root / "m" / "env.py").write_text(
        "import sqlalchemy as sa\nfrom limbeck import context\n"
        "context.run(sa.MetaData(naming_convention={'uq': 'uq_%(table_name)s_%(column_0_name)s'}))\n"
    )
    shop.script("c1", "a1", 'op.create_table("t", sa.Column("x", sa.Integer), sa.UniqueConstraint("x"))')
    (action,) = shop.run().steps[0].actions
    assert "CONSTRAINT uq_t_x UNIQUE (x)" in action.sql[0]


def test_a_batch_finds_the_table_that_there_is(shop: Shop) -> None:
    """Also where no revision has created it."""
    shop.look("CREATE TABLE legacy (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)")
    shop.script(
        "c1", "a1", 'with op.batch_alter_table("legacy") as batch_op:\n    batch_op.alter_column("a", nullable=False)'
    )
    (step,) = shop.run().steps
    assert step.unknown == ()
    assert any("b INTEGER" in statement for statement in step.actions[0].sql)
    assert step.actions[0].locks[-1].rewrites
