# ruff: noqa: E501 calls and their SQL stand on one line each
"""Every call of `calls.CALLS` gives the reference's script on every dialect, but for the list in docs/differences.md."""

from __future__ import annotations

import pytest
from calls import CALLS
from listed import entries, section
from scripts import DIALECTS, Answer, Reference, write

ALL = " ".join(DIALECTS)

# entry of the page: {call: dialects}
DIFFERENCES = {
    "sqlite-in-place": dict.fromkeys(
        [
            "add_column inline primary key",
            "add_column foreign key",
            "add_column unique",
            "alter nullable",
            "alter nullable without type",
            "alter type",
            "alter type alone",
            "alter type using",
            "alter using without type",
            "alter type with its check",
            "alter default",
            "alter default replaced",
            "alter default where there is none",
            "alter default now",
            "alter default dropped",
            "alter type and default",
            "alter type and no default",
            "alter autoincrement",
            "alter everything",
            "alter date",
            "alter comment and default",
        ],
        "sqlite",
    ),
    "sqlite-comments": dict.fromkeys(
        [
            "create_table_comment",
            "create_table_comment default schema",
            "drop_table_comment",
            "alter comment",
            "alter comment empty",
            "alter comment default schema",
            "alter comment replaced",
            "alter comment dropped",
        ],
        "sqlite",
    ),
    "if-exists": {
        "create_table if_not_exists": "mssql",
        "add_column if_not_exists": "sqlite mssql oracle",
        "add_column check if_not_exists": "sqlite mssql oracle",
        "create_index if_not_exists": "mssql oracle",
        "drop_column if_exists": "sqlite oracle",
        "drop_constraint if_exists": "oracle",
        "drop_constraint foreignkey if_exists": "mysql mariadb oracle",
    },
    "if-not-exists-indexes": {"create_table if_not_exists index": "postgresql mariadb sqlite mssql"},
    "inline-kept": {
        "add_column inline references": "mssql oracle",
        "add_column inline primary key": "mssql oracle",
        "add_column check": "mssql oracle",
        "add_column check if_not_exists": "mssql oracle",
    },
    "mariadb-named-checks": dict.fromkeys(
        ["create_table", "create_table column check", "add_column check", "add_column check if_not_exists"], "mariadb"
    ),
    "foreign-key-options": {
        "add_column inline references options": "mssql oracle",
        "create_foreign_key match": "mssql oracle",
        "create_foreign_key deferred": "mssql",
    },
    "mssql-default-schema": dict.fromkeys(
        ["create_table_comment default schema", "add_column comment default schema", "alter comment default schema"],
        "mssql",
    ),
    "mssql-identity-insert": {"bulk_insert nothing": "mssql"},
    "oracle-comment-schema": dict.fromkeys(
        [
            "alter comment",
            "alter comment replaced",
            "alter comment dropped",
            "alter comment empty",
            "alter comment and default",
            "alter everything",
        ],
        "oracle",
    ),
    "postgresql-default-before-type": dict.fromkeys(
        ["alter type and default", "alter type and no default"], "postgresql"
    ),
    "concurrently": {"create_index concurrently": "postgresql"},
    "index-without-table": {"drop_index without table": "mysql mariadb mssql"},
    "as-written": {
        "create_table percent": "postgresql mysql mariadb",
        "create_check_constraint percent": "postgresql mysql mariadb",
        "bulk_insert percent and tab": ALL,
        "execute colon": "postgresql mysql mariadb sqlite",
        "execute bind": "postgresql mysql mariadb sqlite",
        "execute percent": "postgresql mysql mariadb",
        "execute tab": ALL,
        "execute terminated": "postgresql mysql mariadb sqlite mssql",
        "execute comment": "postgresql mysql mariadb sqlite mssql",
    },
    "literals": {
        "bulk_insert client default": ALL,
        "execute bound": ALL,
        "execute update": ALL,
        "execute insert": "postgresql mssql oracle",
    },
}
LISTED = {
    (call, dialect): entry
    for entry, calls in DIFFERENCES.items()
    for call, dialects in calls.items()
    for dialect in dialects.split()
}


def outcome(answer: Answer) -> tuple[str, bool]:
    """The script and whether the call failed; which words an error has is each tool's own affair."""
    return answer.sql, answer.error is not None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_scripts_are_the_reference_s_but_for_the_list(dialect: str, the_reference: Reference) -> None:
    unlisted, untrue = [], []
    for name, call in CALLS.items():
        ours, theirs = outcome(write(dialect, call)), outcome(the_reference.write(dialect, call))
        if (name, dialect) not in LISTED and ours != theirs:
            unlisted.append((name, ours, theirs))
        if (name, dialect) in LISTED and ours == theirs:
            untrue.append(name)
    assert (unlisted, untrue) == ([], [])


def test_the_document_has_the_list() -> None:
    assert set(entries(section("### The SQL that is sent"))) == set(DIFFERENCES)
    assert {call for calls in DIFFERENCES.values() for call in calls} <= set(CALLS)


CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NAMED_BY_CONVENTION = [
    "op.create_unique_constraint(None, 't', ['x'])",
    "op.create_foreign_key(None, 't', 'r', ['x'], ['id'])",
    "op.create_primary_key(None, 't', ['id'])",
    "op.create_check_constraint('positive', 't', 'x > 0')",
    "op.create_check_constraint(op.f('as_is'), 't', 'x > 0')",
    "op.create_index(None, 't', ['x'])",
    "op.drop_constraint('positive', 't', 'check')",
    "op.drop_constraint('uq_as_is', 't', 'unique')",
    "op.drop_constraint(op.f('as_is'), 't', 'check')",
    "op.add_column('t', sa.Column('c', sa.Integer, sa.ForeignKey('r.id')))",
    "op.add_column('t', sa.Column('c', sa.Integer, unique=True))",
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('b', sa.Boolean(create_constraint=True, name='b')))",
]


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mssql", "oracle"])
@pytest.mark.parametrize("call", NAMED_BY_CONVENTION)
def test_conventions_name_as_in_the_reference(dialect: str, call: str, the_reference: Reference) -> None:
    ours = write(dialect, call, naming_convention=CONVENTION)
    theirs = the_reference.write(dialect, call, naming_convention=CONVENTION)
    assert outcome(ours) == outcome(theirs)


BEGINNINGS = {
    "postgresql": ("BEGIN;", "COMMIT;"),
    "mysql": ("BEGIN;", "COMMIT;"),
    "sqlite": ("BEGIN;", "COMMIT;"),
    "mssql": ("BEGIN TRANSACTION;", "COMMIT;"),
    "oracle": ("SET TRANSACTION READ WRITE", "COMMIT"),
}


@pytest.mark.parametrize("dialect", BEGINNINGS)
def test_transactions_are_written_as_in_the_reference(dialect: str, the_reference: Reference) -> None:
    call = "context = op.get_context()\nwith context.begin_transaction():\n    op.execute('SELECT 1')\n"
    opts = {"transactional_ddl": True}
    ours = write(dialect, call, **opts)
    assert outcome(ours) == outcome(the_reference.write(dialect, call, opts=opts))
    first, last = BEGINNINGS[dialect]
    lines = [line for line in ours.sql.splitlines() if line not in {"", "GO", "/"}]
    assert (lines[0], lines[-1]) == (first, last)


@pytest.mark.parametrize(
    ("dialect", "option"), [("mssql", "mssql_batch_separator"), ("oracle", "oracle_batch_separator")]
)
@pytest.mark.parametrize("separator", ["", "-- next", None])
def test_batch_separators_are_configured_as_in_the_reference(
    dialect: str, option: str, separator: str | None, the_reference: Reference
) -> None:
    opts = {option: separator}
    ours = write(dialect, "op.drop_table('t')", **opts)
    assert outcome(ours) == outcome(the_reference.write(dialect, "op.drop_table('t')", opts=opts))
