"""Schemas in other languages are taken by the tools that they are for, and mean the same to them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limbeck.results import (
    CheckDescription,
    ColumnDescription,
    EnumDescription,
    ForeignKeyDescription,
    IndexDescription,
    IndexKeyDescription,
    SchemaDescription,
    SchemasResult,
    TableDescription,
    UniqueDescription,
)
from limbeck.show.tables import lines

some = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
TEXT = st.text(max_size=12) | st.sampled_from(["it's", 'say "hi"', "a\\", "`x`", "two\nlines", "'::text", "{}", "表"])
NAME = st.sampled_from(
    ["id", "order", "Ref", "table", "PK", "two words", "a-b", "ä", "表", 'say "hi"', "1st", "x.y", "it's"]
)
TYPE = st.sampled_from(
    [
        "INTEGER",
        "NUMERIC(10, 2)",
        "double precision",
        "TIMESTAMP WITH TIME ZONE",
        "ENUM('a','b')",
        "VARCHAR(10)[]",
        "",
        "kind",
    ]
)


@st.composite
def databases(draw: st.DrawFn) -> SchemaDescription:
    """Tables that refer to those before them."""
    enum = EnumDescription("kind", None, tuple(draw(st.lists(NAME, min_size=1, max_size=3, unique=True))))
    tables: list[TableDescription] = []
    for name in draw(st.lists(NAME, min_size=1, max_size=5, unique=True)):
        names = draw(st.lists(NAME, min_size=1, max_size=5, unique=True))
        comment = st.none() | TEXT
        columns = tuple(
            ColumnDescription(
                each, draw(TYPE), draw(st.booleans()), draw(comment), None, draw(st.booleans()), draw(comment)
            )
            for each in names
        )
        some_of = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True).map(tuple)
        keys = []
        if tables and draw(st.booleans()):
            there = draw(st.sampled_from(tables))
            pair = (names[0],), (there.columns[0].name,)
            action = draw(st.sampled_from([None, "CASCADE", "SET NULL"]))
            keys.append(
                ForeignKeyDescription(draw(st.none() | NAME), pair[0], there.name, there.schema, pair[1], action)
            )
        tables.append(
            TableDescription(
                name,
                draw(st.sampled_from([None, "other", "my schema"])),
                columns,
                draw(st.just(()) | some_of),
                tuple(keys),
                tuple(UniqueDescription(draw(st.none() | NAME), draw(some_of)) for _ in range(draw(st.integers(0, 1)))),
                tuple(CheckDescription(draw(st.none() | NAME), "price >= 0") for _ in range(draw(st.integers(0, 1)))),
                tuple(
                    IndexDescription(
                        draw(st.none() | NAME),
                        (IndexKeyDescription(one, True), IndexKeyDescription("lower(x)", False)),
                        True,
                    )
                    for one in draw(st.lists(st.sampled_from(names), max_size=1))
                ),
                draw(comment),
            )
        )
    return SchemaDescription("sqlite:///x.db", "sqlite", tuple(tables), (enum,))


def written(found: SchemaDescription, format: str) -> str:
    return "\n".join(lines(SchemasResult("database", (found,)), format))


def plain(name: str) -> str:
    """A name as these languages have it: neither has a way to write a double quote."""
    return name.replace('"', "'")


@some
@given(databases())
def test_mermaid_finds_tables_columns_and_foreign_keys(drawing_tools, found: SchemaDescription) -> None:
    read = drawing_tools.read("erDiagram", written(found, "mermaid"))
    entities = {entity["name"]: entity for entity in read["entities"]}
    assert read["type"] == "er"
    assert set(entities) == {plain(table.full_name) for table in found.tables}
    names = {entity["id"]: entity["name"] for entity in read["entities"]}
    for table in found.tables:
        attributes = entities[plain(table.full_name)]["attributes"]
        assert len(attributes) == len(table.columns)
        keys = {
            one
            for attribute, column in zip(attributes, table.columns, strict=True)
            if "PK" in attribute["keys"]
            for one in [column.name]
        }
        assert keys == set(table.primary_key)
    assert sorted((names[one["entityA"]], names[one["entityB"]]) for one in read["relationships"]) == sorted(
        (plain(table.full_name), plain(_referred(key))) for table in found.tables for key in table.foreign_keys
    )


def _referred(key: ForeignKeyDescription) -> str:
    return key.referred_table if key.referred_schema is None else f"{key.referred_schema}.{key.referred_table}"


@some
@given(databases())
def test_dbml_finds_tables_columns_and_foreign_keys(drawing_tools, found: SchemaDescription) -> None:
    read = drawing_tools.read("dbml", written(found, "dbml"))
    fields = read["fields"]
    tables = {
        (read["schemas"][str(one["schemaId"])]["name"], one["name"]): [
            fields[str(id_)]["name"] for id_ in one["fieldIds"]
        ]
        for one in read["tables"].values()
    }
    assert tables == {
        (table.schema or "public", plain(table.name)): [plain(column.name) for column in table.columns]
        for table in found.tables
    }
    keys = [key for table in found.tables for key in table.foreign_keys]
    assert len(read["refs"]) == len(keys)
    assert len(read["enums"]) == 1
