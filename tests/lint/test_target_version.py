"""What rules say differs by the version of the server: ``target_version``, else that of the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewing import Reviewed

from limbeck import command
from limbeck.errors import CommandError

GIVEN = {
    "postgresql": (
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE TABLE customer (id integer PRIMARY KEY)",
        "CREATE TABLE account (id integer PRIMARY KEY, email text, CONSTRAINT there CHECK (email IS NOT NULL))",
        "CREATE TABLE plain (id integer PRIMARY KEY, email text)",
        "CREATE TABLE event (customer_id integer, day date) PARTITION BY RANGE (day)",
        "CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE INDEX ix ON event (customer_id)",
    ),
    "mariadb": ("CREATE TABLE account (id integer PRIMARY KEY, email varchar(20))",),
}
DEFAULT = 'op.add_column("plain", sa.Column("state", sa.Text, server_default="new"))'
PROVED = 'op.execute("ALTER TABLE account ALTER COLUMN email SET NOT NULL")'
NOT_NULL = 'op.execute("ALTER TABLE plain ALTER COLUMN email SET NOT NULL")'
REINDEX = 'op.execute("REINDEX TABLE plain")'
ENUM = "op.execute(\"ALTER TYPE mood ADD VALUE 'happy'\")"
DETACH = 'op.execute("ALTER TABLE event DETACH PARTITION event_2026")'
KEY = 'op.create_foreign_key("fk", "event", "customer", ["customer_id"], ["id"])'
LONGER = 'op.execute("ALTER TABLE account MODIFY email varchar(100)")'


@pytest.mark.parametrize(
    ("dialect", "code", "rule", "target", "is_found", "safe"),
    [
        ("postgresql", DEFAULT, "volatile-default-rewrites-table", "10", True, "SET DEFAULT 'new'"),
        ("postgresql", DEFAULT, "volatile-default-rewrites-table", "11", False, ""),
        ("postgresql", DEFAULT, "volatile-default-rewrites-table", "", False, ""),
        ("postgresql", PROVED, "set-not-null-reads-rows", "11.3", True, "CHECK (email IS NOT NULL) NOT VALID"),
        ("postgresql", PROVED, "set-not-null-reads-rows", "12", False, ""),
        ("postgresql", NOT_NULL, "set-not-null-reads-rows", "11", True, "VALIDATE CONSTRAINT plain_email_not_null"),
        ("postgresql", NOT_NULL, "set-not-null-reads-rows", "17", True, "SET NOT NULL"),
        ("postgresql", NOT_NULL, "set-not-null-reads-rows", "18", True, "NOT NULL email NOT VALID"),
        ("postgresql", REINDEX, "reindex-locks-table", "11", True, ""),
        ("postgresql", REINDEX, "reindex-locks-table", "12", True, "REINDEX TABLE CONCURRENTLY"),
        ("postgresql", ENUM, "enum-value-used-too-soon", "11", True, "autocommit_block"),
        ("postgresql", ENUM, "enum-value-used-too-soon", "12", False, ""),
        ("postgresql", DETACH, "detach-partition-locks-table", "13.4", True, ""),
        ("postgresql", DETACH, "detach-partition-locks-table", "14", True, "CONCURRENTLY"),
        ("postgresql", KEY, "foreign-key-reads-rows", "17", True, ""),
        ("postgresql", KEY, "foreign-key-reads-rows", "18", True, "postgresql_not_valid=True"),
        ("mariadb", LONGER, "alter-copies-table", "10.3.39", True, "ADD COLUMN email_new"),
        ("mariadb", LONGER, "alter-copies-table", "10.4", False, ""),
    ],
)
def test_by_the_version(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    dialect: str,
    code: str,
    rule: str,
    target: str,
    is_found: bool,
    safe: str,
) -> None:
    place = Reviewed(tmp_path, request.getfixturevalue(f"{dialect}_url"), f"edition = 2026\ntarget_version = {target}")
    place.sql(*GIVEN[dialect])
    found = [one["safe"] or "" for one in place.found(code) if one["rule"] == rule]
    assert bool(found) == is_found
    assert all(safe in one and bool(one) == bool(safe) for one in found), found


def test_before_12_a_check_stays_in_the_place_of_not_null(tmp_path: Path, postgresql_url: str) -> None:
    place = Reviewed(tmp_path, postgresql_url, "edition = 2026\ntarget_version = 11")
    place.sql(*GIVEN["postgresql"])
    (found,) = [one for one in place.found(NOT_NULL) if one["rule"] == "set-not-null-reads-rows"]
    assert "SET NOT NULL" not in found["safe"]


@pytest.mark.parametrize("text", ["fifteen", "15.", "15-beta"])
def test_what_is_no_version(tmp_path: Path, sqlite_url: str, text: str) -> None:
    place = Reviewed(tmp_path, sqlite_url, f"target_version = {text}")
    place.write("pass")
    with pytest.raises(CommandError, match=f"target_version = '{text}' is no version") as raised:
        command.lint(place.config())
    assert raised.value.code == "lint-setting"
