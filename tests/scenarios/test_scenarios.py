"""The walk-throughs, step by step, against the real command: exit codes, output, log, version rows, files, schema."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import replay
import servers

SCENARIOS = sorted(path.stem for path in replay.DATA.glob("*.json") if path.stem != "schemas")
SCHEMAS = json.loads((replay.DATA / "schemas.json").read_text(encoding="utf-8"))

# Exit codes of Limbeck where the reference has 255: 1 looked and found something, 2 usage, 3 error.
EXITS = {"check": {1}}

# Steps whose lines the reference orders by its hash seed; Limbeck's order is fixed: the same lines, parents first.
ORDER_BY_CHANCE = {
    "branches-chapter": {5},
    "modules": {59, 60, 61, 62},
}

# Steps after an upgrade that was refused: the reference has left an empty version table on SQLite, Limbeck none.
AFTER_REFUSAL = {"branches-chapter": range(8, 13)}


@pytest.fixture(params=SCENARIOS)
def walk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[replay.Walk]:
    """A walk-through with databases of its own."""
    name = request.param
    kind = next(iter(json.loads((replay.DATA / f"{name}.json").read_text(encoding="utf-8"))["databases"]))
    if kind == "sqlite":
        scenario = replay.load(name)
        yield replay.Walk(scenario, tmp_path, [f"sqlite:///{tmp_path / file}" for file in scenario["databases"][kind]])
        return
    server: servers.Server = request.getfixturevalue(f"{kind}_server")
    scenario = replay.load(name, prefix=f"scn{os.getpid()}_", server=server.url)
    databases = scenario["databases"][kind]
    yield replay.Walk(scenario, tmp_path, [server.create(database) for database in databases])
    for database in databases:
        server.drop(database)


def test_walk_through(walk: replay.Walk) -> None:
    name = walk.scenario["name"]
    schemas = SCHEMAS[name]
    schema = None
    for number, step, ran in walk.steps():
        where = f"step {number} of {name}: {step['run']}\n{ran.stderr}"
        by_chance = number in ORDER_BY_CHANCE.get(name, ())
        compare_outcome(step, ran, where, by_chance=by_chance)
        compare_log(step.get("log", []), ran.log, where, by_chance=by_chance)
        rows: Any = walk.version_rows()
        is_empty = number in AFTER_REFUSAL.get(name, ())
        expected = None if is_empty else step["version_rows"]
        assert (rows if len(rows) > 1 else rows[0]) == expected, where
        if "made" in step:
            assert walk.body(step["made"]) == step["body"], where
        schema = schemas.get(str(number), schema)
        assert walk.schemas() == ([{}] if is_empty else schema), where


def compare_outcome(step: dict[str, Any], ran: replay.Ran, where: str, *, by_chance: bool) -> None:
    """Exit code and output; a failure names on stderr what the reference named on stdout."""
    if step["exit"] != 0:
        allowed = next((codes for verb, codes in EXITS.items() if verb in step["run"]), {2, 3})
        assert ran.exit in allowed, where
        assert ran.stdout == [], where
        assert re.search(r"^error\[[a-z][a-z0-9-]*\]: ", ran.stderr, flags=re.MULTILINE), where
        for fact in facts(step["stdout"]):
            assert fact in ran.stderr, where
        return
    assert ran.exit == 0, where
    if "stdout" in step:
        expected, output = [without_returning(line) for line in step["stdout"]], ran.stdout
        if by_chance:
            expected, output = sorted(map(names, expected)), sorted(map(names, output))
        elif step.get("order") == "any":
            expected, output = sorted(expected), sorted(output)
        assert output == expected, where


def compare_log(expected: list[str], log: list[str], where: str, *, by_chance: bool) -> None:
    """The steps that ran; where the order is arbitrary, each step still follows those that it depends on."""
    if not by_chance or not expected:
        assert log == expected, where
        return
    assert sorted(log) == sorted(expected), where
    upgrade = log[0].startswith("Running upgrade ")
    moves = [re.match(r"Running \w+ (.*) -> (.*?), ", line) for line in log]
    made = [move.group(2 if upgrade else 1) for move in moves if move]
    for position, move in enumerate(moves):
        assert move, where
        stands_on = move.group(1 if upgrade else 2)
        if stands_on in made:
            assert (made.index(stands_on) < position) is upgrade, where


def facts(lines: list[str]) -> set[str]:
    """What a failure of the reference names: quoted words, identifiers, options, and the words before a colon."""
    told = " ".join(lines).removeprefix("FAILED: ")
    quoted = re.findall(r"'([^']+)'", told)
    identifiers = re.findall(r"\b(?=[a-f]*\d)[0-9a-f]{7,}\b", told)
    options = re.findall(r"--[a-z]+", told)
    return {re.split(r"[,;:]", told)[0].split(" for ")[0], *quoted, *identifiers, *options}


def without_returning(line: str) -> str:
    """A statement of the reference without RETURNING on the version row: scripts of ours run as they are in psql."""
    return re.sub(r" RETURNING (?:alembic_version\.)?version_num;$", ";", line)


def names(line: str) -> str:
    """A line with the names of its list in order."""
    label, colon, listed = line.partition("Branches into: ")
    return label + colon + ", ".join(sorted(listed.split(", "))) if colon else line
