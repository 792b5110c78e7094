"""What cannot be done inside a transaction gets an autocommit block of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from .arguments import caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .abstract import AbstractOperations


def statements_before(operations: AbstractOperations) -> int:
    """How many statements of this revision the open transaction holds already."""
    return int(getattr(operations.migration_context, "statements_in_transaction", 0))


def in_autocommit(operations: AbstractOperations) -> bool:
    """Whether statements are on their own already: an autocommit block is open, or the engine commits each one."""
    context = operations.migration_context
    if getattr(context, "in_autocommit_block", False):
        return True
    if context.as_sql or context.connection is None:
        return False
    return bool(context.connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT")


@contextmanager
def outside_transaction(operations: AbstractOperations, call: str, what: str) -> Iterator[None]:
    """Run the block's statements outside the transaction.

    :param call: the operation, as messages name it.
    :param what: what it does, as the end of a sentence: "creates an index concurrently".
    :raises CommandError: statements of this revision ran before it in the transaction, which would be committed
        while the revision is only half done (failures R11).
    """
    if in_autocommit(operations):
        yield
        return
    if statements_before(operations):
        file, line = caller()
        raise CommandError(
            f"{call}() {what}, which is possible outside a transaction only, "
            "but statements of this revision ran before it in the transaction",
            code="outside-transaction",
            hint="give it a revision of its own, or write it in `with op.get_context().autocommit_block():`, "
            "which commits what ran before",
            file=file,
            line=line,
        )
    with operations.migration_context.autocommit_block():
        yield
