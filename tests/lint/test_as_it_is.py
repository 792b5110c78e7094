"""What the database has already is no change, as long as the revision is not in it yet."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from reviewing import Reviewed

from limbeck import command
from limbeck.lint.of_sql import of_statement
from limbeck.lint.type_names import canonical

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
NOT_NULL = {"set-not-null-reads-rows", "old-writers-refused", "rows-may-not-fit"}
ACCOUNT = "CREATE TABLE account (id integer PRIMARY KEY, email text NOT NULL, age float, flag boolean, note text)"
SET = 'op.alter_column("account", "{}", existing_type=sa.Text(), nullable=False)'
DROP = 'op.alter_column("account", "email", existing_type=sa.Text(), nullable=True)'


@pytest.fixture
def place(tmp_path: Path, postgresql_url: str) -> Reviewed:
    place = Reviewed(tmp_path, postgresql_url)
    place.sql(ACCOUNT)
    return place


def rules(place: Reviewed, *bodies: str) -> set[str]:
    return {one["rule"] for one in place.found(*bodies)}


def test_a_column_that_is_not_null_already(place: Reviewed) -> None:
    assert rules(place, SET.format("email")) & NOT_NULL == set()
    assert rules(place, SET.format("note")) >= NOT_NULL


def test_unless_a_statement_before_is_about_it(place: Reviewed) -> None:
    assert rules(place, DROP, SET.format("email")) >= NOT_NULL
    assert rules(place, f"{DROP}\n{SET.format('email')}") >= NOT_NULL


def test_a_revision_that_the_database_has_is_judged_as_it_was_before(place: Reviewed) -> None:
    place.write(SET.format("note"))
    command.upgrade(place.config(), "heads")
    assert {one["rule"] for one in place.lint("head")} >= NOT_NULL


@pytest.mark.parametrize(
    ("column", "type_", "rewrites"),
    [
        ("age", "sa.Float(53)", False),
        ("age", "sa.Float(24)", True),
        ("flag", "sa.Boolean()", False),
        ("flag", "sa.Text()", True),
    ],
)
def test_a_type_by_another_name(place: Reviewed, column: str, type_: str, rewrites: bool) -> None:
    code = f'op.alter_column("account", "{column}", type_={type_})'
    assert ("type-change-rewrites-table" in rules(place, code)) is rewrites


def test_on_mariadb_a_truth_value_is_a_small_number(tmp_path: Path, mariadb_url: str) -> None:
    place = Reviewed(tmp_path, mariadb_url)
    place.sql("CREATE TABLE account (id integer PRIMARY KEY, flag bool, number float)")
    found = rules(place, 'op.alter_column("account", "flag", existing_type=sa.Boolean(), type_=sa.Boolean())')
    assert found & {"alter-copies-table", "type-change-clients-see"} == set()
    found = rules(place, 'op.alter_column("account", "number", existing_nullable=True, type_=sa.Float(53))')
    assert found & {"alter-copies-table", "type-narrows"} == {"alter-copies-table"}


@pytest.mark.parametrize(
    ("dialect", "one", "other", "same"),
    [
        ("postgresql", "VARCHAR(20)", "character varying(20)", True),
        ("postgresql", "VARCHAR(20)", "VARCHAR(30)", False),
        ("postgresql", "FLOAT(53)", "DOUBLE PRECISION", True),
        ("postgresql", "FLOAT(24)", "real", True),
        ("postgresql", "timestamptz", "TIMESTAMP WITH TIME ZONE", True),
        ("postgresql", "NUMERIC(10, 2)", "decimal(10,2)", True),
        ("mysql", "BOOL", "TINYINT(1)", True),
        ("mysql", "INTEGER", "int(11)", True),
        ("mysql", "INTEGER UNSIGNED", "int(10) unsigned", False),
        ("mysql", "FLOAT(53)", "DOUBLE", True),
        ("mysql", "FLOAT", "DOUBLE", False),
        ("sqlite", "VARCHAR(20)", "VARCHAR(20)", True),
    ],
)
def test_names_of_types(dialect: str, one: str, other: str, same: bool) -> None:
    made = sa.make_url(f"{DRIVERS.get(dialect, dialect)}://").get_dialect()()
    assert (canonical(one, made) == canonical(other, made)) is same


def test_a_table_with_an_index_in_its_parts(place: Reviewed) -> None:
    """Which belongs to the table that was made in the rehearsal, and to no other."""
    code = 'op.create_table("p", sa.Column("id", sa.Integer), sa.PrimaryKeyConstraint("id"), sa.Index("ix", "id"))'
    place.settings += "\nlint_rules = no-primary-key = error"
    assert rules(place, code) & {"no-primary-key", "rest-not-reviewed"} == set()
    assert "no-primary-key" in rules(place, code.replace('sa.PrimaryKeyConstraint("id"), ', ""))


def test_the_name_of_a_unique_key_in_mysql() -> None:
    (found,) = of_statement("ALTER TABLE account ADD UNIQUE KEY uq_email (email, age)", "mysql")
    assert (found.name, found.columns) == ("uq_email", ("email", "age"))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("back", "says"), [("pass", "downgrade() does nothing: a downgrade passes this revision"), (None, "is missing")]
)
def test_what_is_said_of_a_way_back(place: Reviewed, back: str | None, says: str) -> None:
    place.write('op.add_column("account", sa.Column("code", sa.Text))', back=back or "pass")
    if back is None:
        file = place.versions / "a0_.py"
        file.write_text(file.read_text().partition("def downgrade")[0])
    (found,) = [one for one in place.lint() if one["rule"] == "no-way-back"]
    assert says in found["message"]
