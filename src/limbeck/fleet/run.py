"""A campaign: the targets of a fleet are brought to a revision, each by a task, and the ledger says how each fared."""

from __future__ import annotations

import re
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from limbeck.errors import UsageError
from limbeck.results import FleetTarget
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log

from . import look
from .clock import now
from .queue import Queue
from .work import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from threading import Event

    from limbeck.results import CampaignState, FleetResult

    from .executors import Workers
    from .ledger import HeldLedger
    from .targets import Target
    from .work import Order

BEAT = 2.0
"""Seconds between two heartbeats while tasks are at work."""
ATTEMPTS = 3
"""How often a task is begun whose workers die."""
AT_ONCE = 500
"""Rows of the ledger in one transaction."""

_HEADS = ("head", "heads")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is done at once, and how much may fail.

    :param jobs: tasks at once. :param per_server: tasks at once on one server; None: any number.
    :param max_failures: so many failures are suffered, one more stops the campaign; None: any number. Text may be per
        cent of the targets: ``"5%"``.
    """

    jobs: int = 8
    per_server: int | None = None
    max_failures: int | str | None = None

    def __post_init__(self) -> None:
        for name, least in (("jobs", 1), ("per_server", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}", hint=f"give {least} or more")
        self.suffered(1)

    def suffered(self, total: int) -> float:
        """How many of ``total`` targets may fail.

        :raises UsageError: for another text than a number, or per cent.
        """
        if self.max_failures is None:
            return float("inf")
        found = re.fullmatch(r"(\d+)(%?)", str(self.max_failures))
        if found is None:
            raise UsageError(f"max-failures is '{self.max_failures}'", hint="as in 10, or 5% of the targets")
        return total * int(found[1]) / 100 if found[2] else int(found[1])


class Campaign:
    """A campaign with its ledger.

    :param result: what the ledger has of it, its targets included.
    :param ledger: its ledger.
    """

    def __init__(self, result: FleetResult, ledger: HeldLedger) -> None:
        self._ledger = ledger
        self._known = {each.name: each for each in result.targets}
        self._result = replace(result, targets=())
        self._failures = 0
        self._beaten = monotonic()

    def run(
        self, order: Order, targets: Iterable[Target], limits: Limits, workers: Workers, drain: Event
    ) -> FleetResult:
        """Bring ``targets`` to where they are to go.

        :param drain: nothing more is begun when it is set.
        :return: the campaign as it is then, with all its targets.
        """
        self._ledger.begin(self._result)
        pending = {target.name: target for target in targets}
        if order.revision in _HEADS:
            there = [each for each in look.positions(order, pending.values()) if each.state == "at head"]
            self._write(there)
            for each in there:
                del pending[each.name]
        allowed = limits.suffered(self._result.total)
        queue = Queue(self._tasks(order, pending.values()), limits.per_server)

        def is_over() -> bool:
            return drain.is_set() or self._failures > allowed

        with silenced(log), workers:
            for ended in driven(queue, workers, limits.jobs, is_over, self._begin):
                self._failures += sum(each.is_failed for each in ended)
                self._write(ended)
                self._beat()
        state: CampaignState = "stopped" if self._failures > allowed else "drained" if drain.is_set() else "done"
        if (
            state == "done" and len(self._known) < self._result.total
        ):  # of one that was stopped, only a part was asked for
            state = "stopped"
        self._ledger.end(self._result, state)
        targets_now = tuple(sorted(self._known.values(), key=lambda each: each.name))
        return replace(self._result, state=state, ended=now(), heartbeat=now(), targets=targets_now)

    def _tasks(self, order: Order, targets: Iterable[Target]) -> Iterator[Task]:
        for target in targets:
            before = self._known.get(target.name)
            yield Task(order, target, target.server, 1 if before is None else before.attempt + 1)

    def _begin(self, tasks: Sequence[Task]) -> None:
        begun = now()
        self._write(
            [FleetTarget(task.target.name, "running", task.server, task.attempt, started=begun) for task in tasks]
        )

    def _beat(self) -> None:
        if monotonic() - self._beaten >= BEAT:
            self._ledger.beat(self._result)
            self._beaten = monotonic()

    def _write(self, targets: Sequence[FleetTarget]) -> None:
        self._known.update((each.name, each) for each in targets)
        for start in range(0, len(targets), AT_ONCE):
            self._ledger.write(self._result, targets[start : start + AT_ONCE])


def driven(
    queue: Queue,
    workers: Workers,
    jobs: int,
    is_over: Callable[[], bool] = lambda: False,
    begun: Callable[[Sequence[Task]], None] = lambda _tasks: None,
) -> Iterator[list[FleetTarget]]:
    """Have the tasks of a queue done, and give what ended, time and again; an empty list while nothing has.

    :param jobs: tasks at once.
    :param is_over: whether no further one is to be begun.
    :param begun: called with tasks before they are.
    """
    at_work: dict[Future[FleetTarget], Task] = {}
    while True:
        starting: list[Task] = []
        while len(at_work) + len(starting) < jobs and not is_over() and (task := queue.take()) is not None:
            starting.append(task)
        if starting:
            begun(starting)
        for task in starting:
            at_work[workers.submit(task)] = task
        if not at_work:
            return
        ended, _ = wait(at_work, timeout=BEAT, return_when=FIRST_COMPLETED)
        results: list[FleetTarget] = []
        for future in ended:
            task = at_work.pop(future)
            queue.done(task)
            result = _outcome(future, task)
            if result is None and workers.are_made_anew and task.attempt < ATTEMPTS and not is_over():
                queue.put_back(replace(task, attempt=task.attempt + 1))
            else:
                results.append(result or _worker_died(task))
        yield results


def _outcome(future: Future[FleetTarget], task: Task) -> FleetTarget | None:
    """How a task went; None where its worker died."""
    with suppress(BrokenExecutor):
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, BrokenExecutor):
            return None
        return FleetTarget(
            task.target.name,
            "failed",
            task.server,
            task.attempt,
            code="worker-failed",
            error=f"The executor has no result of this target: {type(error).__name__}",
            hint="a function that has a URL, and the module of it, have to be there on the worker",
        )
    return None


def _worker_died(task: Task) -> FleetTarget:
    return FleetTarget(
        task.target.name,
        "interrupted",
        task.server,
        task.attempt,
        code="worker-died",
        error=f"The worker died with this target at work, {task.attempt} times",
        hint="is it killed for want of memory? `limbeck fleet retry` does it again",
    )
