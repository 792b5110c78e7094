# ruff: noqa: E501 - what is printed, as it is printed
"""`limbeck lint --observe`: a range run on a scratch database; what is said of its statements, and of findings.

That each rule does what it says is in test_rules.py, by the same way.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from reviewing import Reviewed

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.lint.observe import carried_out
from limbeck.results import LintResult, ObservedLock, ObservedStatement
from limbeck.show.findings import lines

TABLES = (
    'op.execute("CREATE TABLE customer (id integer PRIMARY KEY)")\n'
    'op.execute("CREATE TABLE account (id integer PRIMARY KEY, email varchar(20), lead integer)")\n'
    'op.execute("CREATE INDEX ix_account_lead ON account (lead)")'
)
KEY = 'op.create_foreign_key("fk", "account", "customer", ["lead"], ["id"])'


@pytest.fixture
def place(tmp_path: Path, postgresql_url: str) -> Reviewed:
    return Reviewed(tmp_path, postgresql_url)


def seen(place: Reviewed, *bodies: str) -> list[tuple[Any, ...]]:
    """Line, locks, tables read, tables written anew, of the statements of the last of ``bodies``."""
    place.write(*bodies)
    command.upgrade(place.config(), f"a{len(bodies) - 2}")
    return [
        (one.line, [(lock.mode, lock.table, lock.is_new) for lock in one.locks], list(one.read), list(one.rewritten))
        for one in carried_out(environment_of(place.config()), {f"a{len(bodies) - 1}"})
    ]


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_a_lock_is_held_until_the_transaction_ends(place: Reviewed) -> None:
    code = f'op.add_column("account", sa.Column("a", sa.Text))\n{KEY}\nop.execute("UPDATE customer SET id = 1")'
    assert seen(place, TABLES, code) == snapshot(
        [
            (10, [("ACCESS EXCLUSIVE", "account", True)], [], []),
            (
                11,
                [
                    ("ACCESS EXCLUSIVE", "account", False),
                    ("SHARE ROW EXCLUSIVE", "account", True),
                    ("SHARE ROW EXCLUSIVE", "customer", True),
                ],
                ["account"],
                [],
            ),
            (
                12,
                [
                    ("ACCESS EXCLUSIVE", "account", False),
                    ("SHARE ROW EXCLUSIVE", "account", False),
                    ("SHARE ROW EXCLUSIVE", "customer", False),
                    ("ROW EXCLUSIVE", "customer", True),
                ],
                ["customer"],
                [],
            ),
        ]
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            'op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            snapshot([([("SHARE UPDATE EXCLUSIVE", "account", True)], ["account"], [])]),
        ),
        (
            'op.execute("DROP INDEX CONCURRENTLY ix_account_lead")',
            snapshot([([("SHARE UPDATE EXCLUSIVE", "account", True)], [], [])]),
        ),
        (
            'op.execute("REINDEX TABLE CONCURRENTLY account")',
            snapshot([([("SHARE UPDATE EXCLUSIVE", "account", True)], ["account"], [])]),
        ),
        ('op.execute("VACUUM account")', snapshot([([("SHARE UPDATE EXCLUSIVE", "account", True)], [], [])])),
        (
            'op.execute("VACUUM FULL account")',
            snapshot([([("ACCESS EXCLUSIVE", "account", True)], ["account"], ["account"])]),
        ),
        (
            'op.execute("ALTER TABLE account ADD a int CHECK (a > 0)")',
            snapshot([([("ACCESS EXCLUSIVE", "account", True)], ["account"], [])]),
        ),
    ],
)
def test_a_statement_outside_of_a_transaction(place: Reviewed, code: str, expected: object) -> None:
    """Its locks are given back when it ends: they are seen all the same."""
    block = code if "postgresql_concurrently" in code else f"with op.get_context().autocommit_block():\n    {code}"
    assert [one[1:] for one in seen(place, TABLES, block)] == expected


def test_tables_of_the_range_are_left_out(place: Reviewed) -> None:
    code = 'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\nop.drop_table("fresh")'
    assert seen(place, TABLES, code) == []


def test_names_that_are_quoted(place: Reviewed) -> None:
    given = 'op.execute(\'CREATE SCHEMA "Old"\')\nop.execute(\'CREATE TABLE "Old"."a.b" (id int)\')'
    code = 'op.execute(\'ALTER TABLE "Old"."a.b" ALTER id TYPE bigint\')'
    ((_, locks, read, rewritten),) = seen(place, given, code)
    assert (locks[0], read, rewritten) == (("ACCESS EXCLUSIVE", "Old.a.b", True), ["Old.a.b"], ["Old.a.b"])


def test_algorithms_of_mariadb(tmp_path: Path, mariadb_url: str) -> None:
    place = Reviewed(tmp_path, mariadb_url)
    code = "\n".join(
        f'op.execute("{one}")'
        for one in (
            "ALTER TABLE account ADD COLUMN n int",
            "CREATE INDEX ix ON account (email)",
            "ALTER TABLE account ROW_FORMAT=COMPRESSED",
            "ALTER TABLE account MODIFY lead bigint",
            "CREATE FULLTEXT INDEX ft ON account (email)",
            "ALTER TABLE account ADD COLUMN m int, ALGORITHM=COPY",
            "DROP INDEX ix ON account",
            "INSERT INTO customer VALUES (1)",
        )
    )
    assert seen(place, TABLES, code) == snapshot(
        [
            (10, [("ALGORITHM=INSTANT, LOCK=NONE", "account", True)], [], []),
            (11, [("ALGORITHM=NOCOPY, LOCK=NONE", "account", True)], [], []),
            (12, [("ALGORITHM=INPLACE, LOCK=NONE", "account", True)], [], ["account"]),
            (13, [("ALGORITHM=COPY, LOCK=SHARED", "account", True)], [], ["account"]),
            (14, [("ALGORITHM=INPLACE, LOCK=SHARED", "account", True)], [], ["account"]),
            (15, [("ALGORITHM=COPY", "account", True)], [], ["account"]),
            (16, [("ALGORITHM=NOCOPY, LOCK=NONE", "account", True)], [], []),
        ]
    )
    with sa.create_engine(mariadb_url).connect() as connection:
        columns = [column["name"] for column in sa.inspect(connection).get_columns("account")]
    assert columns == ["id", "email", "lead", "n", "m"]  # each statement was carried out once


def test_rebuilds_of_sqlite(tmp_path: Path, sqlite_url: str) -> None:
    place = Reviewed(tmp_path, sqlite_url)
    code = (
        'with op.batch_alter_table("account") as batch:\n'
        '    batch.alter_column("lead", existing_type=sa.Integer(), nullable=False)\n'
        'op.add_column("customer", sa.Column("name", sa.Text))'
    )
    assert seen(place, TABLES, code) == [(10, [], [], ["account"])]


# --- on a scratch database --------------------------------------------------------------------------------------------

CODE = (
    'op.alter_column("account", "email", existing_type=sa.Integer(), type_=sa.String(20))\n'  # which it is already
    'op.create_index("ix", "account", ["email"])'
)


def test_what_is_said(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proved is said of the finding, what is disproved is a step milder; the database is as it was."""
    monkeypatch.chdir(place.root)
    place.write(TABLES, CODE, 'op.drop_table("account")')
    with pytest.raises(CommandError, match="1 finding"):
        command.lint(place.config(), "a1", json=True, observe=True)
    document = json.loads(place.out.getvalue())
    assert sa.inspect(sa.create_engine(place.url)).get_table_names() == []
    assert [
        (one["severity"], one["rule"], said(one["message"].rpartition("; ")[2]))
        for one in document["findings"]
        if "; observed" in one["message"]
    ] == snapshot(
        [
            ("warning", "type-change-rewrites-table", "observed otherwise: ACCESS EXCLUSIVE on account, 3 ms"),
            ("error", "index-locks-table", "observed: SHARE on account, 3 ms on a scratch database"),
        ]
    )
    assert all(0 < one["seconds"] < 600 and one["file"].endswith("a1_.py") for one in document["observed"])
    assert [{**one, "seconds": 0.003, "file": "m/versions/a1_.py"} for one in document["observed"]] == snapshot(
        [
            {
                "revision": "a1",
                "file": "m/versions/a1_.py",
                "line": 10,
                "sql": "ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(20)",
                "seconds": 0.003,
                "locks": [{"table": "account", "mode": "ACCESS EXCLUSIVE", "is_new": True}],
                "rewritten": [],
                "read": [],
                "error": None,
            },
            {
                "revision": "a1",
                "file": "m/versions/a1_.py",
                "line": 11,
                "sql": "CREATE INDEX ix ON account (email)",
                "seconds": 0.003,
                "locks": [
                    {"table": "account", "mode": "ACCESS EXCLUSIVE", "is_new": False},
                    {"table": "account", "mode": "SHARE", "is_new": True},
                ],
                "rewritten": [],
                "read": ["account"],
                "error": None,
            },
        ]
    )
    found = LintResult((), "error", (), observed=tuple(map(statement, document["observed"])))
    assert said("\n".join(lines(found, "text", {}))) == snapshot("""\
observed on a scratch database:
  m/versions/a1_.py:10: ACCESS EXCLUSIVE on account, 3 ms: ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(20)
  m/versions/a1_.py:11: SHARE on account, ACCESS EXCLUSIVE on account from before, account read, 3 ms: CREATE INDEX ix ON account (email)
0 revisions reviewed: nothing found\
""")
    assert said("\n".join(lines(found, "markdown", {}))) == snapshot("""\
0 revisions reviewed: nothing found

Observed on a scratch database:

| where | what was locked, read and written anew | statement |
| --- | --- | --- |
| `m/versions/a1_.py:10` | ACCESS EXCLUSIVE on account, 3 ms | `ALTER TABLE account ALTER COLUMN email TYPE VARCHAR(20)` |
| `m/versions/a1_.py:11` | SHARE on account, ACCESS EXCLUSIVE on account from before, account read, 3 ms | `CREATE INDEX ix ON account (email)` |\
""")


def said(text: str) -> str:
    return re.sub(r"\d+ ms", "3 ms", text)


def statement(one: dict[str, Any]) -> ObservedStatement:
    """A statement, of its JSON."""
    locks = tuple(ObservedLock(**lock) for lock in one["locks"])
    return ObservedStatement(
        **{**one, "locks": locks, "read": tuple(one["read"]), "rewritten": tuple(one["rewritten"])}
    )


def test_without_it_nothing_is_said_of_it(place: Reviewed) -> None:
    place.write(TABLES)
    place.lint("a0")
    assert json.loads(place.out.getvalue())["observed"] is None


def test_a_statement_that_fails_ends_it(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)
    place.write(TABLES, 'op.execute("ALTER TABLE nowhere ADD a int")\nop.execute("ALTER TABLE account ADD a int")')
    result = command.lint(place.config(), "a1", observe=True)
    assert [(one.line, one.error) for one in result.observed or ()] == [(10, 'relation "nowhere" does not exist')]


def test_what_is_observed_is_not_changed_meanwhile(place: Reviewed) -> None:
    place.write(TABLES)
    with pytest.raises(CommandError, match="ask for one at a time") as raised:
        command.lint(place.config(), "a0", observe=True, fix=True)
    assert raised.value.exit_code == 2


def test_where_nothing_can_be_observed(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    from limbeck.ddl.session import SessionFacts
    from limbeck.dialects.postgresql import PostgresqlImpl

    monkeypatch.setattr(PostgresqlImpl, "observer", SessionFacts.observer)
    place.write(TABLES)
    with pytest.raises(CommandError, match="What statements do on postgresql cannot be observed") as raised:
        command.lint(place.config(), "a0", observe=True)
    assert (raised.value.code, raised.value.exit_code) == ("cannot-observe", 3)
