"""Invariants of the code, with their exceptions: a new one fails, and so does one that is no longer needed.

``make gates-update`` (or ``.venv/bin/python tests/house/gates.py``) takes out of the lists what is no longer needed.
"""

from __future__ import annotations

import pytest
from gates import GATES, Gate, circles, private_access_unneeded


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.title)
def test_the_list_is_what_is_found(gate: Gate) -> None:
    """A larger number: mend the code. A smaller one, or code that moved to another file: `make gates-update`."""
    assert gate.differences() == [], f"{gate.rule}; fewer or moved: make gates-update"


def test_exceptions_for_private_access_are_needed() -> None:
    """Of ruff's SLF001; a new one fails in `make lint`."""
    assert private_access_unneeded() == set(), "make gates-update"


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.title != "any"], ids=lambda gate: gate.title)
def test_an_exception_has_its_reason(gate: Gate) -> None:
    """Behind ``#``, on its line. `Any` is written where SQLAlchemy and user callbacks hand over values of any type."""
    _, reasons = gate.listed()
    assert [place for place, reason in reasons.items() if not reason] == []


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
