"""Statements outside the transaction that fail when the revision runs a second time."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING

from limbeck.lint.changes import (
    AddColumn,
    AddEnumValue,
    CreateIndex,
    CreateTable,
    CreateView,
    DropColumn,
    DropIndex,
    DropTable,
)
from limbeck.lint.rule import POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import call, execute, outside_transaction
from limbeck.operations.columns import AddColumnOp, DropColumnOp
from limbeck.operations.indexes import CreateIndexOp, DropIndexOp
from limbeck.operations.tables import CreateTableOp, DropTableOp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Placed, Step


_MADE = AddColumn | AddEnumValue | CreateIndex | CreateTable | CreateView
_GONE = DropColumn | DropIndex | DropTable
_CHECKED = re.compile(r"\bIF\s+(?:NOT\s+)?EXISTS\b", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:CREATE\s+(?:UNIQUE\s+)?INDEX(?:\s+CONCURRENTLY)?|DROP\s+INDEX(?:\s+CONCURRENTLY)?|(?:CREATE|DROP)\s+TABLE"
    r"|(?:CREATE|DROP)\s+(?:MATERIALIZED\s+)?VIEW|(?:ADD|DROP)\s+COLUMN|ADD\s+VALUE)\b",
    re.IGNORECASE,
)


def check(step: Step) -> Iterator[Found]:
    """Statements that are committed by themselves before others of the same revision run."""
    last = step.rehearsed.actions[-1] if step.rehearsed.actions else None
    for placed in step.changes:
        checked = any(_CHECKED.search(sql) for sql in placed.action.sql)
        if placed.in_transaction or placed.action is last or checked or not isinstance(placed.change, _MADE | _GONE):
            continue
        word = "IF NOT EXISTS" if isinstance(placed.change, _MADE) else "IF EXISTS"
        message = (
            f"This is committed before the rest of the revision runs: where that fails, a second run fails here; say "
            f"{word}, give it a revision of its own, or go on by `limbeck upgrade --resume`"
        )
        yield Found(placed, message, (outside_transaction(_repeatable(step, placed, word)),))


def _repeatable(step: Step, placed: Placed, word: str) -> str:
    own, operation = step.sql(placed), placed.action.operation
    if own is not None:
        return execute(_PLACE.sub(rf"\g<0> {word}", own, count=1))
    changed = copy(operation)
    if isinstance(changed, AddColumnOp | CreateIndexOp | CreateTableOp):
        changed.if_not_exists = True
    elif isinstance(changed, DropColumnOp | DropIndexOp | DropTableOp):
        changed.if_exists = True
    return step.code(changed) if changed is not None else call(step, placed)


RULE = Rule(
    "not-repeatable",
    "info",
    "What stands in an autocommit block stays, also where a later statement of the revision fails, and the version "
    "table does not say so. IF [NOT] EXISTS lets the revision run again. An index that CONCURRENTLY did not finish is "
    "there too, and invalid: `limbeck status` names it, and it has to be dropped first.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            (
                "with op.get_context().autocommit_block():\n"
                '    op.create_index("ix_account_email", "account", ["email"], postgresql_concurrently=True)\n'
                "op.execute(\"ALTER TABLE account ALTER COLUMN email SET DEFAULT ''\")"
            ),
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("CREATE INDEX CONCURRENTLY ix_account_email ON account (email)")\n'
                "op.execute(\"ALTER TABLE account ALTER COLUMN email SET DEFAULT ''\")"
            ),
        ),
        near=(
            (
                "op.execute(\"ALTER TABLE account ALTER COLUMN email SET DEFAULT ''\")\n"
                "with op.get_context().autocommit_block():\n"
                '    op.create_index("ix_account_email", "account", ["email"], postgresql_concurrently=True)'
            ),
            (
                "with op.get_context().autocommit_block():\n"
                '    op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_account_email ON account (email)")\n'
                "op.execute(\"ALTER TABLE account ALTER COLUMN email SET DEFAULT ''\")"
            ),
        ),
    ),
    dialects=POSTGRESQL,
)
