"""One batch block, three databases: a rebuild or its own ALTER on SQLite, plain ALTERs on PostgreSQL and MariaDB.

The schema that comes out, and the rows in it, are the same in neutral words.
"""

import re
import warnings
from decimal import Decimal
from functools import cache

import pytest
import sqlalchemy as sa

from limbeck import op
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

INT, SHORT, LONG = sa.Integer(), sa.String(20), sa.String(50)


def add_columns(b):
    b.add_column(sa.Column("n", sa.Integer()))
    b.add_column(sa.Column("s", sa.String(9), nullable=False, server_default="x'y%z:a"))
    b.add_column(sa.Column("q", sa.Boolean(), server_default=sa.true()))


def add_column_with_key(b):
    b.add_column(sa.Column("r2_id", sa.Integer(), sa.ForeignKey("r.id", name="fk_r2", ondelete="SET NULL")))


def add_column_with_unique_and_index(b):
    b.add_column(sa.Column("u", sa.Integer(), unique=True, index=False))
    b.add_column(sa.Column("i", sa.Integer(), index=True))


def drop_columns(b):
    b.drop_column("c")
    b.drop_column("d")


def drop_column_of_key(b):
    b.drop_constraint("fk", type_="foreignkey")
    b.drop_column("r_id")


def alter_type(b):
    b.alter_column("b", type_=LONG, existing_type=SHORT, existing_nullable=False, existing_server_default="b0")


def alter_type_to_number(b):
    b.alter_column("a", type_=sa.BigInteger(), existing_type=INT)


def alter_nullable(b):
    b.alter_column("a", nullable=False, existing_type=INT)
    b.alter_column("b", nullable=True, existing_type=SHORT, existing_server_default="b0")


def alter_default(b):
    b.alter_column("a", server_default="7", existing_type=INT)
    b.alter_column("b", server_default=None, existing_type=SHORT, existing_nullable=False)


def alter_everything_at_once(b):
    b.alter_column(
        "b",
        new_column_name="bb",
        type_=LONG,
        nullable=True,
        server_default="new",
        existing_type=SHORT,
        existing_nullable=False,
        existing_server_default="b0",
    )


def rename_columns(b):
    b.alter_column("a", new_column_name="aa", existing_type=INT)
    b.alter_column("c", new_column_name="select", existing_type=sa.Numeric(8, 2))


def rename_a_column_that_keys_and_indexes_use(b):
    b.alter_column("r_id", new_column_name="owner_id", existing_type=INT)


def swap_names(b):
    b.alter_column("a", new_column_name="x", existing_type=INT)
    b.alter_column("d", new_column_name="a", existing_type=INT)
    b.alter_column("x", new_column_name="d", existing_type=INT)


def constraints(b):
    b.create_unique_constraint("uq_ad", ["a", "d"])
    b.create_check_constraint("ck_a", "a > 0")
    b.create_foreign_key("fk_d", "r", ["d"], ["id"], onupdate="CASCADE", ondelete="CASCADE")


def replace_constraints(b):
    b.drop_constraint("uq", type_="unique")
    b.drop_constraint("ck", type_="check")
    b.drop_constraint("fk", type_="foreignkey")
    b.create_unique_constraint("uq", ["d"])
    b.create_check_constraint("ck", "d > 0")
    b.create_foreign_key("fk", "r", ["r_id"], ["id"], ondelete="SET NULL")


def indexes(b):
    b.drop_index("ix_d")
    b.create_index("ix_d", ["d", "a"])
    b.create_index("ix_b", ["b"], unique=True)


def comments(b):
    b.create_table_comment("of the table: 5 % 'x'")
    b.alter_column("a", comment="of the column: 5 % 'x'", existing_type=INT)


def statements_between(b):
    b.add_column(sa.Column("n", sa.Integer()))
    b.execute("UPDATE t SET n = a * 10")
    b.alter_column("n", nullable=False, existing_type=INT)
    b.execute("UPDATE t SET n = n + 1")
    b.alter_column("n", new_column_name="m", existing_type=INT, existing_nullable=False)
    b.execute("UPDATE t SET m = m + 1")


def added_then_used(b):
    b.add_column(sa.Column("n", sa.Integer()))
    b.create_index("ix_n", ["n"])
    b.create_unique_constraint("uq_n", ["n", "a"])
    b.alter_column("n", new_column_name="m", existing_type=INT)


def nothing(b):
    pass


BLOCKS = [
    add_columns, add_column_with_key, add_column_with_unique_and_index, drop_columns, drop_column_of_key, alter_type,
    alter_type_to_number, alter_nullable, alter_default, alter_everything_at_once, rename_columns,
    rename_a_column_that_keys_and_indexes_use, swap_names, constraints, replace_constraints, indexes, comments,
    statements_between, added_then_used, nothing,
]  # fmt: skip

NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"}


def make_tables():
    op.create_table("r", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False))
    op.create_table(
        "t",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("a", sa.Integer()),
        sa.Column("b", SHORT, nullable=False, server_default="b0"),
        sa.Column("c", sa.Numeric(8, 2)),
        sa.Column("d", sa.Integer()),
        sa.Column("r_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="pk"),
        sa.UniqueConstraint("a", name="uq"),
        sa.CheckConstraint("a <> 99", name="ck"),
        sa.ForeignKeyConstraint(["r_id"], ["r.id"], name="fk", ondelete="CASCADE"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_d", "t", ["d"])
    op.execute("INSERT INTO r VALUES (1), (2)")
    op.execute("INSERT INTO t VALUES (1, 1, 'x', 1.5, 1, 1), (2, 2, 'y', NULL, 2, NULL)")


def after(url, block, edition):
    """The schema and the rows after ``block``, and the statements that it sent; the tables are gone then."""
    engine = sa.create_engine(url)
    sent = []
    options = {"edition": edition, "target_metadata": sa.MetaData(naming_convention=NAMES)}
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Operations.context(MigrationContext.configure(connection, opts=options)):
            make_tables()
            connection.commit()
            sa.event.listen(connection, "before_cursor_execute", lambda *args: sent.append(" ".join(args[2].split())))
            with op.batch_alter_table("t") as b:
                block(b)
            connection.commit()
        of_the_batch = tuple(sent)
        found = (read(sa.inspect(connection)), rows(connection))
        for name in ("t", "r"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.commit()
    engine.dispose()
    return found, of_the_batch


@cache
def on_sqlite(block, edition):
    return after("sqlite://", block, edition)[0]


def rows(connection):
    """The rows by column, so that the order of columns is compared with the schema alone."""
    found = connection.exec_driver_sql("SELECT * FROM t ORDER BY id").mappings().all()
    return [{name: same(value) for name, value in row.items()} for row in found]


def same(value):
    return float(value) if isinstance(value, int | float | Decimal) else value


def read(inspector):
    """Table ``t`` in words that are the same everywhere."""
    keys = inspector.get_foreign_keys("t")
    of_keys = {key["name"] for key in keys}
    return {
        "columns": [
            (column["name"], kind(column["type"]), column["nullable"], default(column["default"]))
            for column in inspector.get_columns("t")
        ],
        "key": inspector.get_pk_constraint("t")["constrained_columns"],
        "unique": sorted((each["name"], each["column_names"]) for each in inspector.get_unique_constraints("t")),
        "checks": sorted(each["name"] for each in inspector.get_check_constraints("t")),
        "references": sorted(
            (key["name"], key["constrained_columns"], key["referred_table"], key["referred_columns"], actions(key))
            for key in keys
        ),
        "indexes": sorted(
            (each["name"], each["column_names"], bool(each["unique"]))
            for each in inspector.get_indexes("t")
            if not each.get("duplicates_constraint") and each["name"] not in of_keys
        ),
    }


def actions(key):
    return sorted((name, value) for name, value in key["options"].items() if value != "NO ACTION")


def kind(type_):
    if isinstance(type_, sa.Boolean) or getattr(type_, "display_width", None) == 1:
        return "boolean"
    if isinstance(type_, sa.BigInteger | sa.Integer):
        return "bigint" if isinstance(type_, sa.BigInteger) else "integer"
    if isinstance(type_, sa.Numeric):
        return f"numeric({type_.precision}, {type_.scale})"
    return f"{type_.python_type.__name__}({type_.length})"


def default(text):
    """A default without what the databases write around its value."""
    if text is None or text.upper() == "NULL":
        return None
    plain = re.sub(r"::[\w ]+$", "", text.strip()).replace("''", "'").replace("\\'", "'")
    plain = plain[1:-1] if plain.startswith("'") else plain
    return {"1": "true"}.get(plain, plain)


# MariaDB knows a unique constraint as a unique index
def indexed(schema):
    """The schema with unique indexes and unique constraints counted as one kind."""
    unique = schema["unique"] + [(name, columns) for name, columns, is_unique in schema["indexes"] if is_unique]
    plain = [each for each in schema["indexes"] if not each[2]]
    return {**schema, "unique": sorted(dict(unique).items()), "indexes": plain}


PLAIN = re.compile(
    r"(ALTER TABLE t |CREATE (UNIQUE )?INDEX |DROP INDEX |COMMENT ON |UPDATE t |SELECT |WITH RECURSIVE family|"
    r"SHOW |DESCRIBE )"
)


# The reference's rebuild on SQLite knows columns by the names that they have before the batch, and it executes
# statements before all changes.
IN_AN_EDITION = {swap_names, statements_between}


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_the_same_block_gives_the_same_schema(server, edition, request):
    url = request.getfixturevalue(f"{server}_url")
    different, copies = {}, {}
    for block in BLOCKS if edition is not None else [each for each in BLOCKS if each not in IN_AN_EDITION]:
        here, rows_here = on_sqlite(block, edition)
        (there, rows_there), sent = after(url, block, edition)
        if (indexed(here), rows_here) != (indexed(there), rows_there):
            one, other = indexed(here) | {"rows": rows_here}, indexed(there) | {"rows": rows_there}
            different[block.__name__] = [(one[part], other[part]) for part in one if one[part] != other[part]]
        if not_plain := [statement for statement in sent if not PLAIN.match(statement)]:
            copies[block.__name__] = not_plain
    assert different == {}
    assert copies == {}


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_comments_are_there_where_they_are_known(server, request):
    engine = sa.create_engine(request.getfixturevalue(f"{server}_url"))
    with engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            make_tables()
            with op.batch_alter_table("t") as b:
                comments(b)
        connection.commit()
        inspector = sa.inspect(connection)
        assert inspector.get_table_comment("t") == {"text": "of the table: 5 % 'x'"}
        assert inspector.get_columns("t")[1]["comment"] == "of the column: 5 % 'x'"
    engine.dispose()
