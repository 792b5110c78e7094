"""Commands that run revisions, or say what a run would do."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from limbeck import console, describe, verbs
from limbeck.errors import UsageError
from limbeck.limits import duration
from limbeck.show import text

from . import printing
from .environments import environment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.destruction import Consent
    from limbeck.lint.engine import Planned, Reviewer
    from limbeck.planning import Trial
    from limbeck.results import Kind, Loss
    from limbeck.results import PlanResult as Plan
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.resume import InDoubt
    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep
    from limbeck.show.terminal.layout import Paper


_CURRENT = "current"
"""The start of a script that begins where the database is."""


def plan(
    config: Config,
    target: str = "heads",
    sql: bool = False,
    markdown: bool = False,
    json: bool = False,
    *,
    save: str | None = None,
    dry_run: bool = False,
    scratch: bool = False,
    lint: bool | None = None,
) -> Plan:
    """Show what an upgrade or a downgrade would do, and to which rows, before anything is done.

    :param config: the configuration.
    :param target: the revision, up or down from where the database is.
    :param sql: print the statements of each step.
    :param markdown: print Markdown, for a comment on a pull request.
    :param json: print a JSON document instead of text.
    :param save: also write it to this file, for `upgrade` and `downgrade` to carry out.
    :param dry_run: also run the steps, in a transaction that is rolled back; not where DDL commits by itself.
    :param scratch: also run them on a scratch database, made by the history and dropped again.
    :param lint: also review the revisions of an upgrade; default: where ``lint_on_upgrade`` asks for it.
    :return: the plan.
    :raises CommandError: for a target that cannot be reached, and where a script cannot be imported.
    """
    if dry_run and scratch:
        raise UsageError("--dry-run and --scratch are two ways to try a plan", hint="leave one of them out")
    trial: Trial | None = "rolled back" if dry_run else "scratch" if scratch else None
    found = describe.plan(environment_of(config), target, save, trial, _reviewer(config, lint))
    lines = text.plan(found, markdown=markdown, sql=sql)
    person = None if markdown else partial(printing.planned, lines=lines)
    printing.show(config, lines, lambda: found, json=json, person=person)
    if save is not None:
        printing.note(config, text.next_run(found, save))
    return found


def upgrade(
    config: Config,
    revision: str | None = None,
    sql: bool = False,
    tag: str | None = None,
    *,
    lock: bool | None = None,
    lock_timeout: float | None = None,
    table_lock_timeout: str | float | None = None,
    resume: bool = False,
    in_doubt: InDoubt | None = None,
    json: bool = False,
    yes: bool = False,
    plan_file: str | None = None,
    skipped: bool = False,
    lint: bool | None = None,
    fail_on: str | None = None,
) -> list[MigrationStep]:
    """Bring the database up to a revision.

    :param config: the configuration.
    :param revision: the target; with ``sql`` also ``start:end``, where ``current`` is where the database is; with
        ``skipped`` it may be left out.
    :param sql: write a script instead of running the steps.
    :param tag: any text, for env.py to ask for.
    :param lock: keep other runs out meanwhile; default: as env.py says, else True.
    :param lock_timeout: how long to wait for the lock, in seconds; default: as env.py says, else 600.
    :param table_lock_timeout: how long to wait for a lock on a table, as "2s" or seconds; default: as configured.
    :param resume: leave out what is committed of a revision that was left half done; needs an edition.
    :param in_doubt: ``"done"`` or ``"again"``, of a statement that was perhaps carried out; with ``resume``.
    :param json: print a JSON document of what was done.
    :param yes: delete rows unasked; only the command line asks, and only under an edition.
    :param plan_file: in place of a target: run exactly the plan in this file, where nothing has moved since.
    :param skipped: first run, in their place, the revisions below what is applied that never ran on this database, by
        its history. The version rows stay as they are meanwhile.
    :param lint: first review the revisions, and run none where there are findings as bad as ``fail_on``; False: do not;
        default: as ``lint_on_upgrade`` says.
    :param fail_on: ``"error"``, ``"warning"`` or ``"info"``; asks for a review too. Default: as configured.
    :return: the steps that ran; of several databases those of the last.
    """
    _demand_one_target("upgrade head", revision, plan_file, skipped=skipped, sql=sql)
    if sql and skipped:
        raise UsageError(
            "Can't use --skipped with --sql mode", hint="a script knows no history of runs: name the revisions, a1:a2"
        )
    if sql and (lint or fail_on is not None):
        raise UsageError("Can't use --lint with --sql mode", hint="`limbeck lint a1:a2` reviews what a script is of")
    environment = environment_of(config)
    start, target = (None, None) if revision is None else verbs.ends(revision, sql=sql, verb="upgrade")
    if not sql:
        _demand_reviewed(environment, target, plan_file, tag, skipped=skipped, lint=lint, fail_on=fail_on)
    return _carry_out(
        environment,
        "upgrade",
        target,
        start,
        sql=sql,
        tag=tag,
        lock=lock,
        lock_timeout=lock_timeout,
        table_lock_timeout=table_lock_timeout,
        json=json,
        yes=yes,
        plan_file=plan_file,
        **{"resume": resume, "in_doubt": in_doubt} | ({"skipped": True} if skipped else {}),
    )


def downgrade(
    config: Config,
    revision: str | None = None,
    sql: bool = False,
    tag: str | None = None,
    *,
    lock: bool | None = None,
    lock_timeout: float | None = None,
    table_lock_timeout: str | float | None = None,
    resume: bool = False,
    in_doubt: InDoubt | None = None,
    json: bool = False,
    yes: bool = False,
    plan_file: str | None = None,
) -> list[MigrationStep]:
    """Bring the database down to a revision.

    :param config: the configuration.
    :param revision: the target; with ``sql`` always ``start:end``, where ``current`` is where the database is.
    :param sql: write a script instead of running the steps.
    :param tag: any text, for env.py to ask for.
    :param lock: as for `upgrade`.
    :param lock_timeout: as for `upgrade`.
    :param table_lock_timeout: as for `upgrade`.
    :param resume: as for `upgrade`.
    :param in_doubt: as for `upgrade`.
    :param json: print a JSON document of what was done.
    :param yes: delete rows unasked; only the command line asks, and only under an edition.
    :param plan_file: in place of a target: run exactly the plan in this file, where nothing has moved since.
    :return: the steps that ran; of several databases those of the last.
    """
    _demand_one_target("downgrade -1", revision, plan_file, sql=sql)
    start, target = (None, None) if revision is None else verbs.ends(revision, sql=sql, verb="downgrade")
    if sql and start is None:
        raise UsageError(
            "downgrade with --sql requires <fromrev>:<torev>",
            hint=f"say where the database is, e.g. `limbeck downgrade current:{revision} --sql`",
        )
    return _carry_out(
        environment_of(config),
        "downgrade",
        target,
        start,
        sql=sql,
        tag=tag,
        lock=lock,
        lock_timeout=lock_timeout,
        table_lock_timeout=table_lock_timeout,
        json=json,
        yes=yes,
        plan_file=plan_file,
        resume=resume,
        in_doubt=in_doubt,
    )


def switch(
    config: Config,
    ref: str | None = None,
    *,
    lock: bool | None = None,
    lock_timeout: float | None = None,
    table_lock_timeout: str | float | None = None,
    json: bool = False,
    yes: bool = False,
) -> list[MigrationStep]:
    """Bring the database to another git branch: down to what they have in common, then up to the heads.

    :param config: the configuration.
    :param ref: a branch or commit of git; what is not checked out is only gone down to, with the files of this
        checkout, and the upgrade follows when it is. Default: what is checked out, whose files may be missing for what
        is taken back: the history keeps them with ``history_scripts``.
    :param lock: as for `upgrade`.
    :param lock_timeout: as for `upgrade`.
    :param table_lock_timeout: as for `upgrade`.
    :param json: print a JSON document of what was done.
    :param yes: as for `upgrade`.
    :return: the steps that ran.
    :raises CommandError: where database and branch have nothing in common, and where git does not know the branch.
    """
    environment = environment_of(config)
    ref = verbs.not_checked_out(environment, ref)
    given = {"lock": lock, "lock_timeout": lock_timeout, "table_lock_timeout": duration(table_lock_timeout)}
    commanded = {name: value for name, value in given.items() if value is not None}
    with _progress(config, sql=False) as seconds:
        done = verbs.switch(environment, ref, _consent(config, yes), destination_rev="heads", **commanded)
    printing.show(config, (), lambda: describe.runs(environment.script, done), json=json)
    printing.tell(config, lambda paper: _summaries(paper, environment.script, done, seconds))
    if ref is not None:
        printing.note(config, text.next_switch(ref))
    return [step for run in done for step in run.steps]


def stamp(
    config: Config,
    revision: str | Sequence[str],
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
    *,
    lock: bool | None = None,
    lock_timeout: float | None = None,
    json: bool = False,
    verify: bool = False,
) -> list[MigrationStep]:
    """Write the version table as if the database were at a revision, without running scripts.

    :param config: the configuration.
    :param revision: the target or targets; with ``sql`` also ``start:end``, as for `upgrade`.
    :param sql: write a script instead of changing the table.
    :param tag: any text, for env.py to ask for.
    :param purge: delete all rows before.
    :param lock: as for `upgrade`.
    :param lock_timeout: as for `upgrade`.
    :param json: print a JSON document of what was done.
    :param verify: before, compare the schema with what the history makes of an empty scratch database.
    :return: the steps that ran; of several databases those of the last.
    """
    environment = environment_of(config)
    given = (revision,) if isinstance(revision, str) else tuple(revision)
    start: str | None = None
    targets: tuple[str, ...] = given
    if sql:
        pairs = [verbs.ends(item, sql=True, verb="stamp") for item in given]
        starts = {begin for begin, _ in pairs if begin is not None}
        if purge:
            raise UsageError("Can't use --purge with --sql mode", hint="leave one of them out")
        if len(starts) > 1:
            raise UsageError(
                "Stamp operation with --sql only supports a single starting revision at a time",
                hint="write one script for each starting revision",
            )
        start = next(iter(starts), None)
        targets = tuple(end for _, end in pairs)
    target = targets[0] if len(targets) == 1 else targets
    if verify and sql:
        raise UsageError(
            "Can't use --verify with --sql mode", hint="a script has no schema to look at: leave one of them out"
        )
    if verify:
        verbs.verify_stamp(environment, target, purge=purge)
    return _carry_out(
        environment,
        "stamp",
        target,
        start,
        sql=sql,
        tag=tag,
        lock=lock,
        lock_timeout=lock_timeout,
        json=json,
        purge=purge,
    )


def ensure_version(config: Config, sql: bool = False) -> None:
    """Create the version table where it is missing.

    :param config: the configuration.
    :param sql: write a script instead.
    """

    def steps(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if sql:
            context.ensure_version_table()
        return []

    environment_of(config).run(steps, as_sql=sql)


def _carry_out(
    environment: Environment,
    kind: Kind,
    target: str | tuple[str, ...] | None,
    start: str | None,
    *,
    sql: bool,
    lock: bool | None,
    lock_timeout: float | None,
    json: bool,
    table_lock_timeout: str | float | None = None,
    yes: bool = True,
    plan_file: str | None = None,
    **options: object,
) -> list[MigrationStep]:
    if sql and json:
        raise UsageError("--sql writes a script, --json a document", hint="leave one of them out")
    starts_at: str | tuple[str, ...] | None = start
    if start == _CURRENT:
        rows = verbs.starting_rows(environment)
        starts_at = rows if len(rows) > 1 else next(iter(rows), "base")
    elif sql and start is None and target and kind == "upgrade" and environment.config.edition is not None:
        printing.note(environment.config, text.starts_at_base(target))
    given = {"lock": lock, "lock_timeout": lock_timeout, "table_lock_timeout": duration(table_lock_timeout)}
    commanded = {name: value for name, value in given.items() if value is not None}
    config = environment.config
    options |= commanded
    if plan_file is not None:
        from limbeck.plan_file import PlanFile

        kept = PlanFile(plan_file)
        run = partial(verbs.carry_out_plan, environment, kept, kind, _consent(config, yes, kept.losses), **options)
    else:
        if target is not None:
            options["destination_rev"] = target
        options |= {"as_sql": sql, "starting_rev": starts_at}
        run = partial(verbs.carry_out, environment, kind, target, _consent(config, yes), **options)
    with _progress(config, sql=sql) as seconds:
        done = run()
    printing.show(config, (), lambda: describe.runs(environment.script, done), json=json)
    if not sql:
        printing.tell(config, lambda paper: _summaries(paper, environment.script, done, seconds))
    return list(done[-1].steps) if done else []


def _reviewer(config: Config, lint: bool | None, fail_on: str | None = None) -> Reviewer | None:
    """Who reviews an upgrade; None where nobody is to."""
    from limbeck.lint.settings import on_upgrade

    worst = on_upgrade(config, lint, fail_on)
    if worst is None:
        return None
    from limbeck.lint.engine import reviewer

    return reviewer(config, worst)


def _demand_reviewed(
    environment: Environment,
    target: str | None,
    plan_file: str | None,
    tag: str | None,
    *,
    skipped: bool,
    lint: bool | None,
    fail_on: str | None,
) -> None:
    """Raise `CommandError` where an upgrade is to be reviewed, and has findings that keep it from running."""
    by = _reviewer(environment.config, lint, fail_on)
    if by is None:
        return
    from limbeck.refusal import refuse

    planned: Planned = partial(verbs.plan_here, environment.script, "upgrade", target, skipped=skipped)
    if plan_file is not None:
        from limbeck.plan_file import PlanFile

        kept = PlanFile(plan_file)
        kept.demand_kind("upgrade")
        planned, target = partial(kept.planned, environment.script), kept.target
    options = {} if target is None else {"destination_rev": target}
    refuse(environment, planned, by, tag=tag, **options)


def _demand_one_target(
    example: str, revision: str | None, plan_file: str | None, *, skipped: bool = False, sql: bool
) -> None:
    """Raise `UsageError` unless a run is told where to go, in one way."""
    if revision is None and plan_file is None and not skipped:
        raise UsageError("the following arguments are required: revision", hint=f"as in `limbeck {example}`")
    if plan_file is not None and (revision is not None or skipped or sql):
        raise UsageError("A plan says itself what to run", hint="leave out the revision, --sql, --skipped")


def _consent(config: Config, yes: bool, known: Iterable[Loss] = ()) -> Consent | None:
    """What asks before rows are deleted; None for a program, and where the answer is given.

    :param known: what is agreed to.
    """
    if yes or not config.interactive:
        return None
    from limbeck.destruction import Consent
    from limbeck.show.terminal.consent import confirmed

    is_there = console.can_ask()
    return Consent(confirmed if is_there else None, known)


def _summaries(
    paper: Paper, script: ScriptDirectory, done: Iterable[verbs.Run], seconds: Mapping[str, float]
) -> Iterator[str]:
    """What was done with each database, for a person.

    :param seconds: by URL of a database, how long its run took.
    """
    from limbeck.show.terminal.runs import summary

    heads = tuple(script.get_heads(consider_depends_on=True))
    for run in describe.runs(script, done).runs:
        yield from summary(paper, run, seconds.get(run.database or "", 0.0), heads)


@contextmanager
def _progress(config: Config, *, sql: bool) -> Iterator[Mapping[str, float]]:
    """Shows the steps of runs to a person, as they go on; gives by URL of a database how long its run took.

    Where ``--progress`` is given, it shows statements that take long to anybody.
    """
    is_read = printing.is_read(config, sys.stderr)
    is_asked = getattr(config.cmd_opts, "progress", False) and not config.messaging_opts.get("quiet", False)
    if sql or not (is_read or is_asked):
        yield {}
        return
    from limbeck.show.terminal.runs import shown

    with shown(sys.stderr, steps=is_read) as seconds:
        yield seconds
