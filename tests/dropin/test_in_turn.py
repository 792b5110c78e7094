"""Both tools on one database, step by step in turn: version rows and schema are what the reference alone makes of it.

The history, of two bases; labels in brackets, a dotted arrow is a dependency::

    users [core] <- a1 <- a2 <- m1 <- m2
              ^      ^         /
              |      :       /
              +-- b1 :[side]
                     :
    shop [store] <- s2 <- s3
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from environments import make
from side_by_side import Tool, state

# id, parents, label, dependency, what upgrade() does, what downgrade() does
HISTORY = [
    ("users", None, "core", None, 'op.create_table("users", ID, NAME)', 'op.drop_table("users")'),
    (
        "a1",
        "users",
        None,
        None,
        'op.add_column("users", sa.Column("born", sa.Date))',
        'op.drop_column("users", "born")',
    ),
    ("a2", "a1", None, None, 'op.create_index("ix", "users", ["born"])', 'op.drop_index("ix", "users")'),
    ("b1", "users", "side", None, 'op.create_table("roles", ID, NAME)', 'op.drop_table("roles")'),
    ("m1", ("a2", "b1"), None, None, "pass", "pass"),
    ("m2", "m1", None, None, 'op.create_table("logins", ID, NAME)', 'op.drop_table("logins")'),
    ("shop", None, "store", None, 'op.create_table("shop", ID, NAME)', 'op.drop_table("shop")'),
    ("s2", "shop", None, "a1", 'op.create_table("orders", ID, NAME)', 'op.drop_table("orders")'),
    ("s3", "s2", None, None, 'op.create_table("bills", ID, NAME)', 'op.drop_table("bills")'),
]

SCRIPT = '''"""{0}"""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = {0!r}, {1!r}, {2!r}, {3!r}
ID, NAME = sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20), server_default="x")


def upgrade():
    {4}


def downgrade():
    {5}
'''

STEPS = [
    "upgrade users",
    "upgrade core@a1",
    "upgrade side@b1",
    "upgrade store@s2",
    "upgrade a2",
    "upgrade m1",
    "downgrade a2",
    "upgrade heads",
    "downgrade m1",
    "downgrade side@b1",
    "downgrade store@-1",
    "upgrade store@+1",
    "upgrade heads",
    "stamp a2",
    "stamp --purge b1 s2",
    "stamp --purge base",
    "stamp heads",
    "downgrade store@shop",
    "upgrade s2",
    "downgrade a2",
    "ensure_version",
    "upgrade heads",
    "downgrade base",
    "upgrade heads",
]

ROWS = {"upgrade m1": ["m1", "s2"], "stamp --purge b1 s2": ["b1", "s2"], "downgrade base": []}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def three_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Three empty databases of one kind."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path / name}.db" for name in ("alone", "even", "odd")]
        return
    server: servers.Server = request.getfixturevalue(f"{request.param}_server")
    urls = [server.create() for _ in range(3)]
    yield urls
    for url in urls:
        server.drop(str(sa.make_url(url).database))


def test_rows_and_schema_are_those_of_the_reference_alone(
    alembic: Tool, limbeck: Tool, three_urls: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "env"
    make(alembic, "style-1.0", folder, "URL")
    env = folder / "db" / "env.py"
    env.write_text(env.read_text().replace('"URL"', 'context.get_x_argument(as_dictionary=True)["url"]'))
    for revision in HISTORY:
        (folder / "db" / "versions" / f"{revision[0]}.py").write_text(SCRIPT.format(*revision))
    for number, step in enumerate(STEPS):
        in_turn = (limbeck, alembic) if number % 2 else (alembic, limbeck)
        found = []
        for tool, url in zip((alembic, *in_turn), three_urls, strict=True):
            tool.succeeds(folder, "-x", f"url={url}", *step.split())
            found.append(state(url))
        alone, even, odd = found
        assert even == alone, step
        assert odd == alone, step
        if step in ROWS:
            assert alone["rows"] == ROWS[step], step


def test_a_run_that_fails_under_one_tool_is_finished_by_the_other(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    """a1 fails after users: whichever tool ran, the other goes on from there when the script is repaired."""
    for first, second in ((alembic, limbeck), (limbeck, alembic)):
        folder = tmp_path / first.name
        url = f"sqlite:///{folder / 'one.db'}"
        make(alembic, "style-1.0", folder, url)
        versions = folder / "db" / "versions"
        for revision in HISTORY[:2]:
            (versions / f"{revision[0]}.py").write_text(SCRIPT.format(*revision))
        sound = (versions / "a1.py").read_text()
        (versions / "a1.py").write_text(
            sound.replace("def upgrade():\n", "def upgrade():\n    raise ValueError('no')\n")
        )
        assert first(folder, "upgrade", "head").code != 0
        assert state(url)["rows"] == ["users"]
        (versions / "a1.py").write_text(sound)
        second.succeeds(folder, "upgrade", "head")
        assert state(url)["rows"] == ["a1"]
