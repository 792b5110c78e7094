"""Enum types, domains and sequences that no model mentions: this environment's are dropped, others' are left alone.

The database holds one of each kind; the folder of scripts says which of them this environment creates.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM
from sqlalchemy.ext.asyncio import create_async_engine

from limbeck.autogenerate import produce_migrations
from limbeck.runtime.migration import MigrationContext
from limbeck.script import ScriptDirectory

MADE = (
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "CREATE SEQUENCE no",
)
ALL = ["DropDomainOp positive", "DropEnumOp mood", "DropSequenceOp no"]


@pytest.fixture
def connection(postgresql_url: str) -> Iterator[sa.Connection]:
    """A database with one object of each kind, and the tables ``t`` and ``alembic_version``."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in (*MADE, "CREATE TABLE t (id serial PRIMARY KEY)"):
            connection.exec_driver_sql(statement)
        connection.commit()
        yield connection
        connection.rollback()


def scripts(folder: Path, *upgrade: str, downgrade: str = "pass") -> ScriptDirectory:
    """A folder of one revision."""
    body = "\n    ".join(upgrade) or "pass"
    versions = folder / "versions"
    versions.mkdir()
    (versions / "a1_.py").write_text(
        "from limbeck import op\nimport sqlalchemy as sa\nfrom sqlalchemy.dialects import postgresql\n"
        f"revision = 'a1'\ndown_revision = None\n\ndef upgrade():\n    {body}\n\ndef downgrade():\n    {downgrade}\n"
    )
    return ScriptDirectory(str(folder))


def models(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True), *columns)
    return metadata


def found(connection: sa.Connection, target: MetaData, **options: Any) -> list[str]:
    """The differences, each as an operation and a name."""
    context = MigrationContext.configure(connection, opts={"edition": 2026, "allow_drops": True, **options})
    operations = produce_migrations(context, target).upgrade_ops.ops
    connection.rollback()
    return sorted(f"{type(each).__name__} {getattr(each, 'name', None) or each.table_name}" for each in operations)


def test_what_no_script_creates_is_left_alone(
    connection: sa.Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "alembic.autogenerate.compare.exact"):
        assert found(connection, models(), script=scripts(tmp_path)) == []
    said = "Left alone: {}, which no model mentions and no script creates"
    ours = [record for record in caplog.records if record.name == "alembic.autogenerate.compare.exact"]
    assert sorted(record.getMessage() for record in ours) == [
        said.format("domain 'positive'"),
        said.format("enum type 'mood'"),
        said.format("sequence 'no'"),
    ]


def test_without_scripts_nothing_is_this_environments(connection: sa.Connection) -> None:
    assert found(connection, models()) == []


def test_an_option_says_that_whatever_is_unknown_goes(connection: sa.Connection, tmp_path: Path) -> None:
    assert found(connection, models(), script=scripts(tmp_path), drop_unknown=True) == ALL


CREATED = {
    "operations": [
        "op.create_enum('mood', ['sad', 'ok'])",
        "op.create_domain('positive', type_=sa.Integer())",
        "op.create_sequence(name='no')",
    ],
    "types of columns": [
        "op.create_table('u', sa.Column('m', sa.Enum('sad', 'ok', name='mood')))",
        "op.add_column('u', sa.Column('p', postgresql.DOMAIN('positive', sa.Integer())))",
        "op.add_column('u', sa.Column('n', sa.Integer(), sa.Sequence('no')))",
    ],
    "SQL": [*(f'op.execute("{statement}")' for statement in MADE)],
    "SQL in upper and lower case, with a schema and quotes": [
        "op.execute('create type public.mood as enum ()')",
        """op.execute('CREATE  DOMAIN\\n"public"."positive" AS int')""",
        "op.execute('create sequence if not exists no')",
    ],
}


@pytest.mark.parametrize("upgrade", CREATED.values(), ids=CREATED)
def test_what_a_script_creates_is_dropped(connection: sa.Connection, tmp_path: Path, upgrade: list[str]) -> None:
    assert found(connection, models(), script=scripts(tmp_path, *upgrade)) == ALL


NOT_CREATED = {
    "it is another name": ["op.create_enum('moody', [])", "op.execute('CREATE SEQUENCE no_2')"],
    "it is another schema": ["op.create_enum('mood', [], schema='far')", "op.execute('CREATE SEQUENCE far.no')"],
    "the type is used and not created": ["postgresql.ENUM('sad', name='mood', create_type=False)"],
    "the type is what there was": ["op.alter_column('t', 'm', existing_type=sa.Enum('sad', name='mood'))"],
    "it is dropped": ["op.drop_enum('mood', values=['sad'])", "op.execute('DROP SEQUENCE no')"],
    "the file is not valid Python": ["op.create_enum('mood', []"],
}


@pytest.mark.parametrize("upgrade", NOT_CREATED.values(), ids=NOT_CREATED)
def test_a_mention_creates_nothing(connection: sa.Connection, tmp_path: Path, upgrade: list[str]) -> None:
    assert found(connection, models(), script=scripts(tmp_path, *upgrade)) == []


def test_what_a_downgrade_creates_is_not_this_environments(connection: sa.Connection, tmp_path: Path) -> None:
    script = scripts(tmp_path, downgrade="op.create_enum('mood', ['sad', 'ok'])")
    assert found(connection, models(), script=script) == []


# --- filters ------------------------------------------------------------------------------------------------------


def test_with_asyncpg(connection: sa.Connection, postgresql_url: str) -> None:
    connection.exec_driver_sql("CREATE TABLE theirs (m mood[])")
    connection.commit()
    url = sa.make_url(postgresql_url).set(drivername="postgresql+asyncpg")

    async def compared() -> list[str]:
        engine = create_async_engine(url, poolclass=sa.NullPool)
        async with engine.connect() as bridged:
            return await bridged.run_sync(
                lambda plain: found(
                    plain, models(), drop_unknown=True, include_object=lambda _, name, *__: name != "theirs"
                )
            )

    with pytest.warns(UserWarning, match="Not dropped: enum type mood.* is used by column m of table theirs"):
        assert asyncio.run(compared()) == ["DropDomainOp positive", "DropSequenceOp no"]


def test_filters_of_objects_are_asked(connection: sa.Connection) -> None:
    asked = []

    def include_object(item: Any, name: str, type_: str, reflected: bool, compare_to: Any) -> bool:
        asked.append((type(item).__name__, name, type_, reflected, compare_to))
        return type_ == "table"

    assert found(connection, models(), drop_unknown=True, include_object=include_object) == []
    assert [each for each in asked if each[2] not in ("table", "column")] == [
        ("ENUM", "mood", "enum", True, None),
        ("Sequence", "no", "sequence", True, None),
        ("DOMAIN", "positive", "domain", True, None),
    ]


def test_filters_of_names_are_asked(connection: sa.Connection) -> None:
    asked = []

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        asked.append((name, type_, dict(parents)))
        return type_ in ("schema", "table", "column")

    assert found(connection, models(), drop_unknown=True, include_name=include_name) == []
    assert [each for each in asked if each[1] in ("enum", "sequence", "domain")] == [
        ("mood", "enum", {"schema_name": None}),
        ("no", "sequence", {"schema_name": None}),
        ("positive", "domain", {"schema_name": None}),
    ]


@pytest.mark.parametrize("filter_", ["include_object", "include_name"])
def test_what_a_filter_leaves_out_is_neither_created_nor_altered(connection: sa.Connection, filter_: str) -> None:
    """The models have other values, another check and another start."""

    def allows(*arguments: Any) -> bool:
        type_ = arguments[1 if filter_ == "include_name" else 2]
        return type_ not in ("enum", "domain", "sequence")

    target = models()
    sa.Sequence("no", metadata=target, start=7)
    Table(
        "u",
        target,
        Column("m", ENUM("other", name="mood")),
        Column("p", DOMAIN("positive", Integer, check="VALUE > 9")),
    )
    assert found(connection, target) == [
        "AddEnumValueOp mood",
        "AlterDomainOp positive",  # loses its check
        "AlterDomainOp positive",  # gets another one
        "AlterSequenceOp no",
        "CreateTableOp u",
        "ReplaceEnumValuesOp mood",
    ]
    assert found(connection, target, **{filter_: allows}) == ["CreateTableOp u"]


# --- what stands on them ------------------------------------------------------------------------------------------

USED = {
    "column": ("CREATE TABLE theirs (m mood)", "enum type mood", "column m of table theirs"),
    "column of an array": ("CREATE TABLE theirs (m mood[])", "enum type mood", r"column m of table theirs"),
    "default of a column": (
        "CREATE TABLE theirs (n int DEFAULT nextval('no'))",
        "sequence no",
        "default value for column n of table theirs",
    ),
    "column of a domain": ("CREATE TABLE theirs (p positive)", "domain positive", "column p of table theirs"),
    "function": (
        "CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "enum type mood",
        r"function f\(mood\)",
    ),
    "view": ("CREATE VIEW v AS SELECT 'sad'::mood AS m", "enum type mood", "column m of view v"),
    "composite type": ("CREATE TYPE pair AS (m mood)", "enum type mood", "column m of composite type pair"),
}


@pytest.mark.parametrize(("statement", "kept", "user"), USED.values(), ids=USED)
def test_what_others_stand_on_is_named_and_stays(
    connection: sa.Connection, statement: str, kept: str, user: str
) -> None:
    """A filter leaves out the other application's table."""
    connection.exec_driver_sql(statement)
    with pytest.warns(
        UserWarning, match=f"Not dropped: {kept}, which no model mentions, is used by .*{user}"
    ) as caught:
        left = found(
            connection,
            models(),
            drop_unknown=True,
            include_object=lambda _item, name, type_, *_: (type_, name) != ("table", "theirs"),
        )
    assert len(caught) == 1
    assert left == [each for each in ALL if not each.endswith(kept.rsplit(maxsplit=1)[-1])]


def test_a_domain_that_stays_keeps_what_it_is_based_on(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE DOMAIN good_mood AS mood CHECK (VALUE <> 'sad')")
    connection.exec_driver_sql("CREATE FUNCTION f(good_mood) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.warns(UserWarning, match="Not dropped") as caught:
        assert found(connection, models(), drop_unknown=True) == ["DropDomainOp positive", "DropSequenceOp no"]
    assert [str(each.message).split(",")[0] for each in caught] == [
        "Not dropped: domain good_mood",
        "Not dropped: enum type mood",
    ]


GOING = {
    "with its table": "CREATE TABLE goes (m mood, n int DEFAULT nextval('no'), p positive[])",
    "with its column": "ALTER TABLE t ADD m mood DEFAULT 'sad', ADD n int DEFAULT nextval('no')",
    "with its index": "CREATE INDEX ix ON t ((CASE WHEN id > 1 THEN 'sad'::mood END))",
    "with its check": "ALTER TABLE t ADD CONSTRAINT c CHECK (CASE WHEN id > 1 THEN 'sad'::mood END = 'sad')",
}


@pytest.mark.parametrize("statement", GOING.values(), ids=GOING)
def test_what_goes_itself_is_no_obstacle(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {*ALL} <= {*found(connection, models(), drop_unknown=True)}


def test_a_column_with_a_new_type_is_no_obstacle(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE t ADD m mood DEFAULT 'sad', ADD n int DEFAULT nextval('no')")
    connection.commit()
    target = models(Column("m", sa.Text, server_default="sad"), Column("n", Integer))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(connection, target, drop_unknown=True) == [*ALL, "ModifyTableOps t"]
