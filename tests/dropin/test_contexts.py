"""What programs do with a MigrationContext of their own, by both tools."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.runtime.environment import EnvironmentContext

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    ENDS = ("commit", "rollback", "__enter__", "__exit__")

    def offline(name="postgresql"):
        return Operations(MigrationContext.configure(dialect_name=name, opts={"as_sql": True}))
    """

OPTIONS = ["{}", "{'transactional_ddl': True}", "{'transactional_ddl': False}", "{'transaction_per_migration': True}"]


# -- begin_transaction ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_migration", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_transaction_begins_at_the_call(both_anywhere: Both, options: str, *, per_migration: bool) -> None:
    both_anywhere(
        f"""
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={options})
            transaction = context.begin_transaction(_per_migration={per_migration})
            found = [connection.in_transaction(), [hasattr(transaction, name) for name in ENDS]]
            with transaction:
                found.append(connection.in_transaction())
            found.append(connection.in_transaction())
            context.begin_transaction(_per_migration={per_migration})
            found.append(connection.in_transaction())
        found
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_transaction_that_is_ended_by_its_method(both_anywhere: Both, end: str, *, inside: bool) -> None:
    """What a rollback leaves of a new table is the database's affair, so that a row is asked for."""
    create = "connection.execute(sa.text('INSERT INTO a VALUES (1)'))"
    body = f"with transaction:\n    {create}\n    transaction.{end}()" if inside else f"{create}\ntransaction.{end}()"
    both_anywhere(
        "with engine.connect() as connection:\n"
        "    connection.execute(sa.text('CREATE TABLE a (x INTEGER)'))\n"
        "    connection.commit()\n"
        "    context = MigrationContext.configure(connection, opts={'transactional_ddl': True})\n"
        "    transaction = context.begin_transaction()\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
        + "    found = connection.in_transaction()\n"
        "    with transaction:\n"
        "        pass\n"
        "    again = context.begin_transaction()\n"
        "    found = found, connection.in_transaction(), hasattr(again, 'commit')\n"
        "with engine.connect() as connection:\n"
        "    found += connection.scalar(sa.text('SELECT count(*) FROM a')),\n"
        "found\n",
        setup=SETUP,
    )


def test_an_error_rolls_back(both_postgresql: Both) -> None:
    both_postgresql(
        """
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
            try:
                with context.begin_transaction():
                    connection.execute(sa.text("CREATE TABLE a (x INTEGER)"))
                    raise ValueError
            except ValueError:
                found = connection.in_transaction()
        found, sa.inspect(engine).has_table("a")
        """,
        setup=SETUP,
    )


def test_an_autocommit_block_is_a_transaction_to_sqlalchemy(both_anywhere: Both) -> None:
    (told,) = both_anywhere(
        """
        with engine.connect() as connection:
            with MigrationContext.configure(connection).autocommit_block():
                found = connection.in_transaction()
            found = found, connection.in_transaction()
        found
        """,
        setup=SETUP,
    )
    assert told == "(True, False)"


# -- configure -----------------------------------------------------------------------------------------------------


def test_ddl_is_caught_by_a_mock_engine(both_anywhere: Both) -> None:
    """SQLAlchemy's documented way."""
    both_anywhere(
        """
        sent = []
        mock = sa.create_mock_engine(
            url, lambda statement, *_, **__: sent.append(str(statement.compile(dialect=mock.dialect)))
        )
        context = MigrationContext.configure(mock)
        op = Operations(context)
        op.add_column("t", sa.Column("x", sa.Integer))
        op.alter_column("t", "x", new_column_name="y", existing_type=sa.Integer())
        op.create_table("u", sa.Column("y", sa.Integer))
        op.execute("SELECT 1")
        op.create_index("ix", "t", ["x"])
        op.drop_table("u")
        with op.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("z", sa.Integer))
        sent, context.connection is mock, context.bind is mock, context.as_sql
        """,
        setup=SETUP,
    )


def test_an_engine_is_no_connection(both: Both) -> None:
    (told,) = both("MigrationContext.configure(engine)", setup=SETUP)
    assert told.startswith("CommandError: 'connection' argument to configure() is expected")


@pytest.mark.parametrize("asked", ["get_current_heads()", "get_current_revision()"])
def test_a_starting_revision_online_is_refused_when_heads_are_asked_for(both_anywhere: Both, asked: str) -> None:
    told = both_anywhere(
        """
        context = MigrationContext.configure(engine.connect(), opts={"starting_rev": "x"})
        context.opts["starting_rev"]
        """,
        f"context.{asked}",
        setup=SETUP,
    )
    assert told == [
        "'x'",
        "CommandError: Can't specify current_rev to context when using a database connection",
    ]


@pytest.mark.parametrize("given", ["'k=v'", "['k=v', 'b']", "('k=v', 'b=')", "None"])
def test_arguments_of_x_come_back_as_they_were_given(both: Both, given: str) -> None:
    both(
        f"""
        class Given:
            x = {given}
        config = Config()
        config.cmd_opts = Given
        environment = EnvironmentContext(config, None)
        environment.get_x_argument(), environment.get_x_argument(as_dictionary=True)
        """,
        setup=SETUP,
    )


# -- autogenerate without models -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["", ", autogenerate=False"])
def test_an_autogenerate_context_without_models(both_anywhere: Both, words: str) -> None:
    (told,) = both_anywhere(
        f"""
        with engine.connect() as connection:
            context = AutogenContext(MigrationContext.configure(connection){words})
            found = context.metadata, context.connection is connection
        found
        """,
        setup=SETUP,
    )
    assert told == "(None, True)"


def test_it_is_refused_in_an_environment(both: Both) -> None:
    (told,) = both(
        """
        class Script:
            env_py_location = "env.py"
        with engine.connect() as connection:
            AutogenContext(MigrationContext.configure(connection, opts={"script": Script}))
        """,
        setup=SETUP,
    )
    assert told.startswith("CommandError: Can't proceed with --autogenerate option; environment script env.py ")


# -- scripts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["sa.text('SELECT 1')", "sa.table('t', sa.column('x')).delete()"])
def test_what_is_executed_in_a_script_gives_nothing(both: Both, statement: str) -> None:
    """``if result: count = result.rowcount`` stands in revisions."""
    (told,) = both(f"bool(offline().get_bind().execute({statement}))", setup=SETUP)
    assert told == "False"


@pytest.mark.parametrize("name", ["sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle"])
def test_a_table_is_renamed_in_its_schema(both: Both, name: str) -> None:
    both(f"offline('{name}').rename_table('one', 'two', schema='sc')", setup=SETUP)


def test_a_table_is_renamed_in_its_schema_by_a_dialect_that_says_nothing_of_its_own(both: Both) -> None:
    both(
        """
        from alembic.ddl.impl import DefaultImpl
        from sqlalchemy.engine.default import DefaultDialect
        class Dialect(DefaultDialect):
            name = "acme"
        class Impl(DefaultImpl):
            __dialect__ = "acme"
        op = Operations(MigrationContext.configure(dialect=Dialect(), opts={"as_sql": True}))
        op.rename_table("one", "two", schema="sc")
        op.rename_table("one", "two")
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize("name", ["postgresql", "mysql", "mariadb", "oracle"])
def test_a_comment_that_is_empty_is_a_comment(both: Both, name: str) -> None:
    both(
        f"""
        op = offline("{name}")
        op.create_table("t", sa.Column("a", sa.Integer, comment=""), comment="")
        op.add_column("t", sa.Column("b", sa.Integer, comment=""))
        op.alter_column("t", "a", comment="", existing_type=sa.Integer())
        """,
        setup=SETUP,
    )


@pytest.mark.parametrize(
    "call",
    [
        "drop_table(table)",
        "create_unique_constraint('uq', table, ['a'])",
        "create_primary_key('pk', table, ['a'])",
        "create_check_constraint('ck', table, 'a > 0')",
        "drop_constraint('ck', table)",
        "drop_constraint('fk', table, type_='foreignkey')",
        "create_table_comment(table, 'c')",
        "drop_table_comment(table)",
    ],
)
def test_a_table_where_the_name_of_one_belongs(both: Both, call: str) -> None:
    both(f"table = sa.Table('t', sa.MetaData(), sa.Column('a', sa.Integer))\noffline().{call}", setup=SETUP)
