"""What a database cannot do: the classes by which callers catch it, and Alembic's texts."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import io
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    def on(name):
        opts = {"as_sql": True, "output_buffer": io.StringIO()}
        return Operations(MigrationContext.configure(dialect_name=name, opts=opts))
    """
COMPUTED, IDENTITY = 'sa.Computed("1")', "sa.Identity()"
CHANGES = [
    (dialect, f"server_default={new}, existing_server_default={old}")
    for dialect in ("mssql", "mysql", "mariadb", "oracle", "sqlite", "postgresql")
    for new, old in (
        *((COMPUTED, "None"), ("None", COMPUTED), (COMPUTED, COMPUTED)),
        *((IDENTITY, "None"), ("None", IDENTITY), ("sa.Identity(start=5)", IDENTITY)),
    )
    if not (dialect in {"oracle", "postgresql"} and IDENTITY in (new, old))
]


@pytest.mark.parametrize("dialect", sorted({dialect for dialect, _ in CHANGES}))
def test_computed_columns_and_identities(both: Both, dialect: str) -> None:
    calls = [
        f'on("{dialect}").alter_column("t", "c", existing_type=sa.Integer(), {words})'
        for name, words in CHANGES
        if name == dialect
    ]
    told = both(*calls, setup=SETUP)
    assert told[0].startswith("CompileError: ")


@pytest.mark.parametrize(
    "call",
    [
        'on("mysql").create_foreign_key("f", "t", "u", ["a"], ["b"], match="FULL")',
        'on("sqlite").create_unique_constraint("u", "t", ["a"])',
        'on("sqlite").create_check_constraint("u", "t", "a > 0")',
        'on("sqlite").create_foreign_key("f", "t", "u", ["a"], ["b"])',
        'on("sqlite").drop_constraint("u", "t", type_="unique")',
        'on("mysql").drop_constraint("f", "t")',
        'on("oracle").add_column("t", sa.Column("a", sa.Integer, sa.Computed("1", persisted=True)))',
    ],
)
def test_others(both: Both, call: str) -> None:
    (told,) = both(call, setup=SETUP)
    assert told.partition(":")[0] in {"CompileError", "NotImplementedError"}


def test_a_construct_that_a_dialect_does_not_know(both: Both) -> None:
    """Alembic's text names a compiler by its address; the class is what can be caught."""
    (told,) = both(
        """
        from sqlalchemy.exc import UnsupportedCompilationError
        try:
            on("mysql").create_exclude_constraint("e", "t", ("a", "="))
        except UnsupportedCompilationError:
            found = "caught"
        found
        """,
        setup=SETUP,
    )
    assert told == "'caught'"


def test_all_arguments_of_exec_may_be_said(both: Both) -> None:
    """People wrap ``DefaultImpl._exec`` in env.py, and pass all four on."""
    (told,) = both(
        """
        with sa.create_engine(url).connect() as connection:
            impl = MigrationContext.configure(connection).impl
            found = [impl._exec(sql, None, None, None).scalar() for sql in ("SELECT 1", sa.text("SELECT 2"))]
        found
        """,
        setup=SETUP,
    )
    assert told == "[1, 2]"


def test_a_type_that_is_there_with_other_values(both_postgresql: Both) -> None:
    """Two revisions of one run; the second one goes on with the type that the first one made."""
    told = both_postgresql(
        """
        import warnings
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.begin() as connection, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            op = Operations(MigrationContext.configure(connection))
            op.create_table("t", sa.Column("mood", sa.Enum("sad", name="mood")))
            op.create_table("u", sa.Column("mood", sa.Enum("sad", "glad", name="mood")))
            found = [column["type"].enums for column in sa.inspect(connection).get_columns("u")]
        found
        """,
        setup=SETUP,
    )
    assert told == ["[['sad']]"]
