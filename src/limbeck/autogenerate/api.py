"""What programs call: compare models with a database, arrange the differences, render them, plan revision scripts."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import MetaData

    from limbeck.config import Config
    from limbeck.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
    from limbeck.runtime.callbacks import ProcessRevisionDirectiveFn, RenderItemFn
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script, ScriptDirectory

    from .arrange.facts import Facts
    from .context import AutogenContext as AutogenContext


def compare_metadata(context: MigrationContext, metadata: MetaData | Sequence[MetaData]) -> list[Any]:
    """The differences between models and database, as diff tuples.

    :param context: a context with a connection. :param metadata: the models, one MetaData or several.
    """
    operations = produce_migrations(context, metadata).upgrade_ops
    return [] if operations is None else operations.as_diffs()


def produce_migrations(context: MigrationContext, metadata: MetaData | Sequence[MetaData]) -> MigrationScript:
    """The differences between models and database, as the operations of a revision script.

    :param context: a context with a connection. :param metadata: the models, one MetaData or several.
    """
    from .context import AutogenContext

    return compared(AutogenContext(context, metadata=metadata))


def compared(autogen_context: AutogenContext) -> MigrationScript:
    """The differences between models and database, as the operations of a revision script."""
    from limbeck.operations.ops import DowngradeOps, MigrationScript, UpgradeOps

    script = MigrationScript(rev_id=None, upgrade_ops=UpgradeOps([]), downgrade_ops=DowngradeOps([]))
    _populate_migration_script(autogen_context, script)
    return script


def _populate_migration_script(autogen_context: AutogenContext, migration_script: MigrationScript) -> None:
    """Fill the last upgrade and downgrade operations of a script with the differences between models and database."""
    from .arrange.pipeline import DOWNGRADE, arranged

    upgrade_ops = migration_script.upgrade_ops_list[-1]
    _produce_net_changes(autogen_context, upgrade_ops)
    downgrade_ops = upgrade_ops.reverse_into(migration_script.downgrade_ops_list[-1])
    downgrade_ops.ops[:] = arranged(DOWNGRADE, downgrade_ops.ops, _facts(autogen_context))


def _produce_net_changes(autogen_context: AutogenContext, upgrade_ops: UpgradeOps) -> None:
    """Add the differences between models and database to ``upgrade_ops``, in an order that works."""
    from .arrange.pipeline import UPGRADE, arranged
    from .arrange.renames import report_renames

    compare = autogen_context.comparators.dispatch("autogenerate", qualifier=autogen_context.dialect.name)
    with _models_left_out_of_collections():
        compare(autogen_context, upgrade_ops)
    facts = _facts(autogen_context)
    upgrade_ops.ops[:] = arranged(UPGRADE, upgrade_ops.ops, facts)
    report_renames(facts)


_FROZEN_AT_START = 1_000
"""More objects than Python 3.12 has frozen when it starts, and fewer than a program has that imports SQLAlchemy."""


@contextmanager
def _models_left_out_of_collections() -> Iterator[None]:
    """Have the garbage collector pass over what is there already: it would go through all models several times.

    Where a program has frozen objects itself, as before it forks, nothing is done: they would be thawed too.
    """
    if gc.get_freeze_count() > _FROZEN_AT_START:
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _facts(autogen_context: AutogenContext) -> Facts:
    from .arrange.facts import Facts

    state = autogen_context.state
    return Facts(
        autogen_context.migration_context.impl,
        state.reflection,
        models=autogen_context.metadatas,
        connection=autogen_context.connection,
        is_exact=state.is_exact,
        has_edition=autogen_context.opts.get("edition") is not None,
        has_objects=autogen_context.compares_objects,
        open_renames=state.open_renames,
    )


def _render_migration_diffs(context: MigrationContext, template_args: dict[str, Any]) -> None:
    """Put the differences between models and database, as text, into ``template_args``."""
    from limbeck.operations.ops import DowngradeOps, MigrationScript, UpgradeOps

    from .context import AutogenContext
    from .render.scripts import render_into_variables

    autogen_context = AutogenContext(context)
    script = MigrationScript(
        rev_id=None,
        upgrade_ops=UpgradeOps([], upgrade_token=context.opts["upgrade_token"]),
        downgrade_ops=DowngradeOps([], downgrade_token=context.opts["downgrade_token"]),
    )
    _populate_migration_script(autogen_context, script)
    template_args.update(render_into_variables(autogen_context, script))


def render_python_code(
    up_or_down_op: UpgradeOps | DowngradeOps,
    sqlalchemy_module_prefix: str = "sa.",
    alembic_module_prefix: str = "op.",
    render_as_batch: bool | Literal["auto"] | None = None,
    imports: Sequence[str] | set[str] = (),
    render_item: RenderItemFn | None = None,
    migration_context: MigrationContext | None = None,
    user_module_prefix: str | None = None,
) -> str:
    """The Python text of operations, as the body of a function.

    :param sqlalchemy_module_prefix: the prefix of names of SQLAlchemy.
    :param alembic_module_prefix: the prefix of operations.
    :param render_as_batch: as in ``EnvironmentContext.configure()``.
    :param imports: what the script imports already; a set receives the lines that the text needs.
    :param render_item: as in ``EnvironmentContext.configure()``.
    :param migration_context: the context whose dialect the text is for; default: a generic one.
    :param user_module_prefix: the prefix of names of other modules; default: their module.
    """
    from sqlalchemy.engine.default import DefaultDialect

    from limbeck.runtime.migration import MigrationContext

    from .context import AutogenContext
    from .render.scripts import indented_body

    options: dict[str, Any] = {
        "sqlalchemy_module_prefix": sqlalchemy_module_prefix,
        "alembic_module_prefix": alembic_module_prefix,
        "render_item": render_item,
        "user_module_prefix": user_module_prefix,
    }
    context = migration_context or MigrationContext.configure(dialect=DefaultDialect())
    options["edition"] = context.edition
    options["render_as_batch"] = render_as_batch
    autogen_context = AutogenContext(context, context.opts.get("target_metadata"), options, autogenerate=False)
    autogen_context.imports = imports if isinstance(imports, set) else set(imports)
    return indented_body(up_or_down_op, autogen_context)


class RevisionContext:
    """One run of the ``revision`` command: which scripts are to be written, and what goes into them.

    :param config: the Config. :param script_directory: where scripts are written.
    :param command_args: the command's arguments: ``message``, ``sql``, ``head``, ``splice``, ``branch_label``,
        ``version_path``, ``rev_id``, ``depends_on``.
    :param process_revision_directives: hook, called before that of the environment.
    """

    def __init__(
        self,
        config: Config,
        script_directory: ScriptDirectory,
        command_args: dict[str, Any],
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
    ) -> None:
        self.config = config
        self.script_directory = script_directory
        self.command_args = command_args
        self.process_revision_directives = process_revision_directives
        self.template_args: dict[str, Any] = {"config": config}
        self._generated: list[MigrationScript] | None = None
        self._last_autogen_context: AutogenContext | None = None

    @property
    def generated_revisions(self) -> list[MigrationScript]:
        """The scripts to be written; hooks change this list."""
        if self._generated is None:
            self._generated = [self._default_revision()]
        return self._generated

    def _default_revision(self) -> MigrationScript:
        from limbeck.operations.ops import DowngradeOps, MigrationScript, UpgradeOps

        return MigrationScript(upgrade_ops=UpgradeOps([]), downgrade_ops=DowngradeOps([]), **self._asked_for())

    def _asked_for(self) -> dict[str, Any]:
        from limbeck.script.write import rev_id

        arguments = self.command_args
        names = ("message", "head", "splice", "branch_label", "version_path", "depends_on")
        asked = {name: arguments[name] for name in names}
        return {"rev_id": arguments["rev_id"] or rev_id(), **asked}

    def run_autogenerate(self, rev: tuple[str, ...], migration_context: MigrationContext) -> None:
        """Compare the models with one database, add what differs to the last script, and call the hooks.

        :param rev: the version rows of the database.
        """
        self._run(rev, migration_context, autogenerate=True)

    def run_no_autogenerate(self, rev: tuple[str, ...], migration_context: MigrationContext) -> None:
        """Call the hooks with empty operations; parameters as for `run_autogenerate`."""
        self._run(rev, migration_context, autogenerate=False)

    def _run(self, rev: tuple[str, ...], migration_context: MigrationContext, *, autogenerate: bool) -> None:
        from limbeck.operations.ops import DowngradeOps, UpgradeOps

        from .context import AutogenContext

        script = self.generated_revisions[-1]
        options = migration_context.opts
        if self._last_autogen_context is not None:
            script.upgrade_ops_list.append(UpgradeOps([]))
            script.downgrade_ops_list.append(DowngradeOps([]))
        script.upgrade_ops_list[-1].upgrade_token = options["upgrade_token"]
        script.downgrade_ops_list[-1].downgrade_token = options["downgrade_token"]
        autogen_context = AutogenContext(migration_context, autogenerate=autogenerate)
        if self._last_autogen_context is not None:
            autogen_context.fillings = self._last_autogen_context.fillings
        self._last_autogen_context = autogen_context
        if autogenerate:
            _populate_migration_script(autogen_context, script)
        for hook in (self.process_revision_directives, options.get("process_revision_directives")):
            if hook is not None:
                hook(migration_context, rev, self.generated_revisions)
        if autogenerate:
            self._settle_values(autogen_context)

    def _settle_values(self, autogen_context: AutogenContext) -> None:
        """Find out, while there is a connection, which values for existing rows the scripts need, and ask for them."""
        from .render.fill import ask_for_values

        for script in self.generated_revisions:
            for container in (*script.upgrade_ops_list[-1:], *script.downgrade_ops_list[-1:]):
                ask_for_values(container, autogen_context)

    def generate_scripts(self) -> Iterator[Script | None]:
        """Write the scripts, one after the other."""
        if self._generated is None:
            yield self._write(self._asked_for(), self.template_args)
            return
        if self._last_autogen_context is not None:
            self._last_autogen_context.fillings.refuse_unused()
        for script in self._generated:
            yield self._to_script(script)

    def _to_script(self, migration_script: MigrationScript) -> Script | None:
        variables = dict(self.template_args)
        if self._last_autogen_context is not None:
            from .render.scripts import render_into_variables

            self._last_autogen_context.bodies = {}
            variables |= render_into_variables(self._last_autogen_context, migration_script)
            variables |= {"bodies": self._last_autogen_context.bodies} if self._last_autogen_context.bodies else {}
        names = ("rev_id", "message", "head", "splice", "branch_label", "version_path", "depends_on")
        return self._write({name: getattr(migration_script, name) for name in names}, variables)

    def _write(self, asked: dict[str, Any], variables: dict[str, Any]) -> Script | None:
        return self.script_directory.generate_revision(
            asked["rev_id"],
            asked["message"],
            head=asked["head"],
            splice=asked["splice"],
            branch_labels=asked["branch_label"],
            version_path=asked["version_path"],
            depends_on=asked["depends_on"],
            **variables,
        )


def __getattr__(name: str) -> Any:
    if name == "AutogenContext":
        from .context import AutogenContext

        return AutogenContext
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
