"""What a report shows, found: from the files, from scratch databases, and from the databases where they are asked."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from limbeck import describe, planning, verbs
from limbeck.errors import CommandError
from limbeck.lint.engine import reviewer
from limbeck.results import LogResult, ReportResult, RevisionSource, StatusResult, Unread
from limbeck.runtime.database_errors import first_line
from limbeck.runtime.logging_sections import silenced
from limbeck.runtime.migration import log

from .history import histories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.databases import Environment
    from limbeck.results import RehearsedHistory, SchemasResult
    from limbeck.script import Script


def report(environment: Environment, *, applied: bool = False, dialects: Sequence[str] = ()) -> ReportResult:
    """The history of an environment, what it does, and with ``applied`` where its databases are.

    What the history does is found on scratch databases; where there are none, the report says so and has the rest.

    :param applied: ask the databases.
    :param dialects: whose SQL is shown beside that of the databases.
    :raises CommandError: where a revision file cannot be read; with ``applied``, where a database cannot be reached.
    """
    with silenced(log):
        return _found(environment, applied=applied, dialects=dialects)


def _found(environment: Environment, *, applied: bool, dialects: Sequence[str]) -> ReportResult:
    script = environment.script
    found = script.revisions_between(":", ())
    unread = [Unread(file.path, file.problem) for file in script.broken]
    by = reviewer(environment.config)
    positions = verbs.quiet_positions(environment) if applied else None
    rehearsed: tuple[RehearsedHistory, ...] = ()
    schemas: tuple[SchemasResult, ...] = ()
    try:
        rehearsed, schemas = histories(environment, by, unread, dialects)
    except (CommandError, SQLAlchemyError) as error:
        unread.append(Unread("operations", first_line(error)))
    return ReportResult(
        title=os.path.basename(os.path.dirname(os.path.abspath(environment.config.config_file_name or script.dir))),
        made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        graph=describe.graph(script, found, positions, longdoc=True, origins=verbs.origins(found)),
        sources=tuple(map(_source, found)),
        histories=rehearsed,
        schemas=(verbs.schemas(environment), *schemas) if applied else schemas,
        plan=planning.plan(environment, "heads", by=by) if applied else None,
        status=StatusResult(tuple(verbs.statuses(environment))) if applied else None,
        log=LogResult(tuple(verbs.logs(environment))) if applied else None,
        unread=tuple(unread),
    )


def _source(script: Script) -> RevisionSource:
    try:
        with open(script.path, encoding="utf-8", errors="replace") as stream:
            return RevisionSource(script.revision, stream.read())
    except OSError as error:
        return RevisionSource(script.revision, f"# cannot be read: {error.strerror}\n")
