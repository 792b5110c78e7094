"""`limbeck lint --fix`: what is left as it is and why, what is asked, and files that are written all or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fixing import Fixing
from inline_snapshot import snapshot

from limbeck import command, console
from limbeck.errors import CommandError
from limbeck.script import file_change

INDEX = 'op.create_index("ix_note", "invoice", ["note"])'
INDEX_BACK = 'op.drop_index("ix_note", "invoice")'
CHECK = 'op.create_check_constraint("ck_amount", "invoice", "amount > 0")'
CHECK_BACK = 'op.drop_constraint("ck_amount", "invoice")'


@pytest.fixture
def place(tmp_path: Path, postgresql_url: str) -> Fixing:
    return Fixing(tmp_path, postgresql_url)


def files(place: Fixing) -> dict[str, bytes]:
    """The revision files, byte by byte."""
    return {file.name: file.read_bytes() for file in place.versions.glob("*") if file.is_file()}


# --- left as it is ----------------------------------------------------------------------------------------------------

LEFT = [
    ('for name in ("note",):\n    op.create_index(f"ix_{name}", "invoice", [name])', "the call stands in a loop"),
    (f"if op.get_bind() is not None:\n    {INDEX}", "the call stands in a condition"),
    (f"with op.get_context().begin_transaction():\n    {INDEX}", "the call stands in a block of `with`"),
    (
        'with op.batch_alter_table("invoice") as batch_op:\n    batch_op.create_index("ix_note", ["note"])',
        "the call stands in a block of batch_alter_table()",
    ),
    (
        'name = "note"\nop.execute(f"CREATE INDEX ix_note ON invoice ({name})")',
        "its SQL does not stand in op.execute() as a plain text",
    ),
    (
        'op.execute(sa.text("CREATE INDEX ix_note ON invoice (note)"))',
        "its SQL does not stand in op.execute() as a plain text",
    ),
    (
        'op.execute("ALTER TABLE invoice ADD COLUMN extra int, ADD CONSTRAINT ck CHECK (amount > 0)")',
        "its statement does other things too",
    ),
    (
        'table = "invoice"\nop.add_column(table, sa.Column("extra", sa.Text))\nop.create_index("ix", table, ["extra"])',
        "table, which its function sets, would be needed in another revision",
    ),
    (f"{CHECK}\nreturn", "the call stands in a function that may return before its end"),
    (f"{INDEX}; {CHECK}", "the call stands in upgrade() with other code on its line"),
    (f"def add():\n    {INDEX}\nadd()", "the call is part of another statement"),
    (
        'op.create_check_constraint(None, "invoice", "amount > 0")',
        (
            "the history would fail on an empty database: ProgrammingError: (psycopg.errors.UndefinedObject) "
            'constraint "invoice_check" of relation "invoice" does not exist'
        ),
    ),
]


@pytest.mark.parametrize(("code", "reason"), LEFT, ids=[reason[:60] for _, reason in LEFT])
def test_left_with_the_reason(place: Fixing, code: str, reason: str) -> None:
    place.history(code)
    before = files(place)
    fixes = place.fixes()
    assert {one["reason"] for one in fixes["left"]} == {reason}
    assert (fixes["files"], files(place)) == ([], before)


def test_one_that_is_left_keeps_no_other(place: Fixing) -> None:
    place.history('op.create_check_constraint(None, "invoice", "amount > 0")', INDEX)
    fixes = place.fixes()
    assert [(one["rule"], one["revision"]) for one in fixes["left"]] == [("check-reads-rows", "a1")]
    assert [one["revision"] for one in fixes["files"]] == ["a2"]
    command.upgrade(place.config(), "heads")


def test_an_applied_revision_is_left(place: Fixing) -> None:
    place.history(INDEX)
    command.upgrade(place.config(), "heads")
    assert [one["reason"] for one in place.fixes("a1")["left"]] == snapshot(
        ["the revision is applied to the database: take it back first, by `limbeck downgrade`"]
    )


def test_what_is_allowed_or_off_is_no_matter(place: Fixing) -> None:
    place.history(f"# limbeck: allow(index-locks-table): a hundred rows\n{INDEX}", CHECK)
    place.settings += "\nlint_rules = check-reads-rows = off"
    assert place.fixes() == {"written": False, "files": [], "left": []}


def test_nothing_is_left_to_do_the_second_time(place: Fixing) -> None:
    place.history(f"{INDEX}\n{CHECK}", back=f"{CHECK_BACK}\n{INDEX_BACK}")
    place.fix()
    before = files(place)
    assert place.fixes() == {"written": False, "files": [], "left": []}
    assert files(place) == before


# --- other revisions --------------------------------------------------------------------------------------------------


def test_those_on_top_of_it_name_the_last_part(place: Fixing) -> None:
    """Two branches on top, a merge of them, and one that depends on it; the docstring says it too."""
    place.history(CHECK, back=CHECK_BACK)
    (place.versions / "left.py").write_text(other("b1", "a1", doc="Left\n\nRevision ID: b1\nRevises: a1\n"))
    (place.versions / "right.py").write_text(other("b2", "a1"))
    (place.versions / "merge.py").write_text(other("b3", ("b1", "b2")))
    (place.versions / "apart.py").write_text(other("c1", None, depends_on="a1"))
    place.fix()
    (last,) = [name for name in place.order() if not name.startswith(("a", "b", "c")) or len(name) > 2]
    head = lambda name: (place.versions / name).read_text().partition("def ")[0].replace(last, "LAST")  # noqa: E731 three times
    assert head("left.py") == snapshot('''\
"""Left

Revision ID: b1
Revises: LAST
"""
import sqlalchemy as sa
from limbeck import op

revision = 'b1'
down_revision = 'LAST'
depends_on = None


''')
    assert "down_revision = 'LAST'" in head("right.py")
    assert "down_revision = ('b1', 'b2')" in head("merge.py")
    assert "depends_on = 'LAST'" in head("apart.py")
    command.upgrade(place.config(), "heads")


def other(revision: str, down: object, depends_on: object = None, doc: str = "Another one") -> str:
    """A revision that adds a table of its name."""
    return (
        f'"""{doc}"""\nimport sqlalchemy as sa\nfrom limbeck import op\n\nrevision = {revision!r}\n'
        f"down_revision = {down!r}\ndepends_on = {depends_on!r}\n\n\n"
        f'def upgrade():\n    op.create_table("t_{revision}", sa.Column("id", sa.Integer, primary_key=True))\n\n\n'
        f'def downgrade():\n    op.drop_table("t_{revision}")\n'
    )


def test_label_and_dependency_stay_with_the_first_part(place: Fixing) -> None:
    place.history(CHECK, back=CHECK_BACK)
    file = place.versions / "a1_.py"
    file.write_text(file.read_text().replace("\n\n\n", '\nbranch_labels = ("billing",)\ndepends_on = None\n\n\n', 1))
    place.fix()
    first, second = place.order()[1:]
    heads = [file.read_text() for file in place.versions.glob("*.py") if file.name != "a0_.py"]
    assert sorted('("billing",)' in head for head in heads) == [False, True]
    assert "branch_labels = None" in next(head for head in heads if f'"{second}"' in head.partition("def ")[0])
    command.upgrade(place.config(), "billing@head")
    assert first == "a1"


def test_a_child_whose_header_is_not_plain(place: Fixing) -> None:
    place.history(CHECK, back=CHECK_BACK)
    (place.versions / "dynamic.py").write_text(other("b1", "a1").replace("'a1'", "'a' + '1'"))
    before = files(place)
    assert [one["reason"] for one in place.fixes("a1")["left"]] == snapshot(
        ["a revision on top of it, or one that depends on it, does not name it by its whole id"]
    )
    assert files(place) == before


def test_line_ends_are_kept(place: Fixing) -> None:
    place.history(INDEX, back=INDEX_BACK)
    file = place.versions / "a1_.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    place.fix()
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n") > 10


def test_without_an_edition_a_lock_timeout_is_set(place: Fixing) -> None:
    place.history('op.add_column("invoice", sa.Column("extra", sa.Text))', back='op.drop_column("invoice", "extra")')
    place.settings = ""
    wanted = place.schema_at_head()
    assert place.fix() == snapshot("""\
def upgrade():
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("invoice", sa.Column("extra", sa.Text))
def downgrade():
    op.drop_column("invoice", "extra")
""")
    place.proved(wanted)


# --- asked and written ------------------------------------------------------------------------------------------------


def run(place: Fixing, *options: str) -> subprocess.CompletedProcess[str]:
    """The command line, without a terminal."""
    place.config()
    words = [sys.executable, "-m", "limbeck", "-c", str(place.root / "alembic.ini"), "lint", "a1:", "--fix", *options]
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=place.root)


def test_without_a_terminal_it_needs_yes(place: Fixing) -> None:
    place.history(INDEX, back=INDEX_BACK)
    before = files(place)
    done = run(place)
    assert (done.returncode, done.stdout, done.stderr) == snapshot(
        (
            3,
            """\
--- m/versions/a1_.py
+++ m/versions/a1_.py
@@ -7,8 +7,10 @@
 \n\
 \n\
 def upgrade():
-    op.create_index("ix_note", "invoice", ["note"])
+    with op.get_context().autocommit_block():
+        op.create_index("ix_note", "invoice", ["note"], postgresql_concurrently=True)
 \n\
 \n\
 def downgrade():
-    op.drop_index("ix_note", "invoice")
+    with op.get_context().autocommit_block():
+        op.drop_index("ix_note", "invoice", postgresql_concurrently=True)
""",
            """\
error[not-confirmed]: Nothing was written: it was not confirmed
  hint: `--yes` writes unasked
""",
        )
    )
    assert files(place) == before
    done = run(place, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["fixes"]["written"], len(document["fixes"]["files"])) == (1, False, 1)
    assert files(place) == before
    done = run(place, "--yes", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["fixes"]["written"]) == (0, True)
    assert files(place) != before


@pytest.mark.parametrize(("answer", "writes"), [(True, True), (False, False)])
def test_asked_at_a_terminal(place: Fixing, monkeypatch: pytest.MonkeyPatch, answer: bool, writes: bool) -> None:
    place.history(INDEX, back=INDEX_BACK)
    before = files(place)
    config = place.config()
    config.interactive = True
    asked: list[str] = []
    monkeypatch.setattr(console, "can_ask", lambda: True)
    monkeypatch.setattr(console, "confirm", lambda question: asked.append(question) or answer)
    if writes:
        command.lint(config, "a1:", fix=True)
    else:
        with pytest.raises(CommandError, match="Nothing was written") as caught:
            command.lint(config, "a1:", fix=True)
        assert (caught.value.code, caught.value.exit_code) == ("not-confirmed", 3)
    assert len(asked) == 1
    assert (files(place) != before) is writes
    assert "+        op.create_index(" in place.out.getvalue()


@pytest.mark.parametrize("failing", [1, 2])
def test_a_file_that_cannot_be_written_leaves_all_as_it_was(
    place: Fixing, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    place.history(CHECK, 'op.add_column("invoice", sa.Column("extra", sa.Text))', back="raise NotImplementedError")
    before = files(place)
    write, count = file_change.write_whole, iter(range(100))

    def failing_once(path: str, data: bytes) -> None:
        if path.startswith(str(place.root)) and next(count) == failing:
            raise CommandError("Can't write: No space left on device", code="not-writable", file=path)
        write(path, data)

    monkeypatch.setattr(file_change, "write_whole", failing_once)
    with pytest.raises(CommandError, match="No space left"):
        command.lint(place.config(), "a1:", fix=True)
    assert files(place) == before


def test_the_file_of_the_heads_names_a_new_revision_on_top(place: Fixing) -> None:
    place.history(CHECK, back=CHECK_BACK)
    place.settings += "\nheads_file = true"
    command.lint(place.config(), "a1:", fix=True)
    head = place.order()[-1]
    assert head != "a1"
    assert (place.versions / "HEADS").read_text().split()[0] == head


def test_a_hook_that_fails_leaves_all_as_it_was(place: Fixing) -> None:
    place.history(CHECK, back=CHECK_BACK)
    before = files(place)
    (place.root / "bad.py").write_text("raise SystemExit(1)")
    bad = place.root / "bad.py"
    place.settings += f"\n[post_write_hooks]\nhooks = bad\nbad.type = exec\nbad.executable = {sys.executable}\n"
    place.settings += f"bad.options = {bad} REVISION_SCRIPT_FILENAME"
    with pytest.raises(CommandError, match="bad"):
        command.lint(place.config(), "a1:", fix=True)
    assert files(place) == before


def test_a_file_that_has_been_changed_meanwhile(place: Fixing, monkeypatch: pytest.MonkeyPatch) -> None:
    place.history(INDEX, back=INDEX_BACK)
    config = place.config()
    config.interactive = True
    file = place.versions / "a1_.py"

    def saved(_question: str) -> bool:
        file.write_text(f"{file.read_text()}# saved\n")
        return True

    monkeypatch.setattr(console, "can_ask", lambda: True)
    monkeypatch.setattr(console, "confirm", saved)
    with pytest.raises(CommandError, match="has been changed meanwhile") as caught:
        command.lint(config, "a1:", fix=True)
    assert caught.value.code == "fix-outdated"
    assert file.read_text().endswith("# saved\n")
    assert "CONCURRENTLY" not in file.read_text().upper()
