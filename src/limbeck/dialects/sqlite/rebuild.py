"""SQLite's rebuild, by the procedure of its manual (ALTER TABLE, "Making Other Kinds Of Table Schema Changes").

`SQLiteRebuild._rebuild` is the path of one rebuild, from top to bottom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy.exc import DBAPIError

from limbeck.ddl.rebuild import RebuildRequest, temporary_name
from limbeck.ddl.rebuild_strategy import RebuildStrategy
from limbeck.errors import CommandError

from .dependents import refuse_indexes_of_dropped_columns, stored_definitions, stored_name, stored_text
from .in_place import Stage, may_be_tried, stages
from .lossy_casts import refuse_lossy_casts
from .progress import Progress
from .rebuild_checks import ForeignKeys, atomic, checked, without_foreign_keys
from .rebuild_text import restated
from .reflection import correct_constraints
from .rehearsable import RehearsableImpl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Table

    from limbeck.ddl.changed_table import ApplyBatchImpl, Change
    from limbeck.operations.abstract import AbstractOperations

Operations = TypeVar("Operations")


class SQLiteRebuild(RebuildStrategy[RehearsableImpl]):
    """Creates the copy by the stored text, in one transaction, and compares rows and references before and after."""

    def alter_in_place(self, changes: Sequence[Change], apply: Callable[[], None]) -> bool:
        """Under an edition, try it in a transaction, which is rolled back if SQLite refuses a change.

        Without one, always rebuild as Alembic does, which changes the table's text and drops what is not reflected.
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
        """Use a database in memory, to which the script's statements so far have been applied."""
        from .rehearsal import Rehearsal

        rehearsal = Rehearsal.of(cast("AbstractOperations", operations))
        rehearsal.perform(table, schema, cast("Callable[[AbstractOperations], None]", batch))
        return True

    def rebuild(self, request: RebuildRequest, changes: Sequence[Change]) -> None:
        """By the stored text; in a script, which has no table to read, by the default.

        Under an edition, SQLite itself renames columns, and adapts the rest of the schema.
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
            if impl.edition is not None and request.copy_from is None:
                correct_constraints(table, stored_text(impl, table))
            plan = request.plan(impl, table)
            plan.unread, plan.stored_indexes = stored_definitions(impl, plan.table)
            plan.apply(stage.changes)
            self._carry_out(plan, foreign_keys)

    def carry_out(self, plan: ApplyBatchImpl) -> None:
        """As the default's, with foreign keys off, and checks before and after."""
        if self.impl.as_sql:
            super().carry_out(plan)
            return
        with without_foreign_keys(self.impl, RebuildRequest(plan.table.name, plan.table.schema)) as foreign_keys:
            plan.unread, plan.stored_indexes = stored_definitions(self.impl, plan.table)
            self._carry_out(plan, foreign_keys)

    def _carry_out(self, plan: ApplyBatchImpl, foreign_keys: ForeignKeys) -> None:
        impl, table = self.impl, plan.table
        refuse_indexes_of_dropped_columns(plan)
        new = plan.new_table(temporary_name(table.name))
        text = restated(impl, plan, new)
        refuse_lossy_casts(impl, table, plan)
        progress = Progress.of(impl, table)
        with checked(impl, table, new, plan, foreign_keys, progress):
            self._replace(plan, table, new, text, progress)
        if plan.final_name != table.name:
            impl.rename_table(table.name, plan.final_name, schema=table.schema)

    def _replace(self, plan: ApplyBatchImpl, table: Table, new: Table, text: str | None, progress: Progress) -> None:
        """Create the copy, by ``text`` if there is one, copy the rows, and replace the table by the copy."""
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
