"""A squash is proved: whatever makes it lead elsewhere is found before a file is written; and what is refused.

a1 -- a2 -- a3 -- a4 -- a5 -- a6       as in long_history
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from inline_snapshot import snapshot
from long_history import STEPS, History

from limbeck import command
from limbeck.databases import Environment
from limbeck.errors import CommandError
from limbeck.maintenance.proof import between, walk
from limbeck.maintenance.squash import squash
from limbeck.script import file_change
from limbeck.script.rewriting import rewritten

UPDATE = "op.execute(\"UPDATE account SET label = 'it''s' WHERE id = 2\")"

# what is planted in the text of the squash of base:a5, by kind
PLANTED = {
    "schema": [
        ("length=30), nullable=False", "length=31), nullable=True"),
        ("op.create_index(op.f('ix_title'), 'post', ['title'], unique=False)", "pass"),
        (
            "op.create_table('post',",
            "op.create_table('extra', sa.Column('id', sa.Integer))\n    op.create_table('post',",
        ),
    ],
    "rows": [("ann:x", "ann:y")],
    "fewer rows": [(", (2, 'bob')", "")],
    "a statement that is missing": [(UPDATE, "pass")],
    "the way back": [("op.drop_table('post')", "pass")],
}


def proved(made: History, plants: dict[str, list[tuple[str, str]]]) -> dict[str, list[str]]:
    """What the proof says of a squash in whose text something else stands, by the names of ``plants``."""
    environment = made.environment()
    found = squash(environment, "base:a5", "in one")
    expected = walk(environment, found.span.ids, ())
    said = {}
    for name, pairs in plants.items():
        text = found.text
        for old, new in pairs:
            assert old in text, name
            text = text.replace(old, new)
        changes = [each._replace(after=text.encode()) if each.path == found.path else each for each in found.changes]
        with rewritten(environment.script, changes) as script:
            tried = Environment(environment.config, script, environment.run)
            said[name] = between(expected, walk(tried, found.span.ids[-1:], ()))
    return said


def test_planted_differences(history: Callable[..., History]) -> None:
    made = history()
    made.steps()
    assert proved(made, PLANTED) == snapshot(
        {
            "schema": [
                "table extra: no revision makes it",
                "column post.title: type is varchar(31), not varchar(30)",
                "column post.title: nullable is True, not False",
                "index ix_title of post is missing",
            ],
            "rows": ["table account: row (id=1, label='ann:y', age=3), not (id=1, label='ann:x', age=3)"],
            "fewer rows": ["table account: rows 1, not 2"],
            "a statement that is missing": [
                "table account: row (id=2, label='bob', age=3), not (id=2, label=\"it's\", age=3)"
            ],
            "the way back": ["after downgrade(): table post: no revision makes it"],
        }
    )


def test_the_order_of_statements_on_data(history: Callable[..., History]) -> None:
    """Two updates that cannot change places."""
    made = history()
    first, second = (f"op.execute(\"UPDATE account SET name = '{name}'\")" for name in ("first", "second"))
    made.steps(a3=(f"{first}\n    {second}", "pass"), a4=("pass", "pass"), a5=("pass", "pass"))
    swap = (f"{first}\n    {second}", f"{second}\n    {first}")
    assert proved(made, {"swapped": [swap]}) == snapshot(
        {"swapped": ["table account: row (id=1, name='first'), not (id=1, name='second')"]}
    )


def test_values_that_no_two_runs_make_alike(history: Callable[..., History]) -> None:
    """A random key is another one in each run: that is no difference, and the rest of the row is compared."""
    made = history()
    made.steps(
        a2=(
            (
                'import uuid\n    op.get_bind().execute(sa.text("INSERT INTO account (id, name) VALUES (1, :n)"), '
                '{"n": uuid.uuid4().hex})'
            ),
            "pass",
        ),
        a4=("pass", "pass"),
        a5=("pass", "pass"),
    )
    assert made.squash("base:a5").revision == "a5"


def test_values_that_a_script_makes_where_it_is_imported(history: Callable[..., History]) -> None:
    """They are alike in all runs of a process, and others in the next one."""
    made = history()
    text = 'op.get_bind().execute(sa.text("INSERT INTO account (id, name) VALUES (1, :n)"), {"n": KEY})'
    made.steps(
        a1=(f"{STEPS['a1'][0]}\n    {text}", "pass"), a2=("pass", "pass"), a4=("pass", "pass"), a5=("pass", "pass")
    )
    file = made.versions / "a1.py"
    file.write_text(file.read_text().replace("def upgrade", "import uuid\nKEY = uuid.uuid4().hex\ndef upgrade"))
    assert made.squash("a2:a5").revision == "a5"


def test_nothing_is_written_where_the_proof_fails(history: Callable[..., History]) -> None:
    """A script that does something else on every second run of it."""
    made = history()
    made.steps(
        a4=(
            "import pathlib\n    mark = pathlib.Path(" + repr(str(made.root / "mark")) + ")\n"
            "    n = int(mark.read_text()) if mark.exists() else 0\n    mark.write_text(str(n + 1))\n"
            '    op.create_table(f"t{n}", sa.Column("id", sa.Integer))',
            "pass",
        ),
        a5=("pass", "pass"),
    )
    before = made.files()
    with pytest.raises(CommandError) as caught:
        made.squash("base:a5")
    assert caught.value.code == "squash-differs"
    assert [note for note in caught.value.__notes__ if "is missing" in note]
    assert made.files() == before


# --- refused ----------------------------------------------------------------------------------------------------------


# the history as (id, parents, dependency); the range; what is said
REFUSED = {
    "a branch that leaves": ([("a", None), ("b", "a"), ("c", "b"), ("side", "b")], "a:c"),
    "a merge that comes in": ([("a", None), ("x", None), ("m", ("a", "x")), ("c", "m")], "a:c"),
    "a revision outside depends on one inside": ([("a", None), ("b", "a"), ("c", "b"), ("x", None, "b")], "a:c"),
    "a dependency that stands on the range": (
        [("a", None), ("b", "a"), ("x", None, "a"), ("c", "b", "x")],
        "a:c",
    ),
    "several ends": ([("a", None), ("b", "a"), ("c", "a"), ("d", "c")], "base:heads"),
    "a single revision": ([("a", None), ("b", "a")], "b:b"),
}


def test_refused(history: Callable[..., History]) -> None:
    """By name, before anything is run."""
    made = history()
    said = {}
    for title, (revisions, range_) in REFUSED.items():
        for path in made.versions.glob("*.py"):
            path.unlink()
        for name, below, *depends_on in revisions:
            made.script(name, below, depends_on=depends_on[0] if depends_on else None)  # type: ignore[arg-type]
        with pytest.raises(CommandError) as caught:
            made.squash(range_)
        assert caught.value.code == "not-squashable"
        said[title] = str(caught.value)
    assert said == snapshot(
        {
            "a branch that leaves": "b is a branch point: side leaves the range",
            "a merge that comes in": "m merges x, which is outside of the range",
            "a revision outside depends on one inside": "x depends on b, and is outside of the range",
            "a dependency that stands on the range": "x depends on a, and is outside of the range",
            "several ends": "base:heads ends at d and b, and one revision takes one place",
            "a single revision": "b:b is no range of several revisions",
        }
    )


def test_a_diamond_with_a_label_and_a_dependency_is_fine(history: Callable[..., History]) -> None:
    """
    other   a [shop] -- b -- m
      ^         \\          /
      :          -- c ----
      :.............:
    """
    made = history()
    made.script("other", None)
    made.script("a", None, 'op.create_table("a", sa.Column("id", sa.Integer))', 'op.drop_table("a")', labels="shop")
    made.script("b", "a", 'op.create_table("b", sa.Column("id", sa.Integer))', 'op.drop_table("b")')
    made.script("c", "a", 'op.create_table("c", sa.Column("id", sa.Integer))', 'op.drop_table("c")', depends_on="other")
    made.script("m", ("b", "c"))
    made.squash("a:m")
    script = made.environment().script.get_revision("shop@head")
    assert (script.revision, script.down_revision, script.resolved_dependencies) == ("m", None, ("other",))
    made.upgrade()
    assert sorted(made.state()) == ["a", "b", "c"]


def test_rows_that_a_script_reads(history: Callable[..., History]) -> None:
    """In the middle other databases have other rows; from the base they have what the history itself wrote."""
    made = history()
    made.steps(
        a4=(
            (
                'for row in op.get_bind().execute(sa.text("SELECT id FROM account")).all():\n'
                "        op.execute(f\"UPDATE account SET label = 'l{row.id}' WHERE id = {row.id}\")"
            ),
            "pass",
        ),
        a5=("pass", "pass"),
    )
    with pytest.raises(CommandError, match="reads rows of account") as caught:
        made.squash("a3:a5")
    assert (caught.value.code, caught.value.line) == ("squash-reads-rows", 9)
    assert made.squash("base:a5").revision == "a5"
    made.upgrade()
    assert made.look("SELECT id, label FROM account ORDER BY id") == [(1, "l1"), (2, "l2")]


# --- asked, written, removed ------------------------------------------------------------------------------------------


def test_it_asks(history: Callable[..., History]) -> None:
    made = history()
    made.steps()
    before = made.files()
    config = made.config()
    config.interactive = True
    with pytest.raises(CommandError, match="Nothing was written: it was not confirmed"):
        command.squash(config, "base:a5", "in one")
    assert made.files() == before


def test_a_write_that_fails_half_way(history: Callable[..., History], monkeypatch: pytest.MonkeyPatch) -> None:
    made = history()
    made.steps()
    before = made.files()
    write, left = file_change.write_whole, iter(range(100))

    def failing(path: str, data: bytes) -> None:
        if next(left) == 3:
            raise CommandError("the disk is full")
        write(path, data)

    monkeypatch.setattr(file_change, "write_whole", failing)
    with pytest.raises(CommandError, match="the disk is full"):
        made.squash("base:a5")
    assert made.files() == before
    assert not (made.versions / "replaced").exists()


def test_drop_replaced(history: Callable[..., History]) -> None:
    """Refused while the database stands inside; then the squash is a revision like any other."""
    made = history()
    made.steps()
    made.upgrade("a3")
    made.squash("base:a5")
    with pytest.raises(CommandError, match="stands at a3, which a squash has replaced"):
        command.squash(made.config(), drop_replaced=True)
    with pytest.raises(CommandError, match="a5 is a squash itself"):
        made.squash("base:a6")
    made.upgrade()
    found = command.squash(made.config(), drop_replaced=True)
    assert found.replaced == ("a1", "a2", "a3", "a4")  # type: ignore[union-attr]
    assert list(made.files()) == ["a5_in_one.py", "a6.py"]
    assert "replaces" not in made.files()["a5_in_one.py"]
    assert not (made.versions / "replaced").exists()
    with pytest.raises(CommandError, match="There is no squash here"):
        command.squash(made.config(), drop_replaced=True)
    made.downgrade("base")
    assert made.squash("base:a6").replaces == ("a5", "a6")
