"""What commands find and do, one function a verb, for `limbeck.command` and `Migrator` alike; nothing is printed."""

from __future__ import annotations

import re
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from .errors import CommandError, DatabaseNotAtHead, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .autogenerate.api import RevisionContext
    from .databases import Environment as Environment
    from .graph.plan import Kind, Plan
    from .operations.operation import MigrateOperation
    from .plan_file import PlanFile
    from .position import Position
    from .results import DatabaseLog, DatabaseStatus, RepeatableObject, SchemaDescription, SchemasResult
    from .runtime.callbacks import ProcessRevisionDirectiveFn
    from .runtime.migration import MigrationContext
    from .script import Script, ScriptDirectory
    from .script.origin import Origin
    from .script.steps import MigrationStep

    Steps = Callable[[tuple[str, ...], MigrationContext], Sequence[MigrationStep]]
    Consent = Callable[[MigrationContext, Sequence[MigrationStep]], None]
    """Raises `CommandError` where the steps of a run are not to be carried out on a database."""


_HEADS = re.compile(r"heads?([+-]\d+)?")


# --- revisions ------------------------------------------------------------------------------------------------------


def heads(script: ScriptDirectory, *, resolve_dependencies: bool = False) -> list[Script]:
    """The heads; with ``resolve_dependencies`` without those that other revisions depend on."""
    return _found(script.get_revisions("heads" if resolve_dependencies else script.get_heads()))


def branches(script: ScriptDirectory) -> list[tuple[Script, list[Script]]]:
    """The branch points, newest first, each with the revisions that follow it."""
    points = [item for item in script.walk_revisions() if item.is_branch_point]
    return [(point, _found(script.get_revisions(sorted(point.nextrev)))) for point in points]


def revisions(environment: Environment, symbol: str) -> list[Script]:
    """The revisions that ``symbol`` stands for; of ``current`` those that the database is at, by id."""
    script = environment.script
    if symbol == "current":
        return _by_id(script.get_all_current(rows(environment)))
    return _found(script.get_revisions(symbol))


def matching(found: Iterable[Script], pattern: str) -> list[Script]:
    """Those of ``found`` whose message, id or label matches a regular expression, upper or lower case.

    :raises UsageError: where it is none.
    """
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        hint = "a \\ in front of a character takes its meaning away, as in --grep 'a\\(b'"
        raise UsageError(f"--grep is no regular expression: {error}", hint=hint) from None
    return [item for item in found if any(map(expression.search, (item.doc, item.revision, *item.branch_labels)))]


def origins(found: Iterable[Script]) -> dict[str, Origin]:
    """When and by whom revisions were made, by id."""
    from .script.origin import origins

    return origins(found)


def refuse_unfilled(script: ScriptDirectory) -> None:
    """Raise `CommandError` where ``FILL_IN`` is left in a script."""
    from .script.fill_in import refuse_unfilled

    for item in script.walk_revisions():
        refuse_unfilled(item.path)


# --- where databases are --------------------------------------------------------------------------------------------


def positions(environment: Environment, told: Callable[[Position], None] | None = None) -> list[Position]:
    """Where the databases of an environment are; changes nothing.

    :param told: called with each position as soon as it is known.
    """
    from .position import Position

    script = environment.script
    heads = set(script.get_heads(consider_depends_on=True))
    found: list[Position] = []

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        applied = tuple(_by_id(script.get_all_current(rows)))
        found.append(Position(context, rows, script.unknown(rows), applied, set(rows) == heads))
        if told is not None:
            told(found[-1])
        return []

    environment.run(look, dont_mutate=True)
    return found


def quiet_positions(environment: Environment) -> list[Position]:
    """As `positions`; the log says nothing of it, and no file is made where that of a database is missing."""
    from .runtime.logging_sections import silenced
    from .runtime.migration import log
    from .runtime.missing_files import creating_no_database

    with creating_no_database(), silenced(log):
        return positions(environment)


def addresses(environment: Environment) -> list[str]:
    """The URLs of the databases of an environment, passwords hidden; the log says nothing of it."""
    from .runtime.logging_sections import silenced
    from .runtime.migration import log

    with silenced(log):
        return [position.database for position in positions(environment)]


def logs(environment: Environment, last: int | None = None) -> list[DatabaseLog]:
    """What ran on the databases of an environment, as their history has it; changes nothing.

    :param last: only so many runs of each database, the newest.
    """
    from itertools import groupby

    from .position import url
    from .results import DatabaseLog, LoggedRun
    from .runtime import history

    found: list[DatabaseLog] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        connection = context.connection
        if connection is not None:
            kept = history.read(connection, version_table=context.version_table, schema=context.version_table_schema)
            runs = [LoggedRun.of(tuple(rows)) for _, rows in groupby(kept, key=lambda row: row.run)]
            found.append(DatabaseLog(url(context), tuple(runs[::-1][:last])))
        return []

    environment.run(look, dont_mutate=True)
    return found


def rows(environment: Environment) -> tuple[str, ...]:
    """The version rows of all databases of an environment, one after the other."""
    return tuple(row for position in positions(environment) for row in position.rows)


def statuses(environment: Environment) -> list[DatabaseStatus]:
    """The state of each database of an environment; changes nothing, and makes no file where one is missing.

    :raises CommandError: where a database cannot be reached.
    """
    from . import status
    from .runtime.logging_sections import silenced
    from .runtime.migration import log
    from .runtime.missing_files import creating_no_database

    found: list[DatabaseStatus] = []

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found.append(status.look(environment.script, context, rows))
        return []

    with creating_no_database(), silenced(log):
        environment.run(look, dont_mutate=True)
    return found


def schemas(environment: Environment, revision: str | None = None, *, models: bool = False) -> SchemasResult:
    """The schema of each database of an environment; changes nothing.

    :param revision: the schema that the history makes up to there, on scratch databases; None: as it is.
    :param models: the schema that the models declare.
    :raises CommandError: where a database cannot be reached, or no scratch database can be made.
    """
    from dataclasses import replace

    from . import scratch
    from .results import SchemasResult
    from .runtime.logging_sections import silenced
    from .runtime.migration import log
    from .runtime.missing_files import creating_no_database
    from .schema_description import of_database, of_models

    if revision is not None and revision != "current":
        real = addresses(environment)
        with silenced(log), scratch.copies(environment, at=revision) as twin:
            found = _contents(twin, of_database)
        named = (replace(one, database=database) for one, database in zip(found, real, strict=True))
        return SchemasResult(revision, tuple(named))
    if models:
        return SchemasResult("models", tuple(_contents(environment, of_models)))
    with creating_no_database():
        found = _contents(environment, of_database)
    return SchemasResult("database", tuple(found))


def _contents(
    environment: Environment, read: Callable[[MigrationContext], SchemaDescription]
) -> list[SchemaDescription]:
    from .runtime.logging_sections import silenced
    from .runtime.migration import log

    found: list[SchemaDescription] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found.append(read(context))
        return []

    with silenced(log):
        environment.run(look, dont_mutate=True)
    return found


def await_heads(environment: Environment, seconds: float) -> None:
    """Wait until all databases of an environment are at the heads; each look connects anew, and changes nothing.

    One that is ahead of the code is there, where the configuration accepts that: an upgrade would run nothing.

    :param seconds: how long, at most; with 0 there is one look.
    :raises DatabaseNotAtHead: when the time is up.
    :raises CommandError: when the time is up and a database cannot be reached; so does its driver's error.
    """
    from .ahead import Ahead
    from .runtime.missing_files import creating_no_database
    from .runtime.waiting import until_there

    def where() -> str | None:
        behind: list[Position] = []

        def look(found: Position) -> None:  # while its database is connected
            is_ahead = found.unknown and Ahead(environment.script, found.context, found.rows).leaves_nothing_to_do
            if not (found.is_at_heads or is_ahead):
                behind.append(found)

        with creating_no_database():
            positions(environment, look)
        return "; ".join(f"{one.database} is at {', '.join(one.rows) or 'base'}" for one in behind) or None

    until_there(where, seconds)


def starting_rows(environment: Environment) -> tuple[str, ...]:
    """The version rows that a script for all databases of an environment starts from.

    :raises CommandError: where the databases have different ones.
    """
    from .runtime.logging_sections import silenced
    from .runtime.migration import log

    with silenced(log):
        found = positions(environment)
    if len({frozenset(position.rows) for position in found}) > 1:
        raise CommandError(
            "The databases of this environment are at different revisions: "
            + "; ".join(f"{position.database} at {', '.join(position.rows) or 'base'}" for position in found),
            code="databases-differ",
            hint="name the revision that the script starts from, and write one script for each",
        )
    return found[0].rows if found else ()


# --- runs -----------------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """What was carried out on one database.

    :param context: the context of the database.
    :param plan: the plan.
    :param steps: the steps that were made of it.
    """

    context: MigrationContext
    plan: Plan
    steps: Sequence[MigrationStep]

    @property
    def database(self) -> str:
        """The URL of the database, its password hidden; empty for a script."""
        from .position import url

        return url(self.context)


def plan(script: ScriptDirectory, kind: Kind, target: str | tuple[str, ...], rows: tuple[str, ...]) -> Plan:
    """The plan from version rows ``rows`` to ``target``.

    :raises CommandError: where that cannot be reached, and for another ``kind``.
    """
    if kind == "stamp":
        return script.plan_stamp(target, rows)
    if kind == "upgrade":
        return script.plan_upgrade(target, rows)
    if kind == "downgrade":
        return script.plan_downgrade(cast("str", target), rows)
    raise UsageError(f"There is no plan of kind {kind!r}", hint="write 'upgrade', 'downgrade' or 'stamp'")


def plan_here(
    script: ScriptDirectory,
    kind: Kind,
    target: str | tuple[str, ...] | None,
    rows: tuple[str, ...],
    context: MigrationContext,
    *,
    skipped: bool,
) -> Plan:
    """The plan from version rows ``rows`` to ``target`` on the database of ``context``.

    :param skipped: first what was skipped there; so with a target of None, which is nothing else.
    :raises CommandError: where that cannot be reached.
    """
    if target is None or skipped:
        return script.plan_skipped(_skipped(script, context, rows), rows, target)
    return plan(script, kind, target, rows)


def kind_towards(script: ScriptDirectory, target: str, rows: tuple[str, ...]) -> Kind:
    """Whether ``target`` is up or down from version rows ``rows``: down where all of it is applied already.

    :raises CommandError: for a target that cannot be resolved.
    """
    symbol = target.rpartition("@")[2]
    if symbol.startswith("-") or symbol == "base" or target == "base":
        return "downgrade"
    if symbol.startswith("+") or _HEADS.fullmatch(symbol):
        return "upgrade"
    return "upgrade" if script.plan_upgrade(target, rows).steps or target in rows else "downgrade"


def carry_out(
    environment: Environment,
    kind: Kind,
    target: str | tuple[str, ...] | None,
    consent: Consent | None = None,
    **options: object,
) -> list[Run]:
    """Upgrade, downgrade or stamp every database of an environment.

    :param target: None: run what was skipped, and nothing else.
    :param consent: called with the steps of each database before the first of them runs.
    :param options: of `EnvironmentContext`; with ``skipped`` an upgrade first runs what was skipped.
    :return: the run on each database.
    :raises CommandError: before anything runs, for a target that cannot be reached, and for heads as a target while a
        revision file cannot be read, since that revision may be a head itself.
    """
    script = environment.script
    if kind != "downgrade" and target is not None:
        _demand_whole(script, (target,) if isinstance(target, str) else target)
    carried: dict[MigrationContext, Run] = {}

    def planned(rows: tuple[str, ...], context: MigrationContext) -> Plan:
        if kind == "upgrade" and _are_heads(target) and script.unknown(rows):
            from .ahead import nothing_to_do

            accepted = nothing_to_do(script, context, rows)
            if accepted is not None:
                return accepted
        found = plan_here(script, kind, target, rows, context, skipped=bool(options.get("skipped")))
        if options.get("purge"):  # `rows` are none then, as if they were deleted already
            before = carried[context].plan.start if context in carried else context.get_current_heads()
            return found._replace(start=before)
        return found

    try:
        _run(environment, planned, carried, consent, takes_back=kind == "downgrade", **options)
    except Exception as error:
        if kind == "upgrade" and script.edition is not None and any(not run.plan.start for run in carried.values()):
            _say_what_the_schema_equals(environment, error)
        raise
    return list(carried.values())


def carry_out_plan(
    environment: Environment, plan_file: PlanFile, kind: Kind, consent: Consent | None = None, **options: object
) -> list[Run]:
    """Carry out a plan that was kept; it is looked at again under the run lock.

    One for several databases is held against all of them before anything runs on the first.

    :param kind: the direction that it has to have.
    :param consent: as for `carry_out`.
    :param options: of `EnvironmentContext`.
    :raises CommandError: before anything runs, where what the plan depends on has moved.
    """
    plan_file.demand_kind(kind)
    carried: dict[MigrationContext, Run] = {}
    planned = partial(plan_file.planned, environment.script)
    if plan_file.is_of_several:

        def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
            planned(rows, context)
            return []

        environment.run(look, dont_mutate=True)
        plan_file.begin_again()
    options |= {"destination_rev": plan_file.target, "plans_again": True}
    _run(environment, planned, carried, consent, takes_back=False, **options)
    return list(carried.values())


def ends(target: str, *, sql: bool, verb: str) -> tuple[str | None, str]:
    """``start:end`` as its two ends; only a script may have a start."""
    start, colon, end = target.partition(":")
    if not colon:
        return None, target
    if not sql:
        raise UsageError(
            "Range revision not allowed",
            hint=f"the database says itself where it is: `limbeck {verb} {end}`; a range goes with --sql",
        )
    return start, end


def not_checked_out(environment: Environment, ref: str | None) -> str | None:
    """``ref``, a branch or commit of git, where it is not what is checked out; else None.

    :raises CommandError: where git knows no such commit.
    """
    from .script.git import is_checked_out

    return None if ref is None or is_checked_out(environment.script.dir, ref) else ref


def switch(
    environment: Environment, ref: str | None = None, consent: Consent | None = None, **options: object
) -> list[Run]:
    """Take back what a branch does not have, with the scripts of this checkout or as the history keeps them.

    :param ref: a branch or commit of git; None: what is checked out, to whose heads the databases are upgraded then.
    :param consent: as for `carry_out`.
    :param options: of `EnvironmentContext`.
    :return: the runs, those down before those up.
    :raises CommandError: where a database has nothing in common with that branch; as `carry_out`.
    """
    from .script.git import revisions_at

    script = environment.script
    script.demand_whole()
    wanted = script.revision_map.graph if ref is None else revisions_at(script, ref)
    carried: dict[MigrationContext, Run] = {}

    def planned(rows: tuple[str, ...], _context: MigrationContext) -> Plan:
        found = script.plan_switch(rows, wanted)
        if found.start and not found.end:
            raise CommandError(
                f"The revisions of this database, {', '.join(rows)}, have nothing in common with "
                f"{'what is checked out' if ref is None else ref}",
                code="nothing-in-common",
                hint="`limbeck downgrade base` takes back all of them, if that is meant",
            )
        return found

    _run(environment, planned, carried, consent, takes_back=True, **options)
    down = [run for run in carried.values() if run.steps]
    return down if ref is not None else [*down, *carry_out(environment, "upgrade", "heads", consent, **options)]


def _run(
    environment: Environment,
    planned: Callable[[tuple[str, ...], MigrationContext], Plan],
    carried: dict[MigrationContext, Run],
    consent: Consent | None,
    *,
    takes_back: bool,
    **options: object,
) -> None:
    """Run what ``planned`` gives for each database, and put it into ``carried``.

    Rows that no file has are said in the words of the history.

    :param takes_back: whether revisions without a file can be run by the texts that the history keeps.
    """
    from .script.way_back import demand_way_back

    script = environment.script
    with ExitStack() as until_end:

        def steps(rows: tuple[str, ...], context: MigrationContext) -> Sequence[MigrationStep]:
            until_end.close()  # what was added for another database, or for other rows
            if not script.unknown(rows):
                plan = planned(rows, context)
            else:
                from .ahead import planned_with

                plan = planned_with(script, context, rows, planned, until_end if takes_back else None)
            found = script.steps(plan)
            if plan.kind == "downgrade" and context.edition is not None:
                demand_way_back(found)
            if consent is not None:
                consent(context, found)
            carried[context] = Run(context, plan, found)
            if plan.kind != "upgrade":
                return found
            from . import repeatables

            return [*found, *repeatables.steps(context, script, plan, runs=bool(found))]

        environment.run(steps, **options)


def _are_heads(target: str | tuple[str, ...] | None) -> bool:
    """Whether a target means the heads of all scripts."""
    return target in ("head", "heads", ("head",), ("heads",))


def _say_what_the_schema_equals(environment: Environment, failure: Exception) -> None:
    """Add to the failure of an upgrade from no version row which revision the schema equals, where it equals one."""
    from .runtime.database_errors import already_there

    if not already_there(failure):
        return
    from .schema_verification import equal_revisions

    with suppress(Exception):  # the failure of the run is the one to report
        for database, revision in equal_revisions(environment):
            if revision is not None:
                failure.add_note(
                    f"the schema of {database} equals that of revision {revision}, and it has no version row: "
                    f"`limbeck stamp {revision}` records where it is"
                )


def verify_stamp(environment: Environment, target: str | tuple[str, ...], *, purge: bool) -> None:
    """Raise `CommandError` where the schema of a database is not what the history makes up to ``target``.

    :param purge: the rows that there are do not count.
    """
    from .schema_verification import verify

    script = environment.script
    verify(environment, lambda rows: script.plan_stamp(target, () if purge else rows).end)


def _skipped(script: ScriptDirectory, context: MigrationContext, rows: tuple[str, ...]) -> list[str]:
    """Ids of what was skipped in a database; raises `CommandError` where it has no history that tells."""
    from .status import read_history

    connection = context.opts.get("live", context.connection)  # of a rehearsal the one that it reads
    history = () if connection is None else read_history(context, connection)
    if rows and not history:
        raise CommandError(
            "Nothing tells what was skipped: this database has no history of runs",
            code="history-missing",
            hint="run the missing statements by hand; under edition = 2026 the next run begins a history",
        )
    return script.skipped(rows, history)


def _demand_whole(script: ScriptDirectory, targets: Iterable[str]) -> None:
    if any(_HEADS.fullmatch(target.rpartition("@")[2]) for target in targets):
        script.demand_whole()


# --- models and new revisions ---------------------------------------------------------------------------------------


def new_revision(
    environment: Environment, hook: ProcessRevisionDirectiveFn | None = None, **asked: object
) -> RevisionContext:
    """A revision to be written.

    :param hook: called before that of env.py.
    :param asked: arguments of ``limbeck.command.revision``; those left out have its defaults.
    """
    from .autogenerate.api import RevisionContext

    names = ("message", "branch_label", "version_path", "rev_id", "depends_on")
    defaults = {**dict.fromkeys(names), "autogenerate": False, "sql": False, "head": "head", "splice": False}
    return RevisionContext(
        environment.config, environment.script, {**defaults, **asked}, process_revision_directives=hook
    )


def compare(environment: Environment, revision: RevisionContext, **options: object) -> list[RepeatableObject]:
    """Fill a new revision with what models and databases differ in; changes no database.

    :return: the repeatable objects that the next upgrade replaces, which no revision is for.
    :raises CommandError: where a database is not at the heads.
    """
    from . import repeatables

    script = environment.script
    pending: list[RepeatableObject] = []

    def steps(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if set(script.known(rows)) != set(script.get_revisions("heads")):
            hint = "run `limbeck upgrade heads` first: models are compared with the newest schema"
            if not rows:
                hint += (
                    ". The database has no version row: where its tables were made without migrations, "
                    "`limbeck stamp <revision>` writes one"
                )
            raise CommandError("Target database is not up to date.", code="not-up-to-date", hint=hint)
        if context.edition is None:
            script.import_scripts()
        revision.run_autogenerate(rows, context)
        pending.extend(each.result for each in repeatables.pending(context))
        return []

    _run_for(environment, revision, steps, options)
    return pending


def differences(environment: Environment, **options: object) -> tuple[RevisionContext, list[RepeatableObject]]:
    """As `compare`, for a revision that is not written: it is returned with the repeatable objects.

    No file is made where that of a database is missing: it is an empty one.
    """
    from .runtime.missing_files import as_empty

    new = new_revision(environment, autogenerate=True)
    with as_empty():
        return new, compare(environment, new, **options)


def call_hooks(environment: Environment, revision: RevisionContext, **options: object) -> None:
    """Run env.py and let its hooks change a new revision that is empty."""

    def steps(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        revision.run_no_autogenerate(rows, context)
        return []

    _run_for(environment, revision, steps, options)


def _run_for(environment: Environment, revision: RevisionContext, steps: Steps, options: dict[str, object]) -> None:
    environment.run(steps, template_args=revision.template_args, revision_context=revision, **options)


def diffs(revision: RevisionContext) -> list[object]:
    """The diff tuples of a revision that was compared; those of one column are a list within the list."""
    last = revision.generated_revisions[-1:]  # none where a hook emptied the list
    return [diff for directive in last for ops in directive.upgrade_ops_list for diff in ops.as_diffs()]


def changes_nothing(revision: RevisionContext) -> bool:
    """Whether a revision that was compared has no operations; False where a hook took it away."""
    from .operations.containers import OpContainer

    def is_empty(operation: MigrateOperation) -> bool:
        return isinstance(operation, OpContainer) and all(map(is_empty, operation.ops))

    scripts = revision.generated_revisions
    return bool(scripts) and all(
        is_empty(ops) for script in scripts for ops in (*script.upgrade_ops_list, *script.downgrade_ops_list)
    )


def demand_several(script: ScriptDirectory, symbols: str | Sequence[str]) -> None:
    """Raise `CommandError` where ``symbols`` stand for a single revision, which is nothing to merge."""
    found = _found(script.get_revisions(symbols))
    if len(found) < 2:  # noqa: PLR2004 a merge joins two
        named = " ".join([symbols] if isinstance(symbols, str) else symbols)
        raise CommandError(
            f"There is nothing to merge: '{named}' stands for "
            + (f"one revision, {found[0].revision} ({found[0].doc})" if found else "no revision"),
            code="nothing-to-merge",
            hint="name two heads or more; `limbeck heads` lists them",
        )


def comparison_options(
    allow_drops: bool, rename: Sequence[str] | None, fill: Sequence[str] | None = None
) -> dict[str, object]:
    """Those options of a comparison that are given."""
    given = {"allow_drops": allow_drops, "rename": list(rename or ()), "fill": list(fill or ())}
    return {name: value for name, value in given.items() if value}


def demand_heads(position: Position) -> None:
    """Raise `DatabaseNotAtHead` unless a database is on all heads."""
    if not position.is_at_heads:
        raise DatabaseNotAtHead(
            "Database is not on all head revisions", hint="bring it there by `limbeck upgrade heads`"
        )


# --- one and several ------------------------------------------------------------------------------------------------


def _found(scripts: Iterable[Script | None]) -> list[Script]:
    """The revisions without the base, which is None."""
    return [item for item in scripts if item is not None]


def _by_id(scripts: Iterable[Script]) -> list[Script]:
    return sorted(scripts, key=lambda item: item.revision)
