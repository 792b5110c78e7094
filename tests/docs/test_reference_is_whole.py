"""Whatever a person can write has its place in the reference; what is missing there fails here, by its name."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from limbeck.limits import OPTIONS
from limbeck.operations.operation import OPERATIONS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

from from_the_code import commands, operations  # noqa: E402 found by the path above
from from_the_code.examples import ASKS_THE_DATABASE, EXAMPLES, ONLY  # noqa: E402

READERS = {
    "get_alembic_option",
    "get_alembic_boolean_option",
    "get_limbeck_boolean",
    "get_main_option",
    "get_section_option",
    "_path_list",
}
"""Methods of `Config` that read a key, which is one of their first two arguments."""


def configuration_keys() -> set[str]:
    """The keys that the sources read, and those that are read by a list."""
    found = set(OPTIONS)
    for path in (ROOT / "src" / "limbeck").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in READERS:
                literal = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                found.update(literal[:1])
    return {each for each in found if isinstance(each, str)}


def variables() -> set[str]:
    """The variables of the environment that are ours."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "limbeck").rglob("*.py"))
    return set(re.findall(r'"((?:LIMBECK|ALEMBIC)_[A-Z]+)"', sources))


def test_every_key_and_variable_is_explained() -> None:
    keys = configuration_keys()
    assert {"edition", "script_location", "heads_file", "statement_timeout", "version_locations"} <= keys
    page = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`([\w.]+)`", page))
    assert sorted((keys | variables()) - explained) == [], "add a row to docs/reference/configuration.md"


def test_every_option_says_what_it_is_for() -> None:
    for text in (commands.everywhere(), commands.all_commands()):
        rows = re.findall(r"^\| (`.*?`(?: …)?) \| (.*) \|$", text, re.MULTILINE)
        assert rows
        assert [argument for argument, meaning in rows if not meaning.strip()] == []


def test_every_operation_has_an_example() -> None:
    assert sorted(set(OPERATIONS) - set(EXAMPLES)) == [], "add a call to docs/from_the_code/examples.py"
    assert sorted(set(EXAMPLES) - set(operations.names())) == []


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - ASKS_THE_DATABASE))
def test_an_example_is_sql_somewhere(name: str) -> None:
    known = [dialect for dialect in operations.DIALECTS if dialect in ONLY.get(name, operations.DIALECTS)]
    assert [dialect for dialect in known if operations.sql_of(EXAMPLES[name], dialect)[0]]
