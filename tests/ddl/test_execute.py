"""SQL given as text reaches the database as it was written, on every driver."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

TEXTS = {
    "colon": ("':name'", ":name"),
    "colon and word": ("'a :b c:d'", "a :b c:d"),
    "time": ("'10:30'", "10:30"),
    "escaped colon": (r"'10\:30 \:x'", "10:30 :x"),
    "colons around": ("':name:'", ":name:"),
    "percent": ("'50%'", "50%"),
    "percents": ("'50%% %s %(x)s'", "50%% %s %(x)s"),
    "question mark": ("'why?'", "why?"),
    "tab": ("'a\tb'", "a\tb"),
    "line": ("'a\n:b'", "a\n:b"),
}


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_text_arrives_as_written(url: str, request) -> None:
    online = None
    database = request.getfixturevalue(url)
    online = request.getfixturevalue("online")(database)
    online.run("CREATE TABLE t (what VARCHAR(30), x VARCHAR(90))")
    for what, (written, _) in TEXTS.items():
        online.op.execute(f"INSERT INTO t VALUES ('{what}', {written})")
    assert dict(online.rows("SELECT what, x FROM t")) == {what: stored for what, (_, stored) in TEXTS.items()}


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_parameters_are_bound_where_they_are_given(url: str, request) -> None:
    database = request.getfixturevalue(url)
    online = request.getfixturevalue("online")(database)
    online.run("CREATE TABLE t (x VARCHAR(90))")
    online.op.impl.execute("INSERT INTO t VALUES (:x)", params={"x": "50% :y"})
    online.op.impl.execute("INSERT INTO t VALUES (:x)", params=[{"x": "a"}, {"x": "b"}])
    online.op.execute(sa.text("INSERT INTO t VALUES (:x)").bindparams(x="c"))
    assert [row[0] for row in online.rows("SELECT x FROM t ORDER BY x")] == ["50% :y", "a", "b", "c"]


def test_postgresql_casts_are_no_binds(postgresql_url, online) -> None:
    pg = online(postgresql_url)
    pg.op.execute("CREATE TABLE t AS SELECT '{\"a\": 1}'::jsonb AS x, '2020-01-01 10:20'::timestamp AS y")
    assert pg.rows("SELECT x ->> 'a', y::text FROM t") == [("1", "2020-01-01 10:20:00")]


def test_execution_options_hold_for_their_statement(sqlite_url, online) -> None:
    lite = online(sqlite_url)
    seen = []
    sa.event.listen(
        lite.connection, "before_cursor_execute", lambda *args: seen.append(args[4].execution_options.get("mark"))
    )
    lite.op.execute("SELECT 1", execution_options={"mark": "here"})
    lite.op.execute("SELECT 1")
    assert seen == ["here", None]
