"""What a run will do, found before it does it: steps, SQL, locks, sizes, losses, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from . import rehearsal, verbs
from .operations.in_words import in_words, losses_of
from .results import Loss, PlannedAction, PlannedLock, PlannedRun, PlannedStep, PlannedTable, PlannedUnknown, PlanResult
from .script.authors import authors
from .script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from .databases import Environment
    from .ddl.locks import LockFacts
    from .graph.plan import Plan
    from .rehearsal import Action, Rehearsal, Rehearsed
    from .runtime.migration import MigrationContext
    from .script import Script
    from .script.steps import MigrationStep

    Count = dict["Lost", "Loss | None"]


class Lost(NamedTuple):
    """A table, or a column of it, that a script drops."""

    schema: str | None
    table: str
    column: str | None


def plan(environment: Environment, target: str, **options: object) -> PlanResult:
    """What a run to ``target``, up or down, will do to each database of an environment; changes nothing.

    :param options: of `EnvironmentContext`.
    :raises CommandError: for a target that cannot be reached, and where a script cannot be imported.
    """
    script = environment.script
    plans: list[Plan] = []
    runs: list[PlannedRun] = []

    def steps(rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
        plans.append(verbs.plan(script, verbs.kind_towards(script, target, rows), target, rows))
        return script.steps(plans[-1])

    def found(what: Rehearsal) -> None:
        runs.append(_Look(what, plans[-1]).run())

    rehearsal.rehearse(environment, steps, found, destination_rev=target, **options)
    return PlanResult(target, tuple(runs))


class _Look:
    """Describes the rehearsed steps of one database, which it asks for sizes and counts.

    :param found: the rehearsal. :param plan: the plan that was rehearsed.
    """

    def __init__(self, found: Rehearsal, plan: Plan) -> None:
        self._found = found
        self._plan = plan
        self._impl = found.context.impl
        self._locks: LockFacts = self._impl.locks(found.connection)
        self._tables: dict[str, PlannedTable | None] = {}
        self._counts: Count = {}
        self._renamed: dict[Lost, Lost] = {}
        self._new: set[tuple[str | None, str]] = set()

    def run(self) -> PlannedRun:
        """The whole of it."""
        context, plan = self._found.context, self._plan
        scripts = {step.step.script.path: step.step.script for step in self._found.steps if step.step.script}
        wrote = authors(scripts)
        rows = plan.start
        steps: list[PlannedStep] = []
        for planned, done in zip(plan.steps, self._found.steps, strict=True):
            before, rows = rows, planned.change.apply(rows)
            steps.append(self._step(done, wrote, before, rows))
        transactional = context.impl.transactional_ddl
        return PlannedRun(
            database=self._found.connection.engine.url.render_as_string(hide_password=True),
            dialect=context.dialect.name,
            kind=plan.kind,
            start=plan.start,
            end=plan.end,
            one_transaction=context.one_transaction,
            transactional_ddl=transactional,
            steps=tuple(steps),
            tables=tuple(table for table in self._tables.values() if table is not None),
        )

    def _step(
        self, done: Rehearsed, wrote: dict[str, str], before: tuple[str, ...], after: tuple[str, ...]
    ) -> PlannedStep:
        script: Script = done.step.script  # type: ignore[assignment]  # a stamp is not planned
        losses = tuple(self._losses(done))
        back: str | None = None
        if done.step.is_upgrade:
            back = way_back(script.module).kind
            back = "without rows" if back == "there" and losses else back
        raised = done.raised
        return PlannedStep(
            kind="upgrade" if done.step.is_upgrade else "downgrade",
            revision=script.revision,
            from_revisions=done.step.from_revisions_no_deps,
            to_revisions=done.step.to_revisions_no_deps,
            doc=script.doc,
            branch_labels=tuple(sorted(script.branch_labels)),
            author=wrote.get(script.path),
            path=script.path,
            actions=tuple(self._action(action) for action in done.actions),
            unknown=tuple(PlannedUnknown(*each) for each in done.unknown),
            raises=None if raised is None else f"{type(raised).__name__}: {str(raised).partition(chr(10))[0]}",
            losses=losses,
            way_back=back,
            rows_before=before,
            rows_after=after,
        )

    def _action(self, action: Action) -> PlannedAction:
        locks = [lock for statement in action.sql for lock in self._locks.of(statement)]
        for lock in locks:
            self._size(lock.table)
        return PlannedAction(
            text=in_words(action.operation, action.table, action.sql),
            call=None if action.operation is None else str(action.operation.to_call(batch=action.table is not None)),
            file=action.file,
            line=action.line,
            sql=tuple(action.sql),
            locks=tuple(PlannedLock(*lock) for lock in dict.fromkeys(locks)),
            in_transaction=not action.standalone,
        )

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def _connection(self) -> Connection:
        return self._found.connection

    def _size(self, name: str) -> None:
        """Note how large a table is."""
        if name not in self._tables:
            schema, _, table = name.rpartition(".")
            size = self._impl.table_size(self._connection, table, schema or None)
            self._tables[name] = None if size is None else PlannedTable(name, *size)

    def _losses(self, done: Rehearsed) -> list[Loss]:
        """What a step deletes of what there is now; what an earlier step has renamed is counted by its present name."""
        found: list[Loss] = []
        for action in done.actions:
            change = losses_of(action.operation, action.table, action.sql)
            for schema, table, column in change.lost:
                loss = self._loss(self._present(Lost(schema, table, column)))
                if loss is not None and loss not in found:
                    found.append(loss)
            for new, old in change.renamed:
                self._renamed[Lost(*new)] = self._present(Lost(*old))
            self._new.update(change.created)
        return found

    def _present(self, name: Lost) -> Lost:
        """What there is now under the name that a script will find it by."""
        if name in self._renamed:
            return self._renamed[name]
        table = self._renamed.get(name._replace(column=None))
        return name if table is None else table._replace(column=name.column)

    def _loss(self, name: Lost) -> Loss | None:
        if (name.schema, name.table) in self._new:
            return None
        if name not in self._counts:
            self._counts[name] = self._count(name)
        return self._counts[name]

    def _count(self, name: Lost) -> Loss | None:
        """The rows of a table, and the values of a column that are not NULL; None where it does not exist."""
        schema = self._impl.translated(name.schema)
        inspector = sa.inspect(self._connection)
        if not inspector.has_table(name.table, schema=schema):
            return None
        table = sa.table(name.table, schema=schema)
        if name.column is None:
            rows = self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            return Loss(name.table, name.schema, None, int(rows), None)
        if name.column not in {column["name"] for column in inspector.get_columns(name.table, schema=schema)}:
            return None
        column: sa.ColumnClause[object] = sa.column(name.column)
        counts = sa.select(sa.func.count(), sa.func.count(column)).select_from(table)
        rows, values = self._connection.execute(counts).one()
        return Loss(name.table, name.schema, name.column, int(rows), int(values))
