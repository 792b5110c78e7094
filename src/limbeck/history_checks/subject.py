"""What is checked: the revisions of an environment, and throwaway databases to try them on."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from limbeck import scratch
from limbeck.errors import CommandError
from limbeck.results import PassedOver
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema import Schema, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import RevisionStep

_SKIP = re.compile(r"^\s*#\s*limbeck:\s*skip\(\s*(?P<checks>[\w\-\s,]*)\)\s*:\s*(?P<reason>.*\S)\s*$", re.MULTILINE)

_OF_THE_PLACE = frozenset({"no-scratch", "scratch-unreachable", "outside-scratch", "no-comparison"})
"""Codes of errors that say that nothing can be tried here, whatever the history is."""


class NotCheckedError(Exception):
    """There is nothing to check; the text says why."""


class BlockedError(Exception):
    """A check cannot be carried out, or not to its end, since the history fails; the text says where."""


class Subject:
    """What is checked.

    :param environment: the scripts and how their databases are reached; these are only read.
    :param names: ids of the revisions to check; the others are only run where they come before.
    :param since: a branch or commit of git, whose history databases have been built by.
    :param bisects: whether it is to be found at which revision models and history part.
    """

    def __init__(
        self, environment: Environment, names: Collection[str], since: str | None = None, *, bisects: bool = False
    ) -> None:
        self.environment = environment
        self.names = names
        self.since = since
        self.bisects = bisects
        self.remarks: list[str] = []

    def remark(self, text: str) -> None:
        """Have something said about how the check went that is no finding; once."""
        if text not in self.remarks:
            self.remarks.append(text)

    @cached_property
    def steps(self) -> Sequence[RevisionStep]:
        """The steps of the whole history, from empty to the heads.

        :raises CommandError: where a script cannot be imported, or has no ``upgrade()``.
        """
        script = self.environment.script
        return [step for step in script.steps(script.plan_upgrade("heads", ())) if step.script is not None]  # type: ignore[misc]

    def runnable(self) -> Sequence[RevisionStep]:
        """The steps; where a script cannot be imported nothing can be checked that runs it."""
        try:
            return self.steps
        except CommandError as error:
            raise BlockedError(f"the history cannot be run: {error}") from error

    @cached_property
    def scripts(self) -> Sequence[Script]:
        """The revisions to check, parents first."""
        whole = reversed(list(self.environment.script.walk_revisions()))
        return [script for script in whole if script.revision in self.names]

    def passed_over(self, check: str) -> tuple[PassedOver, ...]:
        """The revisions that ``# limbeck: skip(check): reason`` in their files leaves out of a check."""
        found: list[PassedOver] = []
        for script in self.scripts:
            with open(script.path, encoding="utf-8", errors="replace") as stream:
                comments = _SKIP.finditer(stream.read())
            reasons = [one["reason"] for one in comments if check in re.split(r"[\s,]+", one["checks"])]
            found += [PassedOver(script.revision, reason) for reason in reasons[:1]]
        return tuple(found)

    def checked(self, check: str) -> set[str]:
        """Ids of the revisions that a check is about."""
        return {script.revision for script in self.scripts} - {one.revision for one in self.passed_over(check)}

    @contextmanager
    def copy(self, steps: Sequence[RevisionStep]) -> Iterator[Environment]:
        """Throwaway databases on which ``steps`` have run.

        :raises BlockedError: where one of them fails on an empty database.
        :raises CommandError: where no scratch database can be made.
        """
        names = tuple(step.revision.revision for step in steps)
        with silent(log), ExitStack() as stack:
            try:
                twin = stack.enter_context(scratch.copies(self.environment, at=names or "base"))
            except Exception as error:
                if not _is_of_history(error):
                    raise
                raise BlockedError(f"the history does not run on an empty database: {first_line(error)}") from error
            yield twin


def _is_of_history(error: Exception) -> bool:
    """Whether the history failed on a throwaway database; else none could be made, or the real one not be reached."""
    if isinstance(error, CommandError):
        return error.code not in _OF_THE_PLACE
    return any(scratch.WHILE_BRINGING in note for note in getattr(error, "__notes__", ()))


def each_context(environment: Environment, look: Callable[[MigrationContext], object]) -> None:
    """Call ``look`` with the context of each database; changes nothing."""

    def called(_rows: tuple[str, ...], context: MigrationContext) -> list[RevisionStep]:
        look(context)
        return []

    environment.run(called, dont_mutate=True)


def connected(context: MigrationContext) -> Connection:
    """The connection of a context, which on a throwaway database there always is."""
    assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
    return context.connection


def schemas(environment: Environment) -> list[Schema]:
    """The schema of each database."""
    found: list[Schema] = []
    each_context(environment, lambda context: found.append(read(context)))
    return found


def refuse_of_the_place(error: Exception) -> None:
    """Raise an error again that says that nothing can be tried here, whatever the history is."""
    if isinstance(error, CommandError) and error.code in _OF_THE_PLACE:
        raise error


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
