"""The proof that drafts lead where the revisions led: both histories are run on scratch databases, up and down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from limbeck import scratch
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log
from limbeck.schema import Schema, differences, out_of_order, read
from limbeck.script.source import CannotRewrite, Source
from limbeck.script.steps import RevisionStep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from limbeck.databases import Environment
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script
    from limbeck.script.steps import MigrationStep


class _Walk(NamedTuple):
    """What a history does to an empty database.

    :param undone: the schemas after each revision was taken back, by its id; of a chain after all of it was.
    :param end: the schemas at the heads, a database each.
    """

    undone: Mapping[str, Sequence[Schema]]
    end: Sequence[Schema]


def differing(
    original: Environment, fixed: Environment, chains: Mapping[str, Sequence[str]], added: Collection[str]
) -> list[str]:
    """What comes out otherwise, a line each; none where both histories lead to the same schema and back.

    :param chains: the revisions that take the place of one, by its id.
    :param added: the names of indexes that only the fixed history makes.
    :raises CannotRewrite: where a revision of either history fails on an empty database.
    """
    back = [name for name in chains if _has_way_back(original.script.get_revision(name))]
    before = _walk(original, {name: [name] for name in back})
    after = _walk(fixed, {name: chains[name] for name in back})
    lines = list(_lines(before.end, after.end, added))
    for name, schemas in before.undone.items():
        lines += [f"after downgrade() of {name}: {line}" for line in _lines(schemas, after.undone[name], added)]
    return lines


def _lines(expected: Sequence[Schema], found: Sequence[Schema], added: Collection[str]) -> Iterator[str]:
    for wanted, made in zip(expected, found, strict=True):
        yield from differences(_without(made, added), wanted)
        yield from out_of_order(made, wanted)


def _without(schema: Schema, indexes: Collection[str]) -> Schema:
    """The schema without indexes of these names."""
    tables = {
        name: replace(table, parts=tuple(one for one in table.parts if one.kind != "index" or one.name not in indexes))
        for name, table in schema.tables.items()
    }
    return replace(schema, tables=tables)


def _walk(environment: Environment, chains: Mapping[str, Sequence[str]]) -> _Walk:
    script = environment.script
    found = script.steps(script.plan_upgrade("heads", ()))
    steps = [step for step in found if isinstance(step, RevisionStep)]
    ends = {chain[-1]: name for name, chain in chains.items()}
    undone: dict[str, Sequence[Schema]] = {}
    with scratch.copies(environment, at="base") as twin, silent(log):
        waiting: list[MigrationStep] = []
        for step in steps:
            waiting.append(step)
            name = ends.get(step.revision.revision)
            if name is not None:
                back = [script.lone_step(one, is_upgrade=False) for one in reversed(chains[name])]
                _run(twin, [*waiting, *back])
                undone[name] = _schemas(twin)
                waiting = [script.lone_step(one, is_upgrade=True) for one in chains[name]]
        _run(twin, waiting)
        return _Walk(undone, _schemas(twin))


def _run(twin: Environment, steps: Sequence[MigrationStep]) -> None:
    try:
        twin.run(lambda _rows, _context: steps)
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise CannotRewrite(f"the history would fail on an empty database: {type(error).__name__}: {first}") from error


def _has_way_back(script: Script) -> bool:
    with open(script.path, encoding="utf-8") as stream:
        body = Source(stream.read()).body("downgrade")
    return body is not None and not body.does_nothing


def _schemas(twin: Environment) -> list[Schema]:
    found: list[Schema] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found.append(read(context))
        return []

    twin.run(look, dont_mutate=True)
    return found
