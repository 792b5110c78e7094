"""The pytest plugin: the checks of `limbeck test` as tests, and throwaway databases for tests of single revisions.

Silent until ``--limbeck`` or ``limbeck_tests = true`` asks for the checks, or a test for a fixture: nothing of Limbeck
or SQLAlchemy is imported before.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from limbeck.config import Config
    from limbeck.test_databases import AsyncStagedDatabase, StagedDatabase

    Migrate = Callable[[str], StagedDatabase]
    AsyncMigrate = Callable[[str], AsyncStagedDatabase]
    Scope = Literal["session", "package", "module", "class", "function"]

_SCOPES = ("function", "class", "module", "package", "session")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("limbeck", "tests of a history of migrations")
    group.addoption(
        "--limbeck", action="store_true", help="test the history too, a test for each check of `limbeck test`"
    )
    group.addoption(
        "--limbeck-since", metavar="REF", help="only the revisions that this branch adds to another one of git"
    )
    group.addoption(
        "--limbeck-database-scope",
        metavar="SCOPE",
        choices=_SCOPES,
        help="how long one `migrated_database` is used: function, class, module, package or session",
    )
    parser.addini("limbeck_database_scope", "how long one `migrated_database` is used", default="function")
    parser.addini("limbeck_tests", "whether each run tests the history too", type="bool", default=False)
    parser.addini("limbeck_config", "the configuration file of the environment", default="alembic.ini")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the tests of the history where they are asked for; ``-k`` and ``-m`` choose among them too."""
    if config.getoption("--limbeck") or config.getini("limbeck_tests"):
        from .collecting import collected

        items.extend(collected(session))


@pytest.fixture(scope="session")
def limbeck_config(request: pytest.FixtureRequest) -> Config:
    """The configuration whose environment `migrate_before` and `migrate_to` use; a project may give another one."""
    from .collecting import configuration

    return configuration(request.config)


def database_scope(fixture_name: str, config: pytest.Config) -> Scope:
    """How long a database of `migrated_database` is used, as the option or the configuration says."""
    scope: Scope = config.getoption("--limbeck-database-scope") or config.getini("limbeck_database_scope")
    if scope not in _SCOPES:
        raise pytest.UsageError(f"limbeck_database_scope is {scope!r}: it is one of {', '.join(_SCOPES)}")
    return scope


@pytest.fixture(scope="session")
def limbeck_template(
    limbeck_config: Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], AbstractContextManager[StagedDatabase]]]:
    """A function that opens a copy of the database that the history has made; one for all workers of pytest-xdist."""
    from limbeck.test_databases import migrated

    folder, process = tmp_path_factory.getbasetemp(), os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:  # whose folders are in the one of the process that started them
        folder, process = folder.parent, os.getppid()
    with migrated(limbeck_config, folder, process) as copy:
        yield copy


@pytest.fixture(scope=database_scope)
def migrated_database(
    limbeck_template: Callable[[], AbstractContextManager[StagedDatabase]],
) -> Iterator[StagedDatabase]:
    """A throwaway database at the heads of the history, which is run once for all tests."""
    with limbeck_template() as database:
        yield database


@pytest.fixture(scope=database_scope)
def async_migrated_database(migrated_database: StagedDatabase) -> AsyncStagedDatabase:
    """`migrated_database` for tests with an event loop."""
    from limbeck.test_databases import AsyncStagedDatabase

    return AsyncStagedDatabase(migrated_database)


@pytest.fixture
def migrate_before(limbeck_config: Config) -> Iterator[Migrate]:
    """A function that makes a throwaway database which stands just before a revision."""
    from limbeck.test_databases import before

    with ExitStack() as stack:
        yield lambda revision: stack.enter_context(before(limbeck_config, revision))


@pytest.fixture
def async_migrate_before(migrate_before: Migrate) -> AsyncMigrate:
    """`migrate_before` for tests with an event loop: the function is called, the database's methods are awaited."""
    from limbeck.test_databases import AsyncStagedDatabase

    return lambda revision: AsyncStagedDatabase(migrate_before(revision))


@pytest.fixture
def migrate_to(limbeck_config: Config) -> Iterator[Migrate]:
    """A function that makes a throwaway database which stands at a revision."""
    from limbeck.test_databases import at

    with ExitStack() as stack:
        yield lambda revision: stack.enter_context(at(limbeck_config, revision))


@pytest.fixture
def async_migrate_to(migrate_to: Migrate) -> AsyncMigrate:
    """`migrate_to` for tests with an event loop: the function is called, the database's methods are awaited."""
    from limbeck.test_databases import AsyncStagedDatabase

    return lambda revision: AsyncStagedDatabase(migrate_to(revision))
