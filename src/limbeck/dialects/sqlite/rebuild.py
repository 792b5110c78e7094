"""SQLite's rebuild: "move and copy" as its manual has it, with nothing lost that the batch does not mention.

The path of one rebuild is `SQLiteRebuild._rebuild`, from top to bottom. SQLite manual, ALTER TABLE, "Making Other Kinds
Of Table Schema Changes".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy.exc import DBAPIError

from limbeck.ddl.rebuild import temporary_name
from limbeck.ddl.rebuild_strategy import RebuildStrategy
from limbeck.errors import CommandError

from .dependents import refuse_indexes_of_dropped_columns, stored_beside, stored_name
from .in_place import Stage, may_be_tried, stages
from .lossy_casts import refuse_lossy_casts
from .progress import Progress
from .rebuild_checks import atomic, checked, without_foreign_keys
from .rebuild_text import restated
from .rehearsable import RehearsableImpl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Table

    from limbeck.ddl.changed_table import ApplyBatchImpl, Change
    from limbeck.ddl.rebuild import RebuildRequest
    from limbeck.operations.abstract import AbstractOperations

Operations = TypeVar("Operations")


class SQLiteRebuild(RebuildStrategy[RehearsableImpl]):
    """Copies by the text that SQLite stores, in one transaction, and compares rows and references afterwards."""

    def alter_in_place(self, changes: Sequence[Change], apply: Callable[[], None]) -> bool:
        """Try it under an edition, in a transaction that is rolled back where SQLite refuses a change.

        Without one, a rebuild gives the table another text, and drops what reflection cannot read, as Alembic's does.
        """
        if self.impl.edition is None or not may_be_tried(changes):
            return False
        if self.impl.as_sql:
            apply()
            return True
        try:
            with atomic(self.impl.require_connection("A batch")):
                apply()
        except (CommandError, DBAPIError):
            return False
        return True

    def rehearse(
        self, operations: Operations, table: str, schema: str | None, batch: Callable[[Operations], None]
    ) -> bool:
        """In a database in memory, which the script's statements before have brought to the same schema."""
        from .rehearsal import Rehearsal

        rehearsal = Rehearsal.of(cast("AbstractOperations", operations))
        rehearsal.perform(table, schema, cast("Callable[[AbstractOperations], None]", batch))
        return True

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """As the default's in a script, which has nothing to read, check or keep; else by the stored text.

        Under an edition, renamings are left to SQLite, which has the rest of the schema follow.
        """
        if self.impl.as_sql:
            super().rebuild(request, changes)
            return
        leaves_renamings = self.impl.edition is not None and request.copy_from is None
        for stage in stages(changes) if leaves_renamings else [Stage([], [*changes])]:
            self._rebuild(request, stage)

    def _rebuild(self, request: RebuildRequest, stage: Stage) -> None:
        impl = self.impl
        with without_foreign_keys(impl, request) as foreign_keys:
            for name, args, options in stage.renamings:
                getattr(impl, name)(*args, **options)
            request = replace(request, table_name=stored_name(impl, request))
            table = request.table(impl)
            plan = request.plan(impl, table)
            plan.unread, plan.stored_indexes = stored_beside(impl, table)
            plan.apply(stage.changes)
            refuse_indexes_of_dropped_columns(plan)
            new = plan.new_table(temporary_name(request.table_name))
            text = restated(impl, plan, new)
            refuse_lossy_casts(impl, table, plan)
            progress = Progress.of(impl, table)
            with checked(impl, table, new, plan, foreign_keys, progress):
                self._replace(plan, table, new, text, progress)
            if plan.final_name != table.name:
                impl.rename_table(table.name, plan.final_name, schema=request.schema)

    def _replace(self, plan: ApplyBatchImpl, table: Table, new: Table, text: str | None, progress: Progress) -> None:
        """Create the copy, by ``text`` where there is one, fill it, and put it in the table's place."""
        impl = self.impl
        impl.prep_table_for_batch(plan, table)
        impl.create_table(new) if text is None else impl.execute(text)
        fill = plan.fill(new)
        if fill is not None:
            with progress.copying(impl, fill):
                impl.execute(fill)
        final = self.put_in_place(table, new)
        for index in plan.indexes_on(final):
            with progress.during(str(index.name)):
                impl.create_index(index)
