"""Headers are cached, and read again once their file has changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from written_by_hand import Environment

from limbeck.script import cache, header


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose headers are read, as that happens."""
    read: list[str] = []
    true_read = header.read_file

    def watched(path: str) -> header.Header:
        read.append(os.path.basename(path))
        return true_read(path)

    monkeypatch.setattr(header, "read_file", watched)
    return read


def test_a_file_is_read_once(env: Environment, reads: list[str]) -> None:
    env.revision("a1")
    env.revision("b1", "a1", branch_labels=["lab"], depends_on=None, doc="zweite\n\nmehr")
    first = [
        (s.revision, s.down_revision, s.own_labels, s.doc, s.longdoc, s.path) for s in env.scripts().walk_revisions()
    ]
    assert sorted(reads) == ["a1_.py", "b1_.py"]
    second = [
        (s.revision, s.down_revision, s.own_labels, s.doc, s.longdoc, s.path) for s in env.scripts().walk_revisions()
    ]
    assert first == second
    assert len(reads) == 2


def test_same_size_another_mtime(env: Environment, reads: list[str]) -> None:
    path = env.revision("a1")
    env.revision("b1", "a1")
    env.heads()
    text = path.read_text()
    path.write_text(text.replace("a1", "c1"))
    env.revision("b1", "c1")
    assert env.heads() == (["b1"], [])
    assert reads == ["a1_.py", "b1_.py", "a1_.py", "b1_.py"]


def test_same_mtime_another_size(env: Environment, reads: list[str]) -> None:
    path = env.revision("a1")
    env.heads()
    status = path.stat()
    path.write_text(path.read_text().replace("'a1'", "'a1long'"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert env.heads() == (["a1long"], [])


def test_files_come_and_go(env: Environment, reads: list[str]) -> None:
    env.revision("a1")
    path = env.revision("b1", "a1")
    assert env.heads()[0] == ["b1"]
    path.unlink()
    assert env.heads()[0] == ["a1"]
    env.revision("c1", "a1")
    assert env.heads()[0] == ["c1"]
    path = env.revision("b2", "c1")
    path.rename(path.with_name("0_.py"))
    assert env.heads()[0] == ["b2"]
    assert reads == ["a1_.py", "b1_.py", "c1_.py", "0_.py"]


def test_a_file_that_has_just_changed_is_read_again(env: Environment, reads: list[str]) -> None:
    """It may change once more without another mtime."""
    path = env.revision("a1")
    os.utime(path, ns=(0, time.time_ns()))
    env.heads()
    env.heads()
    assert len(reads) == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other", "folder", "garbage"])
def test_damaged_cache_is_no_cache(env: Environment, reads: list[str], damage: str) -> None:
    env.revision("a1")
    env.heads()
    path = Path(cache.path_for(str(env.versions)))
    data = path.read_bytes()
    middle = data.index(b"a1") + 1
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": data[:-3],
                "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
                "other": data.replace(b"limbeck headers", b"limbeck HEADERS"),
                "garbage": b"\xff" * 100,
            }[damage]
        )
    assert env.heads() == (["a1"], [])
    assert len(reads) == 2


def test_unwritable_place_is_no_matter(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    env.revision("a1")
    env.write("__pycache__", "a file where the folder would be")
    assert env.heads() == (["a1"], [])
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError()))
    (env.versions / "__pycache__").unlink()
    assert env.heads() == (["a1"], [])
    assert list((env.versions / "__pycache__").iterdir()) == []


def test_a_location_that_is_not_there_stays_so(env: Environment) -> None:
    env.versions.rmdir()
    assert env.heads() == ([], [])
    assert not env.versions.exists()


def test_each_way_of_reading_is_kept_apart(env: Environment) -> None:
    import py_compile

    source = env.revision("a1")
    env.revision("b1", "a1", folder=env.versions / "x")
    py_compile.compile(str(source), str(env.versions / "c.pyc"))
    source.unlink()
    for _ in "cold", "cached":
        assert env.heads(sourceless=True)[0] == ["a1"]
        assert env.heads()[0] == []
        assert env.heads(sourceless=True, recursive_version_locations=True)[0] == ["b1"]


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.path_for("/x/versions").startswith("/x/versions/__pycache__/limbeck.")
    monkeypatch.setattr("sys.pycache_prefix", "/cache")
    assert cache.path_for("/x/versions").startswith("/cache/x/versions/limbeck.")
