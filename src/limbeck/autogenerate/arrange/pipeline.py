"""The passes that arrange operations, in their order.

A pass is a function from a list of operations to a list of operations. It returns a new list and leaves the operations
that it is given as they are. A pass says which others must precede it, and why; the order is checked on import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from limbeck.operations.ops import MigrateOperation

from .across_tables import order_foreign_keys, order_new_tables
from .casts import add_casts
from .complete_drops import complete_drops
from .default_names import name_unnamed_drops
from .domains import create_checks_last
from .facts import Facts
from .key_indexes import add_key_indexes, leave_indexes_to_tables
from .name_conflicts import free_names
from .objects import put_objects_around, restate_objects
from .renames import comment_on_open_renames, put_renames_first
from .within_table import drop_keys_before_indexes, order_computed_columns, order_within_tables

Apply = Callable[[list[MigrateOperation], Facts], list[MigrateOperation]]


@dataclass(frozen=True)
class Pass:
    """A pass of the pipeline.

    :param apply: the function. :param when: whether a run needs it; default: every one does.
    :param after: the passes that must precede it, each with the reason.
    """

    apply: Apply
    when: Callable[[Facts], bool] = lambda _facts: True
    after: Mapping[Apply, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.apply.__name__


def misplaced(passes: Sequence[Pass]) -> list[str]:
    """What is wrong with the order of ``passes``, a sentence for each pass that lacks one before it."""
    names = [each.apply for each in passes]
    return [
        f"{each.name} must come after {before.__name__}: {reason}"
        for position, each in enumerate(passes)
        for before, reason in each.after.items()
        if before not in names[:position]
    ]


def in_order(*passes: Pass) -> tuple[Pass, ...]:
    """``passes``; raises ValueError where one of them comes before one that must precede it."""
    if wrong := misplaced(passes):
        raise ValueError("; ".join(wrong))
    return passes


def arranged(passes: Sequence[Pass], operations: Sequence[MigrateOperation], facts: Facts) -> list[MigrateOperation]:
    """``operations`` after those of ``passes`` that the run needs."""
    result = list(operations)
    for each in passes:
        if each.when(facts):
            result = each.apply(result, facts)
    return result


UPGRADE = in_order(
    Pass(order_within_tables, when=lambda facts: facts.is_exact),
    Pass(drop_keys_before_indexes, when=lambda facts: facts.is_exact and facts.impl.keys_hold_indexes),
    Pass(add_casts),
    Pass(order_computed_columns),
    Pass(
        free_names,
        after={order_within_tables: "a drop that precedes a creation on the same table frees its name in place"},
    ),
    Pass(order_new_tables, when=lambda facts: facts.has_edition and not facts.impl.dialect.supports_alter),
    Pass(
        order_foreign_keys,
        after={
            free_names: "a foreign key goes before the index or table that was moved to the front beneath it",
            drop_keys_before_indexes: "a foreign key that was taken out of its table may have to go first",
            order_new_tables: "whether a foreign key comes too early depends on where its table is created",
        },
    ),
    Pass(
        add_key_indexes,
        when=lambda facts: facts.has_edition and facts.impl.keys_hold_indexes,
        after={order_foreign_keys: "a foreign key that is suspended is created again, and needs its index then"},
    ),
    Pass(complete_drops, when=lambda facts: facts.has_edition),
    Pass(comment_on_open_renames, when=lambda facts: facts.has_edition and bool(facts.open_renames)),
    Pass(
        put_renames_first,
        when=lambda facts: bool(facts.renames),
        after={
            free_names: "all other operations use the new names, also those that it puts first",
            order_foreign_keys: "all other operations use the new names, also those that it puts first",
        },
    ),
    Pass(
        put_objects_around,
        when=lambda facts: facts.has_objects,
        after={
            order_new_tables: "a view stands on tables that are put last",
            order_foreign_keys: "nothing that passes put first or last may come outside of them",
            put_renames_first: "a view that goes may have the old name in its way",
        },
    ),
)
"""What makes an ``upgrade()`` of the differences between models and database."""

DOWNGRADE = in_order(
    Pass(leave_indexes_to_tables, when=lambda facts: facts.has_edition and facts.impl.keys_hold_indexes),
    Pass(name_unnamed_drops),
    Pass(create_checks_last, when=lambda facts: facts.is_exact),
    Pass(restate_objects, when=lambda facts: facts.has_objects),
)
"""What is done to the reverse of that upgrade."""
