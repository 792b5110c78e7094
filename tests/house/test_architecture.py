"""What docs/architecture.md says about adding something is carried out, in a copy of the package, and used."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest
from gates import PROJECT, ROOT
from worked_examples import Example

EXAMPLES: tuple[Example, ...] = tuple(
    importlib.import_module(f"worked_examples.{path.stem}").EXAMPLE
    for path in sorted(Path(__file__).with_name("worked_examples").glob("[a-z]*.py"))
)
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TABLE = re.search(r"\n## To add X, touch these files\n(.*?)\n## ", PAGE, re.DOTALL)


def rows() -> dict[str, set[str]]:
    """What can be added, and the files that the table names for it."""
    assert TABLE is not None
    lines = [line.strip("| ").split(" | ") for line in TABLE[1].splitlines() if line.startswith("| ")]
    return {adds: set(re.findall(r"`([\w/.]+\.\w+)`", files)) for adds, files, *_ in lines[1:]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.adds)
def test_it_works_in_a_copy(example: Example, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"{example.needs}_url") if example.needs else ""
    library = example.carry_out(tmp_path / "library")
    (tmp_path / "empty").mkdir()
    done = example.use(library, tmp_path / "empty", url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == example.prints


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.adds)
def test_it_touches_the_files_of_its_row(example: Example) -> None:
    assert set(example.files) == rows()[example.adds]


def test_every_row_has_an_example() -> None:
    assert set(rows()) == {example.adds for example in EXAMPLES}


def test_the_rooms_are_those_of_the_import_contract() -> None:
    table = re.search(r"\| room \| holds \|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table is not None
    told = {room for line in table[1].splitlines() for room in re.findall(r"`(\w+)`", line.split(" | ")[0])}
    told |= {"alembic_calls", "alembic_names", "alembic_sqla"}
    contract = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]
    rooms = {room.strip() for layer in contract["layers"] for room in layer.split("|")}
    assert told == {room for room in rooms if room.isidentifier()} - {"__main__", "_current"}


def test_the_files_that_it_names_are_there() -> None:
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))
    new = {name for example in EXAMPLES for name, change in example.files.items() if isinstance(change, str)}
    folders = (ROOT / "src" / "limbeck", ROOT)
    assert {name for name in named - new if not any((folder / name).is_file() for folder in folders)} == set()


def test_the_files_inside_the_rooms_are_there() -> None:
    rows = re.findall(r"^\| `([\w/]+)/` \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 8
    for room, text in rows:
        folder = ROOT / "src" / "limbeck" / room
        named = re.findall(r"`([a-z_]+)`", text)
        assert [name for name in named if not ((folder / f"{name}.py").is_file() or (folder / name).is_dir())] == []
