"""Random models by autogenerate of both tools: the statements of the script, up and down, and the warnings.

New models are rendered for three dialects. Changed ones are compared with a database of them as they were, on SQLite,
PostgreSQL and MariaDB.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import random_models
import servers
from left_out_models import OF_MODELS, ON_SERVERS
from machine import Machine, Tools, cells_of
from side_by_side import Tool
from sqlalchemy import make_url

MODELS = Machine(random_models.models, cells_of("models.py"), OF_MODELS)
CHANGES = Machine(random_models.change, cells_of("models.py"), OF_MODELS)

machines = pytest.mark.parametrize("machine", [MODELS, CHANGES], ids=["new", "changed"])


@pytest.fixture
def tools(alembic: Tool, limbeck: Tool) -> Tools:
    return alembic, limbeck


@machines
def test_both_render_the_same(tools: Tools, tmp_path: Path, machine: Machine) -> None:
    found = machine.run(tools, tmp_path, examples=240)
    assert not found, "\n".join(found)


def test_what_is_left_out_does_differ(tools: Tools, tmp_path: Path) -> None:
    assert CHANGES.untrue(tools, tmp_path) == []


@pytest.fixture(params=ON_SERVERS)
def changes_on_a_server(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """Changed models, with a database for each tool."""
    kind: str = request.param
    server: servers.Server = request.getfixturevalue(f"{kind}_server")
    urls = {name: server.create() for name in ("alembic", "limbeck")}
    ask = cells_of("models.py", lambda tool: {"urls": {kind: urls[tool.name]}})
    yield Machine(partial(random_models.change, dialect=kind), ask, ON_SERVERS[kind])
    for url in urls.values():
        server.drop(str(make_url(url).database))


def test_both_render_the_same_on_a_server(tools: Tools, tmp_path: Path, changes_on_a_server: Machine) -> None:
    found = changes_on_a_server.run(tools, tmp_path, examples=80)
    assert not found, "\n".join(found)


def test_what_is_left_out_on_a_server_does_differ(tools: Tools, tmp_path: Path, changes_on_a_server: Machine) -> None:
    assert changes_on_a_server.untrue(tools, tmp_path) == []


PLANTED = """
from limbeck.autogenerate.render import calls
render = calls._render_column
calls._render_column = lambda *arguments, **kw: render(*arguments, **kw).replace("nullable=False", "nullable=True")
"""


def test_a_planted_difference_is_found(tools: Tools, tmp_path: Path) -> None:
    """Columns that are never NOT NULL."""
    found = MODELS.run(tools, tmp_path, examples=40, planted=PLANTED, most=1)
    assert len(found) == 1
    assert len(found[0].splitlines()) == 5, "the example is not small"


@machines
@pytest.mark.campaign
def test_campaign(tools: Tools, tmp_path: Path, machine: Machine) -> None:
    found = machine.campaign(tools, tmp_path)
    assert not found, "\n\n".join(found)


@pytest.mark.campaign
def test_campaign_on_a_server(tools: Tools, tmp_path: Path, changes_on_a_server: Machine) -> None:
    found = changes_on_a_server.campaign(tools, tmp_path)
    assert not found, "\n\n".join(found)
