"""A revision that cannot be taken back and does not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import Reindex, ValidateConstraint
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.script.way_back import way_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Revisions that do something that can be undone, and whose downgrade does nothing."""
    way = way_back(step.script.module)
    changed = [one for one in step.changes if not isinstance(one.change, Reindex | ValidateConstraint)]
    if changed and way.kind in {"empty", "missing"}:
        what = (
            "is missing: a downgrade stops here, after it has undone the revisions above"
            if way.kind == "missing"
            else "does nothing: a downgrade passes this revision and leaves the schema as it is, so that the next "
            "upgrade fails"
        )
        message = f"downgrade() {what}; undo the changes, or write `irreversible = True` in the header"
        yield Found(None, message, line=way.line)


RULE = Rule(
    "no-way-back",
    "warning",
    "Where `downgrade()` is empty, `limbeck downgrade` counts the revision as undone although nothing was. The "
    "database is then in a state that no revision describes. Where there is no way back, `irreversible = True` in the "
    "header, or a `raise`, stops a downgrade before its first step.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY)",),
        found=('op.add_column("account", sa.Column("email", sa.Text))',),
        near=('op.add_column("account", sa.Column("email", sa.Text))', "pass"),
        back="pass",
    ),
)
