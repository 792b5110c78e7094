"""Events of a run, for programs and plugins that follow it: the run, its steps, their statements.

Each of the three is *started*, may be *waiting*, and is *ended* or *failed*. A subscriber is a function of one event,
called in the thread of the run, between its statements; that a statement is *waiting* is said by a thread beside it::

    from limbeck import events

    events.subscribe(lambda event: print(event.name, event.elapsed))

That thread says too that a statement is *working*, each second from the third on, with what the server says of its
progress: to those that ask for it by ``subscribe(..., working=True)``.

A plugin names one by an entry point of the group ``limbeck.events``. A subscriber cannot change a run, nor fail one:
what it raises is a warning.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from limbeck.errors import warn
from limbeck.plugins import entry_points, is_declared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GROUP = "limbeck.events"
"""The entry points of plugins that subscribe."""

Phase = Literal["started", "waiting", "working", "ended", "failed"]
Direction = Literal["upgrade", "downgrade", "stamp"]
Reason = Literal["run-lock", "table-lock", "retry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What is waited for.

    :param reason: ``run-lock``, which another run holds; ``table-lock``, which another session holds; ``retry``, the
        pause before the next attempt.
    :param holder: who holds the lock, in words; empty where that is not known.
    :param attempt: number of attempts that were made.
    :param pause: seconds until the next attempt; None where it comes as soon as the lock is free.
    """

    reason: Reason
    holder: str = ""
    attempt: int = 1
    pause: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the server is with a statement.

    :param doing: what it does at present, in its own words: ``building index: scanning table``.
    :param share: the share of that which is done, from 0 to 1; None where that is not known.
    """

    doing: str
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have.

    :param phase: ``started``, ``waiting``, ``working``, ``ended`` or ``failed``.
    :param run: id of the run, common to its events and its rows of the history.
    :param dialect: SQLAlchemy's name of the database's dialect.
    :param database: URL of the database, its password hidden.
    :param elapsed: seconds since it started.
    :param error: what it failed with; None in other phases, and for a run that env.py failed.
    :param wait: what is waited for; None in other phases.
    :param progress: how far a statement is that is ``working``; None where the server does not tell.
    """

    subject: ClassVar[Literal["run", "step", "statement"]]
    """What the event is about."""

    phase: Phase
    run: str
    dialect: str
    database: str
    elapsed: float = 0.0
    error: BaseException | None = None
    wait: Wait | None = None
    progress: Progress | None = None

    @property
    def name(self) -> str:
        """Such as ``step.ended``."""
        return f"{self.subject}.{self.phase}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent(Event):
    """A run on one database. It ends when its work is committed and its version rows are verified.

    :param steps: number of steps that are planned.
    :param rows_before: ids in the version table at the start.
    :param rows_after: ids in it at the end; None in other phases.
    """

    subject = "run"

    steps: int
    rows_before: tuple[str, ...]
    rows_after: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvent(Event):
    """A step of a run: the function of a revision, or a stamp. It may be committed later than it ends.

    :param revision: id of the revision; None for a stamp.
    :param direction: ``upgrade``, ``downgrade`` or ``stamp``.
    :param message: first paragraph of the revision's docstring; empty for a stamp.
    :param number: number of the step, from 1. :param steps: number of steps of the run.
    :param rows_before: ids in the version table before it.
    :param rows_after: ids after it; None unless it has ended.
    """

    subject = "step"

    revision: str | None
    direction: Direction
    message: str
    number: int
    steps: int
    rows_before: tuple[str, ...]
    rows_after: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEvent(Event):
    """A statement of a step, one that only reads included.

    :param revision: id of the revision; None for a stamp.
    :param direction: ``upgrade``, ``downgrade`` or ``stamp``.
    :param number: number of the step, from 1. :param steps: number of steps of the run.
    :param position: number of the statement in its step, from 1.
    :param statement: its text as the driver gets it, without the values of parameters, which may be secrets.
    """

    subject = "statement"

    revision: str | None
    direction: Direction
    number: int
    steps: int
    position: int
    statement: str


Subscriber: TypeAlias = "Callable[[Event], object]"

_changing = Lock()
_subscribers: tuple[Subscriber, ...] = ()
_of_work: tuple[Subscriber, ...] = ()
_warned: list[Subscriber] = []
_plugins_loaded = False


def subscribe(subscriber: Subscriber, *, working: bool = False) -> None:
    """Have ``subscriber`` called with each event from the next run on, of every run in this process.

    It is called between two statements of a run, which waits for it.

    :param working: call it also for a statement that is *working*, in another thread; a second session of the database
        is opened for that.
    """
    global _subscribers, _of_work  # noqa: PLW0603 a process has one bus
    with _changing:
        _subscribers = (*_subscribers, subscriber)
        if working:
            _of_work = (*_of_work, subscriber)


def unsubscribe(subscriber: Subscriber) -> None:
    """Call ``subscriber`` no more; raises ValueError where it does not subscribe."""
    global _subscribers, _of_work  # noqa: PLW0603
    with _changing:
        left = list(_subscribers)
        left.remove(subscriber)
        _subscribers = tuple(left)
        _of_work = tuple(one for one in _of_work if one in left)
        if subscriber in _warned:
            _warned.remove(subscriber)


@contextmanager
def subscribed(subscriber: Subscriber, *, working: bool = False) -> Iterator[None]:
    """Subscribe for the block."""
    subscribe(subscriber, working=working)
    try:
        yield
    finally:
        unsubscribe(subscriber)


def are_heard() -> bool:
    """Whether anybody subscribes; the first call loads the plugins that do."""
    global _plugins_loaded
    with _changing:
        load, _plugins_loaded = not _plugins_loaded, True
    if load and is_declared(GROUP):
        _load_plugins()
    return bool(_subscribers)


def is_work_followed() -> bool:
    """Whether anybody asks for statements that are *working*."""
    return bool(_of_work)


def _load_plugins() -> None:
    for point in entry_points(GROUP):
        try:
            subscribe(point.load())
        except Exception as error:  # noqa: BLE001 a plugin that only listens must not fail a run
            warn(f"Plugin {point.name!r} ({point.value}) can't be loaded: {error}", code="plugin-failed")


def publish(event: Event) -> None:
    """Call the subscribers with ``event``; one that raises is a warning, once."""
    for subscriber in _of_work if event.phase == "working" else _subscribers:
        try:
            subscriber(event)
        except Exception as error:  # noqa: BLE001 whatever it is, it is the subscriber's
            if subscriber not in _warned:
                _warned.append(subscriber)
                warn(
                    f"A subscriber of limbeck.events failed at {event.name}: {type(error).__name__}: {error}",
                    code="subscriber-failed",
                    hint=f"the run goes on, and later failures are not shown; the subscriber is {subscriber!r}",
                )


def facts(event: Event) -> dict[str, object]:
    """The event as names and plain values: those that are None are left out, an error is its text."""
    found = {one.name: getattr(event, one.name) for one in fields(event)}
    found |= {"error": None, "error_type": None, "wait": None, "progress": None}
    if event.error is not None:
        found |= {"error": str(event.error), "error_type": type(event.error).__name__}
    if event.wait is not None:
        found["wait"] = {one.name: getattr(event.wait, one.name) for one in fields(event.wait)}
    if event.progress is not None:
        found["progress"] = {"doing": event.progress.doing, "share": event.progress.share}
    return {"event": event.name, **{name: value for name, value in found.items() if value is not None}}
