"""Scripts and env.py files that end or begin transactions by themselves: what Alembic gets through, gets through."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from side_by_side import Tool, state
from sqlalchemy import make_url

ENV = """
import sqlalchemy as sa
from alembic import context

engine = sa.create_engine({url!r}, poolclass=sa.NullPool)
with engine.connect() as connection:
    {before}
    context.configure(connection=connection{options})
    {around}
        context.run_migrations()
    {after}
"""

SCRIPT = """
import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

revision = {name!r}
down_revision = {down!r}

def create(name):
    op.create_table(name, sa.Column("x", sa.Integer))

def upgrade():
{body}

def downgrade():
    op.drop_table("last")
"""

USUAL = ("pass", "with context.begin_transaction():", "pass")
"""What env.py has before ``configure()``, around the run, and after it."""
BEGUN = ("connection.begin()", "if True:", "connection.commit()")

BLOCK = "with op.get_context().autocommit_block():\n    create('b')"
KEPT = {
    "commits, then a block": f"create('a')\nop.get_bind().commit()\n{BLOCK}",
    "a session commits, then a block": (
        f"session = Session(bind=op.get_bind())\nsession.execute(sa.text('CREATE TABLE a (x INTEGER)'))\n"
        f"session.commit()\n{BLOCK}"
    ),
    "commits": "create('a')\nop.get_bind().commit()\ncreate('b')",
    "commits, and begins": "op.get_bind().commit()\nwith op.get_bind().begin():\n    create('a')",
    "a savepoint": "with op.get_bind().begin_nested():\n    create('a')",
    "a savepoint that is rolled back": "point = op.get_bind().begin_nested()\ncreate('a')\npoint.rollback()",
    "a savepoint that stays open": "op.get_bind().begin_nested()\ncreate('a')",
    "COMMIT as text": "create('a')\nop.execute('COMMIT')\ncreate('b')",
    "COMMIT and BEGIN as text": "create('a')\nop.execute('COMMIT')\ncreate('b')\nop.execute('BEGIN')",
    "a block, then commits": f"op.get_bind().commit()\n{BLOCK}\nop.get_bind().commit()",
}
SETTINGS = ["", ", transaction_per_migration=True"]


def write(folder: Path, url: str, env: tuple[str, str, str], options: str, body: str) -> None:
    """A project with two revisions, the first of which has ``body``."""
    (folder / "m" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = m\n")
    before, around, after = env
    text = ENV.format(url=url, options=options, before=before, around=around, after=after)
    (folder / "m" / "env.py").write_text(text)
    for name, down, lines in (("r1", None, body), ("r2", "r1", "create('last')")):
        text = SCRIPT.format(name=name, down=down, body=textwrap.indent(lines, "    "))
        (folder / "m" / "versions" / f"{name}.py").write_text(text)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> servers.Server | None:
    """The server of each kind in turn; None for SQLite."""
    found: servers.Server | None = None
    if request.param != "sqlite":
        found = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def urls(server: servers.Server | None, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A database for each tool."""
    if server is None:
        yield f"sqlite:///{tmp_path}/one.db", f"sqlite:///{tmp_path}/two.db"
        return
    made = server.create(), server.create()
    yield made
    for url in made:
        server.drop(str(make_url(url).database))


@pytest.mark.parametrize("env", [USUAL, BEGUN], ids=["begun by the run", "begun by env.py"])
@pytest.mark.parametrize("options", SETTINGS, ids=["one transaction", "each its own"])
@pytest.mark.parametrize("body", KEPT.values(), ids=KEPT)
def test_a_script_that_ends_transactions(
    alembic: Tool,
    limbeck: Tool,
    tmp_path: Path,
    urls: tuple[str, str],
    env: tuple[str, str, str],
    options: str,
    body: str,
) -> None:
    """Where Alembic loses the version rows of a script that has committed, Limbeck keeps them."""
    found = []
    for tool, url in zip((alembic, limbeck), urls, strict=True):
        folder = tmp_path / tool.name
        write(folder, url, env, options, body)
        done = tool(folder, "upgrade", "head")
        found.append((done.code, state(url)))
    (code, theirs), (ours, mine) = found
    assert ours == 0 or code != 0
    assert code != 0 or mine == theirs or (theirs["rows"] == [] and mine["rows"] == ["r2"] and "last" in mine)


def test_an_error_names_what_is_committed_and_not_what_was_rolled_back(
    limbeck: Tool, tmp_path: Path, postgresql_url: str
) -> None:
    write(
        tmp_path / "p",
        postgresql_url,
        USUAL,
        ", transaction_per_migration=True",
        f"create('a')\nop.get_bind().rollback()\n{BLOCK}\nraise ValueError",
    )
    done = limbeck(tmp_path / "p", "upgrade", "head")
    assert "CREATE TABLE b" in done.err
    assert "CREATE TABLE a" not in done.err


@pytest.mark.parametrize(
    "command",
    [
        ("upgrade", "nope"),
        ("upgrade", "r2:r1"),
        ("upgrade", "+9"),
        ("downgrade", "nope"),
        ("downgrade", "-1"),
        ("stamp", "nope"),
        ("stamp", "--purge", "nope"),
    ],
    ids=" ".join,
)
def test_a_target_that_is_refused_leaves_nothing(
    limbeck: Tool, tmp_path: Path, urls: tuple[str, str], command: tuple[str, ...]
) -> None:
    write(tmp_path / "p", urls[0], USUAL, "", "create('a')")
    assert limbeck(tmp_path / "p", *command).code
    assert state(urls[0]) == {"rows": []}


def test_several_heads_leave_nothing(limbeck: Tool, tmp_path: Path, urls: tuple[str, str]) -> None:
    write(tmp_path / "p", urls[0], USUAL, "", "create('a')")
    other = SCRIPT.format(name="r3", down="r1", body="    pass")
    (tmp_path / "p" / "m" / "versions" / "r3.py").write_text(other)
    assert limbeck(tmp_path / "p", "upgrade", "head").code
    assert state(urls[0]) == {"rows": []}


def test_version_rows_stand_in_their_statements(
    alembic: Tool, limbeck: Tool, tmp_path: Path, urls: tuple[str, str]
) -> None:
    """Who follows the SQL looks for the id there; Alembic asks some databases for the row besides."""
    said = []
    for tool, url in zip((alembic, limbeck), urls, strict=True):
        folder = tmp_path / tool.name
        listen = "sa.event.listen(connection, 'before_cursor_execute', lambda *args: print(args[2]))"
        write(folder, url, (listen, *USUAL[1:]), "", "create('a')")
        printed = tool.succeeds(folder, "upgrade", "head").out + tool.succeeds(folder, "downgrade", "-1").out
        lines = [line.partition(" RETURNING")[0] for line in printed.splitlines()]
        said.append([line for line in lines if line.startswith(("INSERT", "UPDATE"))])
    assert said[0] == said[1]
    assert "'r2'" in said[0][1]
