"""The order of objects by their texts alone."""

from __future__ import annotations

import pytest

from limbeck.objects.definition import ObjectDefinition, ObjectId
from limbeck.objects.order import circle, in_order
from limbeck.objects.statement import line_of, table_of, with_or_replace


def views(**texts: str) -> list[ObjectDefinition]:
    return [ObjectDefinition(ObjectId("view", None, name), sql) for name, sql in texts.items()]


@pytest.mark.parametrize(
    ("texts", "order", "around"),
    [
        ({"a": "SELECT 1", "b": "SELECT 2"}, "a b", ""),
        ({"a": "SELECT * FROM B", "b": "SELECT 2"}, "b a", ""),
        ({"a": "SELECT * FROM b JOIN c", "b": "SELECT 1", "c": "SELECT * FROM b"}, "b c a", ""),
        ({"a": 'SELECT * FROM "x""y"', 'x"y': "SELECT 1"}, 'x"y a', ""),
        ({"a": "SELECT 1 AS a"}, "a", ""),
        ({"a": "FROM b", "b": "FROM c", "c": "FROM b"}, "c b a", "b c"),
        ({"a": "FROM ab, aba", "ab": "SELECT 1", "aba": "FROM ab"}, "ab aba a", ""),
    ],
)
def test_each_comes_after_what_it_mentions(texts: dict[str, str], order: str, around: str) -> None:
    assert " ".join(each.id.name for each in in_order(views(**texts))) == order
    assert " ".join(each.id.name for each in circle(views(**texts))) == around


def test_a_thousand_on_each_other() -> None:
    texts = {f"v{n}": f"SELECT * FROM v{n + 1}" for n in range(1000)}
    assert [each.id.name for each in in_order(views(**texts))] == [f"v{n}" for n in reversed(range(1000))]


@pytest.mark.parametrize(
    ("kind", "sql", "table"),
    [
        ("trigger", "CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW", (None, "orders")),
        ("trigger", 'create trigger "on" after update of a on "s"."Or""d" for each row', ("s", 'Or"d')),
        ("trigger", "CREATE TRIGGER t BEFORE DELETE /* ON x */ ON `o` FOR EACH ROW", (None, "o")),
        ("policy", "CREATE POLICY p ON s.orders USING (true)", ("s", "orders")),
        ("rule", "CREATE RULE r AS ON INSERT TO orders DO NOTHING", (None, "orders")),
        ("trigger", "CREATE TRIGGER t", None),
        ("trigger", "CREATE TRIGGER t BEFORE INSERT ON", None),
    ],
)
def test_the_table_of_a_statement(kind: str, sql: str, table: tuple[str | None, str] | None) -> None:
    assert table_of(kind, sql) == table


def test_or_replace() -> None:
    assert with_or_replace("-- a\ncreate function f()") == "-- a\ncreate OR REPLACE function f()"
    assert with_or_replace("CREATE  OR\nREPLACE FUNCTION f()") == "CREATE  OR\nREPLACE FUNCTION f()"


def test_the_line_of_a_position() -> None:
    assert [line_of("a\nb\nc", position) for position in (1, 2, 3, 5)] == [1, 1, 2, 3]
