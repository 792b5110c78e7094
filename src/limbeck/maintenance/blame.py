"""``limbeck blame``: the revisions that made a table or a column what it is, and who wrote them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from limbeck import rehearsal, scratch
from limbeck.errors import CommandError
from limbeck.lint import changes
from limbeck.lint.step import changes_of
from limbeck.operations.in_words import in_words
from limbeck.results import Blamed, BlameResult, PlannedUnknown
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.script.git import line_commit
from limbeck.script.origin import origins

from .touched import ROWS, places, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from limbeck.databases import Environment
    from limbeck.rehearsal import Action, Rehearsal
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import MigrationStep


@dataclass(frozen=True)
class _Done:
    """Something that the history does to a schema, in its order.

    :param script: the revision. :param action: the operation or statement. :param change: what it changes.
    :param context: the context that wrote its statements.
    """

    script: Script
    action: Action
    change: changes.Change
    context: MigrationContext


def blame(environment: Environment, name: str) -> BlameResult:
    """The revisions that made a table or a column what it is, and where that cannot be known.

    Renames are followed back to the creation. The history is rehearsed on empty scratch databases.

    :param name: ``table``, ``table.column``, or either with its schema.
    :raises CommandError: where no revision makes it, and where there is no scratch database.
    """
    done: list[_Done] = []
    unsure: dict[PlannedUnknown, None] = {}

    def steps(_rows: tuple[str, ...], _context: MigrationContext) -> Sequence[MigrationStep]:
        return environment.script.steps(environment.script.plan_upgrade("heads", ()))

    def look(what: Rehearsal) -> None:
        for one in what.steps:
            unsure.update({PlannedUnknown(*each): None for each in unknown(one)})
            script = one.step.script
            if script is not None:
                pairs = ((action, change) for action in one.actions for change in changes_of(action, what.context))
                done.extend(_Done(script, action, change, what.context) for action, change in pairs)

    with silent(log), scratch.copies(environment, at="base") as twin:
        rehearsal.rehearse(twin, steps, look)
    for table, column in ((name, None), name.rpartition(".")[::2]):
        found = list(_backwards(done, table, column))
        whole = () if column is None else (changes.RenameTable, changes.DropTable)
        if any(is_certain and not isinstance(one.change, whole) for one, is_certain in found):
            made = origins([one.script for one, _ in found])
            blamed = (_blamed(one, made[one.script.revision].date, is_certain=certain) for one, certain in found)
            return BlameResult(table, column, tuple(dict.fromkeys(blamed)), tuple(unsure))
    raise _nothing_made(done, name)


def _backwards(done: Sequence[_Done], table: str, column: str | None) -> Iterator[tuple[_Done, bool]]:
    """What made it, the last first, down to its creation; and whether that is certain."""
    for one in reversed(done):
        change = one.change
        if isinstance(change, changes.Unread):
            words = set(re.findall(r"\w+", " ".join(one.action.sql).lower()))
            if words >= {part.lower() for part in (table.rpartition(".")[2], column) if part}:
                yield one, False
        elif _concerns(one, table, column):
            yield one, True
            if isinstance(change, changes.RenameTable):
                table = change.table
            elif isinstance(change, changes.RenameColumn) and column is not None:
                column = change.column
            elif _creates(change, column):
                return


def _concerns(one: _Done, table: str, column: str | None) -> bool:
    if isinstance(one.change, changes.RenameTable):
        return _is(one, one.change.new, table)
    if isinstance(one.change, changes.RenameColumn):
        return _is(one, one.change.table, table) and (column is None or _same(one.change.new, column))
    if isinstance(one.change, changes.CreateTable) and column is not None:
        has = any(_same(each.name, column) for each in one.change.columns)
        return _is(one, one.change.table, table) and has
    for name, part, builds_on in places(one.change):
        if name and _is(one, name, table) and part != ROWS:
            if part is None or column is None:
                if not builds_on:
                    return True
            elif _same(part, f"column {column}"):
                return True
    return False


def _creates(change: changes.Change, column: str | None) -> bool:
    return isinstance(change, changes.CreateTable) or (column is not None and isinstance(change, changes.AddColumn))


def _is(one: _Done, name: str, table: str) -> bool:
    own = f"{one.context.impl.default_schema}."
    return _same(name.removeprefix(own), table.removeprefix(own))


def _same(name: str, other: str) -> bool:
    return name.lower() == other.lower()


def _blamed(one: _Done, date: str | None, *, is_certain: bool) -> Blamed:
    action, script = one.action, one.script
    file, line = action.file or script.path, action.line
    commit = None if line is None else line_commit(file, line)
    text = in_words(action.operation, action.table, action.sql)
    place = (os.path.abspath(file), line, tuple(action.sql))
    return Blamed(script.revision, script.doc, date, text, *place, is_certain, commit)


def _nothing_made(done: Sequence[_Done], name: str) -> CommandError:
    made = {place[0] for one in done for place in places(one.change) if place[0] and place[1] is None and not place[2]}
    near = get_close_matches(name.partition(".")[0], made, n=1)
    return CommandError(
        f"No revision makes {name}, as far as a rehearsal tells",
        code="no-such-table",
        hint=f"did you mean {near[0]}?" if near else "`limbeck show heads --schema` lists what there is",
    )
