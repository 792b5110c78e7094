"""A name that the database cuts or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, Change, CreateIndex, CreateTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Names over the limit of the dialect in SQL of the script; SQLAlchemy refuses those in operations itself."""
    limit = step.context.dialect.max_identifier_length
    for placed in step.changes:
        change = placed.change
        for name in _names(change):
            if len(name.encode()) > limit:
                short = name.encode()[:limit].decode("utf-8", "ignore")
                message = f"The name {name} has more than {limit} bytes: the database cuts it to {short}"
                yield Found(placed, message, (call(step, placed).replace(name, short),))


def _names(change: Change) -> Iterator[str]:
    """The names that a change gives."""
    match change:
        case AddColumn():
            yield change.column.name
        case AddConstraint() | CreateIndex():
            yield change.name or ""
        case CreateTable():
            yield change.table.rpartition(".")[2]
            yield from (column.name for column in change.columns)
        case _:
            pass


RULE = Rule(
    "name-too-long",
    "warning",
    "PostgreSQL cuts names after 63 bytes, with a notice that no run shows, so that two long names may become one, and "
    "a later revision that says the whole name works by accident. Operations refuse such names, SQL does not.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=(f'op.execute("ALTER TABLE account ADD COLUMN {"a" * 64} text")',),
        near=(f'op.execute("ALTER TABLE account ADD COLUMN {"a" * 63} text")',),
    ),
    dialects=("postgresql",),
)
