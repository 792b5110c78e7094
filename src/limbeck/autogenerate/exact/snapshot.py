"""Both sides of an exact comparison, as the database writes them, and whether one is wanted at all."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from limbeck.autogenerate.compare.renames import renames_of
from limbeck.autogenerate.read.reflect import reflection_of
from limbeck.autogenerate.read.renamed import renamed_shapes
from limbeck.ddl.shape import as_model
from limbeck.errors import CommandError, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Table

    from limbeck.autogenerate.read.reflect import TableName
    from limbeck.ddl.normalizer import Normalizer
    from limbeck.ddl.shape import ModelShape, ModelSide, TableShape

    from ..context import AutogenContext

CLASSIC, EXACT = "classic", "exact"
EXACT_PLUGINS = (
    "limbeck.exact",
    *(f"~alembic.autogenerate.{name}" for name in ("types", "constraints", "defaults", "comments")),
    "~alembic.ext.checkconstraint_byname",
)
"""The comparators of the exact comparison, in the place of the classic ones."""


@dataclass(frozen=True)
class Sides:
    """What the database has, and what it would make of the models.

    :param there: the real tables. :param models: those of the models that are real too.
    """

    there: Mapping[TableName, TableShape]
    models: ModelSide

    def both(self, name: TableName) -> tuple[TableShape, ModelShape]:
        """The shapes of a table that is on both sides."""
        there = self.there[name]
        return there, self.models.shapes.get(name) or as_model(there)


def is_exact(options: Mapping[str, Any]) -> bool:
    """Whether ``configure(compare=...)`` asks for the exact comparison; default: under an edition.

    Raises `CommandError` for a word that is neither ``classic`` nor ``exact``.
    """
    wanted = options.get("compare") or (CLASSIC if options.get("edition") is None else EXACT)
    if wanted not in (CLASSIC, EXACT):
        raise CommandError(
            f"compare is {CLASSIC!r} or {EXACT!r}, not {wanted!r}",
            code="unknown-comparison",
            hint="correct compare= of context.configure()",
        )
    return bool(wanted == EXACT)


def shapes_of(autogen_context: AutogenContext) -> Normalizer | None:
    """The impl's exact reading; None where the comparison is classic, or the dialect has none."""
    if not is_exact(autogen_context.opts):
        return None
    found: Normalizer | None = autogen_context.__dict__.get("_shapes")
    if found is None:
        reader = reflection_of(autogen_context).catalogue.reader
        found = autogen_context.migration_context.impl.normalizer(reader)
        autogen_context.__dict__["_shapes"] = found
    return found


@contextmanager
def known_better(autogen_context: AutogenContext) -> Iterator[None]:
    """A block without those warnings of SQLAlchemy that are of no concern to an exact comparison."""
    shapes = shapes_of(autogen_context)
    with warnings.catch_warnings():
        for beginning in () if shapes is None else shapes.ignored_warnings:
            warnings.filterwarnings("ignore", beginning, SAWarning)
        yield


def not_ours(autogen_context: AutogenContext, schema: str | None) -> set[str]:
    """Tables of a schema that an exact comparison leaves alone: partitions, and those of extensions."""
    shapes = shapes_of(autogen_context)
    return set() if shapes is None else shapes.unmanaged_tables(schema)


def read_sides(autogen_context: AutogenContext, names: Iterable[TableName], models: Mapping[TableName, Table]) -> None:
    """Read both sides of the tables ``names``, and keep them for the comparators of the run."""
    shapes = shapes_of(autogen_context)
    if shapes is None:
        return
    renames = renames_of(autogen_context)
    there = renamed_shapes(shapes.read([renames.before(name) for name in names]), renames)
    present = set(names)
    made = shapes.of_models({name: models[name] for name in models if name in present}, there)
    if made.failed:
        warn(
            f"Compared by its text alone: {'; '.join(made.failed)}",
            code="compared-by-text",
            hint="the database refused a scratch copy: give the role the right to create temporary tables, or see what "
            "the model of that table says that the database does not know",
            stacklevel=4,
        )
    autogen_context.__dict__["_sides"] = Sides(there, made)


def complete_reflected(autogen_context: AutogenContext, tables: Mapping[TableName, Table]) -> None:
    """Give reflected tables what SQLAlchemy's reflection does not know of them, and their shapes do."""
    shapes = shapes_of(autogen_context)
    if shapes is None:
        return
    there = sides_of(autogen_context).there
    for name, table in tables.items():
        if name in there:
            shapes.complete(table, there[name])


def sides_of(autogen_context: AutogenContext) -> Sides:
    """The sides that `read_sides` has read."""
    found: Sides = autogen_context.__dict__["_sides"]
    return found
