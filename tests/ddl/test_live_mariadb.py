"""MariaDB for real: restating a column loses nothing under an edition, and is warned of without one."""

from __future__ import annotations

import warnings

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from limbeck.dialects.mysql.column_state import default_sql
from limbeck.errors import CommandError, LimbeckWarning

TABLE = """CREATE TABLE t (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    a INT DEFAULT 5 COMMENT 'it''s 50%',
    b VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x' COMMENT 'cb',
    c DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    d BIGINT UNSIGNED NOT NULL DEFAULT 7,
    e INT INVISIBLE DEFAULT 3,
    f INT GENERATED ALWAYS AS (a + 1) STORED COMMENT 'sum',
    g INT CHECK (g > 0)
) DEFAULT CHARACTER SET utf8mb4"""

# what is asked for, and the column's line afterwards
KEPT = {
    "M1 nullable": (
        ("a", {"nullable": False, "existing_type": sa.Integer()}),
        "`a` int(11) NOT NULL DEFAULT 5 COMMENT 'it''s 50%'",
    ),
    "M2 wider": (
        ("b", {"type_": sa.String(20)}),
        "`b` varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x' COMMENT 'cb'",
    ),
    "M2 other character set": (
        ("b", {"type_": mysql.VARCHAR(20, charset="ascii"), "existing_type": sa.String(10)}),
        "`b` varchar(20) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL DEFAULT 'x' COMMENT 'cb'",
    ),
    "M3 rename": (
        ("c", {"new_column_name": "z"}),
        "`z` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()",
    ),
    "M3 rename that says all it knows": (
        (
            "c",
            {
                "new_column_name": "z",
                "existing_type": sa.DateTime(),
                "existing_server_default": sa.text("current_timestamp() on update current_timestamp()"),
            },
        ),
        "`z` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()",
    ),
    "M4 type": (("d", {"type_": sa.Integer()}), "`d` int(10) unsigned NOT NULL DEFAULT 7"),
    "M4 sign dropped on purpose": (
        ("d", {"type_": sa.BigInteger(), "existing_type": mysql.BIGINT(unsigned=True)}),
        "`d` bigint(20) NOT NULL DEFAULT 7",
    ),
    "M4 counting": (("id", {"type_": sa.BigInteger()}), "`id` bigint(20) unsigned NOT NULL AUTO_INCREMENT"),
    "M5 invisible": (("e", {"nullable": True}), "`e` int(11) INVISIBLE DEFAULT 3"),
    "comment": (
        ("b", {"comment": "new"}),
        "`b` varchar(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x' COMMENT 'new'",
    ),
    "comment dropped": (("a", {"comment": None}), "`a` int(11) DEFAULT 5"),
    "default and name": (
        ("d", {"server_default": "6", "new_column_name": "z", "comment": None}),
        "`z` bigint(20) unsigned NOT NULL DEFAULT 6",
    ),
    "default dropped": (
        ("a", {"server_default": None, "nullable": True}),
        "`a` int(11) DEFAULT NULL COMMENT 'it''s 50%'",
    ),
    "generated": (
        ("f", {"new_column_name": "z"}),
        "`z` int(11) GENERATED ALWAYS AS (`a` + 1) STORED COMMENT 'sum'",
    ),
    "check": (("g", {"new_column_name": "z"}), "`z` int(11) DEFAULT NULL CHECK (`z` > 0)"),
}


def lines(maria) -> list[str]:
    return [line.strip().rstrip(",") for line in str(maria.rows("SHOW CREATE TABLE t")[0][1]).splitlines()]


@pytest.mark.parametrize("what", KEPT)
def test_under_an_edition_the_rest_stays(what: str, mariadb_url, online) -> None:
    (column, asked), expected = KEPT[what]
    maria = online(mariadb_url, edition=2026)
    maria.run(TABLE)
    others = [line for line in lines(maria) if line.startswith("`") and not line.startswith(f"`{column}`")]
    maria.op.alter_column("t", column, **asked)
    after = lines(maria)
    assert (
        expected.replace(" STORED", "").split()
        == next(line for line in after if line.startswith(expected.split()[0] + " ")).replace(" STORED", "").split()
    )
    assert [line for line in after if line in others] == others


LOST = {
    "M1": ("a", {"nullable": False, "existing_type": sa.Integer()}, ["DEFAULT 5", 'COMMENT "it\'s 50%"']),
    "M2": (
        "b",
        {"type_": sa.String(20)},
        ["NOT NULL", "DEFAULT 'x'", "COMMENT 'cb'", "CHARACTER SET latin1 COLLATE latin1_bin"],
    ),
    "M3": (
        "c",
        {"new_column_name": "z", "existing_type": sa.DateTime()},
        ["DEFAULT current_timestamp()", "ON UPDATE current_timestamp()"],
    ),
    "M4": ("d", {"type_": sa.Integer(), "existing_nullable": False}, ["DEFAULT 7", "UNSIGNED"]),
    "M4 counting": ("id", {"type_": sa.BigInteger(), "existing_nullable": False}, ["AUTO_INCREMENT", "UNSIGNED"]),
    "M5": ("e", {"nullable": True, "existing_type": sa.Integer(), "existing_server_default": "3"}, ["INVISIBLE"]),
}


@pytest.mark.parametrize("what", LOST)
def test_without_an_edition_a_warning_names_what_goes(what: str, mariadb_url, online) -> None:
    column, asked, lost = LOST[what]
    maria = online(mariadb_url)
    maria.run(TABLE)
    with pytest.warns(LimbeckWarning) as caught:
        maria.op.alter_column("t", column, **asked)
    warning = caught[0].message
    assert warning.code == "mysql-restatement-loses"
    assert str(warning) == f"Restating column t.{column} takes away {', '.join(lost)}"
    assert "edition = 2026" in (warning.hint or "")
    assert warning.file == __file__


def test_nothing_lost_nothing_said(mariadb_url, online) -> None:
    maria = online(mariadb_url)
    maria.run(TABLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maria.op.alter_column(
            "t",
            "a",
            nullable=False,
            existing_type=sa.Integer(),
            existing_server_default="5",
            existing_comment="it's 50%",
        )
        maria.op.alter_column("t", "d", server_default="8")


def test_a_script_under_an_edition_wants_to_know_what_it_restates() -> None:
    from scripts import write

    answer = write("mysql", "op.alter_column('t', 'a', nullable=True, existing_type=sa.Integer())", edition=2026)
    assert answer.sql == ""
    assert answer.error == "Unsupported: Column t.a must be restated as a whole, and a script cannot look at it"
    told = "op.alter_column('t', 'a', nullable=True, existing_type=sa.Integer(), existing_server_default=None)"
    assert write("mysql", told, edition=2026).sql == "ALTER TABLE t MODIFY a INTEGER NULL;\n\n"


def test_a_column_that_is_not_there_is_the_server_s_error(mariadb_url, online) -> None:
    maria = online(mariadb_url, edition=2026)
    maria.run(TABLE)
    with pytest.raises(CommandError, match="require the existing type"):
        maria.op.alter_column("t", "gone", nullable=True)
    with pytest.raises(sa.exc.OperationalError):
        maria.op.alter_column("t", "gone", nullable=True, existing_type=sa.Integer())


def test_the_check_of_an_old_type_stays_without_an_edition_and_goes_with_one(mariadb_url, online) -> None:
    boolean = sa.Boolean(create_constraint=True, name="ck")
    for edition, left in ((None, ["ck"]), (2026, [])):
        maria = online(mariadb_url, **({"edition": edition} if edition else {}))
        maria.run("DROP TABLE IF EXISTS u")
        maria.op.create_table("u", sa.Column("x", boolean))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LimbeckWarning)
            maria.op.alter_column("u", "x", type_=sa.Integer(), existing_type=boolean, existing_nullable=True)
        assert [check["name"] for check in sa.inspect(maria.connection).get_check_constraints("u")] == left


def test_conditions_are_said_in_mariadb_s_words_whatever_the_url_calls_it(mariadb_url, online) -> None:
    maria = online(mariadb_url)
    maria.run("CREATE TABLE u (x int)")
    for _ in range(2):
        maria.op.add_column("u", sa.Column("y", sa.Integer), if_not_exists=True)
        maria.op.create_index("ix", "u", ["y"], if_not_exists=True)
    for _ in range(2):
        maria.op.drop_constraint("gone", "u", "foreignkey", if_exists=True)
        maria.op.drop_index("ix", "u", if_exists=True)
        maria.op.drop_column("u", "y", if_exists=True)


REQUIRED = sa.Column("n", sa.Integer, nullable=False)


def test_a_required_column_is_not_filled_in_silence(mariadb_url, online) -> None:
    maria = online(mariadb_url)
    maria.run("CREATE TABLE u (x int)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maria.op.add_column("u", sa.Column("empty", sa.Integer, nullable=False))
        maria.run("INSERT INTO u VALUES (1, 1)")
        maria.op.add_column("u", sa.Column("told", sa.Integer, nullable=False, server_default="7"))
    with pytest.warns(LimbeckWarning, match="the server fills the rows there are"):
        maria.op.add_column("u", REQUIRED)


def test_under_an_edition_it_is_refused(mariadb_url, online) -> None:
    maria = online(mariadb_url, edition=2026)
    maria.run("CREATE TABLE u (x int)", "INSERT INTO u VALUES (1)")
    with pytest.raises(CommandError) as caught:
        maria.op.add_column("u", REQUIRED)
    assert (caught.value.code, "server_default=" in (caught.value.hint or "")) == ("mysql-fills-rows", True)
    assert maria.rows("SELECT * FROM u") == [(1,)]


@pytest.mark.parametrize(
    ("shown", "extra", "mariadb", "sql"),
    [
        ("5", "", False, "'5'"),
        ("it's", "", False, "'it''s'"),
        ("b'101'", "", False, "b'101'"),
        ("CURRENT_TIMESTAMP", "default_generated on update current_timestamp", False, "CURRENT_TIMESTAMP"),
        ("CURRENT_TIMESTAMP(6)", "default_generated", False, "CURRENT_TIMESTAMP(6)"),
        ("uuid()", "default_generated", False, "(uuid())"),
        (None, "", False, None),
        ("'it\\'s'", "", True, "'it\\'s'"),
        ("NULL", "", True, None),
        ("current_timestamp()", "", True, "current_timestamp()"),
    ],
)
def test_a_default_of_the_catalogue_is_sql_again(
    shown: str | None, extra: str, sql: str | None, *, mariadb: bool
) -> None:
    assert default_sql(shown, extra, mariadb=mariadb) == sql


def test_a_named_check_goes_with_its_column(mariadb_url, online) -> None:
    maria = online(mariadb_url)
    maria.op.create_table("t", sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0", name="ck_a")))
    maria.op.add_column("t", sa.Column("b", sa.Integer, sa.CheckConstraint("b > 0", name="ck_b")))
    maria.op.add_column("t", sa.Column("c", sa.Integer, sa.CheckConstraint("c > 0")))
    checks = sa.inspect(maria.connection).get_check_constraints("t")
    assert {check["name"]: check["sqltext"] for check in checks} == {"ck_a": "`a` > 0", "ck_b": "`b` > 0"}
    maria.op.drop_constraint("ck_b", "t", type_="check")
    maria.run("INSERT INTO t VALUES (1, -1, 1)")
