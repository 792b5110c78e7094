"""A script is complete: it imports the names that it uses, is the same on every run, and gives the same SQL offline."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from running import Database, tables
from sqlalchemy import Column, Enum, String
from sqlalchemy.dialects import mysql, postgresql, sqlite

from limbeck.autogenerate import render_python_code
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A library with types of its own, as sqlmodel and sqlalchemy_utils are."""
    module = ModuleType("shop.lib.types")

    class AutoString(sa.types.TypeDecorator):
        impl = sa.String
        cache_ok = True

    class Money(sa.types.TypeDecorator):
        impl = sa.Numeric
        cache_ok = True

        def __init__(self, precision: int = 10, scale: int = 2) -> None:
            super().__init__(precision, scale)

    class Point(sa.types.UserDefinedType):
        cache_ok = True

        def __init__(self, srid: int = 4326) -> None:
            self.srid = srid

        def get_col_spec(self, **kw: Any) -> str:
            return f"POINT({self.srid})"

    for kind in (AutoString, Money, Point):
        kind.__module__ = module.__name__
        kind.__qualname__ = kind.__name__
        setattr(module, kind.__name__, kind)
    for name in ("shop", "shop.lib"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "shop.lib.types", module)
    sys.modules["shop"].lib = sys.modules["shop.lib"]  # type: ignore[attr-defined]
    sys.modules["shop.lib"].types = module  # type: ignore[attr-defined]
    return module


TYPES = [
    lambda app: app.AutoString(),
    lambda app: app.AutoString(20),
    lambda app: app.Money(12, 4),
    lambda app: app.Point(),
    lambda app: app.Point(3857).with_variant(sa.Text(), "sqlite"),
    lambda app: sa.Text().with_variant(app.AutoString(5), "postgresql"),
    lambda app: sa.ARRAY(app.Money(9, 1)),
    lambda app: postgresql.ARRAY(app.AutoString(3)),
    lambda app: postgresql.ARRAY(postgresql.DOMAIN("money", app.Money(8, 2))),
    lambda app: postgresql.ARRAY(String(3), dimensions=2),
    lambda app: postgresql.HSTORE(text_type=sa.Text()),
    lambda app: sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(), "postgresql"),
    lambda app: postgresql.INTERVAL(precision=3),
    lambda app: postgresql.TIMESTAMP(timezone=True, precision=2),
    lambda app: postgresql.ENUM("a", "b", name="kind", schema="far"),
    lambda app: mysql.ENUM("a", "it's"),
    lambda app: mysql.SET("a", "b"),
    lambda app: mysql.INTEGER(unsigned=True, display_width=5),
    lambda app: mysql.VARCHAR(20, charset="latin1", collation="latin1_bin"),
    lambda app: sqlite.DATETIME(),
    lambda app: Enum("a", "50%", name="kind", native_enum=False, length=9),
    lambda app: sa.Numeric(12, 4, asdecimal=False),
    lambda app: sa.LargeBinary(100),
    lambda app: sa.Uuid(as_uuid=False),
    lambda app: sa.Interval(second_precision=2),
    lambda app: sa.PickleType(),
    lambda app: sa.Double(53),
    lambda app: sa.Unicode(5, collation="C"),
    lambda app: sa.types.NullType(),
]


@pytest.mark.parametrize("make", TYPES)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("edition", [None, 2026])
def test_every_type_is_imported_and_read_back(make: Any, dialect: str, edition: int | None, app: ModuleType) -> None:
    """The script, run with nothing but `op`, `sa` and its own imports, gives the type again."""
    type_ = make(app)
    context = MigrationContext.configure(dialect_name=dialect, opts={"edition": edition})
    imports: set[str] = set()
    addition = ops.UpgradeOps([ops.AddColumnOp("t", Column("a", type_))])
    body = render_python_code(addition, migration_context=context, imports=imports)
    taken: list[Any] = []

    class Op:
        def add_column(self, table: str, column: Any) -> None:
            taken.append(column.type)

    script = "\n".join([*sorted(imports), "def upgrade():", f"    {body}"])
    names: dict[str, Any] = {"sa": sa, "op": Op()}
    exec(script, names)  # noqa: S102 what was rendered is to be run
    names["upgrade"]()
    assert type(taken[0]) is type(type_) or edition
    if isinstance(type_, sa.Interval) and not edition:
        return  # as the reference: SQLAlchemy's own text of an interval leaves its precision out
    try:
        wanted = type_.dialect_impl(context.dialect).compile(context.dialect)
    except (sa.exc.CompileError, sa.exc.ArgumentError, TypeError, AttributeError):
        return  # SQLAlchemy itself has no such type on this dialect; 2.0 trips over MySQL's ENUM on PostgreSQL
    assert taken[0].dialect_impl(context.dialect).compile(context.dialect) == wanted


# --- the same on every run ----------------------------------------------------------------------------------------

SCRIPT = """
import sqlalchemy as sa
from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.runtime.migration import MigrationContext

def fill(m, names, columns):
    for name in names:
        made = [sa.Column(c, sa.Integer, index=True) for c in columns]
        keys = [sa.Column(f"to_{o}", sa.Integer, sa.ForeignKey(f"{o}.id", name=name + o)) for o in names if o < name]
        uniques = [sa.UniqueConstraint(*columns[:2], name=f"uq_{name}"), sa.CheckConstraint("id > 0", name="ck" + name)]
        sa.Table(name, m, sa.Column("id", sa.Integer, primary_key=True), *made, *keys, *uniques)
    return m

with sa.create_engine("sqlite://").connect() as connection:
    fill(sa.MetaData(), ["a", "b", "c", "d"], ["one", "two", "three"]).create_all(connection)
    context = MigrationContext.configure(connection, opts={"allow_drops": True})
    script = produce_migrations(context, fill(sa.MetaData(), ["c", "d", "e", "f"], ["three", "four", "five"]))
    imports = set()
    for ops in (script.upgrade_ops, script.downgrade_ops):
        print(render_python_code(ops, render_as_batch=True, migration_context=context, imports=imports))
"""


def test_the_same_on_every_run() -> None:
    """The order of sets, which changes with each process, has no effect."""
    said = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
    assert "op.drop_table('b')" in said.pop()


# --- the same as SQL ----------------------------------------------------------------------------------------------


def as_sql(dialect: str, body: str, imports: list[str]) -> str:
    """What a script gives under ``--sql``."""
    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect, opts={"as_sql": True, "output_buffer": buffer, "edition": 2026}
    )
    names: dict[str, Any] = {}
    script = "\n".join([*imports, "def run(op, sa):", textwrap.indent(body, "    ")])
    exec(script, names)  # noqa: S102 what was written is to be run
    names["run"](Operations(context), sa)
    return buffer.getvalue()


def test_tabs_stay_in_literals(postgresql_url: str) -> None:
    """``--sql`` does not expand them."""
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026)
        database.create(tables(t=list))
        revision = database.write(tables(t=lambda: [Column("b", String(20), server_default="a\tb")]))
    assert "DEFAULT 'a\tb'" in as_sql("postgresql", revision.upgrade, revision.imports)


def test_restated_columns_state_that_they_have_no_default(mariadb_url: str) -> None:
    """MariaDB restates a column as a whole; under ``--sql`` all of it has to be in the script."""
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026, compare="exact")
        database.create(tables(t=lambda: [Column("a", sa.Integer), Column("b", sa.Integer)]))
        new = tables(
            t=lambda: [
                Column("a", sa.BigInteger),
                Column("c", sa.Integer, info={"renamed_from": "b"}),
                Column("d", sa.Integer, nullable=False, default=1),
            ]
        )
        revision = database.write(new)
    assert as_sql("mariadb", revision.upgrade, revision.imports).split("\n\n")[:-1] == [
        "ALTER TABLE t CHANGE b c INTEGER(11) NULL;",
        "ALTER TABLE t ADD COLUMN d INTEGER;",
        "UPDATE t SET d=1;",
        "ALTER TABLE t MODIFY d INTEGER NOT NULL;",
        "ALTER TABLE t MODIFY a BIGINT NULL;",
    ]


def test_an_enum_type_is_created_once(postgresql_url: str) -> None:
    """Two tables have columns of one type, and in one of them rows have to be filled."""
    colour = lambda: Enum("red", "green", name="colour")  # noqa: E731
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026, compare="exact")
        database.create(tables(t=list))
        after = tables(
            t=lambda: [Column("e", colour(), nullable=False, default="red")], u=lambda: [Column("e", colour())]
        )
        revision = database.write(after)
    assert revision.upgrade == snapshot("""\
op.create_enum('colour', ['red', 'green'])
op.create_table('u',
sa.Column('id', sa.Integer(), nullable=False),
sa.Column('e', postgresql.ENUM('red', 'green', name='colour', create_type=False), nullable=True),
sa.PrimaryKeyConstraint('id')
)
op.add_column('t', sa.Column('e', postgresql.ENUM('red', 'green', name='colour', create_type=False), nullable=True))
op.execute("UPDATE t SET e='red'")
op.alter_column('t', 'e',
           existing_type=postgresql.ENUM('red', 'green', name='colour', create_type=False),
           nullable=False)\
""")
    assert as_sql("postgresql", revision.upgrade, revision.imports).count("CREATE TYPE colour") == 1
    assert revision.downgrade.splitlines()[-1] == "op.drop_enum('colour', values=['red', 'green'])"


def test_a_classic_comparison_leaves_enum_types_to_their_tables(postgresql_url: str) -> None:
    """It writes no `op.create_enum`, so that tables create their types, as in Alembic."""
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        database = Database(connection, edition=2026, compare="classic")
        database.create(tables(t=list))
        after = tables(t=list, u=lambda: [Column("e", Enum("red", "green", name="colour"))])
        revision = database.write(after)
    assert "sa.Enum('red', 'green', name='colour')" in revision.upgrade
    assert as_sql("postgresql", revision.upgrade, revision.imports).count("CREATE TYPE colour") == 1


def test_a_whole_file_runs(tmp_path: Path) -> None:
    """The file that the template makes of it imports the names that it uses, and compiles."""
    (tmp_path / "models.py").write_text(
        "import sqlalchemy as sa\n"
        "class Money(sa.types.TypeDecorator):\n    impl = sa.Integer\n    cache_ok = True\n"
        "metadata = sa.MetaData()\n"
        "sa.Table('t', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', Money()))\n"
    )

    def limbeck(*arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "limbeck", *arguments], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    limbeck("init", "m")
    assert "from models import metadata\n" in (tmp_path / "m" / "env.py").read_text()
    ini = tmp_path / "alembic.ini"
    lines = [
        "sqlalchemy.url = sqlite:///test.db" if "sqlalchemy.url =" in x else x for x in ini.read_text().splitlines()
    ]
    ini.write_text("\n".join(lines) + "\n")
    limbeck("revision", "--autogenerate", "-m", "money")
    (script,) = (tmp_path / "m" / "versions").glob("*.py")
    assert "\nimport models\n" in script.read_text()
    for step in (["upgrade", "head"], ["check"], ["downgrade", "base"]):
        limbeck(*step)
