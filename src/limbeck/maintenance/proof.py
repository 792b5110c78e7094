"""The proof of a squash: the history with it and the one without are run on scratch databases and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import column, select, table

from limbeck import scratch
from limbeck.databases import Environment
from limbeck.runtime.database_errors import first_line
from limbeck.runtime.logging_sections import silenced, silent
from limbeck.runtime.migration import log
from limbeck.schema import Schema, differences, out_of_order, read
from limbeck.script.rewriting import rewritten

from .recording import unfiltered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.steps import MigrationStep

    TableName = tuple[str | None, str]
    Row = tuple[str, ...]


@dataclass(frozen=True)
class _State:
    """What a database holds.

    :param schema: its schema. :param objects: its views, functions and the like, as SQL.
    :param columns: the columns of its tables. :param rows: their rows, sorted.
    """

    schema: Schema
    objects: Mapping[str, str]
    columns: Mapping[TableName, tuple[str, ...]]
    rows: Mapping[TableName, tuple[Row, ...]]


@dataclass(frozen=True)
class Walk:
    """The states of the databases: before a range, behind it, at the heads, and after a way back from its end.

    :param back: None where there is no way back.
    """

    before: Sequence[_State]
    end: Sequence[_State]
    heads: Sequence[_State]
    back: Sequence[_State] | None


def differing(original: Environment, squashed: Environment, ids: Sequence[str], before: Sequence[str]) -> list[str]:
    """What comes out otherwise with a squash, a line each; none where both histories lead to the same.

    Values that a second run of the original history makes otherwise too, as times and random keys, do not count.

    :param ids: the revisions that the squash takes the place of. :param before: those that it stands on.
    :raises CommandError: where the history fails on an empty database.
    """
    expected = walk(original, ids, before)
    try:
        found = walk(squashed, ids[-1:], before)
    except Exception as error:  # noqa: BLE001 whatever error it is, the squash cannot be run
        return [f"the squash fails on an empty database: {first_line(error)}"]
    lines = between(expected, found)
    if any(": rows" in line or ": row" in line for line in lines):
        with rewritten(original.script, ()) as afresh:  # a script may make a value where it is imported
            second = Environment(original.config, afresh, original.run)
            lines = between(expected, found, again=walk(second, ids, before))
    return lines


def between(expected: Walk, found: Walk, again: Walk | None = None) -> list[str]:
    """What comes out otherwise, a line each.

    :param again: a second walk of the history that is expected: a column that it makes otherwise does not count.
    """
    lines: list[str] = []
    for where, wanted, made, second in (
        ("", expected.end, found.end, again.end if again else expected.end),
        ("at the heads: ", expected.heads, found.heads, again.heads if again else expected.heads),
    ):
        for one, other, twice in zip(wanted, made, second, strict=True):
            lines += [f"{where}{line}" for line in _of_states(one, other, twice) if line not in lines]
    if found.back is not None:
        for number, made_back in enumerate(found.back):
            wanted_back = [expected.before[number], *([expected.back[number]] if expected.back else [])]
            either = [list(_of_schemas(one, made_back)) for one in wanted_back]
            if all(either):
                lines += [f"after downgrade(): {line}" for line in either[0]]
    return list(dict.fromkeys(lines))


def _of_states(expected: _State, found: _State, again: _State) -> Iterator[str]:
    yield from _of_schemas(expected, found)
    for place, wanted in expected.rows.items():
        made = found.rows.get(place)
        if made is None or found.columns[place] != expected.columns[place]:
            continue
        counted = _columns_that_count(place, expected, again)
        left, right = (sorted(tuple(row[at] for at in counted) for row in rows) for rows in (wanted, made))
        if left == right:
            continue
        name = place[1]
        if len(left) != len(right):
            yield f"table {name}: rows {len(right)}, not {len(left)}"
            continue
        for one, other in zip(left, right, strict=True):
            if one != other:
                names = [expected.columns[place][at] for at in counted]
                yield f"table {name}: row {_shown(names, other)}, not {_shown(names, one)}"
                break


def _columns_that_count(place: TableName, expected: _State, again: _State) -> list[int]:
    """The places of columns whose values two runs of the same history make alike."""
    first, second = expected.rows[place], again.rows.get(place, ())
    numbers = range(len(expected.columns[place]))
    return [at for at in numbers if sorted(row[at] for row in first) == sorted(row[at] for row in second)]


def _shown(names: Sequence[str], row: Row) -> str:
    return "(" + ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True)) + ")"


def _of_schemas(expected: _State, found: _State) -> Iterator[str]:
    yield from differences(found.schema, expected.schema)
    yield from out_of_order(found.schema, expected.schema)
    for name in sorted(expected.objects.keys() | found.objects.keys()):
        if found.objects.get(name) != expected.objects.get(name):
            is_there = name in found.objects
            yield (
                f"{name} is another one"
                if is_there and name in expected.objects
                else (f"{name}: no revision makes it" if is_there else f"{name} is missing")
            )


# --- the walk ---------------------------------------------------------------------------------------------------------


def walk(environment: Environment, ids: Sequence[str], before: Sequence[str]) -> Walk:
    """Run a history on scratch databases, and look where it leads.

    :param ids: the revisions of the range. :param before: those that it stands on.
    :raises CommandError: where a revision fails on an empty database.
    """
    with silent(log), scratch.copies(environment, at=tuple(before) or "base") as twin:
        start = _look(twin)
        _upgrade(twin, ids[-1])
        end = _look(twin)
        _upgrade(twin, "heads")
        heads = _look(twin)
    with silent(log), scratch.copies(environment, at=ids[-1]) as twin:
        return Walk(start, end, heads, _look(twin) if _goes_back(twin, ids) else None)


def _upgrade(twin: Environment, target: str) -> None:
    script = twin.script
    twin.run(lambda rows, _context: script.steps(script.plan_upgrade(target, rows)))


def _goes_back(twin: Environment, ids: Sequence[str]) -> bool:
    """Whether the way back from the end of the range could be gone."""
    steps = [twin.script.lone_step(name, is_upgrade=False) for name in reversed(ids)]
    try:
        twin.run(lambda _rows, _context: steps)
    except Exception:  # noqa: BLE001 a way back that fails, by whatever error, is none
        return False
    return True


def _look(environment: Environment) -> list[_State]:
    found: list[_State] = []

    def look(_rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        found.append(_state(unfiltered(context)))
        return []

    with silenced(log):
        environment.run(look, dont_mutate=True)
    return found


def _state(context: MigrationContext) -> _State:
    assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
    found = read(context)
    columns: dict[TableName, tuple[str, ...]] = {}
    rows: dict[TableName, tuple[Row, ...]] = {}
    for (schema, name), shape in found.tables.items():
        columns[schema, name] = tuple(shape.columns)
        place = table(name, *map(column, shape.columns), schema=schema)
        kept = context.connection.execute(select(*place.c))
        rows[schema, name] = tuple(sorted(tuple(map(repr, row)) for row in kept))
    return _State(found, _objects(context), columns, rows)


def _objects(context: MigrationContext) -> dict[str, str]:
    """Views, functions and the like as the database writes them, without the name of the scratch database."""
    assert context.connection is not None, "a scratch database is connected to"  # noqa: S101
    catalogue = context.impl.object_catalogue(context.impl.catalogue_reader(context.connection))
    if catalogue is None:
        return {}
    own = str(context.impl.default_schema)
    kept = catalogue.read(context.impl.object_kinds, {None})
    return {str(id_): repr(shape).replace(own, "") for id_, shape in kept.items()}
