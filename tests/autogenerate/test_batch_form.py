"""``render_as_batch``: which changes of a table are written as a ``batch_alter_table`` block, and where they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from running import Database, Fill

from limbeck.autogenerate import render_python_code
from limbeck.config import Config
from limbeck.environment import EnvironmentContext
from limbeck.errors import CommandError
from limbeck.operations import ops
from limbeck.runtime.migration import MigrationContext
from limbeck.script import ScriptDirectory


def column(name: str, *args: Any, **options: Any) -> ops.AddColumnOp:
    return ops.AddColumnOp("t", sa.Column(name, sa.Integer, *args, **options))


ADDED = {
    "a column": column("a"),
    "a column with a default": column("a", server_default="1", nullable=False),
    "a virtual column": column("a", sa.Computed("b + 1", persisted=False)),
    "an index": ops.CreateIndexOp("ix", "t", ["a"]),
    "no index": ops.DropIndexOp("ix", "t"),
    "a column's comment": ops.AlterColumnOp("t", "a", modify_comment="x"),
    "a name": ops.AlterColumnOp("t", "a", modify_name="b"),
    "no plain column": column("a").reverse(),
}
REBUILT = {
    "a stored column": column("a", sa.Computed("b + 1", persisted=True)),
    "a default that is an expression": column("a", server_default=sa.text("(1 + 1)")),
    "a column of the key": ops.AddColumnOp("t", sa.Column("a", sa.Integer, primary_key=True), inline_primary_key=True),
    "no column, whichever it is": ops.DropColumnOp("t", "a"),
    "no column with a foreign key": column("a", sa.ForeignKey("r.id")).reverse(),
    "no unique column": column("a", unique=True).reverse(),
    "no column of the key": column("a", primary_key=True).reverse(),
    "a type": ops.AlterColumnOp("t", "a", modify_type=sa.Text()),
    "a nullability": ops.AlterColumnOp("t", "a", modify_nullable=False),
    "a default": ops.AlterColumnOp("t", "a", modify_server_default="1"),
    "no default": ops.AlterColumnOp("t", "a", modify_server_default=None, modify_name="b"),
    "a check": ops.CreateCheckConstraintOp("ck", "t", "a > 1"),
    "a unique constraint": ops.CreateUniqueConstraintOp("uq", "t", ["a"]),
    "a primary key": ops.CreatePrimaryKeyOp("pk", "t", ["a"]),
    "a foreign key": ops.CreateForeignKeyOp("fk", "t", "r", ["a"], ["id"]),
    "no constraint": ops.DropConstraintOp("ck", "t", "check"),
    "an option": ops.AlterTableOptionsOp("t", {"sqlite_autoincrement": True}),
}


def is_batch(op: Any, batch: Any, dialect: str = "sqlite", edition: int | None = 2026) -> bool:
    context = MigrationContext.configure(dialect_name=dialect, opts={"edition": edition})
    changes = ops.UpgradeOps([ops.ModifyTableOps("t", [op])])
    return "batch_alter_table" in render_python_code(changes, render_as_batch=batch, migration_context=context)


@pytest.mark.parametrize("op", ADDED.values(), ids=ADDED)
def test_what_sqlite_can_do_is_no_batch(op: Any) -> None:
    assert not is_batch(op, "auto")


@pytest.mark.parametrize("op", REBUILT.values(), ids=REBUILT)
def test_the_rest_is_one(op: Any) -> None:
    assert is_batch(op, "auto")


@pytest.mark.parametrize("op", [*ADDED.values(), *REBUILT.values()], ids=[*ADDED, *REBUILT])
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mssql", "oracle"])
def test_elsewhere_nothing_is(op: Any, dialect: str) -> None:
    assert not is_batch(op, "auto", dialect)


@pytest.mark.parametrize(("edition", "chosen"), [(None, False), (2026, True)])
def test_auto_is_the_default_under_an_edition(edition: int | None, chosen: bool) -> None:
    assert is_batch(REBUILT["a type"], None, edition=edition) is chosen


@pytest.mark.parametrize("edition", [None, 2026])
@pytest.mark.parametrize("batch", [True, False])
def test_true_and_false_are_for_all(batch: bool, edition: int | None) -> None:
    assert {is_batch(op, batch, edition=edition) for op in (ADDED["a column"], REBUILT["a type"])} == {batch}


def configured(folder: Path, edition: int | None, **options: Any) -> Any:
    config = Config()
    config.set_main_option("script_location", str(folder))
    environment = EnvironmentContext(config, ScriptDirectory(str(folder)))
    environment.configure(dialect_name="sqlite", edition=edition, **options)
    return environment.get_context().opts["render_as_batch"]


@pytest.mark.parametrize(
    ("edition", "given", "expected"),
    [
        (None, {}, False),
        (2026, {}, "auto"),
        (2026, {"render_as_batch": False}, False),
        (None, {"render_as_batch": "yes"}, "yes"),
    ],
)
def test_what_configure_makes_of_it(tmp_path: Path, edition: int | None, given: Any, expected: Any) -> None:
    """Any text but an empty one is True to Alembic."""
    assert configured(tmp_path, edition, **given) == expected


def test_another_text_is_refused_under_an_edition(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="render_as_batch is True, False or 'auto', not 'Auto'") as refused:
        configured(tmp_path, 2026, render_as_batch="Auto")
    assert refused.value.file == __file__


def before(m: sa.MetaData) -> None:
    sa.Table("r", m, sa.Column("id", sa.Integer, primary_key=True))
    keys = sa.Column("id", sa.Integer, primary_key=True), sa.Column("r_id", sa.Integer)
    sa.Table("t", m, *keys, sa.Column("a", sa.String(9)), sa.Column("gone", sa.Integer))


def after(m: sa.MetaData) -> None:
    sa.Table("r", m, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
    keys = (
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("r_id", sa.Integer, sa.ForeignKey("r.id", name="fk")),
    )
    wide = sa.Column("a", sa.String(20), nullable=False, server_default="x")
    sa.Table("t", m, *keys, wide, sa.CheckConstraint("a <> ''", name="ck"), sa.UniqueConstraint("a", name="uq"))


@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_a_script_that_was_written_on_sqlite_alters_in_place_elsewhere(
    url: str, request: pytest.FixtureRequest
) -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        options = {"edition": 2026, "compare": "exact", "render_as_batch": "auto"}
        revision = Database(connection, **options).there_and_back(
            before, after, "INSERT INTO t (id, a) VALUES (1, 'q')"
        )
    assert revision.upgrade.count("batch_alter_table") == 1, "that of r.n is none"
    with sa.create_engine(request.getfixturevalue(url)).connect() as connection:
        sent: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2]))
        _same_there(Database(connection, **options), revision, before, after)
    assert not [statement for statement in sent if "_alembic_tmp" in statement]


def _same_there(database: Database, revision: Any, before: Fill, after: Fill) -> None:
    database.create(after)
    wanted = database.schema()
    database.create(before)
    database.run(revision.upgrade, revision.imports)
    assert database.schema() == wanted
