"""A history with a squash is one that the reference can run from empty, and from the end of the range on.

users [core] <- a1 <- a2 <- m1 <- m2          becomes          m1 [core] <- m2
          ^                /
          +----- b1 ------+
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from environments import make
from side_by_side import Tool, state
from test_in_turn import HISTORY, SCRIPT


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path / name}.db" for name in ("before", "after")]
        return
    server: servers.Server = request.getfixturevalue(f"{request.param}_server")
    urls = [server.create() for _ in range(2)]
    yield urls
    for url in urls:
        server.drop(str(sa.make_url(url).database))


def test_both_tools_run_it(alembic: Tool, limbeck: Tool, two_urls: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "env"
    make(alembic, "style-1.0", folder, "URL")
    env = folder / "db" / "env.py"
    env.write_text(env.read_text().replace('"URL"', 'context.get_x_argument(as_dictionary=True)["url"]'))
    for revision in HISTORY[:6]:
        (folder / "db" / "versions" / f"{revision[0]}.py").write_text(SCRIPT.format(*revision))
    before, after = two_urls
    alembic.succeeds(folder, "-x", f"url={before}", "upgrade", "heads")
    expected = state(before)
    limbeck.succeeds(folder, "-x", f"url={after}", "squash", "users:m1", "-m", "in one", "--yes")
    assert len(list((folder / "db" / "versions").glob("*.py"))) == 2  # the squash, and m2
    for url, steps in (
        (after, [(alembic, "upgrade heads")]),
        (after, [(alembic, "downgrade base"), (limbeck, "upgrade core@head")]),
        (after, [(limbeck, "downgrade base"), (alembic, "upgrade m1"), (limbeck, "upgrade heads")]),
        (before, [(alembic, "upgrade heads"), (alembic, "downgrade m1"), (limbeck, "upgrade heads")]),
        (before, [(limbeck, "downgrade base"), (limbeck, "upgrade m1"), (alembic, "upgrade heads")]),
    ):
        for tool, step in steps:
            tool.succeeds(folder, "-x", f"url={url}", *step.split())
        assert state(url) == expected, steps
