"""The checks of a history as tests of pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.history_checks import run
from limbeck.history_checks.subject import Subject
from limbeck.lint.ranges import Range, select
from limbeck.script.git import branched_off
from limbeck.show.history_checks import of_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from _pytest._code.code import ExceptionInfo, TerminalRepr, TracebackStyle


class HistoryTestFailure(Exception):  # noqa: N818 a test that failed is no error
    """A check finds something; the text is what it finds."""


class History(pytest.Collector):
    """The tests of a history."""

    def collect(self) -> Iterable[pytest.Item]:
        """A test for each check that there is something to do for."""
        since = self.config.getoption("--limbeck-since")
        for name in run.CHECKS:
            if since is not None or name != run.OF_GIT:
                yield HistoryTest.from_parent(self, name=name)


class HistoryTest(pytest.Item):
    """One check."""

    def runtest(self) -> None:
        """Carry it out."""
        environment = environment_of(configuration(self.config))
        since = self.config.getoption("--limbeck-since")
        commit = None if since is None else branched_off(environment.script.dir, since)
        plan = select(environment.script, Range(":" if commit is None else None, commit), ())
        found = run.check(Subject(environment, {str(step.revision) for step in plan.steps}, commit), self.name)
        if found.findings or found.is_blocked:
            raise HistoryTestFailure("\n".join(of_check(found)))
        if found.not_checked is not None:
            pytest.skip(found.not_checked)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        """What the check finds, without a traceback through Limbeck."""
        if isinstance(excinfo.value, HistoryTestFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The configuration file, and the title above what is found."""
        return self.config.rootpath / self.config.getini("limbeck_config"), None, f"limbeck: {self.name}"


def collected(session: pytest.Session) -> Iterator[pytest.Item]:
    """The tests of the history."""
    for item in History.from_parent(session, name="limbeck", nodeid="limbeck").collect():
        session.ihook.pytest_itemcollected(item=item)
        yield item


def configuration(config: pytest.Config) -> Config:
    """The configuration of the environment: an ini file, or a pyproject.toml."""
    path = str(config.rootpath / config.getini("limbeck_config"))
    return Config(toml_file=path) if path.endswith(".toml") else Config(path)
