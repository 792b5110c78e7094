"""Names that do not follow the pattern of the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, CreateIndex, CreateTable, RenameColumn, RenameTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.settings import name_patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Step

_KINDS = {"unique constraint": "unique", "primary key": "primary-key", "foreign key": "foreign-key"}


def check(step: Step) -> Iterator[Found]:
    """New names that the pattern of their kind does not fit."""
    patterns = name_patterns(step.context.config)
    for placed in step.changes:
        for kind, name in _names(placed.change):
            if re.fullmatch(patterns[kind], name) is None:
                message = f"The name {name} does not fit {patterns[kind]}, the pattern of each {kind.replace('-', ' ')}"
                yield Found(placed, message)


def _names(change: Change) -> Iterator[tuple[str, str]]:
    """The kinds and names that a change gives."""
    match change:
        case CreateTable():
            yield "table", change.table.rpartition(".")[2]
            yield from (("column", column.name) for column in change.columns)
        case RenameTable():
            yield "table", change.new.rpartition(".")[2]
        case AddColumn():
            yield "column", change.column.name
        case RenameColumn():
            yield "column", change.new
        case CreateIndex(name=str(name)):
            yield "index", name
        case AddConstraint(kind="unique constraint" | "primary key" | "foreign key" | "check", name=str(name)):
            yield _KINDS.get(change.kind, change.kind), name
        case _:
            pass


RULE = Rule(
    "naming-pattern",
    "info",
    "Names in lower case with underscores need no quotes in any query. `lint_names` has a regular expression for a "
    "kind of name, as `index = ix_.*, foreign-key = fk_.*`; kinds are table, column, index, unique, primary-key, "
    "foreign-key and check. Off where nothing is configured.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.add_column("account", sa.Column("postCode", sa.Text))',
            'op.create_table("Event", sa.Column("id", sa.Integer, primary_key=True))',
            'op.create_index("account_email", "account", ["email"], postgresql_concurrently=True)',
        ),
        near=(
            'op.add_column("account", sa.Column("post_code", sa.Text))',
            'op.create_index("ix_account_email", "account", ["email"], postgresql_concurrently=True)',
        ),
        settings="edition = 2026\nlint_names = index = ix_.*",
    ),
    is_on=False,
)
