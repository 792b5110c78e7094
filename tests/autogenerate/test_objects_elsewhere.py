"""Views, routines and triggers of MariaDB, views and triggers of SQLite: compared, changed, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table
from staging import Stage

from limbeck.errors import CommandError
from limbeck.objects import Event, Function, MaterializedView, Procedure, Trigger, View, objects_in


def declared(*objects: Callable[[MetaData], Any], total: Any = Integer, **columns: Any) -> Callable[[MetaData], None]:
    """A model of the table ``orders`` and of objects."""

    def fill(m: MetaData) -> None:
        Table(
            "orders",
            m,
            Column("id", Integer, primary_key=True),
            Column("total", total),
            Column("name", String(20)),
            *(Column(name, type_) for name, type_ in columns.items()),
        )
        for each in objects:
            each(m)

    return fill


def of(kind: Any, name: str, sql: str, **options: Any) -> Callable[[MetaData], Any]:
    return lambda m: kind(name, m, sql, **options)


LARGE = of(View, "large", "SELECT id, total FROM orders WHERE total > 10")
NAMES = of(View, "names", "SELECT l.id, o.name FROM large l JOIN orders o ON o.id = l.id")

EVERYWHERE: dict[str, tuple[Any, Any]] = {
    "views on views, declared the other way round": (declared(), declared(NAMES, LARGE)),
    "another condition": (
        declared(LARGE, NAMES),
        declared(of(View, "large", "SELECT id, total FROM orders WHERE total > 9"), NAMES),
    ),
    "a view on a new column": (
        declared(LARGE),
        declared(of(View, "large", "SELECT id, more FROM orders"), more=Integer),
    ),
    "a view with a star": (
        declared(of(View, "v", "SELECT * FROM orders")),
        declared(of(View, "v", "SELECT * FROM orders"), more=Integer),
    ),
    "a type changes below": (declared(LARGE), declared(LARGE, total=BigInteger)),
    "per cent signs": (
        declared(),
        declared(of(View, "v", "SELECT name FROM orders WHERE name LIKE '50%' AND name <> ':a'")),
    ),
    "with a new table": (lambda m: None, declared(NAMES, LARGE)),
}
ON_MARIADB = {
    "a function": (
        declared(of(Function, "twice", "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2")),
        declared(of(Function, "twice", "CREATE FUNCTION twice(n INT) RETURNS BIGINT DETERMINISTIC RETURN n * 2")),
    ),
    "a view calls a function": (
        declared(),
        declared(
            of(View, "v", "SELECT twice(total) AS t FROM orders"),
            of(Function, "twice", "CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2"),
        ),
    ),
    "a procedure": (
        declared(),
        declared(
            of(Procedure, "clear", "CREATE PROCEDURE clear()\nBEGIN\n  DELETE FROM orders WHERE name LIKE '%a';\nEND")
        ),
    ),
    "an event": (
        declared(of(Event, "sweep", "CREATE EVENT sweep ON SCHEDULE EVERY 1 HOUR DO DELETE FROM orders WHERE id = 1")),
        declared(
            of(
                Event,
                "sweep",
                "create event `sweep` on schedule every 2 day starts '2036-01-01 00:00:00' on completion preserve "
                "enable comment 'DO; it' do begin delete from orders; end",
            ),
            of(
                Event,
                "once",
                "CREATE EVENT once ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 9 YEAR DISABLE DO DELETE FROM orders",
            ),
        ),
    ),
    "a trigger": (
        declared(of(Trigger, "named", "CREATE TRIGGER named BEFORE INSERT ON orders FOR EACH ROW SET NEW.name = 'a'")),
        declared(of(Trigger, "named", "CREATE TRIGGER named BEFORE UPDATE ON orders FOR EACH ROW SET NEW.name = 'b'")),
    ),
}
ON_SQLITE = {
    "a trigger": (
        declared(
            of(Trigger, "named", "CREATE TRIGGER named AFTER INSERT ON orders BEGIN UPDATE orders SET name = 'a'; END")
        ),
        declared(of(Trigger, "named", "CREATE TRIGGER named AFTER DELETE ON orders BEGIN DELETE FROM orders; END")),
    ),
    "a trigger on a view": (
        declared(),
        declared(
            of(
                Trigger,
                "t",
                "CREATE TRIGGER t INSTEAD OF INSERT ON large BEGIN INSERT INTO orders (id) VALUES (NEW.id); END",
            ),
            LARGE,
        ),
    ),
    "a view with names of its columns": (
        declared(LARGE),
        declared(of(View, "large", "CREATE VIEW large (a, b) AS SELECT id, total FROM orders")),
    ),
}
PAIRS = EVERYWHERE | ON_MARIADB


@pytest.fixture
def mariadb(mariadb_url: str) -> Iterator[Stage]:
    yield from staged(mariadb_url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Stage]:
    yield from staged(sqlite_url)


def staged(url: str) -> Iterator[Stage]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        yield Stage(connection)
        connection.rollback()


@pytest.mark.parametrize("name", EVERYWHERE | ON_MARIADB)
def test_there_and_back_on_mariadb(mariadb: Stage, name: str) -> None:
    mariadb.there_and_back(*(EVERYWHERE | ON_MARIADB)[name])


@pytest.mark.parametrize("name", EVERYWHERE | ON_SQLITE)
def test_there_and_back_on_sqlite(sqlite: Stage, name: str) -> None:
    sqlite.there_and_back(*(EVERYWHERE | ON_SQLITE)[name])


def test_the_moment_of_creation_is_no_difference(mariadb: Stage) -> None:
    sweep = "CREATE EVENT sweep ON SCHEDULE EVERY 1 HOUR {} DO DELETE FROM orders"
    mariadb.make(declared(of(Event, "sweep", sweep.format("STARTS '2036-01-01 00:00:00'"))))
    assert mariadb.diffs(declared(of(Event, "sweep", sweep.format("")))) == []
    assert len(mariadb.diffs(declared(of(Event, "sweep", sweep.format("STARTS '2037-01-01 00:00:00'"))))) == 1
    assert len(mariadb.diffs(declared(of(Event, "sweep", sweep.format("DISABLE"))))) == 1


def test_mariadb_keeps_no_scratch_database(mariadb: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _size: "abadcafe")
    with pytest.raises(
        CommandError, match="refuses view v, line 1 of its text: You have an error in your SQL syntax"
    ) as raised:
        mariadb.compare(declared(LARGE, of(View, "v", "SELECT FORM orders WHERE")))
    assert (raised.value.code, raised.value.file) == ("object-syntax", __file__)
    left = mariadb.connection.exec_driver_sql("SHOW DATABASES LIKE 'limbeck_scratch_abadcafe%%'").all()
    assert left == []


@pytest.mark.parametrize("backend", ["mariadb", "sqlite"])
def test_a_circle(request: pytest.FixtureRequest, backend: str) -> None:
    stage = request.getfixturevalue(backend)
    views = [of(View, name, f"SELECT x.id FROM orders o JOIN {on} x ON x.id = o.id") for name, on in ("ab", "bc", "ca")]
    with pytest.raises(CommandError, match="Objects stand on each other in a circle: view ") as raised:
        stage.compare(declared(*views))
    assert raised.value.code == "objects-in-a-circle"


def test_views_that_name_each_other_without_a_circle(sqlite: Stage) -> None:
    """``a`` and ``b`` are columns too."""
    named = of(View, "a", "SELECT id AS b FROM orders"), of(View, "b", "SELECT id AS a FROM orders")
    sqlite.make(declared(*named))


def test_a_syntax_error_on_sqlite_has_its_line(sqlite: Stage, tmp_path: Path) -> None:
    (tmp_path / "v.sql").write_text("CREATE VIEW v AS\nSELECT id AS form\nFROM orders\nform form;\n")
    with pytest.raises(CommandError, match='refuses view v, line 4 of its text: near "form": syntax error') as raised:
        sqlite.compare(lambda m: objects_in(tmp_path, m))
    assert (raised.value.code, raised.value.file, raised.value.line) == ("object-syntax", str(tmp_path / "v.sql"), 4)


def test_spelling_is_no_difference_on_sqlite(sqlite: Stage) -> None:
    sqlite.make(declared(LARGE))
    spelled = 'select  "id", total -- both\nFROM orders where total>10;'
    assert sqlite.diffs(declared(of(View, "large", spelled))) == []
    assert len(sqlite.diffs(declared(of(View, "large", spelled.replace("10", "11"))))) == 1


def test_a_syntax_error_on_sqlite(sqlite: Stage) -> None:
    with pytest.raises(CommandError, match='refuses view v, line 1 of its text: near "orders": syntax error'):
        sqlite.compare(declared(of(View, "v", "SELECT 1 FORM orders WHERE")))


def test_a_kind_that_the_database_lacks(sqlite: Stage) -> None:
    with pytest.raises(
        CommandError, match="sqlite has no materialized views, and MaterializedView\\('v'\\) is declared"
    ) as raised:
        sqlite.compare(declared(of(MaterializedView, "v", "SELECT 1")))
    assert raised.value.hint == 'name the dialect that it is for: dialect="postgresql"'
    assert sqlite.diffs(declared(of(MaterializedView, "v", "SELECT 1", dialect=["postgresql"]))) != []


def test_a_folder_of_files(sqlite: Stage, tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "b.sql").write_text("-- the first\nCREATE VIEW large AS\nSELECT id, total FROM orders;\n")
    (tmp_path / "a.sql").write_text('CREATE VIEW IF NOT EXISTS "na mes" AS SELECT id FROM large')

    def fill(m: MetaData) -> None:
        declared()(m)
        assert [(each.kind, each.name) for each in objects_in(tmp_path, m)] == [("view", "na mes"), ("view", "large")]

    sqlite.make(fill)
    assert sa.inspect(sqlite.connection).get_view_names() == ["large", "na mes"]
    (tmp_path / "c.sql").write_text("CREATE TABLE t (a integer)")
    with pytest.raises(CommandError, match=r"c\.sql does not begin with a CREATE statement") as raised:
        objects_in(tmp_path, MetaData())
    assert (raised.value.file, raised.value.line) == (str(tmp_path / "c.sql"), 1)
    with pytest.raises(CommandError, match="There is no folder"):
        objects_in(tmp_path / "none", MetaData())
