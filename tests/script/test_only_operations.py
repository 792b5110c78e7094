"""Which revisions do nothing but call operations, told without running them."""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from limbeck.script.only_operations import only_calls_operations

HEAD = '''
"""a revision"""
from collections.abc import Sequence
from datetime import datetime
import enum
from functools import partial
import os
import sqlalchemy as sa
from limbeck import op
from sqlalchemy import Column, Integer, String, Table, create_engine, event, text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, UserDefinedType
import limbeck
from limbeck import context

revision: str = "a"
down_revision: str | None = None
branch_labels = depends_on = None
SCHEMA = "tenant"
LENGTH = 30
NAMES = ["a", "b"]

class Point(UserDefinedType):
    def get_col_spec(self):
        return "POINT"
class Money(TypeDecorator):
    impl = Integer
class Colour(enum.Enum):
    red = 1
class Callable_:
    def __call__(self):
        op.get_bind()
class Renamed(Column):
    inherit_cache = True
helper = Callable_()
made = partial(op.create_table, "t")
column = Column("id", Integer)
metadata = sa.MetaData()
existing = sa.Table("t", metadata)

def build():
    op.get_bind()
def decorated(function):
    @__import__("functools").wraps(function)
    def run():
        function()
    return run
'''


def upgrade_of(tmp_path: Path, body: str, head: str = HEAD, define: str = "def upgrade() -> None:") -> Any:
    """The function ``upgrade`` of a script with this body."""
    file = tmp_path / "a_revision.py"
    file.write_text(f"{head}\n{define}\n{indent(dedent(body).strip(), '    ')}\n")
    spec = importlib.util.spec_from_file_location("a_revision", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.upgrade


ONLY = {
    "nothing": "pass",
    "a docstring": '"""nothing to do"""',
    "a table": """
        op.create_table(
            "t",
            sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
            sa.Column("name", sa.String(length=30), server_default="x", comment="a name"),
            sa.Column("price", sa.Numeric(10, 2), sa.CheckConstraint("price > 0", name="positive")),
            sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
            sa.Column("on", sa.Date(), server_default=sa.text("CURRENT_DATE")),
            sa.Column("is_on", sa.Boolean(), server_default=sa.true()),
            sa.Column("is_off", sa.Boolean(), server_default=sa.false()),
            sa.Column("none", sa.Integer(), server_default=sa.null()),
            sa.Column("sum", sa.Integer(), sa.Computed("id + 1", persisted=True)),
            sa.Column("number", sa.Integer(), sa.Identity(always=True)),
            sa.Column("kind", sa.Enum("a", "b", name="kind"), nullable=True),
            sa.Column("list", sa.ARRAY(sa.Text()), nullable=True),
            sa.ForeignKeyConstraint(["id"], ["other.id"], name=op.f("fk"), ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("id", name=op.f("pk")),
            sa.UniqueConstraint("name"),
            schema=SCHEMA,
        )
    """,
    "all but tables": """
        op.add_column("t", sa.Column("x", sa.Integer()))
        op.alter_column("t", "x", existing_type=sa.INTEGER(), type_=sa.BigInteger(), nullable=False)
        op.create_index(op.f("ix"), "t", ["x"], unique=True, postgresql_where=sa.text("x > 0"))
        op.create_index("ix2", "t", [sa.text("lower(name)"), sa.literal_column("x")])
        op.create_foreign_key("fk", "t", "u", ["x"], ["id"], ondelete="SET NULL")
        op.create_unique_constraint("uq", "t", ["x"])
        op.create_check_constraint("ck", "t", "x > 0")
        op.create_primary_key("pk", "t", ["x"])
        op.create_table_comment("t", "words", existing_comment=None, schema=SCHEMA)
        op.drop_constraint("ck", "t", type_="check")
        op.drop_index("ix2", table_name="t")
        op.drop_table_comment("t")
        op.drop_column("t", "x")
        op.rename_table("t", "u")
        op.drop_table("u")
    """,
    "types of dialects": """
        op.create_table(
            "t",
            sa.Column("a", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
            sa.Column("b", postgresql.ARRAY(postgresql.UUID(as_uuid=True))),
            sa.Column("c", postgresql.ENUM("a", "b", name="e", create_type=False)),
            sa.Column("d", mysql.INTEGER(unsigned=True)),
            sa.Column("e", JSONB()),
            sa.Column("f", sa.dialects.postgresql.INET()),
            sa.Column("g", sa.types.JSON()),
        )
        op.create_exclude_constraint("ex", "t", ("b", "&&"), using="gist")
    """,
    "names imported alone": 'op.add_column("t", Column("x", Integer, server_default=text("1")))',
    "constants of the script": "op.add_column(SCHEMA, Column(revision, String(LENGTH), comment=down_revision))",
    "loops over constants": """
        for name in ("a", "b"):
            for other in ["c", "d"]:
                op.create_table(f"{name}_{other}", Column("id", Integer))
    """,
    "branches and locals": """
        name = "t"
        where = {"schema": "s"}
        if name != "u" and LENGTH > 3:
            op.drop_table(name, **where)
        assert name
    """,
    "a failure": "1 / 0",
}

MORE = {
    "SQL": 'op.execute("UPDATE t SET x = 1")',
    "SQL beside operations": 'op.drop_table("t")\nop.execute(sa.text("SELECT 1"))',
    "the connection": "op.get_bind()",
    "the context": "op.get_context()",
    "a transaction": "op.get_context().begin_transaction()",
    "a block": "with op.get_context().autocommit_block():\n    pass",
    "rows": 'op.bulk_insert(sa.table("t", sa.column("x")), [{"x": 1}])',
    "rows of a new table": 'op.bulk_insert(op.create_table("t", Column("x", Integer)), [{"x": 1}])',
    "batch": 'with op.batch_alter_table("t") as batch:\n    batch.drop_column("x")',
    "an operation by object": "op.invoke(op.DropTableOp('t'))",
    "implementing one": "op.implementation_for(None)",
    "try": 'try:\n    op.drop_table("t")\nexcept Exception:\n    pass',
    "finally": 'try:\n    op.drop_table("t")\nfinally:\n    op.drop_table("u")',
    "a function of the module": "build()",
    "a callable object": "helper()",
    "a partial": "made()",
    "an import": "import os",
    "an import from": "from sqlalchemy import orm",
    "an import of what is known": "import sqlalchemy",
    "print": 'print("done")',
    "open": 'open("file")',
    "eval": 'eval("op.get_bind()")',
    "getattr": 'getattr(op, "get_bind")()',
    "globals": 'globals()["build"]()',
    "dunders": "op.drop_table.__globals__",
    "builtins": "__builtins__",
    "another module": "os.getpid()",
    "the environment": "context.get_context()",
    "ours": "limbeck.command",
    "dates": "datetime.now()",
    "a type of their own": 'op.add_column("t", Column("x", Point()))',
    "a decorated type": 'op.add_column("t", Column("x", Money()))',
    "a column class of their own": 'op.add_column("t", Renamed("x", Integer))',
    "an enum of theirs": 'op.add_column("t", Column("x", sa.Enum(Colour)))',
    "a column made before": 'op.add_column("t", column)',
    "a table made before": 'op.create_table("t", *existing.columns)',
    "a list of the module": "for name in NAMES:\n    op.drop_table(name)",
    "an inner function": "def inner():\n    op.get_bind()\ninner()",
    "an inner class": "class Inner:\n    op.get_bind()",
    "a lambda": '(lambda: op.drop_table("t"))()',
    "a comprehension": "[op.drop_table(name) for name in ('a', 'b')]",
    "an engine": 'sa.create_engine("sqlite://")',
    "an engine imported": 'create_engine("sqlite://")',
    "a listener": 'sa.event.listen(Table, "after_create", None)',
    "a listener imported": 'event.listen(Table, "after_create", None)',
    "metadata that creates": "sa.MetaData().create_all(None)",
    "metadata of the module": "metadata.create_all",
    "a table that creates": 'Table("t", sa.MetaData()).create(None)',
    "a type that creates": 'postgresql.ENUM("a", name="e").create(None)',
    "a look at the database": "sa.inspect(None)",
    "a session": "sa.orm.Session()",
    "a select": "sa.select(sa.literal(1))",
    "a driver": "postgresql.dialect()",
    "a name that is nowhere": "nowhere()",
}


@pytest.mark.parametrize("body", ONLY.values(), ids=ONLY)
def test_only_operations(tmp_path: Path, body: str) -> None:
    assert only_calls_operations(upgrade_of(tmp_path, body)) is True


@pytest.mark.parametrize("body", MORE.values(), ids=MORE)
def test_more_than_operations(tmp_path: Path, body: str) -> None:
    assert only_calls_operations(upgrade_of(tmp_path, body)) is False


@pytest.mark.parametrize("name", ["execute", "get_bind", "get_context", "bulk_insert", "batch_alter_table"])
def test_a_value_of_the_script_that_has_the_name_of_an_operation(tmp_path: Path, name: str) -> None:
    """``op.execute`` and ``execute`` are one name to the code."""
    assert only_calls_operations(upgrade_of(tmp_path, f"op.{name}()", HEAD + f'{name} = "words"')) is False


def test_by_the_references_name(tmp_path: Path) -> None:
    """In a process of its own, where that name is ours."""
    head = HEAD.replace("from limbeck import op", "from alembic import op")
    code = f"""
import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]
import pathlib, limbeck
limbeck.install_as_alembic()
from test_only_operations import ONLY, upgrade_of
from limbeck.script.only_operations import only_calls_operations
for body in ONLY.values():
    assert only_calls_operations(upgrade_of(pathlib.Path({str(tmp_path)!r}), body, {head!r})) is True, body
assert not only_calls_operations(upgrade_of(pathlib.Path({str(tmp_path)!r}), "op.get_bind()", {head!r}))
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("define", "body", "expected"),
    [
        ("def upgrade(**kw):", 'op.drop_table("t")', True),
        ("def upgrade(*args, **kw):", "pass", True),
        ("def upgrade(engine_name=None):", 'op.drop_table("t")', True),
        ("def upgrade(engine_name):", 'globals()[f"upgrade_{engine_name}"]()', False),
        ("def upgrade(report):", 'report("begun")', False),
        ("def upgrade(**kw):", 'kw["report"]("begun")', False),
        ("def upgrade(*args):", "args[0]()", False),
        ("def upgrade(run=build):", "run()", False),
        ("def upgrade(*, run=build):", "run()", False),
        ("@decorated\ndef upgrade():", 'op.drop_table("t")', False),
        ("async def upgrade():", 'op.drop_table("t")', False),
        ("def upgrade():\n    yield", 'op.drop_table("t")', False),
    ],
)
def test_what_it_is_given_and_what_kind_of_function_it_is(
    tmp_path: Path, define: str, body: str, expected: bool
) -> None:
    """``context.run_migrations(report=...)`` hands anything in, and so do defaults."""
    assert only_calls_operations(upgrade_of(tmp_path, body, define=define)) is expected


def _closure() -> Callable[[], None]:
    seen = []

    def upgrade() -> None:
        seen[0]()

    return upgrade


class _Migration:
    def upgrade(self) -> None:
        pass

    __call__ = upgrade


@pytest.mark.parametrize(
    "function",
    [_closure(), _Migration(), _Migration().upgrade, _Migration, functools.partial(_closure()), print, None],
    ids=["closure", "callable object", "method", "class", "partial", "builtin", "None"],
)
def test_what_is_no_function_of_a_module(function: Any) -> None:
    assert only_calls_operations(function) is False


@pytest.mark.parametrize(
    "line",
    [
        "op = __import__('types').SimpleNamespace(drop_table=print)",
        "import os as op\nop.drop_table = None",
        "class op:\n    drop_table = print",
    ],
)
def test_an_op_that_is_not_ours(tmp_path: Path, line: str) -> None:
    try:
        assert only_calls_operations(upgrade_of(tmp_path, 'op.drop_table("t")', HEAD + "\n" + line)) is False
    finally:
        sys.modules["os"].__dict__.pop("drop_table", None)


def test_a_module_that_was_taken_out_of_sys_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test runners that isolate do it; the answer is the same, and nothing is raised."""
    upgrade = upgrade_of(tmp_path, 'op.create_table("t", sa.Column("a", sa.LargeBinary), sa.Column("b", sa.Interval))')
    monkeypatch.delitem(sys.modules, "limbeck.op")
    assert only_calls_operations(upgrade)
