"""One target on a worker: a task comes in, how it went goes out; both are values that can be sent anywhere.

The target is brought up by the same way as `limbeck upgrade` takes: env.py of the project runs, with the URL and the
schema of the target in place of those of its configuration. A task that runs twice does nothing the second time: the
run lock and the version rows of the target see to that.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from limbeck import events, verbs
from limbeck.command.environments import environment_of
from limbeck.databases import Environment
from limbeck.destruction import Consent
from limbeck.errors import NO_LOCK, CommandError
from limbeck.failure import described, further_lines
from limbeck.results import FleetTarget
from limbeck.runtime.database_errors import may_pass
from limbeck.runtime.missing_files import creating_no_database
from limbeck.runtime.pinned import Pinned
from limbeck.runtime.sessions import Sessions

from . import inspection, lag, scripts
from .alike import Alike
from .clock import now
from .deadline import Deadline
from .digest import digest
from .targets import Target, resolved, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import URL

    from limbeck.results import Kind, TargetState
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.repetition import Recording
    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep

    from .project import Project


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with every target.

    :param project: the environment.
    :param plan_hash: that of the revisions, which have to be the same on the worker.
    :param kind: bring it up or down, look where it is, read its schema too, ask whether ``sql`` is true, rehearse a
        run, or compare it with the models.
    :param revision: where to.
    :param lock_timeout: how long to wait for another run on the same target, in seconds.
    :param yes: also where rows are deleted.
    :param sql: a query whose first value has to be true.
    :param seconds: how long the run on a target may take; None: without end.
    :param max_lag: seconds that replicas may be behind; None: it is not asked. :param lag_command: what prints them.
    """

    project: Project
    plan_hash: str
    kind: Literal["upgrade", "downgrade", "look", "schema", "gate", "plan", "compare"] = "upgrade"
    revision: str = "heads"
    lock_timeout: float = 30.0
    yes: bool = False
    sql: str | None = None
    seconds: float | None = None
    max_lag: float | None = None
    lag_command: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A target and what is to be done with it.

    :param order: what. :param target: with which. :param server: its server. :param attempt: how often it was begun.
    :param retries: how often it is tried again where what it failed with may be over.
    :param deaths: how many workers have died with it.
    :param rows: the version rows that the driver has read; None where it has not.
    """

    order: Order
    target: Target
    server: str | None = None
    attempt: int = 1
    retries: int = 0
    deaths: int = 0
    rows: tuple[str, ...] | None = None


def carry_out_all(
    tasks: Sequence[Task],
    goes_on: Callable[[], bool] = lambda: True,
    turn: Callable[[Task], AbstractContextManager[object]] = nullcontext,
    *,
    seconds: float | None = None,
) -> list[FleetTarget]:
    """Do a chunk of tasks, one after the other, by sessions that are used again.

    It ends with the first that fails, and with the first after which its server has to rest.

    :param goes_on: whether another one is to be begun.
    :param turn: surrounds each.
    :param seconds: none but the first is begun after these: targets may take longer than those that the size of the
        chunk was learnt from, and the driver may want to stop. None: there is no end.
    :return: how each went that was begun.
    """
    found: list[FleetTarget] = []
    begun = time.monotonic()
    with Sessions() as sessions, Alike() as alike:
        for task in tasks:
            if not goes_on() or (found and seconds is not None and time.monotonic() - begun > seconds):
                break
            with turn(task):
                found.append(carry_out(task, sessions, alike))
            if found[-1].is_failed or lag.rest(found[-1], task.order.max_lag):
                break
    return found


def carry_out(task: Task, sessions: Sessions | None = None, alike: Alike | None = None) -> FleetTarget:
    """Do what a task says; whatever fails is in the result, and has nothing of the secrets of the target.

    :param sessions: those of other targets of this worker, which are used again where that is possible.
    :param alike: likewise what was sent to one of them.
    """
    done = FleetTarget(task.target.name, "failed", task.server, task.attempt, worker(), now())
    begun = time.monotonic()
    try:
        rows = _repeated(task, alike)
        if rows is not None:
            found = replace(done, state="done", rows_before=rows[0], rows_after=rows[1])
        else:
            found = _carried_out(task, done, sessions, alike)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 said in the result
        found = failed(done, error, task.target)
    return replace(found, seconds=round(time.monotonic() - begun, 3))


def _repeated(task: Task, alike: Alike | None) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The version rows before and after, where what was sent to another schema was sent to this one; else None."""
    schema = task.target.schema
    return None if alike is None or schema is None else alike.carry_out(_key(task), schema, consents=task.order.yes)


def _key(task: Task) -> object:
    """What schemas have in common that are alike; None for a target that has to be looked at by itself."""
    order, target = task.order, task.target
    if target.schema is None or task.rows is None or (order.seconds, order.max_lag) != (None, None):
        return None
    return None if events.are_heard() else (order, resolved(target), task.rows)


def environment(order: Order, target: Target, url: URL, sessions: Sessions | None = None) -> Environment:
    """The environment of the project for one target.

    :param sessions: as for `carry_out`.
    :raises CommandError: where the revisions are others than those that the order is about.
    """
    read = scripts.read(order.project, order.plan_hash, order.revision)
    config = order.project.config(url.render_as_string(hide_password=False))
    found = environment_of(config, read)
    return Environment(config, found.script, partial(found.run, pinned=Pinned(url, target.schema, sessions)))


def position(script: ScriptDirectory, rows: tuple[str, ...], done: FleetTarget) -> FleetTarget:
    """Where a target with version rows ``rows`` is."""
    if script.unknown(rows):
        return replace(done, state="unknown revision", rows_before=rows, rows_after=rows)
    is_there = set(rows) == set(script.get_heads(consider_depends_on=True))
    return replace(done, state="at head" if is_there else "behind", rows_before=rows, rows_after=rows)


def _carried_out(task: Task, done: FleetTarget, sessions: Sessions | None, alike: Alike | None) -> FleetTarget:
    target, order = task.target, task.order
    url = resolved(target)
    if order.kind == "plan":
        return replace(
            done, state="behind", planned=inspection.planned(environment(order, target, url), url, order.revision)
        )
    if order.kind == "compare":
        return replace(done, state="at head", differences=inspection.compared(environment(order, target, url)))
    place = environment(order, target, url, sessions)
    if order.kind in ("upgrade", "downgrade"):
        recording = None if alike is None else alike.recording(_key(task), place.script.env_py_location)
        return _with_lag(place, order, _run(place, task, done, recording))
    with creating_no_database():
        if order.kind == "gate":
            return _asked(place, order.sql or "", done)
        found = position(place.script, verbs.rows(place), replace(done, backend=url.get_backend_name()))
        if order.kind == "schema" and found.state == "at head":
            return replace(found, digest=digest(place))
        return found


def _run(place: Environment, task: Task, done: FleetTarget, recording: Recording | None) -> FleetTarget:
    """Bring a target up or down; ``recording`` keeps what is sent."""
    target, order = task.target, task.order
    kind: Kind = "downgrade" if order.kind == "downgrade" else "upgrade"
    deadline = Deadline(order.seconds, None if order.yes else Consent(None))
    options = {"destination_rev": order.revision, "lock_timeout": order.lock_timeout, "known_rows": task.rows}
    options["recording"] = recording
    try:
        with deadline:
            runs = verbs.carry_out(place, kind, order.revision, deadline, **options)
    except CommandError as error:
        if error.code in _NOT_REACHED:
            raise
        return failed(_left(place, done), error, target)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 said in the result
        return failed(_left(place, done), deadline.error() if deadline.is_over else error, target)
    if not runs:
        raise CommandError(
            "env.py ran nothing on this target",
            code="nothing-ran",
            hint="env.py has to call context.configure() and context.run_migrations(), or context.run()",
        )
    before = tuple(dict.fromkeys(row for run in runs for row in run.plan.start))
    after = tuple(dict.fromkeys(row for run in runs for row in run.plan.end))
    state: TargetState = "at head" if kind == "upgrade" else "already there"
    if any(run.steps for run in runs):
        state = "done"
    return replace(done, state=state, rows_before=before, rows_after=after)


def _with_lag(place: Environment, order: Order, done: FleetTarget) -> FleetTarget:
    """``done`` with the lag of replicas, if there was something to do."""
    if order.max_lag is None or done.state in ("at head", "already there"):
        return done
    command = order.lag_command
    return replace(done, lag=lag.asked(place) if command is None else lag.printed(command, done.server))


def _asked(place: Environment, sql: str, done: FleetTarget) -> FleetTarget:
    """``done`` if a query is true, by a session of env.py, which is in the schema of the target."""
    found: list[object] = []

    def ask(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None:
            found.append(context.connection.exec_driver_sql(sql).scalar())
        return []

    place.run(ask, dont_mutate=True)
    if found and all(found):
        return replace(done, state="done")
    value = next((repr(each) for each in found if not each), "nothing")
    return replace(done, code="gate-closed", error=f"`{sql}` gives {value}", hint="see what it asks about")


_NOT_REACHED = frozenset(
    {"database", "other-database", "no-search-path", "no-target-schema", "bad-url", "no-driver", "lock-not-obtained"}
)
"""Codes of errors after which the version rows are not worth a look, or cannot be read."""


def _left(place: Environment, done: FleetTarget) -> FleetTarget:
    """``done`` with the version rows that a failure has left, where they can be read."""
    with suppress(Exception), creating_no_database():
        return replace(done, rows_after=verbs.rows(place))
    return done


_OF_THE_URL = frozenset({"bad-url", "no-driver"})
"""Codes of errors that name the option which has the URL."""


def failed(done: FleetTarget, error: Exception | KeyboardInterrupt, target: Target) -> FleetTarget:
    """``done`` with an error, without the secrets of the target."""
    known = described(error)
    state: TargetState = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
    hint = known.hint
    if known.exit_code == NO_LOCK:
        state, hint = "locked", "wait for the other session or end it, then `limbeck fleet retry`"
    elif known.code in {"script-failed", "unexpected"}:
        hint = "mend the script, or what it found here, then `limbeck fleet retry`"
    elif known.code == "no-database-file":
        hint = "`limbeck fleet upgrade` makes it; or correct the URL: a relative path begins at the current folder"
    is_of_url = known.code in _OF_THE_URL  # of the target, not of the configuration
    where = (
        ""
        if known.file is None or is_of_url
        else f" ({known.file})"
        if known.line is None
        else f" ({known.file}:{known.line})"
    )
    notes = "".join(f"; {note}" for note in (*further_lines(error), *getattr(error, "__notes__", ())))
    said = f"{known}{where}{notes}"
    if is_of_url:
        said = said.replace("'sqlalchemy.url'", "its URL")
        said = said[0].upper() + said[1:]
    with suppress(CommandError):
        url = resolved(target)
        said, hint = without_secrets(said, url), None if hint is None else without_secrets(hint, url)
    passes = known.exit_code == NO_LOCK or may_pass(
        error.__cause__ if isinstance(error.__cause__, Exception) else error
    )
    return replace(done, state=state, code=known.code, error=said, hint=hint, may_pass=passes)


def worker() -> str:
    """This thread, as the ledger names it."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"
