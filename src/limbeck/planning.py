"""What a run will do, found before it does it: steps, SQL, locks, sizes, losses, and the way back."""

from __future__ import annotations

from dataclasses import replace
from itertools import starmap
from typing import TYPE_CHECKING, Literal

from . import rehearsal, repeatables, verbs
from .losses import Losses
from .operations.in_words import in_words, losses_of
from .operations.tables import CreateTableOp
from .plan_file import fingerprint
from .results import PlannedAction, PlannedLock, PlannedRun, PlannedStep, PlannedTable, PlannedUnknown, PlanResult
from .runtime.missing_files import creating_no_database
from .script.authors import authors
from .script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from .databases import Environment
    from .ddl.locks import LockFacts
    from .graph.plan import Plan
    from .lint.engine import Reviewer
    from .rehearsal import Action, Rehearsal, Rehearsed
    from .results import Fingerprint, LintFinding, Loss
    from .runtime.migration import MigrationContext
    from .script import Script, ScriptDirectory
    from .script.steps import MigrationStep
    from .trial import Tried

    Trial = Literal["rolled back", "scratch"]


def plan(
    environment: Environment,
    target: str,
    fingerprints: list[Fingerprint] | None = None,
    trial: Trial | None = None,
    by: Reviewer | None = None,
    **options: object,
) -> PlanResult:
    """What a run to ``target``, up or down, will do to each database of an environment; changes nothing.

    :param fingerprints: gets what the plan of each database depends on.
    :param trial: also run the steps: in a transaction that is rolled back, or on a scratch database.
    :param by: who reviews the steps up, as they were rehearsed; None: nobody.
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
        look = _Look(what, plans[-1], _reviewed(script, what, by))
        runs.append(look.run())
        if fingerprints is not None:
            fingerprints.append(look.fingerprint())

    with creating_no_database():
        rehearsal.rehearse(environment, steps, found, destination_rev=target, **options)
    if trial is None:
        return PlanResult(target, tuple(runs))
    from . import trial as trials

    def all_steps(rows: tuple[str, ...], context: MigrationContext) -> Sequence[MigrationStep]:
        found = steps(rows, context)
        return [*found, *repeatables.steps(context, script, plans[-1], runs=bool(found))]

    run = trials.dry_run if trial == "rolled back" else trials.on_scratch
    tried = run(environment, all_steps, destination_rev=target, **options)
    return PlanResult(target, tuple(starmap(_with_trial, zip(runs, tried, strict=True))), trial)


def _reviewed(script: ScriptDirectory, what: Rehearsal, by: Reviewer | None) -> Mapping[str, tuple[LintFinding, ...]]:
    """What is found in the revisions that are reviewed."""
    if by is None:
        return {}
    from .lint.engine import review
    from .lint.ranges import before

    return {name: tuple(found) for name, found in review(what, by, before(script, by.configured.start))}


def _with_trial(run: PlannedRun, tried: Sequence[Tried]) -> PlannedRun:
    """A planned run with what its steps sent."""
    found = {one.what: one for one in tried}
    steps = (replace(step, sent=found[step.revision].sent, seconds=found[step.revision].seconds) for step in run.steps)
    objects = (replace(each, sent=found[each].sent, seconds=found[each].seconds) for each in run.repeatables)
    return replace(run, steps=tuple(steps), repeatables=tuple(objects))


class _Look:
    """Describes the rehearsed steps of one database, which it asks for sizes and counts.

    :param found: the rehearsal. :param plan: the plan that was rehearsed.
    :param reviewed: what is found in the revisions that were reviewed.
    """

    def __init__(self, found: Rehearsal, plan: Plan, reviewed: Mapping[str, tuple[LintFinding, ...]]) -> None:
        self._reviewed = reviewed
        self._found = found
        self._plan = plan
        self._impl = found.context.impl
        self._locks: LockFacts = self._impl.locks(found.connection)
        self._tables: dict[str, PlannedTable | None] = {}
        self._created: set[str] = set()  # by the run: no other session knows them
        self._touched: set[tuple[str | None, str]] = set()
        self._lost = Losses(found.connection, self._impl)

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
            repeatables=tuple(each.result for each in self._replaced()),
        )

    def _replaced(self) -> list[repeatables.Repeatable]:
        """The repeatable objects that are replaced after the steps."""
        script = self._found.context.script
        follow = script is not None and repeatables.follow(self._plan, script)
        return repeatables.pending(self._found.context) if follow else []

    def _step(
        self, done: Rehearsed, wrote: dict[str, str], before: tuple[str, ...], after: tuple[str, ...]
    ) -> PlannedStep:
        script: Script = done.step.script  # type: ignore[assignment]  # a stamp is not planned
        losses = tuple(self._losses(done))
        back: str | None = None
        if done.step.is_upgrade:
            back = way_back(script.module).kind
            back = "without rows" if back == "there" and losses else back
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
            raises=_refusal(done),
            losses=losses,
            way_back=back,
            rows_before=before,
            rows_after=after,
            findings=self._reviewed.get(script.revision),
        )

    def _action(self, action: Action) -> PlannedAction:
        if isinstance(action.operation, CreateTableOp) and not self._locks.of_the_whole_database:
            self._created.add(".".join(filter(None, (action.operation.schema, action.operation.table_name))))
        locks = [
            lock for statement in action.sql for lock in self._locks.of(statement) if lock.table not in self._created
        ]
        for lock in locks:
            self._size(lock.table)
            self._touch(*lock.table.rpartition(".")[::2])
        for name in ("table_name", "source_table", "referent_table", "new_table_name"):
            self._touch(getattr(action.operation, "schema", None), getattr(action.operation, name, None))
        return planned_action(action, (PlannedLock(*lock) for lock in dict.fromkeys(locks)))

    def fingerprint(self) -> Fingerprint:
        """What the plan depends on; after `run`."""
        scripts = [step.step.script for step in self._found.steps if step.step.script]
        own = self._found.context.version_table
        touched = [name for name in self._touched if name[1] != own]
        return fingerprint(self._connection, self._impl, scripts, touched)

    def _touch(self, schema: str | None, table: object) -> None:
        if isinstance(table, str):
            self._touched.add((schema or None, table))

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
        """What a step deletes of what there is now."""
        changes = (losses_of(action.operation, action.table, action.sql) for action in done.actions)
        return list(dict.fromkeys(loss for change in changes for loss in self._lost.of(change)))


def planned_action(action: Action, locks: Iterable[PlannedLock] = ()) -> PlannedAction:
    """What a script was rehearsed to do, with the locks that it takes."""
    return PlannedAction(
        text=in_words(action.operation, action.table, action.sql),
        call=None if action.operation is None else action.operation.call_text(batch=action.table is not None),
        file=action.file,
        line=action.line,
        sql=tuple(action.sql),
        locks=tuple(locks),
        in_transaction=not action.standalone,
    )


def _refusal(done: Rehearsed) -> str | None:
    """Why the run will refuse a step; None where it will not."""
    step, raised = done.step, done.raised
    if raised is not None:
        return f"{type(raised).__name__}: {str(raised).partition(chr(10))[0]}"
    if step.script is not None and not step.is_upgrade and way_back(step.script.module).kind == "irreversible":
        return "the script says that it is irreversible"
    return None
