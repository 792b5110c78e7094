# ruff: noqa: E501 - scripts as they are rendered
"""Schemas and extensions of PostgreSQL: there before what stands on them, gone after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.dialects.postgresql import CITEXT
from staging import Stage

from limbeck.errors import CommandError
from limbeck.objects import Extension, Function, Grant, Schema, View, register_entities


@pytest.fixture
def stage(postgresql_url: str) -> Iterator[Stage]:
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Stage(connection, include_schemas=True)
        connection.rollback()


def declared(*objects: Callable[[MetaData], Any]) -> Callable[[MetaData], None]:
    def fill(m: MetaData) -> None:
        Table("orders", m, Column("id", Integer, primary_key=True))
        for each in objects:
            each(m)

    return fill


def schema(name: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: Schema(name, m, **options)


def extension(name: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: Extension(name, m, **options)


def far_things(m: MetaData) -> None:
    Table("things", m, Column("id", Integer, primary_key=True), schema="far")
    View("few", m, "SELECT id FROM far.things", schema="far")
    Grant("few", m, "SELECT", to="PUBLIC", schema="far")
    Grant("far", m, "USAGE", to="PUBLIC", on="schema")


def names(m: MetaData) -> None:
    Table("names", m, Column("id", Integer, primary_key=True), Column("name", CITEXT))
    View("shouted", m, "SELECT upper(name::text)::citext AS name FROM names")
    Function("same", m, "CREATE FUNCTION same(a citext, b citext) RETURNS bool LANGUAGE sql AS 'SELECT a = b'")


PAIRS: dict[str, tuple[Any, Any]] = {
    "a schema": (declared(), declared(schema("far"))),
    "a schema's comment": (declared(schema("far", comment="a")), declared(schema("far", comment="it's far"))),
    "a schema with everything in it": (declared(), declared(far_things, schema("far"))),
    "an extension": (declared(), declared(extension("citext"))),
    "an extension that others need": (declared(), declared(names, extension("citext"))),
    "an extension in another schema": (
        declared(schema("far"), extension("citext", schema="public")),
        declared(schema("far"), extension("citext", schema="far")),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_there_and_back(stage: Stage, name: str) -> None:
    stage.there_and_back(*PAIRS[name])


def test_the_operations(stage: Stage) -> None:
    script = stage.compare(declared(names, extension("citext", version="1.6"), schema("far", comment="away")))
    assert stage.text(script.upgrade_ops) == snapshot("""\
op.create_object('schema', 'far', 'CREATE SCHEMA far', comment='away')
op.create_object('extension', 'citext', "CREATE EXTENSION IF NOT EXISTS citext VERSION '1.6'")
op.create_table('names',
sa.Column('id', sa.Integer(), nullable=False),
sa.Column('name', postgresql.CITEXT(), nullable=True),
sa.PrimaryKeyConstraint('id')
)
op.create_table('orders',
sa.Column('id', sa.Integer(), nullable=False),
sa.PrimaryKeyConstraint('id')
)
op.create_view('shouted', 'SELECT upper(name::text)::citext AS name FROM names')
op.create_function('same', "CREATE FUNCTION same(a citext, b citext) RETURNS bool LANGUAGE sql AS 'SELECT a = b'", arguments='a public.citext, b public.citext')\
""")
    stage.run(script.upgrade_ops)
    text = stage.text(stage.compare(declared()).upgrade_ops)
    assert text.replace("names.name", "name") == snapshot("""\
op.drop_view(
    'shouted',
    'SELECT (upper((name)::text))::citext AS name\\n'
    '   FROM names'
)
op.drop_function(
    'same',
    'CREATE OR REPLACE FUNCTION public.same(a citext, b citext)\\n'
    ' RETURNS boolean\\n'
    ' LANGUAGE sql\\n'
    'AS $function$SELECT a = b$function$',
    arguments='a public.citext, b public.citext'
)
op.drop_table('names')
op.drop_object('extension', 'citext', "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public VERSION '1.6'")
op.drop_object('schema', 'far', 'CREATE SCHEMA far', comment='away')\
""")


def test_a_version(stage: Stage) -> None:
    stage.make(declared(extension("citext", version="1.5")))
    assert stage.diffs(declared(extension("citext"))) == []
    upgrade = stage.run(stage.compare(declared(extension("citext", version="1.6"))).upgrade_ops)
    assert upgrade == snapshot(
        "op.replace_object('extension', 'citext', \"CREATE EXTENSION IF NOT EXISTS citext VERSION '1.6'\", existing={'definition': \"CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public VERSION '1.5'\"})"
    )
    assert stage.connection.scalar(sa.text("SELECT extversion FROM pg_extension WHERE extname = 'citext'")) == "1.6"


def test_what_the_server_does_not_have(stage: Stage) -> None:
    with pytest.raises(CommandError, match="does not have the extension 'nothing'") as raised:
        stage.compare(declared(extension("nothing")))
    assert raised.value.code == "no-such-extension"
    with pytest.raises(CommandError, match=r"does not have version '0.0' of the extension 'citext'"):
        stage.compare(declared(extension("citext", version="0.0")))


def test_a_schema_that_is_not_empty_is_not_dropped(stage: Stage) -> None:
    stage.make(declared(schema("far")))
    stage.connection.exec_driver_sql("CREATE FUNCTION far.other() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    stage.connection.commit()
    stage.options["drop_unknown"] = False
    script = stage.compare(declared())
    assert stage.text(script.upgrade_ops) == "op.drop_object('schema', 'far', 'CREATE SCHEMA far')"
    with pytest.raises(sa.exc.DBAPIError, match="cannot drop schema far because other objects depend on it"):
        stage.run(script.upgrade_ops)


def test_what_nobody_declares_is_left_alone(stage: Stage) -> None:
    for statement in ("CREATE SCHEMA far", "CREATE EXTENSION hstore SCHEMA far"):
        stage.connection.exec_driver_sql(statement)
    stage.connection.commit()
    stage.options["drop_unknown"] = False
    assert len(stage.diffs(declared(schema("public"), extension("plpgsql")))) == 1  # the table


@dataclass
class PGExtension:
    """As alembic-utils has it."""

    schema: str
    signature: str

    def to_sql_statement_create(self) -> sa.TextClause:
        return sa.text(f'CREATE EXTENSION "{self.signature}" WITH SCHEMA "{self.schema}";')


@dataclass
class PGGrantTable:
    """As alembic-utils has it."""

    schema: str
    table: str
    role: str
    grant: str
    columns: list[str] | None = None
    with_grant_option: bool = False
    signature: str = ""


def test_entities_of_alembic_utils(stage: Stage) -> None:
    entities: list[Any] = [
        PGExtension("public", "citext"),
        PGGrantTable("public", "orders", "PUBLIC", "SELECT", ["id"]),
        PGGrantTable("public", "orders", "PUBLIC", "DELETE"),
    ]

    def fill(m: MetaData) -> None:
        declared()(m)
        register_entities(m, entities)

    assert stage.text(stage.compare(fill).upgrade_ops) == snapshot("""\
op.create_object('extension', 'citext', 'CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public')
op.create_table('orders',
sa.Column('id', sa.Integer(), nullable=False),
sa.PrimaryKeyConstraint('id')
)
op.create_object('grant', 'TABLE orders TO PUBLIC', 'GRANT DELETE, SELECT (id) ON TABLE public.orders TO PUBLIC')\
""")
    stage.make(fill)
