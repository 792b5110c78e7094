# ruff: noqa: E501 - SQL in a table
"""What projects do with alembic-utils' kinds of entities, as data that either tool takes: objects before, and after.

An object is a kind, its name (of a function its signature), its text and the table that it is on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Objects = tuple[tuple[str, ...], ...]

ITEM = "CREATE TABLE item (id int PRIMARY KEY, name text, price int)"
ROWS = "INSERT INTO item VALUES (1, 'a', 10), (2, 'b', 20)"


@dataclass(frozen=True)
class Case:
    """A change of objects.

    :param before: the objects that there are. :param after: those that there are to be.
    :param by_hand: what was done to the former without a tool: grants, indexes.
    :param asks: a query. :param answer: its first row afterwards.
    """

    before: Objects
    after: Objects
    asks: str
    answer: list[object]
    by_hand: tuple[str, ...] = field(default=())


DEAR = ("view", "dear", "SELECT id, name, price FROM item WHERE price > 10")
NAMES = ("view", "names", "SELECT id, name FROM dear")
SETTING = ("function", "setting()", "returns trigger as $$ begin new.price = 7; return new; end $$ language plpgsql")
ADDING = (
    "function",
    "adding()",
    "returns trigger as $$ begin insert into item values (new.id, new.name, 5); return new; end $$ language plpgsql",
)

CASES = {
    "a view on a view, declared before it": Case((), (NAMES, DEAR), "SELECT count(*) FROM names", [1]),
    "the same view, spelled otherwise": Case(
        (DEAR,),
        (("view", "dear", "select i.id, i.name, i.price from item as i where (i.price > 10)"),),
        "SELECT count(*) FROM dear",
        [1],
    ),
    "a view loses a column below another": Case(
        (DEAR, NAMES),
        (("view", "dear", "SELECT id, name FROM item WHERE price > 10"), NAMES),
        "SELECT count(*), has_table_privilege('limbeck_reader', 'names', 'SELECT') FROM names",
        [1, True],
        ("GRANT SELECT ON names, dear TO limbeck_reader",),
    ),
    "a view is replaced that a role may read": Case(
        (DEAR,),
        (("view", "dear", "SELECT id, price FROM item WHERE price > 15"),),
        "SELECT count(*), has_table_privilege('limbeck_reader', 'dear', 'SELECT') FROM dear",
        [1, True],
        ("GRANT SELECT ON dear TO limbeck_reader",),
    ),
    "one of two overloads changes": Case(
        (
            ("function", "twice(n integer)", "returns integer language sql as 'select n * 2'"),
            ("function", "twice(t text)", "returns text language sql as 'select t || t'"),
        ),
        (
            ("function", "twice(n integer)", "returns integer language sql as 'select n + n'"),
            ("function", "twice(t text)", "returns text language sql as 'select t || '',''|| t'"),
        ),
        "SELECT twice(4), twice('a'::text)",
        [8, "a,a"],
    ),
    "a default of a function changes": Case(
        (("function", "more(n integer, by integer default 1)", "returns integer language sql as 'select n + by'"),),
        (("function", "more(n integer, by integer default 5)", "returns integer language sql as 'select n + by'"),),
        "SELECT more(1)",
        [6],
    ),
    "a function returns another type": Case(
        (("function", "total()", "returns integer language sql as 'select sum(price)::int from item'"),),
        (("function", "total()", "returns numeric language sql as 'select sum(price) * 1.5 from item'"),),
        "SELECT total()::text, has_function_privilege('limbeck_reader', 'total()', 'EXECUTE')",
        ["45.0", False],
        ("REVOKE EXECUTE ON FUNCTION total() FROM PUBLIC",),
    ),
    "a function that a view calls returns another type": Case(
        (
            ("function", "rate()", "returns integer language sql as 'select 2'"),
            ("view", "rated", "SELECT id, price * rate() AS rated FROM item"),
        ),
        (
            ("function", "rate()", "returns numeric language sql as 'select 2.5'"),
            ("view", "rated", "SELECT id, price * rate() AS rated FROM item"),
        ),
        "SELECT rated::text FROM rated ORDER BY id",
        ["25.0"],
    ),
    "a trigger on a table changes": Case(
        (
            SETTING,
            ("trigger", "set_it", "before insert on public.item for each row execute function setting()", "item"),
        ),
        (
            SETTING,
            (
                "trigger",
                "set_it",
                "before insert or update on public.item for each row execute function setting()",
                "item",
            ),
        ),
        "WITH u AS (UPDATE item SET name = 'z' WHERE id = 1 RETURNING price) SELECT price FROM u",
        [7],
    ),
    "a trigger on a view that changes": Case(
        (
            DEAR,
            ADDING,
            ("trigger", "add_it", "instead of insert on public.dear for each row execute function adding()", "dear"),
        ),
        (
            ("view", "dear", "SELECT id, name FROM item WHERE price > 15"),
            ADDING,
            ("trigger", "add_it", "instead of insert on public.dear for each row execute function adding()", "dear"),
        ),
        "WITH i AS (INSERT INTO dear (id, name) VALUES (3, 'c') RETURNING id) SELECT id FROM i",
        [3],
    ),
    "a policy changes": Case(
        (("policy", "cheap", "for select using (price < 15)", "item"),),
        (("policy", "cheap", "for select using (price < 25)", "item"),),
        "SELECT count(*) FROM pg_policies WHERE qual = '(price < 25)'",
        [1],
    ),
    "a grant on a column comes": Case(
        (("grant", "item", "SELECT"),),
        (("grant", "item", "SELECT"), ("grant", "item", "UPDATE")),
        "SELECT has_column_privilege('limbeck_reader', 'item', 'id', 'SELECT'), has_column_privilege('limbeck_reader', 'item', 'id', 'UPDATE')",
        [True, True],
    ),
    "a materialized view with an index and rows": Case(
        (("materialized_view", "totals", "SELECT name, sum(price) AS total FROM item GROUP BY name"),),
        (("materialized_view", "totals", "SELECT name, sum(price) + 1 AS total FROM item GROUP BY name"),),
        "SELECT (SELECT count(*) FROM totals), (SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_totals')",
        [2, 1],
        ("CREATE UNIQUE INDEX ix_totals ON totals (name)",),
    ),
    "a materialized view below a view": Case(
        (
            ("materialized_view", "totals", "SELECT name, sum(price) AS total FROM item GROUP BY name"),
            ("view", "large", "SELECT name FROM totals WHERE total > 5"),
        ),
        (
            ("materialized_view", "totals", "SELECT name, sum(price) + 1 AS total FROM item GROUP BY name"),
            ("view", "large", "SELECT name FROM totals WHERE total > 5"),
        ),
        "SELECT count(*) FROM large",
        [2],
    ),
    "a view goes that another stands on": Case(
        (DEAR, NAMES), (), "SELECT count(*) FROM pg_views WHERE schemaname = 'public'", [0]
    ),
}
