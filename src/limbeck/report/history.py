"""What each revision does: the history is rehearsed, and then run, on scratch databases that are empty at first."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from limbeck import rehearsal, scratch, verbs
from limbeck.lint.changes import RenameTable
from limbeck.lint.engine import review
from limbeck.lint.ranges import before, way_back_of
from limbeck.lint.step import changes_of
from limbeck.maintenance.touched import is_unread, touches
from limbeck.operations.tables import CreateTableOp
from limbeck.planning import planned_action
from limbeck.results import (
    PlannedLock,
    PlannedUnknown,
    RehearsedHistory,
    RehearsedRevision,
    SchemasResult,
    SqlElsewhere,
    TableChange,
    Unread,
)
from limbeck.runtime.database_errors import first_line
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema_description import of_tables
from limbeck.script.steps import RevisionStep
from limbeck.trial import Surrounded

from .elsewhere import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from limbeck.databases import Environment
    from limbeck.ddl.locks import LockFacts
    from limbeck.ddl.shape import TableName
    from limbeck.lint.engine import Reviewer
    from limbeck.rehearsal import Rehearsal, Rehearsed
    from limbeck.results import LintFinding, PlannedAction, TableDescription
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep


@dataclass(slots=True)
class _Touched:
    """Tables that a revision touches.

    :param certain: those that it is known to touch. :param perhaps: words of statements that are not understood.
    :param renamed: by new name, the name before.
    """

    certain: dict[TableName, None] = field(default_factory=dict)
    perhaps: dict[TableName, None] = field(default_factory=dict)
    renamed: dict[TableName, TableName] = field(default_factory=dict)

    def names(self) -> list[TableName]:
        """All of them."""
        return [*self.certain, *(name for name in self.perhaps if name not in self.certain)]


@dataclass(slots=True)
class _Rehearsed:
    """The history of one database: its dialect, what its revisions do, and the tables that each touches."""

    dialect: str
    revisions: list[RehearsedRevision]
    touched: dict[str, _Touched]


def histories(
    environment: Environment, by: Reviewer, unread: list[Unread], dialects: Sequence[str] = ()
) -> tuple[tuple[RehearsedHistory, ...], tuple[SchemasResult, ...]]:
    """What the history does to each database of an environment, and the schema that it makes.

    :param by: who reviews the revisions. :param unread: gets what could not be found out.
    :param dialects: others, whose SQL is written too.
    :raises CommandError: where there is no scratch database, and where a script cannot be imported.
    """
    real = verbs.addresses(environment)
    made: list[SchemasResult] = []
    with silent(log), scratch.copies(environment, at="base") as twin:
        rehearsed = _rehearsed(twin, by, dialects)
        changes: list[dict[str, tuple[TableChange, ...]]] = [{} for _ in rehearsed]
        try:
            _run(twin, [one.touched for one in rehearsed], changes)
            made.append(verbs.schemas(twin))
        except Exception as error:  # noqa: BLE001 scripts raise anything; it is said on the page
            unread.append(Unread("tables", f"the history fails on an empty database: {first_line(error)}"))
    found = (
        RehearsedHistory(
            database,
            one.dialect,
            tuple(replace(each, tables=tables.get(each.revision, ())) for each in one.revisions),
        )
        for database, one, tables in zip(real, rehearsed, changes, strict=True)
    )
    schemas = (
        SchemasResult("heads", tuple(replace(one, database=url) for one, url in zip(each.databases, real, strict=True)))
        for each in made
    )
    return tuple(found), tuple(schemas)


# --- rehearsed --------------------------------------------------------------------------------------------------------


def _rehearsed(twin: Environment, by: Reviewer, dialects: Sequence[str]) -> list[_Rehearsed]:
    """The history up, and down again, as scripts say it."""
    script, found = twin.script, []

    def steps(_rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
        up = script.plan_upgrade("heads", ())
        return [step for plan in (up, way_back_of(script, up)) for step in script.steps(plan)]

    def look(what: Rehearsal) -> None:
        found.append(_described(what, dict(review(what, by, before(script, by.configured.start))), dialects))

    rehearsal.rehearse(twin, steps, look)
    return found


def _described(what: Rehearsal, findings: Mapping[str, Iterable[LintFinding]], dialects: Sequence[str]) -> _Rehearsed:
    context = what.context
    writers = [Writer(dialect, context) for dialect in dialects if dialect != context.dialect.name]
    locks = context.impl.locks(what.connection)
    ups = {one.step.script.revision: one for one in what.steps if one.step.script and one.step.is_upgrade}
    downs = {one.step.script.revision: one for one in what.steps if one.step.script and not one.step.is_upgrade}
    revisions = [
        RehearsedRevision(
            revision=name,
            upgrade=_actions(one, locks),
            downgrade=_actions(downs[name], locks) if name in downs else (),
            unknown=tuple(PlannedUnknown(*each) for each in one.unknown),
            findings=tuple(findings.get(name, ())),
            tables=(),
            elsewhere=tuple(
                SqlElsewhere(
                    writer.dialect,
                    writer.sql(one.actions),
                    writer.sql(downs[name].actions) if name in downs else (),
                )
                for writer in writers
            ),
        )
        for name, one in ups.items()
    ]
    return _Rehearsed(context.dialect.name, revisions, {name: _touched(one, context) for name, one in ups.items()})


def _actions(one: Rehearsed, facts: LockFacts) -> tuple[PlannedAction, ...]:
    """What a step does; locks on tables that it creates keep nobody waiting, and are left out."""
    new: set[str] = set()
    found: list[PlannedAction] = []
    for action in one.actions:
        operation = action.operation
        if isinstance(operation, CreateTableOp) and not facts.of_the_whole_database:
            new.add(".".join(filter(None, (operation.schema, operation.table_name))))
        locks = dict.fromkeys(lock for statement in action.sql for lock in facts.of(statement))
        found.append(planned_action(action, (PlannedLock(*lock) for lock in locks if lock.table not in new)))
    return tuple(found)


def _touched(one: Rehearsed, context: MigrationContext) -> _Touched:
    found = _Touched()
    for touch in touches(one, context):
        if touch.table:
            if not touch.builds_on:
                found.certain[_name(touch.table)] = None
            elif is_unread(touch.action, context):
                found.perhaps[_name(touch.table)] = None
    for action in one.actions:
        for change in changes_of(action, context):
            if isinstance(change, RenameTable):
                found.renamed[_name(change.new)] = _name(change.table)
    return found


def _name(text: str) -> TableName:
    schema, _, table = text.rpartition(".")
    return schema or None, table


# --- run --------------------------------------------------------------------------------------------------------------


def _run(
    twin: Environment, touched: Sequence[Mapping[str, _Touched]], found: Sequence[dict[str, tuple[TableChange, ...]]]
) -> None:
    """Run the history, and note what each revision does to the tables that it touches.

    :param touched: by revision, these, for each database. :param found: gets what becomes of them.
    """
    waiting = iter(zip(touched, found, strict=True))

    def steps(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        names, changes = next(waiting)
        known: dict[TableName, TableDescription | None] = {}
        plan = twin.script.plan_upgrade("heads", ())
        return [
            _looking(step, context, names.get(step.revision.revision, _Touched()), known, changes)
            if isinstance(step, RevisionStep)
            else step
            for step in twin.script.steps(plan)
        ]

    twin.run(steps)


def _looking(
    step: RevisionStep,
    context: MigrationContext,
    touched: _Touched,
    known: dict[TableName, TableDescription | None],
    changes: dict[str, tuple[TableChange, ...]],
) -> RevisionStep:
    """A step that looks at the tables that it touches, before and after.

    :param known: the tables that were looked at before, None for those that were not there.
    """
    names = touched.names()

    @contextmanager
    def block() -> Iterator[None]:
        _read(context, [name for name in names if name not in known], known)
        before = {name: known[name] for name in names}
        yield
        _read(context, names, known)
        changes[step.revision.revision] = tuple(_changes(touched, before, known))

    return Surrounded(step, block) if names else step


def _read(
    context: MigrationContext, names: Sequence[TableName], known: dict[TableName, TableDescription | None]
) -> None:
    found = of_tables(context, names) if names else {}
    known.update({name: found.get(name) for name in names})


def _changes(
    touched: _Touched,
    before: Mapping[TableName, TableDescription | None],
    after: Mapping[TableName, TableDescription | None],
) -> Iterator[TableChange]:
    gone = {old for new, old in touched.renamed.items() if after.get(new) and not after.get(old)}
    for name in before:
        old = touched.renamed.get(name)
        was = before.get(old) if old in gone else before[name]
        if name in gone or (was is None and after[name] is None):
            continue
        if name in touched.certain or was != after[name]:
            yield TableChange(was, after[name])
