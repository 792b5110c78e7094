"""Invariants of the code, with their exceptions: a new one fails, and so does one that is no longer needed.

``make gates-update`` (or ``.venv/bin/python tests/house/gates.py``) takes out of the lists what is no longer needed.
"""

from __future__ import annotations

import pytest
from gates import GATES, Gate, circles, private_access_unneeded, unmatched_imports


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.title)
def test_the_list_is_what_is_found(gate: Gate) -> None:
    """A larger number: mend the code. A smaller one, or code that moved to another file: `make gates-update`."""
    assert gate.differences() == [], f"{gate.rule}; fewer or moved: make gates-update"


def test_exceptions_for_private_access_are_needed() -> None:
    """Of ruff's SLF001; a new one fails in `make lint`."""
    assert private_access_unneeded() == set(), "make gates-update"


def test_exceptions_of_the_import_contracts_are_needed() -> None:
    assert unmatched_imports() == set(), "make gates-update"


@pytest.mark.parametrize(
    ("imports", "in_a_circle"),
    [
        ({"a": "b", "b": "c", "c": ""}, ""),
        ({"a": "b", "b": "a"}, "ab"),
        ({"a": "b", "b": "bc", "c": "d", "d": "c"}, "bcd"),
        ({"a": "b", "b": "a", "c": "bd", "d": "e", "e": "d"}, "abde"),
        ({"a": "b", "b": "ac", "c": "d", "d": "e", "e": "d"}, "abde"),
    ],
)
def test_circles(imports: dict[str, str], in_a_circle: str) -> None:
    """``c`` between two circles is in none."""
    assert set(circles(imports)) == set(in_a_circle)
