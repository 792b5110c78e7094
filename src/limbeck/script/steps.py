"""The steps of a run, as the runtime carries them out and as ``on_version_apply`` callbacks see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from .fill_in import is_unfilled, refuse_unfilled

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.graph.map import RevisionMap
    from limbeck.graph.plan import RowChange
    from limbeck.graph.plan import Step as PlanStep
    from limbeck.graph.revision import Revision

    from .script import Script


class MigrationInfo:
    """A step, as ``on_version_apply`` callbacks get it.

    :param revision_map: the graph.
    :param is_upgrade: whether the database is higher afterwards.
    :param is_stamp: whether it only writes the version table.
    :param up_revisions: id or ids of the upper end.
    :param down_revisions: id or ids of the lower end, empty for base.
    """

    def __init__(
        self,
        revision_map: RevisionMap,
        is_upgrade: bool,
        is_stamp: bool,
        up_revisions: str | tuple[str, ...],
        down_revisions: str | tuple[str, ...] | None,
    ) -> None:
        self.revision_map = revision_map
        self.is_upgrade = is_upgrade
        self.is_stamp = is_stamp
        self.up_revision_ids = _names(up_revisions)
        self.down_revision_ids = _names(down_revisions)
        self.up_revision_id = self.up_revision_ids[0] if self.up_revision_ids else None

    @property
    def is_migration(self) -> bool:
        """Whether a script runs."""
        return not self.is_stamp

    @property
    def source_revision_ids(self) -> tuple[str, ...]:
        """The end at which the step starts."""
        return self.down_revision_ids if self.is_upgrade else self.up_revision_ids

    @property
    def destination_revision_ids(self) -> tuple[str, ...]:
        """The end at which the step arrives."""
        return self.up_revision_ids if self.is_upgrade else self.down_revision_ids

    @property
    def up_revision(self) -> Revision | None:
        """The upper end; the first of several."""
        return self.revision_map.get_revision(self.up_revision_id)

    @property
    def up_revisions(self) -> tuple[Revision | None, ...]:
        """The upper end."""
        return self.revision_map.get_revisions(self.up_revision_ids)

    @property
    def down_revisions(self) -> tuple[Revision | None, ...]:
        """The lower end."""
        return self.revision_map.get_revisions(self.down_revision_ids)

    @property
    def source_revisions(self) -> tuple[Revision | None, ...]:
        """The end at which the step starts."""
        return self.revision_map.get_revisions(self.source_revision_ids)

    @property
    def destination_revisions(self) -> tuple[Revision | None, ...]:
        """The end at which the step arrives."""
        return self.revision_map.get_revisions(self.destination_revision_ids)


class MigrationStep:
    """The base of all steps.

    ``from_revisions`` and ``to_revisions`` include dependencies, the ``_no_deps`` forms do not; ``plan_step`` is the
    step of the `Plan` that this one carries out, None for one that a plugin made without a plan.
    """

    name: str
    revision_map: RevisionMap
    is_upgrade: bool
    is_stamp: bool
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    from_revisions_no_deps: tuple[str, ...]
    to_revisions_no_deps: tuple[str, ...]
    plan_step: PlanStep | None = None

    @property
    def is_downgrade(self) -> bool:
        """Whether the database is lower afterwards."""
        return not self.is_upgrade

    @property
    def script(self) -> Script | None:
        """The revision whose function runs; None where none does."""
        return None

    @property
    def doc(self) -> str | None:
        """The message of the revision; None where no revision runs."""
        return None

    @property
    def migration_fn(self) -> Callable[..., object]:
        """The function to call."""
        raise NotImplementedError

    @property
    def only_calls_operations(self) -> bool:
        """Whether the function changes the schema by operations and does nothing else."""
        return False

    @property
    def only_sends_statements(self) -> bool:
        """Whether the function calls operations and ``op.execute()``, and does nothing else."""
        return False

    @property
    def info(self) -> MigrationInfo:
        """The step, as callbacks get it."""
        up, down = self.to_revisions, self.from_revisions
        if not self.is_upgrade:
            up, down = down, up
        return MigrationInfo(self.revision_map, self.is_upgrade, self.is_stamp, up, down)

    @property
    def short_log(self) -> str:
        """``upgrade a -> b``, without dependencies."""
        return f"{self.name} {', '.join(self.from_revisions_no_deps)} -> {', '.join(self.to_revisions_no_deps)}"

    def change(self, rows: tuple[str, ...]) -> RowChange:
        """What the step does to the rows of the version table, which are ``rows`` before it."""
        if self.plan_step is not None:
            return self.plan_step.change
        return self._change_alone(rows)

    def _change_alone(self, rows: tuple[str, ...]) -> RowChange:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.short_log}, {self.doc}" if self.doc else self.short_log


class RevisionStep(MigrationStep):
    """A revision's ``upgrade()`` or ``downgrade()``.

    :param revision_map: the graph.
    :param revision: the script.
    :param is_upgrade: True for ``upgrade()``, False for ``downgrade()``.
    :param plan_step: the step of the plan.
    """

    is_stamp = False

    def __init__(
        self, revision_map: RevisionMap, revision: Script, is_upgrade: bool, plan_step: PlanStep | None = None
    ) -> None:
        self.revision_map = revision_map
        self.revision = revision
        self.is_upgrade = is_upgrade
        self.plan_step = plan_step
        self.name = "upgrade" if is_upgrade else "downgrade"
        upper, lower = (revision.revision,), revision.normal_down_revisions
        parents = revision.parents
        self.from_revisions, self.to_revisions = (lower, upper) if is_upgrade else (upper, lower)
        self.from_revisions_no_deps, self.to_revisions_no_deps = (parents, upper) if is_upgrade else (upper, parents)

    @classmethod
    def upgrade_from_script(cls, revision_map: RevisionMap, script: Script) -> RevisionStep:
        """The step up to ``script``."""
        return cls(revision_map, script, True)

    @classmethod
    def downgrade_from_script(cls, revision_map: RevisionMap, script: Script) -> RevisionStep:
        """The step down from ``script``."""
        return cls(revision_map, script, False)

    @property
    def script(self) -> Script:
        """The revision whose function runs."""
        return self.revision

    @property
    def doc(self) -> str:
        """The message of the revision."""
        return self.revision.doc

    @property
    def migration_fn(self) -> Callable[..., object]:
        """The function of the script; raises `CommandError` where the script has none or cannot be imported."""
        function = getattr(self.revision.module, self.name, None)
        if function is None:
            raise CommandError(
                f"Revision {self.revision.revision} has no {self.name}() function",
                code="function-missing",
                hint=f"add a function {self.name}() to the script; its body may be `pass`",
                file=self.revision.path,
            )
        if is_unfilled(function):
            refuse_unfilled(self.revision.path, self.name)
        return function  # type: ignore[no-any-return]

    @property
    def only_calls_operations(self) -> bool:
        """Whether the function changes the schema by operations and does nothing else."""
        from .only_operations import only_calls_operations

        return only_calls_operations(self.migration_fn)

    @property
    def only_sends_statements(self) -> bool:
        """Whether the function calls operations and ``op.execute()``, and does nothing else."""
        from .only_operations import only_calls_operations

        return only_calls_operations(self.migration_fn, also=frozenset({"body", "execute"}))

    def _change_alone(self, rows: tuple[str, ...]) -> RowChange:
        from limbeck.graph.rows import change

        return change(self.revision_map.graph, rows, self.revision.revision, self.is_upgrade)

    def __repr__(self) -> str:
        return f"RevisionStep({self.revision.revision!r}, is_upgrade={self.is_upgrade})"


class StampStep(MigrationStep):
    """A change of the version table that runs no script.

    :param from_: id or ids of the rows before.
    :param to_: id or ids of the rows after.
    :param is_upgrade: whether the database counts as higher afterwards.
    :param branch_move: whether a row is inserted or deleted.
    :param revision_map: the graph.
    :param plan_step: the step of the plan.
    """

    name = "stamp_revision"
    is_stamp = True

    def __init__(
        self,
        from_: str | tuple[str, ...] | None,
        to_: str | tuple[str, ...] | None,
        is_upgrade: bool,
        branch_move: bool,
        revision_map: RevisionMap | None = None,
        plan_step: PlanStep | None = None,
    ) -> None:
        self.from_ = self.from_revisions = self.from_revisions_no_deps = _names(from_)
        self.to_ = self.to_revisions = self.to_revisions_no_deps = _names(to_)
        self.is_upgrade = is_upgrade
        self.branch_move = branch_move
        self.revision_map = revision_map  # type: ignore[assignment]  # only callbacks' `info` asks for it
        self.plan_step = plan_step

    def stamp_revision(self, **kw: object) -> None:
        """Nothing: a stamp runs no script."""

    @property
    def migration_fn(self) -> Callable[..., object]:
        """A function that does nothing."""
        return self.stamp_revision

    def _change_alone(self, rows: tuple[str, ...]) -> RowChange:
        from limbeck.graph.rows import exchange

        kept = [row for row in rows if row not in self.from_revisions]
        return exchange(rows, [*kept, *self.to_revisions])


def _names(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return () if not value else (value,) if isinstance(value, str) else tuple(value)
