"""Tasks are done by workers, in chunks: given out, heard of again, put back where a worker has died."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, wait
from contextlib import suppress
from dataclasses import replace
from random import random
from time import sleep
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from limbeck.errors import CommandError
from limbeck.results import FleetTarget

from . import lag
from .chunk_size import ChunkSize
from .pace import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from .executors import Workers
    from .queue import Queue
    from .work import Task

BEAT = 2.0
"""Seconds after which is told that nothing has ended."""
DEATHS = 3
"""How many workers may die with a task, which is begun alone the last time: what kills its worker then is known."""

Begun: TypeAlias = "Callable[[Sequence[Task]], None]"


class Outcome(NamedTuple):
    """What has become of tasks since the last word.

    :param ended: how those went that are done with.
    :param returned: those that a worker was given and has not begun; they wait again.
    """

    ended: list[FleetTarget]
    returned: list[Task]


def driven(
    queue: Queue,
    workers: Workers,
    jobs: int,
    is_over: Callable[[], bool] = lambda: False,
    begun: Begun = lambda _tasks: None,
) -> Iterator[Outcome]:
    """Have the tasks of a queue done, and tell what ended, time and again; an empty outcome while nothing has.

    A worker does a chunk one after the other, up to the first target that fails; it begins nothing more of it then.

    :param jobs: chunks at work at once, and so targets.
    :param is_over: whether no further one is to be begun.
    :param begun: called with tasks before they are.
    """
    at_work: dict[Future[list[FleetTarget]], list[Task]] = {}
    size = ChunkSize(jobs)
    while True:
        starting: list[list[Task]] = []
        while len(at_work) + len(starting) < jobs and not is_over() and (task := queue.take()) is not None:
            starting.append([task, *queue.more(task, size.of(len(queue) + 1) - 1)])
        if starting:
            begun([task for chunk in starting for task in chunk])
        for chunk in starting:
            at_work[workers.submit(chunk)] = chunk
        rests = BEAT if queue.rests is None else min(BEAT, queue.rests + 0.01)
        if not at_work:
            if queue.rests is None or is_over():
                return
            sleep(rests)
        told, _ = wait(at_work, timeout=rests, return_when=FIRST_COMPLETED)
        outcome = Outcome([], [])
        for future in told:
            chunk = at_work.pop(future)
            found = _found(future, chunk)
            is_short = any(each.may_pass for each in found or ())
            rest = max((lag.rest(each, chunk[0].order.max_lag) for each in found or ()), default=0.0)
            queue.done(chunk[0], is_short=is_short, rest=rest)
            if found is None:
                outcome.ended.extend(_begun_again(queue, chunk, can=workers.are_made_anew and not is_over()))
                continue
            size.learn(len(found), sum(each.seconds or 0.0 for each in found))
            outcome.ended.extend(_tried_again(queue, chunk, found, can=not is_over()))
            for task in reversed(chunk[len(found) :]):
                queue.put_back(task)
                outcome.returned.append(task)
        yield outcome


def _tried_again(
    queue: Queue, chunk: Sequence[Task], found: Sequence[FleetTarget], *, can: bool
) -> Iterator[FleetTarget]:
    """Put back the tasks of a chunk that are tried again, since what they failed with may be over; give the others."""
    for task, result in zip(chunk, found, strict=False):
        if can and result.may_pass and task.retries:
            again = replace(task, attempt=task.attempt + 1, retries=task.retries - 1)
            queue.put_back(again, pause(task.attempt, random()))  # noqa: S311 no secret
        else:
            yield result


def _begun_again(queue: Queue, chunk: Sequence[Task], *, can: bool) -> Iterator[FleetTarget]:
    """Put back the tasks of a chunk whose worker has died, each in a chunk of its own; give those that are given up."""
    for task in reversed(chunk):
        again = replace(task, attempt=task.attempt + 1, deaths=task.deaths + 1)
        if not can or again.deaths >= DEATHS:
            yield _worker_died(task)
        elif again.deaths < DEATHS - 1:
            queue.put_back(again)
        else:
            queue.put_last(again)


def _found(future: Future[list[FleetTarget]], chunk: Sequence[Task]) -> list[FleetTarget] | None:
    """How the tasks of a chunk went; None where its worker died, and where one of several may have no way to it."""
    with suppress(BrokenExecutor, CancelledError):
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, CommandError):
            return [
                FleetTarget(
                    task.target.name,
                    "failed",
                    task.server,
                    task.attempt,
                    code=error.code,
                    error=str(error),
                    hint=error.hint,
                )
                for task in chunk
            ]
        if isinstance(error, BrokenExecutor) or len(chunk) > 1:
            return None
        return [
            FleetTarget(
                chunk[0].target.name,
                "failed",
                chunk[0].server,
                chunk[0].attempt,
                code="worker-failed",
                error=f"The executor has no result of this target: {type(error).__name__}",
                hint="a function that has a URL, and the module of it, have to be there on the worker",
            )
        ]
    return None


def _worker_died(task: Task) -> FleetTarget:
    deaths = task.deaths + 1
    times = "" if deaths == 1 else f", {deaths} times"
    return FleetTarget(
        task.target.name,
        "failed" if deaths >= DEATHS else "interrupted",
        task.server,
        task.attempt,
        code="worker-died",
        error=f"The worker died with this target at work{times}",
        hint="is it killed for want of memory? `limbeck fleet retry` does it again",
    )
