"""``alembic.testing.fixtures.op_fixture``: packages with a dialect test by it what operations send, on both sides."""

from __future__ import annotations

import pytest
from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic import op
    from alembic.testing.fixtures import op_fixture

    def sent(context):
        try:
            context.assert_()
        except AssertionError as error:
            return str(error).partition("] != []")[0]
        return ""
    """

OPERATIONS = (
    'op.add_column("shelf", sa.Column("n", sa.Integer, nullable=False, server_default="5"))',
    'op.add_column("shelf", sa.Column("n", sa.Integer), schema="sc")',
    'op.add_column("shelf", sa.Column("n", sa.Integer, sa.ForeignKey("room.id", name="fk_n")))',
    'op.add_column("shelf", sa.Column("live", sa.Boolean(create_constraint=True, name="ck_live")))',
    'op.drop_column("shelf", "n")',
    'op.alter_column("shelf", "n", new_column_name="m", existing_type=sa.Integer())',
    'op.create_index("ix", "shelf", ["n"], unique=True)',
    'op.drop_index("ix", table_name="shelf")',
    'op.create_unique_constraint("uq", "shelf", ["n"])',
    'op.create_check_constraint("ck", "shelf", sa.column("n") > 5)',
    'op.create_foreign_key("fk", "shelf", "room", ["n"], ["id"], ondelete="CASCADE")',
    'op.create_primary_key("pk", "shelf", ["n"])',
    'op.drop_constraint("ck", "shelf", type_="check")',
    'op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True), sa.Column("t", sa.String(5)))',
    'op.drop_table("shelf")',
    'op.rename_table("shelf", "board")',
    'op.execute("SELECT 1")',
    'op.execute(sa.table("shelf", sa.column("n")).update().values(n=op.inline_literal(5)))',
    'op.bulk_insert(sa.table("shelf", sa.column("n", sa.Integer)), [{"n": 1}, {"n": 2}])',
)
NOT_IN_PLACE = (
    'op.alter_column("shelf", "n", nullable=False, existing_type=sa.Integer())',
    'op.alter_column("shelf", "n", server_default="7", existing_type=sa.Integer())',
    'op.alter_column("shelf", "n", server_default=None, existing_type=sa.Integer())',
    'op.alter_column("shelf", "n", type_=sa.String(9), existing_type=sa.Integer(), existing_nullable=False)',
)
"""What SQLite cannot do: Alembic sends it all the same, here it is refused with the way out."""
COMMENTS = (
    'op.alter_column("shelf", "n", comment="c", existing_type=sa.Integer())',
    'op.create_table_comment("shelf", "c")',
    'op.drop_table_comment("shelf")',
)
"""What databases without comments leave out here, where Alembic's statement fails."""
DIALECTS = ("default", "postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle")


@pytest.mark.parametrize("as_sql", [False, True], ids=["executed", "script"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_sent(both: Both, dialect: str, as_sql: bool) -> None:
    """Nothing besides the statements of the operation: a stand-in for a connection writes down every look too."""
    made = f'context = op_fixture("{dialect}", as_sql={as_sql})'
    calls = OPERATIONS + (() if dialect == "sqlite" else NOT_IN_PLACE)
    calls += () if dialect in {"sqlite", "default"} else COMMENTS
    told = both(*(f"{made}\n{call}\nsent(context)" for call in calls), setup=SETUP)
    assert "ALTER TABLE shelf" in told[0]


def test_assertions_of_the_context(both: Both) -> None:
    both(
        'context = op_fixture("postgresql")\nop.execute("SELECT 1")\nop.execute("SELECT 2")',
        'context.assert_("SELECT 1", "SELECT 2")',
        'context.assert_("SELECT 1")',
        'context.assert_contains("ECT 2")',
        'context.assert_contains("ECT 3")',
        "context.clear_assertions()\ncontext.assert_()",
        "type(context.impl).__name__, context.as_sql, context.dialect.name, context.opts",
        "op.get_context() is context",
        setup=SETUP,
    )


@pytest.mark.parametrize(
    "options",
    [
        'naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s", "uq": "uq_%(column_0_name)s"}',
        "native_boolean=True",
        "native_boolean=False",
        "as_sql=True, literal_binds=True",
    ],
)
def test_options(both: Both, options: str) -> None:
    cells = (
        'op.add_column("shelf", sa.Column("live", sa.Boolean(create_constraint=True), nullable=False))',
        'op.create_unique_constraint(None, "shelf", ["n"])',
        'op.create_check_constraint("big", "shelf", "n > 5")',
        'op.execute(sa.table("shelf", sa.column("n", sa.Integer)).update().values(n=5))',
    )
    for dialect in ("default", "mysql", "postgresql"):
        made = f'context = op_fixture("{dialect}", {options})'
        both(*(f"{made}\n{cell}\nsent(context)" for cell in cells), setup=SETUP)


def test_a_dialect_that_a_package_brings(both: Both) -> None:
    """Registered with SQLAlchemy, its impl by its class."""
    setup = (
        SETUP
        + """
    from alembic.ddl.impl import DefaultImpl
    from sqlalchemy.dialects import registry
    from sqlalchemy.engine.default import DefaultDialect

    class AcmeDialect(DefaultDialect):
        name = "acme"

    class AcmeImpl(DefaultImpl):
        __dialect__ = "acme"

    registry.impls["acme"] = lambda: AcmeDialect
    """
    )
    told = both(
        'context = op_fixture("acme")\nop.drop_column("t", "c")\nsent(context), type(context.impl).__name__',
        setup=setup,
    )
    assert told == ["(\"['ALTER TABLE t DROP COLUMN c'\", 'AcmeImpl')"]
