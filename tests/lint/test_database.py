"""`limbeck lint --database`: what the database says of findings, and what becomes of their severities."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from reviewing import Reviewed

from limbeck import command
from limbeck.errors import CommandError
from limbeck.limits import duration
from limbeck.lint import live
from limbeck.sizes import in_words, size

INDEX = 'op.create_index("ix", "account", ["email"])'
UNIQUE = 'op.create_index("ix", "account", ["email"], unique=True, postgresql_concurrently=True)'
ROWS = "INSERT INTO account SELECT n, 'a' || n, mod(n, 7), {lead} FROM generate_series(1, {count}) n"


@pytest.fixture
def place(tmp_path: Path, postgresql_url: str) -> Reviewed:
    reviewed = Reviewed(tmp_path, postgresql_url)
    reviewed.sql("CREATE TABLE account (id integer PRIMARY KEY, email text, n integer, lead integer)")
    return reviewed


def found(place: Reviewed, code: str, rule: str, **options: Any) -> list[tuple[str, str]]:
    """Severity and message of what a rule finds."""
    place.write(code)
    return [(one["severity"], one["message"]) for one in place.lint(**options) if one["rule"] == rule]


def fill(place: Reviewed, count: int, lead: str = "NULL") -> None:
    place.sql(ROWS.format(count=count, lead=lead), "ANALYZE account")


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("large", "rows", "severity"),
    [
        ("1GB", 0, "warning"),
        ("1GB", 1000, "warning"),  # 100 kB are below a hundredth of it
        ("1MB", 1000, "error"),
        ("10kB", 1000, "error"),
    ],
)
def test_what_locks_a_small_table_is_milder(place: Reviewed, large: str, rows: int, severity: str) -> None:
    place.settings += f"\nlarge_table = {large}"
    fill(place, rows)
    (one,) = found(place, INDEX, "index-locks-table", database=True)
    assert one[0] == severity
    (before,) = found(place, INDEX, "index-locks-table")
    assert before[0] == "error"
    assert one[1].startswith(f"{before[1]}; account has {rows:,} rows, ")


def test_a_large_table_is_worse_and_what_is_configured_stays(place: Reviewed) -> None:
    fill(place, 1000)
    place.settings += "\nlarge_table = 10kB"
    code = 'op.execute("DELETE FROM account")'
    assert [severity for severity, _ in found(place, code, "write-without-where")] == ["warning"]
    assert [severity for severity, _ in found(place, code, "write-without-where", database=True)] == ["error"]
    place.settings += "\nlint_rules = write-without-where@acc* = info"
    assert [severity for severity, _ in found(place, code, "write-without-where", database=True)] == ["info"]


def test_a_partitioned_table_has_the_size_of_its_partitions(place: Reviewed) -> None:
    place.sql(
        "CREATE TABLE event (id integer, day date) PARTITION BY RANGE (day)",
        "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "INSERT INTO event SELECT n, '2026-01-01'::date + mod(n, 365) FROM generate_series(1, 50000) n",
        "ANALYZE event",
    )
    ((_, message),) = found(place, 'op.create_index("ix", "event", ["day"])', "index-locks-table", database=True)
    assert message.rpartition("; ")[2] == snapshot("event has about 50,000 rows, 1.8 MB")


def test_a_table_of_the_range_has_no_size(place: Reviewed) -> None:
    code = 'op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\nop.drop_table("fresh")'
    place.write(code)
    assert place.lint(database=True) == []


def test_what_is_dropped_says_how_it_is_used(place: Reviewed) -> None:
    fill(place, 3)
    ((severity, message),) = found(place, 'op.drop_table("account")', "drop-table", database=True)
    assert severity == "warning"
    assert re.search(r"; account has 3 rows, 32 kB; read \d+ times?, 3 rows written", message), message


def test_without_the_option_neither_sizes_nor_rows_are_read(place: Reviewed) -> None:
    sent: list[str] = []
    place.write(UNIQUE)

    def note(_c: object, _cur: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        place.lint()
        without, sent = sent, []
        place.lint(database=True)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert [one for one in without if "count(*)" in one or "pg_total_relation_size" in one] == []
    assert [one for one in sent if "count(*)" in one]


# --- rows -------------------------------------------------------------------------------------------------------------

CASES = [
    pytest.param(UNIQUE, "UPDATE account SET email = 'a1' WHERE id < 4", 1, id="unique index"),
    pytest.param(
        'op.create_unique_constraint("uq", "account", ["email"])',
        "UPDATE account SET email = NULL", 0, id="unique constraint, and NULL is equal to nothing",
    ),
    pytest.param(
        'op.alter_column("account", "email", existing_type=sa.Text(), nullable=False)',
        "UPDATE account SET email = NULL WHERE id > 7", 3, id="not null",
    ),
    pytest.param(
        'op.create_check_constraint("ck", "account", "email LIKE \'a%\'")',
        "UPDATE account SET email = 'b' WHERE id = 1", 1, id="check",
    ),
    pytest.param(
        'op.create_foreign_key("fk", "account", "account", ["lead"], ["id"])',
        "UPDATE account SET lead = id + 5", 5, id="foreign key",
    ),
    pytest.param(
        'op.execute("ALTER TABLE account ADD CONSTRAINT fk FOREIGN KEY (lead) REFERENCES account NOT VALID")\n'
        'op.execute("ALTER TABLE account VALIDATE CONSTRAINT fk")',
        "UPDATE account SET lead = 11 WHERE id = 1", 1, id="foreign key, validated",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "breaks", "count"), CASES)
def test_rows_that_do_not_fit(place: Reviewed, code: str, breaks: str, count: int) -> None:
    """The query is run: an error with their number where there are some, nothing where there are none."""
    fill(place, 10)
    ((severity, message),) = found(place, code, "rows-may-not-fit")
    assert (severity, message.startswith("It fails if ")) == ("info", True)
    assert found(place, code, "rows-may-not-fit", database=True) == []
    place.sql(breaks)
    said = found(place, code, "rows-may-not-fit", database=True)
    expected = f"; it gives {count} row{'' if count == 1 else 's'} now"
    assert said == ([("error", message + expected)] if count else [])
    if count:
        with pytest.raises(sa.exc.DBAPIError):
            place.upgrade()
    else:
        place.upgrade()


@pytest.mark.parametrize(
    ("type_", "breaks", "count"),
    [
        ("varchar(3)", "UPDATE t SET a = 'long' WHERE id = 1", 1),
        ("smallint", "UPDATE t SET n = 40000 WHERE id < 3", 2),
        ("numeric(4, 1)", "UPDATE t SET m = 1000 WHERE id = 1", 1),
        ("numeric(5, 1)", "UPDATE t SET m = 1.25 WHERE id = 1", 1),
    ],
)
def test_values_of_a_type_that_narrows(place: Reviewed, type_: str, breaks: str, count: int) -> None:
    place.sql(
        "CREATE TABLE t (id integer, a varchar(9), n integer, m numeric(7, 2))",
        "INSERT INTO t SELECT n, 'a', n, n FROM generate_series(1, 5) n",
    )
    column = {"varchar": "a", "smallint": "n"}.get(type_.partition("(")[0], "m")
    code = f'op.execute("ALTER TABLE t ALTER COLUMN {column} TYPE {type_}")'
    assert [severity for severity, _ in found(place, code, "type-narrows", database=True)] == ["info"]
    place.sql(breaks)
    ((severity, message),) = found(place, code, "type-narrows", database=True)
    assert (severity, message.rpartition("; ")[2]) == (
        "error",
        f"it gives {count} row{'' if count == 1 else 's'} now",
    )


def test_a_query_that_fails_says_so_and_stops_nothing(place: Reviewed) -> None:
    fill(place, 3)
    code = f'op.create_check_constraint("ck", "account", "nowhere > 0")\n{UNIQUE}'
    first, *rest = found(place, code, "rows-may-not-fit", database=True)
    assert first[0] == "info"
    assert first[1].endswith('whether there are any is not known: column "nowhere" does not exist')
    assert rest == []


def test_a_query_that_takes_too_long_is_given_up(place: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(place, 3)
    monkeypatch.setattr(live, "PATIENCE", duration("50ms"))
    ((severity, message),) = found(
        place, 'op.create_check_constraint("ck", "account", "pg_sleep(60) IS NULL")', "rows-may-not-fit", database=True
    )
    assert severity == "info"
    assert message.endswith("is not known: canceling statement due to statement timeout")


@pytest.fixture
def mariadb(tmp_path: Path, mariadb_url: str) -> Reviewed:
    reviewed = Reviewed(tmp_path, mariadb_url)
    reviewed.sql(
        "CREATE TABLE account (id integer PRIMARY KEY, email varchar(40))", "INSERT INTO account VALUES (1, 'a')"
    )
    return reviewed


def test_on_mariadb(mariadb: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'op.create_unique_constraint("uq", "account", ["email"])'
    assert found(mariadb, code, "rows-may-not-fit", database=True) == []
    mariadb.sql("INSERT INTO account VALUES (2, 'a')")
    ((severity, _),) = found(mariadb, code, "rows-may-not-fit", database=True)
    assert severity == "error"
    copied = 'op.execute("ALTER TABLE account MODIFY id bigint")'
    ((severity, message),) = found(mariadb, copied, "alter-copies-table", database=True)
    assert (severity, message.rpartition("; ")[2]) == snapshot(("warning", "account has 2 rows, 16 kB"))
    monkeypatch.setattr(live, "PATIENCE", duration("50ms"))
    slow = 'op.create_check_constraint("ck", "account", "sleep(60) = 1")'
    ((severity, message),) = found(mariadb, slow, "rows-may-not-fit", database=True)
    assert (severity, "max_statement_time" in message) == ("info", True), message


def test_on_mariadb_the_code_to_write_states_the_whole_column_too(mariadb: Reviewed) -> None:
    """Without a word on its default, `--sql` could not restate the column."""
    code = (
        'op.alter_column("account", "email", existing_type=sa.String(40), nullable=False, existing_server_default=None)'
    )
    (refused,) = (one for one in mariadb.found(code) if one["rule"] == "old-writers-refused")
    assert "existing_server_default=None" in refused["safe"]


def test_on_sqlite(tmp_path: Path, sqlite_url: str) -> None:
    place = Reviewed(tmp_path, sqlite_url)
    place.sql(
        "CREATE TABLE account (id integer PRIMARY KEY, email text)", "INSERT INTO account VALUES (1, 'a'), (2, 'a')"
    )
    code = 'op.create_index("ix", "account", ["email"], unique=True)'
    ((severity, message),) = found(place, code, "rows-may-not-fit", database=True)
    assert (severity, message.rpartition("; ")[2]) == ("error", "it gives 1 row now")
    ((severity, message),) = found(place, 'op.execute("DELETE FROM account")', "write-without-where", database=True)
    assert (severity, message.rpartition("; ")[2]) == ("warning", "account has 2 rows")


# --- how sizes are written --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bytes"),
    [("1GB", 1 << 30), ("500 MB", 500 << 20), ("1.5kb", 1536), ("2 TB", 2 << 40), ("77", 77), ("77 bytes", 77)],
)
def test_a_size(text: str, bytes: int) -> None:
    assert size(text) == bytes


@pytest.mark.parametrize("text", ["", "GB", "1 GiB", "large", "-1GB"])
def test_what_is_no_size(place: Reviewed, text: str) -> None:
    place.settings += f"\nlarge_table = {text}"
    place.write(INDEX)
    with pytest.raises(CommandError, match=f"large_table = '{text}' is no size") as raised:
        command.lint(place.config())
    assert raised.value.code == "lint-setting"


@pytest.mark.parametrize(
    ("rows", "bytes", "is_estimate", "words"),
    [
        (1, None, False, "1 row"),
        (41_234_567, 12_884_901_888, False, "41,234,567 rows, 12 GB"),
        (41_234_567, 12_884_901_888, True, "about 41 M rows, 12 GB"),
        (1_249_000, 1_600, True, "about 1.2 M rows, 1.6 kB"),
        (120_311, 1_000, True, "about 120,311 rows, 1000 bytes"),
    ],
)
def test_sizes_in_words(rows: int, bytes: int | None, is_estimate: bool, words: str) -> None:
    assert in_words(rows, bytes, is_estimate=is_estimate) == words
