"""`limbeck prune --before REV`: what is below a revision goes, and it becomes a base.

a1 -- a2 -- a3 -- a4 -- a5 -- a6      becomes      a4 -- a5 -- a6
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from long_history import History

from limbeck import command
from limbeck.errors import CommandError


def prune(made: History, before: str, targets: Path | None = None) -> object:
    return command.prune(made.config(), before=before, targets=None if targets is None else str(targets))


def test_what_is_below_goes(history: Callable[..., History]) -> None:
    """The database, which is beyond, notices nothing; its next revision is run as ever."""
    made = history()
    made.steps()
    made.upgrade("a4")
    found = prune(made, "a4")
    assert (found.revision, found.removed) == ("a4", ("a1", "a2", "a3"))  # type: ignore[attr-defined]
    assert list(made.files()) == ["a4.py", "a5.py", "a6.py"]
    assert "down_revision = None" in made.files()["a4.py"]
    assert made.out.getvalue().replace(str(made.root), "/root") == snapshot("""\
removed /root/m/versions/a1.py
removed /root/m/versions/a2.py
removed /root/m/versions/a3.py
a4 is a base now (/root/m/versions/a4.py)
""")
    made.upgrade()
    assert made.rows() == ["a6"]


@pytest.mark.parametrize("way", ["configured", "listed"])
def test_a_database_below(history: Callable[..., History], tmp_path: Path, way: str) -> None:
    """A known database that stands on what would go: its way up would be lost."""
    made = history()
    made.steps()
    made.upgrade("a2")
    before = made.files()
    listed = tmp_path / "targets"
    listed.write_text(f"# staging\n{made.url}\n")
    if way == "listed":
        made.url = f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(CommandError, match=r"stands at a2, which would go"):
        prune(made, "a4", listed if way == "listed" else None)
    assert made.files() == before


def test_labels_and_dependencies(history: Callable[..., History]) -> None:
    """The label of a branch is that of its new base; what it depends on outside of the range stays.

    old [shop] -- new .... other
    """
    made = history()
    made.script("other", None)
    made.script("old", None, labels="shop")
    made.script("new", "old", depends_on="other")
    prune(made, "new")
    assert [line for line in made.files()["new.py"].splitlines() if " = " in line] == snapshot(
        ["revision = 'new'", "down_revision = None", "branch_labels = 'shop'", "depends_on = 'other'"]
    )
    assert made.environment().script.get_revision("shop@head").revision == "new"


def test_another_branch_needs_what_would_go(history: Callable[..., History]) -> None:
    """
    a -- b -- c
      \\
       -- side
    """
    made = history()
    for name, below in (("a", None), ("b", "a"), ("c", "b"), ("side", "a")):
        made.script(name, below)
    with pytest.raises(CommandError, match="side stays and needs a, which would go"):
        prune(made, "c")


def test_nothing_is_below(history: Callable[..., History]) -> None:
    made = history()
    made.steps()
    with pytest.raises(CommandError, match="a1 is a base already"):
        prune(made, "a1")


def test_a_squash_that_goes_takes_what_it_replaced_along(history: Callable[..., History]) -> None:
    made = history()
    made.steps()
    made.squash("base:a3")
    prune(made, "a4")
    assert list(made.files()) == ["a4.py", "a5.py", "a6.py"]
