"""Migrations from a program, without configuration file and env.py: of one database, by a folder of revisions.

It works as ``edition = 2026`` does: one transaction a revision, the run lock, version rows verified after each step,
unknown keywords refused. Revisions that say ``from alembic import op`` need ``limbeck.install_as_alembic()`` first.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

from . import describe, sqla, verbs
from .config import Config
from .databases import Environment
from .environment import EnvironmentContext
from .errors import CommandError, UsageError
from .results import (
    CheckResult,
    Current,
    DatabaseStatus,
    Kind,
    LintResult,
    RevisionEntry,
    RevisionsResult,
    RunResult,
    StepResult,
    WrittenResult,
)
from .runtime import connections, origin
from .script import ScriptDirectory
from .script.init import template_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import URL, MetaData
    from sqlalchemy.engine import Connection

    from .config import MessagingOptions
    from .findings import Severity
    from .lint.engine import Reviewer

EDITION = 2026
_QUIET: MessagingOptions = {"quiet": True}

Check, Entry, Run, Step, Written = CheckResult, RevisionEntry, RunResult, StepResult, WrittenResult
"""Shorter names of the results, for annotations."""


class Migrator:
    """The migrations of one database.

    :param engine_or_url: an engine, plain or asyncio, a connection, or a URL. A connection that is in a transaction
        stays in it: its owner commits. An asyncio engine is used in an event loop of its own; to await the methods in
        the running loop, and for an asyncio connection, there is `limbeck.aio.Migrator`.
    :param directory: folder of revision files, or one that has them in ``versions`` and may have a ``script.py.mako``.
    :param target_metadata: the models, one MetaData or several, for `check` and ``revision(autogenerate=True)``.
    :param lint_rules: severities of rules, as in the configuration: ``"drop-column@audit_* = off"``.
    :param configure: options of ``EnvironmentContext.configure()``.
    :raises CommandError: for a URL that is not one.
    """

    def __init__(
        self,
        engine_or_url: sqla.Connectable | URL | str,
        directory: str | os.PathLike[str],
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        *,
        lint_rules: Sequence[str] = (),
        **configure: Any,
    ) -> None:
        self._connectable = connections.connectable(engine_or_url)
        self._directory = os.fspath(directory)
        self._lint_rules = lint_rules
        self._options: dict[str, Any] = {"edition": EDITION, "target_metadata": target_metadata, **configure}
        self._config = Config(attributes={})

    def upgrade(self, target: str = "heads", *, skipped: bool = False, lint: Severity | None = None) -> RunResult:
        """Bring the database up to ``target``.

        :param skipped: first run, in their place, the revisions below what is applied that never ran on this database,
            by its history.
        :param lint: first `lint` the revisions, and run none where a finding is as bad as this; default: do not.
        :raises CommandError: where that cannot be done; besides, what a revision raises.
        """
        if lint is not None:
            from .refusal import refuse

            _demand_text([target])
            environment = self._environment()
            planned = partial(verbs.plan_here, environment.script, "upgrade", target, skipped=skipped)
            refuse(environment, planned, self._reviewer(lint), destination_rev=target)
        return self._carry_out("upgrade", target, **({"skipped": True} if skipped else {}))

    def downgrade(self, target: str) -> RunResult:
        """Bring the database down to ``target``; raises `CommandError`, and what a revision raises."""
        return self._carry_out("downgrade", target)

    def stamp(self, *targets: str, purge: bool = False, verify: bool = False) -> RunResult:
        """Write the version rows as if the database were at ``targets``.

        :param targets: one or several, each an argument of its own.
        :param purge: delete all rows before.
        :param verify: before, compare the schema with what the history makes of an empty scratch database.
        :raises CommandError: for a target that does not exist, and without any.
        """
        if not targets:
            raise UsageError("stamp() needs a target", hint="as in stamp('heads'); stamp('base') deletes all rows")
        if verify:
            _demand_text(targets)
            verbs.verify_stamp(self._environment(), targets, purge=purge)
        return self._carry_out("stamp", targets, purge=purge)

    def plan(self, target: str = "heads", kind: Kind = "upgrade") -> RunResult:
        """What `upgrade`, `downgrade` or `stamp` to ``target`` would do now; changes nothing.

        :raises CommandError: for another ``kind``, and for a target that cannot be reached.
        """
        _demand_text([target])
        environment = self._environment()
        script = environment.script
        return describe.run(script, verbs.plan(script, kind, target, verbs.rows(environment)))

    def lint(self, range: str | None = None, *, since: str | None = None, fail_on: Severity = "error") -> LintResult:
        """Review revisions before they run: what they lock, lose, rewrite, or break for code that is running.

        :param range: a revision, or a range ``start:end``; default: what the database lacks, else the last revision.
        :param since: a branch or commit of git: review the revisions that it does not have.
        :param fail_on: findings as bad as this, or worse, are ``failing`` in the result; none is raised.
        :raises CommandError: for a range that cannot be resolved, and where a script cannot be imported.
        """
        from .lint import engine
        from .lint.ranges import Range

        return engine.lint(self._environment(), Range(range, since), self._reviewer(fail_on))

    def current(self) -> Current:
        """Where the database is; changes nothing."""
        environment = self._environment()
        (position,) = verbs.positions(environment)
        return describe.position(environment.script, position)

    def status(self, *, wait: float | None = None) -> DatabaseStatus:
        """The state of the database: what is pending, skipped, edited, half done, and who is at work; changes nothing.

        :param wait: wait until the database is at the heads, so many seconds at most; default: do not.
        :raises DatabaseNotAtHead: with ``wait``, when the time is up.
        """
        environment = self._environment()
        if wait is not None:
            verbs.await_heads(environment, wait)
        (found,) = verbs.statuses(environment)
        return found

    def history(self, start: str = "base", end: str = "heads") -> RevisionsResult:
        """The revisions from ``start`` to ``end``, both included, newest first."""
        _demand_text([start, end])
        environment = self._environment()
        script = environment.script
        (position,) = verbs.positions(environment)
        return describe.revisions(script, script.walk_revisions(start, end), current=position.applied)

    def check(self) -> CheckResult:
        """Compare models and database.

        :raises CommandError: where the database is not at the heads, and without models.
        """
        self._demand_models()
        new, pending = verbs.differences(self._environment())
        return describe.check(verbs.diffs(new), pending)

    def revision(
        self,
        message: str | None = None,
        *,
        autogenerate: bool = False,
        head: str = "head",
        rev_id: str | None = None,
        branch_label: str | None = None,
        depends_on: str | Sequence[str] | None = None,
    ) -> WrittenResult:
        """Write a new revision.

        :param message: what it is about.
        :param autogenerate: fill it with the differences between models and database.
        :param head: the revision that it follows.
        :param rev_id: its id; default: a random one.
        :param branch_label: label of a new branch.
        :param depends_on: revisions that have to be applied before it.
        :raises CommandError: where it does not fit the history, cannot be written, or a hook takes it away.
        """
        if autogenerate:
            self._demand_models()
        environment = self._environment()
        new = verbs.new_revision(
            environment,
            message=message,
            autogenerate=autogenerate,
            head=head,
            rev_id=rev_id,
            branch_label=branch_label,
            depends_on=depends_on,
        )
        if autogenerate:
            verbs.compare(environment, new)
        (written,) = new.generate_scripts()
        if written is None:
            raise CommandError("A hook left no revision to write", code="no-revision")
        return WrittenResult(written.revision, written.path)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _demand_models(self) -> None:
        if self._options["target_metadata"] is None:
            raise CommandError(
                "This Migrator has no models to compare the database with",
                code="no-metadata",
                hint="give their MetaData: Migrator(url, folder, target_metadata=Base.metadata)",
            )

    def _reviewer(self, fail_on: Severity) -> Reviewer:
        from .lint import engine, settings
        from .lint.rules import rules

        known = rules()
        return engine.Reviewer(known, settings.given(engine.names(known), self._lint_rules, fail_on))

    def _environment(self) -> Environment:
        script = self._script()
        return Environment(self._config, script, partial(self._run, script))

    def _script(self) -> ScriptDirectory:
        """The folder, read afresh; where it has no ``script.py.mako``, the one that ``init`` writes is used."""
        nested = os.path.join(self._directory, "versions")
        versions = nested if os.path.isdir(nested) else self._directory
        if not os.path.isdir(versions):
            raise CommandError(f"Path doesn't exist: {versions}", code="script-location-missing", file=versions)
        if os.path.isfile(os.path.join(self._directory, "script.py.mako")):
            return ScriptDirectory(
                self._directory, version_locations=[versions], messaging_opts=_QUIET, edition=EDITION
            )
        template = os.path.join(template_directory(self._config, EDITION), "generic")
        versions = os.path.abspath(versions)
        return ScriptDirectory(template, version_locations=[versions], messaging_opts=_QUIET, edition=EDITION)

    def _run(self, script: ScriptDirectory, fn: Callable[..., object], **options: object) -> None:
        """What env.py does for `limbeck.command`: configure, begin, run."""

        def on(connection: Connection) -> None:
            with EnvironmentContext(self._config, script, fn=fn, **options) as environment:
                environment.configure(connection=connection, **self._options)
                with environment.begin_transaction():
                    environment.run_migrations()

        origin.watch()
        connections.beside_a_running_loop(lambda: connections.run_on(self._connectable, on))

    def _carry_out(self, kind: Kind, target: str | tuple[str, ...], **options: object) -> RunResult:
        _demand_text(target if isinstance(target, tuple) else [target])
        environment = self._environment()
        (done,) = verbs.carry_out(environment, kind, target, None, **options)
        return describe.run(environment.script, done.plan, done.database, done.steps)


def _demand_text(targets: Iterable[object]) -> None:
    """Raise `UsageError` for a target that is not text."""
    for target in targets:
        if not isinstance(target, str):
            hint = "name a revision, or 'head', 'heads' or 'base'; several targets are arguments of their own"
            raise UsageError(f"A target is text, not {target!r}", hint=hint)
