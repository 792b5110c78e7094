"""A range run on a scratch database, statement by statement: what was locked, read and written anew, and how long.

The history makes the scratch database, up to where the range begins. Nobody else uses it and it has few rows, so that
a second there is none in production. Locks and rewrites are what they are there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event

from limbeck import call_site, scratch
from limbeck.ddl.observer import Seen
from limbeck.errors import CommandError
from limbeck.results import ObservedLock, ObservedStatement
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.script.steps import MigrationStep, RevisionStep
from limbeck.trial import Surrounded

from .ranges import Range, select
from .witness import Testimony

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy.engine import ExceptionContext

    from limbeck.databases import Environment
    from limbeck.ddl.observer import Observer, Parameters
    from limbeck.rehearsal import Action
    from limbeck.runtime.migration import MigrationContext

    from .rule import Found, Rule


def observe(environment: Environment, wanted: Range, start: str | None = None) -> tuple[ObservedStatement, ...]:
    """What the statements of a range did; where one failed, it is the last.

    :param wanted: the range. :param start: as for `limbeck.lint.ranges.select`.
    :raises CommandError: where there is no scratch database, or nothing can be seen on it; so does the history before
        the range.
    """
    script = environment.script
    names: set[str] = set()

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is not None and context.impl.observer(context.connection) is None:
            raise CommandError(
                f"What statements do on {context.dialect.name} cannot be observed",
                code="cannot-observe",
                hint="leave --observe out",
            )
        names.update(str(step.revision) for step in select(script, wanted, rows, start).steps)
        return []

    environment.run(look, dont_mutate=True)
    if not names:
        return ()
    whole = script.plan_upgrade(tuple(names), ())
    before = tuple(str(step.revision) for step in whole.steps if step.revision not in names)
    with scratch.copies(environment, before or "base") as twin, silent(log):
        return carried_out(twin, names)


def carried_out(twin: Environment, names: Collection[str]) -> tuple[ObservedStatement, ...]:
    """What the statements of revisions did that are run on databases; where one failed, it is the last.

    :param twin: has databases that are nobody's loss. :param names: the revisions, of which they lack nothing else.
    """
    script, tape = twin.script, list[ObservedStatement]()

    def steps(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
        observer = context.impl.observer(context.connection)
        assert observer is not None, "its dialect has one"  # noqa: S101
        return [_watched(step, observer, tape) for step in script.steps(script.plan_upgrade(tuple(names), rows))]

    try:
        twin.run(steps)
    except Exception:
        if not tape or tape[-1].error is None:
            raise
    return tuple(tape)


def _watched(step: MigrationStep, observer: Observer, tape: list[ObservedStatement]) -> MigrationStep:
    if not isinstance(step, RevisionStep):
        return step
    return Surrounded(step, lambda: _Watch(step.revision.revision, observer, tape).block())


class _Watch:
    """Puts the statements of a revision on a tape: those that did something to tables, and those that failed.

    :param revision: the revision.
    """

    def __init__(self, revision: str, observer: Observer, tape: list[ObservedStatement]) -> None:
        self._revision = revision
        self._observer = observer
        self._tape = tape
        self._statement = ""

    @contextmanager
    def block(self) -> Iterator[None]:
        """The block in which its function runs."""
        connection = self._observer.connection
        listeners: tuple[tuple[object, str, Callable[..., object], bool], ...] = (
            (connection, "before_cursor_execute", self._before, True),
            (connection, "after_cursor_execute", self._after, False),
            (connection.engine, "handle_error", self._failed, False),
        )
        for target, name, listener, retval in listeners:
            event.listen(target, name, listener, **({"retval": True} if retval else {}))
        try:
            yield
        finally:
            for target, name, listener, _ in listeners:
                event.remove(target, name, listener)

    def _before(
        self, _connection: object, _cursor: object, statement: str, parameters: Parameters, *_: object
    ) -> tuple[str, Parameters]:
        self._statement = statement
        return self._observer.start(statement, parameters), parameters

    def _after(self, *_: object) -> None:
        seen = self._observer.end()
        if seen.is_something:
            self._put(seen, None)

    def _failed(self, context: ExceptionContext) -> None:
        if context.connection is not self._observer.connection:
            return  # of another session, as one that looks for who holds a lock
        self._observer.failed()
        self._put(Seen(), str(context.original_exception).partition("\n")[0])

    def _put(self, seen: Seen, error: str | None) -> None:
        file, line = call_site.caller()
        locks = tuple(ObservedLock(*lock) for lock in seen.locks)
        self._tape.append(
            ObservedStatement(
                self._revision, file, line, self._statement, seen.seconds, locks, seen.rewritten, seen.read, error
            )
        )


class Observed:
    """A witness: what statements did on the scratch database.

    :param statements: the statements.
    """

    def __init__(self, statements: Iterable[ObservedStatement]) -> None:
        self._at: dict[tuple[str | None, int | None], list[ObservedStatement]] = {}
        for one in statements:
            self._at.setdefault((one.file, one.line), []).append(one)

    def _of(self, action: Action) -> list[ObservedStatement]:
        """The statements of a call; a batch sends its own where it ends, by the line where it begins."""
        lines = [action.line]
        if action.table is not None and action.line is not None:
            lines += range(action.line - 1, 0, -1)
        return next((found for line in lines if (found := self._at.get((action.file, line)))), [])

    def testify(self, rule: Rule, found: Found) -> Testimony:
        """Whether the call did what the rule says; a finding that it disproves is a grade milder."""
        if found.at is None or (rule.lock is None and not rule.rewrites):
            return Testimony()
        statements = self._of(found.at.action)
        if not statements or any(one.error for one in statements):
            return Testimony()
        table = found.table
        locks = [
            lock for one in statements for lock in one.locks if table in {"", lock.table} and lock.mode == rule.lock
        ]
        rewritten = [name for one in statements for name in one.rewritten if table in {"", name}]
        if (rule.lock is not None and not locks) or (rule.rewrites and not rewritten):
            otherwise = "; ".join(dict.fromkeys(one.in_words() for one in statements))
            return Testimony(-1, (f"observed otherwise: {otherwise}",))
        words = [f"{lock.mode} on {lock.table}" for lock in locks] + [f"{name} written anew" for name in rewritten]
        seconds = sum(one.seconds for one in statements)
        return Testimony(
            0, (f"observed: {', '.join(dict.fromkeys(words))}, {seconds * 1000:,.0f} ms on a scratch database",)
        )
