"""The tasks that wait, given out fairly over servers, and only so many at once for each."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .work import Task


class Queue:
    """Tasks by server.

    :param tasks: the tasks.
    :param per_server: how many of one server may be at work at once; None: any number. Files have no server.
    """

    def __init__(self, tasks: Iterable[Task], per_server: int | None = None) -> None:
        self._per_server = per_server
        self._at_work: Counter[str | None] = Counter()
        self._waiting: dict[str | None, deque[Task]] = {}
        for task in tasks:
            self._waiting.setdefault(task.server, deque()).append(task)

    def take(self) -> Task | None:
        """The next task, of the server whose turn it is; None where none may be begun now."""
        for server in self._waiting:
            if self._per_server is not None and server is not None and self._at_work[server] >= self._per_server:
                continue
            tasks = self._waiting.pop(server)
            task = tasks.popleft()
            if tasks:
                self._waiting[server] = tasks  # at the end of the line
            self._at_work[server] += 1
            return task
        return None

    def done(self, task: Task) -> None:
        """A task that was taken is at work no more."""
        self._at_work[task.server] -= 1

    def put_back(self, task: Task) -> None:
        """A task has to be done again, before others of its server."""
        self._waiting.setdefault(task.server, deque()).appendleft(task)
