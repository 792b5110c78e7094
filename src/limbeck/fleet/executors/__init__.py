"""Who does the tasks: threads, processes, a Dask cluster, or any `concurrent.futures.Executor` of a program."""

from __future__ import annotations

import multiprocessing
import re
import sys
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from limbeck.errors import UsageError
from limbeck.fleet import chunk_size
from limbeck.fleet.work import carry_out_all

from . import processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Self

    from limbeck.fleet.work import Task
    from limbeck.results import FleetTarget

    from .dask import DaskExecutor

Kind: TypeAlias = str | Executor
"""``threads``, ``processes``, ``dask:local``, ``dask://host:8786``; or an executor of the program."""

_CLUSTER = re.compile(r"dask(\+tls)?://[^/\s]+:\d+")


class Workers(AbstractContextManager["Workers"]):
    """An executor, made anew where its workers have died.

    :param make: makes the executor; None: it is given, and belongs to the program.
    :param given: that of the program.
    :param function: what does a chunk of tasks.
    """

    def __init__(
        self,
        make: Callable[[], Executor | DaskExecutor] | None,
        given: Executor | DaskExecutor | None = None,
        *,
        function: Callable[..., list[FleetTarget]],
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

    def submit(self, chunk: list[Task]) -> Future[list[FleetTarget]]:
        """Have a chunk of tasks done.

        :raises concurrent.futures.BrokenExecutor: where the workers have died, and are the program's.
        """
        if self._executor is None and self._make is not None:
            self._executor = self._make()
        assert self._executor is not None  # noqa: S101 one of both is given
        try:
            return self._executor.submit(self._function, chunk)
        except BrokenExecutor:
            if self._make is None:
                raise
            self._executor.shutdown(wait=False)
            self._executor = self._make()
            return self._executor.submit(self._function, chunk)


def demand_known(kind: Kind) -> None:
    """Raise `UsageError` for a kind that there is not."""
    if isinstance(kind, Executor) or kind in {"threads", "processes", "dask:local"} or _CLUSTER.fullmatch(kind):
        return
    raise UsageError(
        f"There is no executor '{kind}'", hint="it takes threads, processes, dask:local, or dask://host:8786"
    )


def workers(kind: Kind, jobs: int, per_server: int | None = None) -> Workers:
    """Those of a kind; a cluster is connected to at once.

    :param jobs: how many there are.
    :param per_server: targets at once on a server that only workers know.
    :raises UsageError: for a kind that there is not.
    :raises CommandError: where a cluster is not there.
    """
    demand_known(kind)
    in_time = partial(carry_out_all, seconds=chunk_size.WORTH)
    if isinstance(kind, Executor):
        return Workers(None, kind, function=in_time)
    if kind == "threads":
        return Workers(partial(ThreadPoolExecutor, jobs, thread_name_prefix="limbeck-fleet"), function=in_time)
    if kind == "processes":
        return Workers(
            partial(
                ProcessPoolExecutor,
                jobs,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=processes.begin,
                initargs=(tuple(sys.path), _stands_in_for_alembic()),
            ),
            function=processes.carry_out,
        )
    from . import dask

    make = partial(dask.DaskExecutor, kind, jobs, stands_in=_stands_in_for_alembic(), per_server=per_server)
    again = partial(make, patience=dask.CONNECT_AGAIN)
    return Workers(again, make(patience=dask.CONNECT), function=dask.carry_out)


def _stands_in_for_alembic() -> bool:
    from importlib.util import find_spec

    found = find_spec("alembic")
    return found is not None and found.origin == "limbeck"
