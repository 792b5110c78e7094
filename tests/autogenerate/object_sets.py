# ruff: noqa: C901, PLR0912 - a table of declarations
"""Random objects of all kinds that stand on one another, each set on a table of its own, and how a set changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table

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

READER = "limbeck_reader"
"""The role that the grants of the models are for."""

KINDS = {
    "postgresql": (
        *("view", "view", "view", "view", "materialized_view", "materialized_view"),
        *("function", "function", "rows_function", "procedure", "trigger", "view_trigger"),
        *("policy", "row_security", "rule", "view_rule", "aggregate", "composite_type"),
        *("grant", "grant", "default_privileges", "extension", "schema", "event_trigger"),
    ),
    "mysql": ("view", "view", "view", "view", "function", "procedure", "trigger", "event"),
    "sqlite": ("view", "view", "view", "view", "trigger", "view_trigger", "virtual_table"),
}
"""What is drawn, by the name of the dialect; the more often, the likelier."""

EXTENSIONS = ("citext", "pg_trgm", "hstore", "ltree", "cube", "intarray", "btree_gist", "isn", "unaccent", "lo")
_BELOW = {
    "view": ("table", "view", "materialized_view"),
    "materialized_view": ("table", "view", "materialized_view"),
    "rows_function": ("view",),
    "procedure": ("table", "view"),
    "event": ("table", "view"),
    "view_trigger": ("view",),
    "view_rule": ("view",),
    "grant": ("table", "view", "materialized_view", "function", "composite_type", "schema"),
    "default_privileges": ("schema",),
}
"""The kinds that a kind stands on; those left out are on the table."""
_CALLING = ("view", "policy", "function", "materialized_view")
"""The kinds that may call a function."""


@dataclass(frozen=True)
class Thing:
    """An object.

    :param on: the table, view or the like that it stands on. :param beneath: its kind.
    :param calls: a function that it calls; empty: none. :param number: what may change in it.
    """

    kind: str
    name: str
    on: str
    beneath: str
    calls: str
    number: int

    @property
    def holder(self) -> tuple[str, int] | None:
        """What a grant is on and whose it is: there is one each, and one of default privileges."""
        return (self.on, self.number % 2) if self.kind in ("grant", "default_privileges") else None

    @property
    def grantable(self) -> str | None:
        """The object as ``GRANT`` of PostgreSQL names it, with a privilege; None: nothing is granted on it."""
        return {
            "view": f"SELECT ON {self.name}",
            "materialized_view": f"SELECT ON {self.name}",
            "function": f"EXECUTE ON FUNCTION {self.name}",
            "rows_function": f"EXECUTE ON FUNCTION {self.name}",
            "procedure": f"EXECUTE ON PROCEDURE {self.name}",
            "aggregate": f"EXECUTE ON FUNCTION {self.name}",
        }.get(self.kind)


@dataclass(frozen=True)
class ObjectSet:
    """A table and objects on it.

    :param table: its name. :param is_big: whether its column ``a`` is. :param has_more: whether it has one more column,
        which views of an odd number show.
    """

    table: str
    things: tuple[Thing, ...] = ()
    is_big: bool = False
    has_more: bool = False

    def declare(self, m: MetaData, backend: str) -> None:
        """Declare it, what stands on something before what is beneath."""
        more = [Column("more", Integer)] if self.has_more else []
        type_ = BigInteger if self.is_big else Integer
        Table(self.table, m, Column("id", Integer, primary_key=True), Column("a", type_), Column("b", String(9)), *more)
        for thing in reversed(self.things):
            self._declare(thing, m, backend)

    def _declare(self, thing: Thing, m: MetaData, backend: str) -> None:
        name, on, n, t, calls = thing.name, thing.on, thing.number, self.table, thing.calls
        comment = f"it's number {n}" if n % 2 else None
        called = f"{calls}({n})" if calls else str(n)
        sql = "LANGUAGE sql AS"
        match thing.kind, backend:
            case "view", _:
                shown = ", more" if self.has_more and on == t and n % 2 else ""
                shown += ", b" if n % 3 and on == t else ""
                made = f", {called} AS made" if calls else ""
                View(name, m, f"SELECT id, a + {n} AS a{shown}{made} FROM {on} WHERE a > {n}", comment=comment)
            case "materialized_view", _:
                index = [f"CREATE INDEX ix_{name} ON {name} (id)"] if n % 2 else []
                index += [f"CREATE UNIQUE INDEX ux_{name} ON {name} (a) WHERE n > 2"] if n % 3 else []
                query = f"SELECT id, a, {n} AS n, {called} AS made FROM {on}"
                MaterializedView(name, m, query, indexes=index, comment=comment)
            case "function", "postgresql":
                returns = "bigint" if n % 2 else "integer"
                head = f"CREATE FUNCTION {name}(x integer DEFAULT {n}) RETURNS {returns}"
                Function(name, m, f"{head} {sql} 'SELECT {called}'", comment=comment)
            case "function", _:
                Function(name, m, f"CREATE FUNCTION {name}(x INT) RETURNS INT DETERMINISTIC RETURN x + {called}")
            case "rows_function", _:
                body = f"BEGIN ATOMIC SELECT * FROM {on} WHERE id < {n}; END"
                Function(name, m, f"CREATE FUNCTION {name}() RETURNS SETOF {on} LANGUAGE sql {body}", comment=comment)
            case "procedure", "postgresql":
                body = f"UPDATE {t} SET a = {n} WHERE id IN (SELECT id FROM {on})"
                Procedure(name, m, f"CREATE PROCEDURE {name}() {sql} '{body}'", comment=comment)
            case "procedure", _:
                Procedure(name, m, f"CREATE PROCEDURE {name}() SELECT count(*) FROM {on} WHERE id = {n}")
            case (("trigger" | "view_trigger"), "postgresql"):
                body = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
                Function(f"f_{name}", m, f"CREATE FUNCTION f_{name}() {body}")
                when = "INSERT" if n % 2 else ("UPDATE" if thing.kind == "view_trigger" else "UPDATE OF a")
                when = f"{'INSTEAD OF' if thing.kind == 'view_trigger' else 'BEFORE'} {when}"
                place = f"CREATE TRIGGER {name} {when} ON {on}"
                Trigger(name, m, f"{place} FOR EACH ROW EXECUTE FUNCTION f_{name}()", comment=comment)
            case "trigger", "mysql":
                Trigger(name, m, f"CREATE TRIGGER {name} BEFORE INSERT ON {on} FOR EACH ROW SET NEW.a = {n}")
            case "trigger", _:
                Trigger(name, m, f"CREATE TRIGGER {name} AFTER INSERT ON {on} BEGIN UPDATE {on} SET a = {n}; END")
            case "view_trigger", _:
                body = f"BEGIN INSERT INTO {t} (a) VALUES (NEW.a + {n}); END"
                Trigger(name, m, f"CREATE TRIGGER {name} INSTEAD OF INSERT ON {on} {body}")
            case "policy", _:
                Policy(name, m, f"CREATE POLICY {name} ON {t} USING (a < {called})", comment=comment)
            case "row_security", _:
                RowSecurity(t, m, forced=bool(n % 2))
            case (("rule" | "view_rule"), _):
                where = f"WHERE OLD.a = {n} " if thing.kind == "rule" else ""
                does = "NOTHING" if n % 2 else f"UPDATE {t} SET a = {n}"
                Rule(name, m, f"CREATE RULE {name} AS ON DELETE TO {on} {where}DO INSTEAD {does}", comment=comment)
            case "aggregate", _:
                head = f"CREATE FUNCTION s_{name}(x integer, y integer) RETURNS integer"
                Function(f"s_{name}", m, f"{head} {sql} 'SELECT x'")
                made = f"(SFUNC = s_{name}, STYPE = integer, INITCOND = '{n}')"
                Aggregate(name, m, f"CREATE AGGREGATE {name} (integer) {made}", comment=comment)
            case "grant", _:
                self._grant(thing, m)
            case "default_privileges", _:
                words = "SELECT, INSERT" if n % 3 else "SELECT"
                DefaultPrivileges("tables", m, words, to="PUBLIC" if n % 2 else READER, schema=on)
            case "extension", _:
                Extension(name, m, version={"citext": "1.6", "hstore": "1.8"}.get(name) if n % 2 else None)
            case "schema", _:
                Schema(name, m, comment=comment)
            case "event_trigger", _:
                returns = "RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
                Function(f"f_{name}", m, f"CREATE FUNCTION f_{name}() {returns}")
                event = f"{('sql_drop', 'ddl_command_end')[n % 2]} WHEN TAG IN ('DROP DOMAIN')"
                text = f"CREATE EVENT TRIGGER {name} ON {event} EXECUTE FUNCTION f_{name}()"
                EventTrigger(name, m, text, comment=comment)
            case "event", _:
                Event(name, m, f"CREATE EVENT {name} ON SCHEDULE EVERY {n} DAY DO DELETE FROM {t} WHERE id = {n}")
            case "virtual_table", _:
                VirtualTable(name, m, f"CREATE VIRTUAL TABLE {name} USING fts5(a{n}, b, prefix = '{n}')")
            case "composite_type", _:
                CompositeType(name, m, f"CREATE TYPE {name} AS (a {'integer' if n % 2 else 'text'}, b integer)")

    @staticmethod
    def _grant(thing: Thing, m: MetaData) -> None:
        """A grant; which privileges there are depends on what it is on."""
        n, to = thing.number, "PUBLIC" if thing.number % 2 else READER
        on, words, further = {
            "function": ("function", ("EXECUTE", "ALL")[n // 2 % 2], ""),
            "composite_type": ("type", "USAGE", ""),
            "schema": ("schema", ("USAGE", "ALL")[n // 2 % 2], ""),
        }.get(thing.beneath, ("table", ("SELECT", "INSERT, SELECT (id)", "ALL", "UPDATE (id, a)")[n % 4], "DELETE"))
        name = f"{thing.on}(integer)" if on == "function" else thing.on
        Grant(name, m, words, to=to, on=on, with_grant_option=further if to == READER else "")


def drawn(rng: random.Random, backend: str, before: ObjectSet, count: int) -> ObjectSet:
    """``before`` and ``count`` further objects, which stand on any before them."""
    things = list(before.things)
    for _ in range(count):
        kind = rng.choice(KINDS[backend])
        below = [(each.name, each.kind) for each in things if each.kind in _BELOW.get(kind, ())]
        below += [(before.table, "table")] if "table" in _BELOW.get(kind, ("table",)) else []
        if not below:
            continue
        on, beneath = rng.choice(below)
        functions = [each.name for each in things if each.kind == "function"]
        calls = rng.choice(functions) if kind in _CALLING and functions and rng.random() < 0.4 else ""
        name = {
            "row_security": before.table,
            "extension": EXTENSIONS[int(before.table.strip("t")) % len(EXTENSIONS)],
        }.get(kind, f"{kind[0]}{before.table}_{rng.randrange(10**6)}")
        made = Thing(kind, name, on, beneath, calls, rng.randrange(1, 9))
        if any(each.name == name or (each.holder and each.holder == made.holder) for each in things):
            continue
        if kind in ("view_trigger", "view_rule") and any(each.on == on and each.kind == kind for each in things):
            continue
        things.append(made)
    return replace(before, things=tuple(things))


def changed(rng: random.Random, backend: str, before: ObjectSet) -> ObjectSet:
    """Some objects gone with what stands on them, some changed, some new; the table changed too at times."""
    gone: set[str] = set()
    kept: list[Thing] = []
    for each in before.things:
        if {each.on, each.calls} & gone or rng.random() < 0.2:
            gone.add(each.name)
        elif rng.random() < 0.4:
            number = each.number + 6 if each.holder else rng.randrange(1, 9)  # roles stay
            kept.append(replace(each, number=number))
        else:
            kept.append(each)
    after = ObjectSet(before.table, tuple(kept), rng.random() < 0.3, rng.random() < 0.3)
    return drawn(rng, backend, after, max(2, 8 - len(kept)))


def declaring(sets: Sequence[ObjectSet], backend: str) -> Callable[[MetaData], None]:
    """What declares all of ``sets``."""

    def declare(m: MetaData) -> None:
        for each in sets:
            each.declare(m, backend)

    return declare
