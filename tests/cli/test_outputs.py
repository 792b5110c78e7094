# ruff: noqa: E501 outputs are as wide as they are
"""What `plan`, `status`, `history --log`, `check` and `upgrade` print, written down.

At terminals of 80 and 140 columns, in a pipe, as Markdown, and as JSON, which is held against its published schema.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import REVISION, Environment, limbeck
from inline_snapshot import snapshot
from json_document import document
from terminal_session import at_terminal

SECOND = """\
    op.add_column("customer", sa.Column("mail", sa.String(50)))
    for row in op.get_bind().execute(sa.text("SELECT id FROM customer")):
        op.execute(f"UPDATE customer SET mail = 'none' WHERE id = {row.id}")
    op.drop_column("customer", "note")
"""
MODELS = """
import sqlalchemy as sa
target_metadata = sa.MetaData()
sa.Table("customer", target_metadata, sa.Column("id", sa.BigInteger, primary_key=True),
         sa.Column("note", sa.String(50), index=True))
sa.Table("product", target_metadata, sa.Column("code", sa.String(2), primary_key=True))
"""
LONG = "customers get an address for mail, and what was noted about them is dropped for good"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A database at a1, with two customers; a2 is pending, and the models want something else."""
    made = Environment(tmp_path_factory.mktemp("shop"))
    assert limbeck(made.root, "init", "migrations").returncode == 0
    made.configure("sqlalchemy.url", "sqlite:///shop.db")
    first = REVISION.format(about="customers", revision="a1", down=None).replace("t_a1", "customer")
    first = first.replace("primary_key=True)", 'primary_key=True), sa.Column("note", sa.String(50))')
    made.write("migrations/versions/a1.py", first)
    done = made.limbeck("upgrade", "heads")
    assert done.returncode == 0, done.stderr
    second = REVISION.format(about=LONG, revision="a2", down="a1")
    made.write("migrations/versions/a2.py", re.sub(r"    op\.create_table.*\n", SECOND, second))
    with sqlite3.connect(made.root / "shop.db") as connection:
        connection.execute("INSERT INTO customer (id, note) VALUES (1, 'kind'), (2, NULL)")
    connection.close()
    env = made.root / "migrations" / "env.py"
    env.write_text(env.read_text(encoding="utf-8").replace("target_metadata = None", MODELS), encoding="utf-8")
    return made


def plain(text: str, shop: Environment) -> str:
    """Without what is another one in each run: folder, times, ids, account."""
    text = text.replace(str(shop.root), "/shop").replace("\r\n", "\n")
    text = re.sub(r" *\b(?:\d+ ms|\d+\.\d s|\d+ s)\b", " 0 ms", text)
    text = re.sub(r"run \w{16}", "run ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?Z?(?: UTC)?", "WHEN", text)
    text = re.sub(r"\S+@\S+", "ada@here", re.sub(r"by \S+ from \S+", "by ada from here", text))
    text = re.sub(r"SQLite \d[.\d]*", "SQLite 3", text)
    return re.sub(r"limbeck \d\S*", "limbeck 1", text)


def terminal(shop: Environment, columns: int, *words: str) -> str:
    """What a person sees; nothing is wider than the terminal but what cannot be cut."""
    return plain(at_terminal(shop.root, *words, columns=columns).screen, shop)


def pipe(shop: Environment, *words: str) -> str:
    """What a program gets on stdout."""
    return plain(shop.limbeck(*words).stdout, shop)


def test_plan(shop: Environment) -> None:
    text = pipe(shop, "plan")
    assert text == snapshot("""\
sqlite:///shop.db: 1 step up, 1 loss

upgrade a1 -> a2, customers get an address for mail, and what was noted about them is dropped for good
  migrations/versions/a2.py
  add column customer.mail (line 12)
    locks customer (whole file, one writer): writes wait
  execute SELECT id FROM customer; (line 13)
  drop column customer.note (line 15)
    locks customer (whole file, one writer): writes wait
  unknown: loops over rows (line 13)
  LOST: column customer.note, 1 value in 2 rows
  way back: brings back what is dropped, without its rows

version rows: a1 -> a2
each step has its own transaction
table customer: 2 rows
LOST: column customer.note, 1 value in 2 rows
""")
    assert terminal(shop, 80, "plan") == terminal(shop, 140, "plan") == text
    assert "\x1b[1;31m  LOST: column customer.note" in at_terminal(shop.root, "plan", columns=80).raw
    assert pipe(shop, "plan", "--markdown") == snapshot("""\
### Upgrade of `sqlite:///shop.db`

1 step up, 1 loss. Version rows: `a1` → `a2`.

| revision | message | author | does | locks | way back |
|---|---|---|---|---|---|
| `a2` | customers get an address for mail, and what was noted about them is dropped for good |  | add column customer.mail<br>execute SELECT id FROM customer;<br>drop column customer.note | locks customer (whole file, one writer): writes wait | brings back what is dropped, without its rows |

**Lost for good**

- column customer.note, 1 value in 2 rows

**Known only by running it**

- `a2`: loops over rows (line 13)

**Tables**

- `customer`: 2 rows

<details><summary>SQL</summary>

```sql
ALTER TABLE customer ADD COLUMN mail VARCHAR(50);
SELECT id FROM customer;
ALTER TABLE customer DROP COLUMN note;
```

</details>
""")
    found = document(shop.limbeck("plan", "--json").stdout)
    (step,) = found["runs"][0]["steps"]
    assert (step["revision"], [each["what"] for each in step["unknown"]]) == ("a2", ["loops over rows"])


def test_status(shop: Environment) -> None:
    text = pipe(shop, "status")
    assert text == snapshot("""\
sqlite:///shop.db (SQLite 3)
  current   a1, customers
  heads     a2, customers get an address for mail, and what was noted about them is dropped for good: 1 step behind
  pending   a2, customers get an address for mail, and what was noted about them is dropped for good
  lock      free
  runs      WHEN upgrade a1: done, 0 ms by ada from here
  do        pending: limbeck upgrade heads
""")
    assert terminal(shop, 80, "status") == terminal(shop, 140, "status") == text
    (database,) = document(shop.limbeck("status", "--json").stdout)["databases"]
    assert [each["revision"] for each in database["pending"]] == ["a2"]


def test_history_log(shop: Environment) -> None:
    assert pipe(shop, "history", "--log") == snapshot("""\
run ID  WHEN  done 0 ms  ada@here  limbeck 1
    upgrade  a1 0 ms  customers
""")
    assert terminal(shop, 80, "history", "--log") == snapshot("""\
run ID  WHEN  done 0 ms  ada@here  limbeck 1
    upgrade  a1 0 ms  customers
""")
    assert terminal(shop, 140, "history", "--log") == snapshot("""\
run ID  WHEN  done 0 ms  ada@here  limbeck 1
    upgrade  a1 0 ms  customers
""")
    (database,) = document(shop.limbeck("history", "--log", "--json").stdout)["databases"]
    assert [step["revision"] for run in database["runs"] for step in run["steps"]] == ["a1"]


def test_upgrade(shop: Environment, tmp_path: Path) -> None:
    copies = [Environment(tmp_path / name) for name in ("pipe", "80", "140", "json")]
    for copy in copies:
        shutil.copytree(shop.root, copy.root)
    in_pipe, narrow, wide, as_json = copies
    done = in_pipe.limbeck("upgrade", "heads", "--yes")
    assert (plain(done.stdout, in_pipe), plain(done.stderr, in_pipe)) == snapshot(
        (
            "",
            """\
INFO  [alembic.runtime.migration] Context impl SQLiteImpl.
INFO  [alembic.runtime.migration] Will assume transactional DDL.
INFO  [alembic.runtime.migration] Running upgrade a1 -> a2, customers get an address for mail, and what was noted about them is dropped for good
""",
        )
    )
    assert terminal(narrow, 80, "upgrade", "heads", "--yes") == snapshot("""\
Upgrading shop.db: 1 revision
[1/1] a2  customers get an address for mail, and what was noted abou… 0 ms
shop.db: applied 1 revision in 0 ms, now at a2 (head)
""")
    assert terminal(wide, 140, "upgrade", "heads", "--yes") == snapshot("""\
Upgrading shop.db: 1 revision
[1/1] a2  customers get an address for mail, and what was noted about them is dropped for good 0 ms
shop.db: applied 1 revision in 0 ms, now at a2 (head)
""")
    (run,) = document(as_json.limbeck("upgrade", "heads", "--yes", "--json").stdout)["runs"]
    assert run["steps"][0]["revision"] == "a2"


def test_check(shop: Environment, tmp_path: Path) -> None:
    copy = Environment(tmp_path / "shop")
    shutil.copytree(shop.root, copy.root)
    copy.limbeck("upgrade", "heads", "--yes")
    done = copy.limbeck("check")
    assert (plain(done.stdout, copy), plain(done.stderr, copy)) == snapshot(
        (
            "",
            """\
INFO  [alembic.runtime.migration] Context impl SQLiteImpl.
INFO  [alembic.runtime.migration] Will assume transactional DDL.
INFO  [alembic.runtime.plugins] setting up autogenerate plugin alembic.autogenerate.schemas
INFO  [alembic.runtime.plugins] setting up autogenerate plugin alembic.autogenerate.tables
INFO  [alembic.runtime.plugins] setting up autogenerate plugin limbeck.exact
INFO  [alembic.autogenerate.compare.tables] Detected added table 'product'
INFO  [alembic.autogenerate.compare.tables] Detected added column 'customer.note'
INFO  [alembic.autogenerate.compare.exact] Detected type of column 'customer.id' changed from 'integer' to 'bigint'
INFO  [alembic.autogenerate.compare.exact] Detected added index 'ix_customer_note' on 'customer'
INFO  [alembic.autogenerate.compare.tables] Detected removed column 'customer.mail'
warning[maybe-renamed]: column 'mail' of 'customer' is dropped and 'note' added: they may be one that was renamed
  hint: if so, say --rename customer.mail:note, or info={"renamed_from": "mail"} in the model
error[differences-found]: New upgrade operations detected: [('add_table', Table('product', MetaData(), Column('code', String(length=2), table=<product>, primary_key=True, nullable=False), schema=None)), ('add_column', None, 'customer', Column('note', String(length=50), table=<customer>)), [('modify_type', None, 'customer', 'id', {'existing_nullable': False, 'existing_server_default': False, 'existing_comment': None}, INTEGER(), BigInteger())], ('remove_column', None, 'customer', Column('mail', VARCHAR(length=50), table=<customer>)), ('add_index', Index('ix_customer_note', Column('note', String(length=50), table=<customer>)))]
  hint: write them into a revision by `limbeck revision --autogenerate`
""",
        )
    )
    text = terminal(copy, 80, "check")
    assert text == snapshot("""\
warning[maybe-renamed]: column 'mail' of 'customer' is dropped and 'note' added: they may be one that was renamed
  hint: if so, say --rename customer.mail:note, or info={"renamed_from": "mail"} in the model
customer
  + column note VARCHAR(50)
  ~ column id: type INTEGER -> BIGINT
  - column mail VARCHAR(50)
  + index ix_customer_note (note)
+ table product
error[differences-found]: Models and database differ in 5 place(s)
  hint: write them into a revision by `limbeck revision --autogenerate`
""")
    assert terminal(copy, 140, "check") == text
    assert document(copy.limbeck("check", "--json").stdout)["schema"] == "limbeck.check"
