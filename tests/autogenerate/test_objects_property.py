# ruff: noqa: E501, C901, PLR0912 - a table of declarations
"""Random objects that stand on one another: made, changed by a script, equal to a database made of the models, and back.

The seed of a failure is its parameter; `python -m pytest -m campaign` tries 200 pairs a database.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table
from staging import Fill, Stage, make_role

from limbeck.objects import (
    Aggregate,
    CompositeType,
    DefaultPrivileges,
    Event,
    EventTrigger,
    Extension,
    Function,
    Grant,
    MaterializedView,
    Policy,
    Procedure,
    RowSecurity,
    Rule,
    Schema,
    Trigger,
    View,
    VirtualTable,
)

KINDS = {
    "postgresql": (
        *("view", "view", "view", "materialized_view", "function", "function", "procedure", "trigger"),
        *("policy", "row_security", "rule", "aggregate", "composite_type"),
        *("grant", "grant", "default_privileges", "extension", "schema", "event_trigger"),
    ),
    "mysql": ("view", "view", "view", "function", "procedure", "trigger", "event"),
    "sqlite": ("view", "view", "view", "trigger", "virtual_table"),
}


@dataclass(frozen=True)
class Thing:
    """An object. :param on: the table, view or function that it stands on. :param number: what may change in it."""

    kind: str
    name: str
    on: str
    number: int

    @property
    def role_and_object(self) -> tuple[str, int]:
        return self.on, self.number % 2

    def declare(self, m: MetaData, backend: str) -> None:
        name, on, n = self.name, self.on, self.number
        comment = f"number {n}" if n % 2 else None
        match self.kind, backend:
            case "view", _:
                View(
                    name, m, f"SELECT id, a + {n} AS a{', b' if n % 3 else ''} FROM {on} WHERE a > {n}", comment=comment
                )
            case "materialized_view", _:
                index = [f"CREATE INDEX ix_{name} ON {name} (id)"] if n % 2 else []
                MaterializedView(name, m, f"SELECT id, a, {n} AS n FROM {on}", indexes=index, comment=comment)
            case "function", "postgresql":
                returns = "bigint" if n % 2 else "integer"
                Function(
                    name,
                    m,
                    f"CREATE FUNCTION {name}(x integer DEFAULT {n}) RETURNS {returns} LANGUAGE sql AS 'SELECT {n}'",
                )
            case "function", _:
                Function(name, m, f"CREATE FUNCTION {name}(x INT) RETURNS INT DETERMINISTIC RETURN x + {n}")
            case "procedure", "postgresql":
                Procedure(name, m, f"CREATE PROCEDURE {name}() LANGUAGE sql AS 'DELETE FROM {on} WHERE id = {n}'")
            case "procedure", _:
                Procedure(name, m, f"CREATE PROCEDURE {name}() DELETE FROM {on} WHERE id = {n}")
            case "trigger", "postgresql":
                Function(
                    f"f_{name}",
                    m,
                    f"CREATE FUNCTION f_{name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                )
                when = "INSERT" if n % 2 else "UPDATE OF a"
                Trigger(name, m, f"CREATE TRIGGER {name} BEFORE {when} ON t FOR EACH ROW EXECUTE FUNCTION f_{name}()")
            case "trigger", "mysql":
                Trigger(name, m, f"CREATE TRIGGER {name} BEFORE INSERT ON t FOR EACH ROW SET NEW.a = {n}")
            case "trigger", _:
                Trigger(name, m, f"CREATE TRIGGER {name} AFTER INSERT ON t BEGIN UPDATE t SET a = {n}; END")
            case "policy", _:
                Policy(name, m, f"CREATE POLICY {name} ON t USING (a < {n})", comment=comment)
            case "row_security", _:
                RowSecurity("t", m, forced=bool(n % 2))
            case "rule", _:
                Rule(name, m, f"CREATE RULE {name} AS ON DELETE TO t WHERE OLD.a = {n} DO INSTEAD NOTHING")
            case "aggregate", _:
                Function(
                    f"s_{name}",
                    m,
                    f"CREATE FUNCTION s_{name}(x integer, y integer) RETURNS integer LANGUAGE sql AS 'SELECT x'",
                )
                Aggregate(
                    name, m, f"CREATE AGGREGATE {name} (integer) (SFUNC = s_{name}, STYPE = integer, INITCOND = '{n}')"
                )
            case "grant", _:
                words = ("SELECT", "INSERT, SELECT (id)", "ALL", "UPDATE (id, a)")[n % 4]
                Grant(on, m, words, to="PUBLIC" if n % 2 else READER, with_grant_option="" if n % 2 else "DELETE")
            case "default_privileges", _:
                DefaultPrivileges(
                    "types", m, *(["USAGE"] * (n % 2)), to=READER, with_grant_option="USAGE" * (1 - n % 2)
                )
            case "extension", _:
                Extension("citext", m, version="1.6" if n % 2 else None)
            case "schema", _:
                Schema(name, m, comment=comment)
            case "event_trigger", _:
                returns = "RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
                Function(f"f_{name}", m, f"CREATE FUNCTION f_{name}() {returns}")
                event = f"{('sql_drop', 'ddl_command_end')[n % 2]} WHEN TAG IN ('DROP DOMAIN')"
                EventTrigger(name, m, f"CREATE EVENT TRIGGER {name} ON {event} EXECUTE FUNCTION f_{name}()")
            case "event", _:
                Event(name, m, f"CREATE EVENT {name} ON SCHEDULE EVERY {n} DAY DO DELETE FROM {on} WHERE id = {n}")
            case "virtual_table", _:
                VirtualTable(name, m, f"CREATE VIRTUAL TABLE {name} USING fts5(a{n}, b, prefix = '{n}')")
            case "composite_type", _:
                CompositeType(name, m, f"CREATE TYPE {name} AS (a {'integer' if n % 2 else 'text'}, b integer)")


NAMES = {"row_security": "t", "extension": "citext", "default_privileges": "types"}
READER = "limbeck_reader"


def granted(things: list[Thing]) -> list[tuple[str, int]]:
    """Roles and objects of grants, which there may be one each of."""
    return [each.role_and_object for each in things if each.kind == "grant"]


@dataclass(frozen=True)
class Models:
    """A table and objects. :param is_big: whether its column ``a`` is. :param has_more: whether it has one more column."""

    things: tuple[Thing, ...]
    is_big: bool = False
    has_more: bool = False

    def fill(self, backend: str) -> Fill:
        def declare(m: MetaData) -> None:
            more = [Column("more", Integer)] if self.has_more else []
            type_ = BigInteger if self.is_big else Integer
            Table("t", m, Column("id", Integer, primary_key=True), Column("a", type_), Column("b", String(9)), *more)
            for thing in reversed(self.things):
                thing.declare(m, backend)

        return declare


def drawn(rng: random.Random, backend: str, count: int, things: tuple[Thing, ...] = ()) -> tuple[Thing, ...]:
    """``things`` and ``count`` further ones, which stand on any before them."""
    found = list(things)
    for _ in range(count):
        kind = rng.choice(KINDS[backend])
        below = ["t", *(each.name for each in found if each.kind == "view" and each.number % 3)]
        name = NAMES.get(kind) or f"{kind[0]}{rng.randrange(10**6)}"
        made = Thing(kind, name, rng.choice(below), rng.randrange(1, 9))
        if any(each.name == name for each in found) or (kind == "grant" and made.role_and_object in granted(found)):
            continue
        found.append(made)
    return tuple(found)


def changed(rng: random.Random, backend: str, schema: Models) -> Models:
    """Some objects gone with what stands on them, some changed, some new; the table changed too at times."""
    gone: set[str] = set()
    kept: list[Thing] = []
    for each in schema.things:
        if each.on in gone or rng.random() < 0.2:
            gone.add(each.name)
        elif rng.random() < 0.4:
            number = rng.randrange(1, 9)
            if each.kind in ("view", "grant"):  # columns and roles stay
                number = each.number + 6
            kept.append(replace(each, number=number))
        else:
            kept.append(each)
    return Models(drawn(rng, backend, 2, tuple(kept)), rng.random() < 0.3, rng.random() < 0.3)


def there_and_back(stage: Stage, seed: int) -> None:
    backend = stage.connection.dialect.name
    rng = random.Random(seed)  # noqa: S311 a test
    before = Models(drawn(rng, backend, 8))
    after = changed(rng, backend, before)
    stage.there_and_back(before.fill(backend), after.fill(backend))


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    engine = sa.create_engine(request.getfixturevalue(f"{request.param}_url"), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if request.param == "postgresql":
            make_role(connection, READER)
        yield Stage(connection)
        connection.rollback()


def test_random_objects(stage: Stage) -> None:
    for seed in range(4):
        there_and_back(stage, seed)
        stage.empty()


@pytest.mark.campaign
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_many_random_objects(stage: Stage, start: int) -> None:
    for seed in range(start, start + 20):
        there_and_back(stage, seed)
        stage.empty()
