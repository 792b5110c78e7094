"""A schema that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import DropSchema
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.safe import allowed_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Schemas that are dropped; in MySQL a schema is a database."""
    for placed, one in step.of(DropSchema):
        with_all = "and all tables in it" if one.cascade else "which fails if anything is in it"
        message = f"The {one.what} {one.name} is dropped, {with_all}: rows are gone for good"
        yield Found(placed, message, (allowed_call(step, placed, "drop-schema", "nothing in it is used any more"),))


RULE = Rule(
    "drop-schema",
    "error",
    "DROP SCHEMA ... CASCADE deletes every table in the schema, also those that other applications have made there. "
    "Drop the tables one by one, so that a forgotten one stops the run, then the empty schema.",
    check,
    Examples(
        given=("CREATE SCHEMA old",),
        found=(
            'op.execute("DROP SCHEMA old CASCADE")',
            'with op.get_context().autocommit_block():\n    op.execute("DROP DATABASE IF EXISTS limbeck_old")',
        ),
        near=('op.execute("CREATE SCHEMA new")',),
    ),
    dialects=("postgresql",),
)
