"""Files that a killed process was rewriting together: the next one that reads the revisions takes it back."""

from __future__ import annotations

import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from written_by_hand import Environment

from limbeck.errors import CommandError, LimbeckWarning
from limbeck.script import rollback_journal
from limbeck.script.file_change import FileChange
from limbeck.script.rewriting import rewrite, rewritten
from limbeck.script.rollback_journal import NAME, Journal, Rewriting

KILLED = """
import os, signal, sys
from pathlib import Path
from limbeck.script import ScriptDirectory, rewriting
from limbeck.script.file_change import FileChange

versions, steps, put = Path(sys.argv[1]), iter(range(int(sys.argv[2]))), rewriting.put

def counted(path, held):
    if next(steps, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    put(path, held)

rewriting.put = counted
one, other = versions / "a1.py", versions / "b1.py"
changes = [
    FileChange(str(one), one.read_bytes(), b"revision = 'a2'"),
    FileChange(str(other), other.read_bytes(), None),
    FileChange(str(versions / "kept" / "c1.py"), None, b"revision = 'c1'"),
]
rewriting.rewrite(ScriptDirectory(versions.parent), changes, lambda: os.kill(os.getpid(), signal.SIGKILL))
"""
"""Changes, makes and deletes a file, and is killed before one of these steps, or after all of them by a hook."""


@pytest.fixture
def versions(env: Environment) -> Path:
    env.revision("a1")
    env.revision("b1", "a1")
    for name in ("a1", "b1"):
        next(env.versions.glob(f"*{name}*.py")).rename(env.versions / f"{name}.py")
    return env.versions


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("steps", range(4))
def test_it_is_taken_back(env: Environment, versions: Path, steps: int) -> None:
    before = files(versions)
    done = subprocess.run([sys.executable, "-c", KILLED, versions, str(steps)], check=False)
    assert done.returncode == -9
    assert NAME in files(versions)
    with pytest.warns(LimbeckWarning, match="killed half-way: they are as they were before"):
        assert env.scripts().get_heads() == ["b1"]
    assert files(versions) == before
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env.scripts().get_heads()


def test_a_file_that_was_changed_since(env: Environment, versions: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, versions, "3"], check=False)
    (versions / "a1.py").write_text("revision = 'mine'")
    before = files(versions)
    with pytest.raises(CommandError, match="this one has been changed since") as caught:
        env.scripts().get_heads()
    assert (caught.value.code, caught.value.file) == ("half-rewritten", str(versions / "a1.py"))
    assert files(versions) == before


def test_a_journal_that_ends_half_way(env: Environment, versions: Path) -> None:
    """Its writer was killed before any file was touched."""
    before = files(versions)
    (versions / NAME).write_text('{"files": [["a1.py"')
    assert env.scripts().get_heads() == ["b1"]
    assert files(versions) == before


def test_a_writer_that_is_at_work_is_left_alone(env: Environment, versions: Path) -> None:
    one = versions / "a1.py"
    change = FileChange(str(one), one.read_bytes(), b"revision = 'a1'  # changed")

    def look() -> None:
        rollback_journal.take_back(str(versions))
        assert one.read_bytes() == change.after
        with pytest.raises(CommandError, match="Another process is rewriting") as caught:
            Journal(str(versions), Rewriting.of([change]))
        assert caught.value.code == "being-rewritten"

    rewrite(env.scripts(), [change], look)
    assert one.read_bytes() == change.after
    assert not (versions / NAME).exists()


def test_what_fails_is_taken_back_with_its_folders(env: Environment, versions: Path) -> None:
    before = files(versions)

    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrite(env.scripts(), [FileChange(str(versions / "x" / "y" / "c1.py"), None, b"")], fail)
    assert files(versions) == before


def test_a_folder_that_cannot_be_made(env: Environment, versions: Path) -> None:
    (versions / "kept").write_text("a file of this name")
    before = files(versions)
    with pytest.raises(CommandError, match="Can't create directory") as caught:
        rewrite(env.scripts(), [FileChange(str(versions / "kept" / "c1.py"), None, b"")])
    assert caught.value.code == "not-writable"
    assert files(versions) == before


def test_a_folder_that_may_not_be_written_is_tried_in_a_copy_that_may(env: Environment, versions: Path) -> None:
    mode = versions.stat().st_mode
    versions.chmod(mode & ~stat.S_IWUSR)
    try:
        with rewritten(env.scripts(), [FileChange(str(versions / "kept" / "c1.py"), None, b"")]) as then:
            assert Path(then.version_folders[0]).stat().st_mode & stat.S_IWUSR
    finally:
        versions.chmod(mode)
