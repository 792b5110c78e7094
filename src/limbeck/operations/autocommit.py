"""An autocommit block for what cannot be done in a transaction."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.errors import CommandError

from .arguments import caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.runtime.migration import MigrationContext


@contextmanager
def outside_transaction(context: MigrationContext, call: str, what: str) -> Iterator[None]:
    """Run the block's statements outside the transaction.

    :param call: the operation, as messages name it.
    :param what: what it does, as the end of a sentence: "creates an index concurrently".
    :raises CommandError: statements of this revision ran before it in the transaction, which would be committed
        while the revision is only half done.
    """
    if context.in_autocommit or not (context.as_sql or context.impl.can_query):
        yield
        return
    if context.statements_in_transaction:
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
    with context.autocommit_block():
        yield
