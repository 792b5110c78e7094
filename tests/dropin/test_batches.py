"""Batches by both tools, online: what is committed, what the new table has, what applications add to the batch."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.operations.batch import ApplyBatchImpl, BatchOperationsImpl

    engine = sa.create_engine(url, poolclass=sa.NullPool)

    def item(*more):
        "Create the table that batches change, and give it a row."
        table = sa.Table(
            "item", sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("n", sa.Integer), *more,
        )
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE IF EXISTS item"))
            table.create(connection)
            connection.execute(sa.insert(table).values(id=1, n=5))

    def batch(change, **words):
        with engine.begin() as connection:
            with Operations(MigrationContext.configure(connection)).batch_alter_table("item", **words) as batch_op:
                change(batch_op)
        return sa.inspect(engine)

    def columns():
        return [column["name"] for column in sa.inspect(engine).get_columns("item")]
    """


# -- the transaction -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["", "recreate='always'", "recreate='never'"])
def test_where_no_transaction_is_open_a_batch_has_one_of_its_own(both_anywhere: Both, words: str) -> None:
    (told,) = both_anywhere(
        f"""
        item()
        with engine.connect() as connection:
            with Operations(MigrationContext.configure(connection)).batch_alter_table("item", {words}) as b:
                b.add_column(sa.Column("x", sa.Integer))
            found = connection.in_transaction()
            with connection.begin():
                pass
        found, columns()
        """,
        setup=SETUP,
    )
    assert told == "(False, ['id', 'n', 'x'])"


@pytest.mark.parametrize("begin", ["connection.begin()", "connection.execute(sa.text('SELECT 1'))"])
def test_an_open_transaction_is_left_to_its_owner(both_anywhere: Both, begin: str) -> None:
    both_anywhere(
        f"""
        item()
        with engine.connect() as connection:
            {begin}
            with Operations(MigrationContext.configure(connection)).batch_alter_table("item") as b:
                b.add_column(sa.Column("x", sa.Integer))
            found = connection.in_transaction()
        found, columns()
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize(
    "options", ["{'transactional_ddl': True}", "{'transactional_ddl': False}", "{'transaction_per_migration': True}"]
)
def test_whatever_configure_was_told(both_anywhere: Both, options: str) -> None:
    both_anywhere(
        f"""
        item()
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={options})
            with Operations(context).batch_alter_table("item") as b:
                b.add_column(sa.Column("x", sa.Integer))
            found = connection.in_transaction()
        found, columns()
        """,
        setup=SETUP,
    )


def test_in_autocommit_mode(both_anywhere: Both) -> None:
    both_anywhere(
        """
        item()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            with Operations(MigrationContext.configure(connection)).batch_alter_table("item") as b:
                b.add_column(sa.Column("x", sa.Integer))
            found = connection.in_transaction()
        found, columns()
        """,
        setup=SETUP,
    )


def test_a_batch_that_fails_ends_its_transaction(both_anywhere: Both) -> None:
    both_anywhere(
        """
        item()
        with engine.connect() as connection:
            try:
                with Operations(MigrationContext.configure(connection)).batch_alter_table("item") as b:
                    b.add_column(sa.Column("x", sa.Integer))
                    b.add_column(sa.Column("x", sa.Integer))
            except sa.exc.DBAPIError:
                found = connection.in_transaction()
        found, columns()
        """,
        setup=SETUP,
    )


def test_a_version_table_made_where_no_transaction_is_open_is_committed(both_anywhere: Both) -> None:
    (told,) = both_anywhere(
        """
        with engine.connect() as connection:
            MigrationContext.configure(connection)._ensure_version_table()
            found = connection.in_transaction()
        found, sa.inspect(engine).has_table("alembic_version")
        """,
        setup=SETUP,
    )
    assert told == "(False, True)"


def test_a_version_table_made_by_a_program_leaves_no_lock_behind(both: Both) -> None:
    both(
        """
        contexts = []
        for _ in range(2):
            with engine.connect() as connection:
                contexts.append(MigrationContext.configure(connection, opts={"lock_timeout": 1}))
                contexts[-1]._ensure_version_table()
            with engine.begin() as connection:
                connection.execute(sa.text("DROP TABLE alembic_version"))
        """,
        setup=SETUP,
    )


# -- the new table -------------------------------------------------------------------------------------------------

NEW = {
    "unique": ("b.create_unique_constraint('uq_n', ['n'])", "get_unique_constraints('item')[0]['name']"),
    "check": ("b.create_check_constraint('ck_n', 'n > 0')", "get_check_constraints('item')[0]['name']"),
    "foreign-key": ("b.create_foreign_key('fk_n', 'par', ['n'], ['id'])", "get_foreign_keys('item')[0]['name']"),
}


@pytest.mark.parametrize(("change", "asked"), NEW.values(), ids=NEW)
def test_a_new_constraint(both_anywhere: Both, change: str, asked: str) -> None:
    both_anywhere(
        f"""
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE par (id INTEGER NOT NULL PRIMARY KEY)"))
            connection.execute(sa.text("INSERT INTO par VALUES (5)"))
        item()
        batch(lambda b: ({change}, b.add_column(sa.Column("x", sa.Integer))), recreate="always").{asked}
        """,
        setup=SETUP,
    )


def test_a_new_primary_key(both_anywhere: Both) -> None:
    both_anywhere(
        """
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE item (a INTEGER NOT NULL, b INTEGER)"))
        batch(lambda b: b.create_primary_key("pk_a", ["a"]), recreate="always").get_pk_constraint("item")[
            "constrained_columns"
        ]
        """,
        setup=SETUP,
    )


def test_a_constraint_that_is_made_anew_under_its_name(both_anywhere: Both) -> None:
    both_anywhere(
        """
        item(sa.CheckConstraint("n > 1", name="ck_n"))
        [
            check["name"]
            for check in batch(
                lambda b: (b.drop_constraint("ck_n", type_="check"), b.create_check_constraint("ck_n", "n > 2")),
                recreate="always",
            ).get_check_constraints("item")
        ]
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize("recreate", ["auto", "always"])
@pytest.mark.parametrize(
    "column",
    [
        "sa.Column('id', sa.Integer, server_default='1')",
        "sa.Column('id', sa.Integer, primary_key=True, server_default='1')",
    ],
)
def test_a_column_of_the_key_that_is_dropped_and_added_again(both_anywhere: Both, column: str, recreate: str) -> None:
    both_anywhere(
        f"""
        item()
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE item ADD COLUMN m INTEGER"))
        change = lambda b: (b.drop_column("id"), b.add_column({column}))
        batch(change, recreate="{recreate}").get_pk_constraint("item")["constrained_columns"]
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize("named", ["", "CONSTRAINT pk_item "])
def test_the_rest_of_a_key_of_which_a_column_is_dropped_and_added_again(both_anywhere: Both, named: str) -> None:
    (told,) = both_anywhere(
        f"""
        with engine.begin() as connection:
            connection.execute(
                sa.text("CREATE TABLE item (a INTEGER NOT NULL, b INTEGER NOT NULL, {named}PRIMARY KEY (a, b))")
            )
        batch(
            lambda b: (b.drop_column("b"), b.add_column(sa.Column("b", sa.Integer, server_default="1"))),
            recreate="always",
        ).get_pk_constraint("item")["constrained_columns"]
        """,
        setup=SETUP,
    )
    assert told == "['a']"


def test_a_wish_for_the_place_of_a_dropped_column_is_void(both_anywhere: Both) -> None:
    (told,) = both_anywhere(
        """
        item(sa.Column("z", sa.Integer))
        batch(lambda b: b.drop_column("z"), recreate="always", partial_reordering=[("z", "n", "id")])
        columns()
        """,
        setup=SETUP,
    )
    assert told == "['n', 'id']"


REORDERED = {
    "what follows another goes behind the rest": ("partial_reordering=[('c', 'a')]", "pass"),
    "more than one": ("partial_reordering=[('c', 'a'), ('n', 'b')]", "pass"),
    "in a row": ("partial_reordering=[('c', 'b', 'a')]", "pass"),
    "a name that is not there": ("partial_reordering=[('nothing', 'c'), ('c', 'c')]", "pass"),
    "a renamed column goes by its old name": (
        "partial_reordering=[('b', 'a'), ('z', 'id')]",
        "b.alter_column('b', new_column_name='z')",
    ),
    "around a dropped column": ("partial_reordering=[('c', 'b', 'a')]", "b.drop_column('b')"),
    "an added one beside a dropped one": (
        "partial_reordering=[('c', 'a')]",
        "b.add_column(sa.Column('x', sa.Integer), insert_after='b'); b.drop_column('b')",
    ),
    "an added one with a place": (
        "partial_reordering=[('c', 'a')]",
        "b.add_column(sa.Column('x', sa.Integer), insert_before='c'); b.add_column(sa.Column('y', sa.Integer))",
    ),
    "added ones after one column": (
        "recreate='always'",
        "[b.add_column(sa.Column(name, sa.Integer), insert_after='a') for name in 'xyz']",
    ),
    "added ones before and after each other": (
        "recreate='always'",
        """
                b.add_column(sa.Column('x', sa.Integer), insert_before='b')
                b.add_column(sa.Column('y', sa.Integer), insert_after='x')
                b.add_column(sa.Column('z', sa.Integer), insert_after='a')
        """.strip(),
    ),
    "one that is there stays": ("recreate='always'", "b.alter_column('c', insert_after='id', nullable=False)"),
}


@pytest.mark.parametrize(("words", "change"), REORDERED.values(), ids=REORDERED)
def test_the_order_of_columns(both: Both, words: str, change: str) -> None:
    both(
        f"""
        item(sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.Column("c", sa.Integer))
        with engine.begin() as connection:
            context = MigrationContext.configure(connection)
            with Operations(context).batch_alter_table("item", **{{"recreate": "always", **dict({words})}}) as b:
                {change}
        columns()
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize(
    "changes",
    [
        "b.create_primary_key('new', ['n']); b.drop_constraint('old', type_='primary')",
        "b.drop_constraint('old', type_='primary'); b.create_primary_key('new', ['n'])",
    ],
)
def test_a_primary_key_in_place_of_another(both: Both, changes: str) -> None:
    (told,) = both(
        f"""
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE item (id INTEGER, n INTEGER, CONSTRAINT old PRIMARY KEY (id))"))
        def change(b):
            {changes}
        batch(change, recreate="always").get_pk_constraint("item")
        """,
        setup=SETUP,
    )
    assert "'new'" in told


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ("b.create_primary_key('one', ['n']); b.drop_constraint('one', type_='primary')", "old"),
        ("b.create_primary_key('one', ['n']); b.create_primary_key('two', ['m']); b.drop_constraint('two')", "one"),
        ("b.create_primary_key('one', ['n']); b.create_primary_key('two', ['m']); b.drop_constraint('old')", "two"),
    ],
)
def test_a_primary_key_that_the_batch_takes_back(both: Both, changes: str, key: str) -> None:
    """The one that it had replaced stands again."""
    (told,) = both(
        f"""
        with engine.begin() as connection:
            connection.execute(sa.text(
                "CREATE TABLE item (id INTEGER, n INTEGER, m INTEGER, CONSTRAINT old PRIMARY KEY (id))"
            ))
        def change(b):
            {changes}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, of the keys of the reference's copies
            inspector = batch(change, recreate="always")
        inspector.get_pk_constraint("item")
        """,
        setup=f"    import warnings\n{SETUP}",
    )
    assert repr(key) in told


def test_a_batch_of_statements_alone_rebuilds_where_it_is_asked_to(both: Both) -> None:
    (told,) = both(
        """
        item()
        batch(lambda b: b.execute("UPDATE item SET n = 6"), recreate="always")
        with engine.connect() as connection:
            text = connection.scalar(sa.text("SELECT sql FROM sqlite_master"))
            rows = connection.execute(sa.text("SELECT * FROM item")).all()
        'CREATE TABLE "item"' in text, rows
        """,
        setup=SETUP,
    )
    assert told == "(True, [(1, 6)])"


def test_defaults_of_sqlite_are_written_with_parentheses(both: Both) -> None:
    (told,) = both(
        """
        with engine.begin() as connection:
            connection.execute(sa.text(
                "CREATE TABLE item (n INTEGER, a TIMESTAMP DEFAULT CURRENT_TIMESTAMP, b TEXT DEFAULT (lower('A')), "
                "c INTEGER DEFAULT 5, d TEXT DEFAULT 'x', e REAL DEFAULT -1.5, f TEXT DEFAULT null, "
                "g INTEGER DEFAULT true, h DATE DEFAULT (CURRENT_DATE), i INTEGER DEFAULT 25)"
            ))
        batch(lambda b: b.alter_column("n", server_default=sa.text("CURRENT_TIMESTAMP")))
        with engine.connect() as connection:
            found = connection.execute(sa.text("SELECT sql FROM sqlite_master")).scalar()
        found
        """,
        setup=SETUP,
    )
    assert "DEFAULT (CURRENT_TIMESTAMP)" in told


@pytest.mark.parametrize("name", ["w", "two words"])
@pytest.mark.filterwarnings("ignore:The rebuild of table")
@pytest.mark.parametrize("rows", [True, False])
def test_a_renamed_column_in_the_text_of_a_check_and_a_computed_column(
    mariadb_url: str, name: str, *, rows: bool
) -> None:
    """Alembic stops with an "Unknown column"."""
    import sqlalchemy as sa

    from limbeck.operations import Operations
    from limbeck.runtime.migration import MigrationContext

    with sa.create_engine(mariadb_url).begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE item (v INTEGER, d INTEGER AS (v * 2) STORED, CONSTRAINT ck CHECK (v > 3))"
        )
        if rows:
            connection.exec_driver_sql("INSERT INTO item (v) VALUES (4)")
        with Operations(MigrationContext.configure(connection)).batch_alter_table("item", recreate="always") as b:
            b.alter_column("v", new_column_name=name, existing_type=sa.Integer())
        connection.exec_driver_sql(f"INSERT INTO item (`{name}`) VALUES (5)")
        assert [*connection.exec_driver_sql(f"SELECT `{name}`, d FROM item")] == [*([(4, 8)] if rows else []), (5, 10)]
        with pytest.raises(sa.exc.DBAPIError):
            connection.exec_driver_sql(f"INSERT INTO item (`{name}`) VALUES (1)")


# -- checks of types without a name --------------------------------------------------------------------------------

CONVENTION = "naming_convention={'ck': 'ck_%(table_name)s_%(constraint_name)s'}"


@pytest.mark.parametrize(
    "table",
    [
        f"sa.Table('item', sa.MetaData({CONVENTION}), sa.Column('live', sa.Boolean(create_constraint=True)))",
        f"sa.Table('item', sa.MetaData({CONVENTION}), sa.Column('live', sa.Boolean(create_constraint=True, name='a')))",
        "sa.Table('item', sa.MetaData(), sa.Column('live', sa.Boolean(create_constraint=True)))",
    ],
    ids=["without a name", "with one", "without a convention"],
)
def test_checks_of_types_under_a_naming_convention(both: Both, table: str) -> None:
    """The warnings are compared too."""
    both(
        f"""
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE item (live BOOLEAN CHECK (live in (0, 1)))"))
        batch(lambda b: None, recreate="always", copy_from={table}).get_check_constraints("item")
        """,
        setup=SETUP,
    )


# -- extensions by applications ------------------------------------------------------------------------------------

EXTENSION = """
    def forget(self, *columns):
        for each in self.unnamed_constraints[:]:
            if isinstance(each, sa.ForeignKeyConstraint) and [column.name for column in each.columns] == list(columns):
                self.unnamed_constraints.remove(each)
        self.named_constraints = {name: each for name, each in self.named_constraints.items() if name != "ck_n"}
        self.columns["n"].nullable = False

    BatchOperationsImpl.forget = lambda self, column: self.batch.append(("forget", (column,), {}))
    ApplyBatchImpl.forget = forget
    """


def test_a_method_that_an_application_adds(both: Both) -> None:
    (told,) = both(
        """
        with engine.begin() as connection:
            connection.execute(sa.text(
                "CREATE TABLE item (n INTEGER, m INTEGER REFERENCES item (n), CONSTRAINT ck_n CHECK (n > 0))"
            ))
        found = batch(lambda b: (b.impl.forget("m"), b.execute("SELECT 1"), b.add_column(sa.Column("x", sa.Integer))))
        found.get_foreign_keys("item"), found.get_check_constraints("item"), [
            (column["name"], column["nullable"]) for column in found.get_columns("item")
        ]
        """,
        setup=SETUP + EXTENSION,
    )
    assert told == "([], [], [('n', False), ('m', True), ('x', True)])"


@pytest.mark.parametrize(
    "change", ["", "b.add_column('item', sa.Column('w', sa.Integer)); b.drop_column('item', sa.Column('z'))"]
)
def test_a_changed_table_that_an_application_makes_itself(both_anywhere: Both, change: str) -> None:
    both_anywhere(
        f"""
        item(sa.Column("z", sa.Integer))
        with engine.begin() as connection:
            impl = MigrationContext.configure(connection).impl
            table = sa.Table("item", sa.MetaData(), autoload_with=connection)
            b = ApplyBatchImpl(impl, table, (), {{}}, True, (("z", "n", "id"),))
            {change}
            b._create(impl)
        with engine.begin() as connection:
            found = connection.execute(sa.text("SELECT * FROM item")).all()
        columns(), found
        """,
        setup=SETUP,
    )


def test_such_a_table_in_a_script(both: Both) -> None:
    both(
        """
        impl = MigrationContext.configure(dialect_name="sqlite", opts={"as_sql": True}).impl
        table = sa.Table("item", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
        ApplyBatchImpl(impl, table, (), {}, False, (("b", "a"),))._create(impl)
        """,
        setup=SETUP,
    )
