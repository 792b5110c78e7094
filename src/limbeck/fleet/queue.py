"""The tasks that wait, given out fairly over servers, and only so many at once for each."""

from __future__ import annotations

from collections import Counter, deque
from time import monotonic
from typing import TYPE_CHECKING

from .pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .work import Task

    Line = dict[str | None, deque[Task]]
    """What waits of one server, by database."""


class Queue:
    """Tasks by server and database. Servers take turns, and so do the databases of one.

    :param tasks: the tasks.
    :param per_server: how many of one server may be at work at once; None: any number. Files have no server.
    :param per_database: likewise of one database, which schemas share.
    :param jobs: how many there are at once in all; where a server is short of locks, fewer of it.
    :param clock: seconds from any beginning.
    """

    def __init__(
        self,
        tasks: Iterable[Task],
        per_server: int | None = None,
        per_database: int | None = None,
        jobs: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._most = min(each for each in (per_server, jobs, _MANY) if each is not None)
        self._per_database = per_database
        self._clock = clock
        self._paces: dict[str, Pace] = {}
        self._at_work: Counter[str | None] = Counter()
        self._in_database: Counter[str | None] = Counter()
        self._waiting: dict[str | None, Line] = {}
        self._later: list[tuple[float, Task]] = []
        self._alone: deque[Task] = deque()
        self._is_alone = False
        self._rest_until: dict[str, float] = {}
        self._number = 0
        for task in tasks:
            self._line(task).append(task)
            self._number += 1

    def take(self) -> Task | None:
        """The next task, of the server whose turn it is; None where none may be begun now."""
        self._call_back()
        if self._is_alone:
            return None
        if self._alone and not (self._waiting or self._later or self._at_work.total()):
            self._line(self._alone[0]).append(self._alone.popleft())
            self._is_alone = True
        for server, line in self._waiting.items():
            if server is not None and self._has_to_wait(server):
                continue
            for database in line:
                if self._is_full(database):
                    continue
                task = _next(line, database)
                del self._waiting[server]
                if line:
                    self._waiting[server] = line  # at the end of the line
                self._number -= 1
                self._at_work[server] += 1
                self._in_database[database] += 1
                return task
        return None

    def more(self, first: Task, count: int) -> list[Task]:
        """Up to ``count`` further tasks of the server and database of ``first``, which its worker does after it.

        They take no place of their own. One with which a worker has died comes with no other.
        """
        found: list[Task] = []
        line = self._waiting.get(first.server, {})
        database = self._database(first)
        while len(found) < count and database in line and not (first.deaths or line[database][0].deaths):
            found.append(line[database].popleft())
            if not line[database]:
                del line[database]
        if not line:
            self._waiting.pop(first.server, None)
        self._number -= len(found)
        return found

    def __len__(self) -> int:
        """How many tasks wait."""
        return self._number

    def done(self, task: Task, *, is_short: bool = False, rest: float = 0.0) -> None:
        """A task that was taken is at work no more.

        :param is_short: whether it failed for want of a lock or a connection.
        :param rest: seconds before another one of its server is begun, whose replicas are behind.
        """
        self._is_alone = False
        self._at_work[task.server] -= 1
        self._in_database[self._database(task)] -= 1
        if task.server is not None:
            self._paces[task.server] = self._pace(task.server).after(is_short=is_short or rest > 0)
            if rest:
                self._rest_until[task.server] = self._clock() + rest

    def put_back(self, task: Task, seconds: float = 0.0) -> None:
        """A task has to be done again, before others of its server.

        :param seconds: not before these are over.
        """
        self._number += 1
        if seconds:
            self._later.append((self._clock() + seconds, task))
        else:
            self._line(task).appendleft(task)

    def put_last(self, task: Task) -> None:
        """A task has to be done again, after all others, and with none beside it."""
        self._number += 1
        self._alone.append(task)

    @property
    def rests(self) -> float | None:
        """Seconds until a task that was put back, or one of a server that rests, may be begun; None where none is."""
        ends = [at for at, _ in self._later]
        ends += [at for server, at in self._rest_until.items() if server in self._waiting]
        return max(0.0, min(ends) - self._clock()) if ends else None

    def _has_to_wait(self, server: str) -> bool:
        return server in self._rest_until or self._at_work[server] >= self._pace(server).width

    def _call_back(self) -> None:
        now = self._clock()
        self._rest_until = {server: at for server, at in self._rest_until.items() if at > now}
        due = [task for at, task in self._later if at <= now]
        self._later = [(at, task) for at, task in self._later if at > now]
        for task in due:
            self._line(task).appendleft(task)

    def _line(self, task: Task) -> deque[Task]:
        return self._waiting.setdefault(task.server, {}).setdefault(self._database(task), deque())

    def _database(self, task: Task) -> str | None:
        return None if self._per_database is None else task.target.database

    def _is_full(self, database: str | None) -> bool:
        limit = self._per_database
        return limit is not None and database is not None and self._in_database[database] >= limit

    def _pace(self, server: str) -> Pace:
        return self._paces.get(server) or Pace(self._most, self._most)


_MANY = 1_000_000
"""Any number."""


def _next(line: Line, database: str | None) -> Task:
    """Take the first task of a database, which is the last one in the line then."""
    tasks = line.pop(database)
    task = tasks.popleft()
    if tasks:
        line[database] = tasks
    return task
