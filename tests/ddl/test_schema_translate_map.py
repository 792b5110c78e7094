"""Under an edition every operation goes where the connection's ``schema_translate_map`` says.

SQLAlchemy translates its own DDL elements, and neither those of migrations, nor text, nor questions to the catalogue.
Without an edition only SQLAlchemy's elements are translated, as in Alembic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ENUM

from limbeck import sqla
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

Step = Callable[[Operations], Any]

EVERYWHERE: dict[str, Step] = {
    "add_column": lambda op: op.add_column("item", sa.Column("w", sa.Integer, server_default="3", nullable=False)),
    "add_column with a key": lambda op: op.add_column("item", sa.Column("s", sa.Integer, sa.ForeignKey("shelf.id"))),
    "add_column if_not_exists": lambda op: op.add_column("item", sa.Column("name", sa.Text), if_not_exists=True),
    "drop_column": lambda op: op.drop_column("item", "name"),
    "drop_column if_exists": lambda op: op.drop_column("item", "none", if_exists=True),
    "type": lambda op: op.alter_column("item", "name", type_=sa.String(30), existing_type=sa.String(10)),
    "nullable": lambda op: op.alter_column("item", "name", nullable=False, existing_type=sa.String(10)),
    "default": lambda op: op.alter_column("item", "name", server_default="x", existing_type=sa.String(10)),
    "column name": lambda op: op.alter_column("item", "name", new_column_name="n", existing_type=sa.String(10)),
    "column comment": lambda op: op.alter_column("item", "name", comment="c", existing_type=sa.String(10)),
    "rename_table": lambda op: op.rename_table("item", "thing"),
    "create_index": lambda op: op.create_index("ix", "item", ["name"]),
    "create_index if_not_exists": lambda op: op.create_index("ix_shelf", "shelf", ["id"], if_not_exists=True),
    "drop_index": lambda op: op.drop_index("ix_shelf", "shelf"),
    "foreign key": lambda op: op.create_foreign_key("fk", "item", "shelf", ["shelf"], ["id"]),
    "unique": lambda op: op.create_unique_constraint("uq", "item", ["name"]),
    "check": lambda op: op.create_check_constraint("ck", "item", "shelf > 0"),
    "drop_constraint": lambda op: op.drop_constraint("uq_shelf", "shelf", type_="unique"),
    "a constraint without a name": lambda op: op.drop_constraint(None, "shelf", type_="unique", columns=["place"]),
    "table comment": lambda op: op.create_table_comment("item", "goods"),
    "create_table if_not_exists": lambda op: op.create_table("item", sa.Column("x", sa.Integer), if_not_exists=True),
    "drop_table": lambda op: op.drop_table("item"),
    "bulk_insert": lambda op: op.bulk_insert(sa.table("shelf", sa.column("id")), [{"id": 7}]),
    "update": lambda op: op.execute(sa.table("item", sa.column("name")).update().values(name="u")),
    "batch": lambda op: batch(op, recreate="auto"),
}
ON_POSTGRESQL: dict[str, Step] = {
    "rebuild": lambda op: batch(op, recreate="always"),
    "identity": lambda op: op.alter_column("shelf", "id", server_default=sa.Identity()),
    "enum type of a new column": lambda op: op.add_column("item", sa.Column("m", sa.Enum("a", name="mood"))),
    "enum type of a column": lambda op: op.alter_column(
        "item", "name", type_=sa.Enum("a", name="mood"), postgresql_using="NULL"
    ),
    "create_enum": lambda op: op.create_enum("mood", ["a"]),
    "add_enum_value": lambda op: op.add_enum_value("size", "l"),
    "rename_enum_value": lambda op: op.rename_enum_value("size", "m", "medium"),
    "replace_enum_values": lambda op: op.replace_enum_values("size", ["m", "xl"], mapping={"s": "xl"}),
    "create_domain": lambda op: op.create_domain("positive", sa.Integer(), checks={"c": "VALUE > 0"}),
    "create_sequence": lambda op: op.create_sequence("no", start=5),
    "alter_table_options": lambda op: op.alter_table_options("item", {"postgresql_with": {"fillfactor": 70}}),
}


def batch(op: Operations, *, recreate: Any) -> None:
    with op.batch_alter_table("item", recreate=recreate) as batch_op:
        batch_op.add_column(sa.Column("w", sa.Integer))
        batch_op.alter_column("name", nullable=False, existing_type=sa.String(10))
        batch_op.create_unique_constraint("uq", ["name"])


def start(op: Operations) -> None:
    size = ENUM("s", "m", name="size") if op.get_bind().dialect.name == "postgresql" else sa.String(5)
    op.create_table("shelf", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), place())
    op.create_unique_constraint("uq_shelf", "shelf", ["place"])
    op.create_index("ix_shelf", "shelf", ["id"])
    item = op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(10)),
        sa.Column("shelf", sa.Integer),
        sa.Column("size", size),
    )
    op.bulk_insert(item, [{"id": 1, "name": "a", "size": "s"}])


def place() -> sa.Column[Any]:
    return sa.Column("place", sa.String(10))


def run(engine: sa.Engine, schema: str | None, *steps: Step, **opts: Any) -> None:
    with engine.connect() as connection:
        options: dict[str, Any] = {} if schema is None else {"schema_translate_map": {None: schema}}
        mapped = connection.execution_options(**options)
        context = MigrationContext.configure(mapped, opts={"edition": 2026, **opts})
        for step in steps:
            step(Operations(context))
            connection.commit()


_QUOTES = dict.fromkeys(map(ord, '"`'))


def picture(engine: sa.Engine, schema: str) -> list[str]:
    """What is in the schema, its own name taken out."""
    inspector, lines = sa.inspect(engine), []
    asks = (
        inspector.get_columns,
        inspector.get_indexes,
        inspector.get_unique_constraints,
        inspector.get_check_constraints,
        inspector.get_foreign_keys,
        inspector.get_table_comment,
        *([inspector.get_table_options] if sqla.SQLA_2_1 or engine.dialect.name == "mysql" else []),
    )
    for table in sorted(inspector.get_table_names(schema=schema)):
        lines += [f"{table} {ask(table, schema=schema)}" for ask in asks]
        with engine.connect() as connection:
            lines.append(str(connection.exec_driver_sql(f"SELECT * FROM {schema}.{table}").all()))
    if engine.dialect.name == "postgresql":
        lines += [str((each["name"], each["labels"])) for each in inspector.get_enums(schema=schema)]
        lines += [str(each["name"]) for each in inspector.get_domains(schema=schema)]
        lines += inspector.get_sequence_names(schema=schema)
    text = "\n".join(lines).replace(f", schema='{schema}'", "").replace(f"'{schema}'", "'here'")
    return text.translate(_QUOTES).replace(f"{schema}.", "").splitlines()


@pytest.fixture(params=["postgresql", "mariadb"])
def places(request: pytest.FixtureRequest) -> Iterator[tuple[sa.Engine, str, str]]:
    """An engine, the name of its default schema, and that of another one; both are empty."""
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    name = str(engine.url.database)
    plain, other = ("public", "tenant") if request.param == "postgresql" else (name, f"{name}_tenant")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {other}")
    yield engine, plain, other
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {other}{' CASCADE' if request.param == 'postgresql' else ''}")


def both(places: tuple[sa.Engine, str, str], step: Step) -> None:
    engine, plain, other = places
    run(engine, other, start, step)
    assert sa.inspect(engine).get_table_names(schema=plain) == []
    found = picture(engine, other)
    run(engine, None, start, step)
    assert found == picture(engine, plain)


@pytest.mark.parametrize("step", EVERYWHERE.values(), ids=EVERYWHERE)
def test_an_operation_does_there_what_it_does_in_the_default_schema(
    places: tuple[sa.Engine, str, str], step: Step
) -> None:
    both(places, step)


@pytest.mark.parametrize("places", ["postgresql"], indirect=True)
@pytest.mark.parametrize("step", ON_POSTGRESQL.values(), ids=ON_POSTGRESQL)
def test_so_does_one_that_only_postgresql_has(places: tuple[sa.Engine, str, str], step: Step) -> None:
    both(places, step)


@pytest.mark.parametrize("places", ["postgresql"], indirect=True)
def test_a_named_schema_is_translated_and_others_are_not(places: tuple[sa.Engine, str, str]) -> None:
    engine, _, _ = places
    with engine.connect() as connection:
        mapped = connection.execution_options(schema_translate_map={"ref": "tenant"})
        op = Operations(MigrationContext.configure(mapped, opts={"edition": 2026}))
        for schema in ("ref", None):
            op.create_table("t", sa.Column("id", sa.Integer), schema=schema)
            op.add_column("t", sa.Column(f"of_{schema}", sa.Integer), schema=schema)
        catalogue = sa.inspect(connection)
        names = [[each["name"] for each in catalogue.get_columns("t", schema=where)] for where in ("tenant", "public")]
    assert names == [["id", "of_ref"], ["id", "of_None"]]


@pytest.mark.parametrize("places", ["postgresql"], indirect=True)
def test_without_an_edition_columns_are_added_where_the_search_path_says(places: tuple[sa.Engine, str, str]) -> None:
    engine, _, other = places
    run(engine, None, start)
    run(engine, other, start, EVERYWHERE["add_column"], edition=None)
    catalogue = sa.inspect(engine)
    found = [[each["name"] for each in catalogue.get_columns("item", schema=where)] for where in ("public", other)]
    assert ["w" in names for names in found] == [True, False]
