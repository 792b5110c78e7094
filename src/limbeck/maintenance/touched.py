"""What revisions change and what they build on, as far as a rehearsal tells: tables, and parts of tables by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from limbeck.lint import changes
from limbeck.lint.step import changes_of
from limbeck.operations.objects import ObjectOp
from limbeck.operations.operation import StandaloneOp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from limbeck.rehearsal import Action, Rehearsed, Unknown
    from limbeck.runtime.migration import MigrationContext

ROWS = "rows"
"""The part of a table that statements on data change."""

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Touch:
    """An object that a revision changes, or that it builds on.

    :param table: the table, ``schema.table``; empty for what belongs to none, as a function.
    :param part: what of it, as ``column name`` or ``index ix_name``; None: the table itself, and so all of it.
    :param builds_on: whether it only has to be there as it is.
    :param action: the operation or statement that does it.
    """

    table: str
    part: str | None
    builds_on: bool
    action: Action

    def clashes(self, other: Touch) -> bool:
        """Whether it makes a difference which of the two comes first, or one of them would fail."""
        if self.table.lower() != other.table.lower() or (self.builds_on and other.builds_on):
            return False
        same = (self.part or "").lower() == (other.part or "").lower()
        return same or self.is_whole or other.is_whole

    @property
    def is_whole(self) -> bool:
        """Whether a table is made, dropped or renamed, and so all that is in it."""
        return self.part is None and not self.builds_on


def touches(rehearsed: Rehearsed, context: MigrationContext) -> Iterator[Touch]:
    """What a rehearsed revision touches, in order."""
    own = f"{context.impl.default_schema}."
    for action in rehearsed.actions:
        for table, part, builds_on in _of_action(action, context):
            yield Touch(table.removeprefix(own), part, builds_on, action)


def unknown(rehearsed: Rehearsed) -> list[Unknown]:
    """Where a rehearsal cannot know what a revision does."""
    return [one for one in rehearsed.unknown if one.ends or not one.what.startswith("catches")]


Place = tuple[str, str | None, bool]
"""Table, part, and whether it is only built on."""


def _of_action(action: Action, context: MigrationContext) -> Iterator[Place]:
    operation = action.operation
    if isinstance(operation, StandaloneOp):
        yield "", f"{_kind(operation)} {operation.name}", False
        yield from _mentioned(getattr(operation, "definition", None) or "")
        return
    found = list(changes_of(action, context))
    for change in found:
        yield from places(change)
        if isinstance(change, changes.Unread | changes.CreateView | changes.CreateTrigger):
            yield from _mentioned(" ".join(action.sql))
    if not found:
        table = getattr(operation, "table_name", None)
        if isinstance(table, str):
            schema = getattr(operation, "schema", None)
            yield f"{schema}.{table}" if schema else table, None, False
        else:
            yield from _mentioned(" ".join(action.sql))


def _kind(operation: StandaloneOp) -> str:
    """What an operation is about: a function, an enum type, a sequence."""
    if isinstance(operation, ObjectOp):
        return operation.object_kind.replace("_", " ")
    kinds = ("enum", "domain", "sequence")
    return next((kind for kind in kinds if kind in operation.call_name), operation.call_name)


def _mentioned(sql: str) -> Iterator[Place]:
    """Every word of a statement may be a table that it builds on."""
    yield from ((word, None, True) for word in dict.fromkeys(_WORD.findall(sql)))


def places(change: changes.Change) -> list[Place]:  # noqa: C901, PLR0912 one case a change
    """What a change touches."""
    table = change.table
    rows = (table, ROWS, True)
    match change:
        case changes.CreateTable(targets=targets):
            return [(table, None, False), *((target, None, True) for target in targets)]
        case changes.RenameTable(new=new):
            return [(table, None, False), (new, None, False)]
        case changes.AddColumn(column=column):
            needs_rows = not column.nullable and column.default is None and column.generated is None
            return [(table, f"column {column.name}", False), *([rows] if needs_rows else [])]
        case changes.DropColumn(column=name) | changes.ChangeType(column=name) | changes.SetNotNull(column=name):
            return [(table, f"column {name}", False), rows]
        case changes.RenameColumn(column=name, new=new):
            return [(table, f"column {name}", False), (table, f"column {new}", False), rows]
        case changes.CreateIndex(name=name, columns=columns):
            return [*_index(table, name), *_columns(table, columns), *([rows] if change.unique else [])]
        case changes.DropIndex(name=name):
            return _index(table, name)
        case changes.AddConstraint():
            return [*_of_constraint(change), rows]
        case changes.DropConstraint(name=name) | changes.ValidateConstraint(name=name):
            return [(table, f"constraint {name}", False)]
        case changes.SetComment(column=name):
            return [(table, "comment" if name is None else f"column {name}", False)]
        case changes.Write() | changes.RefreshView():
            return [(table, ROWS, False), (table, None, True)]
        case changes.AttachPartition(partition=partition) | changes.DetachPartition(partition=partition):
            return [(table, f"partition {partition}", False), (partition, None, False)]
        case changes.CreateTrigger(name=name):
            return [(table, f"trigger {name}", False)]
        case changes.AddEnumValue(type=name) | changes.RenameEnumValue(type=name):
            return [("", f"enum {name}", False)]
        case changes.DropObject(what=what):
            return [("", what, False)]
        case changes.SetVariable() | changes.EndTransaction() | changes.Unread():
            return []
        case _:
            return [(table, None, False)]


def _of_constraint(change: changes.AddConstraint) -> Iterator[Place]:
    table, target = change.table, change.target
    name = f"constraint {change.name}" if change.name else f"{change.kind} on {', '.join(change.columns)}"
    yield table, name, False
    yield from _columns(table, change.columns)
    if target is not None:
        yield target, None, True
        yield from _columns(target, change.target_columns)


def _index(table: str, name: str | None) -> list[Place]:
    """An index, whose name may be known without its table."""
    return [("", f"index {name}", False), (table, f"index {name}", False)]


def _columns(table: str, names: Iterable[str]) -> Iterator[Place]:
    """Columns that something is built on."""
    return ((table, f"column {name}", True) for name in names)


def is_unread(action: Action, context: MigrationContext) -> changes.Unread | None:
    """Why a statement is not understood; None where it is."""
    if isinstance(action.operation, StandaloneOp):
        return None
    return next((one for one in changes_of(action, context) if isinstance(one, changes.Unread)), None)
