"""``limbeck freeze``: tables as a revision finds them, kept beside its script for ``op.frozen_tables()``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from limbeck.autogenerate.read.models import as_models
from limbeck.errors import CommandError
from limbeck.operations.frozen import snapshot, snapshot_path
from limbeck.schema import read
from limbeck.script.file_change import FileChange

from .schemas import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script


def frozen(environment: Environment, script: Script, names: Sequence[str]) -> FileChange:
    """What becomes of the snapshot of a revision: the tables as the history before it makes them.

    :param names: of the tables, ``schema.table`` where they are not in the default one.
    :raises CommandError: where the history before the revision makes no such table, and where there is no scratch
        database.
    """
    found: dict[str, Table] = {}

    def look(context: MigrationContext) -> None:
        assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
        there = {f"{schema}.{name}" if schema else name: (schema, name) for schema, name in read(context).tables}
        wanted = [name for name in names if name in there and name not in found]
        models = as_models(context.connection, context.impl, there.values())
        found.update({name: models.tables[name] for name in wanted})

    at(environment, script.all_down_revisions or "base", look)
    missing = [name for name in names if name not in found]
    if missing:
        raise CommandError(
            f"The history before revision {script.revision} makes no table {', '.join(missing)}",
            code="no-such-table",
            hint="`limbeck show REVISION --schema` lists the tables at a revision",
        )
    path = snapshot_path(script.path, script.revision)
    before = None
    if os.path.exists(path):
        with open(path, "rb") as stream:
            before = stream.read()
    return FileChange(path, before, snapshot(script.revision, list(found.values())).encode())
