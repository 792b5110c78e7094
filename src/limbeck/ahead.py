"""A database ahead of the code: what its history knows of revisions without a file, and their scripts as it keeps them.

An image that is older than the database, or a checkout of another branch, has no files of revisions that are applied.
The history of runs knows when they ran, what they follow, and with ``history_scripts`` their texts.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from . import sqla
from .config import accepts_ahead
from .errors import CommandError, warn
from .graph.edges import closure
from .graph.errors import UnknownRows
from .graph.ran import below, follows, known_ancestors, last_done
from .results import UnknownRow
from .runtime import history
from .script import checksums, header
from .script.load import header_of, load_script
from .script.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import ExitStack

    from .graph.plan import Plan
    from .results import HistoryRow
    from .runtime.migration import MigrationContext
    from .script import ScriptDirectory


def unknown(script: ScriptDirectory, rows: Sequence[str], done: Mapping[str, HistoryRow]) -> tuple[UnknownRow, ...]:
    """The version rows that no file has, with what the history knows of them.

    :param done: of each revision what was done to it last.
    """
    return tuple(_unknown(script, row, done.get(row), done) for row in script.unknown(rows))


def _unknown(script: ScriptDirectory, row: str, ran: HistoryRow | None, done: Mapping[str, HistoryRow]) -> UnknownRow:
    if ran is None:
        return UnknownRow(row)
    ancestors = known_ancestors(script.revision_map.graph, row, done)
    return UnknownRow(row, ran.message or None, ran.started, ran.user, ran.host, ran.application, ancestors)


class Ahead:
    """A database with version rows that no file has.

    :param script: the revisions of this checkout.
    :param context: the context of the database.
    :param rows: its version rows.
    """

    def __init__(self, script: ScriptDirectory, context: MigrationContext, rows: tuple[str, ...]) -> None:
        self._script = script
        self._context = context
        self._graph = script.revision_map.graph
        self.rows = rows
        self.accepted = accepts_ahead(context.opts.get("ahead"))
        #: of each revision what was done to it last; None where no history is asked for
        self._done = self._read() if self.accepted or context.keeps_history else None

    def _read(self) -> dict[str, HistoryRow]:
        """What was done last; nothing where the history cannot be read, since the rows themselves tell what matters."""
        from sqlalchemy.exc import SQLAlchemyError

        context, connection = self._context, self._context.connection
        if connection is None:
            return {}
        try:
            with sqla.savepoint(connection):
                ran = history.read(connection, version_table=context.version_table, schema=context.version_table_schema)
        except SQLAlchemyError:
            return {}
        return last_done(ran)

    @property
    def has_history(self) -> bool:
        """Whether the history knows anything."""
        return bool(self._done)

    @property
    def notes(self) -> list[str]:
        """What the history knows of each row; nothing where none is asked for."""
        if self._done is None:
            return []
        return [row.told for row in unknown(self._script, self.rows, self._done)]

    def warn_of_accepted(self) -> None:
        """Warn that nothing is run, since the database has all that this code needs.

        :raises CommandError: where the history tells that it has not: it is beside the code, on another branch.
        """
        named = "; ".join(row.told for row in self._told)
        lacking, is_known = self._lacking, self._knows_what_lacks
        if lacking and is_known:
            raise CommandError(
                f"The database is not ahead of this code but beside it, on another branch: it lacks "
                f"{', '.join(lacking)}; {named}",
                code="database-ahead",
                hint="run the code that has these revisions and merges them with its own, or `limbeck switch`",
            )
        known_by = "" if not lacking else "; no history tells whether it has all that this code needs"
        warn(
            f"The database is ahead of this code, and nothing is run: {named}{known_by}",
            code="database-ahead",
            hint="ahead = accept allows this; `limbeck status` says more",
        )

    @property
    def leaves_nothing_to_do(self) -> bool:
        """Whether an upgrade to the heads would accept the database, and run nothing."""
        return self.accepted and bool(self._told) and not (self._lacking and self._knows_what_lacks)

    @cached_property
    def _told(self) -> tuple[UnknownRow, ...]:
        """The rows that no file has, with what the history knows of them."""
        return unknown(self._script, self.rows, self._done or {})

    @property
    def _lacking(self) -> list[str]:
        """The heads of this code that are not known to be below the rows."""
        downs = self._graph.edges.downs
        known = [row for row in self.rows if row in downs] + [name for row in self._told for name in row.ancestors]
        return [head for head in self._script.get_heads() if head not in closure(known, downs)]

    @property
    def _knows_what_lacks(self) -> bool:
        """Whether the history tells what each of the rows stands on."""
        return all(row.ancestors for row in self._told)

    # --- scripts of the history ---------------------------------------------------------------------------------------

    def add_kept(self, folder: str) -> KeptScripts | None:
        """Add the revisions without a file to the graph of the scripts, with the texts that the history keeps.

        :param folder: where the texts are put, to be run from there.
        :return: None where the history does not know what they follow.
        """
        done, connection, context = self._done, self._context.connection, self._context
        if not done or connection is None:
            return None
        names = below(self._graph, self._script.unknown(self.rows), done)
        if names is None:
            return None
        texts: dict[str, bytes] = {}
        if context.opts.get("history_scripts"):
            kept = history.scripts(
                connection, names, version_table=context.version_table, schema=context.version_table_schema
            )
            texts = {name: text for name, text in kept.items() if _is_what_ran(done[name], text)}
        for number, name in enumerate(names):
            path = os.path.join(folder, f"{re.sub(r'[^0-9A-Za-z_]', '_', name)[:40]}.{number}.py")
            self._script.revision_map.add_revision(self._kept(path, done[name], texts.get(name)))
        return KeptScripts(names, texts.keys(), asked=bool(context.opts.get("history_scripts")))

    def _kept(self, path: str, ran: HistoryRow, text: bytes | None) -> Script:
        """The script of a revision as it ran; where its text is not kept, what the graph needs of it."""
        name = ran.revision
        found = header.Header(header.LITERAL, name, follows(ran), doc=ran.message)
        if text is not None:
            with open(path, "wb") as stream:
                stream.write(text)
            own = header.read(text)
            if own.state != header.LITERAL:
                own = header_of(load_script(path))
            taken = self._script.revision_map.graph.labels
            if own.revision == name:
                labels = [own.branch_labels] if isinstance(own.branch_labels, str) else own.branch_labels or ()
                found = own._replace(branch_labels=[label for label in labels if label not in taken])
        return Script.of_header(path, found)


def nothing_to_do(script: ScriptDirectory, context: MigrationContext, rows: tuple[str, ...]) -> Plan | None:
    """The plan of an upgrade to the heads of a database that is ahead, where the configuration accepts that.

    :return: a plan without steps, after a warning; None where it is not accepted.
    :raises CommandError: where the database is not ahead but beside the code.
    """
    from .graph.plan import Plan

    ahead = Ahead(script, context, rows)
    if not ahead.accepted:
        return None
    ahead.warn_of_accepted()
    return Plan("upgrade", rows, (), rows)


def _is_what_ran(ran: HistoryRow, text: bytes) -> bool:
    """Whether a kept text is that of the file that ran last, and undamaged."""
    ran_up = ran.kind == "script" and ran.direction == "upgrade"
    return ran_up and ran.script_checksum == checksums.of_text(text)


class KeptScripts:
    """Revisions that the history has added to a graph.

    :param names: their ids, ancestors first.
    :param with_text: those of them that can run.
    :param asked: whether ``history_scripts`` is set.
    """

    def __init__(self, names: Sequence[str], with_text: Collection[str], *, asked: bool) -> None:
        self._names = names
        self._with_text = with_text
        self._asked = asked

    def run_by(self, plan: Plan) -> list[str]:
        """Those of them that ``plan`` runs.

        :raises CommandError: where the text of one is not kept.
        """
        found = [str(step.revision) for step in plan.steps if step.revision in self._names]
        lacking = [name for name in found if name not in self._with_text]
        if lacking:
            raise CommandError(
                f"Can't take back {', '.join(lacking)}: this code has no file of it, and the history "
                + ("keeps no text of it that is as it ran" if self._asked else "is not asked for its text"),
                code="script-not-kept",
                hint="run the code that has the file"
                if self._asked
                else "set history_scripts = true, so that the text runs which the history may keep; "
                "or run the code that has the file",
            )
        return found


def planned_with(
    script: ScriptDirectory,
    context: MigrationContext,
    rows: tuple[str, ...],
    planned: Callable[[tuple[str, ...], MigrationContext], Plan],
    until_end: ExitStack | None,
) -> Plan:
    """What ``planned(rows, context)`` gives; its error for ``rows`` that no file has is told in words of the history.

    :param until_end: revisions without a file are in the graph of ``script`` up to its end, and can be taken back by
        the texts that the history keeps; None: they are not.
    """
    ahead = Ahead(script, context, rows)
    kept = None
    try:
        if until_end is not None and ahead.has_history:
            kept = until_end.enter_context(_kept_scripts(script, ahead))
        plan = planned(rows, context)
    except UnknownRows as error:
        for note in ahead.notes:
            error.add_note(note)
        raise
    ran = [] if kept is None else kept.run_by(plan)
    if until_end is not None and ran:
        until_end.enter_context(_saying(f"this code has no file of {', '.join(ran)}: {history.TABLE} keeps what ran"))
    return plan


@contextmanager
def _kept_scripts(script: ScriptDirectory, ahead: Ahead) -> Iterator[KeptScripts | None]:
    """The revisions without a file in the graph of ``script``, for the length of the block."""
    from tempfile import TemporaryDirectory

    before = script.revision_map.graph
    with TemporaryDirectory(prefix=f"{history.TABLE}-") as folder:
        try:
            yield ahead.add_kept(folder)
        finally:
            script.revision_map.restore(before)


@contextmanager
def _saying(note: str) -> Iterator[None]:
    """Add ``note`` to an error of the block."""
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise
