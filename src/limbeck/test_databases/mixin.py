"""Throwaway databases for `unittest`."""

from __future__ import annotations

import atexit
import os
import tempfile
import unittest
from contextlib import ExitStack
from typing import TYPE_CHECKING

from limbeck.config import Config

from . import opening
from .asynchronous import AsyncStagedDatabase

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .staged import StagedDatabase

    Copy = Callable[[], AbstractContextManager[StagedDatabase]]

_copies: dict[str | Config, Copy] = {}
"""What opens a copy of the database at the heads, by the configuration."""

_until_exit = ExitStack()


class MigrationsMixin(unittest.TestCase):
    """For test cases whose tests ask for throwaway databases; each is dropped after its test.

        class TestAccounts(MigrationsMixin, unittest.TestCase):
            def test_names_are_split(self):
                database = self.migrate_before("91c0")

    `unittest.IsolatedAsyncioTestCase` is used in the same way, with the methods that begin with ``async_``.
    """

    limbeck_config: str | Config = "alembic.ini"
    """The configuration: path of an ini file or of a `pyproject.toml`, or a `Config`."""

    def migrated_database(self) -> StagedDatabase:
        """A throwaway database at the heads of the history, which is run once a process for all test cases."""
        given = self.limbeck_config
        key = os.path.abspath(given) if isinstance(given, str) else given
        if key not in _copies:
            if not _copies:
                atexit.register(_until_exit.close)
            folder = _until_exit.enter_context(tempfile.TemporaryDirectory(prefix="limbeck-"))
            _copies[key] = _until_exit.enter_context(opening.migrated(self._config(), folder))
        return self.enterContext(_copies[key]())

    def async_migrated_database(self) -> AsyncStagedDatabase:
        """`migrated_database` for tests with an event loop."""
        return AsyncStagedDatabase(self.migrated_database())

    def migrate_before(self, revision: str) -> StagedDatabase:
        """A throwaway database that stands just before a revision."""
        return self.enterContext(opening.before(self._config(), revision))

    def async_migrate_before(self, revision: str) -> AsyncStagedDatabase:
        """`migrate_before` for tests with an event loop: what it returns has methods to be awaited."""
        return AsyncStagedDatabase(self.migrate_before(revision))

    def migrate_to(self, revision: str) -> StagedDatabase:
        """A throwaway database that stands at a revision."""
        return self.enterContext(opening.at(self._config(), revision))

    def async_migrate_to(self, revision: str) -> AsyncStagedDatabase:
        """`migrate_to` for tests with an event loop."""
        return AsyncStagedDatabase(self.migrate_to(revision))

    def _config(self) -> Config:
        given = self.limbeck_config
        if isinstance(given, Config):
            return given
        return Config(toml_file=given) if given.endswith(".toml") else Config(given)
