"""The pytest plugin: the checks of `limbeck test` as tests, and throwaway databases for tests of single revisions.

Silent until ``--limbeck`` or ``limbeck_tests = true`` asks for the checks, or a test for a fixture: nothing of Limbeck
or SQLAlchemy is imported before.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from limbeck.config import Config

    from .staged import StagedDatabase

    Migrate = Callable[[str], StagedDatabase]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("limbeck", "tests of a history of migrations")
    group.addoption(
        "--limbeck", action="store_true", help="test the history too, a test for each check of `limbeck test`"
    )
    group.addoption(
        "--limbeck-since", metavar="REF", help="only the revisions that this branch adds to another one of git"
    )
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


@pytest.fixture
def migrate_before(limbeck_config: Config) -> Iterator[Migrate]:
    """A function that makes a throwaway database which stands just before a revision."""
    from .staged import before

    with ExitStack() as stack:
        yield lambda revision: stack.enter_context(before(limbeck_config, revision))


@pytest.fixture
def migrate_to(limbeck_config: Config) -> Iterator[Migrate]:
    """A function that makes a throwaway database which stands at a revision."""
    from .staged import at

    with ExitStack() as stack:
        yield lambda revision: stack.enter_context(at(limbeck_config, revision))
