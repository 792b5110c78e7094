"""A constraint without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddConstraint
from limbeck.lint.rule import MYSQL, POSTGRESQL, Examples, Found, Rule
from limbeck.lint.safe import default_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Constraints of tables that exist that neither the script nor a naming convention names."""
    metadata = step.context.opts.get("target_metadata")
    convention = getattr(metadata, "naming_convention", {})
    for placed, one in step.of(AddConstraint):
        if one.kind == "primary key" and step.dialect in MYSQL:
            continue  # it is called PRIMARY
        if not one.name and set(convention) <= {"ix"}:
            given = f", as {default_name(one)}," if step.dialect in POSTGRESQL else ","
            message = (
                f"The {one.kind} of {one.table} has no name in the script: the database gives one{given} and a "
                "revision that drops it has to guess that"
            )
            yield Found(placed, message)


RULE = Rule(
    "unnamed-constraint",
    "warning",
    "A constraint without a name gets one from the database, another one on each. A revision that drops or validates "
    "it has to know it, and a downgrade fails where it differs. Write the name, or give the MetaData a "
    "`naming_convention`.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text)",),
        found=(
            'op.create_unique_constraint(None, "account", ["email"])',
            'op.execute("ALTER TABLE account ADD CHECK (id > 0)")',
        ),
        near=('op.create_unique_constraint("uq_account_email", "account", ["email"])',),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True), sa.UniqueConstraint("id"))',
    ),
)
