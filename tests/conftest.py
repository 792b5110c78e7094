"""Databases for the tests: `sqlite_url`, `postgresql_url`, `mariadb_url`, each empty and each test's own.

What is not there skips the tests that need it, and the last line of the run says which;
`LIMBECK_TEST_REQUIRE=postgresql,mariadb,reference,libraries,squawk,pictures,graphviz,chromium` turns such a skip into
a failure.
`LIMBECK_TEST_ASYNCIO=1` has the URLs name asyncio drivers, and each test run below SQLAlchemy's bridge for them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import servers
from _pytest.runner import runtestprotocol
from drawing_tools import DrawingTools, by_graphviz
from sqlalchemy import make_url
from sqlalchemy.util import greenlet_spawn

MISSING = "is missing on this machine"

# Tests write a script, run it and write it anew within the second that compiled files tell sources apart by.
sys.dont_write_bytecode = True
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

missing: set[str] = set()

ASYNCIO = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mysql": "mysql+aiomysql"}
BELOW_THE_BRIDGE = "LIMBECK_TEST_ASYNCIO" in os.environ


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test and its fixtures where plain functions can use asyncio drivers, if that is asked for."""
    if not BELOW_THE_BRIDGE:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    asyncio.run(greenlet_spawn(runtestprotocol, item, nextitem=nextitem))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _url(plain: str) -> str:
    """The URL that a test gets of a database; a test that reads a table again may have changed it meanwhile."""
    if not BELOW_THE_BRIDGE:
        return plain
    backend, _, rest = plain.partition("://")
    driver = ASYNCIO[backend.partition("+")[0]]
    return f"{driver}://{rest}" + ("?prepared_statement_cache_size=0" if driver.endswith("asyncpg") else "")


@pytest.fixture(autouse=True)
def loggers() -> None:
    """Nobody has configured Alembic's loggers, whatever env.py of an earlier test did for the whole process."""
    for each in _loggers():
        each.setLevel(logging.NOTSET)
        each.disabled, each.propagate = False, True


def _loggers() -> list[logging.Logger]:
    known = logging.root.manager.loggerDict.items()
    return [each for name, each in known if name.startswith("alembic") and isinstance(each, logging.Logger)]


@pytest.fixture
def interrupts() -> Iterator[None]:
    """SIGINT raises and SIGHUP ends, also where a shell has put the tests into the background, or nohup has."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hung_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGHUP, hung_up)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return _url(f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture(scope="session")
def _found() -> Iterator[dict[str, servers.Server | None]]:
    """The servers found so far by kind; those that we started end with the session."""
    found: dict[str, servers.Server | None] = {}
    yield found
    for server in found.values():
        if server is not None:
            server.stop()


def _do_without(what: str, way_out: str) -> NoReturn:
    reason = f"{what} {MISSING}: {way_out}"
    if what in os.environ.get("LIMBECK_TEST_REQUIRE", "").split(","):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _server(found: dict[str, servers.Server | None], kind: str) -> servers.Server:
    if kind not in found:
        found[kind] = servers.find(kind)
    server = found[kind]
    if server is None:
        _do_without(kind, f"start a server, or name one in {servers.VARIABLES[kind]}")
    return server


@pytest.fixture(scope="session")
def postgresql_server(_found: dict[str, servers.Server | None]) -> servers.Server:
    """The PostgreSQL server, for a test that makes databases by itself."""
    return _server(_found, "postgresql")


@pytest.fixture
def mariadb_server(_found: dict[str, servers.Server | None]) -> servers.Server:
    """The MariaDB server, for a test that makes databases by itself."""
    return _server(_found, "mariadb")


def _database(server: servers.Server) -> Iterator[str]:
    url = server.create()
    yield _url(url)
    name = make_url(url).database
    assert name is not None
    server.drop(name)


@pytest.fixture
def postgresql_url(postgresql_server: servers.Server) -> Iterator[str]:
    """The URL of a new PostgreSQL database."""
    yield from _database(postgresql_server)


@pytest.fixture
def mariadb_url(mariadb_server: servers.Server) -> Iterator[str]:
    """The URL of a new MariaDB database."""
    yield from _database(mariadb_server)


@pytest.fixture(scope="session")
def reference(request: pytest.FixtureRequest) -> Path:
    """The Python of the environment that `make reference` made, with Alembic 1.20.1 in it."""
    named = os.environ.get("LIMBECK_REFERENCE_PYTHON")
    python = Path(named) if named else request.config.rootpath / ".venv-reference" / "bin" / "python"
    if not python.exists():
        _do_without("reference", "`make reference` makes it, or LIMBECK_REFERENCE_PYTHON names it")
    return python


@pytest.fixture(scope="session")
def libraries(request: pytest.FixtureRequest) -> Path:
    """The environment that `make libraries` made: what others built on Alembic, with Limbeck under that name."""
    folder = request.config.rootpath / ".venv-libraries"
    if not (folder / ".installed").exists():
        _do_without("libraries", "`make libraries` makes them from the package index")
    return folder


@pytest.fixture(scope="session")
def squawk(request: pytest.FixtureRequest) -> Path:
    """The command of squawk, a linter for PostgreSQL, which `make squawk` installs."""
    program = request.config.rootpath / ".venv-squawk" / "bin" / "squawk"
    if not program.exists():
        _do_without("squawk", "`make squawk` installs it from the package index")
    return program


@pytest.fixture(scope="session")
def drawing_tools(request: pytest.FixtureRequest) -> Iterator[DrawingTools]:
    """Mermaid, @dbml/core and resvg, which `make pictures` installs."""
    folder = request.config.rootpath / ".tools-pictures"
    if not (folder / ".installed").exists():
        _do_without("pictures", "`make pictures` installs Mermaid, @dbml/core and resvg from npm, for Node 20 or newer")
    tools = DrawingTools(folder)
    yield tools
    tools.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of a browser, which Playwright drives."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        _do_without("chromium", "install it, as by `apt-get install chromium`")
    return found


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """The script of axe-core, which looks for what keeps people from using a page."""
    script = request.config.rootpath / ".tools-pictures" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        _do_without("pictures", "`make pictures` installs axe-core from npm, for Node 20 or newer")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def graphviz() -> Callable[[str], dict[str, Any]]:
    """What Graphviz finds in a text of DOT."""
    if shutil.which("dot") is None:
        _do_without("graphviz", "install it, as by `apt-get install graphviz`")
    return by_graphviz


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was missing; under pytest-xdist this runs where the reports of all workers arrive."""
    if report.skipped:
        missing.update(re.findall(rf"Skipped: (\w+) {MISSING}", str(report.longrepr)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Name what was missing on the last line, below pytest's own."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if missing and reporter is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        reporter.write_line(f"skipped, missing on this machine: {', '.join(sorted(missing))}", yellow=True)
