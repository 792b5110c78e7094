"""The SQL of what was rehearsed as databases of other dialects would get it, written without asking one."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from sqlalchemy.exc import CompileError

from limbeck.errors import CommandError, UsageError
from limbeck.operations import Operations
from limbeck.plugins import DIALECTS, load_dialect
from limbeck.results import ActionSql
from limbeck.runtime.migration import MigrationContext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from limbeck.rehearsal import Action


class Writer:
    """Writes operations as SQL of one dialect.

    :param dialect: its name.
    :param like: the context that they were rehearsed in, whose naming convention and edition hold here too.
    """

    def __init__(self, dialect: str, like: MigrationContext) -> None:
        self.dialect = dialect
        self._buffer = io.StringIO()
        kept = {name: like.opts[name] for name in ("target_metadata", "edition") if like.opts.get(name) is not None}
        opts = {"as_sql": True, "output_buffer": self._buffer, "literal_binds": True, **kept}
        self._context = MigrationContext.configure(dialect_name=dialect, opts=opts)

    def sql(self, actions: Iterable[Action]) -> tuple[ActionSql, ...]:
        """The SQL of each of ``actions``; a statement that a script sends by itself is the same everywhere."""
        return tuple(map(self._of, actions))

    def _of(self, action: Action) -> ActionSql:
        if action.operation is None:
            return ActionSql("\n\n".join(action.sql), None)
        self._buffer.seek(0)
        self._buffer.truncate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                Operations(self._context).invoke(action.operation)
            except (CommandError, NotImplementedError, CompileError) as error:
                return ActionSql("", " ".join(str(error).split()))
        return ActionSql(self._buffer.getvalue().strip(), None)


def demand_known(names: Iterable[str]) -> None:
    """Raise `UsageError` for a name that no dialect has."""
    for name in names:
        if not load_dialect(name):
            hint = f"there are {', '.join(DIALECTS)}, and those of installed packages"
            raise UsageError(f"No dialect is named '{name}'", hint=hint)
