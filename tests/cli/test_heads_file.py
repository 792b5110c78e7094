"""``heads_file = true``: two clones that both add a revision conflict in git, in ``versions/HEADS``.

    first --- ours      (a clone)
        \\
         --- theirs     (another)
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import Environment, limbeck
from inline_snapshot import snapshot
from json_document import document

ME = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *ME, *words], check=False, cwd=folder, capture_output=True, text=True, timeout=60)


def commit(folder: Path) -> None:
    for words in (("add", "."), ("commit", "-qm", "a revision")):
        done = git(folder, *words)
        assert done.returncode == 0, done.stderr


def add(folder: Path, name: str) -> None:
    done = limbeck(folder, "revision", "--rev-id", name, "-m", f"add {name}")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an environment and one revision."""
    (tmp_path / "root").mkdir()
    made = Environment(tmp_path / "root")
    assert made.limbeck("init", "migrations").returncode == 0
    made.configure("heads_file", "true")
    add(made.root, "first")
    (made.root / ".gitignore").write_text("__pycache__/\n*.db\n")
    assert git(made.root, "init", "-q", "--initial-branch=main").returncode == 0
    commit(made.root)
    return made.root


def heads(folder: Path) -> str:
    return (folder / "migrations/versions/HEADS").read_text()


def test_a_line_a_head(root: Path) -> None:
    add(root, "second")
    assert heads(root) == "second  add second\n"
    done = limbeck(root, "revision", "--rev-id", "aside", "--head", "base", "--branch-label", "side")
    assert done.returncode == 0, done.stderr
    assert heads(root) == "aside  empty message\nsecond  add second\n"
    assert limbeck(root, "merge", "heads", "--rev-id", "both", "-m", "merge").returncode == 0
    assert heads(root) == "both  merge\n"
    assert limbeck(root, "heads", "--check").returncode == 0


def test_two_clones_conflict(root: Path, tmp_path: Path) -> None:
    """Git stops at HEADS; the revisions are merged as ever, and the file is right by itself."""
    other = tmp_path / "other"
    assert git(tmp_path, "clone", "-q", str(root), str(other)).returncode == 0
    add(root, "ours")
    commit(root)
    add(other, "theirs")
    commit(other)
    done = git(other, "pull", "-q", "--no-rebase", "origin", "main")
    assert done.returncode != 0
    assert "CONFLICT (content): Merge conflict in migrations/versions/HEADS" in done.stdout
    checked = limbeck(other, "heads", "--check")
    assert checked.returncode == 1
    assert checked.stderr.replace(str(other), "OTHER") == snapshot("""\
error[heads-file]: The file of the heads is not right: git has left a conflict in it (OTHER/migrations/versions/HEADS)
  hint: merge or rebase where there are two heads, then `limbeck heads --fix`
""")
    assert limbeck(other, "merge", "heads", "--rev-id", "both", "-m", "merge").returncode == 0
    assert heads(other) == "both  merge\n"
    assert limbeck(other, "heads", "--check").returncode == 0
    commit(other)


def test_without_it_git_says_nothing(root: Path, tmp_path: Path) -> None:
    """What the file is for: the same two clones without it."""
    ini = root / "alembic.ini"
    ini.write_text(ini.read_text().replace("heads_file = true", "heads_file = false"))
    (root / "migrations/versions/HEADS").unlink()
    commit(root)
    other = tmp_path / "other"
    assert git(tmp_path, "clone", "-q", str(root), str(other)).returncode == 0
    add(root, "ours")
    commit(root)
    add(other, "theirs")
    commit(other)
    assert git(other, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main").returncode == 0
    assert not (other / "migrations/versions/HEADS").exists()
    assert limbeck(other, "heads").stdout.count("(head)") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no such file"),
        ("", "the head first is missing"),
        ("gone  a message\nfirst  another message\n", "it names gone, which is no head"),
        ("<<<<<<< HEAD\nfirst\n=======\nsecond\n>>>>>>> main\n", "git has left a conflict in it"),
    ],
)
def test_what_is_wrong_is_said_and_mended(root: Path, text: str | None, said: str) -> None:
    file = root / "migrations/versions/HEADS"
    file.unlink()
    if text is not None:
        file.write_text(text)
    checked = limbeck(root, "heads", "--check")
    assert checked.returncode == 1
    assert said in checked.stderr
    found = document(limbeck(root, "heads", "--check", "--json").stdout)
    assert [each["revision"] for each in found["revisions"]] == ["first"]
    unasked = limbeck(root, "heads", "--fix")
    assert unasked.returncode == 3
    assert "error[not-confirmed]" in unasked.stderr
    assert (file.read_text() if file.exists() else None) == text
    done = limbeck(root, "heads", "--fix", "--yes")
    assert done.returncode == 0, done.stderr
    assert heads(root) == "first  add first\n"


def test_where_none_is_kept(root: Path) -> None:
    ini = root / "alembic.ini"
    ini.write_text(ini.read_text().replace("heads_file = true", ""))
    done = limbeck(root, "heads", "--check")
    assert done.returncode == 2
    assert done.stderr == snapshot("""\
error[usage]: No file of the heads is kept here
  hint: `heads_file = true` in the configuration keeps one
""")
    assert limbeck(root, "heads").returncode == 0


def test_a_word_that_is_no_boolean(root: Path) -> None:
    ini = root / "alembic.ini"
    ini.write_text(ini.read_text().replace("heads_file = true", "heads_file = perhaps"))
    done = limbeck(root, "heads")
    assert done.returncode == 3
    assert done.stderr.replace(str(root), "ROOT") == snapshot("""\
error[option-not-boolean]: 'heads_file' must be true or false, not 'perhaps' (alembic.ini)
  hint: write true or false
""")
