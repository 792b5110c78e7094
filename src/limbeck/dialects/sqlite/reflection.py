"""What SQLAlchemy misreads in the text of a table: quotes in names, foreign keys inside of columns, expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck import sqla
from limbeck.ddl.sql_text import words_of

from .create_table import StoredTable, UnreadableTable, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ForeignKey, ForeignKeyConstraint, Table

    from .create_table import Part


class StoredKey(NamedTuple):
    """What the text says of a foreign key, besides its columns.

    :param name: its name. :param ondelete: its action. :param onupdate: its action; None is NO ACTION.
    :param deferrable: whether it is. :param initially: DEFERRED or IMMEDIATE.
    """

    name: str | None
    ondelete: str | None
    onupdate: str | None
    deferrable: bool | None
    initially: str | None


End = tuple[tuple[str, ...], str]
"""The columns of a foreign key, sorted, and the table that it leads to, in lower case."""


def correct_constraints(table: Table, text: str) -> None:
    """Give constraints of ``table`` the names, and foreign keys the options, that ``text``, which created it, has."""
    for constraint in table.constraints:
        name = sqla.given_name(constraint)
        if name is not None and '""' in name:  # a quote in a name is doubled in the text
            constraint.name = sqla.conv(name.replace('""', '"'))
    try:
        keys = dict(_keys(StoredTable.read(text)))
    except UnreadableTable:  # a virtual table has none
        return
    for constraint in sqla.foreign_keys_of(table):
        _, target, _ = sqla.referred_columns(constraint)
        columns = tuple(sorted(column.name.lower() for column in constraint.columns))
        key = keys.get((columns, target.lower()))
        if key is not None:
            constraint.name = constraint.name if key.name is None else sqla.conv(key.name)
            parts: list[ForeignKeyConstraint | ForeignKey] = [constraint, *constraint.elements]
            for each in parts:
                each.ondelete, each.onupdate = key.ondelete, key.onupdate
                each.deferrable, each.initially = key.deferrable, key.initially


def correct_computed(table: Table, text: str) -> None:
    """Give generated columns of ``table`` the expressions that ``text``, which created it, has.

    SQLAlchemy loses that of a stored column whose type has arguments: ``NUMERIC(10, 2)``.
    """
    try:
        stored = StoredTable.read(text)
    except UnreadableTable:
        return
    for column in stored.columns:
        computed = None if column.name not in table.c else table.c[column.name].computed
        for part in column.parts:
            if part.kind in {"GENERATED", "AS"} and computed is not None:
                computed.sqltext = sqla.verbatim(part.text[part.text.index("(") + 1 : part.text.rindex(")")])


def _keys(stored: StoredTable) -> Iterator[tuple[End, StoredKey]]:
    for part in stored.constraints:
        if part.kind == "FOREIGN":
            yield _key(part, part.columns)
    for column in stored.columns:
        for part in column.parts:
            if part.kind == "FOREIGN":
                yield _key(part, (column.name.lower(),))


def _key(part: Part, columns: tuple[str, ...]) -> tuple[End, StoredKey]:
    words = words_of(part.text)
    bare = [word.upper() for word in words]
    at = bare.index("REFERENCES")
    actions: dict[str, str] = {}
    for number in range(at + 2, len(bare) - 2):
        if bare[number] == "ON" and bare[number + 1] in ("DELETE", "UPDATE"):
            length = 2 if bare[number + 2] in ("SET", "NO") else 1
            actions[bare[number + 1]] = " ".join(bare[number + 2 : number + 2 + length])
    rest = bare[at + 2 :]
    named = {event: action for event, action in actions.items() if action != "NO ACTION"}
    deferrable = bare[bare.index("DEFERRABLE", at) - 1] != "NOT" if "DEFERRABLE" in rest else None
    initially = bare[bare.index("INITIALLY", at) + 1] if "INITIALLY" in rest else None
    key = StoredKey(part.name, named.get("DELETE"), named.get("UPDATE"), deferrable, initially)
    return (columns, unquoted(words[at + 1]).lower()), key
