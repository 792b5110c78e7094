"""Statements of coming revisions are made ready in a thread while the server works on the present one's.

Building and compiling them takes as long as a server does for a table, and a driver that waits for its answer leaves
the processor alone. The thread sees no connection: it runs a function that only calls operations (`only_operations`
says what that is) against one that keeps their text, one or two for each revision that is sent, and none behind a
revision that does more. Where the database has to be asked, where a warning or an error is due, and where anybody could
tell the difference, nothing is made ready and the revision is run as ever, in its own time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Self

from limbeck import _current, sqla
from limbeck.ddl.ready import ReadyStatements, RefusedStatements
from limbeck.errors import in_advance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future, ThreadPoolExecutor

    from limbeck.ddl.ready import Ready
    from limbeck.script.steps import MigrationStep

    from .migration import MigrationContext

FARTHEST = 16
"""How many revisions ahead of the present one are made ready at most."""
_AT_ONCE = 2
"""How many are begun for each that is sent, until so many are: they take no more time than the server does."""


class Ahead:
    """The functions of a run's steps, carried out while those of later steps are made ready; a context manager.

    :param context: the context that takes the steps. :param steps: all of them. :param arguments: of every function.
    """

    def __init__(self, context: MigrationContext, steps: list[MigrationStep], arguments: Mapping[str, Any]) -> None:
        self._context = context
        self._arguments = arguments
        self._coming = deque(steps if _has_time(context) else ())
        self._begun: deque[tuple[MigrationStep, Future[list[Ready] | None]]] = deque()
        self._wall: MigrationStep | None = None
        self._thread: ThreadPoolExecutor | None = None

    def carry_out(self, step: MigrationStep) -> None:
        """Do what the function of ``step`` does; raises what it raises."""
        ready = self._turn_of_next()
        if step.only_calls_operations:
            self._begin_more()
        if ready is None:
            step.migration_fn(**self._arguments)
        else:
            self._send(step, ready)
        if not step.only_calls_operations and not _has_time(self._context):
            self._coming.clear()  # it has changed the session
        if self._wall is step:
            self._wall = None

    def making_tables(self) -> list[MigrationStep]:
        """The next steps that were begun, up to one that does not create one table and nothing else."""
        found = []
        for step, future in self._begun:
            ready = future.result()
            if ready is None or [statement.creates_table for statement in ready] != [True]:
                break
            found.append(step)
        return found

    def _turn_of_next(self) -> list[Ready] | None:
        """The statements of the next step, where they were begun; waits for them."""
        if self._begun:
            return self._begun.popleft()[1].result()
        if self._coming:
            self._coming.popleft()
        return None

    def _begin_more(self) -> None:
        for _ in range(min(_AT_ONCE, FARTHEST - len(self._begun), len(self._coming))):
            step = self._coming.popleft()
            try:
                self._begun.append((step, self._begin(step)))
            except RuntimeError:  # the system has no thread for us
                self._coming.clear()
                return

    def _begin(self, step: MigrationStep) -> Future[list[Ready] | None]:
        from concurrent.futures import ThreadPoolExecutor
        from contextvars import copy_context

        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "limbeck-ahead")
        return self._thread.submit(copy_context().run, self._make_ready, step)

    def _make_ready(self, step: MigrationStep) -> list[Ready] | None:
        """The statements of ``step``, or None where it has to be run in its own time."""
        statements = ReadyStatements(self._context.dialect)
        try:
            if self._wall is not None or not step.only_calls_operations:
                self._wall = self._wall or step
                return None
            if not _is_all_ours(self._context):
                return None
            with in_advance():
                self._run(step, statements)
        except Exception:  # noqa: BLE001  what is wrong is said when the step is run in its own time
            return None
        return statements.found

    def _run(self, step: MigrationStep, statements: ReadyStatements) -> None:
        """Run the function of ``step``, its operations sending to ``statements``."""
        operations = type(_current.operations.get(step.name))
        with _current.operations.within(operations(_Beside(self._context, statements))):
            step.migration_fn(**self._arguments)

    def _send(self, step: MigrationStep, ready: list[Ready]) -> None:
        connection = self._context._online()
        for position, statement in enumerate(ready):
            try:
                connection.exec_driver_sql(statement.text)
            except Exception as error:
                # raised once more from the line of the script that made the statement
                self._run(step, RefusedStatements(self._context.dialect, position, error))
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)


class _Beside:
    """What operations know of a context, with ``statements`` in place of its connection."""

    as_sql = False

    def __init__(self, context: MigrationContext, statements: ReadyStatements) -> None:
        self.opts = context.opts
        self.dialect = context.dialect
        self.connection = statements
        self.impl = context.impl.sending_to(statements)


def _has_time(context: MigrationContext) -> bool:
    """Whether a server works while we wait, and takes text as it takes constructs."""
    connection = context.connection
    return connection is not None and context.impl.works_beside_us and sqla.takes_text_alike(connection)


def _is_all_ours(context: MigrationContext) -> bool:
    """Whether nobody has a hand in how operations are carried out, who would see them before their time."""
    return (
        type(context.impl).__module__.startswith("limbeck.")
        and not sqla.is_ddl_watched()
        and bool(_current.operations.get("upgrade").are_ours())
    )
