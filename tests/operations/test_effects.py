"""Every operation on real databases: its effect is read from the catalogue, online and by its script in the client."""

import io

import pytest
import schema
import sqlalchemy as sa

from limbeck import op
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

ALL = ("sqlite", "postgresql", "mariadb")
SERVERS = ("postgresql", "mariadb")


@pytest.fixture(params=ALL)
def url(request):
    """An empty database of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


def online(url, *steps, **opts):
    """Run functions that call ``op`` on the database, each in its own transaction."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=opts)
        for step in steps:
            with Operations.context(context):
                step()
            connection.commit()
    return engine


def offline(url, *steps, **opts):
    """The script that the same functions write."""
    buffer = io.StringIO()
    url = url.replace("mysql+", "mariadb+")  # without a connection the URL says which of the two it is
    context = MigrationContext.configure(url=url, opts={"as_sql": True, "output_buffer": buffer, **opts})
    with Operations.context(context):
        for step in steps:
            step()
    return buffer.getvalue()


def start():
    """Two tables, one referring to the other, with rows."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("age", sa.Integer(), server_default="18"),
        sa.UniqueConstraint("name", name="uq_account_name"),
        sa.CheckConstraint("age > 0", name="ck_account_age"),
        comment="people",
    )
    cart = op.create_table(
        "cart",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id", name="fk_cart_account", ondelete="CASCADE")),
        sa.Column("note", sa.String(20), index=True, comment="n"),
    )
    account = sa.table("account", sa.column("id", sa.Integer()), sa.column("name", sa.String()))
    op.bulk_insert(account, [{"id": 1, "name": "it's 50% \\ :x"}, {"id": 2, "name": 'a"b'}])
    op.bulk_insert(cart, [{"id": 1, "account_id": 1, "note": None}], multiinsert=False)
    op.bulk_insert(cart, [])


def computed():
    """A computed column that each database can add to an existing table."""
    stored = op.get_context().dialect.name != "sqlite"
    return sa.Column("twice", sa.Integer(), sa.Computed("age * 2", persisted=stored))


STEPS = {
    "add a column": (
        ALL,
        lambda: op.add_column("cart", sa.Column("sum", sa.Numeric(10, 2), nullable=False, server_default="0")),
    ),
    "add a column with index": (ALL, lambda: op.add_column("cart", sa.Column("code", sa.String(5), index=True))),
    "add a column with unique": (SERVERS, lambda: op.add_column("cart", sa.Column("code", sa.String(5), unique=True))),
    "add a column with reference": (
        ALL,
        lambda: op.add_column(
            "cart", sa.Column("by_id", sa.Integer(), sa.ForeignKey("account.id", name="fk_by")), inline_references=True
        ),
    ),
    "add a column with constraint": (
        SERVERS,
        lambda: op.add_column(
            "cart", sa.Column("by_id", sa.Integer(), sa.ForeignKey("account.id", name="fk_by", ondelete="SET NULL"))
        ),
    ),
    "add a computed column": (ALL, lambda: op.add_column("account", computed())),
    "add a column with check": (
        ("sqlite", "postgresql"),
        lambda: op.add_column(
            "cart", sa.Column("n", sa.Integer(), sa.CheckConstraint("n < 9", name="ck_n"), server_default="1")
        ),
    ),
    "drop a column": (SERVERS, lambda: op.drop_column("cart", "note")),
    "drop a column of SQLite": (("sqlite",), lambda: (op.drop_index("ix_cart_note"), op.drop_column("cart", "note"))),
    "rename a column": (
        ALL,
        lambda: op.alter_column("cart", "note", new_column_name="remark", existing_type=sa.String(20)),
    ),
    "nullable": (SERVERS, lambda: op.alter_column("account", "name", nullable=True, existing_type=sa.String(50))),
    "type": (
        SERVERS,
        lambda: op.alter_column(
            "account", "name", type_=sa.String(80), existing_type=sa.String(50), existing_nullable=False
        ),
    ),
    "default": (SERVERS, lambda: op.alter_column("account", "age", server_default="21", existing_type=sa.Integer())),
    "no default": (SERVERS, lambda: op.alter_column("account", "age", server_default=None, existing_type=sa.Integer())),
    "column comment": (
        SERVERS,
        lambda: op.alter_column("cart", "note", comment="it's new", existing_type=sa.String(20)),
    ),
    "several changes": (
        SERVERS,
        lambda: op.alter_column(
            "account",
            "age",
            new_column_name="years",
            type_=sa.BigInteger(),
            nullable=False,
            server_default="1",
            comment="c",
            existing_type=sa.Integer(),
            existing_nullable=True,
            existing_server_default="18",
        ),
    ),
    "index": (ALL, lambda: op.create_index("ix_two", "cart", ["account_id", "note"], unique=True)),
    "index if not exists": (ALL, lambda: op.create_index("ix_cart_note", "cart", ["note"], if_not_exists=True)),
    "drop index": (ALL, lambda: op.drop_index("ix_cart_note", table_name="cart")),
    "unique": (SERVERS, lambda: op.create_unique_constraint("uq_note", "cart", ["account_id", "note"])),
    "drop unique": (SERVERS, lambda: op.drop_constraint("uq_account_name", "account", type_="unique")),
    "check": (SERVERS, lambda: op.create_check_constraint("ck_name", "account", sa.func.length(sa.column("name")) > 2)),
    "drop check": (SERVERS, lambda: op.drop_constraint("ck_account_age", "account", type_="check")),
    "reference": (
        SERVERS,
        lambda: (
            op.create_table("tag", sa.Column("id", sa.Integer(), nullable=False), sa.Column("of", sa.Integer())),
            op.create_primary_key("pk_tag", "tag", ["id"]),
            op.create_foreign_key("fk_tag", "tag", "cart", ["of"], ["id"], onupdate="CASCADE", ondelete="SET NULL"),
        ),
    ),
    "drop reference": (SERVERS, lambda: op.drop_constraint("fk_cart_account", "cart", type_="foreignkey")),
    "table comment": (SERVERS, lambda: op.create_table_comment("cart", "new", existing_comment=None)),
    "no table comment": (SERVERS, lambda: op.drop_table_comment("account", existing_comment="people")),
    "rename table": (ALL, lambda: op.rename_table("cart", "basket")),
    "drop table": (ALL, lambda: op.drop_table("cart")),
    "drop table if exists": (
        ALL,
        lambda: (op.drop_table("nowhere", if_exists=True), op.drop_table("cart", if_exists=True)),
    ),
    "create table if not exists": (
        ALL,
        lambda: op.create_table("cart", sa.Column("x", sa.Integer()), if_not_exists=True),
    ),
    "execute": (
        ALL,
        lambda: (
            op.execute("UPDATE cart SET note = '50% :x \\:y' WHERE id = 1"),
            op.execute(
                sa.table("cart", sa.column("note", sa.String())).update().values(note=op.inline_literal("it's"))
            ),
        ),
    ),
}


def rows(engine):
    inspector = sa.inspect(engine)
    with engine.connect() as connection:
        return {
            table: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {table}"))))
            for table in sorted(inspector.get_table_names())
        }


def drop_everything(engine):
    with engine.begin() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        tables.drop_all(connection)
    assert schema.read(engine) == {}


def effect(url, engine, step):
    """The schema after the step online, after its script, and before."""
    online(url, start)
    before = schema.read(engine), rows(engine)
    online(url, step)
    by_hand = schema.read(engine), rows(engine)
    drop_everything(engine)
    schema.run_client(url, offline(url, start, step))
    by_script = schema.read(engine), rows(engine)
    drop_everything(engine)
    return before, by_hand, by_script


@pytest.mark.parametrize("kind", ALL)
def test_the_script_in_the_client_gives_what_the_operation_gives(kind, request):
    """Online and by its script in the client, each step gives the same schema and rows, and changes something."""
    url = request.getfixturevalue(f"{kind}_url")
    engine = sa.create_engine(url)
    unlike, idle = [], []
    for name, (kinds, step) in STEPS.items():
        if kind in kinds:
            before, by_hand, by_script = effect(url, engine, step)
            unlike += [] if by_script == by_hand else [(name, by_hand, by_script)]
            idle += [] if by_hand != before or "not exists" in name else [name]
    engine.dispose()
    assert unlike == []
    assert idle == []


def test_the_start_is_what_it_says(url):
    engine = online(url, start)
    found = schema.read(engine)
    assert list(found) == ["account", "cart"]
    account, cart = found["account"], found["cart"]
    assert [column[0] for column in account["columns"]] == ["id", "name", "age"]
    assert account["unique"] == [("uq_account_name", ["name"])] or engine.name == "mariadb"
    assert [name for name, _ in account["checks"]] == ["ck_account_age"]
    assert cart["references"] == [("fk_cart_account", ["account_id"], "account", ["id"], [("ondelete", "CASCADE")])]
    assert ("ix_cart_note", ["note"], False) in cart["indexes"]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM account ORDER BY id").scalars().all() == [
            "it's 50% \\ :x",
            'a"b',
        ]


# --- dropping constraints without a name ----------------------------------------------------------------------------


def unnamed():
    op.create_table("r", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False))
    op.create_table(
        "t",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("a", sa.Integer()),
        sa.Column("b", sa.Integer()),
        sa.Column("r_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("a", "b"),
        sa.ForeignKeyConstraint(["r_id"], ["r.id"]),
    )


@pytest.mark.parametrize("kind", SERVERS)
def test_a_constraint_is_dropped_by_its_columns(kind, request):
    url = request.getfixturevalue(f"{kind}_url")
    engine = online(
        url,
        unnamed,
        lambda: op.drop_constraint(None, "t", type_="unique", columns=["b", "a"]),
        lambda: op.drop_constraint(None, "t", type_="foreignkey", columns=["r_id"]),
        lambda: op.drop_constraint(None, "t", type_="primary"),
    )
    found = schema.read(engine)["t"]
    assert (found["unique"], found["references"], found["key"][1]) == ([], [], [])


def test_columns_that_nobody_constrains_are_an_error(postgresql_url):
    from limbeck.errors import CommandError

    with pytest.raises(CommandError) as caught:
        online(postgresql_url, unnamed, lambda: op.drop_constraint(None, "t", type_="unique", columns=["a"]))
    assert str(caught.value) == "op.drop_constraint(): 't' was searched for a constraint on a, and there is none"
    assert caught.value.file == __file__
    with pytest.raises(CommandError, match="must be looked up, and a script has no database"):
        offline(postgresql_url, lambda: op.drop_constraint(None, "t", type_="unique", columns=["a"]))


def test_a_naming_convention_gives_the_name(postgresql_url):
    convention = {
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
    written = offline(
        postgresql_url,
        lambda: op.drop_constraint(None, "t", type_="primary"),
        lambda: op.drop_constraint(None, "t", type_="unique", columns=["a"]),
        lambda: op.drop_constraint("x", "t", type_="check"),
        lambda: op.drop_constraint(op.f("x"), "t", type_="check"),
        lambda: op.create_unique_constraint(None, "t", ["b"]),
        target_metadata=sa.MetaData(naming_convention=convention),
    )
    assert written.split("\n\n")[:-1] == [
        "ALTER TABLE t DROP CONSTRAINT pk_t;",
        "ALTER TABLE t DROP CONSTRAINT uq_t_a;",
        "ALTER TABLE t DROP CONSTRAINT ck_t_x;",
        "ALTER TABLE t DROP CONSTRAINT x;",
        "ALTER TABLE t ADD CONSTRAINT uq_t_b UNIQUE (b);",
    ]


def test_the_convention_of_the_first_of_several_metadatas_is_applied(postgresql_url):
    targets = [sa.MetaData(), sa.MetaData(naming_convention={"uq": "uq_%(table_name)s"})]
    assert "CONSTRAINT uq_t UNIQUE" in offline(
        postgresql_url, lambda: op.create_unique_constraint(None, "t", ["b"]), target_metadata=targets
    )


# --- what PostgreSQL does only outside a transaction ------------------------------------------------------------------


def test_an_index_is_created_concurrently_without_ceremony(postgresql_url):
    engine = online(postgresql_url, start)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context), context.begin_transaction():
            op.create_index("ix_c", "account", ["age"], postgresql_concurrently=True)
            op.drop_index("ix_cart_note", "cart", postgresql_concurrently=True)
    found = schema.read(engine)
    assert ("ix_c", ["age"], False) in found["account"]["indexes"]
    assert found["cart"]["indexes"] == []


def test_the_block_that_people_write_for_it_still_works(postgresql_url):
    engine = online(postgresql_url, start)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context), context.begin_transaction():
            op.execute("UPDATE account SET age = 5")
            with op.get_context().autocommit_block():
                op.create_index("ix_c", "account", ["age"], postgresql_concurrently=True)
    assert ("ix_c", ["age"], False) in schema.read(engine)["account"]["indexes"]


def test_a_script_leaves_its_transaction_once_for_it(postgresql_url):
    def create():
        op.create_index("ix_c", "account", ["age"], postgresql_concurrently=True)

    def create_in_a_block():
        with op.get_context().autocommit_block():
            create()

    script = ["COMMIT;", "CREATE INDEX CONCURRENTLY ix_c ON account (age);", "BEGIN;"]
    for write in (create, create_in_a_block):
        assert offline(postgresql_url, write).split("\n\n")[:3] == script


def test_concurrently_on_other_databases_is_an_index_like_any(sqlite_url):
    engine = online(
        sqlite_url, start, lambda: op.create_index("ix_c", "account", ["age"], postgresql_concurrently=True)
    )
    assert ("ix_c", ["age"], 0) in schema.read(engine)["account"]["indexes"]


def test_concurrently_after_other_statements_is_refused(postgresql_url):
    """Otherwise what ran before would be committed while the revision is half done."""
    from limbeck.errors import CommandError

    with sa.create_engine(postgresql_url).connect() as connection:
        context = MigrationContext.configure(connection)
        context.__class__ = type("Counting", (MigrationContext,), {"statements_in_transaction": 3})
        with Operations.context(context), pytest.raises(CommandError) as caught:
            op.create_index("ix_c", "account", ["age"], postgresql_concurrently=True)
    assert caught.value.code == "outside-transaction"
    assert "autocommit_block()" in caught.value.hint
    assert caught.value.file == __file__
