"""Who does the tasks: threads, processes, or any `concurrent.futures.Executor` that a program hands in."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from limbeck.errors import UsageError

from . import process
from .work import carry_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Self

    from limbeck.results import FleetTarget

    from .work import Task

Kind: TypeAlias = Literal["threads", "processes"] | Executor


class Workers(AbstractContextManager["Workers"]):
    """An executor, made anew where its workers have died.

    :param make: makes the executor; None: it is given, and belongs to the program.
    :param given: that of the program.
    :param function: what does a task.
    """

    def __init__(
        self,
        make: Callable[[], Executor] | None,
        given: Executor | None = None,
        function: Callable[[Task], FleetTarget] = carry_out,
    ) -> None:
        self._make = make
        self._executor = given
        self._function = function

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is at work; an executor of the program stays as it is."""
        if self._make is not None and self._executor is not None:
            self._executor.shutdown()
            self._executor = None

    @property
    def are_made_anew(self) -> bool:
        """Whether dead workers are replaced."""
        return self._make is not None

    def submit(self, task: Task) -> Future[FleetTarget]:
        """Have a task done.

        :raises concurrent.futures.BrokenExecutor: where the workers have died, and are the program's.
        """
        if self._executor is None and self._make is not None:
            self._executor = self._make()
        assert self._executor is not None  # noqa: S101 one of both is given
        try:
            return self._executor.submit(self._function, task)
        except BrokenExecutor:
            if self._make is None:
                raise
            self._executor.shutdown(wait=False)
            self._executor = self._make()
            return self._executor.submit(self._function, task)


def workers(kind: Kind, jobs: int) -> Workers:
    """Those of a kind.

    :param jobs: how many there are.
    :raises UsageError: for a kind that there is not.
    """
    if isinstance(kind, Executor):
        return Workers(None, kind)
    if kind == "threads":
        return Workers(partial(ThreadPoolExecutor, jobs, thread_name_prefix="limbeck-fleet"))
    if kind == "processes":
        return Workers(
            partial(
                ProcessPoolExecutor,
                jobs,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=process.begin,
                initargs=(tuple(sys.path), _stands_in_for_alembic()),
            ),
            function=process.carry_out,
        )
    raise UsageError(f"There is no executor '{kind}'", hint="write threads, which is the default, or processes")


def _stands_in_for_alembic() -> bool:
    from importlib.util import find_spec

    found = find_spec("alembic")
    return found is not None and found.origin == "limbeck"
