"""How far a long rebuild is: on stderr, at a terminal, for more than 100,000 rows."""

import os
import pty
import threading
from contextlib import contextmanager, redirect_stderr, suppress

import pytest
import sqlalchemy as sa
from test_batch import Database

from limbeck.dialects.sqlite import progress as rebuild_progress

FILL = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
    "INSERT INTO t SELECT i, i, 'x' FROM n"
)


@contextmanager
def terminal():
    """A terminal in the place of stderr; what was written to it is there when the block has ended."""
    ours, theirs = pty.openpty()
    written = []

    def read():
        with os.fdopen(ours, "rb", buffering=0) as stream, suppress(OSError):  # which is how a closed terminal ends
            while piece := stream.read(4096):
                written.append(piece.decode())

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, redirect_stderr(stream):
        yield written
    reader.join(10)


def rebuilt(url, rows, **opts):
    database = Database(
        url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)",
        "CREATE INDEX ix ON t (a)",
        FILL.format(rows),
        **opts,
    )
    database.batch(lambda b: b.alter_column("a", nullable=False))
    return database


@pytest.mark.parametrize("opts", [{}, {"edition": 2026}], ids=["no edition", "edition"])
def test_at_a_terminal_a_long_rebuild_says_how_far_it_is(opts, sqlite_url, monkeypatch):
    monkeypatch.setattr(rebuild_progress, "_PAUSE", 0)
    with terminal() as written:
        database = rebuilt(sqlite_url, 100_001, **opts)
    lines = "".join(written).replace("\r\n", "\n").split("\n")
    copying = lines[0].split("\r")[1:]
    shares = [int(each.split()[-2]) for each in copying[:-1]]
    assert copying[0].startswith("  table t: copying 100,001 rows ... ")
    assert shares == sorted(shares)
    assert shares[len(shares) // 2] in range(35, 65)  # what EXPLAIN says of the length is true
    assert shares[-1] in range(80, 100)
    assert copying[-1].startswith("  table t: copying 100,001 rows ... done in ")
    assert lines[1].split("\r")[-1].startswith("  table t: ix ... done in ")
    assert len(database.rows()) == 100_001


def test_a_small_table_is_no_news(sqlite_url):
    with terminal() as written:
        rebuilt(sqlite_url, 1000)
    assert written == []


def test_elsewhere_than_at_a_terminal_nothing_is_said_or_asked(sqlite_url, capsys):
    database = rebuilt(sqlite_url, 100_001)
    assert capsys.readouterr().err == ""
    assert not any("EXPLAIN" in statement for statement in database.sent)


def test_an_interrupt_stops_the_copy_and_leaves_everything_as_it_was(sqlite_url, monkeypatch):
    """Without a word from SQLite, Python would hear of Ctrl-C at the end of the statement."""
    database = rebuilt(sqlite_url, 100_001)
    before = database.sql()

    def interrupt(line, state):
        if "%" in state:
            raise KeyboardInterrupt

    monkeypatch.setattr(rebuild_progress, "_PAUSE", 0)
    monkeypatch.setattr(rebuild_progress._Line, "_write", interrupt)
    with terminal(), pytest.raises(KeyboardInterrupt):
        database.batch(lambda b: b.alter_column("b", nullable=False))
    assert database.sql() == before
    with database.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*), sum(a) FROM t")).one() == (100_001, 100_001 * 100_002 // 2)
