"""A constraint that the rows that there are may break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.changes import AddColumn, AddConstraint, CreateIndex, SetNotNull, ValidateConstraint
from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.lint.changes import Change
    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Unique, NOT NULL, checks and foreign keys on columns that have values already."""
    run = [one.change for one in [*step.run_before, *step.changes]]
    added = {(one.table, one.column.name) for one in run if isinstance(one, AddColumn)}
    for placed in step.changes:
        query = None if placed.is_new else _query(step, placed.change, added)
        if query is not None:
            yield Found(placed, f"It fails if the table has rows that break it: those of `{query}`", proof=query)


def _query(step: Step, change: Change, added: set[tuple[str, str]]) -> str | None:
    """The query that gives the rows which a change refuses; None where there are none, or nothing is known."""
    match change:
        case AddConstraint(kind="check" | "foreign key", not_valid=False):
            return _refused(step, change, added)
        case ValidateConstraint():
            made = (other.change for other in [*step.run_before, *step.changes] if not other.is_new)
            same = (one for one in made if isinstance(one, AddConstraint) and _is_of(one, change))
            constraint = next(same, None)
            return None if constraint is None else _refused(step, constraint, added)
        case SetNotNull() if (change.table, change.column) not in added and not step.has_check(
            change.table, f"{change.column} IS NOT NULL".lower()
        ):
            return _rows(step, change.table, f"{step.quoted(change.column)} IS NULL")
        case (
            CreateIndex(unique=True, partial=False, columns=columns)
            | AddConstraint(kind="unique constraint" | "primary key", using_index=False, columns=columns)
        ) if columns and not any((change.table, name) in added for name in columns):
            keys = [step.quoted(name) if name.isidentifier() else name for name in columns]
            listed = ", ".join(keys)
            is_key = isinstance(change, AddConstraint) and change.kind == "primary key"
            where = "" if is_key else f" WHERE {' AND '.join(f'{key} IS NOT NULL' for key in keys)}"
            return f"SELECT {listed} FROM {step.quoted(change.table)}{where} GROUP BY {listed} HAVING count(*) > 1"  # noqa: S608 names are quoted
        case _:
            return None


def _is_of(constraint: AddConstraint, validated: ValidateConstraint) -> bool:
    return (constraint.table, constraint.name) == (validated.table, validated.name)


def _refused(step: Step, constraint: AddConstraint, added: set[tuple[str, str]]) -> str | None:
    """The rows that a check or a foreign key refuses."""
    if constraint.kind == "check":
        return None if constraint.condition is None else _rows(step, constraint.table, f"NOT ({constraint.condition})")
    there = constraint.target_columns or step.primary_key(constraint.target or "")
    if constraint.target is None or not constraint.columns or len(there) != len(constraint.columns):
        return None
    if any((constraint.table, name) in added for name in constraint.columns):
        return None
    pairs = list(zip(map(step.quoted, constraint.columns), map(step.quoted, there), strict=True))
    has_value = " AND ".join(f"a.{here} IS NOT NULL" for here, _ in pairs)
    equal = " AND ".join(f"b.{there} = a.{here}" for here, there in pairs)
    other = f"SELECT 1 FROM {step.quoted(constraint.target)} b WHERE {equal}"  # noqa: S608 names are quoted
    return f"SELECT * FROM {step.quoted(constraint.table)} a WHERE {has_value} AND NOT EXISTS ({other})"  # noqa: S608 names are quoted


def _rows(step: Step, table: str, condition: str) -> str:
    return f"SELECT * FROM {step.quoted(table)} WHERE {condition}"  # noqa: S608 names are quoted


RULE = Rule(
    "rows-may-not-fit",
    "info",
    "A unique index, NOT NULL, a check or a foreign key on columns that exist fails where rows break it, on production "
    "and not on the empty database of a test. The query of the finding gives these rows: run it there first, or have "
    "`limbeck lint --database` run it.",
    check,
    Examples(
        given=("CREATE TABLE account (id integer PRIMARY KEY, email text, patron_id integer)",),
        found=(
            'op.create_index("ix", "account", ["email"], unique=True, postgresql_concurrently=True)',
            'op.create_check_constraint("ck", "account", "email > \'\'")',
            'op.create_unique_constraint("uq", "account", ["email"])',
            'op.create_foreign_key("fk", "account", "account", ["patron_id"], ["id"])',
        ),
        near=(
            'op.create_index("ix", "account", ["email"], postgresql_concurrently=True)',
            'op.create_check_constraint("ck", "account", "email > \'\'", postgresql_not_valid=True)',
            (
                'op.add_column("account", sa.Column("code", sa.Text))\n'
                'op.create_index("ix", "account", ["code"], unique=True)'
            ),
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.Integer, primary_key=True))\n'
        'op.create_unique_constraint("uq", "fresh", ["id"])',
    ),
)
