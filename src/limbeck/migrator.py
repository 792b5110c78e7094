"""Migrations from a program, without configuration file and env.py: a database, a folder of revisions, seven verbs.

It works as ``edition = 2026`` does: a transaction a revision, the run lock, version rows proved, nothing silent.
Revisions that say ``from alembic import op`` need ``limbeck.install_as_alembic()`` first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import command
from .config import Config
from .context import _run_configured
from .environment import EnvironmentContext
from .errors import CommandError
from .runtime import connections as connecting
from .runtime import transactions
from .script import ScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import URL, MetaData
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

    from .autogenerate.api import RevisionContext
    from .graph.plan import Plan
    from .runtime.migration import MigrationContext
    from .script import Script
    from .script.steps import MigrationStep

EDITION = 2026

Kind = Literal["upgrade", "downgrade", "stamp"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``revision`` is None for a stamp, ``doc`` the first line of the revision's docstring."""

    kind: Kind
    revision: str | None
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    doc: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """Steps that ran, or that would: the version rows before, the steps in their order, the rows after."""

    kind: Kind
    start: tuple[str, ...]
    steps: tuple[Step, ...]
    end: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Current:
    """Where a database is: its rows, those of them that this folder lacks, and whether it is on all heads."""

    rows: tuple[str, ...]
    unknown: tuple[str, ...]
    is_at_heads: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision of the history; ``is_current``: a row of the database stands for it or for what implies it."""

    revision: str
    down_revisions: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    doc: str
    path: str
    is_head: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What models and database differ in, as diff tuples."""

    differences: tuple[Any, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Written:
    """A new revision and its file."""

    revision: str
    path: str


class Migrator:
    """The migrations of one database.

    :param engine_or_url: an engine (plain or asyncio), a connection, or a URL. A connection's open transaction stays
        its owner's to commit.
    :param directory: folder of revision files, or one that has them in ``versions`` and may have a ``script.py.mako``.
    :param target_metadata: the models, one MetaData or several, for `check` and ``revision(autogenerate=True)``.
    :param configure: options of ``EnvironmentContext.configure()``.
    """

    def __init__(
        self,
        engine_or_url: Engine | AsyncEngine | Connection | URL | str,
        directory: str | os.PathLike[str],
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        **configure: Any,
    ) -> None:
        self._connectable = connecting.connectable(engine_or_url)
        self._directory = os.fspath(directory)
        self._options: dict[str, Any] = {"edition": EDITION, "target_metadata": target_metadata, **configure}
        self._config = Config(attributes={})

    def upgrade(self, target: str = "heads") -> Run:
        """Bring the database up to ``target``; raises `CommandError`, and what a revision raises."""
        script = self._script()
        command._demand_whole(script, target)
        return self._change(script, lambda rows: script.plan_upgrade(target, rows), script._revision_steps)

    def downgrade(self, target: str) -> Run:
        """Bring the database down to ``target``; raises `CommandError`, and what a revision raises."""
        script = self._script()
        return self._change(script, lambda rows: script.plan_downgrade(target, rows), script._revision_steps)

    def stamp(self, *targets: str, purge: bool = False) -> Run:
        """Write the version rows as if the database were at ``targets``.

        :param purge: delete all rows before.
        """
        script = self._script()
        command._demand_whole(script, *targets)

        def steps(plan: Plan) -> Iterable[MigrationStep]:
            return script._stamp_revs(targets, plan.start)

        return self._change(script, lambda rows: script.plan_stamp(targets, rows), steps, purge=purge)

    def plan(self, target: str = "heads", kind: Kind = "upgrade") -> Run:
        """What `upgrade`, `downgrade` or `stamp` to ``target`` would do now; changes nothing."""
        script = self._script()
        planned: dict[Kind, Callable[[Any, tuple[str, ...]], Plan]] = {
            "upgrade": script.plan_upgrade,
            "downgrade": script.plan_downgrade,
            "stamp": script.plan_stamp,
        }
        return _as_run(script, planned[kind](target, self._rows(script)))

    def current(self) -> Current:
        """Where the database is; changes nothing."""
        script = self._script()
        rows = self._rows(script)
        unknown = script.unknown(rows)
        return Current(rows, unknown, not unknown and set(rows) == set(script.get_heads(consider_depends_on=True)))

    def history(self, start: str = "base", end: str = "heads") -> tuple[Entry, ...]:
        """The revisions from ``start`` to ``end``, both included, newest first."""
        script = self._script()
        rows = self._rows(script)
        known = tuple(row for row in rows if row not in script.unknown(rows))
        current = {item.revision for item in script.get_all_current(known)} if known else set()
        return tuple(_entry(item, current) for item in script.walk_revisions(start, end))

    def check(self) -> Check:
        """Compare models and database; raises `CommandError` where the database is not on all heads."""
        compared = self._compared(self._script(), {})
        found = compared.generated_revisions[-1].upgrade_ops_list
        return Check(tuple(difference for operations in found for difference in operations.as_diffs()))

    def revision(
        self,
        message: str | None = None,
        *,
        autogenerate: bool = False,
        head: str = "head",
        rev_id: str | None = None,
        branch_label: str | None = None,
        depends_on: str | Sequence[str] | None = None,
    ) -> Written:
        """Write a new revision.

        :param message: what it is about. :param autogenerate: fill it with what models and database differ in.
        :param head: revision that it follows. :param rev_id: its id, instead of one made up.
        :param branch_label: label of a new branch. :param depends_on: revisions that have to be applied before it.
        """
        from .autogenerate.api import RevisionContext

        asked = {
            "message": message,
            "autogenerate": autogenerate,
            "head": head,
            "rev_id": rev_id,
            "branch_label": branch_label,
            "depends_on": depends_on,
        }
        script = self._script()
        planned = (
            self._compared(script, asked) if autogenerate else RevisionContext(self._config, script, _arguments(asked))
        )
        (written,) = planned.generate_scripts()
        if written is None:
            raise CommandError("A hook left no revision to write", code="no-revision")
        return Written(written.revision, str(written.path))

    # --- how ----------------------------------------------------------------------------------------------------------

    def _script(self) -> ScriptDirectory:
        """The folder, read afresh; where it has no template, that of ``init`` serves."""
        nested = os.path.join(self._directory, "versions")
        versions = nested if os.path.isdir(nested) else self._directory
        if not os.path.isdir(versions):
            raise CommandError(f"Path doesn't exist: {versions}", code="script-location-missing", file=versions)
        if os.path.isfile(os.path.join(self._directory, "script.py.mako")):
            return ScriptDirectory(self._directory, version_locations=[versions])
        template = os.path.join(self._config.get_template_directory(), "generic")
        return ScriptDirectory(template, version_locations=[os.path.abspath(versions)])

    def _change(
        self,
        script: ScriptDirectory,
        plan: Callable[[tuple[str, ...]], Plan],
        steps: Callable[[Plan], Iterable[MigrationStep]],
        **options: Any,
    ) -> Run:
        made: list[Plan] = []

        def fn(rows: tuple[str, ...], _context: MigrationContext) -> list[MigrationStep]:
            made.append(plan(rows))
            return list(steps(made[-1]))

        self._run(script, fn, **options)
        return _as_run(script, made[-1])

    def _rows(self, script: ScriptDirectory) -> tuple[str, ...]:
        found: list[str] = []

        def fn(rows: tuple[str, ...], _context: MigrationContext) -> list[MigrationStep]:
            found.extend(rows)
            return []

        self._run(script, fn, dont_mutate=True)
        return tuple(found)

    def _compared(self, script: ScriptDirectory, asked: dict[str, Any]) -> RevisionContext:
        from .autogenerate.api import RevisionContext

        compared = RevisionContext(self._config, script, _arguments({"autogenerate": True, **asked}))

        def fn(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
            if set(script.get_revisions(rows)) != set(script.get_revisions("heads")):
                raise CommandError(
                    "Target database is not up to date.",
                    code="not-up-to-date",
                    hint="upgrade first: models are compared with the newest schema",
                )
            compared.run_autogenerate(rows, context)
            return []

        self._run(script, fn, template_args=compared.template_args, revision_context=compared)
        return compared

    def _run(self, script: ScriptDirectory, fn: Callable[..., list[MigrationStep]], **options: Any) -> None:
        transactions.watch()

        def on(connection: Connection) -> None:
            with EnvironmentContext(self._config, script, fn=fn, **options) as environment:
                _run_configured(environment, connection=connection, **self._options)

        connecting.beside_a_running_loop(lambda: connecting.run_on(self._connectable, on))


def _arguments(asked: dict[str, Any]) -> dict[str, Any]:
    names = ("message", "autogenerate", "branch_label", "version_path", "rev_id", "depends_on")
    return {**dict.fromkeys(names), "head": "head", "splice": False, "sql": False, **asked}


def _as_run(script: ScriptDirectory, plan: Plan) -> Run:
    steps = tuple(
        Step(
            step.kind,
            step.revision,
            step.from_revisions,
            step.to_revisions,
            None if step.revision is None else script.get_revision(step.revision).doc,
        )
        for step in plan.steps
    )
    return Run(plan.kind, plan.start, steps, plan.end)


def _entry(item: Script, current: set[str]) -> Entry:
    return Entry(
        item.revision,
        _names(item.down_revision),
        _names(item.dependencies),
        tuple(sorted(item.branch_labels)),
        item.doc,
        str(item.path),
        item.is_head,
        item.revision in current,
    )


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)
