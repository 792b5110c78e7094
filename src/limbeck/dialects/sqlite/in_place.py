"""Which changes of a table SQLite makes without a rebuild, and in which order a rebuild leaves renamings to it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from limbeck.ddl.column_change import ColumnChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from limbeck.ddl.changed_table import Change

_ALWAYS = ("add_column", "create_index", "drop_index")


class Stage(NamedTuple):
    """One rebuild.

    :param renamings: the renamings before it, which SQLite does in place, in views, triggers and references too.
    :param changes: the changes of the rebuild, in terms of the new names.
    """

    renamings: list[Change]
    changes: list[Change]


def needs_rebuild(change: Change) -> bool:
    """Whether Alembic rebuilds the table for ``change``: for all but simple new columns and indexes."""
    name, args = change[:2]
    if name != "add_column":
        return name not in _ALWAYS
    column = next(argument for argument in args if isinstance(argument, sa.Column))
    if column.computed is not None and column.computed.persisted:
        return True
    default = column.server_default
    return isinstance(default, sa.DefaultClause) and isinstance(default.arg, sa.sql.ClauseElement)


def may_be_tried(changes: Iterable[Change]) -> bool:
    """Whether ``changes`` are of kinds that SQLite knows; whether this table allows them shows when they are tried."""
    return all(_is_known(*change) for change in changes)


def _is_known(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
    if name == "alter_column":
        return ColumnChange.from_keywords(*args, **options).only_renames()
    placed = options.get("insert_before") or options.get("insert_after")
    return name in (*_ALWAYS, "drop_column", "rename_table") and not placed


def stages(changes: Sequence[Change]) -> list[Stage]:
    """``changes`` in as few rebuilds as possible if each renaming is done in place.

    A renaming is done before the changes of columns that precede it, so that these need no rebuild of their own.
    """
    apart = _renamings_early([part for change in changes for part in _rename_apart(change)])
    groups = [(is_rename, list(group)) for is_rename, group in groupby(apart, key=_is_rename)]
    if not groups or not groups[0][0]:
        groups.insert(0, (True, []))
    parts = [group for _, group in groups] + [[]]
    return [Stage(*pair) for pair in zip(parts[::2], parts[1::2], strict=False)]


def _is_rename(change: Change) -> bool:
    name, _, options = change
    return name == "alter_column" and options.get("name") is not None


def _rename_apart(change: Change) -> list[Change]:
    """A change of a column as two: first everything else, then its name."""
    name, args, options = change
    if not _is_rename(change):
        return [change]
    rest = {**options, "name": None}
    said = {key for key, value in rest.items() if value is not None and (value is not False or key == "nullable")}
    renaming: Change = (name, args, {"name": options["name"], "schema": options.get("schema")})
    has_more = any(key != "schema" and not key.startswith("existing_") for key in said)
    return [(name, args, rest), renaming] if has_more else [renaming]


def _renamings_early(changes: list[Change]) -> list[Change]:
    """``changes`` with each renaming before the changes of columns that precede it."""
    early: list[Change] = []
    for change in changes:
        at = len(early)
        if _is_rename(change):
            old, new = change[1][1], change[2]["name"]
            while at and early[at - 1][0] == "alter_column" and not _is_rename(early[at - 1]):
                at -= 1
                early[at] = _by_its_new_name(early[at], old, new)
        early.insert(at, change)
    return early


def _by_its_new_name(change: Change, old: str, new: str) -> Change:
    """A change of a column in terms of the names after ``old`` was renamed to ``new``."""
    name, (table, column, *args), options = change
    options = {
        key: new if key in {"insert_before", "insert_after"} and value == old else value
        for key, value in options.items()
    }
    return name, (table, new if column == old else column, *args), options
